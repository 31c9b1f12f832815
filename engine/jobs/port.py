"""What the rest of the engine knows about background work."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import sqlalchemy as sa

from engine.jobs import patience


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. The same *id* is done once, however often it is put."""

    kind: str  #: names the handler
    id: str  #: e.g. ``"service:12:notify#1"``
    argument: Mapping[str, Any] = field(default_factory=dict)  #: JSON; ids only, never personal data


#: Does the work of one kind of job. May be called again for the same job after a crash, so it must bear repetition.
Handler = Callable[[Mapping[str, Any]], None]

#: Hears of a job that is given up, with the reason in one line. May be called again for the same job.
Failed = Callable[[Job, str], None]


class Jobs(Protocol):
    """Where commands put work."""

    def put(self, connection: sa.Connection, job: Job) -> None:
        """Put *job* within the caller's transaction: when that is undone, the job was never there."""

    def unfinished(self, connection: sa.Connection) -> Iterable[Job]:
        """The jobs that *connection* sees waiting or under way, in the order they were put."""

    def statistics(self, connection: sa.Connection) -> Mapping[str, int]:
        """``{"waiting": …, "failed": …}``: how many wait or are under way, how many of late were given up."""


@runtime_checkable
class JobEngine(Jobs, Protocol):
    """The whole of an adapter: what processes do that look after jobs. Every process may put, those that `start` do."""

    def prepare(self) -> None:
        """Create or migrate the job engine's own tables."""

    def start(
        self, handlers: Mapping[str, Handler], *, executor: str, failed: Failed, crashes: int = patience.CRASHES
    ) -> None:
        """Do jobs in background threads until `stop`. After a crash the same *executor* resumes what it had begun.

        *failed* hears of every job that is given up: out of retries, or quarantined because its process died more than
        *crashes* times during it.
        """

    def adopt(self, present: Callable[[], Collection[str]]) -> None:
        """Put again what was begun by anybody who is not *present*. Only while this one does jobs itself.

        *present* is asked after it was seen who has jobs: whoever comes meanwhile was there before its first job.
        May be repeated: what somebody has taken meanwhile is no longer that one's.
        """

    def stop(self) -> None:
        """Stop taking jobs; what is under way gets five seconds, the rest resumes at the next start."""
