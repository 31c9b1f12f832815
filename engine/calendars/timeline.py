"""A calendar laid out in time: tables for one year each, computed once, searched by bisection.

Instants in here are integers, microseconds since 1970 in UTC: exact, quick to compare, and free of daylight saving.
Days are proleptic Gregorian ordinals (`date.toordinal`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from engine.calendars.calendar import Calendar, periods
from engine.calendars.errors import DeadlineInvalid, NaiveInstant
from engine.text import Text

#: Nothing is counted farther than this from its start, so nothing can hang.
MAX_YEARS: Final = 100
#: Starts outside are refused: they are typing mistakes, and `datetime` ends not far behind.
YEARS: Final = range(1900, 3000)

_DAY: Final = 24 * 3_600_000_000
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


class DayKind(StrEnum):
    WORKING = "working"
    MAKE_UP = "make_up"  #: worked although its weekday or a holiday would have it off
    DAY_OFF = "day_off"  #: a weekday without office hours
    HOLIDAY = "holiday"  #: a named day off


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring days of one kind and one name."""

    first: int
    last: int
    kind: DayKind
    name: Text | None = None


@dataclass(frozen=True, slots=True)
class YearTable:
    """The working days of one year and their office hours, as parallel tuples in order of time."""

    runs: tuple[Run, ...]
    run_ends: tuple[int, ...]  #: last day of each run
    days: tuple[int, ...]  #: working days
    opens: tuple[int, ...]  #: first moment of each working day's hours
    closes: tuple[int, ...]  #: last moment of each working day's hours
    starts: tuple[int, ...]  #: of each period
    ends: tuple[int, ...]
    worked: tuple[int, ...]  #: working time of the year up to the end of each period
    owners: tuple[int, ...]  #: the working day each period belongs to
    total: int


def to_micros(instant: datetime, what: str) -> int:
    """The instant as a number. *what* names it in the error for a naive one, e.g. ``"the start"``."""
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise NaiveInstant(what)
    if instant.year not in YEARS:
        raise DeadlineInvalid(what, f"expected a year from {YEARS[0]} to {YEARS[-1]}, found {instant.year}")
    return (instant - _EPOCH) // _MICROSECOND


def to_instant(micros: int, calendar: Calendar) -> datetime:
    """The instant as the company's local time."""
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(calendar.time_zone)


def local_day(micros: int, calendar: Calendar) -> int:
    """The company's day at that instant."""
    return to_instant(micros, calendar).toordinal()


def local_micros(day: int, at: time, calendar: Calendar) -> int:
    """When the company's clock shows *at* on *day*. A time that summer time skips counts as one hour later."""
    wall = datetime.combine(date.fromordinal(day), at, calendar.time_zone)
    return (wall - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=2048)
def year_table(calendar: Calendar, year: int) -> YearTable:
    """The layout of one year."""
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    starts: list[int] = []
    ends: list[int] = []
    worked: list[int] = []
    owners: list[int] = []
    total = 0
    free_from = _end_of_hours(calendar, first - 1)
    for day in range(first, last + 1):
        for start, end in _hours_of(calendar, day):
            # Night shifts before a make-up workday may run into its hours: nobody works twice at once.
            begin = max(start, free_from)
            if begin >= end:
                continue
            total += end - begin
            starts.append(begin)
            ends.append(end)
            worked.append(total)
            owners.append(day)
            free_from = end
    days = tuple(dict.fromkeys(owners))
    runs = tuple(_runs(calendar, first, last, frozenset(days)))
    return YearTable(
        runs=runs,
        run_ends=tuple(run.last for run in runs),
        days=days,
        opens=tuple(starts[bisect_left(owners, day)] for day in days),
        closes=tuple(ends[bisect_right(owners, day) - 1] for day in days),
        starts=tuple(starts),
        ends=tuple(ends),
        worked=tuple(worked),
        owners=tuple(owners),
        total=total,
    )


def nth_working_day(calendar: Calendar, first: int, count: int) -> int:
    """The *count*-th working day, counting from day *first* on (which counts if it is one)."""
    year = date.fromordinal(first).year
    last_year = year + MAX_YEARS
    index = bisect_left(year_table(calendar, year).days, first) + count - 1
    while index >= len(days := year_table(calendar, year).days):
        index -= len(days)
        year += 1
        _refuse_beyond(year, last_year)
    return days[index]


def nth_working_day_before(calendar: Calendar, before: int, count: int) -> int:
    """The *count*-th working day, counting back from day *before*, which does not count."""
    year = date.fromordinal(before).year
    first_year = year - MAX_YEARS
    index = bisect_left(year_table(calendar, year).days, before) - count
    while index < 0:
        year -= 1
        _refuse_before(year, first_year)
        index += len(year_table(calendar, year).days)
    return year_table(calendar, year).days[index]


def previous_working_day(calendar: Calendar, before: int) -> int | None:
    """The last working day before day *before*; None if there was none in the year and the one before it."""
    year = date.fromordinal(before).year
    for candidate in (year, year - 1):
        days = year_table(calendar, candidate).days
        if index := bisect_left(days, before):
            return days[index - 1]
    return None


def is_working(calendar: Calendar, day: int) -> bool:
    """Whether *day* has office hours of its own: none are left where the night shift before covers them."""
    days = year_table(calendar, date.fromordinal(day).year).days
    index = bisect_left(days, day)
    return index < len(days) and days[index] == day


