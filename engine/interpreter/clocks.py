"""The clocks of a case: one for every deadline whose start has happened, with rounds, pauses, warnings and receipts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.calendars import Extension
from engine.interpreter.errors import OperationRefused
from engine.interpreter.requests import ClockOperation, ExtendClock, Migrate, PauseClock, ResumeClock
from engine.interpreter.rounds import Round, same_limit
from engine.interpreter.step import ClockState, ClockStatus, Fact, FactKind

if TYPE_CHECKING:
    from engine.interpreter.corrections.tokens import Case, Token
    from engine.interpreter.definition import Definition
    from engine.procedures.package import DeadlineRule

#: A clock is late when its time has passed, not at the very moment; instants are kept in milliseconds.
TICK: Final = timedelta(milliseconds=1)
#: Reason of the pause while the whole case is suspended.
SUSPENDED: Final = "suspended"
#: How the reason of a pause begins that somebody ordered; the ids of elements cannot.
_HAND: Final = "by hand: "


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
            group = token.internal_data.get("group", "")
            self._start(case, case.definition.deadlines[named], case.now, group=group)

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

    def carry_over(self, case: Case, source: Definition, request: Migrate) -> None:
        """Go on by the rules of the case's new version, or by the limits of *source* where they are to be kept.

        Rounds of deadlines that it does not have end. Raises OperationRefused for more time granted in another unit.
        """
        for each in list(self.rounds.values()):
            each.counted_over = None
            rule = case.definition.deadlines.get(each.deadline)
            if rule is None:
                self._end_without_rule(case, each)
            elif not request.keep_limits:
                self._follow(case, each, source.deadlines[each.deadline], rule)
            elif not same_limit(source.deadlines[each.deadline], rule) and each.keep(
                source, case.view(), now=case.now, reason=request.reason
            ):
                self._fact(case, FactKind.CLOCK_KEPT, each, {"due": each.said})

    def _end_without_rule(self, case: Case, each: Round) -> None:
        del self.rounds[each.deadline]
        each.stopped_at = case.now
        each.status = ClockStatus.CANCELLED
        self.stopped.append(each)
        self._fact(case, FactKind.CLOCK_STOPPED, each, {"met": False, "cancelled": True})

    @staticmethod
    def _follow(case: Case, each: Round, was: DeadlineRule, rule: DeadlineRule) -> None:
        """Count by *rule* from now on, whatever was kept before."""
        if each.extensions and rule.unit is not (each.kept or was).unit:
            found = (
                f"more time granted in {(each.kept or was).unit}, while its limit is in {rule.unit} now; keep the limit"
            )
            raise OperationRefused("clock-extended", each.deadline, found)
        each.kept = None
        if rule.calendar != was.calendar:
            holders = (token for token in case.tokens() if token.internal_data.get("deadline") == rule.id)
            group = next((token.internal_data.get("group", "") for token in holders), "")
            each.calendar = rule.calendar or case.definition.calendar_of_group.get(group, "")

    def stand_still(self, case: Case) -> None:
        """Let time count for nothing until `go_on`."""
        for each in self.rounds.values():
            if not each.paused:
                each.pause(case.now, SUSPENDED)

    def go_on(self, case: Case) -> None:
        for each in self.rounds.values():
            if each.paused and each.pauses[-1].reason == SUSPENDED:
                self._end_pause(case, each)

    def operate(self, case: Case, operation: ClockOperation) -> None:
        """Pause, resume or extend the running round of a deadline. Raises OperationRefused."""
        each = self.rounds.get(operation.deadline)
        if each is None:
            raise OperationRefused("clock-not-running", operation.deadline, "no clock that runs")
        match operation:
            case PauseClock():
                if each.paused:
                    raise OperationRefused("clock-paused", each.deadline, "it stands already")
                each.pause(case.now, f"{_HAND}{operation.reason}")
            case ResumeClock():
                if not each.paused or not is_by_hand(each.pauses[-1].reason):
                    raise OperationRefused("clock-not-paused", each.deadline, "nobody has stopped it")
                self._end_pause(case, each)
            case ExtendClock():
                self._require_extensible(case.definition.deadlines[each.deadline], each)
                each.extend(Extension(Decimal(operation.amount), case.now, operation.reason))
                self._fact(case, FactKind.CLOCK_EXTENDED, each, {"amount": operation.amount})

    @staticmethod
    def _require_extensible(rule: DeadlineRule, each: Round) -> None:
        if rule.field:
            raise OperationRefused("clock-given", each.deadline, "its date is given; change the field")
        if each.kept and each.kept.unit is not rule.unit:
            raise OperationRefused("clock-kept", each.deadline, f"its limit is an earlier one, in {each.kept.unit}")

    def _drop(self, case: Case, each: Round) -> None:
        """End a round without what it waited for."""
        each.count(case, self._known(case, each))
        self._leave_running(case, each)
        each.status = ClockStatus.CANCELLED
        self._fact(case, FactKind.CLOCK_STOPPED, each, {"met": False, "cancelled": True})

    def _start(self, case: Case, rule: DeadlineRule, at: datetime, group: str = "") -> None:
        """Begin a round. A department's own task is counted over its own hours unless the rule names others."""
        if rule.id in self.rounds or rule.words_only:
            return
        number = self.numbers[rule.id] = self.numbers.get(rule.id, 0) + 1
        calendar = rule.calendar or case.definition.calendar_of_group.get(group, "")
        each = Round(rule.id, number, at, calendar=calendar)
        if any(token.node.name in rule.pauses and token.key for token in case.tokens()):
            each.pause(case.now)
        self.rounds[rule.id] = each
        each.count(case, case.view())
        each.said = _text(each.due_at)
        self._fact(case, FactKind.CLOCK_STARTED, each, {"due": each.said})

    def _stop(self, case: Case, each: Round) -> None:
        each.count(case, self._known(case, each))
        self._announce(case, each, case.now)
        late = each.due_at is not None and case.now > each.due_at
        binding = case.definition.deadlines[each.deadline].binding
        self._leave_running(case, each)
        each.status = ClockStatus.LATE if late and binding else ClockStatus.MET
        target = {} if binding else {"within_target": not late}
        self._fact(case, FactKind.CLOCK_STOPPED, each, {"met": not late or not binding, **target})

    @staticmethod
    def _known(case: Case, each: Round) -> Mapping[str, Any]:
        """The data a stopping round is judged by: not that of the very answer which stops it.

        Who follows up on a missed date and agrees on a new one in the same form has still missed the first.
        """
        return case.data_before if each.data is None else each.data

    def _leave_running(self, case: Case, each: Round) -> None:
        del self.rounds[each.deadline]
        if each.paused:
            each.end_pause(case.now)
            each.count(case, self._known(case, each))
        each.stopped_at = case.now
        self.stopped.append(each)

    def _end_pauses(self, case: Case, left: Token) -> None:
        for each in self.rounds.values():
            pausing = case.definition.deadlines[each.deadline].pauses
            if not each.paused or left.node.name not in pausing or self._paused_from_outside(each):
                continue
            if not any(token is not left and token.key and token.node.name in pausing for token in case.tokens()):
                each.end_pause(case.now)

    @staticmethod
    def _end_pause(case: Case, each: Round) -> None:
        """End a pause that came from outside the diagram; an element that is open there may pause the clock as well."""
        each.end_pause(case.now)
        pausing = case.definition.deadlines[each.deadline].pauses
        at = next((token.node.name for token in case.tokens() if token.key and token.node.name in pausing), None)
        if at is not None:
            each.pause(case.now, at)

    @staticmethod
    def _paused_from_outside(each: Round) -> bool:
        reason = each.pauses[-1].reason
        return reason == SUSPENDED or is_by_hand(reason)

    def recount(self, case: Case, data: Mapping[str, Any]) -> None:
        """Count every running round again over *data*: what it depends on may have changed."""
        for each in self.rounds.values():
            each.count(case, data)
            if (now_due := _text(each.due_at)) != each.said:
                why = {"by_calendar": True} if each.moved_by_calendar else {}
                self._fact(case, FactKind.CLOCK_CHANGED, each, {"due": now_due, "was": each.said, **why})
                each.said = now_due
                each.moved_by_calendar = False
                if each.due_at is not None and case.now <= each.due_at:
                    each.breached = False
            elif each.moved_by_calendar:
                each.moved_by_calendar = False
                self._fact(case, FactKind.CLOCK_RECOUNTED, each, {"due": now_due})

    def announce_until(self, case: Case, instant: datetime) -> None:
        """Say once, in order of instants, what is near or past its time at *instant*."""
        for each in sorted(self.rounds.values(), key=lambda each: (each.due_at or instant, each.deadline)):
            self._announce(case, each, instant)

    def _announce(self, case: Case, each: Round, instant: datetime) -> None:
        if each.due_at is None:
            return
        rule = case.definition.deadlines[each.deadline]
        while each.warned < len(each.warnings) and instant >= each.warnings[each.warned]:
            if rule.ladder[each.warned].at >= 1:
                self._announce_breach(case, each, rule, instant)
            rung = rule.ladder[each.warned]
            to = {"to": rung.to} if rung.to else {}
            self._fact(case, FactKind.CLOCK_WARNED, each, {"share": rung.at, "due": _text(each.due_at), **to})
            each.warned += 1
        self._announce_breach(case, each, rule, instant)

    def _announce_breach(self, case: Case, each: Round, rule: DeadlineRule, instant: datetime) -> None:
        """An internal target is never a breach: the regulation gives no number."""
        if rule.binding and not each.breached and each.due_at is not None and instant > each.due_at:
            each.breached = True
            self._fact(case, FactKind.CLOCK_BREACHED, each, {"due": _text(each.due_at)})

    def next_wake(self, case: Case) -> datetime | None:
        """When a running round has something to say, at the earliest."""
        wakes = []
        for each in self.rounds.values():
            if each.due_at is None:
                continue
            wakes += each.warnings[each.warned : each.warned + 1]
            if not each.breached and case.definition.deadlines[each.deadline].binding:
                wakes.append(each.due_at + TICK)
        return min(wakes, default=None)

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
                wall_due_at=each.wall_date,
                counted=each.counted,
                breached=each.breached,
            )
            for each in every
        )

    def _fact(self, case: Case, kind: FactKind, each: Round, detail: Mapping[str, Any]) -> None:
        case.facts.append(Fact(kind, detail={"clock": each.deadline, "round": each.number, **detail}))


def by_hand(reason: str) -> str:
    """Who and why, from the reason of a pause that somebody ordered."""
    return reason.removeprefix(_HAND)


def is_by_hand(reason: str) -> bool:
    """Whether that is the reason of a pause which somebody ordered; who and why is what follows the mark."""
    return reason.startswith(_HAND)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
