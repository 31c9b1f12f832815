"""What every command needs besides its own inputs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.complaints import Actor
from engine.deployments import DeploymentStore
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
