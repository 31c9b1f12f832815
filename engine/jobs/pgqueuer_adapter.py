"""Jobs on PgQueuer: PostgreSQL only, quicker, and whoever shows no heartbeat loses its jobs to the others.

Its queue forgets a job that is done and does not count crashes, so a table of ours beside it remembers ids, beginnings
and what was given up. Traps that were found: a job that is cancelled is deleted, so none ever is; one whose failure
could not be noted is deleted too, so failed ones are held and looked at; names of its tables may come from variables
of the environment as common as CHANNEL, so none is read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any, Final, Self
from uuid import NAMESPACE_OID, UUID, uuid5

import psycopg
import sqlalchemy as sa
from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.adapters.persistence import qb
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as Row
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import QueueManagerId
from pgqueuer.ports.driver import NotifyCallback
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from engine import postgresql
from engine.jobs import patience
from engine.jobs.as_json import dumped, from_json, to_json
from engine.jobs.port import Failed, Handler, Job
from engine.jobs.repeating import Repeating

_log = logging.getLogger(__name__)
_KIND: Final = "job"  #: PgQueuer's name of what it does; ours is in the payload
#: Who showed no heartbeat for so long has lost its jobs. Shown twice in that time.
_SILENT: Final = timedelta(seconds=15)
#: How late a job starts at most where no notification comes through, as behind a pooler.
_POLLING: Final = timedelta(seconds=1)
_GRACE_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 1.0
_SWEEP_SECONDS: Final = 2.0
_KEEP_LOG: Final = timedelta(days=1)

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS pgqueuer.jobs (
    id text PRIMARY KEY, begun integer NOT NULL DEFAULT 0, given_up boolean NOT NULL DEFAULT false,
    put_at timestamptz NOT NULL DEFAULT now()
)"""
_NEW: Final = "INSERT INTO pgqueuer.jobs (id) VALUES (%s) ON CONFLICT DO NOTHING"
_BEGIN: Final = "UPDATE pgqueuer.jobs SET begun = begun + 1 WHERE id = $1 RETURNING begun"
_GIVEN_UP: Final = "UPDATE pgqueuer.jobs SET given_up = true WHERE id = $1"
_UNFINISHED: Final = "SELECT payload FROM pgqueuer.pgqueuer WHERE status IN ('queued', 'picked') ORDER BY id"
_STATISTICS: Final = (
    "SELECT (SELECT count(*) FROM pgqueuer.pgqueuer WHERE status IN ('queued', 'picked')), "
    "(SELECT count(*) FROM pgqueuer.jobs WHERE given_up)"
)
_HOLDERS: Final = "SELECT DISTINCT queue_manager_id FROM pgqueuer.pgqueuer WHERE status = 'picked'"
#: Nobody's, and not seen for long: whoever looks next takes them. Under their old name they would fill its places.
_ADOPT: Final = (
    "UPDATE pgqueuer.pgqueuer SET heartbeat = 'epoch', queue_manager_id = NULL "
    "WHERE status = 'picked' AND queue_manager_id = %s"
)
#: A job that is held was reported, or something kept it from being so: then it is put again.
_REPORTED: Final = (
    "DELETE FROM pgqueuer.pgqueuer AS q USING pgqueuer.jobs AS j "
    "WHERE q.status = 'failed' AND j.id = q.dedupe_key AND j.given_up"
)
_PUT_AGAIN: Final = (
    "UPDATE pgqueuer.pgqueuer SET status = 'queued', execute_after = now(), queue_manager_id = NULL "
    "WHERE status = 'failed'"
)
_FORGET: Final = (
    "DELETE FROM pgqueuer.jobs AS j WHERE put_at < now() - %s::interval "
    "AND NOT EXISTS (SELECT FROM pgqueuer.pgqueuer AS q WHERE q.dedupe_key = j.id)"
)
_FORGET_LOG: Final = "DELETE FROM pgqueuer.pgqueuer_log WHERE created < now() - %s::interval"


