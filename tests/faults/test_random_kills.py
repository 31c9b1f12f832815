"""kill -9 of web processes, workers and the database's own processes, at random and under load.

Only with ``--long``, `test_crashes` and `test_database_crashes` being its short form: a thousand kills with each job
engine, looked at after every hundred. ``-o log_cli=true -o log_cli_level=INFO`` says how far it is, ``--seed`` begins
another thousand.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.jobs import job_engine
from tests.faults.conftest import Size
from tests.faults.test_crashes import Load, _check_acknowledged, _check_records, _wait_for_jobs
from tests.faults.test_database_crashes import _some_process, _wait_for
from tests.support.nursery import Nursery
from tests.support.postgresql import Cluster
from tests.support.server import Server, free_port
from tests.support.site import CAFE

_log = logging.getLogger(__name__)
_WEB, _WORKERS = 2, 2
_A_ROUND = 100
_LEFT = {
    "pgqueuer": "SELECT now(), * FROM pgqueuer.pgqueuer",
    "dbos": "SELECT workflow_uuid, status, executor_id, owner_xid, recovery_attempts, created_at, updated_at, now() "
    "FROM dbos.workflow_status WHERE status <> 'SUCCESS'",
}
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def site(durable_site: Site) -> Site:
    return durable_site


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


class Machines:
    """Two web processes and two workers on one database. Whatever is killed begins again."""

    def __init__(self, site: Site, cluster: Cluster, nursery: Nursery, jobs: str, chance: random.Random) -> None:
        self._site, self._cluster, self._nursery, self._jobs, self._chance = site, cluster, nursery, jobs, chance
        self._ports = [free_port() for _ in range(_WEB)]
        self._web = [self._begin_web(port) for port in self._ports]
        self._workers = [self._begin_worker() for _ in range(_WORKERS)]
        for port in self._ports:
            _wait_for_answer(port)

    @property
    def port(self) -> int:
        """Of either: clients do not know which one lives."""
        return random.choice(self._ports)

    def kill_one(self) -> str:
        """What was killed: web, worker or database."""
        kind = self._chance.choices(("web", "worker", "database"), (4, 3, 3))[0]
        number = self._chance.randrange(2)
        if kind == "web":
            self._nursery.kill(self._web[number])
            self._web[number] = self._begin_web(self._ports[number])
        elif kind == "worker":
            self._nursery.kill(self._workers[number])
            self._workers[number] = self._begin_worker()
        else:
            with suppress(ProcessLookupError):  # it may just have ended by itself
                os.kill(_some_process(self._cluster, self._site, self._chance), signal.SIGKILL)
            _wait_for(self._cluster)
        return kind

    def bring_back(self) -> None:
        """What found no database when it began has ended, as its supervisor would see: it begins again."""
        for number, port in enumerate(self._ports):
            if not self._nursery.lives(self._web[number]):
                self._web[number] = self._begin_web(port)
        for number, pid in enumerate(self._workers):
            if not self._nursery.lives(pid):
                self._workers[number] = self._begin_worker()

    def evidence(self) -> str:
        """Who lives, and every job that is not done."""
        with self._site.database.reading_every_company() as connection:
            left = connection.exec_driver_sql(_LEFT[self._jobs]).mappings().all()
        living = {pid: self._nursery.lives(pid) for pid in (*self._web, *self._workers)}
        return "\n".join(map(str, (living, *map(dict, left))))

    def _begin_web(self, port: int) -> int:
        return self._nursery.start("serve", environment=self._server(port).settings())

    def _begin_worker(self) -> int:
        return self._nursery.start("worker", environment=self._server(0).settings())

    def _server(self, port: int) -> Server:
        return Server(self._site.settings.var, self._site.database.url, port, environment={"SHOUWEN_JOBS": self._jobs})

    def verdict(self) -> tuple[int, str]:
        """Of ``shouwen verify``."""
        found = self._server(0).run("verify")
        return found.returncode, found.stdout.splitlines()[-1] + found.stderr


@pytest.mark.parametrize("jobs", ["pgqueuer", "dbos"])
def test_nothing_is_lost_doubled_or_stuck_whatever_dies(
    durable: Cluster, site: Site, nursery: Nursery, size: Size, chance: random.Random, jobs: str
) -> None:
    left = size(short=0, long=1000)
    if not left:
        pytest.skip("only with --long")
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        token = create_token(context, login="wei.min", name="faults")
    job_engine(jobs, site.database.url).prepare()
    machines = Machines(site, durable, nursery, jobs, chance)
    killed, tasks, begin = Counter[str](), 0, time.monotonic()

    while left:
        kills = min(left, _A_ROUND)
        load = Load(machines, token, name=f"{left}/")
        load.start()
        try:
            for _ in range(kills):
                load.work_on(tasks=2, seconds=120)  # else, on a busy machine, nothing would ever be under way
                time.sleep(chance.uniform(0, 0.5))
                killed[machines.kill_one()] += 1
                machines.bring_back()
            time.sleep(2)
            machines.bring_back()
            load.work_on(tasks=6, seconds=120)
        finally:
            load.stop()
        try:
            _wait_for_jobs(site, meanwhile=machines.bring_back)
        except AssertionError as stuck:
            stuck.add_note(machines.evidence())
            raise

        assert load.heard.unexpected == []
        _check_acknowledged(site, load.heard)
        _check_records(site)
        status, words = machines.verdict()
        assert (status, words.endswith(" 0 broken")) == (0, True), words
        left -= kills
        tasks += len(load.heard.completed)
        _log.info("%s killed in %.0f s, %d tasks: %s", dict(killed), time.monotonic() - begin, tasks, words)


def _wait_for_answer(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not answer")
