"""What both readers of a notice build: a statement about days, and the days themselves, checked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from engine.calendars.errors import NoticeProblem
from engine.calendars.timeline import YEARS
from engine.text import Text

#: No festival is longer; a longer span is a typing mistake.
_LONGEST: Final = 31


class Statement(NamedTuple):
    """Days that are off under one name, or worked."""

    line: int
    text: str
    days: tuple[date, ...]
    name: Text | None  #: None = worked
    weekday: int | None = None  #: ISO weekday whose hours are worked


def named_day(year: int, month: int, day: int, place: tuple[int, str], problems: list[NoticeProblem]) -> date | None:
    """That day; None, and a problem at *place* (line and text), when there is none."""
    try:
        found = date(year, month, day)
    except ValueError:
        found = None
    if found and found.year in YEARS:
        return found
    params: dict[str, str | int] = {"day": f"{year}-{month:02}-{day:02}"}
    problems.append(NoticeProblem(*place, "no_such_day", f"a day of the calendar, found {params['day']}", params))
    return None


def days_between(first: date, last: date, place: tuple[int, str], problems: list[NoticeProblem]) -> tuple[date, ...]:
    """Every day from *first* to *last*; none, and a problem at *place*, when they are out of order or too many."""
    count = (last - first).days + 1
    if 1 <= count <= _LONGEST:
        return tuple(first + timedelta(days=n) for n in range(count))
    expected = f"at most {_LONGEST} days in order, found {first} to {last}"
    params: dict[str, str | int] = {"first": first.isoformat(), "last": last.isoformat(), "most": _LONGEST}
    problems.append(NoticeProblem(*place, "span", expected, params))
    return ()
