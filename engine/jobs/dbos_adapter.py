"""Jobs on DBOS: durable on SQLite and PostgreSQL, put in our own transaction, resumed after a crash.

Mandatory settings, each the answer to a measured trap: JSON instead of pickle (else write access to the database is
code execution), a fixed application version (else jobs of an older one are never picked up), retries on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, Serializer
from dbos._dbos import _get_dbos_instance
from dbos._error import DBOSMaxStepRetriesExceeded
from dbos._serialization import DBOSDefaultSerializer

from engine import postgresql
from engine.jobs import patience
from engine.jobs.as_json import from_json, to_json
from engine.jobs.port import Failed, Handler, Job
from engine.jobs.repeating import Repeating
from engine.sqlite import sqlite_module

_QUEUE: Final = "shouwen"
_WORKFLOW: Final = "job"
_VERSION: Final = "1"
#: Seconds between looks into the queue: how late a job starts at most when nothing else wakes the worker. It bounds
#: the rate: DBOS fills free places only when it looks.
_POLLING_SECONDS: Final = 0.2
_QUARANTINED: Final = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
_WATCH_SECONDS: Final = 2.0
_SWEEP: Final = timedelta(hours=1)
_SWEEP_AT_ONCE: Final = 1000


def _unfinished(schema: str) -> sa.TextClause:
    return sa.text(
        f"SELECT coalesce(i.inputs, s.inputs) FROM {schema}workflow_status AS s "  # noqa: S608 -- two constants
        f"LEFT JOIN {schema}workflow_input AS i ON i.workflow_uuid = s.workflow_uuid WHERE s.name = :name "
        "AND s.status IN ('ENQUEUED', 'DELAYED', 'PENDING') ORDER BY s.created_at, s.workflow_uuid"
    )


def _statistics(schema: str) -> sa.TextClause:
    return sa.text(f"SELECT status, count(*) FROM {schema}workflow_status WHERE name = :name GROUP BY status")  # noqa: S608


_STATISTICS: Final = {"sqlite": _statistics(""), "postgresql": _statistics("dbos.")}
_UNFINISHED: Final = {"sqlite": _unfinished(""), "postgresql": _unfinished("dbos.")}


class JobError(Exception):
    """What a failed job left behind, read back from the database: the text of the error and nothing that runs."""


class JsonSerializer(Serializer):
    """JSON in, JSON out; what is not JSON is refused. An error becomes its text."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=_error_to_json)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data, object_hook=_error_from_json)

    def name(self) -> str:
        return "shouwen_json"


