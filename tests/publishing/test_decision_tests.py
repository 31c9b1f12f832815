"""Test rows beside decision tables: read, run, checked, and written back as they were."""

from __future__ import annotations

from datetime import datetime

from engine.findings import Finding
from engine.procedures import package_from_files
from engine.publishing import check, run_decision_tests
from engine.publishing.decision_tests import read_tests, rows_as_toml
from tests.procedures.packages import files

TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
  <decision id="severity" name="Severity"><decisionTable id="t" hitPolicy="UNIQUE">
    <input id="i" label="Kind"><inputExpression id="e" typeRef="string"><text>kind</text></inputExpression></input>
    <input id="j" label="Amount"><inputExpression id="f" typeRef="number"><text>amount</text></inputExpression></input>
    <output id="o" name="level" typeRef="string"/><output id="p" name="days" typeRef="number"/>
    <rule id="r1"><inputEntry id="c1"><text>"safety"</text></inputEntry><inputEntry id="c2"><text>-</text></inputEntry>
      <outputEntry id="c3"><text>"major"</text></outputEntry><outputEntry id="c4"><text>1</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="c5"><text>not("safety")</text></inputEntry>
      <inputEntry id="c6"><text>-</text></inputEntry>
      <outputEntry id="c7"><text>"minor"</text></outputEntry><outputEntry id="c8"><text>5.0</text></outputEntry></rule>
  </decisionTable></decision></definitions>"""
ROWS = """
[[row]]
decision = "severity"
name = "safety first"
given = { kind = "safety", amount = "" }
expect = { level = "major", days = 1 }
rules = [1]

[[row]]
decision = "severity"
given = { kind = "taste" }
expect = { days = 5 }
"""


def a_package(rows: str) -> dict[str, bytes]:
    return {**files(), "severity.dmn": TABLE, "severity.tests.toml": rows.encode()}


def found(rows: str) -> list[tuple[str, int | None, str | None]]:
    of_rows = (each for each in check(a_package(rows)) if each.file == "severity.tests.toml")
    return [(each.rule, each.line, each.element) for each in of_rows]


def test_rows_that_hold_are_no_findings() -> None:
    assert found(ROWS) == []
    assert [(each.title, each.passed) for each in run_decision_tests(package_from_files(a_package(ROWS)))] == [
        ("severity · safety first", True),
        ("severity · row 2", True),
    ]


def test_a_row_that_fails_says_what_was_found_and_stops_a_publication() -> None:
    wrong = ROWS.replace("days = 1", "days = 2").replace("rules = [1]", "rules = [2]")

    assert found(wrong) == [("test-row-fails", 2, "safety first")]
    (first, _) = run_decision_tests(package_from_files(a_package(wrong)))
    assert first.error == "expected days = 2, rules [2], found days = 1, rules [1]"


def test_one_and_true_are_not_the_same_answer() -> None:
    assert found(ROWS.replace("days = 1", "days = true")) == [("test-row-fails", 2, "safety first")]


def test_an_input_that_is_not_allowed_is_a_failing_row() -> None:
    assert found(ROWS.replace('amount = ""', 'amount = "much"')) == [("test-row-fails", 2, "safety first")]


def test_rows_of_no_table_and_of_no_decision_are_found() -> None:
    assert found(ROWS.replace('"severity"', '"severty"', 1)) == [("test-of-unknown-decision", 2, "safety first")]
    alone = {**files(), "other.tests.toml": ROWS.encode()}
    assert [each.rule for each in check(alone) if each.file == "other.tests.toml"] == ["tests-without-table"]


def test_what_nobody_reads_in_a_row_is_found() -> None:
    assert found(ROWS.replace("rules = [1]", 'colour = "red"')) == [("toml-unknown-key", 7, None)]
    assert found(ROWS.replace("rules = [1]", 'rules = "1"')) == [("toml-wrong-type", 7, None)]
    assert found(ROWS.replace("rules = [1]", 'at = "monday"')) == [("scenario-time", 7, None)]
    assert found("[[row") == [("toml-syntax", None, None)]


def test_rows_survive_being_written() -> None:
    rows = [
        {
            "decision": "severity",
            "name": 'a "quoted"\nname\x7f',
            "given": {"kind": None, "amount": 1.5, "生效": True},
            "expect": {"days": [1, 2], "more": {"a": "b"}},
            "rules": [1],
            "at": "2026-10-01T08:00:00+08:00",
        }
    ]
    findings: list[Finding] = []

    (read,) = read_tests("x.tests.toml", rows_as_toml(rows), findings)

    assert findings == []
    assert (read.decision, read.name, read.rules) == ("severity", 'a "quoted"\nname\x7f', (1,))
    assert read.at == datetime.fromisoformat("2026-10-01T08:00:00+08:00")
    assert read.given == {"kind": None, "amount": 1.5, "生效": True}
    assert read.expect == {"days": [1, 2], "more": {"a": "b"}}


def test_very_many_rows_are_refused() -> None:
    assert "too-many-rows" in {rule for rule, *_ in found("[[row]]\n" * 501)}
