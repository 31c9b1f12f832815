"""The same jobs by both job engines on one PostgreSQL, in turns: what a worker and the server use for each.

``python -m bench.jobs``. A job writes one row. The server's own processes count, the putting of jobs does not; what
an engine uses while it waits for nothing is measured for itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from bench.figures import Figure, beside
from bench.web import _cpu, _family
from engine.database import Database
from engine.jobs import Job
from tests.jobs.worker_process import ADAPTERS, effects, metadata
from tests.support.nursery import Nursery
from tests.support.postgresql import Cluster, a_cluster
from tests.support.site import a_database, on_server

_JOBS = 500
_ROUNDS = 3
_IDLE_SECONDS = 10.0


def measure(jobs: int = _JOBS) -> Iterator[Figure]:
    """Milliseconds of processor time a job, seconds until all are done, and processor time of waiting."""
    server, nursery = a_cluster(durable=True), Nursery("tests.jobs.worker_process")
    spent: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ADAPTERS}
    try:
        for _ in range(_ROUNDS):
            for name, each in spent.items():
                with TemporaryDirectory() as folder, on_server(server):
                    each.append(_spent(name, a_database(Path(folder)), server, nursery, jobs))
    finally:
        nursery.close()
        server.stop()
    units = ((f"{jobs} jobs", "s"), ("processor time a job", "ms"), ("of a core while nothing waits", "%"))
    for number, (words, unit) in enumerate(units):
        dbos, pgqueuer = (min(round_[number] for round_ in spent[name]) for name in ("dbos", "pgqueuer"))
        yield Figure(f"DBOS: {words}, best of {_ROUNDS}", dbos, unit)
        yield beside(f"PgQueuer: {words}, best of {_ROUNDS}", pgqueuer, unit, against="DBOS", other=dbos)


def _spent(name: str, database: Database, server: Cluster, nursery: Nursery, jobs: int) -> tuple[float, float, float]:
    engine = ADAPTERS[name](database.url)
    with database.transaction("nobody") as connection:
        metadata.create_all(connection)
    engine.prepare()
    pid = nursery.start(name, database.url, "bench", environment={})
    try:
        _put(database, name, range(1))
        _wait_for(database, 1)  # it has begun
        _put(database, name, range(1, jobs + 1))
        cpu, begin = _used(server, pid), time.monotonic()
        _wait_for(database, jobs + 1)
        seconds, used = time.monotonic() - begin, _used(server, pid) - cpu
        cpu = _used(server, pid)
        time.sleep(_IDLE_SECONDS)
        idle = _used(server, pid) - cpu
    finally:
        nursery.kill(pid)
    return seconds, used / jobs * 1000, idle / _IDLE_SECONDS * 100


def _put(database: Database, name: str, numbers: range) -> None:
    engine = ADAPTERS[name](database.url)
    with database.transaction("nobody") as connection:
        for n in numbers:
            engine.put(connection, Job("note", f"note:{n}", {"n": n}))


def _wait_for(database: Database, done: int) -> None:
    end = time.monotonic() + 600
    while True:
        with database.reading_every_company() as connection:
            if connection.execute(sa.select(sa.func.count()).select_from(effects)).scalar_one() >= done:
                return
        assert time.monotonic() < end, "the jobs were not done"
        time.sleep(0.2)


def _used(server: Cluster, pid: int) -> float:
    """CPU seconds of the worker and of the server, with those of its children that ended."""
    assert server.process
    return _cpu(pid) + sum(map(_cpu, _family(server.process.pid)))


def main(jobs: int = _JOBS) -> None:
    for figure in measure(jobs):
        ratio = f" = {figure.ratio:.2f} x {figure.against}" if figure.ratio is not None else ""
        print(f"{figure.figure}: {figure.value:.2f} {figure.unit}{ratio}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
