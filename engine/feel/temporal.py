"""Dates, times and durations: reading and writing their ISO 8601 forms. Years run from 1 to 9999."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration. Kept apart from ``timedelta``: a month has no fixed number of days."""

    months: int


#: Months of a YearsMonths stay within ± this.
MAX_MONTHS: Final = 12 * 999_999_999

_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME: Final = re.compile(
    r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,12}))?)?"
    r"(?:([Zz])|([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?|@([A-Za-z][A-Za-z0-9_+/-]{0,60}))?"
)
_MONTHS: Final = re.compile(r"(-?)P(?:([0-9]{1,9})Y)?(?:([0-9]{1,9})M)?")
_SPAN: Final = re.compile(
    r"(-?)P(?:([0-9]{1,9})D)?(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,12}(?:\.[0-9]{1,12})?)S)?)?"
)

Temporal = date | datetime | time | timedelta | YearsMonths


def parse_temporal(text: str) -> Temporal | None:
    """Whatever date, time, date-time or duration *text* is, or None."""
    return parse_date(text) or parse_datetime(text) or parse_time_or_none(text) or parse_duration(text)


def parse_date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def parse_time_or_none(text: str) -> time | None:
    """``HH:MM[:SS[.fff]]`` with ``Z``, an offset or ``@Zone``. Fractions are cut to microseconds."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    try:
        zone = _zone(match)
        fraction = int((match[4] or "0")[:6].ljust(6, "0"))
        return time(int(match[1]), int(match[2]), int(match[3] or 0), fraction, tzinfo=zone)
    except (ValueError, OSError, KeyError):
        return None


def parse_datetime(text: str) -> datetime | None:
    day, separator, clock = text.partition("T")
    if not separator:
        return None
    parsed_day, parsed_clock = parse_date(day), parse_time_or_none(clock)
    if parsed_day is None or parsed_clock is None:
        return None
    return datetime.combine(parsed_day, parsed_clock)


def parse_duration(text: str) -> timedelta | YearsMonths | None:
    if text.endswith(("P", "T")):
        return None
    if match := _MONTHS.fullmatch(text):
        return years_months((-1 if match[1] else 1) * (int(match[2] or 0) * 12 + int(match[3] or 0)))
    if not (match := _SPAN.fullmatch(text)):
        return None
    micro = int(Decimal(match[5] or 0) * 1_000_000)
    try:
        span = timedelta(
            days=int(match[2] or 0), hours=int(match[3] or 0), minutes=int(match[4] or 0), microseconds=micro
        )
        return -span if match[1] else span
    except OverflowError:
        return None


def years_months(months: int) -> YearsMonths | None:
    """A duration of *months*, None if that is out of bounds."""
    return YearsMonths(months) if -MAX_MONTHS <= months <= MAX_MONTHS else None


def add_months(day: date, months: int) -> date:
    """The same day *months* later, clipped to the end of a shorter month. Raises ValueError beyond year 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day  # noqa: PLR2004 - December
    return day.replace(year=year, month=month + 1, day=min(day.day, length))


def text_of(value: Temporal) -> str:
    """FEEL's own text: offsets as ``+08:00``, zones as ``@Asia/Shanghai``."""
    match value:
        case YearsMonths():
            return _months_text(value.months)
        case timedelta():
            return _span_text(value)
        case datetime() | time():
            clock = value.replace(tzinfo=None).isoformat()
            return (clock.rstrip("0") if value.microsecond else clock) + _zone_text(value.tzinfo)
        case _:
            return value.isoformat()


def _zone(match: re.Match[str]) -> tzinfo | None:
    if match[5]:
        return UTC
    if match[10]:
        return ZoneInfo(match[10])
    if not match[6]:
        return None
    hours, minutes, seconds = int(match[7]), int(match[8]), int(match[9] or 0)
    if hours > 14 or minutes > 59 or seconds > 59:  # noqa: PLR2004 - XML Schema's bounds of an offset
        raise ValueError(match[0])
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(-offset if match[6] == "-" else offset) if offset else UTC


def _zone_text(zone: tzinfo | None) -> str:
    if zone is None:
        return ""
    if zone is UTC:
        return "Z"
    return f"@{zone.key}" if isinstance(zone, ZoneInfo) else str(zone).removeprefix("UTC")


def _months_text(months: int) -> str:
    years, rest = divmod(abs(months), 12)
    body = (f"{years}Y" if years else "") + (f"{rest}M" if rest else "")
    return f"{'-' if months < 0 else ''}P{body or '0M'}"


def _span_text(span: timedelta) -> str:
    total = abs(span)
    minutes, seconds = divmod(total.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{total.microseconds:06d}".rstrip("0") if total.microseconds else ""
    clock = (
        (f"{hours}H" if hours else "")
        + (f"{minutes}M" if minutes else "")
        + (f"{seconds}{fraction}S" if seconds or fraction else "")
    )
    day = f"{total.days}D" if total.days else ""
    body = day + (f"T{clock}" if clock else "") or "T0S"
    return f"{'-' if span < timedelta(0) else ''}P{body}"
