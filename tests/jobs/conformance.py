"""What every adapter of the Jobs port promises: one suite, run by a module for each adapter.

A module says `ADAPTER`: how the engine is made, and how one of its own rows is forged.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.jobs import Handler, Job, patience
from tests.jobs.worker_process import ADAPTERS, begun, effects, given_up, metadata
from tests.support.nursery import Nursery
from tests.support.site import a_database


@dataclass(frozen=True)
class Adapter:
    """What the suite has to know of an adapter beside the port."""

    name: str  #: in `ADAPTERS`
    #: Gives every job to the executor ``test``, which does not know of it.
    taken: str


class Bench:
    """A database with a job engine, and what its handlers were given."""

    def __init__(self, folder: Path, adapter: Adapter) -> None:
        self.adapter = adapter
        self.database = a_database(folder)
        with self.database.transaction("nobody") as connection:
            metadata.create_all(connection)
        self.jobs = ADAPTERS[adapter.name](self.database.url)
        self.jobs.prepare()
        self.seen: list[Mapping[str, Any]] = []
        self.failed: list[tuple[str, str]] = []
        self._running = False

    def put(self, *jobs: Job) -> None:
        with self.database.transaction("nobody") as connection:
            for job in jobs:
                self.jobs.put(connection, job)

    def start(self, **handlers: Handler) -> None:
        self._running = True
        self.jobs.start(
            {"note": self.seen.append, **handlers},
            executor="test",
            failed=lambda job, reason: self.failed.append((job.id, reason)),
        )

    def stop(self) -> None:
        if self._running:
            self._running = False
            self.jobs.stop()

    def count(self, table: sa.Table) -> int:
        with self.database.reading_every_company() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()

    def unfinished(self) -> list[Job]:
        with self.database.reading_every_company() as connection:
            return list(self.jobs.unfinished(connection))

    def workers(self) -> set[str]:
        """Who has begun jobs."""
        with self.database.reading_every_company() as connection:
            return set(connection.execute(sa.select(begun.c.worker)).scalars())

    def counts(self) -> Mapping[str, int]:
        with self.database.reading_every_company() as connection:
            return self.jobs.statistics(connection)

    def all_done(self) -> bool:
        return self.counts() == {"waiting": 0, "failed": 0}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery("tests.jobs.worker_process")
    yield made
    made.close()


class Worker:
    """A worker in a process of its own."""

    def __init__(self, nursery: Nursery, bench: Bench, executor: str = "test") -> None:
        self._nursery = nursery
        self._pid = nursery.start(bench.adapter.name, bench.database.url, executor, environment=os.environ)

    def lives(self) -> bool:
        return self._nursery.lives(self._pid)

    def kill(self) -> None:
        self._nursery.kill(self._pid)


@pytest.fixture
def bench(tmp_path: Path, adapter: Adapter) -> Iterator[Bench]:
    made = Bench(tmp_path, adapter)
    yield made
    made.stop()


def until(true: Callable[[], bool], *, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def a_job(n: int, **argument: Any) -> Job:
    return Job("note", f"note:{n}", {"n": n, **argument})


def test_a_job_put_is_done_with_its_argument(bench: Bench) -> None:
    bench.put(a_job(7))

    bench.start()

    until(lambda: bench.seen == [{"n": 7}])


def test_a_job_of_an_undone_transaction_was_never_there(bench: Bench) -> None:
    with bench.database.transaction("nobody") as connection:
        bench.jobs.put(connection, a_job(1))
        connection.rollback()
    bench.put(a_job(2))

    bench.start()

    until(lambda: len(bench.seen) > 0)
    time.sleep(0.6)
    assert bench.seen == [{"n": 2}]


def test_who_looks_sees_the_jobs_that_are_not_done(bench: Bench) -> None:
    bench.put(a_job(1), a_job(2))
    with bench.database.transaction("nobody") as connection:
        bench.jobs.put(connection, a_job(3))
        assert {job.id for job in bench.jobs.unfinished(connection)} == {"note:1", "note:2", "note:3"}
        connection.rollback()

    assert bench.unfinished() == [a_job(1), a_job(2)]
    bench.start()
    until(lambda: bench.unfinished() == [])


def test_the_same_id_is_done_once_even_when_put_again_afterwards(bench: Bench) -> None:
    bench.put(a_job(1), a_job(1))
    bench.put(a_job(1))

    bench.start()
    until(bench.all_done)
    bench.put(a_job(1))

    time.sleep(0.6)
    assert bench.seen == [{"n": 1}]


def test_a_handler_that_fails_twice_is_tried_a_third_time(bench: Bench) -> None:
    tries: list[int] = []

    def flaky(_argument: Mapping[str, Any]) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionError("the mail server is away")

    bench.put(Job("flaky", "flaky:1"))

    bench.start(flaky=flaky)

    until(bench.all_done)
    assert len(tries) == 3
    assert bench.failed == []


def test_a_job_out_of_retries_is_reported_once_with_its_last_error(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "ATTEMPTS", 2)
    monkeypatch.setattr(patience, "FIRST_RETRY_SECONDS", 0.01)

    def broken(_argument: Mapping[str, Any]) -> None:
        raise ValueError("no such letter")

    bench.put(Job("broken", "broken:1"), a_job(1))

    bench.start(broken=broken)

    until(lambda: bench.counts() == {"waiting": 0, "failed": 1})
    assert bench.failed == [("broken:1", "ValueError: no such letter")]
    assert bench.seen == [{"n": 1}], "one failing job does not keep others from being done"


def test_a_kind_that_nobody_handles_is_reported(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "ATTEMPTS", 1)
    bench.put(Job("unheard", "unheard:1"))

    bench.start()

    until(lambda: bench.failed == [("unheard:1", "KeyError: 'unheard'")])


def test_a_thousand_jobs_are_all_done(bench: Bench) -> None:
    bench.put(*(a_job(n) for n in range(1000)))

    bench.start()

    until(lambda: len(bench.seen) >= 1000, seconds=120)
    assert sorted(found["n"] for found in bench.seen) == list(range(1000))


def test_a_machine_whose_clock_is_wrong_puts_jobs_that_are_done(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    true = time.time
    for number, hours in enumerate((-24, 24)):
        with monkeypatch.context() as wrong:
            wrong.setattr(time, "time", lambda ahead=hours * 3600: true() + ahead)
            bench.put(a_job(number))

    bench.start()

    until(bench.all_done)
    assert sorted(found["n"] for found in bench.seen) == [0, 1]


def test_what_is_not_json_is_refused_when_it_is_put(bench: Bench) -> None:
    with pytest.raises(TypeError, match="expected JSON, found PosixPath"):
        bench.put(Job("note", "note:1", {"path": Path("x")}))


def test_stopping_waits_for_a_short_job_and_not_for_an_endless_one(bench: Bench) -> None:
    ending = threading.Event()
    bench.put(Job("endless", "endless:1"))
    begun = threading.Event()

    def endless(_argument: Mapping[str, Any]) -> None:
        begun.set()
        ending.wait(60)

    bench.start(endless=endless)
    assert begun.wait(10)

    before = time.monotonic()
    bench.stop()
    took = time.monotonic() - before

    ending.set()
    assert took < 20


def test_a_stopped_engine_starts_again_and_does_the_rest(bench: Bench) -> None:
    bench.put(a_job(1))
    bench.start()
    until(lambda: len(bench.seen) == 1)
    bench.stop()
    bench.put(a_job(2))

    bench.start()

    until(lambda: bench.seen == [{"n": 1}, {"n": 2}])


def test_a_worker_killed_in_the_middle_resumes_and_finishes_everything(bench: Bench, nursery: Nursery) -> None:
    bench.put(*(a_job(n, seconds=0.02) for n in range(300)))
    worker = Worker(nursery, bench)
    until(lambda: bench.count(effects) >= 40)

    worker.kill()
    assert bench.count(effects) < 300, "the kill came in the middle"
    worker = Worker(nursery, bench)

    try:
        until(lambda: bench.count(effects) == 300, seconds=60)
        until(bench.all_done, seconds=30)
        assert bench.count(given_up) == 0
    finally:
        worker.kill()


def test_the_jobs_of_a_worker_that_never_comes_back_are_done_by_another(bench: Bench, nursery: Nursery) -> None:
    bench.put(*(a_job(n, seconds=60) for n in range(3)))
    gone = Worker(nursery, bench, "on another machine")
    until(lambda: bench.workers() == {"on another machine"})
    gone.kill()
    bench.start()

    bench.jobs.adopt(lambda: {"test", "on another machine"})
    assert bench.seen == []
    bench.jobs.adopt(lambda: {"test"})
    bench.jobs.adopt(lambda: {"test"})

    until(bench.all_done)
    assert sorted(argument["n"] for argument in bench.seen) == [0, 1, 2]


def test_a_job_that_was_taken_when_the_database_went_away_is_taken_up_again(bench: Bench) -> None:
    """The row says that this worker has it, and the worker never heard of it."""
    bench.start()
    with bench.database.transaction("nobody") as connection:
        bench.jobs.put(connection, a_job(1))
        assert connection.execute(sa.text(bench.adapter.taken)).rowcount == 1

    until(bench.all_done, seconds=60)
    assert bench.seen == [{"n": 1}]


def test_a_long_job_is_not_taken_up_twice(bench: Bench) -> None:
    begun: list[int] = []

    def long(_argument: Mapping[str, Any]) -> None:
        begun.append(1)
        time.sleep(6)

    bench.put(Job("long", "long:1"))
    bench.start(long=long)

    until(bench.all_done)
    assert begun == [1]


def test_two_workers_share_the_work_and_do_nothing_twice(bench: Bench, nursery: Nursery) -> None:
    workers = [Worker(nursery, bench, executor) for executor in ("one", "two")]
    numbers = count()

    def both_are_up() -> bool:
        """On a busy machine the second begins long after the first: a little work now and then until both had some."""
        bench.put(*(a_job(next(numbers), seconds=0.2) for _ in range(3)))
        time.sleep(1)
        return bench.workers() == {"one", "two"}

    try:
        until(both_are_up, seconds=60)
        bench.put(*(a_job(next(numbers), seconds=0.02) for _ in range(200)))
        until(bench.all_done, seconds=60)
        assert bench.count(effects) == next(numbers)
        assert bench.count(given_up) == 0
    finally:
        for worker in workers:
            worker.kill()


def test_a_job_that_kills_its_worker_is_quarantined_and_reported(bench: Bench, nursery: Nursery) -> None:
    bench.put(Job("die", "die:1"))

    deaths = 0
    worker = Worker(nursery, bench)
    while deaths < 10 and bench.count(given_up) == 0:
        time.sleep(0.1)
        if not worker.lives():
            deaths += 1
            worker = Worker(nursery, bench)

    try:
        until(lambda: bench.count(given_up) == 1)
        bench.put(a_job(1))
        until(lambda: bench.count(effects) == 1)
        assert deaths == 4
        with bench.database.reading_every_company() as connection:
            assert connection.execute(sa.select(given_up)).one() == (
                "die:1",
                "the worker stopped 4 times during this job",
            )
    finally:
        worker.kill()
