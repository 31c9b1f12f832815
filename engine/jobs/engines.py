"""Which job engine an installation has."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from engine.jobs.port import JobEngine

#: The engines, and a table that each of them has on PostgreSQL once it was used. SQLite has the first one only.
_TABLES: Final = {"dbos": "dbos.workflow_status", "pgqueuer": "pgqueuer.jobs"}


def job_engine(name: str, database_url: str) -> JobEngine:
    """The engine *name* on that database. Raises ValueError where it is not to be had."""
    if name == "dbos":
        from engine.jobs.dbos_adapter import DbosJobs

        return DbosJobs(database_url)
    try:
        from engine.jobs.pgqueuer_adapter import PgQueuerJobs
    except ModuleNotFoundError as error:
        raise ValueError(
            f"SHOUWEN_JOBS=pgqueuer: expected the package {error.name}, found none: install shouwen[pgqueuer]"
        ) from error
    return PgQueuerJobs(database_url)


def refuse_jobs_of_another(name: str, connection: sa.Connection, database_url: str) -> None:
    """Raises ValueError where jobs wait that were put with another engine: nobody would ever do them."""
    if connection.dialect.name != "postgresql":
        return
    for other, table in _TABLES.items():
        if other == name or connection.scalar(sa.select(sa.func.to_regclass(table))) is None:
            continue
        waiting = job_engine(other, database_url).statistics(connection)["waiting"]
        if waiting:
            raise ValueError(
                f"SHOUWEN_JOBS={name}: expected that nothing waits in {other}, found {waiting} jobs: let a worker with "
                f"SHOUWEN_JOBS={other} do them first"
            )
