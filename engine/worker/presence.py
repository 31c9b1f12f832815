"""Which workers of an installation are there: each shows itself, and takes over the jobs of those that no longer do.

Nothing is asked of a shared drive or of a connection that stays: it holds behind a connection pooler too.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

import sqlalchemy as sa

from engine.commands.site import Site
from engine.database import insert_for
from engine.jobs import Repeating
from engine.tables import workers
from engine.worker.slot import worker_slot

_log = logging.getLogger(__name__)
_SECONDS: Final = 5.0
#: Whoever was not seen for so long is taken for dead; longer than the database keeps a frozen transaction.
DEAD_AFTER: Final = timedelta(seconds=30)
#: When a worker was seen that has ended as it should: nobody has to wait for it.
_LEFT: Final = datetime.fromtimestamp(0, UTC)


@contextmanager
def worker_name(site: Site) -> Iterator[str]:
    """A name that no other worker of the installation has while the block runs.

    Files of one machine give out the names on SQLite, see `worker_slot`. Machines that share a PostgreSQL share no
    files: there every start has a name of its own, and what was begun under it passes to the others when it ends.
    """
    if site.database.is_sqlite:
        with worker_slot(site.settings.var) as name:
            yield name
    else:
        yield f"worker-{secrets.token_hex(6)}"


class Presence:
    """One worker among the others of *site*. *adopt* puts the jobs again of whoever is not there: `JobEngine.adopt`.

    A name without a row has no jobs, whatever went wrong before: who was taken for dead, took more all the same and
    died, and whose jobs somebody took over who died at that, is still missed at the next look.
    """

    def __init__(
        self,
        site: Site,
        name: str,
        adopt: Callable[[Callable[[], Collection[str]]], None],
        *,
        dead_after: timedelta = DEAD_AFTER,
    ) -> None:
        self._site = site
        self._name = name
        self._adopt = adopt
        self._dead_after = dead_after
        self._steady_since = self._shown_at = float("-inf")

    def repeating(self) -> Repeating:
        """Shows itself every five seconds from its `start`."""
        return Repeating("presence", self.show, seconds=_SECONDS)

    def announce(self) -> None:
        """Be there before the first job is taken: nobody would ever miss a worker that took some and was never seen."""
        with self._site.database.migrating() as connection:
            self._write(connection, _database_time(connection, self._site))

    def show(self) -> None:
        """Say that this worker is there, and take over from those that have not said so for long.

        A worker that has itself been away, frozen or cut off, judges nobody: to it all others look dead.
        """
        with self._site.database.migrating() as connection:  # one worker at a time
            now = _database_time(connection, self._site)
            self._write(connection, now)
            steady = self._is_steady(monotonic())
            self._bury(connection, until=now - self._dead_after if steady else _LEFT)
        self._adopt(self._present)  # on its own: the job engine writes on connections of its own, SQLite has one writer

    def leave(self) -> None:
        """What this worker had not finished is taken over at once."""
        with self._site.database.migrating() as connection:
            connection.execute(sa.update(workers).where(workers.c.name == self._name).values(seen_at=_LEFT))

    def _write(self, connection: sa.Connection, now: datetime) -> None:
        row = {"place": f"{socket.gethostname()}:{os.getpid()}", "since": now, "seen_at": now}
        insert = insert_for(connection.dialect.name, workers).values(name=self._name, **row)
        connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_=self._changed(row)))

    def _changed(self, row: dict[str, object]) -> dict[str, object]:
        """The first time a name may be one that an earlier process had."""
        return row if self._shown_at < 0 else {"seen_at": row["seen_at"]}

    def _is_steady(self, instant: float) -> bool:
        if instant - self._shown_at > self._dead_after.total_seconds() / 2:
            self._steady_since = instant
        self._shown_at = instant
        return instant - self._steady_since >= self._dead_after.total_seconds()

    def _bury(self, connection: sa.Connection, *, until: datetime) -> None:
        t = workers.c
        dead = sa.delete(workers).where(t.seen_at <= until, t.name != self._name).returning(t.name, t.seen_at)
        for name, seen_at in connection.execute(dead):
            if seen_at > _LEFT:  # who left as it should is no reason to look
                _log.warning("worker is gone", extra={"action": "worker_gone", "worker": name})

    def _present(self) -> Collection[str]:
        with self._site.database.reading_every_company() as connection:
            return connection.execute(sa.select(workers.c.name)).scalars().all()


def _database_time(connection: sa.Connection, site: Site) -> datetime:
    """The clock that all workers share: the server's, or that of the one machine."""
    if connection.dialect.name == "sqlite":
        return site.clock()
    found: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return found