class _Names(DBSettings):
    """Where PgQueuer keeps its tables, whatever the environment says."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


_NAMES: Final = _Names(db_schema="pgqueuer")
_PUT: Final = qb.QueryQueueBuilder(_NAMES).build_enqueue_query()


class JobError(Exception):
    """What a job failed of, in one line: the error itself may hold what must not be kept."""


class PgQueuerJobs:
    """The job engine of one process. Every process may put jobs; those that `start` also do them."""

    def __init__(self, database_url: str) -> None:
        url = sa.make_url(database_url)
        if url.get_backend_name() != "postgresql":
            raise ValueError("expected PostgreSQL for the job engine pgqueuer, found another: set SHOUWEN_JOBS=dbos")
        self._connect: dict[str, Any] = {
            **url.get_dialect()().create_connect_args(url)[1],
            **postgresql.CONNECT,
            "autocommit": True,
            "prepare_threshold": None,  # a pooler may stand between
        }
        self._worker: _Worker | None = None
        self._sweeping: Repeating | None = None
        logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)  # failed jobs are incidents; it would log their errors

    def put(self, connection: sa.Connection, job: Job) -> None:
        payload = dumped(to_json(job)).encode()
        if not connection.exec_driver_sql(_NEW, (job.id,)).rowcount:
            return
        row: Any = ([0], [_KIND], [payload], [timedelta()], [job.id], ["null"])
        driver: Any = connection.connection.driver_connection
        with psycopg.RawCursor(driver) as cursor:
            cursor.execute(_PUT, row)

    def unfinished(self, connection: sa.Connection) -> Iterator[Job]:
        for (payload,) in connection.exec_driver_sql(_UNFINISHED):
            yield from_json(json.loads(bytes(payload)))

    def statistics(self, connection: sa.Connection) -> Mapping[str, int]:
        waiting, failed = connection.exec_driver_sql(_STATISTICS).one()
        return {"waiting": waiting, "failed": failed}

    def prepare(self) -> None:
        asyncio.run(self._prepare())

    def start(
        self, handlers: Mapping[str, Handler], *, executor: str, failed: Failed, crashes: int = patience.CRASHES
    ) -> None:
        self._worker = _Worker(self._connect, handlers, executor=executor, failed=failed, crashes=crashes)
        self._worker.start()
        self._sweeping = Repeating("job_sweep", self._sweep, seconds=_SWEEP_SECONDS)
        self._sweeping.start()

    def adopt(self, present: Callable[[], Collection[str]]) -> None:
        with psycopg.connect(**self._connect) as connection:
            begun = {holder for (holder,) in connection.execute(_HOLDERS) if holder is not None}
            for gone in begun.difference(map(_name, present())):
                connection.execute(_ADOPT, (gone,))

    def stop(self) -> None:
        if self._sweeping and self._worker:
            self._sweeping.stop()
            self._worker.stop()
            self._sweeping = self._worker = None

    async def _prepare(self) -> None:
        async with await psycopg.AsyncConnection.connect(**self._connect) as connection:
            queries = _queries(PsycopgDriver(connection))
            if await queries.schema_is_installed():
                await queries.upgrade()
            else:
                await queries.install()
            await connection.execute(_TABLE)

    def _sweep(self) -> None:
        """A job that is held was reported, or something kept it from being so: then it is put again."""
        with psycopg.connect(**self._connect) as connection:
            connection.execute(_REPORTED)
            connection.execute(_PUT_AGAIN)
            connection.execute(_FORGET, (patience.KEEP,))
            connection.execute(_FORGET_LOG, (_KEEP_LOG,))


class _Worker:
    """A thread in which PgQueuer looks for jobs, and the threads in which they are done."""

    def __init__(
        self, connect: dict[str, Any], handlers: Mapping[str, Handler], *, executor: str, failed: Failed, crashes: int
    ) -> None:
        self._connect, self._handlers, self._failed, self._crashes = connect, handlers, failed, crashes
        self._name = _name(executor)
        self._loop = asyncio.new_event_loop()
        self._stopping, self._leaving = asyncio.Event(), asyncio.Event()
        self._manager: QueueManager | None = None
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._doing = ThreadPoolExecutor(patience.CONCURRENCY, thread_name_prefix="job")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join(timeout=2 * _GRACE_SECONDS)
        self._doing.shutdown(wait=False, cancel_futures=True)

    def _stop(self) -> None:
        self._stopping.set()
        if self._manager:
            self._manager.shutdown.set()
        self._loop.call_later(_GRACE_SECONDS, self._leaving.set)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._look_for_jobs())

    async def _look_for_jobs(self) -> None:
        """Until it is stopped, on a new connection whenever the old one is lost."""
        while not self._stopping.is_set():
            try:
                async with (
                    await psycopg.AsyncConnection.connect(**self._connect) as connection,
                    await psycopg.AsyncConnection.connect(**self._connect) as ear,
                ):
                    await connection.execute(
                        _ADOPT, (self._name,)
                    )  # of a process before this one, or lost with its line
                    await self._work_on(_queries(_Driver(connection, ear)))
            except Exception:  # noqa: BLE001 -- the database may be away for a while
                _log.warning("no jobs for a while", extra={"action": "jobs_failed"}, exc_info=True)
                await _either(self._stopping.wait(), asyncio.sleep(_AGAIN_SECONDS))

    async def _work_on(self, queries: Queries) -> None:
        manager = QueueManager(queries, channel=_NAMES.channel)
        manager.queue_manager_id = self._name

        async def do(row: Row) -> None:
            try:
                await self._do(queries, row)
            except (JobError, RetryRequested):
                raise
            except Exception as error:  # noqa: BLE001 -- whatever it is, the job stays
                raise RetryRequested(timedelta(seconds=_AGAIN_SECONDS), patience.reason(error)) from None

        manager.entrypoint(_KIND, on_failure="hold")(do)
        self._manager = manager
        if not self._stopping.is_set():
            await manager.run(
                dequeue_timeout=_POLLING,
                batch_size=patience.CONCURRENCY // 2,
                max_concurrent_tasks=patience.CONCURRENCY,
                heartbeat_timeout=_SILENT,
                log_aggregation_interval=timedelta(),
            )

    async def _do(self, queries: Queries, row: Row) -> None:
        job = from_json(json.loads(row.payload or b"{}"))
        (found,) = await queries.driver.fetch(_BEGIN, job.id)
        begun: Any = found["begun"]
        if begun - row.attempts > self._crashes + 1:
            await self._give_up(queries, job, patience.stopped_too_often(self._crashes))
        try:
            await self._in_a_thread(lambda: self._handlers[job.kind](job.argument))
        except RetryRequested:
            raise
        except Exception as error:  # noqa: BLE001 -- handlers may raise anything
            if row.attempts + 1 >= patience.ATTEMPTS:
                await self._give_up(queries, job, patience.reason(error))
            wait = patience.FIRST_RETRY_SECONDS * patience.RETRY_GROWTH**row.attempts
            raise RetryRequested(timedelta(seconds=wait)) from None

    async def _give_up(self, queries: Queries, job: Job, reason: str) -> None:
        await self._in_a_thread(partial(self._failed, job, reason))
        await queries.driver.execute(_GIVEN_UP, job.id)
        raise JobError(reason)

    async def _in_a_thread(self, work: Callable[[], object]) -> None:
        """Its error is raised here. What is still under way when this worker leaves is put again."""
        doing = self._loop.run_in_executor(self._doing, work)
        await _either(doing, self._leaving.wait())
        if not doing.done():
            doing.cancel()
            raise RetryRequested
        doing.result()


class _Driver(PsycopgDriver):
    """Listens on a connection of its own: who listens holds it for a second, and everything else would wait."""

    def __init__(self, connection: psycopg.AsyncConnection, ear: psycopg.AsyncConnection) -> None:
        super().__init__(connection)
        self._ear = PsycopgDriver(ear)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        await self._ear.add_listener(channel, callback)

    async def __aenter__(self) -> Self:
        await self._ear.__aenter__()
        return await super().__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await super().__aexit__(*error)
        await self._ear.__aexit__(*error)


async def _either(*waited: Any) -> None:
    """Until one of them is done; only what was made here is cancelled."""
    own = [asyncio.ensure_future(each) for each in waited]
    await asyncio.wait(own, return_when=asyncio.FIRST_COMPLETED)
    for given, made in zip(waited, own, strict=True):
        if made is not given:
            made.cancel()


def _queries(driver: PsycopgDriver) -> Queries:
    return Queries(
        driver,
        qbe=qb.QueryBuilderEnvironment(_NAMES),
        qbq=qb.QueryQueueBuilder(_NAMES),
        qbs=qb.QuerySchedulerBuilder(_NAMES),
    )


def _name(executor: str) -> QueueManagerId:
    """PgQueuer's name for *executor*."""
    made: UUID = uuid5(NAMESPACE_OID, executor)
    return QueueManagerId(made)
