"""The only place that opens and ends transactions. Commands get a connection and never commit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import EngineError
from engine.prepared import Prepared

#: SQLite before this version can corrupt a database in WAL mode when a reset races with a reader.
MIN_SQLITE: Final = (3, 51, 3)
#: Seconds a writer waits for another one on SQLite.
BUSY_SECONDS: Final = 30
_BEGIN_WRITING: Final = Prepared(sa.text("BEGIN IMMEDIATE"))
_BEGIN_READING: Final = Prepared(sa.text("BEGIN DEFERRED"))


class DatabaseAway(EngineError):
    """The database does not answer. Nothing was written; the same request may be sent again."""

    code = "database-away"


class UnsuitableDatabase(EngineError):
    """The database is a version that may lose data, or a kind that nobody tested."""

    code = "unsuitable-database"


class Database:
    """One database of an installation. Shared between threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _create_engine(url)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A connection whose work is committed when the block ends and undone when it raises.

        On SQLite the write lock is taken at once, so that two writers wait for each other instead of failing.
        """
        with self._translated(), self.engine.connect() as connection, connection.begin():
            if self.is_sqlite:
                _BEGIN_WRITING.execute(connection)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for queries: one consistent view, nothing is ever written through it."""
        with self._translated(), self.engine.connect() as connection:
            transaction = connection.begin()
            try:
                if self.is_sqlite:
                    _BEGIN_READING.execute(connection)
                yield connection
            finally:
                transaction.rollback()

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
            raise DatabaseAway(f"expected the database to answer, found: {error.__class__.__name__}") from error


def insert_for(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert of *dialect* (``"sqlite"`` or ``"postgresql"``) that can say what to do about a row that is there."""
    return (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)


def _create_engine(url: str) -> sa.Engine:
    kind = sa.make_url(url).get_backend_name()
    if kind == "sqlite":
        return _sqlite_engine(url)
    if kind == "postgresql":
        return sa.create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True)
    raise UnsuitableDatabase(f"expected an sqlite or postgresql URL, found {kind!r}")


def _sqlite_engine(url: str) -> sa.Engine:
    module = sqlite_module()
    if module.sqlite_version_info < MIN_SQLITE:
        found = ".".join(map(str, module.sqlite_version_info))
        raise UnsuitableDatabase(f"expected SQLite {'.'.join(map(str, MIN_SQLITE))} or newer, found {found}")
    engine = sa.create_engine(url, module=module, pool_size=20, max_overflow=20)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def sqlite_module() -> ModuleType:
    """The DBAPI module with the newest SQLite at hand: the wheel's on Linux, else the interpreter's own."""
    if sys.platform == "linux":
        from pysqlite3 import dbapi2

        return dbapi2  # type: ignore[no-any-return]
    import sqlite3

    return sqlite3


def _prepare_sqlite(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # the driver's own BEGIN would come too late and be DEFERRED: Database sends it
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL may lose acknowledged commits when power fails
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE deletes from the history without asking its triggers
        "cell_size_check=ON",
        "trusted_schema=OFF",
    ):
        raw.execute(f"PRAGMA {pragma}")
