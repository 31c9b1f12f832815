"""Numbered, one purpose each, safe beside the code that is already running: expand, move, contract over releases."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from engine.clock import system_clock
from engine.database import Database
from engine.history import open_months


def upgrade(database: Database, *, to: str = "head") -> None:
    """Bring *database* to the newest migration, or only to the one with that number. Repeating it changes nothing."""
    with database.migrating() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if to == "head":
            open_months(connection, system_clock())
