"""Registers and statistics by mail: who gets which, how often, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

import sqlalchemy as sa

from engine.calendars import next_occurrence
from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.ladder import next_try
from engine.commands.mail import is_mail_address
from engine.database import insert_for
from engine.errors import AnswersInvalid, FieldError, NotFound
from engine.tables import companies, mailings, people

#: How often a report may be mailed.
MAILED_EVERY: Final = ("week", "month")
_AT: Final = time(8)
#: How long one worker has for making and sending one report before another one may.
_LEASE: Final = timedelta(minutes=10)
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class DueMailing:
    id: int
    company_id: str
    procedure: str
    report: str
    login: str
    address: str
    every: str
    next_at: datetime


def subscribe(context: Context, procedure: str, report: str, *, address: str, every: str) -> None:
    """Mail the report to the actor on the first working day of each week or month. Raises AnswersInvalid."""
    address = address.strip()
    errors = [] if is_mail_address(address) else [FieldError("address", "pattern" if address else "required")]
    errors += [] if every in MAILED_EVERY else [FieldError("every", "option")]
    if errors:
        raise AnswersInvalid(errors)
    keys = {
        "company_id": context.actor.company_id,
        "procedure": procedure,
        "report": report,
        "person_id": context.actor.person_id,
    }
    values = {"address": address, "every": every, "next_at": _next(context, every), "attempts": 0, "trouble": ""}
    insert = insert_for(context.connection.dialect.name, mailings).values(**keys, **values)
    context.connection.execute(insert.on_conflict_do_update(index_elements=list(keys), set_=values))
    record_for_company(context, CompanyAction.SUBSCRIBE_REPORT, f"{procedure}/{report}", {"every": every})


def unsubscribe(context: Context, mailing_id: int) -> None:
    """Mail it no longer. People end their own, administrators everybody's. Raises NotFound."""
    t = mailings.c
    where = [t.id == mailing_id, t.company_id == context.actor.company_id]
    where += [] if context.actor.administrator else [t.person_id == context.actor.person_id]
    statement = sa.delete(mailings).where(*where).returning(t.procedure, t.report)
    found = context.connection.execute(statement).one_or_none()
    if found is None:
        raise NotFound("mailing", mailing_id)
    record_for_company(context, CompanyAction.UNSUBSCRIBE_REPORT, f"{found.procedure}/{found.report}")


def due_mailings(connection: sa.Connection, *, now: datetime) -> tuple[DueMailing, ...]:
    """What has to be mailed now, of all companies but sandboxes, to people who still work there."""
    t, p = mailings.c, people.c
    rows = connection.execute(
        sa.select(t.id, t.company_id, t.procedure, t.report, p.login, t.address, t.every, t.next_at)
        .select_from(mailings.join(people, p.id == t.person_id).join(companies, companies.c.id == t.company_id))
        .where(t.next_at <= now, p.active, ~companies.c.sandbox)
        .order_by(t.next_at, t.id)
    )
    return tuple(DueMailing(*row) for row in rows)


def take_mailing(context: Context, due: DueMailing) -> bool:
    """Keep others from sending it for a while. False when somebody was quicker."""
    t = mailings.c
    taken = sa.update(mailings).where(t.id == due.id, t.next_at == due.next_at)
    return context.connection.execute(taken.values(next_at=context.now + _LEASE)).rowcount == 1


def record_mailing(context: Context, due: DueMailing, *, period: str, rows: int) -> None:
    """A mail server took it."""
    _set(context, due, sent_at=context.now, next_at=_next(context, due.every), attempts=0, trouble="")
    body: Mapping[str, object] = {"to": due.login, "period": period, "rows": rows}
    record_for_company(context, CompanyAction.MAIL_REPORT, f"{due.procedure}/{due.report}", body)


def miss_mailing(context: Context, due: DueMailing, problem: str) -> None:
    """It could not be made or sent: tried again ever more slowly, then at its next time. The page shows it."""
    t = mailings.c
    attempts = context.connection.execute(sa.select(t.attempts).where(t.id == due.id)).scalar_one() + 1
    later = next_try(attempts, now=context.now) or _next(context, due.every)
    _set(context, due, next_at=later, attempts=attempts, trouble=problem[:_MOST])
    if attempts == 1:
        body = {"to": due.login, "problem": problem[:_MOST]}
        record_for_company(context, CompanyAction.MISS_REPORT, f"{due.procedure}/{due.report}", body)


def _set(context: Context, due: DueMailing, **values: object) -> None:
    context.connection.execute(sa.update(mailings).where(mailings.c.id == due.id).values(**values))


def _next(context: Context, every: str) -> datetime:
    calendar = context.calendars().own
    return next_occurrence(
        every=every,
        on=1,
        at=_AT,
        after=context.now,
        time_zone=calendar.time_zone,
        calendar=calendar,
        roll="next_working_day",
    )
