"""PostgreSQL as `engine.database` uses it: row locks, time limits, and a company that each transaction is bound to.

Everything a transaction needs is said in the message that begins it, with SET LOCAL: it costs no further round trip,
and nothing of it stays behind for the next client of a connection pooler.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import psycopg
import sqlalchemy as sa

from engine.errors import UnsuitableDatabase

MIN_POSTGRESQL: Final = 15
#: Whoever stops in the middle of a transaction, frozen or cut off, loses it and its locks after so many milliseconds.
#: A step of a procedure may think for five seconds, checking a procedure before it is deployed takes longer.
_IDLE: Final = 15_000
#: Milliseconds to wait for a lock: longer than a frozen process keeps one.
_LOCK: Final = 20_000
#: Milliseconds for one statement.
_STATEMENT: Final = 30_000
#: What the row policies compare with; no company can be called so.
_READING_EVERY_COMPANY: Final = "*read"
_MIGRATING: Final = "*write"
_COMPANY: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")

_LIMITS: Final = (
    f"SET LOCAL idle_in_transaction_session_timeout = {_IDLE}; "
    f"SET LOCAL lock_timeout = {_LOCK}; SET LOCAL statement_timeout = {_STATEMENT}; "
)
_BEGIN_WRITING: Final = f"BEGIN; {_LIMITS}SET LOCAL shouwen.company = "
_BEGIN_READING: Final = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {_LIMITS}SET LOCAL shouwen.company = "
#: Building an index may take hours; two processes that start at once migrate one after the other.
_BEGIN_MIGRATING: Final = (
    f"BEGIN; SET LOCAL lock_timeout = {_LOCK}; SET LOCAL shouwen.company = '{_MIGRATING}'; "
    "SELECT pg_advisory_xact_lock(hashtext('shouwen migrations'))"
)

#: Connection lost, too many of them, server stopping, disk full; then: idle too long, no lock in time, a standby.
_AWAY: Final = ("08", "53", "57", "58", "25P03", "55P03", "25006")
#: Deadlock, serialization failure.
_COLLISIONS: Final = ("40P01", "40001")

#: How to reach the server: notice a dead one within 15 seconds, whoever stands between.
CONNECT: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def create_engine(url: str) -> sa.Engine:
    """Connections to the server of *url*. Nothing is asked of it yet."""
    engine = sa.create_engine(url, pool_size=20, max_overflow=20, pool_timeout=10, connect_args=CONNECT)
    sa.event.listen(engine, "connect", _prepare, insert=True)  # before SQLAlchemy asks what it cannot read
    return engine


def begin_writing(connection: sa.Connection, company_id: str) -> None:
    """Bind the transaction to one company. Other companies' rows are not there and cannot be written."""
    _begin(connection, f"{_BEGIN_WRITING}'{_scope(company_id)}'")


def begin_reading(connection: sa.Connection, company_id: str) -> None:
    _begin(connection, f"{_BEGIN_READING}'{_scope(company_id)}'")


def begin_reading_every_company(connection: sa.Connection) -> None:
    _begin(connection, f"{_BEGIN_READING}'{_READING_EVERY_COMPANY}'")


def begin_migrating(connection: sa.Connection) -> None:
    _begin(connection, _BEGIN_MIGRATING)


def description(connection: sa.Connection) -> str:
    """What `connection` speaks to, and whether a pooler stands between, for whoever looks after it."""
    driver: Any = connection.connection.driver_connection
    version = connection.exec_driver_sql("SHOW server_version").scalar_one()
    between = "directly" if driver.prepare_threshold is not None else "through a connection pooler"
    return f"PostgreSQL {version}, reached {between}"


def forget_erased(connection: sa.Connection, tables: Iterable[str]) -> None:
    """Let the server reuse the place of old versions of rows, and empty the lists that its indexes keep beside."""
    for table in tables:
        connection.exec_driver_sql(f"VACUUM {table}")
    connection.exec_driver_sql("VACUUM search.words")


def is_away(error: sa.exc.DBAPIError) -> bool:
    """Whether *error* says that the database does not answer, or not in time."""
    state = _state(error)
    if state is None:
        return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
    return state.startswith(_AWAY)


def is_collision(error: sa.exc.DBAPIError) -> bool:
    """Whether the database undid this transaction because it and another one waited for each other."""
    return _state(error) in _COLLISIONS


def _state(error: sa.exc.DBAPIError) -> str | None:
    """The SQLSTATE, None when no server said anything."""
    return getattr(error.orig, "sqlstate", None)


def _scope(company_id: str) -> str:
    """*company_id* as it may stand in a statement; "", which owns nothing, for what cannot be a company."""
    return company_id if _COMPANY.fullmatch(company_id) else ""


def _begin(connection: sa.Connection, statements: str) -> None:
    connection.exec_driver_sql(statements, execution_options={"no_parameters": True})


def _prepare(raw: Any, _record: object) -> None:
    raw.autocommit = True  # the driver's own BEGIN would be one more round trip: we send it
    found = raw.execute(
        "SELECT pg_backend_pid(), current_setting('server_version_num')::int / 10000, "
        "current_setting('server_encoding'), 'B' < 'a', "
        "(SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)"
    ).fetchone()
    backend, version, encoding, by_code, unfenced = found
    pooled = backend != raw.info.backend_pid
    if pooled:
        raw.prepare_threshold = None  # the next statement may meet another server process
    try:
        _refuse_unsuitable(version=version, encoding=encoding, by_code=by_code, unfenced=unfenced)
        if pooled:
            _refuse_pools_of_statements(raw)
    except UnsuitableDatabase:
        raw.close()
        raise


def _refuse_pools_of_statements(raw: Any) -> None:
    try:
        raw.execute("BEGIN")
        raw.execute("ROLLBACK")
    except psycopg.errors.ProtocolViolation as error:
        raise UnsuitableDatabase(
            "expected a connection pooler that keeps transactions together, found one that does not: "
            "set pool_mode = transaction in PgBouncer"
        ) from error


def _refuse_unsuitable(*, version: int, encoding: str, by_code: bool, unfenced: bool) -> None:
    if version < MIN_POSTGRESQL:
        raise UnsuitableDatabase(f"expected PostgreSQL {MIN_POSTGRESQL} or newer, found {version}")
    if encoding != "UTF8" or not by_code:
        raise UnsuitableDatabase(
            "expected a database that keeps UTF-8 and sorts by code, found another: "
            "CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )
    if unfenced:
        raise UnsuitableDatabase(
            "expected a role that row policies hold for, found a superuser or one with BYPASSRLS: "
            "CREATE ROLE … LOGIN, and make it the owner of the database"
        )
