"""An installation as a process sees it: what web and worker need to open an action."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import sqlalchemy as sa

from engine.clock import Clock
from engine.commands.context import Context
from engine.commands.errors import LostRace
from engine.commands.test_clock import CompanyClocks
from engine.complaints import Actor
from engine.database import Collision, Database
from engine.deployments import DeploymentStore
from engine.interpreter import TaskNotOpen
from engine.jobs import Jobs
from engine.settings import Settings
from engine.storage import Storage

Answer = TypeVar("Answer")
#: Seconds in which the other transaction takes what both wanted; at once the two might only meet again.
_GIVE_WAY: Final = 0.05


@dataclass(frozen=True, slots=True)
class Site:
    """One installation. Shared between the threads of a process."""

    settings: Settings
    database: Database
    deployments: DeploymentStore
    jobs: Jobs
    clock: Clock
    secret: bytes  #: signs cookies and makes tracking codes; see `installation_secret`
    clocks: CompanyClocks = field(default_factory=CompanyClocks)

    @property
    def storage(self) -> Storage:
        """Where uploaded files lie."""
        return Storage(self.settings.files_url)

    @contextmanager
    def acting(self, actor: Actor, *, now: datetime | None = None) -> Iterator[Context]:
        """One transaction in which *actor* acts now: in the company's time, unless another *now* is given."""
        with self.database.transaction(actor.company_id) as connection:
            now = now or self.clocks.now(connection, actor.company_id, self.clock())
            yield Context(connection, self.deployments, self.jobs, actor, now, self.secret)

    @contextmanager
    def looking(self, actor: Actor) -> Iterator[Context]:
        """The same for what commands only ask before they act: no transaction that others wait for."""
        with self.database.reading(actor.company_id) as connection:
            now = self.clocks.now(connection, actor.company_id, self.clock())
            yield Context(connection, self.deployments, self.jobs, actor, now, self.secret)

    @contextmanager
    def signing_in(self, actor: Actor) -> Iterator[Context]:
        """The same in true time: sessions and codes last no longer because the clock of a sandbox stands."""
        with self.acting(actor, now=self.clock()) as context:
            yield context

    def now(self, company_id: str) -> datetime:
        """What time it is for that company: the true time, or what a sandbox's own clock shows."""
        if self.clocks.is_ordinary(company_id):
            return self.clock()
        with self.database.reading(company_id) as connection:
            return self.clocks.now(connection, company_id, self.clock())

    def act(self, actor: Actor, command: Callable[[Context], Answer]) -> Answer:
        """What *command* answers in a transaction of its own; run once more when it loses a race.

        Of two equal requests at the same time the slower one meets the other's rows only when it writes. Here is the
        one place that can begin again: then it finds the stored answer, or AlreadyDone with who and when.
        """
        try:
            with self.acting(actor) as context:
                return command(context)
        except (sa.exc.IntegrityError, LostRace, TaskNotOpen):
            pass
        except Collision:
            time.sleep(_GIVE_WAY)
        with self.acting(actor) as context:
            return command(context)


def installation_secret(keys: Path) -> bytes:
    """The secret of the installation whose keys lie in *keys*: made on first use, readable by its owner only."""
    return _kept_secret(keys / "secret.key")


def signing_seed(keys: Path) -> bytes:
    """The private key that signs the histories of the installation, made and kept the same way."""
    return _kept_secret(keys / "history.key")


def _kept_secret(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{secrets.token_hex(4)}")
        partial.touch(mode=0o600)
        partial.write_bytes(secrets.token_bytes(32))
        with suppress(FileExistsError):
            path.hardlink_to(partial)  # of two processes at the same time the first one's stays
        partial.unlink()
    return path.read_bytes()
