"""What colleagues ask of each other about tasks, as the inbox, the task and the case show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor, Veil
from engine.deployments import DeploymentStore
from engine.errors import NotFound
from engine.queries.recusals import not_about
from engine.queries.veils import veil_on, veils_over
from engine.tables import cases, errands, people, user_tasks
from engine.text import Text

#: What customers ask about their data, see `engine.commands.errands.DATA_KINDS`.
DATA_KINDS: Final = frozenset({"data_copy", "data_correction", "data_erasure"})
#: Rows a list of waiting things shows at most: more than that nobody reads, they are worked off.
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing that somebody was asked."""

    id: int
    kind: str  #: engine.commands.errands.ErrandKind
    status: str
    case_id: int
    number: str  #: of the case
    title: str
    task_id: int | None
    element: str
    step: Text
    asked_by_id: int | None
    asked_by: Text  #: empty = the procedure
    person_id: int | None
    person: Text  #: empty = the group
    group: Text
    group_id: str
    reason: str
    asked_at: datetime
    ended_at: datetime | None
    ended_by: Text
    ended_for: Text  #: on whose behalf, empty = nobody's
    answer: str
    held: bool  #: the task's answers are submitted and wait for signatures
    due_at: datetime | None = None  #: until when it has to be answered


def waiting_errands(connection: sa.Connection, deployments: DeploymentStore, actor: Actor) -> tuple[Errand, ...]:
    """What *actor* is asked, or a colleague whom they stand in for; copies are not among it. The oldest first."""
    t = errands.c
    submitted = (t.kind != "countersignature") | user_tasks.c.held_at.is_not(None)
    others = t.from_id.is_(None) | (t.from_id != actor.person_id)
    where = (t.company_id == actor.company_id, t.status == sa.text("'open'"), t.kind != "copy", submitted, others)
    return _errands(
        connection,
        deployments,
        actor,
        *where,
        _asked(actor),
        not_about(actor, errands.c.case_id),
        order=(t.asked_at, t.id),
    )


def data_errands(connection: sa.Connection, deployments: DeploymentStore, actor: Actor) -> tuple[Errand, ...]:
    """What customers ask about their data and nobody has answered, or was postponed; the first due first."""
    t = errands.c
    waiting = (t.kind.in_(sorted(DATA_KINDS)), t.status.in_(["open", "postponed"]))
    where = (t.company_id == actor.company_id, *waiting, not_about(actor, errands.c.case_id))
    return _errands(connection, deployments, actor, *where, order=(t.due_at, t.id))


def copies(connection: sa.Connection, deployments: DeploymentStore, actor: Actor) -> tuple[Errand, ...]:
    """Copies for the actor, the latest first."""
    t = errands.c
    theirs = (t.person_id == actor.person_id) | (t.person_id.is_(None) & t.group_id.in_(sorted(actor.groups)))
    where = (t.company_id == actor.company_id, t.kind == "copy", theirs, not_about(actor, errands.c.case_id))
    return _errands(connection, deployments, actor, *where, order=(t.id.desc(),))


def unread_copies(connection: sa.Connection, actor: Actor) -> int:
    """How many copies wait to be read."""
    t = errands.c
    theirs = (t.person_id == actor.person_id) | (t.person_id.is_(None) & t.group_id.in_(sorted(actor.groups)))
    some = sa.select(t.id).where(
        t.company_id == actor.company_id,
        t.status == sa.text("'open'"),
        t.kind == "copy",
        theirs,
        not_about(actor, t.case_id),
    )
    return connection.execute(sa.select(sa.func.count()).select_from(some.limit(_MOST).subquery())).scalar_one()


def errands_of_task(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, task_id: int
) -> tuple[Errand, ...]:
    """What was asked about a task, in order. Of very many, what is open and the latest of what is not."""
    t = errands.c
    ended = sa.case((t.status == sa.text("'open'"), 0), else_=1)
    found = _errands(connection, deployments, actor, t.task_id == task_id, order=(ended, t.id.desc()))
    return tuple(sorted(found, key=lambda errand: errand.id))


