"""The day upstream mends a defect we learn it here, and the correction may go. Our own behaviour is tested beside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.interpreter.corrections import CORRECTED_VERSION, require_corrected_version
from tests.interpreter.building import Walk, chain, end, start, user
from tests.interpreter.stock_defects import DEFECTS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stock() -> dict[str, object]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.interpreter.stock_defects"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    answer: dict[str, object] = json.loads(run.stdout)
    return answer


@pytest.mark.parametrize("defect", [defect.__name__ for defect in DEFECTS])
def test_the_uncorrected_library_still_has(stock, defect) -> None:
    assert stock[defect] is True, "upstream behaves differently now: review engine/interpreter/corrections"


def test_the_corrections_refuse_another_version(monkeypatch) -> None:
    require_corrected_version()
    monkeypatch.setattr("engine.interpreter.corrections.version", lambda _: "3.3.0")

    with pytest.raises(RuntimeError, match=f"expected SpiffWorkflow {CORRECTED_VERSION}, found 3.3.0"):
        require_corrected_version()


def test_a_step_reads_no_clock(monkeypatch) -> None:
    walk = Walk(start() + user("a") + user("b") + end() + chain("start", "a", "b", "end"))

    def forbidden() -> float:
        raise AssertionError("the clock was read")

    monkeypatch.setattr(time, "time", forbidden)
    walk.begin()
    walk.do("a")
    walk.do("b")
