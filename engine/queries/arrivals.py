"""Mails that came in, for whoever looks after the mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from engine.tables import arrivals, cases

#: What a page shows: the latest, and every failure among them.
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail and what became of it."""

    sender: str
    subject: str
    arrived_at: datetime
    status: str  #: case evidence held ignored failed
    reason: str
    number: str  #: of the case, "" = none


def latest_arrivals(connection: sa.Connection, company_id: str, *, failed_only: bool = False) -> tuple[Arrival, ...]:
    """The latest mails, newest first; *failed_only*: those that somebody has to look at."""
    a = arrivals.c
    where = (a.company_id == company_id, *((a.status == "failed",) if failed_only else ()))
    rows = connection.execute(
        sa.select(arrivals, cases.c.number)
        .select_from(arrivals.outerjoin(cases, cases.c.id == a.case_id))
        .where(*where)
        .order_by(a.arrived_at.desc(), a.id.desc())
        .limit(_MOST)
    )
    return tuple(
        Arrival(row.sender, row.subject, row.arrived_at, row.status, row.reason, row.number or "") for row in rows
    )
