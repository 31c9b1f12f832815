"""A case that was walked, with its history at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.commands.site import Site
from engine.history import Event, Head, Stream, read_events, values_of
from engine.tables import cases
from tests.support.cafe import a_complaint, a_round, do
from tests.support.site import CAFE


@dataclass
class Walked:
    site: Site
    case_id: int
    stream: Stream

    @property
    def events(self) -> list[Event]:
        with self.site.database.reading_every_company() as connection:
            return list(read_events(connection, self.stream))

    @property
    def values(self) -> Mapping[int, Mapping[str, tuple[str, Any]]]:
        with self.site.database.reading_every_company() as connection:
            return values_of(connection, self.stream)

    @property
    def head(self) -> Head:
        with self.site.database.reading_every_company() as connection:
            row = connection.execute(
                sa.select(cases.c.history_seq, cases.c.history_hash).where(cases.c.id == self.case_id)
            ).one()
        return Head(row.history_seq, row.history_hash)

    def forge(self, *statements: str) -> None:
        """Change the record as somebody could who owns the database: past the triggers."""
        with self.site.database.migrating() as connection:
            drop_guards(connection)
            for statement in statements:
                done = connection.execute(sa.text(statement), {"stream": self.case_id})
                assert done.rowcount > 0, f"changed nothing: {statement}"


def drop_guards(connection: sa.Connection) -> None:
    """Let the history be changed."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("ALTER TABLE history_events DISABLE TRIGGER USER"))
        return
    for name in connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
        connection.execute(sa.text(f"DROP TRIGGER {name}"))


def a_walked_case(site: Site) -> Walked:
    """Two rounds: start, assess, fix, reply, confirm (not satisfied), assess: six events."""
    started = a_complaint(site)
    a_round(site, started.case_id)
    do(site, started.case_id, "assess")
    return Walked(site, started.case_id, Stream(CAFE, started.case_id, started.number))
