"""SQLite as `engine.database` uses it: one file, one writer, nothing acknowledged is lost."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from engine.errors import UnsuitableDatabase
from engine.prepared import Prepared

#: SQLite before this version can corrupt a database in WAL mode when a reset races with a reader.
MIN_SQLITE: Final = (3, 51, 3)
#: Seconds a writer waits for another one on SQLite.
BUSY_SECONDS: Final = 30
#: Milliseconds that SQLite itself waits before whoever is next asks again. It asks ever more seldom the longer it
#: waits, so that in a crowd whoever came first would be served last.
_IMPATIENT: Final = 10
#: How often, and after how many seconds again, the log is tried to be emptied.
_TRIES: Final = 50
_PAUSE: Final = 0.1
_BEGIN_WRITING: Final = Prepared(sa.text("BEGIN IMMEDIATE"))
_BEGIN_READING: Final = Prepared(sa.text("BEGIN DEFERRED"))


class Turns:
    """Those of one process who want to write, in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def one(self) -> Iterator[None]:
        """The block runs when everybody who came before has left theirs."""
        mine = threading.Event()
        with self._lock:
            self._waiting.append(mine)
            if self._waiting[0] is mine:
                mine.set()
        mine.wait()
        try:
            yield
        finally:
            with self._lock:
                self._waiting.popleft()
                if self._waiting:
                    self._waiting[0].set()


_TURNS: Final[WeakKeyDictionary[sa.Engine, Turns]] = WeakKeyDictionary()


def create_engine(url: str) -> sa.Engine:
    """Connections to the file of *url*. Raises UnsuitableDatabase."""
    module = sqlite_module()
    if module.sqlite_version_info < MIN_SQLITE:
        found = ".".join(map(str, module.sqlite_version_info))
        raise UnsuitableDatabase(f"expected SQLite {'.'.join(map(str, MIN_SQLITE))} or newer, found {found}")
    engine = sa.create_engine(url, module=module, pool_size=20, max_overflow=20)
    sa.event.listen(engine, "connect", _prepare)
    _TURNS[engine] = Turns()
    return engine


def begin_writing(connection: sa.Connection, _company_id: str) -> None:
    """Take the write lock at once, so that two writers wait for each other instead of failing."""
    with _TURNS[connection.engine].one():
        _take_the_lock(connection)


def begin_reading(connection: sa.Connection, _company_id: str) -> None:
    _BEGIN_READING.execute(connection)


def begin_reading_every_company(connection: sa.Connection) -> None:
    _BEGIN_READING.execute(connection)


def begin_migrating(connection: sa.Connection) -> None:
    begin_writing(connection, "")


def _take_the_lock(connection: sa.Connection) -> None:
    """Raises DBAPIError when nobody let it go in `BUSY_SECONDS`. Other processes and the job engine want it too."""
    end = time.monotonic() + BUSY_SECONDS
    raw: Any = connection.connection.driver_connection
    raw.execute(f"PRAGMA busy_timeout={_IMPATIENT}")
    try:
        while True:
            try:
                _BEGIN_WRITING.execute(connection)
            except sa.exc.OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > end:
                    raise
            else:
                return
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def forget_erased(connection: sa.Connection, _tables: Iterable[str]) -> None:
    """Write the file anew without free pages, and empty the log beside it.

    The log stays while somebody still reads from it; they are waited for, and asked again.
    """
    connection.exec_driver_sql("VACUUM")
    for _ in range(_TRIES):
        busy, *_rest = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if not busy:
            return
        time.sleep(_PAUSE)
    raise sqlite_module().OperationalError("database is locked")  # the job is tried again


def is_away(error: sa.exc.DBAPIError) -> bool:
    """Whether *error* says that the database does not answer, or not in time."""
    return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)


def is_collision(_error: sa.exc.DBAPIError) -> bool:
    """Never: there is one writer."""
    return False


def sqlite_module() -> ModuleType:
    """The DBAPI module with the newest SQLite at hand: the wheel's on Linux, else the interpreter's own."""
    if sys.platform == "linux":
        from pysqlite3 import dbapi2

        return dbapi2  # type: ignore[no-any-return]
    import sqlite3

    return sqlite3


def _prepare(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # the driver's own BEGIN would come too late and be DEFERRED: we send it
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
