"""What waits because of time limits: reminders to accept, requests for more time, and what a calendar moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import Unit
from engine.complaints import Actor, Veil
from engine.deployments import DeploymentStore
from engine.errors import NotFound
from engine.queries.veils import veil_on, veils_over
from engine.tables import calendars, cases, companies, date_moves, extensions, notices, people, reminders
from engine.text import Text

#: Rows a list of waiting things shows at most: more than that nobody reads, they are worked off.
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Reminder:
    """A step of a deadline's ladder that somebody has to accept."""

    id: int
    number: str  #: of the case
    title: str
    deadline: Text
    share: float  #: of the time; 1 and more: it is over
    due_at: datetime
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class ExtensionRequest:
    """A request for more time, and what became of it."""

    id: int
    number: str  #: of the case
    title: str
    deadline_id: str
    round: int
    deadline: Text
    unit: Unit
    amount: str
    reason: str
    status: str
    group: Text
    asked_by_id: int
    asked_by: Text
    asked_login: str
    asked_at: datetime
    decided_by: Text | None
    decided_login: str | None
    decided_at: datetime | None
    answer: str
    was: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class MovedDate:
    """A running time limit that a new calendar moved."""

    number: str
    title: str
    deadline: Text
    was: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """Calendars that are, or were, in force."""

    digest: str
    source: str  #: package, notice or hand
    note: str
    adopted_at: datetime
    adopted_by: str
    cases: int  #: how many had to be counted again
    left: int  #: how many of those the worker has not looked at yet
    moved: int  #: how many dates it moved
    in_force: bool


@dataclass(frozen=True, slots=True)
class LoadedNotice:
    """A yearly notice that was loaded here."""

    year: int
    content: str  #: as `engine.calendars.notice_to_text` writes it
    loaded_at: datetime
    loaded_by: str


def open_reminders(connection: sa.Connection, deployments: DeploymentStore, actor: Actor) -> tuple[Reminder, ...]:
    """What *actor* has to accept, the oldest first."""
    t = reminders.c
    theirs = (t.person_id == actor.person_id) | (t.person_id.is_(None) & t.group_id.in_(sorted(actor.groups)))
    rows = connection.execute(
        sa.select(reminders, cases.c.number, cases.c.title, cases.c.deployment_id)
        .join(cases, cases.c.id == t.case_id)
        .where(t.company_id == actor.company_id, t.status == sa.text("'open'"), theirs)
        .order_by(t.raised_at, t.id)
        .limit(_MOST)
    ).all()
    veils = _veils(connection, deployments, actor, rows)
    return tuple(
        Reminder(
            id=row.id,
            number=row.number,
            title=veil_on(veils, row.case_id).text(row.title),
            deadline=_title(connection, deployments, row),
            share=row.share,
            due_at=row.due_at,
            raised_at=row.raised_at,
        )
        for row in rows
    )


def requests_to_decide(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor
) -> tuple[ExtensionRequest, ...]:
    """Requests for more time that *actor* may decide, the oldest first."""
    t = extensions.c
    others = (t.group_id.in_(sorted(actor.groups)), t.asked_by_id != actor.person_id)
    return _extensions(connection, deployments, actor, t.company_id == actor.company_id, t.status == "asked", *others)


def extensions_of(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, case_id: int
) -> tuple[ExtensionRequest, ...]:
    """All requests for more time of a case."""
    return _extensions(connection, deployments, actor, extensions.c.case_id == case_id)


def extension_request(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, extension_id: int
) -> ExtensionRequest:
    """The request for more time with that id. Raises NotFound."""
    t = extensions.c
    found = _extensions(connection, deployments, actor, t.company_id == actor.company_id, t.id == extension_id)
    if not found:
        raise NotFound("extension", extension_id)
    return found[0]


