"""No file of a stranger makes us read another file or ask the network: strace counts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import Size
from tests.faults.corpus import WANTED
from tests.faults.mutants import ROOT

STRACE = shutil.which("strace")
pytestmark = pytest.mark.skipif(STRACE is None, reason="needs strace: apt-get install strace")
NETWORK = re.compile(r"(socket|connect|sendto)\((AF_INET|.*sa_family=AF_INET)")


def test_the_corpus_reads_no_file_and_calls_nobody(size: Size, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    command = [str(STRACE), "-f", "-qq", "-e", "trace=network,open,openat,write", "-o", str(seen), sys.executable]
    command += ["-m", "tests.faults.corpus", str(size(short=6, long=76)), str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    count, slowest = done.stdout.split()
    _, begins, calls = seen.read_text(errors="replace").partition("BEGINS")
    assert begins
    assert int(count) >= 49
    assert [line for line in calls.splitlines() if WANTED in line and "open" in line] == []
    assert [line for line in calls.splitlines() if NETWORK.search(line)] == []
    assert float(slowest) < 0.5, "CPU seconds under strace"


def test_what_is_looked_for_would_be_seen(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    reads = f"import socket\nsocket.socket(socket.AF_INET)\ntry: open({WANTED!r})\nexcept OSError: pass"
    command = [
        str(STRACE),
        "-f",
        "-qq",
        "-e",
        "trace=network,open,openat",
        "-o",
        str(seen),
        sys.executable,
        "-c",
        reads,
    ]

    subprocess.run(command, check=True)

    calls = seen.read_text()
    assert WANTED in calls
    assert NETWORK.search(calls)
