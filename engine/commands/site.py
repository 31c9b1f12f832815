"""An installation as a process sees it: what web and worker need to open an action."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
    secret: bytes  #: signs cookies and makes tracking codes; see `installation_secret`

    @contextmanager
    def acting(self, actor: Actor) -> Iterator[Context]:
        """One transaction in which *actor* acts now."""
        with self.database.transaction() as connection:
            yield Context(connection, self.deployments, self.jobs, actor, self.clock(), self.secret)


def installation_secret(var: Path) -> bytes:
    """The secret of the installation whose data lie in *var*: made on first use, readable by its owner only."""
    path = var / "secret.key"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{secrets.token_hex(4)}")
        partial.touch(mode=0o600)
        partial.write_bytes(secrets.token_bytes(32))
        partial.replace(path)
    return path.read_bytes()
