"""What comes round: every duty that the calendar starts, when it was done last and when it comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import SCHEDULE
from engine.deployments import Deployment, DeploymentStore
from engine.history import Stream, find_events
from engine.procedures.package import Schedule
from engine.tables import cases, schedules
from engine.text import Text, in_language

#: Cases of one procedure that are looked through for those of a schedule.
_LOOKED_AT: Final = 200
#: CompanyAction.SKIP_SCHEDULE, which queries do not import.
_SKIPPED: Final = "skip_schedule"


@dataclass(frozen=True, slots=True)
class Round:
    """One case that the calendar started."""

    number: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Duty:
    """One schedule of one procedure."""

    procedure: str
    procedure_title: Text
    schedule: Schedule
    clauses: tuple[str, ...]  #: where the regulation asks for it
    next_at: datetime | None
    last_done: Round | None  #: the latest that has ended
    waiting: Round | None  #: the latest that has not
    missed: int  #: rounds that were still open when the next one came
    skipped_at: datetime | None  #: when it could not even be started, if nothing was started since


def duties(connection: sa.Connection, deployments: DeploymentStore, company_id: str) -> tuple[Duty, ...]:
    """Every duty of the company, the next to come first."""
    t = schedules.c
    next_of = {
        (row.procedure, row.schedule): row.next_at
        for row in connection.execute(sa.select(schedules).where(t.company_id == company_id))
    }
    found = [
        _duty(connection, deployment, schedule, next_of.get((deployment.package.id, schedule.id)))
        for deployment in deployments.all_current(connection, company_id)
        for schedule in deployment.package.schedules.values()
    ]
    return tuple(sorted(found, key=lambda duty: (duty.next_at is None, duty.next_at, duty.procedure)))


def missed_duties(connection: sa.Connection, deployments: DeploymentStore, company_id: str) -> int:
    """How many rounds of duties are still open although the next one has come, or could not be started."""
    found = duties(connection, deployments, company_id)
    return sum(duty.missed + (duty.skipped_at is not None) for duty in found)


def _duty(connection: sa.Connection, deployment: Deployment, schedule: Schedule, next_at: datetime | None) -> Duty:
    rounds = _rounds(connection, deployment, schedule)
    skipped = _skipped_at(connection, deployment, schedule)
    latest = rounds[0].started_at if rounds else None
    return Duty(
        procedure=deployment.package.id,
        procedure_title=deployment.package.title,
        schedule=schedule,
        clauses=tuple(clause.reference for clause in deployment.package.clauses if schedule.id in clause.schedule),
        next_at=next_at,
        last_done=next((each for each in rounds if each.ended_at), None),
        waiting=next((each for each in rounds if each.ended_at is None), None),
        missed=sum(each.ended_at is None for each in rounds[1:]),
        skipped_at=skipped if skipped and (latest is None or skipped > latest) else None,
    )


def _rounds(connection: sa.Connection, deployment: Deployment, schedule: Schedule) -> list[Round]:
    """The cases the calendar started for that schedule, the latest first: its title begins theirs."""
    c, package = cases.c, deployment.package
    where = (c.company_id == package.company.id, c.procedure == package.id, c.started_by == SCHEDULE)
    statement = sa.select(c.number, c.title, c.started_at, c.ended_at).where(*where)
    rows = connection.execute(statement.order_by(c.started_at.desc()).limit(_LOOKED_AT)).all()
    return [_round(row) for row in rows if _is_of(row.title, deployment, schedule)]


def _is_of(title: str, deployment: Deployment, schedule: Schedule) -> bool:
    """Where a procedure has one schedule, everything the calendar starts is of it, whatever the case was renamed to."""
    if len(deployment.package.schedules) == 1:
        return True
    return title.startswith(in_language(schedule.title, deployment.package.company.language))


def _round(row: Any) -> Round:
    return Round(row.number, row.started_at, row.ended_at)


def _skipped_at(connection: sa.Connection, deployment: Deployment, schedule: Schedule) -> datetime | None:
    """When that procedure's schedule was passed over last; another procedure may have one of the same name."""
    stream = Stream(deployment.package.company.id, 0, "")
    skipped = find_events(connection, stream, action=_SKIPPED, subject=schedule.id)
    own = (each.at for each in skipped if each.content.get("procedure") == deployment.package.id)
    return max(own, default=None)
