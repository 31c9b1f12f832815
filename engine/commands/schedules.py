"""Cases that the calendar starts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.calendars import Calendar, next_occurrence
from engine.commands.actions import CompanyAction
from engine.commands.cases import Started, start_by_schedule
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.deployments import Deployment
from engine.procedures.package import Schedule
from engine.tables import schedules
from engine.text import in_language


def run_schedule(context: Context, procedure: str, schedule_id: str) -> Started | None:
    """Start the case of a schedule that is due and set its next time. None when it is not due (any more).

    A schedule that was missed several times starts one case, not a heap of them. Raises NotFound, ProcedureFailed.
    """
    deployment = _take(context, procedure, schedule_id)
    if deployment is None:
        return None
    schedule = deployment.package.schedules[schedule_id]
    day = context.now.astimezone(deployment.time_zone).date().isoformat()
    title = f"{in_language(schedule.title, deployment.package.company.language)} {day}"
    return start_by_schedule(context, deployment, process=schedule.process, title=title)


def skip_schedule(context: Context, procedure: str, schedule_id: str, reason: str) -> None:
    """Pass over a schedule that is due and cannot be run; the reason goes into the company's history."""
    if _take(context, procedure, schedule_id) is not None:
        body = {"procedure": procedure, "reason": reason}
        record_for_company(context, CompanyAction.SKIP_SCHEDULE, schedule_id, body)


def next_time(schedule: Schedule, calendar: Calendar, *, after: datetime) -> datetime:
    """The first instant later than *after* at which *schedule* is due, by the company's clocks and days off."""
    return next_occurrence(
        every=schedule.every,
        on=schedule.on,
        month=schedule.month,
        at=schedule.at,
        after=after,
        time_zone=calendar.time_zone,
        calendar=calendar,
        roll=schedule.roll,
    )


def _take(context: Context, procedure: str, schedule_id: str) -> Deployment | None:
    """Hold a schedule that is due and set its next time; what it runs on. None when it is not due."""
    t = schedules.c
    company_id = context.actor.company_id
    place = (t.company_id == company_id, t.procedure == procedure, t.schedule == schedule_id)
    next_at = context.connection.execute(sa.select(t.next_at).where(*place).with_for_update(key_share=True)).scalar()
    if next_at is None or next_at > context.now:
        return None
    deployment = context.deployments.current(context.connection, company_id, procedure)
    following = next_time(deployment.package.schedules[schedule_id], context.calendars().own, after=context.now)
    context.connection.execute(sa.update(schedules).where(*place).values(next_at=following))
    return deployment
