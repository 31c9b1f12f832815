"""The installation that a command works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.clock import system_clock
from engine.commands.site import Site, installation_secret
from engine.database import Database
from engine.deployments import DeploymentStore
from engine.jobs.dbos_adapter import DbosJobs
from engine.migrations import upgrade
from engine.settings import Settings, read_settings


@contextmanager
def opened(settings: Settings | None = None, *, migrate: bool = False) -> Iterator[Site]:
    """The installation of this environment, closed at the end. *migrate* brings its tables up to date first."""
    found = settings or read_settings()
    found.var.mkdir(parents=True, exist_ok=True)
    database = Database(found.database_url)
    jobs = DbosJobs(found.database_url)
    try:
        if migrate:
            upgrade(database)
            jobs.prepare()
        yield Site(found, database, DeploymentStore(), jobs, system_clock, installation_secret(found.var))
    finally:
        database.close()
