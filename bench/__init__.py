"""Benchmarks: what is compared runs side by side in one call, because figures of different days cannot be compared.

``shouwen bench NAME``. They need the checkout: they walk the models and companies of the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bench import clocks, dmn, durable, feel, history, inbox, interpreter, load, reading, rounds, timers, web, year
from bench.figures import Figure

#: Name -> what measures it. Each takes a minute at most on two quiet cores, but for the year.
BENCHMARKS: Mapping[str, Callable[[], Iterable[Figure]]] = {
    "interpreter": interpreter.measure,
    "durable": durable.measure,
    "rounds": rounds.measure,
    "feel": feel.measure,
    "dmn": dmn.measure,
    "clocks": clocks.measure,
    "timers": timers.measure,
    "http": web.measure,
    "load": load.measure,
    "inbox": inbox.measure,
    "reading": reading.measure,
    "history": history.measure,
    "year": year.measure,
}
