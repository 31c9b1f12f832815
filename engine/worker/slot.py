"""Which worker of an installation a process is: no two that run at the same time have the same name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO


@contextmanager
def worker_slot(var: Path) -> Iterator[str]:
    """A name for this process until the block ends: ``worker-1``, or the lowest number that no running process has.

    Jobs that were begun under a name are resumed under it. The operating system lets go of a slot however its process
    ends, so the next worker of the data folder *var* takes the name of the one that crashed. The machine's own name
    is left out: a container gets a new one at every start.
    """
    folder = var / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        with (folder / f"{number}.lock").open("ab") as file:
            if _locked(file):
                yield f"worker-{number}"
                return


if sys.platform == "win32":
    import msvcrt

    def _locked(file: BinaryIO) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(file: BinaryIO) -> bool:
        """Whether the lock is ours now; it ends when *file* is closed. Raises OSError where files cannot be locked."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
