"""kill -9 of the whole process in the middle of work, again and again: nothing acknowledged is lost or done twice."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
import pytest
import sqlalchemy as sa

from engine.clock import system_clock
from engine.commands.site import Site
from engine.history import Stream, read_events
from engine.tables import cases, history_events, incidents, letters, service_requests, user_tasks, workers
from tests.faults.conftest import Size
from tests.support.cafe import ANSWERS, COMPLAINT
from tests.support.server import Client, Server
from tests.support.site import CAFE

_CLIENTS = 8
_AWAY = (OSError, http.client.HTTPException, ValueError)
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@dataclass
class Acknowledged:
    """What the server said it had done, as the clients heard it."""

    started: set[str] = field(default_factory=set)  #: case numbers
    completed: set[int] = field(default_factory=set)  #: task ids
    unexpected: list[Any] = field(default_factory=list)


class Answering(Protocol):
    """What clients speak to."""

    @property
    def port(self) -> int: ...


class Load:
    """Clients that open cases and bring them to their end; what fails because the server is away is sent again."""

    def __init__(self, server: Answering, token: str, *, name: str = "") -> None:
        self.heard = Acknowledged()
        self._server, self._token, self._name = server, token, name
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(_CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def work_on(self, *, tasks: int, seconds: float = 60) -> None:
        """Wait until *tasks* more are acknowledged, however slow the machine is."""
        enough, end = len(self.heard.completed) + tasks, time.monotonic() + seconds
        while len(self.heard.completed) < enough:
            assert time.monotonic() < end, f"no {tasks} tasks in {seconds:.0f} s: {self.heard}"
            time.sleep(0.02)

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=90)
            assert not thread.is_alive(), "a client hangs"

    def _work(self, number: int) -> None:
        chance = random.Random(number)
        done = 0
        while not self._stopping.is_set():
            done += 1
            answer = self._sent(
                "/procedures/harbour-cafe/complaint/cases", COMPLAINT, key=f"{self._name}{number}.{done}", ok=201
            )
            if answer is None:
                continue
            self.heard.started.add(answer["number"])
            self._finish(answer["number"], chance)

    def _finish(self, number: str, chance: random.Random) -> None:
        waiting = self._open_tasks(number)
        while waiting and not self._stopping.is_set():
            task, element = waiting.pop(chance.randrange(len(waiting)))
            data = {**ANSWERS[element]}
            if element == "confirm":
                data["satisfied"] = chance.choice(["yes", "no", "yes"])
            answer = self._sent(f"/tasks/{task}/complete", data, key=f"t{task}", ok=200)
            if answer is None:
                return
            self.heard.completed.add(task)
            waiting += [(opened["id"], opened["element"]) for opened in answer["tasks"]]

    def _open_tasks(self, number: str) -> list[tuple[int, str]]:
        while not self._stopping.is_set():
            client = Client(self._server.port, self._token)
            try:
                status, page = client.get(f"/tasks?case={number}")
                if status == 200:
                    return [(task["id"], task["element"]) for task in page["items"]]
                if status != 503:
                    self._note(status, page)
            except _AWAY:
                time.sleep(0.1)
            finally:
                client.close()
        return []

    def _sent(self, path: str, data: dict[str, Any], *, key: str, ok: int) -> Any:
        """The answer, sending again with the same key while the server is away; None when the load ends first."""
        while not self._stopping.is_set():
            client = Client(self._server.port, self._token)
            try:
                status, answer = client.post(path, data, key=key)
            except _AWAY:
                time.sleep(0.1)
                continue
            finally:
                client.close()
            if status == ok:
                return answer
            if status != 503:
                self._note(status, answer)
                return None
        return None

    def _note(self, status: int, answer: Any) -> None:
        self.heard.unexpected.append((status, answer))


def test_nothing_acknowledged_is_lost_or_done_twice(
    site: Site, server: Server, tokens: dict[str, str], size: Size
) -> None:
    kills = size(short=3, long=30)
    load = Load(server, tokens["wei.min"])
    chance = random.Random(20260302)
    server.start()
    load.start()
    try:
        for _ in range(kills):
            load.work_on(tasks=6)
            time.sleep(chance.uniform(0, 1))
            server.kill()
            server.start()
        load.work_on(tasks=6)
    finally:
        load.stop()
    _wait_for_jobs(site)
    server.kill()

    assert load.heard.unexpected == []
    _check_acknowledged(site, load.heard)
    _check_records(site)
    verdict = server.run("verify")
    assert (verdict.returncode, verdict.stderr) == (0, ""), verdict.stderr
    assert verdict.stdout.endswith(" 0 broken\n")


def _wait_for_jobs(site: Site, *, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Give the restarted worker time to write the letters that were asked for.

    On PostgreSQL it takes over what a killed one had begun when that one was not seen for half a minute.
    """
    end = time.monotonic() + 240
    while time.monotonic() < end:
        meanwhile()
        with site.database.reading_every_company() as connection:
            waiting = connection.execute(
                sa.select(sa.func.count()).select_from(service_requests).where(service_requests.c.status == "open")
            ).scalar_one()
        if not waiting:
            return
        time.sleep(0.2)
    with site.database.reading_every_company() as connection:
        stopped = connection.execute(sa.select(incidents.c.message)).scalars().all()
        engine = connection.execute(sa.select(workers.c.name, workers.c.seen_at)).all()
    raise AssertionError(f"{waiting} letters were never written; incidents: {stopped}; workers: {engine}")


def _check_acknowledged(site: Site, heard: Acknowledged) -> None:
    with site.database.reading_every_company() as connection:
        numbers = set(connection.execute(sa.select(cases.c.number)).scalars())
        done = set(connection.execute(sa.select(user_tasks.c.id).where(user_tasks.c.status == "completed")).scalars())
    assert heard.started - numbers == set()
    assert heard.completed - done == set()


def _check_records(site: Site) -> None:
    with site.database.reading_every_company() as connection:
        rows = connection.execute(sa.select(cases.c.id, cases.c.number, cases.c.revision)).all()
        twice = connection.execute(
            sa.select(history_events.c.stream, history_events.c.subject)
            .where(history_events.c.action.in_(("complete_task", "complete_service")))
            .group_by(history_events.c.stream, history_events.c.subject)
            .having(sa.func.count() > 1)
        ).all()
        asked = connection.execute(sa.select(service_requests.c.case_id, service_requests.c.key)).all()
        written = connection.execute(sa.select(letters.c.case_id, letters.c.key)).all()
        overdue = connection.execute(
            sa.select(sa.func.count()).select_from(cases).where(cases.c.next_wake_at <= system_clock())
        ).scalar_one()
        assert connection.execute(sa.select(incidents.c.message)).scalars().all() == []
    assert twice == []
    assert Counter(written) == Counter(asked)
    assert overdue == 0
    for row in rows:
        with site.database.reading_every_company() as connection:
            events = read_events(connection, Stream(CAFE, row.id, row.number))
        moves = [event for event in events if "request" in orjson.loads(event.body)]
        assert len(moves) == row.revision, f"case {row.number}: a transition without its event, or twice"
