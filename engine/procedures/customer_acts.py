"""What a customer may do to a case now, by what its procedure says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from engine.calendars import Calendar, Deadline, due
from engine.procedures.package import CustomerAct, CustomerRule


@dataclass(frozen=True, slots=True)
class CaseNow:
    """What of a case decides which acts are possible."""

    ended_at: datetime | None
    has_answer: bool  #: one that was neither accepted nor refused so far
    withdrawal_asked: bool  #: and not decided
    reopened: bool


def possible_acts(
    rule: CustomerRule, case: CaseNow, *, now: datetime, calendar: Calendar
) -> Mapping[CustomerAct, datetime | None]:
    """What the customer may do now, in the order to offer it, each with until when, None = while the case is open."""
    if case.ended_at is not None:
        until = reopenable_until(rule, case.ended_at, calendar)
        may = CustomerAct.REOPEN in rule.acts and until is not None and now <= until and not case.reopened
        return {CustomerAct.REOPEN: until} if may else {}
    offered = {
        CustomerAct.ACCEPT: case.has_answer,
        CustomerAct.REFUSE: case.has_answer,
        CustomerAct.EVIDENCE: True,
        CustomerAct.WITHDRAW: not case.withdrawal_asked,
    }
    return {act: None for act, may in offered.items() if may and act in rule.acts}


def reopenable_until(rule: CustomerRule, ended_at: datetime, calendar: Calendar) -> datetime | None:
    """The end of the last day on which an ended case may be reopened, None = never."""
    if not rule.reopen_within:
        return None
    deadline = Deadline(Decimal(rule.reopen_within), rule.reopen_unit, start="next_day")
    return due(deadline, start=ended_at, calendar=calendar).due_at
