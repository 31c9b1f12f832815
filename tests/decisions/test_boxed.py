"""Boxed expressions, types of results and decision services (DMN 1.5, 7.3, 10.2 and 10.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest

from engine.decisions import DecisionError, check_decisions, evaluate, read_decisions

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def taken(content, context, decision="severity"):
    return evaluate(read_decisions(content, "test.dmn"), decision, context, now=NOW)


def box(text):
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def a_decision(logic, *, id_="severity", kind="", required=""):
    type_ = f' typeRef="{kind}"' if kind else ""
    return f'<decision id="{id_}" name="{id_}"><variable name="{id_}"{type_}/>{required}{logic}</decision>'


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        (f'<for iteratorVariable="x"><in>{box("[1, 2]")}</in><return>{box("x * 10")}</return></for>', [10, 20]),
        (f'<for iteratorVariable="x"><in>{box("[1..3]")}</in><return>{box("x")}</return></for>', [1, 2, 3]),
        (
            f'<for iteratorVariable="x"><in>{box("[2, 3]")}</in><return>{box("count(partial) + x")}</return></for>',
            [2, 4],
        ),
        (f'<for iteratorVariable="x"><in>{box("null")}</in><return>{box("x")}</return></for>', None),
        (f'<some iteratorVariable="x"><in>{box("[1, 2]")}</in><satisfies>{box("x > 1")}</satisfies></some>', True),
        (f'<every iteratorVariable="x"><in>{box("[1, 2]")}</in><satisfies>{box("x > 1")}</satisfies></every>', False),
        (f"<filter><in>{box('[1, 2, 3]')}</in><match>{box('item > limit')}</match></filter>", [2, 3]),
        (f"<filter><in>{box('[{a: 1}, {a: 2}]')}</in><match>{box('a = 2')}</match></filter>", [{"a": 2}]),
        (f"<filter><in>{box('null')}</in><match>{box('true')}</match></filter>", None),
        (f"<list>{box('1')}{box('limit + 1')}</list>", [1, 2]),
    ],
)
def test_a_box_of_dmn_1_4_means_what_feel_means(a_file, *, logic, expected):
    assert taken(a_file(a_decision(logic)), {"limit": 1}).value == expected


def test_a_loop_without_a_body_is_told(a_file):
    content = a_file(a_decision(f'<for iteratorVariable="x"><in>{box("[1]")}</in></for>'))

    assert "A boxed for needs what it goes through and a body." in [
        one.message for one in check_decisions(content, "t")
    ]


TYPES = (
    '<itemDefinition name="numbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
    '<itemDefinition name="person"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="age"><typeRef>number</typeRef></itemComponent></itemDefinition>'
)


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("string", "1 + 1", None),
        ("number", "[5]", 5),
        ("number", '["a"]', None),
        ("numbers", "5", [5]),
        ("numbers", '"a"', None),
        ("numbers", '[1, "a"]', None),
        ("numbers", "null", None),
        ("person", '{name: "Li", age: 4, more: 1}', {"name": "Li", "age": 4, "more": 1}),
        ("person", '{name: "Li"}', None),
        ("dateTime", '@"2026-03-02"', "2026-03-02T00:00:00+00:00"),
        ("boolean", "5 instance of number and not({} instance of person)", True),
        ("boolean", '{name: "Li", age: 4} instance of person', True),
        ("boolean", "[1] instance of numbers", True),
        ("boolean", '(function(p: person) p = null)({name: "Li"})', True),
    ],
)
def test_a_result_that_is_not_of_its_type_is_fitted_or_null(a_file, *, kind, source, expected):
    assert taken(a_file(TYPES, a_decision(box(source), kind=kind)), {}).value == expected


def test_arguments_and_results_of_knowledge_are_of_their_types(a_file, requires):
    knowledge = (
        '<businessKnowledgeModel id="k" name="age of"><variable name="age of" typeRef="tAge"/><encapsulatedLogic>'
        '<formalParameter name="p" typeRef="person"/><literalExpression><text>if p = null then "nobody" else p.age'
        "</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
        '<itemDefinition name="tAge"><functionItem outputTypeRef="number"/></itemDefinition>'
    )
    calls = box('[age of({name: "Li", age: 4}), age of({name: "Li"})]')
    content = a_file(TYPES, knowledge, a_decision(calls, required=requires("Knowledge", "k")))

    assert taken(content, {}).value == [4, None]


def test_a_type_constraint_holds_for_the_whole_collection(a_file, a_literal, requires):
    content = a_file(
        '<itemDefinition name="few" isCollection="true"><typeRef>number</typeRef>'
        "<allowedValues><text>[0..9]</text></allowedValues>"
        "<typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>",
        '<inputData id="in" name="numbers"><variable name="numbers" typeRef="few"/></inputData>',
        a_literal("severity", "sum(numbers)", requires("Input", "in")),
    )

    assert taken(content, {"numbers": [1, 2]}).value == 3
    for wrong, problem in ([1, 2, 3], "within count(?) < 3"), ([10], "one of [0..9]"):
        with pytest.raises(DecisionError, match=r"expected numbers to be ") as caught:
            taken(content, {"numbers": wrong})
        assert problem in caught.value.message


SERVICE = (
    '<decisionService id="s" name="shipping"><variable name="shipping"/><outputDecision href="#total"/>'
    '<encapsulatedDecision href="#total"/><inputDecision href="#base"/><inputData href="#weight"/></decisionService>'
    '<inputData id="weight" name="weight"><variable name="weight" typeRef="number"/></inputData>'
)


def a_service(a_file, requires, call):
    required = '<informationRequirement><requiredInput href="#weight"/></informationRequirement>' + requires(
        "Decision", "base"
    )
    return a_file(
        SERVICE,
        a_decision(box("100"), id_="base"),
        a_decision(box("base + weight * 2"), id_="total", required=required),
        a_decision(box(call), required=requires("Knowledge", "s")),
    )


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("shipping(3, 1)", 7),  # input data first, then decisions that are given
        ("shipping(base: 1, weight: 3)", 7),
        ("shipping(3)", None),
        ("shipping(weight: 3, other: 1)", None),
        ('shipping("heavy", 1) = null', True),
        ("weight", None),  # a decision sees what it requires
    ],
)
def test_a_decision_service_is_a_function_of_its_inputs(a_file, requires, *, call, expected):
    assert taken(a_service(a_file, requires, call), {}).value == expected


def test_a_decision_service_is_taken_like_a_decision(a_file, requires):
    outcome = taken(a_service(a_file, requires, "1"), {"weight": 3, "base": 1}, decision="s")

    assert (outcome.value, outcome.inputs) == (7, {"weight": 3, "base": 1})


def test_a_service_of_several_decisions_gives_them_by_name(a_file):
    content = a_file(
        '<decisionService id="s" name="both"><outputDecision href="#one"/><outputDecision href="#two"/></decisionService>',
        a_decision(box("1"), id_="one"),
        a_decision(box("2"), id_="two"),
    )

    assert taken(content, {}, decision="s").value == {"one": 1, "two": 2}


def test_a_service_of_something_else_is_told(a_file):
    content = a_file(
        '<decisionService id="s" name="odd"><outputDecision href="#k"/></decisionService><knowledgeSource id="k" name="k"/>'
    )

    assert [one.rule for one in check_decisions(content, "t.dmn")] == ["requirement-missing"]


def test_functions_of_other_languages_are_refused(a_file):
    content = a_file(
        '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic kind="Java"><context/></encapsulatedLogic>'
        "</businessKnowledgeModel>"
    )

    assert "foreign-language" in [one.rule for one in check_decisions(content, "t.dmn")]
