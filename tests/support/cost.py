"""What something costs by itself, whatever else the process and the machine are at."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def cost_of(action: Callable[[], T]) -> tuple[T, float]:
    """What *action* returns, and the CPU seconds this thread spent on it.

    Garbage is not collected meanwhile: going through all that four thousand earlier tests have left would be counted.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        began = time.thread_time()
        return action(), time.thread_time() - began
    finally:
        if collecting:
            gc.enable()
