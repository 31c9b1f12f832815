"""Reading what strangers sent in a process of its own: whatever the file does to its reader, that one dies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

_SECONDS: Final = 20
_MEMORY: Final = 1_000_000_000


def output_of(module: str, *arguments: str, given: bytes = b"") -> bytes | None:
    """What ``python -m module`` writes when it reads *given*; None when it failed or took too long.

    *module* calls `confine` before it touches what it was given.
    """
    command = [sys.executable, "-m", module, *arguments]
    root = Path(__file__).parents[1]
    try:
        done = subprocess.run(  # noqa: S603 -- our own program, no shell
            command,
            cwd=root,
            env={},
            input=given,
            timeout=_SECONDS,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    except subprocess.SubprocessError:
        return None
    return done.stdout


def confine() -> None:
    """Give this process little time and memory, and let it write no file."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
