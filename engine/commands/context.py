"""What every command needs besides its own inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import Calendars
from engine.commands.actions import CaseAction, CompanyAction
from engine.complaints import Actor
from engine.deployments import Deployment, DeploymentStore
from engine.history import DIGESTS, Entry
from engine.interpreter import Budget, Request, Step, advance
from engine.jobs import Jobs

#: A step takes a millisecond. One that takes this long is a fault of the procedure, and others wait for its locks.
_BUDGET: Final = Budget(seconds=5.0)


@dataclass(frozen=True, slots=True)
class Context:
    """One action: who does it, when, and in which transaction."""

    connection: sa.Connection
    deployments: DeploymentStore
    jobs: Jobs
    actor: Actor
    now: datetime
    secret: bytes  #: of the installation

    def step(self, deployment: Deployment, state: bytes | None, request: Request, calendars: Calendars) -> Step:
        """What the interpreter makes of *request* now; raises as `advance` does."""
        return advance(deployment.definition, state, request, now=self.now, calendars=calendars, budget=_BUDGET)

    def calendars(self, digest: str | None = None) -> Calendars:
        """The calendars of the actor's company with that digest, None = those in force."""
        return self.deployments.calendars(self.connection, self.actor.company_id, digest)

    def entry(
        self,
        action: CaseAction | CompanyAction,
        subject: str = "",
        body: Mapping[str, Any] | None = None,
        *,
        on_behalf_of: str = "",
    ) -> Entry:
        """What the actor did now, for whom, as the history records it."""
        return Entry(self.now, self.actor.name, action.value, subject, body or {}, DIGESTS, on_behalf_of)
