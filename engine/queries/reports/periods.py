"""The days, weeks, ten days, months, quarters, half years and years that reports are made for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MINYEAR, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine.calendars import first_of_period, next_period

_KEY: Final = re.compile(
    r"(\d{4})(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|W(?P<week>\d{2})|"
    r"(?P<month>0[1-9]|1[0-2])(?:-(?:X(?P<ten>[123])|(?P<day>\d{2})))?))?",
    re.ASCII,
)
_LATEST: Final = 9998


@dataclass(frozen=True, slots=True)
class Period:
    """One of the calendar's."""

    kind: str  #: day | week | ten_days | month | quarter | half_year | year
    first: date


def parse_period(text: str) -> Period | None:
    """The period that *text* names: ``2026-11-22``, ``2026-W47``, ``2026-11-X3`` (its last ten days), ``2026-11``,
    ``2026-Q4``, ``2026-H2`` or ``2026``; None for anything else.
    """
    found = _KEY.fullmatch(text)
    if found is None or not MINYEAR < int(found[1]) <= _LATEST:
        return None
    year, part = int(found[1]), {name: int(said) for name, said in found.groupdict().items() if said}
    month = part.get("month", 1)
    try:
        if "day" in part:
            return Period("day", date(year, month, part["day"]))
        if "week" in part:
            return Period("week", date.fromisocalendar(year, part["week"], 1))
    except ValueError:
        return None
    if "ten" in part:
        return Period("ten_days", date(year, month, 10 * part["ten"] - 9))
    if "quarter" in part:
        return Period("quarter", date(year, 3 * part["quarter"] - 2, 1))
    if "half" in part:
        return Period("half_year", date(year, 6 * part["half"] - 5, 1))
    return Period("month" if "month" in part else "year", date(year, month, 1))


def period_key(period: Period) -> str:
    """The text that `parse_period` reads."""
    first, year = period.first, f"{period.first.year:04}"
    if period.kind == "week":
        calendar = first.isocalendar()
        return f"{calendar.year:04}-W{calendar.week:02}"
    return {
        "day": first.isoformat(),
        "ten_days": f"{year}-{first.month:02}-X{first.day // 10 + 1}",
        "month": f"{year}-{first.month:02}",
        "quarter": f"{year}-Q{(first.month - 1) // 3 + 1}",
        "half_year": f"{year}-H{(first.month - 1) // 6 + 1}",
    }.get(period.kind, year)


def period_containing(kind: str, day: date) -> Period:
    """The period of that kind in which *day* lies."""
    return Period(kind, first_of_period(kind, day))


def following(period: Period, count: int = 1) -> Period:
    """The period *count* places later, earlier where it is negative."""
    first = period.first
    for _ in range(count):
        first = next_period(period.kind, first)
    for _ in range(-count):
        first = first_of_period(period.kind, first - timedelta(days=1))
    return Period(period.kind, first)


def preceding(period: Period, count: int = 1) -> Period:
    """The period *count* places earlier."""
    return following(period, -count)


def last_day(period: Period) -> date:
    return following(period).first - timedelta(days=1)


def bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Its first instant and the first that is no longer in it, by the clocks of *zone*."""
    first, last = (datetime.combine(each.first, time(), zone) for each in (period, following(period)))
    return first, last
