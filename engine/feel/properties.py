"""``value.name``: entries of contexts and the parts of dates, times, durations and ranges (DMN 1.5, table 65)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.feel.evaluation import Evaluation
from engine.feel.temporal import YearsMonths
from engine.feel.values import Range

_Getters = Mapping[str, Callable[[Any], Any]]


def property_of(evaluation: Evaluation, value: Any, name: str) -> Any:
    """The entry or part *name* of *value*, of each item if it is a list; null if it has none."""
    if value.__class__ is dict:
        return value.get(name)
    if value.__class__ is list:
        evaluation.charge(1 + 2 * len(value))
        return [None if item.__class__ is list else property_of(evaluation, item, name) for item in value]
    getter = _GETTERS.get(type(value), {}).get(name)
    return getter(value) if getter else None


def _offset(value: datetime | time) -> timedelta | None:
    return value.utcoffset()


def _zone(value: datetime | time) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _span_part(of: Callable[[timedelta], int]) -> Callable[[timedelta], Decimal]:
    """Parts of a negative duration are negative or zero."""
    return lambda span: Decimal(of(abs(span)) * (-1 if span < timedelta(0) else 1))


def _months_part(of: Callable[[int], int]) -> Callable[[YearsMonths], Decimal]:
    return lambda span: Decimal(of(abs(span.months)) * (-1 if span.months < 0 else 1))


_DATE: Final[_Getters] = {
    "year": lambda value: Decimal(value.year),
    "month": lambda value: Decimal(value.month),
    "day": lambda value: Decimal(value.day),
    "weekday": lambda value: Decimal(value.isoweekday()),
}
_TIME: Final[_Getters] = {
    "hour": lambda value: Decimal(value.hour),
    "minute": lambda value: Decimal(value.minute),
    "second": lambda value: Decimal(value.second) + Decimal(value.microsecond) / 1_000_000,
    "time offset": _offset,
    "timezone": _zone,
}
_GETTERS: Final[Mapping[type, _Getters]] = {
    date: _DATE,
    time: _TIME,
    datetime: {**_DATE, **_TIME},
    timedelta: {
        "days": _span_part(lambda span: span.days),
        "hours": _span_part(lambda span: span.seconds // 3600),
        "minutes": _span_part(lambda span: span.seconds // 60 % 60),
        "seconds": _span_part(lambda span: span.seconds % 60),
    },
    YearsMonths: {
        "years": _months_part(lambda months: months // 12),
        "months": _months_part(lambda months: months % 12),
    },
    Range: {
        "start": lambda value: value.low,
        "end": lambda value: value.high,
        "start included": lambda value: value.low_closed,
        "end included": lambda value: value.high_closed,
    },
}
