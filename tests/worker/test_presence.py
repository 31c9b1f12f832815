"""Workers on machines that share nothing but a database: none has another's name, and none's jobs are lost with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.site import Site
from engine.database import DatabaseAway
from engine.jobs import Job
from engine.jobs.dbos_adapter import DbosJobs
from engine.tables import workers
from engine.worker import presence
from engine.worker.presence import Presence
from tests.support.jobs import RememberedJobs
from tests.support.server import Server, free_port
from tests.support.site import CAFE, a_site
from webapp.cli.serving import _working


class Hands:
    """Time as the workers count it, who has jobs, and whose jobs were taken over."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 1000.0
        self.busy = set[str]()
        self.adopted: list[str] = []
        monkeypatch.setattr(presence, "monotonic", lambda: self.seconds)

    def pass_by(self, seconds: float, *showing: Presence) -> None:
        for _ in range(int(seconds)):
            self.seconds += 1
            for each in showing:
                each.show()

    def adopt(self, present: Callable[[], Collection[str]]) -> None:
        gone = self.busy.difference(present())
        self.busy -= gone
        self.adopted += sorted(gone)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


def a_worker(site: Site, name: str, hands: Hands) -> Presence:
    hands.busy.add(name)
    made = Presence(site, name, hands.adopt, dead_after=timedelta(seconds=10))
    made.announce()
    return made


def seen_long_ago(site: Site, name: str) -> None:
    """As if that worker had not shown itself for a minute."""
    with site.database.migrating() as connection:
        t = workers.c
        seen = connection.execute(sa.select(t.seen_at).where(t.name == name)).scalar_one()
        connection.execute(sa.update(workers).where(t.name == name).values(seen_at=seen - timedelta(minutes=1)))


def names(site: Site) -> list[str]:
    with site.database.reading_every_company() as connection:
        return sorted(connection.execute(sa.select(workers.c.name)).scalars())


