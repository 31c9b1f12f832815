"""What reaches the database's driver, whoever sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
import sqlalchemy as sa

from engine.database import Database
from engine.sqlite import sqlite_module


def driver_statements(database: Database) -> list[tuple[str, Any]]:
    """SQL and parameters of everything from now on: a list that grows. Parameters of many rows are a list."""
    seen: list[tuple[str, Any]] = []
    listening = _sqlite_listener(seen) if database.is_sqlite else {"cursor_factory": _listening(psycopg.Cursor, seen)}

    @sa.event.listens_for(database.engine, "do_connect")
    def connect(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
        options.update(listening)

    database.close()  # connections made before would show nothing
    with database.reading_every_company():
        pass  # what prepares a connection
    seen.clear()
    return seen


def _listening(driver: type, seen: list[tuple[str, Any]]) -> type:
    class Cursor(driver):  # type: ignore[misc]
        def execute(self, text: str, parameters: Any = (), **options: Any) -> Any:
            if not text.startswith("PRAGMA busy_timeout"):  # how long to wait for a lock; it reaches no row
                seen.append((text, parameters if isinstance(parameters, Mapping) else tuple(parameters or ())))
            return super().execute(text, parameters, **options)

        def executemany(self, text: str, rows: Any, **options: Any) -> Any:
            seen.append((text, list(rows)))
            return super().executemany(text, rows, **options)

    return Cursor


def _sqlite_listener(seen: list[tuple[str, Any]]) -> dict[str, Any]:
    module = sqlite_module()
    cursor = _listening(module.Cursor, seen)

    class Connection(module.Connection):  # type: ignore[misc, name-defined]
        def cursor(self, *_: Any) -> Any:
            return super().cursor(cursor)

    return {"factory": Connection}
