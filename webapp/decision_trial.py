"""Trying a decision table on its page: what it asks for, what it says about given values, and its test rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engine.decisions import Decision, DecisionError, DecisionModel, evaluate, read_decisions
from engine.decisions.model import ANY_TYPE, LiteralLogic, Table, Type
from engine.decisions.regions import literal_tests
from engine.errors import UnsafeFile
from engine.feel import FeelError, UnaryTests
from engine.feel.nodes import Name
from engine.feel.parsing import NOT_LITERAL, parsed_literal
from engine.findings import Finding
from engine.publishing.decision_tests import DecisionTest, DecisionTestResult, read_tests, run_test
from webapp.finding_words import decision_words
from webapp.shell import current_translator

_BOOLEANS: Final = {"true": True, "false": False}
#: FEEL values that people write as text: an ISO date or time, or the words themselves.
_TEXTUAL: Final = frozenset({"string", "date", "time", "date and time"})


def trial(
    content: bytes, name: str, *, decision: str, given: Mapping[str, str], now: datetime, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """What the tables of a file ask for, and what *decision* says about *given*, the typed texts by name.

    *fields* are the names the procedure's forms know, see ``editor_choices``: they give words to values. An unreadable
    file has no decisions; the check says why.
    """
    try:
        model = read_decisions(content, name)
    except (DecisionError, UnsafeFile):
        return {"decisions": [], "outcome": None}
    shown = [_shape(model, each, fields) for each in model.decisions.values()]
    if decision not in model.decisions:
        return {"decisions": shown, "outcome": None}
    types = asked(model, model.decisions[decision])
    values = {key: given_value(text, types.get(key, ANY_TYPE).name) for key, text in given.items()}
    return {"decisions": shown, "outcome": _outcome(model, decision, values, now)}


def asked(model: DecisionModel, decision: Decision) -> dict[str, Type]:
    """Every name that *decision*, and what it requires, has to be given, with its type."""
    return dict(_asked(model, decision, set()))


def rows_of(content: bytes, name: str, rows: bytes, rows_name: str) -> dict[str, Any]:
    """The test rows of a file as they are, and what became of each; none of a file with mistakes."""
    tests = readable_rows(rows, rows_name)
    try:
        model = read_decisions(content, name)
    except (DecisionError, UnsafeFile):
        model = None
    return {"rows": [_row(test, model) for test in tests or ()], "unreadable": tests is None}


def readable_rows(rows: bytes, name: str) -> tuple[DecisionTest, ...] | None:
    """The test rows; None where reading would lose something, so that nobody writes the file anew."""
    findings: list[Finding] = []
    tests = read_tests(name, rows, findings) if rows else ()
    return None if findings else tests


def given_value(text: str, kind: str) -> Any:
    """What somebody typed into a field, as JSON; an empty field is null. *kind* is FEEL's word for the type."""
    if not text.strip():
        return None
    if kind == "boolean":
        return _BOOLEANS.get(text.strip(), text)
    if kind == "number":
        return _number(text)
    return text if kind in _TEXTUAL else _literal(text)


def _number(text: str) -> Any:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return text
    if not found.is_finite():
        return text
    return int(found) if found == found.to_integral_value() and abs(found) < 10**15 else float(found)


def _literal(text: str) -> Any:
    """A field without type takes what FEEL would: ``12``, ``true``, ``"a"``; anything else is text."""
    try:
        value = parsed_literal(text)
    except FeelError:
        return text
    if value is NOT_LITERAL or not isinstance(value, str | bool | Decimal | None):
        return text
    return float(value) if isinstance(value, Decimal) else value


