"""What one step of a case costs as the case grows old, beside the uncorrected SpiffWorkflow on the same diagram."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import zstandard

from bench.figures import Figure, beside
from bench.loop_model import DATA, LOOP, blocks, milliseconds_a_step
from engine.interpreter import Step, compile_definition
from tests.interpreter.building import Walk, a_deadline, a_package
from tests.interpreter.complaint import EXPERT, MAIN

_STOCK = "stock SpiffWorkflow"
#: Fresh, and after ten rounds: what stock's limits allow.
_YOUNG = (1, 11)
#: Steps 1, 400 and 3,200 of the case, eight a round.
_OLD = (1, 50, 400)
#: Parallel blocks in a row. Stock predicts 2^k of them: sixteen take it 10 s and 200 MB.
_BLOCKS, _STOCK_BLOCKS = 16, 8
_DEADLINES = (a_deadline("triage", amount="2", unit="working_days"), a_deadline("feedback", amount="14", unit="days"))


def measure() -> Iterator[Figure]:
    """Cost of a step and size of the state, in round 400 beside round 1 and beside stock; then parallel blocks."""
    stock = _stock()
    yield from _old_and_young()
    yield from _beside_stock(stock["steps"])
    yield from _parallel_blocks(stock["blocks"])


def _old_and_young() -> Iterator[Figure]:
    """The complaint with a parallel part and two clocks, which stock cannot run."""
    walk = Walk(MAIN, EXPERT, deadlines=list(_DEADLINES))
    walk.begin()
    walk.do("register", **DATA, satisfied=False)
    found = milliseconds_a_step(walk, _OLD, times=150)
    for number, (cost, step) in found.items():
        yield beside(f"complaint step CPU, round {number}", cost, "ms", against="round 1", other=found[1][0])
        yield Figure(f"complaint state, round {number}", len(step.state), "bytes")
        yield Figure(f"complaint state without its data, round {number}", _without_data(step), "bytes")


def _beside_stock(stock: list[tuple[float, int]]) -> Iterator[Figure]:
    walk = Walk(LOOP, EXPERT)
    walk.begin()
    walk.do("register", **DATA)
    ours = milliseconds_a_step(walk, _YOUNG, times=150)
    for (number, (cost, step)), (stock_cost, stock_size) in zip(ours.items(), stock, strict=True):
        yield beside(f"loop step CPU, round {number}", cost, "ms", against=_STOCK, other=stock_cost)
        yield beside(f"stock loop step CPU, round {number}", stock_cost, "ms", against="ours", other=cost)
        yield beside(f"loop state, round {number}", len(step.state), "bytes", against=_STOCK, other=stock_size)


def _parallel_blocks(stock: float) -> Iterator[Figure]:
    for count in (_STOCK_BLOCKS, _BLOCKS):
        cost = median(_parsing_and_starting(count) for _ in range(15))
        words = f"{count} parallel blocks, parse and start"
        if count == _STOCK_BLOCKS:
            yield beside(words, cost, "ms", against=_STOCK, other=stock)
        else:
            yield Figure(words, cost, "ms")


def _parsing_and_starting(count: int) -> float:
    package = a_package(blocks(count))
    begin = time.process_time()
    Walk(definition=compile_definition(package)).begin()
    return (time.process_time() - begin) * 1000


def _without_data(step: Step) -> int:
    """Bytes of the state besides what the data alone take when they are packed as it is."""
    return len(step.state) - len(zstandard.ZstdCompressor(level=3).compress(orjson.dumps(dict(step.data))))


def _stock() -> dict[str, Any]:
    """The uncorrected library's figures, from a process that our corrections never touched."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.stock", *map(str, (*_YOUNG, _STOCK_BLOCKS))],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
