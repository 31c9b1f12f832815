"""Tasks over real HTTP: each is found and completed, on both databases, beside bare Flask and SQLAlchemy, a row each.

Server, clients and database share the machine. A case is nine tasks: two rounds with a parallel part and a loop back.
The processor time of PostgreSQL's processes counts as the server's.
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
from engine.database import Database
from engine.jobs.dbos_adapter import DbosJobs
from tests.support.cafe import ANSWERS, COMPLAINT
from tests.support.postgresql import Cluster, a_cluster
from tests.support.server import Client, Server, free_port
from tests.support.site import CAFE, a_site, on_server

_SECONDS = 8.0
_CLIENTS = (1, 4, 16, 64)
_KINDS = ("sqlite", "postgresql")
_BODY = "x" * 300
_FLOOR = "bare Flask + SQLAlchemy"


@dataclass
class Load:
    """What the clients did together."""

    tasks: int = 0
    cases: int = 0
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
    """Tasks a second, p95 of completing, and the server's CPU a task; then what a case and a process take."""
    for kind in _KINDS:
        server = a_cluster(durable=True) if kind == "postgresql" else None
        with tempfile.TemporaryDirectory() as folder, on_server(server):
            yield from _measure_on(kind, Path(folder), server)


def _measure_on(kind: str, folder: Path, server: Cluster | None) -> Iterator[Figure]:
    with served(folder, server) as ours, _floor(folder, server) as floor:
        yield Figure(f"{kind}: from start to first answer", ours.seconds_to_start, "s")
        before, done = ours.size(), 0
        for clients in _CLIENTS:
            mine, bare = _load(clients, ours), _load(clients, floor)
            done += mine.cases
            words = f"{kind}, {clients} client{'s' if clients > 1 else ''}"
            for name, value, unit in (
                ("tasks a second", Load.rate, "tasks/s"),
                ("completing p95", Load.p95, "ms"),
                ("server CPU a task", Load.cpu_of_a_task, "ms"),
            ):
                yield beside(f"{words}: {name}", value(mine), unit, against=_FLOOR, other=value(bare))
            yield Figure(f"{words}: floor CPU a task", bare.cpu_of_a_task(), "ms")
        yield Figure(f"{kind}: stored for a case of nine tasks", (ours.size() - before) / done / 1000, "kB")
        yield Figure(f"{kind}: memory of the server, worker included", _memory(ours.pid), "MB")


Walk = Callable[[Callable[[], bool], Load], None]


@dataclass(frozen=True)
class Served:
    """A server under measurement."""

    pid: int
    walk: Walk
    postgresql: Cluster | None

    def cpu(self) -> float:
        """CPU seconds used by its process and those of its PostgreSQL."""
        used = _cpu(self.pid)
        if self.postgresql and self.postgresql.process:
            used += sum(map(_cpu, _family(self.postgresql.process.pid)))
        return used


@dataclass(frozen=True)
class Ours(Served):
    """The product, worker included, and what a client of it needs."""

    port: int
    token: str
    database: Database
    seconds_to_start: float

    def size(self) -> int:
        """Bytes of its database."""
        if self.database.is_sqlite:
            file = Path(str(self.database.engine.url.database))
            return sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))
        with self.database.reading(CAFE) as connection:
            size: int = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        return size


@contextmanager
def served(folder: Path, server: Cluster | None) -> Iterator[Ours]:
    """The product with the small company, on a database of its own on *server*, None = SQLite."""
    site = a_site(folder / "site")
    DbosJobs(site.database.url).prepare()
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        token = create_token(context, login="wei.min", name="bench")
    site.database.close()
    web = Server(site.settings.var, site.database.url, free_port())
    begin = time.perf_counter()
    web.start()
    taken = time.perf_counter() - begin
    assert web.process is not None

    def walk(running: Callable[[], bool], load: Load) -> None:
        client = Client(web.port, token)
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
            load.cases += 1
        client.close()

    try:
        yield Ours(web.process.pid, walk, server, web.port, token, site.database, taken)
    finally:
        web.kill()


@contextmanager
def _floor(folder: Path, server: Cluster | None) -> Iterator[Served]:
    port = free_port()
    url = server.create("floor") if server else f"sqlite:///{folder / 'floor.db'}"
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.floor_app", url, str(port)],
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
        yield Served(process.pid, walk, server)
    finally:
        process.kill()
        process.wait()


def _load(clients: int, served: Served) -> Load:
    load = Load()
    end = time.monotonic() + _SECONDS
    cpu, begin = served.cpu(), time.monotonic()
    threads = [
        threading.Thread(target=served.walk, args=(lambda: time.monotonic() < end, load)) for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds, load.cpu, load.tasks = time.monotonic() - begin, served.cpu() - cpu, len(load.completions)
    return load


def _family(pid: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *map(int, children)]


def _cpu(pid: int) -> float:
    """CPU seconds the process has used, and those of its children that are gone."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


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
