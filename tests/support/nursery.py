"""Processes of the product that begin in a moment, for tests that kill hundreds: children of one that has imported all.

``python -m tests.support.nursery MODULE`` reads a JSON line for each child, its arguments and environment, and answers
its pid. A child runs the function ``main`` of the module on its arguments.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

_ROOT = Path(__file__).parents[2]


class Nursery:
    """Starts ``shouwen`` commands, or what another *module* does, and ends them without a goodbye."""

    def __init__(self, module: str = "webapp.cli") -> None:
        command = [sys.executable, "-m", "tests.support.nursery", module]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=_ROOT, stdin=pipe, stdout=pipe, text=True)
        self.alive: set[int] = set()

    def start(self, *arguments: str, environment: Mapping[str, str]) -> int:
        """The pid of a new child, which has hardly begun."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"arguments": arguments, "environment": dict(environment)}) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        self.alive.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        """As when the power fails. It is gone afterwards, however it ended."""
        self.alive.discard(pid)
        while _is_there(pid):
            with suppress(ProcessLookupError):  # it may just have ended by itself
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)

    def lives(self, pid: int) -> bool:
        return _is_there(pid)

    def close(self) -> None:
        for pid in set(self.alive):
            self.kill(pid)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _raise(module: str) -> None:
    """The nursery itself. Its dead children leave nothing behind."""
    main: Callable[[Sequence[str]], int | None] = import_module(module).main
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _run(main, wanted["arguments"], wanted["environment"])
        os.write(1, b"%d\n" % pid)


def _run(main: Callable[[Sequence[str]], int | None], arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    code: int | None = 1
    try:
        code = main(arguments)
    finally:
        os._exit(code or 0)


if __name__ == "__main__":
    _raise(sys.argv[1])
