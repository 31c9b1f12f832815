"""A worker as a process of its own, so that a test can kill it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.database import Database
from engine.jobs import Handler, Job, JobEngine
from engine.jobs.dbos_adapter import DbosJobs
from engine.jobs.pgqueuer_adapter import PgQueuerJobs

ADAPTERS: Mapping[str, Callable[[str], JobEngine]] = {"dbos": DbosJobs, "pgqueuer": PgQueuerJobs}

metadata = sa.MetaData()
effects = sa.Table("effects", metadata, sa.Column("n", sa.Integer, primary_key=True))
begun = sa.Table("begun", metadata, sa.Column("n", sa.Integer), sa.Column("worker", sa.Text))
given_up = sa.Table("given_up", metadata, sa.Column("id", sa.Text), sa.Column("reason", sa.Text))


def handlers(database: Database, worker: str) -> Mapping[str, Handler]:
    """``note`` writes its number down and bears repetition; ``die`` takes the process with it."""

    def note(argument: Mapping[str, Any]) -> None:
        with database.transaction("nobody") as connection:
            connection.execute(sa.insert(begun).values(n=argument["n"], worker=worker))
        time.sleep(argument.get("seconds", 0))
        with database.transaction("nobody") as connection:
            connection.execute(
                sa.text("INSERT INTO effects (n) VALUES (:n) ON CONFLICT DO NOTHING"), {"n": argument["n"]}
            )

    def die(_argument: Mapping[str, Any]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    return {"note": note, "die": die}


def main(arguments: Sequence[str]) -> None:
    adapter, url, executor = arguments
    database = Database(url)

    def failed(job: Job, reason: str) -> None:
        with database.transaction("nobody") as connection:
            connection.execute(sa.insert(given_up).values(id=job.id, reason=reason))

    jobs = ADAPTERS[adapter](url)
    jobs.start(
        handlers(database, executor), executor=executor, failed=failed, crashes=3
    )  # ten crashes would test the same, slowly
    signal.pause()
