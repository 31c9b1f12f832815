"""Calendars as JSON values, as companies keep and edit them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any, Final, TypeVar

from engine.calendars.calendar import Calendar, Hours, Period, zone
from engine.calendars.errors import CalendarInvalid
from engine.text import Text

_T = TypeVar("_T")

_KEYS: Final = frozenset(
    {"time_zone", "hours", "changes", "days_off", "make_up_days", "notice_years", "follows_notices"}
)
_WEEKDAYS: Final = frozenset("1234567")
_TIME: Final = r"((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{6})?)?)"
_SPAN: Final = re.compile(f"{_TIME}-{_TIME}")
_WORDS: Final[Mapping[type, str]] = {str: "text", int: "a whole number", bool: "true or false", list: "a list"}


def calendar_to_json(calendar: Calendar) -> dict[str, Any]:
    """The calendar as JSON values; `calendar_from_json` gives an equal one back.

    ``{"time_zone": "Asia/Shanghai", "hours": {"1": ["09:00-12:00", "13:00-18:00"]}, "changes": {"2026-05-01": {"1":
    ["08:00-17:00"]}}, "days_off": {"2026-01-01": {"zh-Hans": "元旦"}}, "make_up_days": {"2026-01-04": 1},
    "notice_years": [2026], "follows_notices": true}``. Weekdays are ISO numbers; days and years are in order.
    """
    return {
        "time_zone": calendar.time_zone.key,
        "hours": _hours_to_json(calendar.hours),
        "changes": {day.isoformat(): _hours_to_json(hours) for day, hours in calendar.changes.items()},
        "days_off": {day.isoformat(): dict(name) for day, name in calendar.days_off.items()},
        "make_up_days": {day.isoformat(): weekday for day, weekday in calendar.make_up_days.items()},
        "notice_years": sorted(calendar.notice_years),
        "follows_notices": calendar.follows_notices,
    }


def calendar_from_json(value: object) -> Calendar:
    """The calendar that `calendar_to_json` wrote; all but time zone and hours may be left out.

    Raises `CalendarInvalid` naming the wrong entry, e.g. ``hours.1[0]``.
    """
    table = _table(value, "calendar")
    if unknown := sorted(set(table) - _KEYS):
        raise CalendarInvalid(unknown[0], f"expected only {', '.join(sorted(_KEYS))}")
    return Calendar(
        time_zone=zone(_of_type(str, table.get("time_zone"), "time_zone")),
        hours=_hours(table.get("hours"), "hours"),
        changes=_days(table.get("changes", {}), "changes", lambda hours, place: _hours(hours, f"{place}.hours")),
        days_off=_days(table.get("days_off", {}), "days_off", _name),
        make_up_days=_days(table.get("make_up_days", {}), "make_up_days", _number),
        notice_years=frozenset(
            _number(year, f"notice_years[{index}]")
            for index, year in enumerate(_of_type(list, table.get("notice_years", []), "notice_years"))
        ),
        follows_notices=_of_type(bool, table.get("follows_notices", True), "follows_notices"),
    )


def _hours_to_json(hours: Hours) -> dict[str, list[str]]:
    return {str(day): [f"{_clock(start)}-{_clock(end)}" for start, end in worked] for day, worked in hours.items()}


def _clock(at: time) -> str:
    return f"{at:%H:%M}" if at == time(at.hour, at.minute) else at.isoformat()


def _hours(value: object, place: str) -> Hours:
    table = _table(value, place)
    if wrong := [day for day in table if day not in _WEEKDAYS]:
        raise CalendarInvalid(f"{place}.{wrong[0]}", "expected an ISO weekday from 1 (Monday) to 7 (Sunday)")
    return {int(day): _periods(spans, f"{place}.{day}") for day, spans in table.items()}


def _periods(value: object, place: str) -> tuple[Period, ...]:
    return tuple(_period(span, f"{place}[{index}]") for index, span in enumerate(_of_type(list, value, place)))


def _period(value: object, place: str) -> Period:
    span = _SPAN.fullmatch(_of_type(str, value, place))
    if span is None:
        raise CalendarInvalid(place, f"expected a period such as 09:00-12:00, found {value!r}")
    return time.fromisoformat(span[1]), time.fromisoformat(span[2])


def _days(value: object, place: str, read: Callable[[object, str], _T]) -> dict[date, _T]:
    return {_day(day, place): read(each, f"{place}.{day}") for day, each in _table(value, place).items()}


def _day(text: str, place: str) -> date:
    day = _date(text)
    if day is None or day.isoformat() != text:  # 20260501 is a date too, and would hide another entry
        raise CalendarInvalid(f"{place}.{text}", "expected a date such as 2026-05-01")
    return day


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _name(value: object, place: str) -> Text:
    return {language: _of_type(str, words, f"{place}.{language}") for language, words in _table(value, place).items()}


def _number(value: object, place: str) -> int:
    if isinstance(value, bool):
        raise CalendarInvalid(place, f"expected a whole number, found {value}")
    return _of_type(int, value, place)


def _table(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise CalendarInvalid(place, f"expected a table, found {type(value).__name__}")
    return value


def _of_type(type_: type[_T], value: object, place: str) -> _T:
    if not isinstance(value, type_):
        raise CalendarInvalid(place, f"expected {_WORDS[type_]}, found {value!r}")
    return value
