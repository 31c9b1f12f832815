"""What is wrong with a decision table though it can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import or_
from typing import Any, Final

from engine.decisions.model import Decision, HitPolicy, InputClause, Rule, Table, Type
from engine.decisions.problems import Problems
from engine.decisions.regions import Box, Column, column_of, literal_tests, overlap, rest_of
from engine.feel import Range, UnaryTests
from engine.feel.parsing import NOT_LITERAL, literal_value
from engine.feel.values import kind_of

#: Findings of one kind for one table; the author sees the pattern by then.
_MAX_REPORTED: Final = 20
#: Policies under which an input that no rule hits is likely forgotten.
_EXPECTED_COMPLETE: Final = frozenset({HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST, HitPolicy.PRIORITY})


def check_table(decision: Decision, table: Table, problems: Problems) -> None:
    """Report cells of the wrong type, cells that never match, overlaps, unreachable rules and gaps."""
    _check_inputs(table, problems)
    _check_outputs(table, problems)
    columns = [_column(table, index) for index in range(len(table.inputs))]
    known = [column for column in columns if column is not None]
    if len(known) != len(columns) or any(len(rule.cells) != len(columns) for rule in table.rules):
        return
    boxes = [_box(known, index) for index in range(len(table.rules))]
    _check_never(table, known, problems)
    if table.policy is HitPolicy.UNIQUE:
        _check_overlaps(decision, table, boxes, problems)
    if table.policy is HitPolicy.FIRST:
        _check_unreachable(decision, table, boxes, problems)
    if table.policy in _EXPECTED_COMPLETE and table.inputs and not any(clause.default for clause in table.outputs):
        _check_gap(decision, table, known, problems)


def _column(table: Table, index: int) -> Column | None:
    clause = table.inputs[index]
    cells = [rule.cells[index] if index < len(rule.cells) else None for rule in table.rules]
    return column_of(cells, clause.type.name, clause.allowed)


def _box(columns: list[Column], rule: int) -> Box | None:
    """The rule's box, None if one of its cells cannot be decided."""
    masks = [column.masks[rule] for column in columns]
    known = tuple(mask for mask in masks if mask is not None)
    return known if len(known) == len(masks) else None


# -- types ---------------------------------------------------------------------------------------------------------


def _check_inputs(table: Table, problems: Problems) -> None:
    for rule in table.rules:
        for clause, cell, element in zip(table.inputs, rule.cells, rule.cell_ids, strict=False):
            if cell is not None:
                _check_cell_type(rule, clause, cell, element, problems)


def _check_cell_type(rule: Rule, clause: InputClause, cell: UnaryTests, element: str, problems: Problems) -> None:
    if (clash := _clash(cell, clause.type)) is not None:
        problems.error(
            "type-clash",
            f"Rule {rule.number} tests {clause.label} for {cell.source}, which is a {clash}; "
            f"the column holds {clause.type.name} values.",
            line=rule.line,
            element=element,
            rule_number=str(rule.number),
            column=clause.label,
            expected=clause.type.name,
            found=clash,
        )


def _clash(cell: UnaryTests, wanted: Type) -> str | None:
    """The type of a literal in *cell* that no value of *wanted* equals."""
    if wanted.name in ("Any", "context") or wanted.collection:
        return None
    return next((kind for kind in _kinds(cell) if kind not in (wanted.name, "null")), None)


def _kinds(cell: UnaryTests) -> Iterator[str]:
    for value in literal_tests(cell):
        if isinstance(value, Range):
            yield kind_of(value.high if value.low is None else value.low)
        elif value is not NOT_LITERAL:
            yield kind_of(value)


def _check_outputs(table: Table, problems: Problems) -> None:
    for rule in table.rules:
        elements = rule.cell_ids[len(rule.cells) :]
        for clause, result, element in zip(table.outputs, rule.outputs, elements, strict=False):
            value = NOT_LITERAL if result is None else literal_value(result.tree)
            if result is None or value is NOT_LITERAL or value is None:
                continue
            if clause.type.name not in ("Any", "context", kind_of(value)) and not clause.type.collection:
                problems.error(
                    "type-clash",
                    f"Rule {rule.number} gives {clause.name} = {result.source}, which is a {kind_of(value)}; "
                    f"the column holds {clause.type.name} values.",
                    line=rule.line,
                    element=element,
                    rule_number=str(rule.number),
                    column=clause.name,
                    expected=clause.type.name,
                    found=kind_of(value),
                )
            elif _excluded(clause.allowed, value):
                assert clause.allowed is not None
                problems.error(
                    "output-not-allowed",
                    f"Rule {rule.number} gives {clause.name} = {result.source}; allowed are {clause.allowed.source}.",
                    line=rule.line,
                    element=element,
                    rule_number=str(rule.number),
                    column=clause.name,
                )


