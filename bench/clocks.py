"""What counting working time costs, beside plain addition of a duration as the floor.

``python -m bench.clocks`` times ten million dates, some minutes long.
"""

from __future__ import annotations

import resource
import sys
import time as clock
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from bench.figures import Figure, beside, cpu_seconds
from engine.calendars import Calendar, Deadline, Unit, chinese_calendar, due, due_at, working_time_between

_START: Final = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
_DAY: Final = ((time(9), time(12)), (time(13), time(18)))
_DEADLINES: Final = {
    "8 working hours": Deadline(Decimal(8), Unit.WORKING_HOURS),
    "2 working days": Deadline(Decimal(2), Unit.WORKING_DAYS),
    "60 working days": Deadline(Decimal(60), Unit.WORKING_DAYS),
    "3 months": Deadline(Decimal(3), Unit.MONTHS),
    "48 hours": Deadline(Decimal(48), Unit.HOURS, end="same_time"),
}
_MILLIONS: Final = 10
_CACHE: Final = 100_000
_YEARS: Final = range(2019, 2027)


def measure() -> Iterator[Figure]:
    """Microseconds a call on a calendar with lunch breaks, holidays and make-up days."""
    calendar = _calendar()
    floor = cpu_seconds(lambda: _START + timedelta(days=2), times=20_000) * 1e6
    for words, deadline in _DEADLINES.items():
        bare = cpu_seconds(lambda deadline=deadline: due_at(deadline, start=_START, calendar=calendar), times=1_000)
        cost = cpu_seconds(lambda deadline=deadline: due(deadline, start=_START, calendar=calendar), times=300)
        yield beside(f"due_at in {words}", bare * 1e6, "µs", against="datetime + timedelta", other=floor)
        yield beside(f"due in {words}", cost * 1e6, "µs", against="due_at", other=bare * 1e6)
    yield from _cached(calendar)
    for days in (1, 30, 365):
        end = _START + timedelta(days=days)
        cost = cpu_seconds(lambda end=end: working_time_between(_START, end, calendar), times=500)
        yield beside(f"working time in {days} days", cost * 1e6, "µs", against="datetime + timedelta", other=floor)


def _cached(calendar: Calendar) -> Iterator[Figure]:
    """A cache around `due`, by how often the same clock is asked for."""
    cached = lru_cache(maxsize=_CACHE)(due)
    for words, starts in (
        ("every start new", [_START + timedelta(seconds=37 * n) for n in range(5_000)]),
        ("each clock counted ten times", [_START + timedelta(seconds=37 * (n // 10)) for n in range(5_000)]),
    ):
        cached.cache_clear()
        plain = _seconds_a_call(due, starts, calendar)
        seconds = _seconds_a_call(cached, starts, calendar)
        hits = cached.cache_info().hits / len(starts)
        yield beside(f"due, cached, {words}, {hits:.0%} hits", seconds * 1e6, "µs", against="due", other=plain * 1e6)
    tracemalloc.start()
    kept = [due(deadline, start=_START, calendar=calendar) for _ in range(200) for deadline in _DEADLINES.values()]
    yield Figure("memory of a kept receipt", tracemalloc.get_traced_memory()[0] / len(kept), "bytes")
    tracemalloc.stop()


def _seconds_a_call(count: object, starts: list[datetime], calendar: Calendar) -> float:
    assert callable(count)
    deadline = _DEADLINES["2 working days"]
    begin = clock.process_time()
    for start in starts:
        count(deadline, start=start, calendar=calendar)
    return (clock.process_time() - begin) / len(starts)


def _calendar() -> Calendar:
    return chinese_calendar(hours=dict.fromkeys(range(1, 6), _DAY), time_zone="Asia/Shanghai", years=_YEARS)


def ten_million() -> None:
    """Time ten million dates of eight years, every start another; print how far it is."""
    calendar, deadlines = _calendar(), list(_DEADLINES.values())
    first = datetime(_YEARS[0], 1, 1, tzinfo=UTC)
    step = (datetime(_YEARS[-1], 1, 1, tzinfo=UTC) - first) / (_MILLIONS * 1_000_000)
    wall, cpu = clock.perf_counter(), clock.process_time()
    for million in range(_MILLIONS):
        for number in range(million * 1_000_000, (million + 1) * 1_000_000):
            due_at(deadlines[number % len(deadlines)], start=first + number * step, calendar=calendar)
        passed, used = clock.perf_counter() - wall, clock.process_time() - cpu
        rate = (million + 1) * 1_000_000
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{rate:,} dates: {rate / used:,.0f} a CPU second, {rate / passed:,.0f} a second, peak {peak:.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(ten_million())
