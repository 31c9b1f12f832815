"""Jobs that are only remembered. What the real engine does with them is tested in tests/jobs."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from engine.jobs import Handler, Job


class RememberedJobs:
    def __init__(self) -> None:
        self.put_jobs: list[Job] = []

    def put(self, connection: sa.Connection, job: Job) -> None:
        if all(known.id != job.id for known in self.put_jobs):
            self.put_jobs.append(job)

    def unfinished(self, connection: sa.Connection) -> list[Job]:
        return list(self.put_jobs)

    def statistics(self, connection: sa.Connection) -> dict[str, int]:
        return {"waiting": len(self.put_jobs), "failed": 0}

    def do(self, handlers: Mapping[str, Handler]) -> int:
        """Do everything remembered, and what that puts; how many jobs were done."""
        done = 0
        while self.put_jobs:
            job = self.put_jobs.pop(0)
            handlers[job.kind](job.argument)
            done += 1
        return done
