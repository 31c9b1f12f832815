"""Workers of one installation are told apart, because each resumes only what was begun under its name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from engine.worker.slot import worker_slot

HOLD = """
import sys
from pathlib import Path
from engine.worker.slot import worker_slot
with worker_slot(Path(sys.argv[1])) as name:
    print(name, flush=True)
    sys.stdin.read()
"""


def test_workers_that_run_at_the_same_time_have_different_names(tmp_path: Path) -> None:
    with worker_slot(tmp_path) as first, worker_slot(tmp_path) as second:
        names = (first, second)

    assert names == ("worker-1", "worker-2")


def test_a_name_is_free_again_when_its_worker_ends(tmp_path: Path) -> None:
    with worker_slot(tmp_path) as first:
        with worker_slot(tmp_path):
            pass
        with worker_slot(tmp_path) as again:
            assert (first, again) == ("worker-1", "worker-2")


def test_the_next_worker_takes_the_name_of_one_that_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        before = killed.stdout.readline().strip()
        with worker_slot(tmp_path) as beside:
            killed.kill()
            killed.wait()
            with worker_slot(tmp_path) as after:
                names = (before, beside, after)

    assert names == ("worker-1", "worker-2", "worker-1")
