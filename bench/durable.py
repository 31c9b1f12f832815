"""What completing a task costs with all that is written, beside the bare write set: the same rows by the driver alone.

The small company of the tests: real forms, lanes, a parallel part inside a loop, two clocks over a working calendar.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from bench.figures import Figure, beside
from engine.commands import user_tasks
from engine.commands.idempotency import RequestKey
from engine.database import Database
from tests.support.cafe import ANSWERS, WHO, a_complaint, task_id
from tests.support.site import a_site, actor_of
from tests.support.statements import driver_statements

_ROUND = ("assess", "fix", "reply", "confirm")
_ROUNDS = 150
#: Tasks that are not counted.
_WARM_UP = 80

#: One SQL text and its parameters: a list of them where it is executed for many rows.
Statement = tuple[str, Any]


def measure() -> Iterator[Figure]:
    """Milliseconds a task. FULL is how the product runs; NORMAL leaves out what is waiting for the disk."""
    for synchronous in ("NORMAL", "FULL"):
        with tempfile.TemporaryDirectory() as folder:
            ours, bare = _costs(Path(folder), synchronous)
        for name, mine, floor in (("CPU", ours.cpu, bare.cpu), ("wall", ours.wall, bare.wall)):
            words = f"{name} p50, {synchronous}"
            yield beside(
                f"completing a task, {words}", median(mine), "ms", against="its rows alone", other=median(floor)
            )
            yield Figure(f"its rows alone, {words}", median(floor), "ms")


@dataclass(slots=True)
class _Costs:
    """Milliseconds of each piece of work."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def of(self, work: Callable[[], object]) -> None:
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        self.cpu.append((time.process_time() - cpu) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)


def _costs(folder: Path, synchronous: str) -> tuple[_Costs, _Costs]:
    """Of the command and of its rows alone, in turns, so that a busy machine disturbs both alike.

    The same case lives in three databases: one shows what is written, one is measured, one gets the bare rows.
    """
    shown, measured, bare = (_Company(folder / name, synchronous) for name in ("shown", "measured", "bare"))
    written = list(_written(shown))
    ours, floor = _Costs(), _Costs()
    with _bare(bare.database) as write:
        for number, (element, statements) in enumerate(zip(cycle(_ROUND), written, strict=False)):
            if number == _WARM_UP:
                ours, floor = _Costs(), _Costs()
            ours.of(measured.completing(element))
            floor.of(lambda statements=statements: write(statements))
    for company in (shown, measured, bare):
        company.database.close()
    return ours, floor


def _written(company: _Company) -> Iterator[list[Statement]]:
    """What each task of the walk writes."""
    seen = driver_statements(company.database)
    for element in _ROUND * _ROUNDS:
        seen.clear()
        company.completing(element)()
        yield [statement for statement in seen if statement[0].startswith(("INSERT", "UPDATE"))]


class _Company:
    """One case in a database of its own. Equal steps write equal rows, whichever company they are done in."""

    def __init__(self, folder: Path, synchronous: str) -> None:
        self.site = a_site(folder)
        self.database = self.site.database
        sa.event.listen(
            self.database.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA synchronous={synchronous}")
        )
        self.actors = {login: actor_of(self.site, login) for login in WHO.values()}
        self.open = {"assess": task_id(self.site, a_complaint(self.site).case_id, "assess")}

    def completing(self, element: str) -> Callable[[], None]:
        task, actor = self.open.pop(element), self.actors[WHO[element]]

        def complete() -> None:
            key = RequestKey(f"bench-{task}")
            with self.site.acting(actor) as context:
                done = user_tasks.complete(context, task, ANSWERS[element], idempotency_key=key)
            self.open |= {opened.element: opened.id for opened in done.opened}

        return complete


@contextmanager
def _bare(database: Database) -> Iterator[Callable[[list[Statement]], None]]:
    """Writes statements in one transaction with nothing between them and the driver."""
    connection = database.engine.raw_connection()
    cursor = connection.cursor()

    def write(statements: list[Statement]) -> None:
        cursor.execute("BEGIN IMMEDIATE")
        for text, parameters in statements:
            if isinstance(parameters, list):
                cursor.executemany(text, parameters)
            else:
                cursor.execute(text, parameters).fetchall()
        cursor.execute("COMMIT")

    yield write
    connection.close()