def calendar_versions(connection: sa.Connection, company_id: str) -> tuple[CalendarVersion, ...]:
    """Every version the company's time limits were counted over, the newest first."""
    t, moves = calendars.c, date_moves.c
    in_force = sa.select(companies.c.calendar).where(companies.c.id == company_id).scalar_subquery()
    moved = (
        sa.select(sa.func.count())
        .where(moves.company_id == company_id, moves.calendar == t.digest)
        .correlate(calendars)
        .scalar_subquery()
    )
    left = (
        sa.select(sa.func.count())
        .where(cases.c.company_id == company_id, cases.c.status == "open", cases.c.next_wake_at == t.adopted_at)
        .correlate(calendars)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(calendars, (t.digest == in_force).label("current"), moved.label("moved"), left.label("left_over"))
        .where(t.company_id == company_id)
        .order_by(t.adopted_at.desc())
    )
    return tuple(
        CalendarVersion(
            digest=row.digest,
            source=row.source,
            note=row.note,
            adopted_at=row.adopted_at,
            adopted_by=row.adopted_by,
            cases=row.cases,
            left=row.left_over,
            moved=row.moved,
            in_force=bool(row.current),
        )
        for row in rows
    )


def moved_dates(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, digest: str
) -> tuple[MovedDate, ...]:
    """The dates that the calendars with that digest moved, up to a hundred."""
    t = date_moves.c
    rows = connection.execute(
        sa.select(date_moves, cases.c.number, cases.c.title, cases.c.deployment_id)
        .join(cases, cases.c.id == t.case_id)
        .where(t.company_id == actor.company_id, t.calendar == digest)
        .order_by(t.id)
        .limit(_MOST)
    ).all()
    veils = _veils(connection, deployments, actor, rows)
    return tuple(
        MovedDate(
            row.number,
            veil_on(veils, row.case_id).text(row.title),
            _title(connection, deployments, row),
            row.was,
            row.due_at,
        )
        for row in rows
    )


def loaded_notices(connection: sa.Connection, company_id: str) -> tuple[LoadedNotice, ...]:
    """The yearly notices that were loaded here, the newest year first."""
    t = notices.c
    rows = connection.execute(sa.select(notices).where(t.company_id == company_id).order_by(t.year.desc()))
    return tuple(LoadedNotice(row.year, row.content, row.loaded_at, row.loaded_by) for row in rows)


def _veils(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, rows: Sequence[Any]
) -> Mapping[int, Veil]:
    return veils_over(connection, deployments, actor, [(row.case_id, row.deployment_id) for row in rows])


def _extensions(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, *where: Any
) -> tuple[ExtensionRequest, ...]:
    asker, decider = people.alias("asker"), people.alias("decider")
    named = [
        who.c[part].label(f"{role}_{part}")
        for role, who in (("asker", asker), ("decider", decider))
        for part in ("name", "login")
    ]
    rows = connection.execute(
        sa.select(extensions, cases.c.number, cases.c.title, cases.c.deployment_id, *named)
        .join(cases, cases.c.id == extensions.c.case_id)
        .join(asker, asker.c.id == extensions.c.asked_by_id)
        .outerjoin(decider, decider.c.id == extensions.c.decided_by_id)
        .where(*where)
        .order_by(extensions.c.asked_at, extensions.c.id)
        .limit(_MOST)
    ).all()
    veils = _veils(connection, deployments, actor, rows)
    return tuple(
        ExtensionRequest(
            id=row.id,
            number=row.number,
            title=veil_on(veils, row.case_id).text(row.title),
            deadline_id=row.deadline,
            round=row.round,
            deadline=_title(connection, deployments, row),
            unit=_unit(connection, deployments, row),
            amount=row.amount,
            reason=veil_on(veils, row.case_id).text(row.reason),
            status=row.status,
            group=_group(connection, deployments, row),
            asked_by_id=row.asked_by_id,
            asked_by=row.asker_name,
            asked_login=row.asker_login,
            asked_at=row.asked_at,
            decided_by=row.decider_name,
            decided_login=row.decider_login,
            decided_at=row.decided_at,
            answer=veil_on(veils, row.case_id).text(row.answer),
            was=row.was,
            due_at=row.due_at,
        )
        for row in rows
    )


def _title(connection: sa.Connection, deployments: DeploymentStore, row: Any) -> Text:
    rule = deployments.load(connection, row.deployment_id).package.deadlines.get(row.deadline)
    return rule.title if rule else {}


def _unit(connection: sa.Connection, deployments: DeploymentStore, row: Any) -> Unit:
    rule = deployments.load(connection, row.deployment_id).package.deadlines.get(row.deadline)
    return rule.unit if rule else Unit.DAYS


def _group(connection: sa.Connection, deployments: DeploymentStore, row: Any) -> Text:
    group = deployments.load(connection, row.deployment_id).package.company.groups.get(row.group_id)
    return group.name if group else {}
