"""One measured number, and small tools to measure with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, and what it was measured against in the same run."""

    figure: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None  #: value divided by that of *against*


def beside(figure: str, value: float, unit: str, *, against: str, other: float) -> Figure:
    """*value* with its ratio to *other*, which is what *against* names."""
    return Figure(figure, value, unit, against, value / other if other else None)


def cpu_seconds(work: Callable[[], object], *, times: int) -> float:
    """CPU seconds of one call of *work*: the best of five series of *times*, so that neighbours disturb least."""
    best = float("inf")
    for _ in range(5):
        begin = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - begin) / times)
    return best


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which *share* of *values* lie."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
