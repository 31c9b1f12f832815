"""What every command needs besides its own inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.commands.actions import CaseAction, CompanyAction
from engine.complaints import Actor
from engine.deployments import DeploymentStore
from engine.history import Entry
from engine.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Context:
    """One action: who does it, when, and in which transaction."""

    connection: sa.Connection
    deployments: DeploymentStore
    jobs: Jobs
    actor: Actor
    now: datetime
    secret: bytes  #: of the installation

    def entry(
        self, action: CaseAction | CompanyAction, subject: str = "", body: Mapping[str, Any] | None = None
    ) -> Entry:
        """What the actor did now, as the history records it."""
        return Entry(self.now, self.actor.name, action.value, subject, body or {})
