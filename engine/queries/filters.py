"""The filters of the inbox that somebody sees: their own, and those that colleagues share with a group of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.complaints.inbox import Filter, View
from engine.deployments import DeploymentStore
from engine.queries.inbox import how_many
from engine.tables import people, saved_filters
from engine.text import Text

#: Each is counted: more are not shown.
_MOST: Final = 30


@dataclass(frozen=True, slots=True)
class SavedFilter:
    id: int
    name: str
    owner: str  #: login
    owner_name: Text
    group: str  #: whose people see it, "" = only its owner
    view: View
    where: Filter
    count: int  #: of the reader's tasks that it lets through, see `how_many`


def saved_filters_of(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, *, now: datetime
) -> tuple[SavedFilter, ...]:
    """Own ones first, then those of the actor's groups, each by name, with how many of the actor's tasks are in it."""
    t, p = saved_filters.c, people.c
    own = t.person_id == actor.person_id
    rows = connection.execute(
        sa.select(saved_filters, p.login, p.name.label("owner_name"))
        .select_from(saved_filters.join(people, p.id == t.person_id))
        .where(t.company_id == actor.company_id, own | (p.active & t.group_id.in_(sorted(actor.groups))))
        .order_by(own.desc(), t.name, t.id)
        .limit(_MOST)
    ).all()
    found = []
    for row in rows:
        view, where = View(row.view), Filter(row.procedure, row.element, row.text, late=row.late)
        count = how_many(connection, deployments, actor, view=view, where=where, now=now)
        found.append(SavedFilter(row.id, row.name, row.login, row.owner_name, row.group_id, view, where, count))
    return tuple(found)
