"""Jobs on DBOS: durable on SQLite and PostgreSQL, put in our own transaction, resumed after a crash.

Mandatory settings, each the answer to a measured trap: JSON instead of pickle (else write access to the database is code
execution), a fixed application version (else jobs of the version before are never picked up), retries on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, Serializer

from engine.database import sqlite_module
from engine.jobs.port import Handler, Job

_QUEUE: Final = "shouwen"
_WORKFLOW: Final = "job"
_VERSION: Final = "1"
#: Seconds between looks into the queue: how late a job starts at most when nothing else wakes the worker.
_POLLING_SECONDS: Final = 0.5
_CONCURRENCY: Final = 4
#: 0.2 s, then 1.7 times longer each time: about three minutes before a job counts as failed.
_FIRST_RETRY_SECONDS: Final = 0.2
_RETRY_GROWTH: Final = 1.7
_ATTEMPTS: Final = 12


class JsonSerializer(Serializer):
    """JSON in, JSON out; what is not JSON is refused."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "shouwen_json"


class DbosJobs:
    """The job engine of one process. Every process may put jobs; those that `start` also do them."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        engine = {"module": sqlite_module()} if database_url.startswith("sqlite") else {}
        self._engine_options = engine
        self._client = DBOSClient(
            system_database_engine=sa.create_engine(database_url, **engine), serializer=JsonSerializer(), lazy=True
        )

    def put(self, connection: sa.Connection, job: Job) -> None:
        options = {"queue_name": _QUEUE, "workflow_name": _WORKFLOW, "workflow_id": job.id, "app_version": _VERSION}
        self._client.enqueue_in_transaction(connection, options, {"kind": job.kind, "argument": dict(job.argument)})  # type: ignore[arg-type]

    def prepare(self) -> None:
        """Create or migrate the job engine's own tables."""
        _configure(self._url, self._engine_options, executor="migration")
        DBOS.launch()
        DBOS.destroy()

    def start(self, handlers: Mapping[str, Handler], *, executor: str) -> None:
        """Do jobs in background threads until `stop`. *executor* is stable: after a crash it resumes what it had begun."""
        _configure(self._url, self._engine_options, executor=executor)

        @DBOS.step(
            name="handle",
            retries_allowed=True,
            interval_seconds=_FIRST_RETRY_SECONDS,
            max_attempts=_ATTEMPTS,
            backoff_rate=_RETRY_GROWTH,
        )
        def handle(job: dict[str, Any]) -> None:
            handlers[job["kind"]](job["argument"])

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=3)
        def do(job: dict[str, Any]) -> None:
            handle(job)

        DBOS.launch()
        DBOS.register_queue(_QUEUE, polling_interval_sec=_POLLING_SECONDS, worker_concurrency=_CONCURRENCY)

    def stop(self) -> None:
        """Finish what is under way and stop taking jobs."""
        DBOS.destroy(workflow_completion_timeout_sec=5)


def _configure(url: str, engine_options: Mapping[str, Any], *, executor: str) -> None:
    DBOS(
        config=DBOSConfig(
            name="shouwen",
            system_database_url=url,
            db_engine_kwargs=dict(engine_options),
            application_version=_VERSION,
            executor_id=executor,
            serializer=JsonSerializer(),
            log_level="ERROR",
            use_listen_notify=False,
        )
    )
