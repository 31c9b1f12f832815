"""Taking decisions: hit policies, types, requirement graphs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.decisions import DecisionError, evaluate, read_decisions
from engine.errors import UnsafeFile

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def taken(content, context, decision="severity"):
    return evaluate(read_decisions(content, "test.dmn"), decision, context, now=NOW)


def test_the_outcome_names_value_rule_and_inputs(a_file, a_table):
    outcome = taken(a_file(a_table(("< 100", '"low"'), (">= 100", '"high"'))), {"amount": 250})

    assert outcome.value == "high"
    assert outcome.outputs == {"level": "high"}
    assert outcome.rules == (2,)
    assert outcome.inputs == {"amount": 250}


def test_no_rule_gives_null_outputs(a_file, a_table):
    outcome = taken(a_file(a_table(("< 100", '"low"'))), {"amount": 250})

    assert (outcome.value, outcome.outputs, outcome.rules) == (None, {"level": None}, ())


def test_no_rule_gives_the_default_output(a_file, a_table):
    outcome = taken(a_file(a_table(("< 100", '"low"'), default='"normal"')), {})

    assert (outcome.outputs, outcome.rules) == ({"level": "normal"}, ())


@pytest.mark.parametrize(
    ("policy", "attributes", "value", "rules"),
    [
        ("FIRST", "", 20, (1,)),
        ("PRIORITY", "", 30, (3,)),
        ("RULE ORDER", "", [20, 10, 30], (1, 2, 3)),
        ("OUTPUT ORDER", "", [30, 20, 10], (3, 1, 2)),
        ("COLLECT", "", [20, 10, 30], (1, 2, 3)),
        ("COLLECT", 'aggregation="SUM"', 60, (1, 2, 3)),
        ("COLLECT", 'aggregation="MIN"', 10, (1, 2, 3)),
        ("COLLECT", 'aggregation="MAX"', 30, (1, 2, 3)),
        ("COLLECT", 'aggregation="COUNT"', 3, (1, 2, 3)),
    ],
)
def test_hit_policy(a_file, a_table, *, policy, attributes, value, rules):
    table = a_table(
        ("> 1", "20"),
        ("> 2", "10"),
        ("> 3", "30"),
        ("> 9", "40"),
        outputs=(("points", "number", "40, 30, 20, 10"),),
        policy=policy,
        attributes=attributes,
    )

    outcome = taken(a_file(table), {"amount": 5})

    assert (outcome.value, outcome.outputs, outcome.rules) == (value, {"points": value}, rules)


@pytest.mark.parametrize(("policy", "value"), [("COLLECT", []), ("RULE ORDER", [])])
def test_a_list_policy_without_hit_gives_an_empty_list(a_file, a_table, *, policy, value):
    assert taken(a_file(a_table(("> 1", '"x"'), policy=policy)), {"amount": 0}).value == value


def test_two_hits_under_unique_are_refused_with_their_numbers(a_file, a_table):
    table = a_table(("> 1", '"a"'), ("> 5", '"b"'), ("> 3", '"c"'))

    with pytest.raises(DecisionError) as caught:
        taken(a_file(table), {"amount": 4})

    assert caught.value.reason == "several-rules"
    assert caught.value.message == "expected one rule at most to hit, found rules 1, 3"
    assert caught.value.element == "severity_table"


def test_any_accepts_rules_that_agree_and_refuses_others(a_file, a_table):
    table = a_file(a_table(("> 1", '"a"'), ("> 2", '"a"'), ("> 3", '"b"'), policy="ANY"))

    assert taken(table, {"amount": 3}).rules == (1, 2)
    with pytest.raises(DecisionError) as caught:
        taken(table, {"amount": 4})
    assert caught.value.reason == "several-rules"


def test_several_outputs_are_an_object(a_file, a_table):
    table = a_table(("-", '"high"', "amount * 2"), outputs=(("level", "string", ""), ("days", "number", "")))

    outcome = taken(a_file(table), {"amount": 2})

    assert outcome.value == outcome.outputs == {"level": "high", "days": 4}


def test_descriptions_and_annotations_change_nothing(a_file, a_table):
    table = a_table(("> 1", '"high"')).replace("<rule ", '<annotation name="why"/><rule ')
    table = table.replace("<decisionTable ", "<description>how bad it is</description><decisionTable ")
    table = table.replace("<input ", "<description>by amount</description><input ", 1)
    table = table.replace("</rule>", "<annotationEntry><text>5.2</text></annotationEntry></rule>")

    assert taken(a_file(table), {"amount": 2}).value == "high"


def test_inputs_kept_as_text_become_what_the_column_holds(a_file, a_table):
    table = a_table(
        ("> 99", '>= date("2026-03-01")', '"new and dear"'),
        inputs=(("money", "number", ""), ("bought_on", "date", "")),
    )

    assert taken(a_file(table), {"money": "99.90", "bought_on": "2026-03-02"}).value == "new and dear"


@pytest.mark.parametrize(
    ("kind", "allowed", "given", "message"),
    [
        ("string", '"a", "b"', "c", 'expected amount to be one of "a", "b", found c'),
        ("number", "", True, "expected amount to be number, found true"),
        ("number", "[0..100]", 101, "expected amount to be one of [0..100], found 101"),
        ("number", "", "many", "expected amount to be number, found many"),
    ],
)
def test_an_input_beside_its_type_or_values_is_refused(a_file, a_table, *, kind, allowed, given, message):
    with pytest.raises(DecisionError) as caught:
        taken(a_file(a_table(("-", '"x"'), inputs=(("amount", kind, allowed),))), {"amount": given})

    assert caught.value.reason == "input-not-allowed"
    assert caught.value.message == message


def test_required_decisions_inputs_and_knowledge_are_taken_first(a_file, a_table, a_literal, requires):
    content = a_file(
        '<inputData id="in" name="Order Total"><variable name="Order Total" typeRef="number"/></inputData>',
        '<businessKnowledgeModel id="bkm" name="double"><encapsulatedLogic><formalParameter name="n"/>'
        "<literalExpression><text>n * 2</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>",
        a_literal("amount", "double(Order Total)", requires("Input", "in") + requires("Knowledge", "bkm")),
        a_table(("> 100", '"high"'), ("<= 100", '"low"'), requires=requires("Decision", "amount")),
    )

    outcome = taken(content, {"Order Total": 60})

    assert (outcome.value, outcome.inputs) == ("high", {"amount": 120})


def test_boxed_context_invocation_relation_and_conditional(a_file, requires):
    content = a_file(
        '<businessKnowledgeModel id="bkm" name="add"><encapsulatedLogic><formalParameter name="a"/>'
        '<formalParameter name="b"/><literalExpression><text>a + b</text></literalExpression></encapsulatedLogic>'
        "</businessKnowledgeModel>",
        f'<decision id="severity" name="severity">{requires("Knowledge", "bkm")}<context>'
        '<contextEntry><variable name="total"/><invocation><literalExpression><text>add</text></literalExpression>'
        '<binding><parameter name="a"/><literalExpression><text>x</text></literalExpression></binding>'
        '<binding><parameter name="b"/><literalExpression><text>1</text></literalExpression></binding>'
        "</invocation></contextEntry>"
        '<contextEntry><variable name="rows"/><relation><column name="n"/>'
        "<row><literalExpression><text>total</text></literalExpression></row></relation></contextEntry>"
        "<contextEntry><conditional><if><literalExpression><text>total &gt; 3</text></literalExpression></if>"
        "<then><literalExpression><text>rows</text></literalExpression></then>"
        "<else><literalExpression><text>null</text></literalExpression></else></conditional></contextEntry>"
        "</context></decision>",
    )

    assert taken(content, {"x": 4}).value == [{"n": 5}]
    assert taken(content, {"x": 1}).value is None


def test_a_decision_says_what_it_takes_and_gives(a_file, a_table):
    model = read_decisions(a_file(a_table(("> 1", '"a"'), ("<= 1", '"b"'))), "test.dmn")

    decision = model.decisions["severity"]

    assert (decision.id, decision.name, decision.rules) == ("severity", "severity", 2)
    assert decision.input_expressions == ("amount",)
    assert decision.outputs == {"level": "string"}


def test_an_unknown_decision_is_refused_with_those_there_are(a_file, a_table):
    with pytest.raises(DecisionError, match="expected one of the decisions severity, found 'other'"):
        taken(a_file(a_table(("-", '"x"'))), {}, decision="other")


@pytest.mark.parametrize("version", ["20180521", "20191111", "20211108", "20230324"])
def test_every_version_of_dmn_is_read(a_file, a_table, version):
    content = a_file(a_table(("-", '"x"')), namespace=f"https://www.omg.org/spec/DMN/{version}/MODEL/")

    assert taken(content, {"amount": 1}).value == "x"


def test_an_unreadable_file_names_line_and_element(a_file, a_table):
    with pytest.raises(DecisionError) as caught:
        read_decisions(a_file(a_table(("> 1", '"a"'), ("amount == 2", '"b"'))), "test.dmn")

    assert (caught.value.reason, caught.value.line, caught.value.element) == ("unreadable", 6, "r2c0")
    assert "write amount = 2" in caught.value.message


def test_a_file_with_a_doctype_is_unsafe():
    with pytest.raises(UnsafeFile):
        read_decisions(b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "test.dmn")


def test_knowledge_that_calls_itself_without_end_is_an_error(a_file, a_literal, requires):
    content = a_file(
        '<businessKnowledgeModel id="bkm" name="f"><encapsulatedLogic><formalParameter name="g"/>'
        "<literalExpression><text>g(g)</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>",
        a_literal("severity", "f(f)", requires("Knowledge", "bkm")),
    )

    with pytest.raises(DecisionError) as caught:
        taken(content, {})

    assert caught.value.reason == "limit"
