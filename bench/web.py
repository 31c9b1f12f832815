"""Tasks over real HTTP: each is found and completed, on SQLite, beside bare Flask and SQLAlchemy doing a row each.

Server, clients and database share the machine. A case is nine tasks: two rounds with a parallel part and a loop back.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure, beside, percentile
from engine.commands.people import create_token
from engine.complaints import SYSTEM, Actor
from engine.jobs.dbos_adapter import DbosJobs
from tests.support.cafe import ANSWERS, COMPLAINT
from tests.support.server import Client, Server, free_port
from tests.support.site import CAFE, a_site

_SECONDS = 8.0
_CLIENTS = (1, 16)
_BODY = "x" * 300
_FLOOR = "bare Flask + SQLAlchemy"


@dataclass
class Load:
    """What the clients did together."""

    tasks: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    completions: list[float] = field(default_factory=list)  #: milliseconds of each completing request

    def rate(self) -> float:
        return self.tasks / self.seconds

    def p95(self) -> float:
        return percentile(self.completions, 0.95)

    def cpu_of_a_task(self) -> float:
        return self.cpu / self.tasks * 1000


def measure() -> Iterator[Figure]:
    """Tasks a second, p95 of completing, and the server's CPU a task."""
    with tempfile.TemporaryDirectory() as folder, _ours(Path(folder)) as ours, _floor(Path(folder)) as floor:
        for clients in _CLIENTS:
            mine, bare = _load(clients, *ours), _load(clients, *floor)
            words = f"{clients} client{'s' if clients > 1 else ''}"
            for name, value, unit in (
                ("tasks a second", Load.rate, "tasks/s"),
                ("completing p95", Load.p95, "ms"),
                ("server CPU a task", Load.cpu_of_a_task, "ms"),
            ):
                yield beside(f"{name}, {words}", value(mine), unit, against=_FLOOR, other=value(bare))
            yield Figure(f"floor CPU a task, {words}", bare.cpu_of_a_task(), "ms")
        yield Figure("server memory", _memory(ours[0]), "MB")


Walk = Callable[[Callable[[], bool], Load], None]


@contextmanager
def _ours(folder: Path) -> Iterator[tuple[int, Walk]]:
    site = a_site(folder / "site")
    DbosJobs(site.database.url).prepare()
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        token = create_token(context, login="wei.min", name="bench")
    site.database.close()
    server = Server(site.settings.var, site.database.url, free_port())
    server.start()
    assert server.process is not None

    def walk(running: Callable[[], bool], load: Load) -> None:
        client = Client(server.port, token)
        while running():
            _, case = client.post("/procedures/harbour-cafe/complaint/cases", COMPLAINT)
            for n in range(9):
                _, page = client.get(f"/tasks?case={case['number']}")
                task = page["items"][0]
                data = {**ANSWERS[task["element"]], **({"founded": "no"} if n == 8 else {})}
                begin = time.perf_counter()
                status, answer = client.post(f"/tasks/{task['id']}/complete", data, key=f"b{task['id']}")
                load.completions.append((time.perf_counter() - begin) * 1000)
                assert status == 200, answer
        client.close()

    try:
        yield server.process.pid, walk
    finally:
        server.kill()


@contextmanager
def _floor(folder: Path) -> Iterator[tuple[int, Walk]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.floor_app", str(folder / "floor.db"), str(port)],
        cwd=Path(__file__).parent.parent,
        stderr=subprocess.DEVNULL,
    )
    _wait_for(port)

    def walk(running: Callable[[], bool], load: Load) -> None:
        client = Client(port, "none")
        while running():
            task = str(len(load.completions))
            client.get(f"/notes?task={task}")
            begin = time.perf_counter()
            status, _ = client.post("/notes", {"task": task, "body": _BODY})
            load.completions.append((time.perf_counter() - begin) * 1000)
            assert status == 200
        client.close()

    try:
        yield process.pid, walk
    finally:
        process.kill()
        process.wait()


def _load(clients: int, pid: int, walk: Walk) -> Load:
    load = Load()
    end = time.monotonic() + _SECONDS
    cpu, begin = _cpu(pid), time.monotonic()
    threads = [threading.Thread(target=walk, args=(lambda: time.monotonic() < end, load)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds, load.cpu, load.tasks = time.monotonic() - begin, _cpu(pid) - cpu, len(load.completions)
    return load


def _cpu(pid: int) -> float:
    """CPU seconds the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """Resident megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"expected an answer on port {port}, found none")
