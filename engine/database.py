"""The only place that opens and ends transactions. Commands get a connection and never commit.

Every transaction says which company it is for. PostgreSQL holds it to that (docs/decisions/0016-postgresql.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect

from engine import postgresql, sqlite
from engine.errors import EngineError, UnsuitableDatabase

_KINDS: Final = {"sqlite": sqlite, "postgresql": postgresql}
Begin = Callable[..., None]
End = Callable[[sa.Connection], None]


class DatabaseAway(EngineError):
    """The database does not answer, or not in time. The same request may be sent again.

    Nothing was written, unless the answer to a commit was lost: a request with a key is safe even then.
    """

    code = "database-away"
    #: Why no connection came about, in the words of who refused it: for the console, it names hosts and roles.
    refusal: str = ""


class Collision(DatabaseAway):
    """Two transactions waited for each other and the database undid this one. Done again at once it succeeds."""

    code = "collision"


class Database:
    """One database of an installation. Shared between threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._kind = _kind_of(url)
        self.engine = self._kind.create_engine(url)
        # After a ROLLBACK PostgreSQL's driver forgets every statement it has prepared; nothing can be written there.
        self._end_reading: End = sa.Connection.rollback if self.is_sqlite else sa.Connection.commit

    @property
    def is_sqlite(self) -> bool:
        return self._kind is sqlite

    def transaction(self, company_id: str) -> AbstractContextManager[sa.Connection]:
        """A connection whose work is committed when the block ends and undone when it raises.

        It is for one company: on PostgreSQL there are no rows of others, and none can be written.
        """
        return self._connected(self._kind.begin_writing, sa.Connection.commit, company_id)

    def reading(self, company_id: str) -> AbstractContextManager[sa.Connection]:
        """A connection for queries of one company: one consistent view, nothing is ever written through it."""
        return self._connected(self._kind.begin_reading, self._end_reading, company_id)

    def reading_every_company(self) -> AbstractContextManager[sa.Connection]:
        """The same across companies: who signs in, whose code this is, what is due anywhere."""
        return self._connected(self._kind.begin_reading_every_company, self._end_reading)

    def migrating(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that changes tables: for the rows of all companies, however long, one at a time."""
        return self._connected(self._kind.begin_migrating, sa.Connection.commit)

    def forget_erased(self, tables: Iterable[str]) -> None:
        """Let nothing that was deleted from *tables* lie about in free space. Takes a while; others go on meanwhile."""
        try:
            with self.engine.connect() as connection:  # outside of a transaction, which neither database would do it in
                self._kind.forget_erased(connection, tables)
        except sa.exc.DBAPIError as error:
            if (said := self._said(error)) is None:
                raise
            raise said from error

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _connected(self, begin: Begin, end: End, *scope: str) -> Iterator[sa.Connection]:
        try:
            with self._opened(begin, *scope) as connection:
                yield connection
                end(connection)
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            if (said := self._said(error)) is None:
                raise
            raise said from error

    def _opened(self, begin: Begin, *scope: str) -> sa.Connection:
        """A connection on which *begin* was done; closing it undoes what is not committed.

        A pooled connection may have died since it was used last, which shows only now: then once more on a new one.
        """
        try:
            return self._begun(begin, *scope)
        except sa.exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return self._begun(begin, *scope)

    def _begun(self, begin: Begin, *scope: str) -> sa.Connection:
        connection: sa.Connection = self.engine.connect()
        try:
            connection.begin()
            begin(connection, *scope)
        except BaseException:
            connection.close()
            raise
        return connection

    def _said(self, error: sa.exc.DBAPIError | sa.exc.TimeoutError) -> EngineError | None:
        """What *error* means for whoever asked; None where it is about the statement."""
        if isinstance(error, sa.exc.TimeoutError):
            return DatabaseAway("expected a connection to become free, found none in time")
        if self._kind.is_collision(error):
            return Collision("expected to be alone, found another transaction that waited for this one")
        if self._kind.is_away(error):
            away = DatabaseAway(f"expected the database to answer, found: {type(error.orig).__name__}")
            if error.statement is None:
                away.refusal = str(error.orig)
            return away
        return None


def insert_for(dialect: str, table: sa.Table) -> sqlite_dialect.Insert | postgresql_dialect.Insert:
    """An insert of *dialect* (``"sqlite"`` or ``"postgresql"``) that can say what to do about a row that is there."""
    return (sqlite_dialect.insert if dialect == "sqlite" else postgresql_dialect.insert)(table)


def _kind_of(url: str) -> ModuleType:
    name = sa.make_url(url).get_backend_name()
    if name not in _KINDS:
        raise UnsuitableDatabase(f"expected an sqlite or postgresql URL, found {name!r}")
    return _KINDS[name]
