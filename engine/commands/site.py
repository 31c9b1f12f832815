"""An installation as a process sees it: what web and worker need to open an action."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engine.clock import Clock
from engine.commands.context import Context
from engine.complaints import Actor
from engine.database import Database
from engine.deployments import DeploymentStore
from engine.jobs import Jobs
from engine.settings import Settings


@dataclass(frozen=True, slots=True)
class Site:
    """One installation. Shared between the threads of a process."""

    settings: Settings
    database: Database
    deployments: DeploymentStore
    jobs: Jobs
    clock: Clock

    @contextmanager
    def acting(self, actor: Actor) -> Iterator[Context]:
        """One transaction in which *actor* acts now."""
        with self.database.transaction() as connection:
            yield Context(connection, self.deployments, self.jobs, actor, self.clock())
