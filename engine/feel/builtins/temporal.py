"""Functions on dates, times and durations. "Now" and "today" are the evaluation's instant, never the machine's."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.feel.builtins.signature import Signature, takes
from engine.feel.evaluation import Evaluation
from engine.feel.temporal import (
    YearsMonths,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_time_or_none,
    years_months,
)

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
#: A year, month, hour or second has fewer digits.
_NO_PART: Final = 10**9


def functions() -> Mapping[str, tuple[Signature, ...]]:
    return {
        "date": (
            takes("from: text", _read(parse_date)),
            takes("from: date", lambda _, day: day.date() if isinstance(day, datetime) else day),
            takes("year: number, month: number, day: number", _date),
        ),
        "time": (
            takes("from: text", _read(parse_time_or_none)),
            takes("from: datetime", lambda _, moment: moment.timetz()),
            takes("from: time", lambda _, clock: clock),
            takes("from: date", lambda _, _day: time(tzinfo=UTC)),
            takes("hour: number, minute: number, second: number, offset: span?", _time),
        ),
        "date and time": (
            takes("from: text", _read(_datetime_from_text)),
            takes("date: date, time: time", lambda _, day, clock: datetime.combine(_day(day), clock)),
            takes("from: datetime", lambda _, moment: moment),
            takes("from: date", lambda _, day: datetime.combine(day, time())),
            takes("date: datetime, timezone: text", _in_zone),
        ),
        "duration": (
            takes("from: text", _read(parse_duration)),
            takes("from: duration", lambda _, span: span),
        ),
        "years and months duration": (takes("from: date, to: date", _months_between),),
        "now": (takes("", lambda evaluation: evaluation.now),),
        "today": (takes("", lambda evaluation: evaluation.now.date()),),
        "day of week": (takes("date: date", lambda _, day: _DAYS[day.weekday()]),),
        "day of year": (takes("date: date", lambda _, day: Decimal(day.timetuple().tm_yday)),),
        "week of year": (takes("date: date", lambda _, day: Decimal(day.isocalendar().week)),),
        "month of year": (takes("date: date", lambda _, day: _MONTHS[day.month - 1]),),
        "last day of month": (takes("date: date", lambda _, day: Decimal(_length_of_month(day))),),
    }


def _day(day: date) -> date:
    return day.date() if isinstance(day, datetime) else day


def _whole(number: Decimal) -> int:
    """The whole part. Raises OverflowError for no part of a date: 6,000 digits take milliseconds to write out."""
    if abs(number) > _NO_PART:
        raise OverflowError
    return int(number)


def _date(_: Evaluation, year: Decimal, month: Decimal, day: Decimal) -> date | None:
    try:
        return date(_whole(year), _whole(month), _whole(day))
    except (ValueError, OverflowError):
        return None


def _time(_: Evaluation, hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None) -> time | None:
    try:
        zone = None if offset is None else timezone(offset)
        whole = _whole(second)
        return time(_whole(hour), _whole(minute), whole, int((second - whole) * 1_000_000), tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _read(parse: Callable[[str], Any]) -> Callable[[Evaluation, str], Any]:
    def read(evaluation: Evaluation, text: str) -> Any:
        # An unknown zone is looked for in the file system.
        evaluation.charge(20 + (300 if "@" in text else 0))
        return parse(text)

    return read


def _datetime_from_text(text: str) -> datetime | None:
    day = parse_date(text)
    return parse_datetime(text) if day is None else datetime.combine(day, time())


def _in_zone(evaluation: Evaluation, moment: datetime, zone: str) -> datetime | None:
    evaluation.charge(300)
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ValueError, OSError, KeyError, OverflowError):
        return None


def _months_between(_: Evaluation, begin: date, end: date) -> YearsMonths | None:
    """Whole months, towards zero."""
    sign = 1
    if _day(begin) > _day(end):
        begin, end, sign = end, begin, -1
    months = (end.year - begin.year) * 12 + end.month - begin.month
    if end.day < begin.day:
        months -= 1
    return years_months(sign * months)


def _length_of_month(day: date) -> int:
    return monthrange(day.year, day.month)[1]
