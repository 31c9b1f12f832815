"""How long pages take on PostgreSQL when very many tasks are open: through the whole application, one reader.

``python -m bench.reading 1000000`` fills a server of its own with that many open tasks and ten times as many events; it
takes half an hour and some 25 GB of disk, and says how far it is. ``shouwen bench reading`` does the same with 20,000.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import psycopg
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bench.figures import Figure, beside, percentile
from bench.filling import BEGIN, COMMON, MINUTE, USUAL, fill
from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.database import Database
from tests.support.cafe import ANSWERS
from tests.support.postgresql import Cluster, a_cluster
from tests.support.site import CAFE, a_site, on_server
from tests.web.api.program import GOOD, START, Program
from tests.web.application import an_app
from tests.web.browser import staff

_REQUESTS: Final = 60
_CASES: Final = 40
_SMALL: Final = 20_000


def measure(tasks: int = _SMALL) -> Iterator[Figure]:
    """Milliseconds of the first page of each list and of pages far behind it; goal: p95 below 50 ms."""
    server = a_cluster(durable=True)
    with on_server(server), tempfile.TemporaryDirectory() as folder:
        site = a_site(Path(folder))
        begin = time.perf_counter()
        cases = fill(site, tasks, server=server, progress=lambda done: print(f"filled: {done} cases", file=sys.stderr))
        yield Figure(f"filling, {tasks} open tasks in {cases} cases", time.perf_counter() - begin, "s")
        yield from measure_filled(site, cases, server)


def measure_filled(site: Site, cases: int, server: Cluster) -> Iterator[Figure]:
    """The same in an installation that `fill` has filled.

    Beside how long a page took stands how long processors worked for it: that is what it takes on a machine at rest.
    """
    with site.database.reading(CAFE) as connection:
        size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    yield Figure("database", size / 1e9, "GB")
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        token = create_token(context, login="fang.lan", name="bench")
    client = staff(an_app(site), "fang.lan").client
    clock = _DatabaseClock(site.database)
    for name, path in _paths(cases).items():
        _milliseconds(client, path(), token)
        clock.taken.clear()
        pages, worked, database_worked = [], [], []
        for _ in range(_REQUESTS):
            ours, theirs = time.process_time(), _worked(server)
            pages.append(_milliseconds(client, path(), token, clock))
            database_worked.append((_worked(server) - theirs) * 1000)
            worked.append((time.process_time() - ours) * 1000 + database_worked[-1])
        asked = percentile(clock.taken, 0.95)
        yield Figure(f"{name}: in the database, p95", asked, "ms")
        yield beside(f"{name}: page, p95", percentile(pages, 0.95), "ms", against="in the database", other=asked)
        yield Figure(f"{name}: processors worked for it, p50", percentile(worked, 0.5), "ms")
        most, of_it = percentile(worked, 0.95), percentile(database_worked, 0.95)
        yield beside(f"{name}: the same, p95", most, "ms", against="the database alone", other=of_it)
    yield from _acting(site, server)


def _acting(site: Site, server: Cluster) -> Iterator[Figure]:
    """What programs do most, among all those cases: one is begun, its tasks are found and completed."""
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        caller = Program(an_app(site), create_token(context, login="wei.min", name="bench"))
    taken: dict[str, list[float]] = {}
    worked: dict[str, list[float]] = {}

    def timed(name: str, call: Callable[[], TestResponse]) -> Any:
        begin, ours, theirs = time.perf_counter(), time.process_time(), _worked(server)
        answer = call()
        worked.setdefault(name, []).append((time.process_time() - ours + _worked(server) - theirs) * 1000)
        taken.setdefault(name, []).append((time.perf_counter() - begin) * 1000)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json

    for _ in range(_CASES):
        number = timed("a case is begun", lambda: caller.post(START, {"data": GOOD}))["number"]
        for step in ("assess", "reply", "fix", "confirm"):
            found = timed("its task is found", lambda number=number: caller.get("/tasks", case=number))
            task = next(each["id"] for each in found["items"] if each["element"] == step)
            answers = {"data": ANSWERS[step] | ({"satisfied": "yes"} if step == "confirm" else {})}
            timed("and completed", partial(caller.post, f"/tasks/{task}/complete", answers))
    for name, each in taken.items():
        settled = len(each) // 2  # statements are prepared by then
        yield Figure(f"{name}: p95", percentile(each[settled:], 0.95), "ms")
        yield Figure(f"{name}: processors worked for it, p50", percentile(worked[name][settled:], 0.5), "ms")


def _worked(server: Cluster) -> float:
    """Seconds that processors have worked for the processes of *server*, as Linux counts them."""
    assert server.process
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return sum(int(Path(f"/proc/{child}/schedstat").read_text("ascii").split()[0]) for child in children) / 1e9


class _DatabaseClock:
    """Adds up how long the driver's statements of each request take."""

    def __init__(self, database: Database) -> None:
        self.taken: list[float] = []
        self._sum = 0.0
        clock = self

        class Cursor(psycopg.Cursor[Any]):
            def execute(self, *arguments: Any, **options: Any) -> Self:
                begin = time.perf_counter()
                try:
                    return super().execute(*arguments, **options)
                finally:
                    clock._sum += time.perf_counter() - begin

        sa.event.listen(database.engine, "do_connect", partial(_connecting_with, Cursor))
        database.close()  # connections made before would not be timed

    def next_request(self) -> None:
        self.taken.append(self._sum * 1000)
        self._sum = 0.0


