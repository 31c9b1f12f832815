"""The months, quarters, half years and years that reports are made for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MINYEAR, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

#: Kind -> months it has.
MONTHS: Final = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_KEY: Final = re.compile(r"(\d{4})(?:-(?:(Q)([1-4])|(H)([12])|(0[1-9]|1[0-2])))?", re.ASCII)
_LATEST: Final = 9998
_MONTHS_OF_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class Period:
    """One month, quarter, half year or year of the calendar."""

    kind: str  #: a key of MONTHS
    first: date


def parse_period(text: str) -> Period | None:
    """The period that *text* names: ``2026-11``, ``2026-Q4``, ``2026-H2`` or ``2026``; None for anything else."""
    found = _KEY.fullmatch(text)
    if found is None or not MINYEAR < int(found[1]) <= _LATEST:
        return None
    year = int(found[1])
    if found[2]:
        return Period("quarter", date(year, 3 * int(found[3]) - 2, 1))
    if found[4]:
        return Period("half_year", date(year, 6 * int(found[5]) - 5, 1))
    return Period("month", date(year, int(found[6]), 1)) if found[6] else Period("year", date(year, 1, 1))


def period_key(period: Period) -> str:
    """The text that `parse_period` reads."""
    year, place = f"{period.first.year:04}", (period.first.month - 1) // MONTHS[period.kind] + 1
    return {"month": f"{year}-{place:02}", "quarter": f"{year}-Q{place}", "half_year": f"{year}-H{place}"}.get(
        period.kind, year
    )


def period_containing(kind: str, day: date) -> Period:
    """The period of that kind in which *day* lies."""
    months = MONTHS[kind]
    return Period(kind, date(day.year, (day.month - 1) // months * months + 1, 1))


def following(period: Period, count: int = 1) -> Period:
    """The period *count* places later, earlier where it is negative."""
    months = period.first.year * _MONTHS_OF_YEAR + period.first.month - 1 + count * MONTHS[period.kind]
    return Period(period.kind, date(months // _MONTHS_OF_YEAR, months % _MONTHS_OF_YEAR + 1, 1))


def preceding(period: Period, count: int = 1) -> Period:
    """The period *count* places earlier."""
    return following(period, -count)


def last_day(period: Period) -> date:
    return following(period).first - timedelta(days=1)


def bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Its first instant and the first that is no longer in it, by the clocks of *zone*."""
    first, last = (datetime.combine(each.first, time(), zone) for each in (period, following(period)))
    return first, last
