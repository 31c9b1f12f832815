"""Many at once over real HTTP: how fast cases are opened, and what is reached of the load of a published benchmark.

Camunda publishes a complaint process under load: 51 new cases, 560 flow nodes and 100 user tasks a second, with 11 KB
of data a case. Here as many clients as `_CLIENTS` do what they can, each case to its end with as much data.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from bench.figures import Figure, beside, percentile
from bench.web import Ours, served
from engine.interpreter import FactKind
from engine.tables import cases, history_events
from tests.support.cafe import ANSWERS, COMPLAINT
from tests.support.postgresql import a_cluster
from tests.support.server import Client
from tests.support.site import CAFE, on_server

_CLIENTS: Final = 64
_SECONDS: Final = 30.0
_STARTS: Final = 1_000
#: Goals a second: cases, flow nodes, user tasks.
_PUBLISHED: Final = (("cases", 51.0), ("flow nodes", 560.0), ("user tasks", 100.0))
#: 11 KB in UTF-8 with the first step, and an end after the last.
_SAID: Final = {"assess": {"remark": "投诉经过" * 900}, "reply": {}, "fix": {}, "confirm": {"satisfied": "yes"}}


def measure(starts: int = _STARTS, kinds: Sequence[str] = ("sqlite", "postgresql")) -> Iterator[Figure]:
    """10,000 starts shall take 120 s at most and none may fail; the published load is for comparison."""
    for kind in kinds:
        server = a_cluster(durable=True) if kind == "postgresql" else None
        with tempfile.TemporaryDirectory() as folder, on_server(server), served(Path(folder), server) as ours:
            yield from _starts(kind, ours, starts)
            yield from _published(kind, ours)


def _starts(kind: str, ours: Ours, starts: int) -> Iterator[Figure]:
    left, taken, failed = count(1), list[float](), list[object]()

    def open_cases() -> None:
        client = Client(ours.port, ours.token)
        while next(left) <= starts:
            begin = time.perf_counter()
            try:
                status, _ = client.post("/procedures/harbour-cafe/complaint/cases", COMPLAINT)
            except OSError as error:  # gave up after a minute
                failed.append(error)
                continue
            taken.append(time.perf_counter() - begin)
            if status != 201:
                failed.append(status)
            if len(taken) % 1000 == 0:
                print(f"  {len(taken)} of {starts}, {len(failed)} errors", flush=True)
        client.close()

    cpu = ours.cpu()
    seconds = _all_at_once(open_cases)
    cpu = ours.cpu() - cpu
    words = f"{kind}: {starts} starts by {_CLIENTS} clients"
    yield Figure(words, seconds, "s")
    yield Figure(f"{words}, p99", percentile(taken, 0.99), "s")
    yield Figure(f"{words}, errors", len(failed), "")
    yield Figure(f"{words}, server CPU a start", cpu / starts * 1000, "ms")
    with ours.database.reading(CAFE) as connection:
        opened = connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one()
    assert opened >= starts - len(failed), (opened, starts)


def _published(kind: str, ours: Ours) -> Iterator[Figure]:
    end, done, taken = time.monotonic() + _SECONDS, list[str](), list[float]()

    def walk() -> None:
        client = Client(ours.port, ours.token)
        while time.monotonic() < end:
            begin = time.perf_counter()
            _, case = client.post("/procedures/harbour-cafe/complaint/cases", COMPLAINT)
            for element in _SAID:
                _, page = client.get(f"/tasks?case={case['number']}")
                task = next(item for item in page["items"] if item["element"] == element)
                status, answer = client.post(f"/tasks/{task['id']}/complete", {**ANSWERS[element], **_SAID[element]})
                assert status == 200, answer
            taken.append(time.perf_counter() - begin)
            done.append(case["number"])
        client.close()

    seconds = _all_at_once(walk)
    nodes = _nodes_of(ours, done[-1])
    reached = {"cases": len(done), "flow nodes": len(done) * nodes, "user tasks": len(done) * 4}
    for name, goal in _PUBLISHED:
        yield beside(f"{kind}: {name}", reached[name] / seconds, "/s", against="published", other=goal)
    yield Figure(f"{kind}: a case from start to end, p99", percentile(taken, 0.99), "s")


def _nodes_of(ours: Ours, number: str) -> int:
    """How many elements that case has entered."""
    with ours.database.reading(CAFE) as connection:
        stream = connection.execute(sa.select(cases.c.id).where(cases.c.number == number)).scalar_one()
        bodies = connection.execute(sa.select(history_events.c.body).where(history_events.c.stream == stream)).scalars()
        facts = [fact for body in bodies for fact in json.loads(body).get("facts", ())]
    return sum(fact[0] == FactKind.ENTERED for fact in facts)


def _all_at_once(work: Callable[[], object]) -> float:
    begin = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - begin


def main(starts: int = _STARTS, *kinds: str) -> None:
    for figure in measure(starts, kinds or ("sqlite", "postgresql")):
        ratio = f" = {figure.ratio:.2f} x {figure.against}" if figure.ratio is not None else ""
        print(f"{figure.figure}: {figure.value:.2f} {figure.unit}{ratio}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
