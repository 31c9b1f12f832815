"""What reaches the database's driver, whoever sends it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.database import Database
from engine.sqlite import sqlite_module


def driver_statements(database: Database) -> list[tuple[str, Any]]:
    """SQL and parameters of everything from now on: a list that grows. Parameters of many rows are a list."""
    module = sqlite_module()
    seen: list[tuple[str, Any]] = []

    class Cursor(module.Cursor):  # type: ignore[misc, name-defined]
        def execute(self, text: str, parameters: Any = ()) -> Any:
            seen.append((text, tuple(parameters)))
            return super().execute(text, parameters)

        def executemany(self, text: str, rows: Any) -> Any:
            seen.append((text, list(rows)))
            return super().executemany(text, rows)

    class Connection(module.Connection):  # type: ignore[misc, name-defined]
        def cursor(self, *_: Any) -> Any:
            return super().cursor(Cursor)

    @sa.event.listens_for(database.engine, "do_connect")
    def connect(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
        options["factory"] = Connection

    database.close()  # connections made before would show nothing
    with database.reading_every_company():
        pass  # what prepares a connection
    seen.clear()
    return seen