def hours_of_day(calendar: Calendar, day: int) -> tuple[int, int]:
    """First and last moment of a working day's office hours."""
    table = year_table(calendar, date.fromordinal(day).year)
    index = bisect_left(table.days, day)
    return table.opens[index], table.closes[index]


def working_day_of(calendar: Calendar, instant: int) -> int:
    """The day whose office hours run at *instant* (a night shift belongs to the day before), else its date."""
    today = local_day(instant, calendar)
    for table in _tables_around(calendar, today):
        index = bisect_right(table.starts, instant) - 1
        if index >= 0 and instant < table.ends[index]:
            return table.owners[index]
    return today


def working_day_ending_at(calendar: Calendar, instant: int) -> int:
    """The day in whose office hours the last moment before *instant* lies, else the calendar's day."""
    today = local_day(instant, calendar)
    for table in _tables_around(calendar, today):
        index = bisect_left(table.ends, instant)
        if index < len(table.ends) and table.starts[index] < instant:
            return table.owners[index]
    return today


def worked_between(calendar: Calendar, begin: int, end: int) -> int:
    """Working time from *begin* to *end*, which is not earlier."""
    first, last = _years_around(begin)[0], _years_around(end)[1]
    if last - first > MAX_YEARS:
        raise DeadlineInvalid("span", f"expected at most {MAX_YEARS} years, found {last - first}")
    tables = [year_table(calendar, year) for year in range(first, last + 1)]
    return sum(_worked_until(table, end) - _worked_until(table, begin) for table in tables)


def worked_within(calendar: Calendar, day: int, begin: int, end: int) -> int:
    """The same where *begin* and *end* lie in the office hours of days in the year of *day*: one table has them all."""
    table = year_table(calendar, date.fromordinal(day).year)
    return _worked_until(table, end) - _worked_until(table, begin)


def advance(calendar: Calendar, begin: int, amount: int) -> int:
    """The earliest instant at which *amount* of working time has passed since *begin*."""
    if amount <= 0:
        return begin
    year = _years_around(begin)[0]
    last_year = year + MAX_YEARS
    while True:
        table = year_table(calendar, year)
        target = _worked_until(table, begin) + amount
        if target <= table.total:
            index = bisect_left(table.worked, target)
            return table.ends[index] - (table.worked[index] - target)
        amount = target - table.total
        year += 1
        _refuse_beyond(year, last_year)


def retreat(calendar: Calendar, end: int, amount: int) -> int:
    """The latest instant from which *amount* of working time passes until *end*."""
    year = _years_around(end)[1]
    first_year = year - MAX_YEARS
    while True:
        table = year_table(calendar, year)
        target = _worked_until(table, end) - amount
        if target >= 0:
            index = bisect_right(table.worked, target)
            return table.ends[index] - (table.worked[index] - target)
        amount = -target
        year -= 1
        _refuse_before(year, first_year)


def _refuse_beyond(year: int, last_year: int) -> None:
    if year > last_year:
        problem = f"reaches more than {MAX_YEARS} years ahead; make it shorter or give the calendar more office hours"
        raise DeadlineInvalid("amount", problem)


def _refuse_before(year: int, first_year: int) -> None:
    if year < first_year:
        problem = f"reaches more than {MAX_YEARS} years back; make it shorter or give the calendar more office hours"
        raise DeadlineInvalid("amount", problem)


def _years_around(instant: int) -> tuple[int, int]:
    """The first and last year whose office hours may run at *instant* in any time zone, the night shift of 31 December
    included: two days before and one after cover both, without asking the time zone.
    """
    day = _EPOCH_DAY + instant // _DAY
    return date.fromordinal(day - 2).year, date.fromordinal(day + 1).year


def _tables_around(calendar: Calendar, today: int) -> Iterator[YearTable]:
    """The tables with the office hours of an instant on *today*: on 1 January the old year's night shift too."""
    year = date.fromordinal(today).year
    yield year_table(calendar, year)
    if date.fromordinal(today - 1).year != year:
        yield year_table(calendar, year - 1)


def _worked_until(table: YearTable, instant: int) -> int:
    index = bisect_right(table.starts, instant) - 1
    if index < 0:
        return 0
    return table.worked[index] - max(0, table.ends[index] - instant)


def _hours_of(calendar: Calendar, day: int) -> Iterator[tuple[int, int]]:
    for start, end in periods(calendar, date.fromordinal(day)):
        yield local_micros(day, start, calendar), local_micros(day + (end <= start), end, calendar)


def _end_of_hours(calendar: Calendar, day: int) -> int:
    return max((end for _, end in _hours_of(calendar, day)), default=local_micros(day, time(0), calendar))


def _runs(calendar: Calendar, first: int, last: int, worked: frozenset[int]) -> Iterator[Run]:
    open_run: Run | None = None
    for day in range(first, last + 1):
        kind, name = _kind_of(calendar, date.fromordinal(day), works=day in worked)
        if open_run and (open_run.kind, open_run.name) == (kind, name):
            open_run = Run(open_run.first, day, kind, name)
            continue
        if open_run:
            yield open_run
        open_run = Run(day, day, kind, name)
    if open_run:
        yield open_run


def _kind_of(calendar: Calendar, day: date, *, works: bool) -> tuple[DayKind, Text | None]:
    if works:
        return (DayKind.MAKE_UP if day in calendar.make_up_days else DayKind.WORKING), None
    if day in calendar.days_off:
        return DayKind.HOLIDAY, calendar.days_off[day] or None
    return DayKind.DAY_OFF, None
