"""The clocks of a case: one for every deadline whose start has happened, with rounds, pauses, warnings and receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.calendars import Deadline, DeadlineInvalid, Pause, Receipt, Unit, due, instant_at_share
from engine.interpreter.errors import ProcedureFault
from engine.interpreter.step import ClockState, ClockStatus, Fact, FactKind

if TYPE_CHECKING:
    from engine.interpreter.corrections.tokens import Case, Token
    from engine.procedures.package import DeadlineRule

#: A clock is late when its time has passed, not at the very moment; instants are kept in milliseconds.
TICK: Final = timedelta(milliseconds=1)
#: Reason of the pause while the whole case is suspended.
SUSPENDED: Final = "suspended"


@dataclass(slots=True)
class Round:
    """One running round of one deadline."""

    deadline: str
    number: int
    started_at: datetime
    pauses: list[Pause] = field(default_factory=list)  #: the last one may be open
    warned: int = 0  #: how many of the rule's shares have been announced
    breached: bool = False
    status: ClockStatus = ClockStatus.RUNNING
    stopped_at: datetime | None = None
    said: str | None = None  #: the due instant the history knows
    date: datetime | None = None  #: as counted last, in UTC
    warnings: list[datetime] = field(default_factory=list)  #: when each of the rule's shares is used up
    counted_over: tuple[str, str] | None = None  #: the amount or given date, and the calendar; None = count again
    receipt: Receipt | None = None  #: how *date* was counted, if that was in this step
    counted: bool = False  #: whether it was
    data: Mapping[str, Any] | None = None  #: what *date* was compared with in this step

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


class Clocks:
    """All running rounds of a case during one step, and those that stopped in it."""

    def __init__(self, numbers: Mapping[str, int] | None = None, rounds: list[Round] | None = None) -> None:
        self.numbers = dict(numbers or {})  #: deadline id -> rounds so far
        self.rounds = {each.deadline: each for each in rounds or []}
        self.stopped: list[Round] = []

    def case_started(self, case: Case, received_at: datetime) -> None:
        for rule in case.definition.deadlines.values():
            if rule.runs_from == "case":
                self._start(case, rule, received_at)

    def element_entered(self, case: Case, token: Token) -> None:
        element = token.node.name
        for each in self.rounds.values():
            rule = case.definition.deadlines[each.deadline]
            if element in rule.pauses and not each.paused:
                each.pause(case.now, element)
        named = token.internal_data.get("deadline")
        if named and not case.definition.deadlines[named].runs_from:
            self._start(case, case.definition.deadlines[named], case.now)

    def element_left(self, case: Case, token: Token) -> None:
        self._end_pauses(case, token)
        element = token.node.name
        for each in list(self.rounds.values()):
            rule = case.definition.deadlines[each.deadline]
            stops = element in rule.runs_until if rule.runs_until else token.internal_data.get("deadline") == rule.id
            if stops and case.skipped is token:
                self._drop(case, each)
            elif stops:
                self._stop(case, each)
        for rule in case.definition.deadlines.values():
            if rule.runs_from == element:
                self._start(case, rule, case.now)

    def element_cancelled(self, case: Case, token: Token) -> None:
        self._end_pauses(case, token)

    def case_ended(self, case: Case) -> None:
        for each in list(self.rounds.values()):
            self._drop(case, each)

    def carry_over(self, case: Case, before: Clocks) -> None:
        """Drop the rounds of deadlines that the case's new version does not have; *before* knows how they stood."""
        for each in list(self.rounds.values()):
            each.counted_over = None
            if each.deadline not in case.definition.deadlines:
                del self.rounds[each.deadline]
                each.stopped_at = case.now
                each.status = ClockStatus.CANCELLED
                self.stopped.append(each)
                self._fact(case, FactKind.CLOCK_STOPPED, each, {"met": False, "cancelled": True})

    def stand_still(self, case: Case) -> None:
        """Let time count for nothing until `go_on`."""
        for each in self.rounds.values():
            if not each.paused:
                each.pause(case.now, SUSPENDED)

    def go_on(self, case: Case) -> None:
        for each in self.rounds.values():
            if each.paused and each.pauses[-1].reason == SUSPENDED:
                each.end_pause(case.now)
                rule = case.definition.deadlines[each.deadline]
                at = next(
                    (token.node.name for token in case.tokens() if token.key and token.node.name in rule.pauses), None
                )
                if at is not None:
                    each.pause(case.now, at)

    def _drop(self, case: Case, each: Round) -> None:
        """End a round without what it waited for."""
        self._count_over(case, each, self._known(case, each))
        self._leave_running(case, each)
        each.status = ClockStatus.CANCELLED
        self._fact(case, FactKind.CLOCK_STOPPED, each, {"met": False, "cancelled": True})

    def _start(self, case: Case, rule: DeadlineRule, at: datetime) -> None:
        if rule.id in self.rounds:
            return
        number = self.numbers[rule.id] = self.numbers.get(rule.id, 0) + 1
        each = Round(rule.id, number, at)
        if any(token.node.name in rule.pauses and token.key for token in case.tokens()):
            each.pause(case.now)
        self.rounds[rule.id] = each
        self._count_over(case, each, case.view())
        each.said = _text(each.due_at)
        self._fact(case, FactKind.CLOCK_STARTED, each, {"due": each.said})

    def _stop(self, case: Case, each: Round) -> None:
        self._count_over(case, each, self._known(case, each))
        self._announce(case, each, case.now)
        late = each.due_at is not None and case.now > each.due_at
        self._leave_running(case, each)
        each.status = ClockStatus.LATE if late else ClockStatus.MET
        self._fact(case, FactKind.CLOCK_STOPPED, each, {"met": not late})

    @staticmethod
    def _known(case: Case, each: Round) -> Mapping[str, Any]:
        """The data a stopping round is judged by: not that of the very answer which stops it.

        Who follows up on a missed date and agrees on a new one in the same form has still missed the first.
        """
        return case.data_before if each.data is None else each.data

    def _count_over(self, case: Case, each: Round, data: Mapping[str, Any]) -> None:
        """Bring *each* up to date with *data* and the calendar; counts only if what it depends on has changed."""
        each.data = data
        rule = case.definition.deadlines[each.deadline]
        value = _value(case, rule, data)
        depends_on = (str(value), case.calendar.version)
        if depends_on == each.counted_over:
            return
        receipt = _receipt(case, rule, value, start=each.started_at, pauses=each.pauses)
        each.counted_over, each.receipt, each.counted = depends_on, receipt, True
        each.date = None if receipt is None else receipt.due_at.astimezone(UTC)
        each.warnings = [] if receipt is None else _warnings(case, rule, receipt)

    def _leave_running(self, case: Case, each: Round) -> None:
        del self.rounds[each.deadline]
        if each.paused:
            each.pauses[-1] = Pause(each.pauses[-1].begin, case.now, each.pauses[-1].reason)
            each.counted_over = None
            self._count_over(case, each, self._known(case, each))
        each.stopped_at = case.now
        self.stopped.append(each)

    def _end_pauses(self, case: Case, left: Token) -> None:
        for each in self.rounds.values():
            pausing = case.definition.deadlines[each.deadline].pauses
            if not each.paused or left.node.name not in pausing or each.pauses[-1].reason == SUSPENDED:
                continue
            if not any(token is not left and token.key and token.node.name in pausing for token in case.tokens()):
                each.end_pause(case.now)

    def recount(self, case: Case, data: Mapping[str, Any]) -> None:
        """Count every running round again over *data*: what it depends on may have changed."""
        for each in self.rounds.values():
            self._count_over(case, each, data)
            if (now_due := _text(each.due_at)) != each.said:
                self._fact(case, FactKind.CLOCK_CHANGED, each, {"due": now_due, "was": each.said})
                each.said = now_due
                if each.due_at is not None and case.now <= each.due_at:
                    each.breached = False

    def announce_until(self, case: Case, instant: datetime) -> None:
        """Say once, in order of instants, what is near or past its time at *instant*."""
        for each in sorted(self.rounds.values(), key=lambda each: (each.due_at or instant, each.deadline)):
            self._announce(case, each, instant)

    def _announce(self, case: Case, each: Round, instant: datetime) -> None:
        if each.due_at is None:
            return
        shares = sorted(case.definition.deadlines[each.deadline].warn_at)
        while each.warned < len(each.warnings) and instant >= each.warnings[each.warned]:
            self._fact(case, FactKind.CLOCK_WARNED, each, {"share": shares[each.warned], "due": _text(each.due_at)})
            each.warned += 1
        if not each.breached and instant > each.due_at:
            each.breached = True
            self._fact(case, FactKind.CLOCK_BREACHED, each, {"due": _text(each.due_at)})

    def next_wake(self) -> datetime | None:
        """When a running round has something to say, at the earliest."""
        wakes = []
        for each in self.rounds.values():
            if each.due_at is None:
                continue
            wakes += each.warnings[each.warned : each.warned + 1]
            if not each.breached:
                wakes.append(each.due_at + TICK)
        return min(wakes, default=None)

    @staticmethod
    def count(case: Case, deadline: str, *, start: datetime, data: Mapping[str, Any]) -> Receipt | None:
        """The receipt of deadline *deadline* from *start*, None while what it depends on is not known."""
        rule = case.definition.deadlines[deadline]
        return _receipt(case, rule, _value(case, rule, data), start=start)

    def states(self) -> tuple[ClockState, ...]:
        """All rounds that run or stopped in this step, by deadline and round."""
        every = sorted([*self.rounds.values(), *self.stopped], key=lambda each: (each.deadline, each.number))
        return tuple(
            ClockState(
                deadline=each.deadline,
                round=each.number,
                status=ClockStatus.PAUSED if each.stopped_at is None and each.paused else each.status,
                started_at=each.started_at,
                due_at=each.due_at,
                stopped_at=each.stopped_at,
                receipt=each.receipt,
                counted=each.counted,
                breached=each.breached,
            )
            for each in every
        )

    def _fact(self, case: Case, kind: FactKind, each: Round, detail: Mapping[str, Any]) -> None:
        case.facts.append(Fact(kind, detail={"clock": each.deadline, "round": each.number, **detail}))


