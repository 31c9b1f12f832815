"""Who holds a position in a group. A task belongs to the position until somebody claims it, whoever holds it then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from engine.commands.context import Context
from engine.errors import EngineError
from engine.tables import absences, memberships, people, user_tasks


class PositionVacant(EngineError):
    """Nobody would be left who holds the position of *group*, for which *tasks* open tasks wait."""

    code = "position-vacant"

    def __init__(self, group: str, tasks: int) -> None:
        super().__init__(f"expected somebody else to hold {group}, found nobody and {tasks} tasks that wait")
        self.group, self.tasks = group, tasks


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody active who holds a position."""

    id: int
    away: bool
    substitute_id: int | None  #: the active colleague who stands in meanwhile


def require_held(context: Context, lost: Collection[str]) -> None:
    """Raises PositionVacant where tasks wait for a position of *lost* that nobody holds any more."""
    t = user_tasks.c
    for group in sorted(lost):
        waiting = (t.company_id == context.actor.company_id, t.status == "open", t.group_id == group)
        count = sa.select(sa.func.count()).where(*waiting, t.assignee_id.is_(None))
        if not holders_of(context, group) and (tasks := context.connection.execute(count).scalar_one()):
            raise PositionVacant(group, tasks)


def positions_among(groups: Collection[str]) -> frozenset[str]:
    """The groups of those who hold a position in one."""
    return frozenset(group for group in groups if "." in group)


def holders_of(context: Context, group: str) -> list[Holder]:
    """Everybody active who holds the position, with the active colleague who stands in for them now."""
    p, m, a, stand_in = people.c, memberships.c, absences.c, people.alias("stand_in")
    away = (a.person_id == p.id) & (a.begins_at <= context.now) & (a.ends_at > context.now)
    rows = context.connection.execute(
        sa.select(p.id, a.id.label("absence"), stand_in.c.id.label("substitute"))
        .select_from(
            people.join(memberships, m.person_id == p.id)
            .outerjoin(absences, away)
            .outerjoin(stand_in, (stand_in.c.id == a.substitute_id) & stand_in.c.active)
        )
        .where(p.company_id == context.actor.company_id, p.active, m.group_id == group)
        .order_by(p.id)
    )
    return [Holder(row.id, row.absence is not None, row.substitute) for row in rows]
