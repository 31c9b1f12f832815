"""Numbered, one purpose each, safe beside the code that is already running: expand, move, contract over releases."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.clock import system_clock
from engine.database import Database
from engine.history import open_months


def upgrade(database: Database, *, to: str = "head") -> None:
    """Bring *database* to the newest migration, or only to the one with that number. Repeating it changes nothing."""
    with database.migrating() as connection:
        upgrade_within(connection, to=to)


def upgrade_within(connection: sa.Connection, *, to: str) -> None:
    """The same in a transaction of the caller, which has to be one for migrating."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    if to == "head":
        open_months(connection, system_clock())


def newest() -> str:
    """Number of the newest migration there is."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revision_of(connection: sa.Connection) -> str:
    """Number of the newest migration that the database has seen, "" before the first."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