def _outcome(model: DecisionModel, decision: str, values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    try:
        found = evaluate(model, decision, values, now=now)
    except DecisionError as error:
        return {"error": decision_words(error), "outputs": {}, "rules": [], "rule_ids": [], "given": dict(values)}
    logic = model.decisions[decision].logic
    ids = [logic.rules[number - 1].id for number in found.rules] if isinstance(logic, Table) else []
    return {
        "error": "",
        "outputs": dict(found.outputs),
        "rules": list(found.rules),
        "rule_ids": ids,
        "given": dict(values),
    }


def _row(test: DecisionTest, model: DecisionModel | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "decision": test.decision,
        "name": test.name,
        "given": dict(test.given),
        "expect": dict(test.expect),
        "rules": None if test.rules is None else list(test.rules),
        "at": test.at.isoformat() if test.at else None,
    }
    if model is None or test.decision not in model.decisions:
        return {**shown, "passed": False, "error": "", "outputs": {}}
    result = run_test(model, test)
    return {**shown, "passed": result.passed, "error": _why(result), "outputs": dict(result.outputs)}


def _why(result: DecisionTestResult) -> str:
    if result.refused:
        return decision_words(result.refused)
    facts = {"wanted": result.wanted, "found": result.got}
    return current_translator().gettext("Expected %(wanted)s, found %(found)s.") % facts if result.wanted else ""


def _shape(model: DecisionModel, decision: Decision, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a decision asks for and says."""
    labels = _column_labels(decision)
    return {
        "id": decision.id,
        "name": decision.name,
        "rules": decision.rules,
        "inputs": [
            _input(name, kind, fields.get(name), labels.get(name, name))
            for name, kind in asked(model, decision).items()
        ],
        "outputs": [{"name": name, "type": kind} for name, kind in decision.outputs.items()],
    }


def _column_labels(decision: Decision) -> dict[str, str]:
    """What the table calls the names that are columns by themselves."""
    clauses = decision.logic.inputs if isinstance(decision.logic, Table) else ()
    return {each.expression.tree.name: each.label for each in clauses if isinstance(each.expression.tree, Name)}


def _input(name: str, kind: Type, field: Mapping[str, Any] | None, label: str) -> dict[str, Any]:
    listed = list(_listed(kind.allowed))
    labels = {option["value"]: option["label"] for option in field["options"]} if field else {}
    values = listed or list(labels)
    return {
        "name": name,
        "label": field["label"] if field and field["label"] != name else label,
        "type": kind.name if kind.name != "Any" or not field else field["type"],
        "options": [{"value": value, "label": labels.get(value, value)} for value in values],
    }


def _listed(allowed: UnaryTests | None) -> Iterator[str]:
    """The texts that are allowed, where nothing else is."""
    values = literal_tests(allowed) if allowed is not None and not allowed.tree.negated else []
    if all(isinstance(value, str) for value in values):
        yield from values


def _asked(model: DecisionModel, decision: Decision, seen: set[str]) -> Iterator[tuple[str, Type]]:
    """Every name that has to be given, with its type, those of required decisions first."""
    if decision.id in seen:
        return
    seen.add(decision.id)
    made: set[str] = set()
    for key in decision.requires:
        if required := model.decisions.get(key):
            made.add(required.variable)
            yield from _asked(model, required, seen)
        elif given := model.inputs.get(key):
            yield given.name, given.type
        elif key in model.knowledge:
            made.add(model.knowledge[key].name)
        elif key in model.services:
            made.add(model.services[key].name)
    inputs = {given.name for given in model.inputs.values()}
    yield from ((name, kind) for name, kind in _named(decision) if name not in made | inputs)


def _named(decision: Decision) -> Iterator[tuple[str, Type]]:
    """The names that a decision's own expressions use; one that is a column by itself has the column's type."""
    logic = decision.logic
    if isinstance(logic, LiteralLogic):
        yield from ((name, ANY_TYPE) for name in sorted(logic.expression.names))
    if not isinstance(logic, Table):
        return
    for clause in logic.inputs:
        if isinstance(tree := clause.expression.tree, Name):
            allowed = clause.allowed or clause.type.allowed
            yield tree.name, Type(clause.type.name, clause.type.collection, allowed)
        else:
            yield from ((name, ANY_TYPE) for name in sorted(clause.expression.names))
    cells = [each for rule in logic.rules for each in (*rule.cells, *rule.outputs) if each is not None]
    columns = {clause.expression.source for clause in logic.inputs}
    yield from ((name, ANY_TYPE) for name in sorted({name for cell in cells for name in cell.names} - columns))
