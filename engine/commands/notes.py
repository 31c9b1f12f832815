"""What the installation remembers about itself: its secret, when it was backed up and verified last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.database import Database, insert_for
from engine.tables import installation


@dataclass(frozen=True, slots=True)
class Note:
    """One thing remembered, and since when."""

    value: Any
    at: datetime


def noted(database: Database, name: str) -> Note | None:
    """What was noted last under *name*."""
    with database.reading_every_company() as connection:
        row = connection.execute(sa.select(installation).where(installation.c.name == name)).one_or_none()
    return None if row is None else Note(row.value, row.at)


def note(database: Database, name: str, value: Any, *, now: datetime, only_first: bool = False) -> None:
    """Remember *value* (JSON) under *name* in place of what was there; with *only_first* what is there stays."""
    with database.migrating() as connection:
        own = {"value": value, "at": now}
        insert = insert_for(connection.dialect.name, installation).values(name=name, **own)
        replacing = insert.on_conflict_do_update(index_elements=["name"], set_=own)
        connection.execute(insert.on_conflict_do_nothing() if only_first else replacing)
