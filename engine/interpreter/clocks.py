"""The clocks of a case: one for every deadline whose start has happened, with rounds, pauses, warnings and receipts."""

from __future__ import annotations

from collections.abc import Mapping
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
    receipt: Receipt | None = None  #: recounted in every step, never stored
    data: Mapping[str, Any] | None = None  #: what *receipt* was counted over in this step

    @property
    def paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1].end is None

    @property
    def due_at(self) -> datetime | None:
        return None if self.receipt is None or self.paused else self.receipt.due_at.astimezone(UTC)


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
                each.pauses.append(Pause(case.now, None, element))
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
            if each.deadline not in case.definition.deadlines:
                each.receipt = before.rounds[each.deadline].receipt
                del self.rounds[each.deadline]
                each.stopped_at = case.now
                each.status = ClockStatus.CANCELLED
                self.stopped.append(each)
                self._fact(case, FactKind.CLOCK_STOPPED, each, {"met": False, "cancelled": True})

    def stand_still(self, case: Case) -> None:
        """Let time count for nothing until `go_on`."""
        for each in self.rounds.values():
            if not each.paused:
                each.pauses.append(Pause(case.now, None, SUSPENDED))

    def go_on(self, case: Case) -> None:
        for each in self.rounds.values():
            if each.paused and each.pauses[-1].reason == SUSPENDED:
                self._end_pause(case, each)
                rule = case.definition.deadlines[each.deadline]
                at = next(
                    (token.node.name for token in case.tokens() if token.key and token.node.name in rule.pauses), None
                )
                if at is not None:
                    each.pauses.append(Pause(case.now, None, at))

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
            each.pauses.append(Pause(case.now, None))
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
        each.receipt, each.data = self._count(case, each, data), data

    def _leave_running(self, case: Case, each: Round) -> None:
        del self.rounds[each.deadline]
        if each.paused:
            each.pauses[-1] = Pause(each.pauses[-1].begin, case.now, each.pauses[-1].reason)
            self._count_over(case, each, self._known(case, each))
        each.stopped_at = case.now
        self.stopped.append(each)

    def _end_pauses(self, case: Case, left: Token) -> None:
        for each in self.rounds.values():
            pausing = case.definition.deadlines[each.deadline].pauses
            if not each.paused or left.node.name not in pausing or each.pauses[-1].reason == SUSPENDED:
                continue
            if not any(token is not left and token.key and token.node.name in pausing for token in case.tokens()):
                self._end_pause(case, each)

    @staticmethod
    def _end_pause(case: Case, each: Round) -> None:
        begun = each.pauses.pop()
        if case.now > begun.begin:
            each.pauses.append(Pause(begun.begin, case.now, begun.reason))

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
        if each.due_at is None or each.receipt is None:
            return
        shares = sorted(case.definition.deadlines[each.deadline].warn_at)
        while each.warned < len(shares) and instant >= self._warning(case, each, shares[each.warned]):
            self._fact(case, FactKind.CLOCK_WARNED, each, {"share": shares[each.warned], "due": _text(each.due_at)})
            each.warned += 1
        if not each.breached and instant > each.due_at:
            each.breached = True
            self._fact(case, FactKind.CLOCK_BREACHED, each, {"due": _text(each.due_at)})

    @staticmethod
    def _warning(case: Case, each: Round, share: float) -> datetime:
        assert each.receipt is not None
        return instant_at_share(each.receipt, share, case.calendar).astimezone(UTC)

    def next_wake(self, case: Case) -> datetime | None:
        """When a running round has something to say, at the earliest."""
        wakes = []
        for each in self.rounds.values():
            if each.due_at is None:
                continue
            shares = sorted(case.definition.deadlines[each.deadline].warn_at)
            if each.warned < len(shares):
                wakes.append(self._warning(case, each, shares[each.warned]))
            if not each.breached:
                wakes.append(each.due_at + TICK)
        return min(wakes, default=None)

    def count(self, case: Case, deadline: str, *, start: datetime, data: Mapping[str, Any]) -> Receipt | None:
        """The receipt of deadline *deadline* from *start*, None while what it depends on is not known."""
        return self._count(case, Round(deadline, 0, start), data)

    def _count(self, case: Case, each: Round, data: Mapping[str, Any]) -> Receipt | None:
        rule = case.definition.deadlines[each.deadline]
        deadline = self._deadline(case, rule, data)
        if deadline is None:
            return None
        try:
            return due(deadline, start=each.started_at, calendar=case.calendar, pauses=each.pauses)
        except DeadlineInvalid as error:
            raise _uncountable(rule, str(error)) from error

    def _deadline(self, case: Case, rule: DeadlineRule, data: Mapping[str, Any]) -> Deadline | None:
        try:
            if rule.unit is Unit.FIELD:
                at = _given(rule, data.get(rule.field), case)
                return None if at is None else Deadline(Decimal(0), rule.unit, rule.start, rule.end, rule.roll, at)
            amount = case.definition.expressions.json(rule.amount, data, element=f"deadline {rule.id}", now=case.now)
            if amount is None:
                return None
            if isinstance(amount, bool) or not isinstance(amount, int | float | str):
                raise _uncountable(rule, f"{amount!r} as its amount")
            return Deadline(Decimal(str(amount)), rule.unit, rule.start, rule.end, rule.roll)
        except (DeadlineInvalid, ArithmeticError) as error:
            raise _uncountable(rule, str(error)) from error

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
                breached=each.breached,
            )
            for each in every
        )

    def _fact(self, case: Case, kind: FactKind, each: Round, detail: Mapping[str, Any]) -> None:
        case.facts.append(Fact(kind, detail={"clock": each.deadline, "round": each.number, **detail}))


def _given(rule: DeadlineRule, value: Any, case: Case) -> datetime | date | None:
    """The date in a deadline's field: a date, a date-time with offset, None while it is empty."""
    if value in (None, ""):
        return None
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
