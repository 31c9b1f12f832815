"""Looks of those outside: who has a tracking link, or a letter with its code.

Nobody is signed in there, so one look cannot be told from the next. What can be known is on which days somebody had the
page open, and that is what is written: the first look of each day. More would let a stranger fill the history.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.commands.actions import CaseAction, CompanyAction
from engine.commands.company import record_refusal
from engine.commands.context import Context
from engine.commands.locking import lock_case
from engine.commands.steps import record
from engine.history import Entry
from engine.tables import history_events

#: What was refused behind one link within a day: more is nobody's mistake.
MOST_REFUSALS: Final = 20
_COMPANY_STREAM: Final = 0
#: Events that are looked at for the same one: a company's own stream has a million.
_LATEST: Final = 1_000


def record_look(context: Context, case_id: int, *, page: str) -> None:
    """Write into the case's history that somebody outside looked at *page*, once a day. Raises NotFound."""
    _once_a_day(context, case_id, context.entry(CaseAction.READ_CASE, page))


def record_copy_read(context: Context, case_id: int) -> None:
    """The same of the copy of all that is kept about the person concerned. Raises NotFound."""
    _once_a_day(context, case_id, context.entry(CaseAction.TELL_PERSON))


def record_refused_act(context: Context, *, action: str, number: str, reason: str) -> None:
    """Write down what was refused to somebody with the link of case *number*, the first `MOST_REFUSALS` of a day."""
    entry = context.entry(CompanyAction.REFUSED, number)
    if _today(context, _COMPANY_STREAM, entry) < MOST_REFUSALS:
        record_refusal(context, action=action, subject=number, reason=reason)


def _once_a_day(context: Context, case_id: int, entry: Entry) -> None:
    if _today(context, case_id, entry):
        return
    case = lock_case(context, case_id)
    if not _today(context, case_id, entry):  # another look may have been faster to the lock
        record(context, case, entry)


def _today(context: Context, stream: int, entry: Entry) -> int:
    """How often the same was written since midnight, among the latest events."""
    e = history_events.c
    place = (e.company_id == context.actor.company_id, e.stream == stream)
    latest = sa.select(e.at, e.actor, e.action, e.subject).where(*place).order_by(e.seq.desc()).limit(_LATEST)
    some = latest.subquery().c
    same = (some.actor == entry.actor, some.action == entry.action, some.subject == entry.subject)
    count: int = context.connection.execute(
        sa.select(sa.func.count()).where(*same, some.at >= _midnight(context))
    ).scalar_one()
    return count


def _midnight(context: Context) -> datetime:
    """When the day began where the company is."""
    zone = ZoneInfo(context.deployments.company(context.connection, context.actor.company_id).time_zone)
    return context.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
