"""What one step of a case costs as the case grows old, beside the uncorrected SpiffWorkflow on the same diagram."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, beside
from bench.loop_model import LOOP, STEPS
from engine.interpreter import compile_definition
from tests.interpreter.building import Walk, a_deadline, a_package
from tests.interpreter.complaint import EXPERT, MAIN, ROUND

_ROUNDS = (1, 40, 400)
_DEADLINES = (a_deadline("triage", amount="2", unit="working_days"), a_deadline("feedback", amount="14", unit="days"))


def measure() -> Iterator[Figure]:
    """Rounds of the complaint model, then a loop of user tasks on both engines."""
    walk = Walk(definition=compile_definition(a_package(MAIN, EXPERT, deadlines=list(_DEADLINES))))
    walk.begin()
    walk.do("register", amount=500, satisfied=False)
    yield from _rounds("complaint", walk, ROUND)
    loop = Walk(definition=compile_definition(a_package(LOOP)))
    loop.begin()
    ours = list(_rounds("loop", loop, STEPS))
    stock = _stock()
    for figure in ours:
        if figure.figure.startswith("loop step CPU") and (other := stock.get(figure.figure)):
            yield beside(figure.figure, figure.value, figure.unit, against="stock SpiffWorkflow", other=other)
        else:
            yield figure
    for name, value in stock.items():
        yield Figure(f"stock {name}", value, "ms" if "CPU" in name else "bytes" if "state" in name else "rounds")


def _rounds(name: str, walk: Walk, steps: tuple[str, ...]) -> Iterator[Figure]:
    """CPU of a step and size of the state at the rounds that are looked at; each the best of ten rounds."""
    first = 0.0
    done = 0
    for at in _ROUNDS:
        while done < at - 1:
            _round(walk, steps)
            done += 1
        costs = [_round(walk, steps) for _ in range(10)]
        done += 10
        cost = min(costs) / len(steps) * 1000
        first = first or cost
        yield beside(f"{name} step CPU, round {at}", cost, "ms", against="round 1", other=first)
        yield Figure(f"{name} state, round {at}", len(walk.step.state), "bytes")


def _round(walk: Walk, steps: tuple[str, ...]) -> float:
    begin = time.process_time()
    for element in steps:
        walk.do(element, **{f"{element}_note": "seen"})
    walk.facts.clear()
    return time.process_time() - begin


def _stock() -> dict[str, float]:
    """The same loop on the uncorrected library, in a process that our corrections never touched."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.stock"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
