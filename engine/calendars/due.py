"""When a deadline ends, with the receipt that says why."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from engine.calendars import timeline
from engine.calendars.calendar import Calendar
from engine.calendars.counting import Counted, Course, Reached, Stood, course, given
from engine.calendars.deadline import Deadline, Extension, Pause, Unit, extended, hours_in_micros
from engine.calendars.receipt import Line, LineKind, Receipt
from engine.calendars.timeline import DayKind

#: Working hours are listed day by day up to this many days; beyond, neighbouring days share a line.
_DAILY_LINES: Final = 31
#: From this day of December on, the next year's notice may have make-up workdays (29 Dec 2018 came so).
_NEXT_NOTICE_FROM: Final = (12, 29)

_LINE_OF: Final = {
    DayKind.WORKING: LineKind.COUNTED,
    DayKind.MAKE_UP: LineKind.MAKE_UP,
    DayKind.DAY_OFF: LineKind.DAY_OFF,
    DayKind.HOLIDAY: LineKind.HOLIDAY,
}


def due(
    deadline: Deadline,
    *,
    start: datetime,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> Receipt:
    """The date of *deadline* for something that happened at *start*.

    Working days: with ``now``, ``next_day`` and ``next_working_day`` the first counted day is the next working day;
    with ``same_day`` it is the day of *start* if its office hours have not ended. The date is the end of office hours
    of the last counted day; with ``now`` and ``same_time`` the time of day of *start*, moved into that day's office
    hours (their end when *start* lies on a day off). A night shift is one working day, the one on which it begins.

    Days and months: with ``now`` and ``next_day`` the day after *start* is the first, with ``same_day`` the day itself,
    with ``next_working_day`` the next working day. A month ends on the day of the same number as the day before the
    first counted one, clipped to its length. The date is 23:59:59; with ``now`` and ``same_time`` the time of *start*.

    With ``by`` the date is that time of day on the last counted day, whatever office hours and ``end`` say. Days are
    then those of the calendar for night shifts too, and ``same_day`` counts the day of *start* while that time has not
    passed. Time given back by pauses moves the date to the next such moment; working days, to that of a working day.

    Counting that begins with a whole day ends with one: for days ``same_time`` has a meaning with ``now`` only.

    Hours: passed by the clock, or within office hours, from *start* on, with ``next_day`` from the next midnight and
    with ``next_working_day`` from the next working day; working hours wait for office hours anyway. ``end_of_day`` is
    the end of the day (of office hours) in which the last counted moment lies.

    A given date is its 23:59:59, a given moment is itself; pauses do not move either.

    With ``before`` the amount is counted back from the given date, whose own day does not count; *start* only says when
    the clock began, and may lie behind the date. Working hours end at the latest moment that leaves enough of them. The
    end of the day and a roll-over are as above, yet neither moves the date past the given one.

    A pause gives back what it takes: working time for working units, elapsed time otherwise, once where pauses overlap.
    What is given back passes after the exact moment, before the end of a day or a roll-over is looked for; pauses that
    begin after the date do nothing. While a pause has no end, the date is the one it would have if it ended at once.

    Extensions add to the amount before anything is counted, so granted working days are counted as working days. A
    given date cannot be extended.

    A day off at the end is passed over by *roll*; back only if the date stays behind the begin of counting,
    forwards otherwise.

    Raises `NaiveInstant`, and `DeadlineInvalid` when the date would lie more than a hundred years ahead.
    """
    counted = extended(deadline, extensions)
    way = course(counted, start=start, calendar=calendar, pauses=pauses)
    started_at = timeline.to_instant(way.begin, calendar)
    due_instant = timeline.to_instant(way.ends.last.at, calendar)
    return Receipt(
        due_at=due_instant,
        started_at=started_at,
        counts_from=started_at if way.counts_from == way.begin else timeline.to_instant(way.counts_from, calendar),
        deadline=deadline,
        lines=(
            *_granted(deadline.unit, extensions, calendar),
            *_counting(counted, way, calendar),
            *_afterwards(counted, way, due_instant, calendar),
        ),
        calendar_version=calendar.version,
        time_zone=calendar.time_zone.key,
        provisional=_provisional(deadline, way, (started_at.toordinal(), due_instant.toordinal()), calendar),
        paused_since=None if way.paused_since is None else timeline.to_instant(way.paused_since, calendar),
    )


def _granted(unit: Unit, extensions: Sequence[Extension], calendar: Calendar) -> list[Line]:
    """What was added to the amount, in order of time however it was given."""
    if not extensions:
        return []
    in_order = sorted(extensions, key=lambda each: (each.granted_at, each.amount, each.reason))
    return [_granted_line(each, unit, calendar) for each in in_order]


def _granted_line(extension: Extension, unit: Unit, calendar: Calendar) -> Line:
    at = extension.granted_at.astimezone(calendar.time_zone)
    line = Line(LineKind.GRANTED, at.date(), at.date(), begin=at, reason=extension.reason)
    if unit.whole_days:
        return replace(line, count=int(extension.amount))
    return replace(line, time=timedelta(microseconds=hours_in_micros(extension.amount)))


def _counting(deadline: Deadline, way: Course, calendar: Calendar) -> list[Line]:
    """What the amount counts and passes over."""
    if deadline.before:
        return _counting_back(deadline, way.counted, calendar)
    end = way.counted.reached
    match deadline.unit:
        case Unit.FIELD:
            return [_given_line(deadline, calendar)]
        case Unit.WORKING_HOURS:
            return _worked(way.counts_from, end.at, calendar)
        case Unit.HOURS:
            return [_elapsed(LineKind.COUNTED, way.counts_from, end.at, calendar)]
        case Unit.WORKING_DAYS | Unit.DAYS | Unit.MONTHS:
            return _days(deadline, way.counted, calendar)


def _counting_back(deadline: Deadline, counted: Counted, calendar: Calendar) -> list[Line]:
    """From the given date to the one before it: the latest line first."""
    start = _given_line(deadline, calendar)
    end, last = counted.reached, counted.origin - 1
    match deadline.unit:
        case Unit.WORKING_HOURS:
            return [start, *reversed(_worked(end.at, given(deadline, calendar).at, calendar))]
        case Unit.HOURS:
            return [start, _elapsed(LineKind.COUNTED, end.at, given(deadline, calendar).at, calendar)]
        case Unit.WORKING_DAYS:
            days = _day_lines(calendar, end.day, last)
        case _:
            kind = LineKind.MONTHS if deadline.unit is Unit.MONTHS else LineKind.COUNTED
            days = [_whole_days(kind, end.day, last, int(deadline.amount))]
    return [start, *reversed(days), _moment(LineKind.TIME_OF_DAY, end, calendar)]


def _given_line(deadline: Deadline, calendar: Calendar) -> Line:
    at, day = given(deadline, calendar)
    instant, on = timeline.to_instant(at, calendar), date.fromordinal(day)
    return Line(LineKind.GIVEN, on, on, begin=instant, end=instant)


def _days(deadline: Deadline, counted: Counted, calendar: Calendar) -> list[Line]:
    origin, first, last = counted.origin, counted.first, counted.reached.day
    lines: list[Line] = []
    if first > origin:
        lines.append(_whole_days(LineKind.START_DAY, origin, origin))
    if deadline.unit is Unit.WORKING_DAYS:
        lines += _day_lines(calendar, first, last)
    else:
        lines += _day_lines(calendar, origin + 1, first - 1)
        kind = LineKind.MONTHS if deadline.unit is Unit.MONTHS else LineKind.COUNTED
        lines.append(_whole_days(kind, first, last, int(deadline.amount)))
    return [*lines, _moment(LineKind.TIME_OF_DAY, counted.reached, calendar)]


def _afterwards(deadline: Deadline, way: Course, due_instant: datetime, calendar: Calendar) -> list[Line]:
    """What follows on the amount: pauses, the time they gave back, and the moves to the date."""
    lines = [_pause_line(each, calendar) for each in way.stood]
    if way.moved != way.counted.reached:
        lines += _extension(deadline.unit, way.counted.reached.at, way.moved.at, calendar)
    reached = way.moved
    if way.ends.by:
        reached = way.ends.by
        lines.append(_moment(LineKind.BY, reached, calendar))
    if way.ends.rolled:
        lines += _rolled_lines(reached.day, way.ends.rolled, calendar)
        reached = way.ends.rolled
    if way.ends.closed:
        on = date.fromordinal(way.ends.closed.day)
        lines.append(Line(LineKind.END_OF_DAY, on, on, end=due_instant))
    return lines


def _worked(begin: int, end: int, calendar: Calendar, *, extended: bool = False) -> list[Line]:
    """Working time from *begin* to *end*, with what is skipped between."""
    first = timeline.working_day_of(calendar, begin)
    last = timeline.working_day_ending_at(calendar, end)
    lines: list[Line] = []
    for line in _daily(_day_lines(calendar, first, last), daily=last - first < _DAILY_LINES):
        if not line.count:
            lines += () if extended else (line,)
            continue
        day, last_day = line.first.toordinal(), line.last.toordinal()
        since = max(begin, timeline.hours_of_day(calendar, day)[0])
        until = min(end, timeline.hours_of_day(calendar, last_day)[1])
        worked = timeline.worked_within(calendar, day, since, until) if since < until else 0
        if worked:
            kind = LineKind.EXTENDED if extended else line.kind
            lines.append(_portion(kind, line.first, line.last, (since, until, worked), calendar))
        elif not extended:
            lines.append(replace(line, kind=LineKind.START_DAY, count=0))
    return lines


def _daily(lines: Iterable[Line], *, daily: bool) -> Iterator[Line]:
    """The lines, those of working days cut into single days if *daily*."""
    for line in lines:
        if daily and line.count > 1:
            yield from (Line(line.kind, day, day, 1) for day in line.days)
        else:
            yield line


def _elapsed(kind: LineKind, begin: int, end: int, calendar: Calendar) -> Line:
    """Time by the clock."""
    first, last = timeline.to_instant(begin, calendar).date(), timeline.to_instant(end - 1, calendar).date()
    return _portion(kind, first, last, (begin, end, end - begin), calendar)


def _extension(unit: Unit, begin: int, end: int, calendar: Calendar) -> list[Line]:
    if unit.works:
        return _worked(begin, end, calendar, extended=True)
    return [_elapsed(LineKind.EXTENDED, begin, end, calendar)]


def _rolled_lines(day: int, rolled: Reached, calendar: Calendar) -> tuple[Line, ...]:
    """The days passed over; the last line says where the date has gone."""
    first, last = (day, rolled.day - 1) if rolled.day > day else (rolled.day + 1, day)
    lines = [replace(line, kind=LineKind.ROLLED) for line in _day_lines(calendar, first, last)]
    return (*lines[:-1], replace(lines[-1], end=timeline.to_instant(rolled.at, calendar)))


def _provisional(deadline: Deadline, way: Course, days: tuple[int, int], calendar: Calendar) -> bool:
    """Whether days were asked for whose notice is not in the calendar; *days* are those of start and date."""
    counted = deadline.unit.works or (deadline.start == "next_working_day" and deadline.unit is not Unit.FIELD)
    asked = counted or deadline.roll != "none"
    if not asked or not calendar.follows_notices:
        return False
    start, end = days
    span = (end, way.counted.origin) if deadline.before else (start, max(end, way.moved.day))
    first, last = map(date.fromordinal, span)
    if (last.month, last.day) >= _NEXT_NOTICE_FROM:
        last = date(last.year + 1, 1, 1)
    return any(year not in calendar.notice_years for year in range(min(first, last).year, last.year + 1))


def _day_lines(calendar: Calendar, first: int, last: int) -> list[Line]:
    """The days from *first* to *last*, working ones counted; neighbours that are alike share a line."""
    if first > last:
        return []
    lines: list[Line] = []
    for year in range(date.fromordinal(first).year, date.fromordinal(last).year + 1):
        ends = timeline.year_table(calendar, year).run_ends
        lines += _lines_of_year(calendar, year)[bisect_left(ends, first) : bisect_left(ends, last) + 1]
    lines[0] = _clipped(lines[0], first, last)
    lines[-1] = _clipped(lines[-1], first, last)
    return lines


@lru_cache(maxsize=2048)
def _lines_of_year(calendar: Calendar, year: int) -> tuple[Line, ...]:
    """A line for each run of the year: the same ones serve every receipt."""
    return tuple(
        Line(
            _LINE_OF[run.kind],
            date.fromordinal(run.first),
            date.fromordinal(run.last),
            run.last - run.first + 1 if run.kind in {DayKind.WORKING, DayKind.MAKE_UP} else 0,
            name=run.name,
        )
        for run in timeline.year_table(calendar, year).runs
    )


def _clipped(line: Line, first: int, last: int) -> Line:
    begin, end = max(line.first, date.fromordinal(first)), min(line.last, date.fromordinal(last))
    if (begin, end) == (line.first, line.last):
        return line
    return Line(line.kind, begin, end, (end - begin).days + 1 if line.count else 0, name=line.name)


def _whole_days(kind: LineKind, first: int, last: int, count: int = 0) -> Line:
    return Line(kind, date.fromordinal(first), date.fromordinal(last), count)


def _moment(kind: LineKind, reached: Reached, calendar: Calendar) -> Line:
    on = date.fromordinal(reached.day)
    return Line(kind, on, on, end=timeline.to_instant(reached.at, calendar))


def _portion(kind: LineKind, first: date, last: date, portion: tuple[int, int, int], calendar: Calendar) -> Line:
    """A line of time: *portion* is its begin, end, and how much of it counts."""
    begin, end, counts = portion
    return Line(
        kind,
        first,
        last,
        time=timedelta(microseconds=counts),
        begin=timeline.to_instant(begin, calendar),
        end=timeline.to_instant(end, calendar),
    )


def _pause_line(stood: Stood, calendar: Calendar) -> Line:
    begin = timeline.to_instant(stood.since, calendar)
    end = None if stood.pause.end is None else stood.pause.end.astimezone(calendar.time_zone)
    return Line(
        LineKind.PAUSE,
        begin.date(),
        (end or begin).date(),
        time=timedelta(microseconds=stood.net),
        begin=begin,
        end=end,
        reason=stood.pause.reason,
    )
