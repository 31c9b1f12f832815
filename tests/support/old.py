"""Installations as an older migration left them, with rows in their tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from engine.commands.site import Site
from engine.migrations import upgrade
from tests.support.site import a_database


def as_of(revision: str, site: Site, folder: Path) -> Site:
    """The rows of *site* that *revision* had tables and columns for, in a database that ends there."""
    database = a_database(folder)
    upgrade(database, to=revision)
    known = sa.MetaData()
    with site.database.reading_every_company() as source, database.migrating() as target:
        known.reflect(target)
        for table in known.sorted_tables:
            if table.name != "alembic_version":
                for row in source.execute(sa.select(sa.table(table.name, *map(sa.column, table.columns.keys())))):
                    target.execute(sa.insert(table).values(row._asdict()))
                _count_on(target, table)
    return replace(site, database=database)


def _count_on(connection: sa.Connection, table: sa.Table) -> None:
    """PostgreSQL counts rows by itself only where it gave the ids itself."""
    if connection.dialect.name == "postgresql" and "id" in table.c and isinstance(table.c.id.type, sa.BigInteger):
        sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
        connection.execute(sa.text(f"SELECT setval({sequence}, (SELECT coalesce(max(id), 1) FROM {table.name}))"))
