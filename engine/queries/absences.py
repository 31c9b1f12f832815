"""Who is away and who stands in, and what was done on somebody's behalf."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Absent, Actor
from engine.deployments import DeploymentStore
from engine.prepared import Prepared
from engine.queries.recusals import not_about
from engine.queries.veils import veil_on, veils_over
from engine.tables import absences, cases, history_events, memberships, people
from engine.text import Text

#: Rows a list shows at most.
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody's absence, with who stands in."""

    id: int
    login: str
    name: Text
    substitute: str
    substitute_name: Text
    begins_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing somebody did on somebody else's behalf."""

    at: datetime
    actor: str
    action: str
    step: Text
    number: str  #: of the case
    title: str


def standing_in(connection: sa.Connection, actor: Actor, *, now: datetime) -> Actor:
    """*actor* with everybody whom they stand in for at *now*."""
    rows = _STANDING_IN.rows(connection, {"substitute": actor.person_id, "now": now})
    logins = {row.person_id: row.login for row in rows}
    away = tuple(
        Absent(id_, login, frozenset(row.group_id for row in rows if row.person_id == id_ and row.group_id))
        for id_, login in logins.items()
    )
    return replace(actor, stands_in_for=away) if away else actor


_STANDING_IN: Final = Prepared(
    sa.select(absences.c.person_id, people.c.login, memberships.c.group_id)
    .select_from(
        absences.join(people, people.c.id == absences.c.person_id).outerjoin(
            memberships, memberships.c.person_id == absences.c.person_id
        )
    )
    .where(
        absences.c.substitute_id == sa.bindparam("substitute"),
        absences.c.begins_at <= sa.bindparam("now"),
        absences.c.ends_at > sa.bindparam("now"),
        people.c.active,
    )
    .order_by(absences.c.id)
)


def absences_of(connection: sa.Connection, actor: Actor, *, now: datetime) -> tuple[Absence, ...]:
    """Absences that are not over: the actor's, those they stand in for, and for administrators everybody's."""
    t, away, stand_in = absences.c, people.alias("away"), people.alias("stand_in")
    theirs = (t.person_id == actor.person_id) | (t.substitute_id == actor.person_id)
    rows = connection.execute(
        sa.select(
            absences,
            away.c.login,
            away.c.name,
            stand_in.c.login.label("substitute"),
            stand_in.c.name.label("substitute_name"),
        )
        .select_from(absences.join(away, away.c.id == t.person_id).join(stand_in, stand_in.c.id == t.substitute_id))
        .where(t.company_id == actor.company_id, t.ends_at > now, sa.true() if actor.administrator else theirs)
        .order_by(t.begins_at, t.id)
        .limit(_MOST)
    )
    return tuple(
        Absence(
            id=row.id,
            login=row.login,
            name=row.name,
            substitute=row.substitute,
            substitute_name=row.substitute_name,
            begins_at=row.begins_at,
            ends_at=row.ends_at,
            reason=row.reason,
        )
        for row in rows
    )


def done_on_behalf_of(connection: sa.Connection, deployments: DeploymentStore, actor: Actor) -> tuple[Deed, ...]:
    """What others did in the actor's name, the latest first; not in cases that are about the actor."""
    e = history_events.c
    rows = connection.execute(
        sa.select(e.at, e.actor, e.action, e.subject, cases.c.id, cases.c.number, cases.c.title, cases.c.deployment_id)
        .select_from(history_events.join(cases, cases.c.id == e.stream))
        .where(
            e.company_id == actor.company_id,
            e.on_behalf_of == actor.name,
            e.on_behalf_of != "",
            not_about(actor, e.stream),
        )
        .order_by(e.at.desc(), e.seq.desc())
        .limit(_MOST)
    ).all()
    veils = veils_over(connection, deployments, actor, [(row.id, row.deployment_id) for row in rows])
    return tuple(
        Deed(
            row.at,
            row.actor,
            row.action,
            _step(connection, deployments, row),
            row.number,
            veil_on(veils, row.id).text(row.title),
        )
        for row in rows
    )


def _step(connection: sa.Connection, deployments: DeploymentStore, row: Any) -> Text:
    names = deployments.load(connection, row.deployment_id).package.element_names
    return names.get(row.subject.rpartition("#")[0].rpartition("/")[2], {})
