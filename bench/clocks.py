"""What counting working time costs, beside plain addition of a duration as the floor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from bench.figures import Figure, beside, cpu_seconds
from engine.calendars import Deadline, Unit, chinese_calendar, due, working_time_between

_START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
_DAY = ((time(9), time(12)), (time(13), time(18)))


def measure() -> Iterator[Figure]:
    """Microseconds a call on a calendar with lunch breaks, holidays and make-up days."""
    calendar = chinese_calendar(
        hours=dict.fromkeys(range(1, 6), _DAY), time_zone="Asia/Shanghai", years=range(2025, 2028)
    )
    floor = cpu_seconds(lambda: _START + timedelta(days=2), times=20_000) * 1e6
    for words, amount, unit in (
        ("due in 8 working hours", 8, Unit.WORKING_HOURS),
        ("due in 2 working days", 2, Unit.WORKING_DAYS),
        ("due in 60 working days", 60, Unit.WORKING_DAYS),
        ("due in 3 months", 3, Unit.MONTHS),
    ):
        deadline = Deadline(Decimal(amount), unit)
        cost = cpu_seconds(lambda deadline=deadline: due(deadline, start=_START, calendar=calendar), times=300)
        yield beside(words, cost * 1e6, "µs", against="datetime + timedelta", other=floor)
    for days in (1, 30, 365):
        end = _START + timedelta(days=days)
        cost = cpu_seconds(lambda end=end: working_time_between(_START, end, calendar), times=500)
        yield beside(f"working time in {days} days", cost * 1e6, "µs", against="datetime + timedelta", other=floor)