def _connecting_with(cursor: type, _dialect: object, _record: object, _arguments: object, options: Any) -> None:
    options["cursor_factory"] = cursor


def _paths(cases: int) -> dict[str, Callable[[], str]]:
    """Name of a list -> an address of it, another one each time."""
    chance = random.Random(7)

    def usual() -> str:
        return chance.choice(USUAL)

    return {
        "inbox, mine": lambda: "/",
        "inbox, my groups": lambda: "/?tab=groups",
        "inbox, done": lambda: "/?tab=done",
        "inbox, started by me": lambda: "/?tab=started",
        "inbox, a step": lambda: "/?tab=groups&step=assess",
        "cases": lambda: "/cases",
        "cases, a page far behind": lambda: f"/cases?cursor={far_behind(chance.randrange(cases // 2))}",
        "cases, overdue": lambda: "/cases?status=overdue",
        "cases, in time": lambda: "/cases?status=in_time",
        "cases, closed": lambda: "/cases?status=closed",
        "cases at one step": lambda: f"/cases?step={chance.choice(['assess', 'fix', 'reply', 'confirm'])}",
        "cases of one person": lambda: f"/cases?person=clerk.{chance.randrange(40)}",
        "cases of a clause": lambda: "/cases?clause=complaint/HC-2",
        "search, a word of every case": lambda: f"/cases?text={COMMON}",
        "search, a word of one case in seven": lambda: f"/cases?text={usual()}",
        "search, two such words": lambda: f"/cases?text={usual()} {usual()}",
        "search, one case in 800": lambda: f"/cases?text=LOT{chance.randrange(800):04}",
        "search, a word of no case": lambda: "/cases?text=龙虾",
        "search, a word and a step": lambda: f"/cases?text={usual()}&step=fix",
        "board": lambda: "/board",
        "board of a group": lambda: "/board?of=front",
        "who has what": lambda: "/board/work",
        "case page": lambda: f"/cases/HC-F-{chance.randrange(10, cases)}",
        "API, open tasks of a group": lambda: "/api/v1/tasks?group=front&limit=50",
        "API, open tasks of all my groups": lambda: "/api/v1/tasks",
        "API, open tasks of a case": lambda: f"/api/v1/tasks?case=HC-F-{chance.randrange(10, cases)}",
        "API, search": lambda: f"/api/v1/cases?text={usual()}&limit=50",
    }


def far_behind(n: int) -> str:
    """The cursor of the page behind copy number *n*."""
    return f"{BEGIN + n * MINUTE}.{n}"


def _milliseconds(client: FlaskClient, path: str, token: str, clock: _DatabaseClock | None = None) -> float:
    headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {}
    begin = time.perf_counter()
    answer = client.get(path, headers=headers)
    taken = (time.perf_counter() - begin) * 1000
    if clock:
        clock.next_request()
    assert answer.status_code == 200, (path, answer.status_code)
    return taken


def main(tasks: int) -> None:
    for figure in measure(tasks):
        print(f"{figure.figure}: {figure.value:.1f} {figure.unit}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _SMALL)