class WatchedJobs(RememberedJobs):
    """A job engine that notes which workers had been seen when it began."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site
        self.seen: list[tuple[str, list[str]]] = []

    def prepare(self) -> None: ...

    def start(self, handlers: Any, *, executor: str, failed: Any, crashes: int = 10) -> None:
        self.seen.append((executor, names(self._site)))

    def adopt(self, present: Callable[[], Collection[str]]) -> None: ...

    def stop(self) -> None: ...


def test_whoever_takes_jobs_has_been_seen_before(site: Site) -> None:
    """Killed right after it took some, it is missed all the same, and others take over."""
    jobs = WatchedJobs(site)

    with _working(replace(site, jobs=jobs)):
        pass

    ((executor, seen),) = jobs.seen
    assert executor in seen


def test_the_jobs_of_a_worker_that_is_gone_are_taken_over_once(site: Site, hands: Hands) -> None:
    one, two, three = (a_worker(site, name, hands) for name in ("one", "two", "three"))
    hands.pass_by(20, one, two, three)
    seen_long_ago(site, "one")

    hands.pass_by(2, two, three)

    assert hands.adopted == ["one"]
    assert names(site) == ["three", "two"]


def test_whoever_was_frozen_judges_nobody(site: Site, hands: Hands) -> None:
    one, two = a_worker(site, "one", hands), a_worker(site, "two", hands)
    hands.pass_by(20, one, two)
    hands.seconds += 60  # the machine slept
    seen_long_ago(site, "two")

    hands.pass_by(9, one)
    assert hands.adopted == []
    hands.pass_by(2, one)

    assert hands.adopted == ["two"]


def test_whoever_was_taken_for_dead_and_lives_is_there_again(site: Site, hands: Hands) -> None:
    one, two = a_worker(site, "one", hands), a_worker(site, "two", hands)
    hands.pass_by(20, one, two)
    seen_long_ago(site, "one")
    hands.pass_by(1, two)
    assert names(site) == ["two"]

    hands.pass_by(1, one)

    assert names(site) == ["one", "two"]


def test_whoever_leaves_is_not_waited_for(site: Site, hands: Hands) -> None:
    one, two = a_worker(site, "one", hands), a_worker(site, "two", hands)
    hands.pass_by(1, one)

    one.leave()
    hands.pass_by(1, two)

    assert hands.adopted == ["one"]


def test_whoever_takes_jobs_after_it_was_taken_for_dead_is_missed_again(site: Site, hands: Hands) -> None:
    """It may die before it shows itself again, and nobody would have it on a list."""
    one, two = a_worker(site, "one", hands), a_worker(site, "two", hands)
    hands.pass_by(20, one, two)
    seen_long_ago(site, "one")
    hands.pass_by(1, two)

    hands.busy.add("one")
    hands.pass_by(1, two)

    assert hands.adopted == ["one", "one"]


class TheWorst:
    """A job engine whose first taking over comes to nothing."""

    def __init__(self, hands: Hands) -> None:
        self._hands, self._first = hands, True

    def adopt(self, present: Callable[[], Collection[str]]) -> None:
        if self._first:
            self._first = False
            raise DatabaseAway("gone")
        self._hands.adopt(present)


def test_what_could_not_be_taken_over_is_at_the_next_look(site: Site, hands: Hands) -> None:
    one = a_worker(site, "one", hands)
    two = Presence(site, "two", TheWorst(hands).adopt)
    one.leave()

    with pytest.raises(DatabaseAway):
        two.show()
    two.show()

    assert hands.adopted == ["one"]


def test_who_left_as_it_should_is_no_reason_to_warn(site: Site, hands: Hands, caplog: pytest.LogCaptureFixture) -> None:
    one, two, three = (a_worker(site, name, hands) for name in ("one", "two", "three"))
    hands.pass_by(20, one, two, three)
    one.leave()
    seen_long_ago(site, "two")

    hands.pass_by(2, three)

    assert hands.adopted == ["one", "two"]
    assert [record.__dict__["worker"] for record in caplog.records] == ["two"]


@pytest.fixture
def jobs(site: Site) -> Iterator[DbosJobs]:
    """The real engine, doing jobs as "me"."""
    made = DbosJobs(site.database.url)
    made.prepare()
    yield made
    made.stop()


def test_on_one_database_the_jobs_of_others_are_taken_over_while_their_names_are_forgotten(
    site: Site, jobs: DbosJobs, database_kind: str
) -> None:
    """SQLite has one writer: who takes over within the transaction that forgets the name waits for itself for ever."""
    done: list[Any] = []
    me, other = Presence(site, "me", jobs.adopt), Presence(site, "other", jobs.adopt)
    me.announce()
    other.announce()
    schema = "" if database_kind == "sqlite" else "dbos."
    taken = sa.text(f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = :name")
    with site.database.transaction(CAFE) as connection:
        for name in ("other", "never seen"):
            jobs.put(connection, Job("note", f"note:{name}", {"name": name}))
        connection.execute(taken, {"name": "never seen"})
        connection.execute(sa.text(f"{taken} WHERE workflow_uuid = 'note:other'"), {"name": "other"})
    other.leave()
    jobs.start({"note": done.append}, executor="me", failed=lambda *_: None)

    looking = threading.Thread(target=me.show, daemon=True)
    looking.start()
    looking.join(timeout=60)

    assert not looking.is_alive()
    end = time.monotonic() + 60
    while len(done) < 2:
        assert time.monotonic() < end, done
        time.sleep(0.05)
    assert sorted(each["name"] for each in done) == ["never seen", "other"]


@pytest.fixture
def two_machines(tmp_path: Path) -> Iterator[tuple[Site, list[Server]]]:
    """One database, two machines with data folders of their own and the same keys."""
    site = a_site(tmp_path / "one")
    DbosJobs(site.database.url).prepare()
    keys = {"SHOUWEN_KEYS": str(tmp_path / "one")}
    made = [Server(tmp_path / name, site.database.url, free_port(), environment=keys) for name in ("one", "two")]
    yield site, made
    for each in made:
        each.kill()


def test_two_machines_without_a_shared_folder_have_two_names(
    tmp_path: Path, two_machines: tuple[Site, list[Server]]
) -> None:
    site, machines = two_machines
    if site.database.is_sqlite:
        pytest.skip("SQLite is for one machine: tests/worker/test_slot.py")

    for each in machines:
        each.start()

    end = time.monotonic() + 120  # a server answers before its worker has begun
    while len(names(site)) < len(machines):
        assert time.monotonic() < end, names(site)
        time.sleep(0.2)
    assert sorted(place.name for place in tmp_path.iterdir() if (place / "workers").exists()) == []