class DbosJobs:
    """The job engine of one process. Every process may put jobs; those that `start` also do them."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._engine_options = _engine_options(database_url)
        self._client = DBOSClient(
            system_database_engine=sa.create_engine(database_url, **self._engine_options),
            serializer=JsonSerializer(),
            lazy=True,
        )
        self._watch: Repeating | None = None

    def put(self, connection: sa.Connection, job: Job) -> None:
        options = {"queue_name": _QUEUE, "workflow_name": _WORKFLOW, "workflow_id": job.id, "app_version": _VERSION}
        self._client.enqueue_in_transaction(connection, options, to_json(job))  # type: ignore[arg-type]

    def unfinished(self, connection: sa.Connection) -> Iterator[Job]:
        for (inputs,) in connection.execute(_UNFINISHED[connection.dialect.name], {"name": _WORKFLOW}):
            yield from_json(json.loads(inputs)["args"][0])

    def statistics(self, connection: sa.Connection) -> Mapping[str, int]:
        rows = connection.execute(_STATISTICS[connection.dialect.name], {"name": _WORKFLOW}).all()
        return {
            "waiting": sum(count for status, count in rows if status in {"ENQUEUED", "DELAYED", "PENDING"}),
            "failed": sum(count for status, count in rows if status in {"ERROR", "CANCELLED", _QUARANTINED}),
        }

    def prepare(self) -> None:
        _configure(self._url, self._engine_options, executor="migration")
        DBOS.launch()
        DBOS.destroy(destroy_registry=True)

    def start(
        self, handlers: Mapping[str, Handler], *, executor: str, failed: Failed, crashes: int = patience.CRASHES
    ) -> None:
        _configure(self._url, self._engine_options, executor=executor)

        @DBOS.step(
            name="handle",
            retries_allowed=True,
            interval_seconds=patience.FIRST_RETRY_SECONDS,
            max_attempts=patience.ATTEMPTS,
            backoff_rate=patience.RETRY_GROWTH,
        )
        def handle(job: dict[str, Any]) -> None:
            handlers[job["kind"]](job["argument"])

        @DBOS.step(name="give_up", retries_allowed=True, max_attempts=patience.ATTEMPTS)
        def give_up(job: dict[str, Any], reason: str) -> None:
            failed(from_json(job), reason)

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=crashes)
        def do(job: dict[str, Any]) -> None:
            try:
                handle(job)
            except Exception as error:
                give_up(job, _reason(error))
                raise

        DBOS.launch()
        DBOS.register_queue(_QUEUE, polling_interval_sec=_POLLING_SECONDS, worker_concurrency=patience.CONCURRENCY)
        self._watch = Repeating("job_watch", _Watch(failed, crashes, executor=executor).look, seconds=_WATCH_SECONDS)
        self._watch.start()

    def adopt(self, present: Callable[[], Collection[str]]) -> None:
        begun = DBOS.list_workflows(status="PENDING", name=_WORKFLOW, load_input=False, load_output=False)
        gone = {str(found.executor_id) for found in begun}.difference(present())
        if gone:
            DBOS._recover_pending_workflows(sorted(gone))  # noqa: SLF001 -- as a start does for its own name

    def stop(self) -> None:
        if self._watch:
            self._watch.stop()
            self._watch = None
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=5)


class _Watch:
    """Reports quarantined jobs, takes up again what this process should do and does not, and forgets old ones."""

    def __init__(self, failed: Failed, crashes: int, *, executor: str) -> None:
        self._failed = failed
        self._executor = executor
        self._idle: set[str] = set()
        self._reason = patience.stopped_too_often(crashes)
        self._swept_at = datetime.min.replace(tzinfo=UTC)

    def look(self) -> None:
        self._report_quarantined()
        self._resume_forgotten()
        self._sweep(datetime.now(UTC))

    def _report_quarantined(self) -> None:
        for found in DBOS.list_workflows(status=_QUARANTINED, name=_WORKFLOW, limit=100):
            assert found.input is not None
            self._failed(from_json(found.input["args"][0]), self._reason)
            DBOS.cancel_workflow(found.workflow_id)  # reported: not found again

    def _resume_forgotten(self) -> None:
        """Put again what was ours at two looks and not under way at either.

        Whoever loses the database while it takes jobs cannot know that it has them; DBOS 3.4.0 finds such jobs at the
        next start of the process only.
        """
        mine = DBOS.list_workflows(
            status="PENDING", name=_WORKFLOW, executor_id=self._executor, load_input=False, load_output=False
        )
        under_way = _get_dbos_instance()._active_workflows_set.activeList()  # noqa: SLF001 -- said nowhere else
        idle = {found.workflow_id for found in mine}.difference(under_way)
        for forgotten in sorted(idle & self._idle):
            DBOS.resume_workflow(forgotten, queue_name=_QUEUE)
        self._idle = idle

    def _sweep(self, now: datetime) -> None:
        if now - self._swept_at < _SWEEP:
            return
        before = (now - patience.KEEP).isoformat()
        old = DBOS.list_workflows(
            name=_WORKFLOW, completed_before=before, limit=_SWEEP_AT_ONCE, load_input=False, load_output=False
        )
        DBOS.delete_workflows([found.workflow_id for found in old])
        if len(old) < _SWEEP_AT_ONCE:
            self._swept_at = now


def _engine_options(database_url: str) -> dict[str, Any]:
    if database_url.startswith("sqlite"):
        return {"module": sqlite_module()}
    # A pooler may stand between; jobs are too few for prepared statements to matter.
    return {"connect_args": {**postgresql.CONNECT, "prepare_threshold": None}, "pool_pre_ping": True}


def _configure(url: str, engine_options: Mapping[str, Any], *, executor: str) -> None:
    _refuse_pickle()
    DBOS(
        config=DBOSConfig(
            name="shouwen",
            system_database_url=url,
            db_engine_kwargs=dict(engine_options),
            application_version=_VERSION,
            executor_id=executor,
            serializer=JsonSerializer(),
            log_level="CRITICAL",  # failed jobs are reported as incidents; DBOS would log their arguments
            use_listen_notify=False,
        )
    )


def _refuse_pickle() -> None:
    """Close DBOS 3.4.0's back door: a row that says ``py_pickle`` is unpickled whatever serializer is configured."""

    def refuse(_data: str) -> Any:
        raise TypeError("expected a job in JSON, found a pickle: nothing of ours writes that")

    DBOSDefaultSerializer.deserialize = refuse  # type: ignore[assignment,method-assign]


def _reason(error: Exception) -> str:
    """The last error of a job that ran out of retries, in one line."""
    last = error.errors[-1] if isinstance(error, DBOSMaxStepRetriesExceeded) and error.errors else error
    return patience.reason(last)


def _error_to_json(value: Any) -> Any:
    if isinstance(value, BaseException):
        return {"$error": f"{type(value).__name__}: {value}"[:2000]}
    raise TypeError(f"expected JSON, found {type(value).__name__}")


def _error_from_json(value: dict[str, Any]) -> Any:
    return JobError(value["$error"]) if value.keys() == {"$error"} else value
