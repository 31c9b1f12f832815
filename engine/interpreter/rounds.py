"""One round of one deadline: when it is due, and what that depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.calendars import (
    Calendar,
    Deadline,
    DeadlineInvalid,
    Extension,
    Pause,
    Receipt,
    Unit,
    due,
    due_at,
    instant_at_share,
)
from engine.interpreter.errors import ProcedureFault
from engine.interpreter.expressions import shown
from engine.interpreter.step import ClockStatus

if TYPE_CHECKING:
    from engine.interpreter.corrections.tokens import Case
    from engine.interpreter.definition import Definition
    from engine.procedures.package import DeadlineRule


#: What of a deadline's rule its date depends on.
_LIMIT: Final = ("amount", "unit", "field", "start", "end", "roll", "by", "calendar")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a date is counted by: the words of a rule with the value that the data gave them."""

    value: Any  #: number, given date, or a list of both, which is counted back from the date
    unit: Unit
    start: str
    end: str
    roll: str
    by: time | None
    kept: str = ""  #: why it outlives its rule; "" = it is the rule's


@dataclass(slots=True)
class Round:
    """One running round of one deadline."""

    deadline: str
    number: int
    started_at: datetime
    pauses: list[Pause] = field(default_factory=list)  #: the last one may be open
    warned: int = 0  #: how many of the rule's rungs have been announced
    breached: bool = False
    status: ClockStatus = ClockStatus.RUNNING
    stopped_at: datetime | None = None
    said: str | None = None  #: the due instant the history knows
    calendar: str = ""  #: name of the calendar it is counted over, "" = the company's
    extensions: list[Extension] = field(default_factory=list)
    date: datetime | None = None  #: as counted last, in UTC
    warnings: list[datetime] = field(default_factory=list)  #: when each of the rule's rungs is reached
    counted_over: tuple[str, str] | None = None  #: the amount or given date, and the calendar; None = count again
    receipt: Receipt | None = None  #: how *date* was counted, if that was in this step
    wall_date: datetime | None = None  #: then: *date* without what pauses and extensions give back, in UTC
    counted: bool = False  #: whether it was
    moved_by_calendar: bool = False  #: whether another version of the calendar was the reason for that
    data: Mapping[str, Any] | None = None  #: what *date* was compared with in this step
    kept: Limit | None = None  #: of an earlier version of the rules, by which it goes on being counted

    @property
    def paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1].end is None

    @property
    def due_at(self) -> datetime | None:
        return None if self.paused else self.date

    def pause(self, since: datetime, reason: str = "") -> None:
        self.pauses.append(Pause(since, None, reason))
        self.counted_over = None

    def end_pause(self, at: datetime) -> None:
        """A pause that begins and ends at one instant leaves no trace."""
        begun = self.pauses.pop()
        if at > begun.begin:
            self.pauses.append(Pause(begun.begin, at, begun.reason))
        self.counted_over = None

    def keep(self, source: Definition, data: Mapping[str, Any], *, now: datetime, reason: str) -> bool:
        """Go on by the limit that *source* has; whether there was one to keep. One that was kept before stays."""
        rule = source.deadlines[self.deadline]
        value = _value(source, rule, data, now)
        if self.kept is None and value is not None:
            self.kept = replace(_limit_of(rule, value), kept=reason)
        return self.kept is not None

    def extend(self, extension: Extension) -> None:
        self.extensions.append(extension)
        self.counted_over = None

    def count(self, case: Case, data: Mapping[str, Any]) -> None:
        """Bring the date up to date with *data* and the calendar; counts only if what it depends on has changed."""
        self.data = data
        rule = case.definition.deadlines[self.deadline]
        value = self.kept.value if self.kept else _value(case.definition, rule, data, case.now)
        calendar = case.calendars.of(self.calendar)
        depends_on = (str(value), calendar.version)
        if depends_on == self.counted_over:
            return
        moved = self.counted_over is not None and self.counted_over[0] == depends_on[0]
        if moved and case.calendars.keeps_dates:
            self.counted_over = depends_on
            return
        receipt = _receipt(case, rule, value, self, calendar)
        self.counted_over, self.receipt, self.counted, self.moved_by_calendar = depends_on, receipt, True, moved
        self.date = None if receipt is None else receipt.due_at.astimezone(UTC)
        self.wall_date = self._by_the_wall(receipt, calendar)
        self.warnings = [] if receipt is None else _warnings(rule, receipt, calendar)

    def _by_the_wall(self, receipt: Receipt | None, calendar: Calendar) -> datetime | None:
        if receipt is None or not (self.pauses or self.extensions):
            return self.date
        return due_at(receipt.deadline, start=receipt.started_at, calendar=calendar).astimezone(UTC)


