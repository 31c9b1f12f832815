"""A worker as a process of its own, so that a test can kill it: ``python -m tests.jobs.worker_process URL EXECUTOR``."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.database import Database
from engine.jobs import Handler, Job
from engine.jobs.dbos_adapter import DbosJobs

metadata = sa.MetaData()
effects = sa.Table("effects", metadata, sa.Column("n", sa.Integer, primary_key=True))
given_up = sa.Table("given_up", metadata, sa.Column("id", sa.Text), sa.Column("reason", sa.Text))


def handlers(database: Database) -> Mapping[str, Handler]:
    """``note`` writes its number down and bears repetition; ``die`` takes the process with it."""

    def note(argument: Mapping[str, Any]) -> None:
        time.sleep(argument.get("seconds", 0))
        with database.transaction("nobody") as connection:
            connection.execute(
                sa.text("INSERT INTO effects (n) VALUES (:n) ON CONFLICT DO NOTHING"), {"n": argument["n"]}
            )

    def die(_argument: Mapping[str, Any]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    return {"note": note, "die": die}


def main(url: str, executor: str) -> None:
    database = Database(url)

    def failed(job: Job, reason: str) -> None:
        with database.transaction("nobody") as connection:
            connection.execute(sa.insert(given_up).values(id=job.id, reason=reason))

    jobs = DbosJobs(url)
    jobs.start(
        handlers(database), executor=executor, failed=failed, crashes=3
    )  # ten crashes would test the same, slowly
    sys.stdout.write("working\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
