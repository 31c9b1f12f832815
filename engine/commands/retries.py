"""Trying again what failed, after somebody has mended the cause."""

from __future__ import annotations

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.locking import LockedCase, lock_case
from engine.commands.mail import try_letters_again
from engine.commands.outbox import put_hearing, put_message
from engine.commands.steps import SERVICE_JOB, record
from engine.jobs import Job
from engine.tables import cases, hearings, incidents, messages, service_requests


def retry(context: Context, case_id: int, *, reason: str = "") -> int:
    """Close the case's open incidents and try again what they held up; how many were closed.

    What fails again opens a new incident. Without an open incident nothing happens. Raises NotFound.
    """
    case = lock_case(context, case_id)
    closed = let_go_on(context, case)
    if closed:
        record(context, case, context.entry(CaseAction.RETRY, "", _said(closed, reason)))
    return closed


def _said(closed: int, reason: str) -> dict[str, int | str]:
    return {"incidents": closed, "reason": reason.strip()} if reason.strip() else {"incidents": closed}


def let_go_on(context: Context, case: LockedCase) -> int:
    """Close the open incidents of *case* and put again what they held up; how many were closed.

    That is its service requests, unsent letters and timers, and the messages and signals on the way to it or from it.
    """
    case_id, closed = case.id, close_incidents(context, case.id)
    if not closed:
        return 0
    again = f":again-{max(closed)}"  # a job's id is done once: the incident's id makes a new one
    for key in _open_requests(context, case_id):
        argument = {"company": case.company_id, "case": case_id, "key": key}
        context.jobs.put(context.connection, Job(SERVICE_JOB, f"service:{case_id}:{key}{again}", argument))
    try_letters_again(context, case_id)
    for message_id in _held(context, messages, case_id):
        put_message(context, message_id, again=again)
    for hearing_id in _held(context, hearings, case_id):
        put_hearing(context, hearing_id, again=again)
    waking = sa.update(cases).where(cases.c.id == case_id, cases.c.status == "open").values(next_wake_at=context.now)
    context.connection.execute(waking)
    return len(closed)


def close_incidents(context: Context, case_id: int) -> list[int]:
    """Count the open incidents of a case as attended to; their ids."""
    t = incidents.c
    statement = sa.update(incidents).where(t.case_id == case_id, t.closed_at.is_(None)).values(closed_at=context.now)
    return list(context.connection.execute(statement.returning(t.id)).scalars())


def _open_requests(context: Context, case_id: int) -> list[str]:
    t = service_requests.c
    where = (t.case_id == case_id, t.status == "open")
    return list(context.connection.execute(sa.select(t.key).where(*where).order_by(t.key)).scalars())


def _held(context: Context, table: sa.Table, case_id: int) -> list[int]:
    """Messages or hearings that wait for an incident of the case to be closed."""
    where = (table.c.held_by == case_id, table.c.status == "waiting")
    return list(context.connection.execute(sa.select(table.c.id).where(*where).order_by(table.c.id)).scalars())
