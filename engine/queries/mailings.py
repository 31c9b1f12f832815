"""Who gets which report by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.complaints import Actor
from engine.tables import mailings, people
from engine.text import Text


@dataclass(frozen=True, slots=True)
class Mailing:
    id: int
    procedure: str
    report: str
    name: Text  #: of who gets it
    address: str
    every: str
    next_at: datetime
    sent_at: datetime | None
    trouble: str


def mailings_of(connection: sa.Connection, actor: Actor) -> tuple[Mailing, ...]:
    """The actor's own; an administrator sees everybody's."""
    t, p = mailings.c, people.c
    where = [t.company_id == actor.company_id, p.active]
    where += [] if actor.administrator else [t.person_id == actor.person_id]
    rows = connection.execute(
        sa.select(t.id, t.procedure, t.report, p.name, t.address, t.every, t.next_at, t.sent_at, t.trouble)
        .select_from(mailings.join(people, p.id == t.person_id))
        .where(*where)
        .order_by(t.procedure, t.report, p.login)
    )
    return tuple(Mailing(*row) for row in rows)
