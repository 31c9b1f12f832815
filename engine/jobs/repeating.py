"""Something done again and again beside everything else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Repeating:
    """Calls *action* every *seconds* in a thread of its own, from `start` until `stop`.

    An error of *action* is logged and the next round comes all the same: the database may be away for a while.
    """

    def __init__(self, name: str, action: Callable[[], object], *, seconds: float) -> None:
        self._name = name
        self._action = action
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin no more rounds, and wait ten seconds at most for the one under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._action()
            except Exception:  # noqa: BLE001 -- as the class says
                _log.warning("round failed", extra={"action": f"{self._name}_failed"}, exc_info=True)