def _excluded(allowed: UnaryTests | None, value: Any) -> bool:
    """True if *value* is certainly none of the *allowed* values."""
    if allowed is None or allowed.tree.negated:
        return False
    listed = literal_tests(allowed)
    if not listed or any(item is NOT_LITERAL or isinstance(item, Range) for item in listed):
        return False
    return all(kind_of(item) != kind_of(value) or item != value for item in listed)


# -- regions -------------------------------------------------------------------------------------------------------


def _check_never(table: Table, columns: list[Column], problems: Problems) -> None:
    for rule in table.rules:
        for clause, column, cell, element in zip(table.inputs, columns, rule.cells, rule.cell_ids, strict=False):
            mask = column.masks[rule.number - 1]
            wanted = column.expected if clause.allowed is not None else column.everything
            if cell is None or mask is None or mask & wanted or _clash(cell, clause.type) is not None:
                continue
            if None in literal_tests(cell):
                continue
            allowed = f"; allowed are {clause.allowed.source}" if clause.allowed is not None else ""
            problems.error(
                "never-matches",
                f"Rule {rule.number} tests {clause.label} for {cell.source}, which no value passes{allowed}.",
                line=rule.line,
                element=element,
                rule_number=str(rule.number),
                column=clause.label,
            )


def _check_overlaps(decision: Decision, table: Table, boxes: list[Box | None], problems: Problems) -> None:
    for one, other in islice(_overlapping(table.rules, boxes), _MAX_REPORTED):
        problems.error(
            "overlapping-rules",
            f"Rules {one.number} and {other.number} of {decision.name} can hit together under hit policy UNIQUE; "
            f"narrow one or choose another policy.",
            line=other.line,
            element=other.id,
            decision=decision.id,
            rule_number=str(one.number),
            other=str(other.number),
        )


def _overlapping(rules: Sequence[Rule], boxes: list[Box | None]) -> Iterator[tuple[Rule, Rule]]:
    earlier: list[tuple[Rule, Box]] = []
    together: Box = ()
    for rule, box in zip(rules, boxes, strict=True):
        if box is None:
            continue
        # Most rules touch none of those before in some column: then no pair has to be looked at.
        if together and overlap(box, together):
            yield from ((other, rule) for other, theirs in earlier if overlap(box, theirs))
        earlier.append((rule, box))
        together = tuple(map(or_, together, box)) if together else box


def _check_unreachable(decision: Decision, table: Table, boxes: list[Box | None], problems: Problems) -> None:
    earlier: list[Box] = []
    for rule, box in zip(table.rules, boxes, strict=True):
        if box is None:
            continue
        # A single cover is by far the most frequent case; several that only cover it together are not looked for.
        if all(box) and any(_covers(other, box) for other in earlier):
            problems.warning(
                "unreachable-rule",
                f"Rule {rule.number} of {decision.name} never decides, an earlier rule hits wherever it would; "
                f"move it up or remove it.",
                line=rule.line,
                element=rule.id,
                decision=decision.id,
                rule_number=str(rule.number),
            )
        earlier.append(box)


def _covers(one: Box, other: Box) -> bool:
    for mine, theirs in zip(one, other, strict=True):  # noqa: SIM110 -- all() takes thrice as long, and pairs are many
        if theirs & ~mine:
            return False
    return True


def _check_gap(decision: Decision, table: Table, columns: list[Column], problems: Problems) -> None:
    """Cells that cannot be decided count as matching everything: what is left is a gap for certain."""
    boxes = [
        tuple(column.everything if (mask := column.masks[index]) is None else mask for column in columns)
        for index in range(len(table.rules))
    ]
    gap = rest_of(tuple(column.expected for column in columns), boxes)
    if gap is None:
        return
    example = ", ".join(
        column.describe(clause.label, mask) for column, clause, mask in zip(columns, table.inputs, gap, strict=True)
    )
    problems.warning(
        "gap",
        f"No rule of {decision.name} hits for {example}; add a rule or a default output.",
        line=table.line,
        element=table.id,
        decision=decision.id,
        example=example,
    )