def count_deadline(case: Case, deadline: str, *, start: datetime, data: Mapping[str, Any]) -> Receipt | None:
    """The receipt of deadline *deadline* from *start*, None while what it depends on is not known."""
    rule = case.definition.deadlines[deadline]
    calendar = case.calendars.of(rule.calendar)
    return _receipt(case, rule, _value(case.definition, rule, data, case.now), Round(deadline, 0, start), calendar)


def same_limit(one: DeadlineRule, other: DeadlineRule) -> bool:
    """Whether both give the same dates."""
    return all(getattr(one, name) == getattr(other, name) for name in _LIMIT)


def _value(definition: Definition, rule: DeadlineRule, data: Mapping[str, Any], now: datetime) -> Any:
    """What *data* says about the length of a deadline: a number, or what its field holds; None = nothing yet."""
    if rule.words_only:
        return None
    value = None
    if rule.unit is not Unit.FIELD:
        value = definition.expressions.json(rule.amount, data, element=f"deadline {rule.id}", now=now)
        if value is None or not rule.field:
            return value
    given = data.get(rule.field) or None
    return given if value is None or given is None else [value, given]


def _receipt(case: Case, rule: DeadlineRule, value: Any, each: Round, calendar: Calendar) -> Receipt | None:
    if value is None:
        return None
    limit = each.kept or _limit_of(rule, value)
    try:
        deadline = _deadline(case, rule, limit)
        found = due(deadline, start=each.started_at, calendar=calendar, pauses=each.pauses, extensions=each.extensions)
        return replace(found, kept=limit.kept) if limit.kept else found
    except (DeadlineInvalid, ArithmeticError) as error:
        raise _uncountable(rule, str(error)) from error


def _limit_of(rule: DeadlineRule, value: Any) -> Limit:
    return Limit(value, rule.unit, rule.start, rule.end, rule.roll, rule.by)


def _deadline(case: Case, rule: DeadlineRule, limit: Limit) -> Deadline:
    amount, given = limit.value if isinstance(limit.value, list) else (limit.value, None)
    if limit.unit is Unit.FIELD:
        amount, given = 0, limit.value
    if isinstance(amount, bool) or not isinstance(amount, int | float | str):
        raise _uncountable(rule, f"{amount!r} as its amount")
    return Deadline(
        Decimal(str(amount)),
        limit.unit,
        start=limit.start,
        end=limit.end,
        roll=limit.roll,
        by=limit.by,
        at=None if given is None else _given(rule, given, case),
        before=isinstance(limit.value, list) and limit.unit is not Unit.FIELD,
    )


def _warnings(rule: DeadlineRule, receipt: Receipt, calendar: Calendar) -> list[datetime]:
    return [instant_at_share(receipt, rung.at, calendar).astimezone(UTC) for rung in rule.ladder]


def _given(rule: DeadlineRule, value: Any, case: Case) -> datetime | date:
    """The date in a deadline's field: a date, or a date-time with offset."""
    try:
        if isinstance(value, str) and "T" in value:
            instant = datetime.fromisoformat(value)
            return instant if instant.tzinfo else instant.replace(tzinfo=case.definition.time_zone)
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _uncountable(rule, f"{shown(value)} in its field {rule.field!r}") from error


def _uncountable(rule: DeadlineRule, found: str) -> ProcedureFault:
    return ProcedureFault(
        "deadline-uncountable", rule.id, f"expected deadline {rule.id!r} to have a date, found: {found}"
    )
