"""Counting cases: figures with honest denominators, and tables of rows by columns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel import FeelError, compile_expression
from engine.procedures.package import Figure, Report
from engine.queries.reports.facts import CaseFacts

_HUNDRED: Final = Decimal(100)
#: The key of what has no value, and of all values together.
NOTHING: Final = "-"
ALL: Final = ""


@dataclass(frozen=True, slots=True)
class FigureValue:
    """One figure over some cases. *value* is None where nothing could be counted: never a made-up zero."""

    figure: Figure
    value: Decimal | None
    counted: int  #: cases that went into it
    whole: int  #: cases it is taken over
    left_out: int  #: cases of the report that it says nothing about

    @property
    def is_share(self) -> bool:
        return bool(self.figure.count and self.figure.among)

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without target or value."""
        if not self.figure.target or self.value is None:
            return None
        target = Decimal(self.figure.target)
        return self.value <= target if self.figure.at_most else self.value >= target


@dataclass(frozen=True, slots=True)
class Table:
    """How many cases have which value. Keys are those of `key_of`; a case may stand in several rows."""

    rows: tuple[tuple[str, Any], ...]  #: key and value, most cases first
    columns: tuple[tuple[str, Any], ...]  #: empty where the table has only the number
    counts: Mapping[tuple[str, str], int]  #: (row, column); ALL for the totals
    cases: int  #: all of them: a row total may be more where cases stand in several


@dataclass(frozen=True, slots=True)
class Choice:
    """What narrows a register to the cases behind one number."""

    row: str | None = None  #: a key
    across: str | None = None
    figure: str = ""  #: id of a figure of the report
    part: str = ""  #: of that figure: "counted", "rest" (in the whole, not counted) or "left_out"


#: The register as it is.
EVERYTHING: Final = Choice()


@dataclass(frozen=True, slots=True)
class Whole:
    """A report over its cases: everything that is counted."""

    cases: int
    figures: tuple[FigureValue, ...]
    table: Table | None


def count_figures(
    report: Report, found: Sequence[CaseFacts], others: Mapping[str, Sequence[CaseFacts]]
) -> tuple[FigureValue, ...]:
    """Every figure of *report* over *found*; *others*: figure id -> the cases of one with procedures of its own."""
    plain = {figure.id: _figure(figure, others.get(figure.id, found)) for figure in report.figures if not figure.value}
    numbers = {id_: each.value for id_, each in plain.items()}
    now = found[0].now if found else next((f.now for each in others.values() for f in each), None)
    values: dict[str, FigureValue] = {}
    for figure in report.figures:
        if figure.value:
            numbers[figure.id] = _calculated(figure.value, numbers, now)
            values[figure.id] = FigureValue(figure, numbers[figure.id], many(found), many(found), 0)
        else:
            values[figure.id] = plain[figure.id]
    return tuple(values.values())


def count_table(report: Report, found: Iterable[CaseFacts]) -> Table | None:
    """The table of *report* over *found*, None where it has none."""
    if not report.rows:
        return None
    counts: dict[tuple[str, str], int] = {}
    known: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    number = 0
    for facts in found:
        number += facts.count
        rows = values_of(facts, report.rows)
        columns = values_of(facts, report.across) if report.across else {}
        known[0].update(rows)
        known[1].update(columns)
        for place in {
            *((row, ALL) for row in rows),
            *((ALL, column) for column in columns),
            *((row, column) for row in rows for column in columns),
        }:
            counts[place] = counts.get(place, 0) + facts.count
    counts[ALL, ALL] = number
    rows_in_order = sorted(known[0].items(), key=lambda each: (-counts[each[0], ALL], each[0]))
    columns_in_order = sorted(known[1].items(), key=lambda each: (-counts[ALL, each[0]], each[0]))
    return Table(tuple(rows_in_order), tuple(columns_in_order), counts, number)


def figures_by_period(
    report: Report,
    periods: Sequence[tuple[datetime, datetime]],
    found: Sequence[CaseFacts],
    others: Mapping[str, Sequence[CaseFacts]],
) -> list[Whole]:
    """*report* counted for each of *periods* (first instant, first instant behind), in their order."""
    whole = []
    for since, until in periods:
        inside = _within(found, since, until)
        elsewhere = {figure: _within(own, since, until) for figure, own in others.items()}
        whole.append(Whole(many(inside), count_figures(report, inside, elsewhere), count_table(report, inside)))
    return whole


def many(found: Iterable[CaseFacts]) -> int:
    """How many cases that are."""
    return sum(facts.count for facts in found)


def _within(found: Iterable[CaseFacts], since: datetime, until: datetime) -> list[CaseFacts]:
    return [facts for facts in found if since <= facts.dated_at < until]


def belongs(report: Report, facts: CaseFacts, choice: Choice) -> bool:
    """Whether the case is one of those behind the number that *choice* names."""
    if choice.row is not None and choice.row not in values_of(facts, report.rows):
        return False
    if choice.across is not None and choice.across not in values_of(facts, report.across):
        return False
    if not choice.figure:
        return True
    figure = next((each for each in report.figures if each.id == choice.figure), None)
    return figure is not None and _part(figure, facts) == (choice.part or "counted")


def values_of(facts: CaseFacts, text: str) -> dict[str, Any]:
    """The values *text* has for the case and its reader by their keys: one, all items of a list, or none."""
    value = facts.shown(text)
    items = value if isinstance(value, list) else [value]
    return {key_of(item): item for item in items} or {NOTHING: None}


def key_of(value: Any) -> str:
    """A text that stands for *value* in addresses: equal for equal values."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def number_of(value: Any) -> Decimal | None:
    """*value* as a number: money and scores stand as text in the data, durations count in hours."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, timedelta):
        return Decimal(str(value / timedelta(hours=1)))
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _figure(figure: Figure, found: Sequence[CaseFacts]) -> FigureValue:
    parts = {"counted": 0, "rest": 0, "left_out": 0}
    numbers, total = 0, Decimal(0)
    for facts in found:
        part = _part(figure, facts)
        parts[part] += facts.count
        if part == "counted" and not figure.count:
            number = number_of(facts.value(figure.sum or figure.mean))
            if number is not None:
                numbers, total = numbers + facts.count, total + number * facts.count
    every = sum(parts.values())
    if figure.count:
        counted, whole = parts["counted"], parts["counted"] + parts["rest"]
        if not figure.among:
            return FigureValue(figure, Decimal(counted), counted, every, 0)
        return FigureValue(figure, _HUNDRED * counted / whole if whole else None, counted, whole, parts["left_out"])
    value = total if figure.sum else total / numbers if numbers else None
    return FigureValue(figure, value, numbers, numbers, every - numbers)


def _part(figure: Figure, facts: CaseFacts) -> str:
    """What the case is for that figure; see Choice.part. A whole with an unknown answer does not count either way."""
    if not facts.holds(figure.among):
        return "left_out"
    if not figure.count:
        return "counted" if number_of(facts.value(figure.sum or figure.mean)) is not None else "left_out"
    return "counted" if facts.holds(figure.count) else "rest"


def _calculated(text: str, numbers: Mapping[str, Decimal | None], now: datetime | None) -> Decimal | None:
    if now is None:
        return None
    try:
        return number_of(compile_expression(text).evaluate(dict(numbers), now=now))
    except FeelError:
        return None
