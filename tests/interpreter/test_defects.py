"""Each defect of the library has a test of ours, and most are shown: the day upstream mends one we learn it here."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.interpreter.corrections import CORRECTED_VERSION, require_corrected_version
from tests.interpreter import stock
from tests.interpreter.building import Walk, chain, end, start, user
from tests.interpreter.defects import DEFECTS

ROOT = Path(__file__).parents[2]
SHOWN = [defect for defect in DEFECTS if defect.stock is not None]


def said_by(*command: str) -> str:
    """What Python says to *command* in a process of its own, where summer time is kept."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TZ": "Europe/Berlin"}
    run = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=True
    )
    return run.stdout


@pytest.fixture(scope="module")
def answers() -> dict[str, object]:
    found: dict[str, object] = json.loads(said_by("-m", "tests.interpreter.defects"))
    return found


@pytest.fixture(scope="module")
def tests() -> list[str]:
    """The names of all tests in the files that guard us."""
    files = sorted({f"tests/{defect.guard.partition('::')[0]}" for defect in DEFECTS})
    return said_by("-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *files).splitlines()


@pytest.mark.parametrize("defect", SHOWN, ids=lambda defect: defect.id)
def test_the_uncorrected_library_still_has(answers, defect) -> None:
    assert answers[defect.id] is True, "upstream behaves differently now: review engine/interpreter/corrections"


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.id)
def test_a_test_of_ours_guards_against(tests, defect) -> None:
    guard = f"tests/{defect.guard}"

    found = [name for name in tests if name == guard or name.startswith(guard if "[" in guard else f"{guard}[")]

    assert found != []


def test_every_defect_is_listed_once_and_most_are_shown() -> None:
    assert len({defect.id for defect in DEFECTS}) == len(DEFECTS)
    assert len(SHOWN) > len(DEFECTS) / 2


def test_everything_that_shows_a_defect_is_listed() -> None:
    modules = [module for _, module in inspect.getmembers(stock, inspect.ismodule)]
    shows = {
        found
        for module in modules
        for _, found in inspect.getmembers(module, inspect.isfunction)
        if found.__annotations__ == {"return": "bool"}
    }

    assert {defect.stock for defect in SHOWN} == shows


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
