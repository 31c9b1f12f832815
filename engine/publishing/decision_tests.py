"""Test rows of decision tables: ``severity.tests.toml`` beside ``severity.dmn`` says what the tables have to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from engine.decisions import DecisionError, DecisionModel, evaluate, read_decisions
from engine.errors import UnsafeFile
from engine.findings import Finding, Severity
from engine.procedures.package import Package
from engine.procedures.toml_tables import TableReader, parse_toml, written_value
from engine.procedures.words import way_out

SUFFIX: Final = ".tests.toml"
#: Rows one file may have.
MAX_ROWS: Final = 500
#: "Now" of rows that say none.
_SOME_DAY: Final = datetime(2026, 3, 2, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DecisionTest:
    """One row: what is given and what the decision has to say."""

    file: str
    number: int  #: of the row in its file, from 1
    decision: str
    given: Mapping[str, Any]  #: JSON
    expect: Mapping[str, Any]  #: output name -> JSON; outputs that are not named may be anything
    rules: tuple[int, ...] | None = None  #: numbers of the rules that have to hit; None = any
    name: str = ""
    at: datetime | None = None  #: "now"; None = some day
    line: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionTestResult:
    """What became of a row."""

    test: DecisionTest
    passed: bool
    outputs: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[int, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)  #: input expression -> what it gave
    wanted: str = ""  #: of a row that failed: what it expects and did not get, e.g. ``days = 2``
    got: str = ""  #: what there was instead
    refused: DecisionError | None = None  #: the decision could not be taken at all

    @property
    def error(self) -> str:
        """Why the row failed, in one sentence."""
        if self.refused:
            return self.refused.message
        return f"expected {self.wanted}, found {self.got}" if self.wanted else ""

    @property
    def file(self) -> str:
        return self.test.file

    @property
    def title(self) -> str:
        return f"{self.test.decision} · {self.test.name or f'row {self.test.number}'}"


def tests_file(decisions: str) -> str:
    """Where the test rows of a DMN file stand: ``severity.dmn`` -> ``severity.tests.toml``."""
    return decisions.removesuffix(".dmn") + SUFFIX


def read_tests(path: str, content: bytes, findings: list[Finding]) -> tuple[DecisionTest, ...]:
    """The rows of one file; what is wrong with it is added to *findings*."""
    file = parse_toml(content, path, findings)
    if file is None:
        return ()
    table = TableReader(file, file.table, findings=findings)
    tests: list[DecisionTest] = []
    for number, row in enumerate(table.array("row"), start=1):
        if number > MAX_ROWS:
            table.wrong("row", "too-many-rows", f"at most {MAX_ROWS} rows", "more")
            return ()
        tests.append(_row(path, number, row, line=file.line(("row", str(number - 1)))))
    table.close()
    return tuple(tests)


def rows_as_toml(rows: Sequence[Any]) -> bytes:
    """The file with *rows*: JSON objects with decision, given and expect, and if wanted name, rules and at.

    What is not said is written ``""``. Rows of other shapes are left out; reading it again says what is wrong.
    """
    parts = (_row_as_toml(row) for row in rows[:MAX_ROWS] if isinstance(row, dict))
    return "\n".join(parts).encode(errors="replace")


def run_test(model: DecisionModel, test: DecisionTest) -> DecisionTestResult:
    """Take the decision and compare. Never raises."""
    try:
        outcome = evaluate(model, test.decision, test.given, now=test.at or _SOME_DAY)
    except DecisionError as error:
        return DecisionTestResult(test, passed=False, refused=error)
    wrong = [
        (f"{name} = {_shown(value)}", f"{name} = {_shown(outcome.outputs.get(name))}")
        for name, value in test.expect.items()
        if _plain(outcome.outputs.get(name)) != _plain(value)
    ]
    if test.rules is not None and tuple(sorted(outcome.rules)) != tuple(sorted(test.rules)):
        wrong.append((_numbers(test.rules), _numbers(outcome.rules)))
    wanted, got = (", ".join(parts) for parts in zip(*wrong, strict=True)) if wrong else ("", "")
    return DecisionTestResult(test, not wrong, outcome.outputs, outcome.rules, outcome.inputs, wanted, got)


def run_decision_tests(package: Package) -> tuple[DecisionTestResult, ...]:
    """All rows of a package, in the order of files and rows. Rows that cannot be read are findings of the check."""
    rows = ((model, test) for path, model in _models(package) for test in _tests(package, path))
    return tuple(run_test(model, test) for model, test in rows if _knows(model, test))


def check_tests(package: Package) -> Iterator[Finding]:
    """What is wrong with the rows, and every one that fails."""
    models = dict(_models(package))
    for path, content in package.files.items():
        if not path.endswith(SUFFIX):
            continue
        noted: list[Finding] = []
        tests = read_tests(path, content, noted)
        yield from noted
        if (of := path.removesuffix(SUFFIX) + ".dmn") not in package.decisions:
            message = f"expected {of} beside the test rows, found none{way_out(of, package.decisions)}"
            yield Finding("tests-without-table", Severity.ERROR, message, path, params={"file": of})
        elif not noted and (model := models.get(of)) is not None:  # else the check of decisions says what is wrong
            yield from _failing(model, tests)


def _failing(model: DecisionModel, tests: tuple[DecisionTest, ...]) -> Iterator[Finding]:
    for test in tests:
        element = test.name or str(test.number)
        if not _knows(model, test):
            known = way_out(test.decision, model.decisions)
            message = f'expected a decision of {model.file}, found "{test.decision[:100]}"{known}'
            params = {"decision": test.decision[:100]}
            yield Finding("test-of-unknown-decision", Severity.ERROR, message, test.file, test.line, element, params)
        elif not (result := run_test(model, test)).passed:
            message = f"{result.error}; correct the table or the row"
            params = {"decision": test.decision, "row": str(test.number), "name": test.name}
            params |= {"wanted": result.wanted, "found": result.got} if result.wanted else {}
            yield Finding("test-row-fails", Severity.ERROR, message, test.file, test.line, element, params)


def _models(package: Package) -> Iterator[tuple[str, DecisionModel]]:
    for path, content in package.decisions.items():
        try:
            yield path, read_decisions(content, path)
        except (DecisionError, UnsafeFile):
            continue


def _tests(package: Package, decisions: str) -> tuple[DecisionTest, ...]:
    path = tests_file(decisions)
    content = package.files.get(path)
    return () if content is None else read_tests(path, content, [])


def _knows(model: DecisionModel, test: DecisionTest) -> bool:
    return test.decision in model.decisions


def _row(path: str, number: int, table: TableReader, *, line: int | None) -> DecisionTest:
    at = table.raw("at")
    if at is not None and (not isinstance(at, datetime) or at.tzinfo is None):
        table.wrong("at", "scenario-time", "an instant with offset such as 2026-03-02T09:00:00+08:00", str(at)[:50])
        at = None
    rules = table.raw("rules")
    if rules is not None and not (isinstance(rules, list) and all(isinstance(each, int) for each in rules)):
        table.wrong("rules", "toml-wrong-type", "numbers of rules", str(rules)[:50])
        rules = None
    return DecisionTest(
        file=path,
        number=number,
        decision=table.text("decision"),
        given=table.answers("given", blank=None),
        expect=table.answers("expect", blank=None),
        rules=None if rules is None else tuple(rules),
        name=table.text("name", default=""),
        at=at,
        line=line,
    )


def _row_as_toml(row: Mapping[str, Any]) -> str:
    lines = ["[[row]]", f"decision = {written_value(str(row.get('decision', '')))}"]
    if row.get("name"):
        lines.append(f"name = {written_value(str(row['name']))}")
    for key in ("given", "expect"):
        values = row.get(key)
        lines.append(f"{key} = {written_value(values if isinstance(values, dict) else {})}")
    if isinstance(rules := row.get("rules"), list):
        lines.append(f"rules = {written_value([number for number in rules if isinstance(number, int)])}")
    if row.get("at"):
        lines.append(f"at = {_instant(str(row['at']))}")
    return "\n".join(lines) + "\n"


def _instant(text: str) -> str:
    """An instant stands in TOML as it is; what is none stays a text, and reading it says so."""
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return written_value(text)


def _plain(value: Any) -> Any:
    """Something that is equal when it means the same: 1 and 1.0, but not 1 and true."""
    match value:
        case dict():
            return {name: _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case bool() | None | str():
            return (type(value).__name__, value)
        case _:
            return Decimal(str(value))


def _shown(value: Any) -> str:
    return "null" if value is None else str(value)[:200]


def _numbers(rules: tuple[int, ...]) -> str:
    """As ``rules [1, 3]``: no words, for every language reads it."""
    return f"rules {sorted(rules)}"