def _value(case: Case, rule: DeadlineRule, data: Mapping[str, Any]) -> Any:
    """What *data* says about the length of a deadline: a number, or what its field holds; None = nothing yet."""
    if rule.unit is Unit.FIELD:
        return data.get(rule.field) or None
    return case.definition.expressions.json(rule.amount, data, element=f"deadline {rule.id}", now=case.now)


def _receipt(
    case: Case, rule: DeadlineRule, value: Any, *, start: datetime, pauses: Sequence[Pause] = ()
) -> Receipt | None:
    if value is None:
        return None
    try:
        return due(_deadline(case, rule, value), start=start, calendar=case.calendar, pauses=pauses)
    except (DeadlineInvalid, ArithmeticError) as error:
        raise _uncountable(rule, str(error)) from error


def _deadline(case: Case, rule: DeadlineRule, value: Any) -> Deadline:
    if rule.unit is Unit.FIELD:
        at = _given(rule, value, case)
        return Deadline(Decimal(0), rule.unit, rule.start, rule.end, rule.roll, at)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _uncountable(rule, f"{value!r} as its amount")
    return Deadline(Decimal(str(value)), rule.unit, rule.start, rule.end, rule.roll)


def _warnings(case: Case, rule: DeadlineRule, receipt: Receipt) -> list[datetime]:
    return [instant_at_share(receipt, share, case.calendar).astimezone(UTC) for share in sorted(rule.warn_at)]


def _given(rule: DeadlineRule, value: Any, case: Case) -> datetime | date:
    """The date in a deadline's field: a date, or a date-time with offset."""
    try:
        if isinstance(value, str) and "T" in value:
            instant = datetime.fromisoformat(value)
            return instant if instant.tzinfo else instant.replace(tzinfo=case.definition.time_zone)
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _uncountable(rule, f"{value!r} in its field {rule.field!r}") from error


def _uncountable(rule: DeadlineRule, found: str) -> ProcedureFault:
    return ProcedureFault(
        "deadline-uncountable", rule.id, f"expected deadline {rule.id!r} to have a date, found: {found}"
    )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
