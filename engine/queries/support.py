"""Which support asked to come in, which is in, and how much it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.tables import history_events, people, support_access


@dataclass(frozen=True, slots=True)
class SupportRequest:
    id: int
    who: str
    reason: str
    status: str  #: SupportStatus
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str  #: login
    ends_at: datetime | None
    ended_at: datetime | None
    login: str  #: "" before somebody let it in
    looks: int  #: events that it left


def support_requests(connection: sa.Connection, company_id: str) -> tuple[SupportRequest, ...]:
    """All of the company's, the newest first."""
    t, h = support_access.c, history_events.c
    looks = (
        sa.select(sa.func.count())
        .where(h.company_id == company_id, h.actor == people.c.login, h.at >= t.decided_at)
        .correlate(people, support_access)
        .scalar_subquery()
    )
    columns = (t.id, t.who, t.reason, t.status, t.asked_at, t.decided_at, t.decided_by, t.ends_at, t.ended_at)
    statement = (
        sa.select(
            *columns,
            sa.func.coalesce(people.c.login, "").label("login"),
            sa.case((t.person_id.is_(None), 0), else_=looks).label("looks"),
        )
        .select_from(support_access.outerjoin(people, people.c.id == t.person_id))
        .where(t.company_id == company_id)
        .order_by(t.id.desc())
    )
    return tuple(SupportRequest(*row) for row in connection.execute(statement))
