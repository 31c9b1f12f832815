"""How an installation does: what waits, what failed, how late it is. Figures only, across companies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.tables import cases, incidents, installation, letters


@dataclass(frozen=True, slots=True)
class Health:
    """What somebody who keeps an installation running wants to know at any time."""

    open_cases: int
    due: int  #: cases whose timer or clock should have been looked at
    due_lag_seconds: float  #: how late the first of them is
    incidents: int  #: open
    letters_unsent: int  #: with an address, not taken by a mail server
    mail_failures: int  #: incidents of letters that could not be sent
    database_bytes: int
    backed_up_at: datetime | None


def health(connection: sa.Connection, *, now: datetime) -> Health:
    """*connection* has to be one that reads every company."""
    count, unsent = sa.func.count(), (letters.c.address != "") & letters.c.sent_at.is_(None)
    due = connection.execute(
        sa.select(count, sa.func.min(cases.c.next_wake_at)).where(cases.c.next_wake_at <= now)
    ).one()
    open_ones = sa.select(count).where(incidents.c.closed_at.is_(None))
    return Health(
        open_cases=connection.execute(sa.select(count).where(cases.c.ended_at.is_(None))).scalar_one(),
        due=due[0],
        due_lag_seconds=(now - due[1]).total_seconds() if due[1] else 0.0,
        incidents=connection.execute(open_ones).scalar_one(),
        letters_unsent=connection.execute(sa.select(count).select_from(letters).where(unsent)).scalar_one(),
        mail_failures=connection.execute(open_ones.where(incidents.c.code == "letter-not-sent")).scalar_one(),
        database_bytes=_size(connection),
        backed_up_at=connection.execute(
            sa.select(installation.c.at).where(installation.c.name == "last_backup")
        ).scalar(),
    )


def _size(connection: sa.Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    pages, size = (connection.exec_driver_sql(f"PRAGMA {what}").scalar_one() for what in ("page_count", "page_size"))
    return int(pages * size)
