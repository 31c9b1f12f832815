"""What an author hears about a table before it is ever used."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.decisions import check_decisions, evaluate, read_decisions


def rules_of(findings):
    return [finding.rule for finding in findings]


def test_a_complete_table_without_overlaps_has_no_findings(a_file, a_table):
    table = a_table(
        ("< 100", '"phone"', '"low"'),
        ("[100..500)", '"phone"', '"middle"'),
        (">= 500", '"phone"', '"high"'),
        ("-", 'not("phone")', '"low"'),
        inputs=(("amount", "number", ""), ("channel", "string", '"phone", "mail"')),
    )

    assert check_decisions(a_file(table), "t.dmn") == []


def test_overlapping_rules_under_unique_are_named(a_file, a_table):
    findings = check_decisions(a_file(a_table(("<= 100", '"low"'), (">= 100", '"high"'))), "t.dmn")

    assert rules_of(findings) == ["overlapping-rules"]
    assert findings[0].params == {"decision": "severity", "rule_number": "1", "other": "2"}
    assert (findings[0].element, findings[0].line) == ("r2", 6)


@pytest.mark.parametrize(
    ("kind", "allowed", "cells", "example"),
    [
        ("number", "", ("< 100", "> 100"), "x = 100"),
        ("number", "", ("[0..100]", "[200..300]"), "x < 0"),
        ("number", "[0..300]", ("[0..100]", "[200..300]"), "x in (100..200)"),
        ("boolean", "", ("true",), "x = false"),
        ("string", '"a", "b", "c"', ('"a"', '"c"'), 'x = "b"'),
        ("date", "", ('< date("2026-01-01")',), 'x = @"2026-01-01"'),
    ],
)
def test_a_gap_is_shown_by_an_example(a_file, a_table, *, kind, allowed, cells, example):
    table = a_table(*((cell, '"x"') for cell in cells), inputs=(("x", kind, allowed),))

    findings = check_decisions(a_file(table), "t.dmn")

    assert [(finding.rule, finding.params["example"]) for finding in findings] == [("gap", example)]


@pytest.mark.parametrize(
    ("kind", "allowed", "cells", "more"),
    [
        ("string", "", ('"a"', '"b"'), {}),  # any text may come; only those mentioned are expected
        ("number", "", ("< limit", ">= limit"), {}),  # has to be calculated
        ("number", "", ("< 100",), {"default": '"x"'}),
        ("number", "", ("< 100",), {"policy": "COLLECT"}),
    ],
)
def test_no_gap_is_claimed_where_none_is_certain(a_file, a_table, *, kind, allowed, cells, more):
    table = a_table(*((cell, '"x"') for cell in cells), inputs=(("x", kind, allowed),), **more)

    assert check_decisions(a_file(table), "t.dmn") == []


@pytest.mark.parametrize(
    ("kind", "allowed", "cell", "rule"),
    [
        ("number", "", '"many"', "type-clash"),
        ("string", "", "> 5", "type-clash"),
        ("boolean", "", '"yes"', "type-clash"),
        ("string", '"a", "b"', '"c"', "never-matches"),
        ("number", "[0..10]", "> 10", "never-matches"),
        ("number", "", "[5..1]", "never-matches"),
    ],
)
def test_a_cell_that_can_never_match_is_named(a_file, a_table, *, kind, allowed, cell, rule):
    table = a_table((cell, '"x"'), ("-", '"y"'), inputs=(("x", kind, allowed),), policy="FIRST")

    findings = check_decisions(a_file(table), "t.dmn")

    assert [(finding.rule, finding.element) for finding in findings] == [(rule, "r1c0")]


def test_an_output_of_the_wrong_type_or_beside_the_values_is_named(a_file, a_table):
    table = a_table(
        ("< 1", "5"),
        ("1", '"hgih"'),
        ("> 1", '"high"'),
        outputs=(("level", "string", '"low", "high"'),),
    )

    findings = check_decisions(a_file(table), "t.dmn")

    assert [(finding.rule, finding.element) for finding in findings] == [
        ("type-clash", "r1c1"),
        ("output-not-allowed", "r2c1"),
    ]


def test_a_rule_behind_a_wider_one_is_unreachable(a_file, a_table):
    findings = check_decisions(a_file(a_table(("> 1", '"a"'), ("> 5", '"b"'), ("-", '"c"'), policy="FIRST")), "t.dmn")

    assert [(finding.rule, finding.element) for finding in findings] == [("unreachable-rule", "r2")]


def test_a_rule_that_decides_for_null_only_is_reachable(a_file, a_table):
    table = a_table(("5", '"a"'), ("not(null)", '"b"'), ("-", '"c"'), policy="FIRST")

    assert check_decisions(a_file(table), "t.dmn") == []


def test_a_rule_for_null_behind_one_for_everything_is_unreachable(a_file, a_table):
    table = a_table(("-", '"a"'), ("null", '"b"'), policy="FIRST")

    findings = check_decisions(a_file(table), "t.dmn")

    assert [(finding.rule, finding.element) for finding in findings] == [("unreachable-rule", "r2")]


@pytest.mark.parametrize(("wide", "overlaps"), [("-", True), ('not("a")', True), ("not(null)", False)])
def test_a_rule_for_null_overlaps_those_that_let_null_in(a_file, a_table, wide, overlaps):
    table = a_table(("null", '"a"'), (wide, '"b"'), inputs=(("channel", "string", ""),))

    assert ("overlapping-rules" in rules_of(check_decisions(a_file(table), "t.dmn"))) is overlaps


def test_every_problem_is_reported_at_once(a_file, a_table, a_literal, requires):
    content = a_file(
        a_table(("> 1", '"a"'), ("amount ==", '"b"'), ("3", ""), policy="BEST"),
        a_literal("other", "1 +", requires("Decision", "nowhere")),
        a_literal("one", "two", requires("Decision", "two")),
        a_literal("two", "one", requires("Decision", "one")),
        '<decision id="empty" name="empty"/>',
    )

    assert sorted(rules_of(check_decisions(content, "t.dmn"))) == [
        "decision-without-logic",
        "missing-output",
        "overlapping-rules",
        "requirement-cycle",
        "requirement-cycle",
        "requirement-missing",
        "unknown-hit-policy",
        "unreadable-expression",
        "unreadable-expression",
    ]


def test_an_unreadable_expression_says_where_in_the_cell(a_file, a_table):
    findings = check_decisions(a_file(a_table((">= 1 &amp;&amp; 2", '"a"'))), "t.dmn")

    assert rules_of(findings) == ["unreadable-expression"]
    assert "line 1, column 6" in findings[0].message


def test_more_than_500_rules_are_refused(a_file, a_table):
    table = a_table(*((str(number), '"x"') for number in range(501)))

    findings = check_decisions(a_file(table), "t.dmn")

    assert "too-many-rules" in rules_of(findings)


def test_other_files_are_no_dmn():
    assert rules_of(check_decisions(b"<html/>", "t.dmn")) == ["not-dmn"]
    assert rules_of(check_decisions(b"<html", "t.dmn")) == ["unsafe-file"]


def test_a_cell_that_calls_an_unknown_function_is_told_the_nearest(a_file, a_table):
    findings = check_decisions(
        a_file(a_table(("string lenght(?) > 3", '"x"'), ("substringBefore(?, 1) = 2", '"y"'))), "t.dmn"
    )

    assert [(one.rule, one.element, one.params.get("suggestion")) for one in findings if one.severity == "error"] == [
        ("unreadable-expression", "r1c0", "string_lenght, or declare the name of several words"),
        ("unknown-function", "r2c0", "substring before"),
    ]


def test_calls_of_what_the_file_defines_are_no_finding(a_file, a_literal, requires):
    content = a_file(
        '<businessKnowledgeModel id="bkm" name="f"><encapsulatedLogic><formalParameter name="g"/>'
        "<literalExpression><text>g(1)</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>",
        a_literal("severity", "f(abs)", requires("Knowledge", "bkm")),
    )

    assert check_decisions(content, "t.dmn") == []


def test_a_decision_with_a_mistake_is_taken_all_the_same(a_file, a_literal):
    model = read_decisions(a_file(a_literal("severity", "lenght(1)")), "t.dmn")

    assert evaluate(model, "severity", {}, now=datetime(2026, 3, 2, tzinfo=UTC)).value is None