def errand_by_id(connection: sa.Connection, deployments: DeploymentStore, actor: Actor, errand_id: int) -> Errand:
    """The errand with that id. Raises NotFound."""
    t = errands.c
    where = (t.id == errand_id, t.company_id == actor.company_id, not_about(actor, errands.c.case_id))
    found = _errands(connection, deployments, actor, *where, order=(t.id,))
    if not found:
        raise NotFound("errand", errand_id)
    return found[0]


def is_asked(actor: Actor, errand: Errand) -> bool:
    """Whether the errand is the actor's to answer, or that of a colleague whom they stand in for."""
    if errand.kind in DATA_KINDS and actor.administrator and not actor.auditor:
        return True
    people_ = {actor.person_id, *(absent.id for absent in actor.stands_in_for)}
    groups = actor.groups.union(*(absent.groups for absent in actor.stands_in_for))
    return errand.person_id in people_ if errand.person_id is not None else errand.group_id in groups


def _asked(actor: Actor) -> sa.ColumnElement[bool]:
    t = errands.c
    people_ = [actor.person_id, *(absent.id for absent in actor.stands_in_for)]
    groups = actor.groups.union(*(absent.groups for absent in actor.stands_in_for))
    if actor.administrator and not actor.auditor:
        groups |= {""}  # what no group is named for: what customers ask about their data
    return t.person_id.in_(people_) | (t.person_id.is_(None) & t.group_id.in_(sorted(groups)))


_ASKER, _ASKED, _ENDER, _ABSENT = (people.alias(name) for name in ("asker", "asked", "ender", "absent"))
_LIST: Final = sa.select(
    errands,
    cases.c.number,
    cases.c.title,
    cases.c.deployment_id,
    user_tasks.c.element,
    user_tasks.c.held_at,
    _ASKER.c.name.label("asked_by"),
    _ASKED.c.name.label("person"),
    _ENDER.c.name.label("ended_by"),
    _ABSENT.c.name.label("ended_for"),
).select_from(
    errands.join(cases, cases.c.id == errands.c.case_id)
    .outerjoin(user_tasks, user_tasks.c.id == errands.c.task_id)
    .outerjoin(_ASKER, _ASKER.c.id == errands.c.from_id)
    .outerjoin(_ASKED, _ASKED.c.id == errands.c.person_id)
    .outerjoin(_ENDER, _ENDER.c.id == errands.c.ended_by_id)
    .outerjoin(_ABSENT, _ABSENT.c.id == errands.c.ended_for_id)
)


def _errands(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, *where: Any, order: tuple[Any, ...]
) -> tuple[Errand, ...]:
    rows = connection.execute(_LIST.where(*where).order_by(*order).limit(_MOST)).all()
    veils = veils_over(connection, deployments, actor, [(row.case_id, row.deployment_id) for row in rows])
    return tuple(_errand(connection, deployments, row, veil_on(veils, row.case_id)) for row in rows)


def _errand(connection: sa.Connection, deployments: DeploymentStore, row: Any, veil: Veil) -> Errand:
    package = deployments.load(connection, row.deployment_id).package
    group = package.company.groups.get(row.group_id)
    return Errand(
        id=row.id,
        kind=row.kind,
        status=row.status,
        case_id=row.case_id,
        number=row.number,
        title=veil.text(row.title),
        task_id=row.task_id,
        element=row.element or "",
        step=package.element_names.get(row.element, {}) if row.element else {},
        asked_by_id=row.from_id,
        asked_by=row.asked_by or {},
        person_id=row.person_id,
        person=row.person or {},
        group=group.name if group else {},
        group_id=row.group_id,
        reason=veil.text(row.reason),
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by or {},
        ended_for=row.ended_for or {},
        answer=veil.text(row.answer),
        held=row.held_at is not None,
        due_at=row.due_at,
    )
