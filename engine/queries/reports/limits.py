"""The natural limits of numbers that follow one another (XmR chart), and which of them are no chance. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

#: Values on one side of the mean in a row that are no chance any more (Wheeler, rule 2).
RUN: Final = 8
#: Mean moving range to natural process limits of single values (Wheeler: 3 / d2 for two values).
SPREAD: Final = 2.66
#: Fewer values have no limits yet.
FEWEST: Final = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What an XmR chart says of its values: mean, natural limits, and the places that are no chance."""

    mean: float
    upper: float
    lower: float
    signals: frozenset[int]

    def beyond(self, value: float) -> bool:
        """Whether *value* alone is no chance."""
        return value > self.upper or value < self.lower


def limits_of(values: Sequence[float]) -> Limits | None:
    """The natural limits of *values*, none of which is below nothing; None for fewer than five."""
    if len(values) < FEWEST:
        return None
    mean = sum(values) / len(values)
    moving = sum(abs(b - a) for a, b in pairwise(values)) / (len(values) - 1)
    upper, lower = mean + SPREAD * moving, max(0.0, mean - SPREAD * moving)
    outside = {place for place, value in enumerate(values) if value > upper or value < lower}
    for end in range(RUN, len(values) + 1):
        if ends_a_run(values[:end], mean):
            outside |= set(range(end - RUN, end))
    return Limits(mean, upper, lower, frozenset(outside))


def ends_a_run(values: Sequence[float], mean: float) -> bool:
    """Whether the last eight of *values* lie on one side of *mean*."""
    last = values[-RUN:]
    return len(last) == RUN and (all(value > mean for value in last) or all(value < mean for value in last))
