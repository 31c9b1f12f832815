"""What would become of the open cases of a procedure in another version, before anybody moves one.

The same function of the interpreter moves a case and forecasts it, over the same state and calendar: what is said here
is what comes, unless something happens to the case meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from engine.calendars import Calendars
from engine.deployments import Deployment, DeploymentStore
from engine.errors import EngineError
from engine.interpreter import (
    CaseStatus,
    ClockState,
    ClockStatus,
    Migrate,
    MigrationProblem,
    MigrationRefused,
    Step,
    migrate,
)
from engine.tables import cases, clocks


class Verdict(StrEnum):
    """What would become of a case."""

    SAFE = "safe"  #: it goes over
    NEEDS_MAPPING = "needs_mapping"  #: something it stands at has no place there
    STAYS = "stays"  #: it cannot go over now


@dataclass(frozen=True, slots=True)
class NewDate:
    """A time limit whose date changes."""

    deadline: str
    round: int
    was: datetime | None  #: None = it had none, or did not run
    becomes: datetime | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """One case in the other version."""

    case_id: int
    number: str
    version: int  #: it runs on now
    verdict: Verdict
    problems: tuple[MigrationProblem, ...] = ()
    reason: str = ""  #: why it stays, in English
    dates: tuple[NewDate, ...] = ()  #: of limits that run afterwards, only those that change
    newly_overdue: tuple[str, ...] = ()  #: deadlines past their date afterwards that are not now


def forecasts(
    connection: sa.Connection,
    deployments: DeploymentStore,
    company_id: str,
    procedure: str,
    *,
    target: Deployment,
    mapping: Mapping[str, str],
    keep_limits: bool,
    now: datetime,
    only: Collection[int] | None = None,
) -> tuple[Forecast, ...]:
    """Of every open case on another version than *target*, in the order of their ids. *only*: of these cases."""
    t = cases.c
    where = [t.company_id == company_id, t.procedure == procedure, t.ended_at.is_(None), t.deployment_id != target.id]
    if only is not None:
        where.append(t.id.in_(only))
    rows = connection.execute(
        sa.select(t.id, t.number, t.deployment_id, t.state, t.status).where(*where).order_by(t.id)
    ).all()
    running = _running(connection, company_id, [row.id for row in rows])
    calendars = deployments.calendars(connection, company_id)
    request = Migrate(target.definition.fingerprint, mapping, "forecast", keep_limits=keep_limits)
    return tuple(
        _forecast(
            _Standing(
                row.id,
                row.number,
                deployments.load(connection, row.deployment_id),
                row.state,
                running.get(row.id, {}),
                is_suspended=row.status == CaseStatus.SUSPENDED,
            ),
            target,
            request,
            calendars=calendars,
            now=now,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """A case as it stands."""

    id: int
    number: str
    deployment: Deployment
    state: bytes
    dates: Mapping[tuple[str, int], datetime | None]  #: (deadline, round) -> date, of limits that run
    is_suspended: bool


def _forecast(
    case: _Standing, target: Deployment, request: Migrate, *, calendars: Calendars, now: datetime
) -> Forecast:
    blank = Forecast(case.id, case.number, case.deployment.version, Verdict.STAYS)
    source = case.deployment.definition
    try:
        step = migrate(source, target.definition, case.state, request, now=now, calendars=calendars)
    except MigrationRefused as refused:
        return replace(blank, verdict=Verdict.NEEDS_MAPPING, problems=refused.problems)
    except EngineError as refused:
        return replace(blank, reason="suspended" if case.is_suspended else str(refused))
    if step.fault:
        return replace(blank, reason=step.fault.message)
    late = tuple(
        clock.deadline
        for clock in _running_after(step)
        if _is_past(clock.due_at, now) and not _is_past(case.dates.get((clock.deadline, clock.round)), now)
    )
    return replace(blank, verdict=Verdict.SAFE, dates=_changes(step, case.dates), newly_overdue=late)


def _changes(step: Step, dates: Mapping[tuple[str, int], datetime | None]) -> tuple[NewDate, ...]:
    return tuple(
        NewDate(clock.deadline, clock.round, dates.get((clock.deadline, clock.round)), clock.due_at)
        for clock in _running_after(step)
        if clock.due_at != dates.get((clock.deadline, clock.round))
    )


def _running_after(step: Step) -> list[ClockState]:
    return [clock for clock in step.clocks if clock.status is ClockStatus.RUNNING]


def _is_past(due: datetime | None, now: datetime) -> bool:
    return due is not None and due < now


def _running(
    connection: sa.Connection, company_id: str, ids: Collection[int]
) -> dict[int, dict[tuple[str, int], datetime | None]]:
    """Case -> (deadline, round) -> date, of limits that run."""
    found: dict[int, dict[tuple[str, int], datetime | None]] = {}
    k = clocks.c
    where = (k.company_id == company_id, k.stopped_at.is_(None), k.case_id.in_(ids))
    for row in connection.execute(sa.select(k.case_id, k.deadline, k.round, k.due_at).where(*where)):
        found.setdefault(row.case_id, {})[row.deadline, row.round] = row.due_at
    return found
