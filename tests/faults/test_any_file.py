"""Whatever a file holds, the upload gate answers in time with findings, and what it lets through runs or stops in order."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.faults.conftest import Size
from tests.faults.mutants import ROOT

#: Mutants of one process, whose memory is measured.
CHUNK = 5_000


def test_no_mutant_crashes_hangs_or_fills_the_memory(size: Size) -> None:
    mutants = size(short=300, long=50_000)
    for first in range(0, mutants, CHUNK):
        summary = tried(first, min(CHUNK, mutants - first))

        assert summary["failures"] == []
        assert summary["slowest"] < 2, f"seed {summary['slowest_seed']}"
        assert summary["memory"] < 200_000_000
        assert summary["refused"] > summary["accepted"] > 0
        assert summary["requests"] > summary["ran"] > 0


def tried(first: int, count: int) -> dict[str, object]:
    """What became of the mutants from *first* on, in a process of their own."""
    command = [sys.executable, "-m", "tests.faults.mutants", str(first), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(done.stderr)
    return json.loads(done.stdout)
