"""When a deadline ends, with the receipt that says why."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Final

from engine.calendars import timeline
from engine.calendars.calendar import Calendar
from engine.calendars.deadline import Deadline, Pause, Unit
from engine.calendars.months import add_months
from engine.calendars.receipt import Line, LineKind, Receipt, hours_in_micros
from engine.calendars.timeline import DayKind

#: The last second of a day: what people read as 24:00 without doubt about which day is meant.
END_OF_DAY: Final = time(23, 59, 59)

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


@dataclass(frozen=True, slots=True)
class _Counted:
    """How far counting has come: *at* is the moment at which the net time is used up, *day* the day that gives it."""

    at: int
    day: int
    lines: tuple[Line, ...]


def due(deadline: Deadline, *, start: datetime, calendar: Calendar, pauses: Sequence[Pause] = ()) -> Receipt:
    """The date of *deadline* for something that happened at *start*.

    Working days: with ``now``, ``next_day`` and ``next_working_day`` the first counted day is the next working day;
    with ``same_day`` it is the day of *start* if its office hours have not ended. The date is the end of office hours
    of the last counted day; with ``now`` and ``same_time`` the time of day of *start*, moved into that day's office
    hours (their end when *start* lies on a day off). A night shift is one working day, the one on which it begins.

    Days and months: with ``now`` and ``next_day`` the day after *start* is the first, with ``same_day`` the day itself,
    with ``next_working_day`` the next working day. A month ends on the day of the same number as the day before the
    first counted one, clipped to its length. The date is 23:59:59; with ``now`` and ``same_time`` the time of *start*.

    Counting that begins with a whole day ends with one: for days ``same_time`` has a meaning with ``now`` only.

    Hours: passed by the clock, or within office hours, from *start* on, with ``next_day`` from the next midnight and
    with ``next_working_day`` from the next working day; working hours wait for office hours anyway. ``end_of_day`` is
    the end of the day (of office hours) in which the last counted moment lies.

    A given date is its 23:59:59, a given moment is itself; pauses do not move either.

    A pause gives back what it takes: working time for working units, elapsed time otherwise, once where pauses overlap.
    What is given back passes after the exact moment, before the end of a day or a roll-over is looked for; pauses that
    begin after the date do nothing. While a pause has no end, the date is the one it would have if it ended at once.

    A day off at the end is passed over by *roll*; back only if the date stays behind the begin of counting,
    forwards otherwise.

    Raises `NaiveInstant`, and `DeadlineInvalid` when the date would lie more than a hundred years ahead.
    """
    begin = timeline.to_micros(start, "the start")
    started_at = timeline.to_instant(begin, calendar)
    counts_from = _counts_from(deadline, begin, calendar)
    counted = _count(deadline, begin, counts_from, calendar)
    later_lines, due_at, paused_since = _after_pauses(deadline, counted, counts_from, pauses, calendar)
    due_instant = timeline.to_instant(due_at, calendar)
    return Receipt(
        due_at=due_instant,
        started_at=started_at,
        counts_from=timeline.to_instant(counts_from, calendar),
        deadline=deadline,
        lines=(*counted.lines, *later_lines),
        calendar_version=calendar.version,
        time_zone=calendar.time_zone.key,
        provisional=_provisional(deadline, started_at.date(), due_instant.date(), calendar),
        paused_since=paused_since,
    )


def _counts_from(deadline: Deadline, begin: int, calendar: Calendar) -> int:
    if deadline.start in {"now", "same_day"} or deadline.unit is Unit.FIELD:
        return begin
    day = _day_of(deadline.unit, begin, calendar)
    if deadline.unit.works:
        return timeline.hours_of_day(calendar, timeline.nth_working_day(calendar, day + 1, 1))[0]
    if deadline.start == "next_working_day":
        day = timeline.nth_working_day(calendar, day + 1, 1) - 1
    return timeline.local_micros(day + 1, time(0), calendar)


def _day_of(unit: Unit, instant: int, calendar: Calendar) -> int:
    """The day *instant* belongs to: with working units a night shift's day goes on after midnight."""
    local = timeline.to_instant(instant, calendar).toordinal()
    return timeline.working_day_of(calendar, instant, local) if unit.works else local


def _count(deadline: Deadline, begin: int, counts_from: int, calendar: Calendar) -> _Counted:
    match deadline.unit:
        case Unit.FIELD:
            return _given(deadline, calendar)
        case Unit.WORKING_DAYS:
            return _working_days(deadline, begin, calendar)
        case Unit.DAYS | Unit.MONTHS:
            return _days_or_months(deadline, begin, calendar)
        case Unit.WORKING_HOURS:
            amount = hours_in_micros(deadline.amount)
            at = timeline.advance(calendar, counts_from, amount)
            return _worked(counts_from, at, calendar)
        case Unit.HOURS:
            return _elapsed(counts_from, hours_in_micros(deadline.amount), LineKind.COUNTED, calendar)


def _given(deadline: Deadline, calendar: Calendar) -> _Counted:
    at = deadline.at
    assert at is not None, "checked by Deadline"
    if isinstance(at, datetime):
        micros = timeline.to_micros(at, "the given date")
    else:
        micros = timeline.local_micros(at.toordinal(), END_OF_DAY, calendar)
    instant = timeline.to_instant(micros, calendar)
    line = Line(LineKind.GIVEN, instant.date(), instant.date(), begin=instant, end=instant)
    return _Counted(micros, instant.toordinal(), (line,))


def _working_days(deadline: Deadline, begin: int, calendar: Calendar) -> _Counted:
    day = _day_of(Unit.WORKING_DAYS, begin, calendar)
    works = timeline.is_working(calendar, day)
    counts_today = deadline.start == "same_day" and works and begin < timeline.hours_of_day(calendar, day)[1]
    first = day if counts_today else day + 1
    last = timeline.nth_working_day(calendar, first, int(deadline.amount))
    lines = [] if counts_today else [_whole_days(LineKind.START_DAY, day, day)]
    lines += _day_lines(calendar, first, last)
    opens, closes = timeline.hours_of_day(calendar, last)
    at = closes
    if works and deadline.start == "now":
        wall = timeline.to_instant(begin, calendar)
        # Behind midnight in a night shift, the time of day lies on the day after the working day.
        at = timeline.local_micros(last + wall.toordinal() - day, wall.time(), calendar)
        at = min(max(at, opens), closes)
    return _Counted(at, last, (*lines, _moment(LineKind.TIME_OF_DAY, last, at, calendar)))


def _days_or_months(deadline: Deadline, begin: int, calendar: Calendar) -> _Counted:
    wall = timeline.to_instant(begin, calendar)
    day = wall.toordinal()
    lines: list[Line] = []
    first = day
    if deadline.start != "same_day":
        lines.append(_whole_days(LineKind.START_DAY, day, day))
        first = day + 1
    if deadline.start == "next_working_day":
        first = timeline.nth_working_day(calendar, day + 1, 1)
        lines += _day_lines(calendar, day + 1, first - 1)
    amount = int(deadline.amount)
    if deadline.unit is Unit.MONTHS:
        last = add_months(date.fromordinal(first - 1), amount).toordinal()
        lines.append(_whole_days(LineKind.MONTHS, first, last, amount))
    else:
        last = first + amount - 1
        lines.append(_whole_days(LineKind.COUNTED, first, last, amount))
    at = timeline.local_micros(last, wall.time() if deadline.start == "now" else END_OF_DAY, calendar)
    return _Counted(at, last, (*lines, _moment(LineKind.TIME_OF_DAY, last, at, calendar)))


def _worked(begin: int, end: int, calendar: Calendar, *, extended: bool = False) -> _Counted:
    """Working time from *begin* to *end*, with what is skipped between."""
    first = _day_of(Unit.WORKING_HOURS, begin, calendar)
    last = timeline.working_day_ending_at(calendar, end, timeline.to_instant(end, calendar).toordinal())
    lines: list[Line] = []
    for line in _daily(_day_lines(calendar, first, last), daily=last - first < _DAILY_LINES):
        if not line.count:
            lines += () if extended else (line,)
            continue
        since = max(begin, timeline.hours_of_day(calendar, line.first.toordinal())[0])
        until = min(end, timeline.hours_of_day(calendar, line.last.toordinal())[1])
        worked = timeline.worked_between(calendar, since, until) if since < until else 0
        if worked:
            kind = LineKind.EXTENDED if extended else line.kind
            lines.append(_portion(kind, line.first, line.last, (since, until, worked), calendar))
        elif not extended:
            lines.append(replace(line, kind=LineKind.START_DAY, count=0))
    return _Counted(end, last, tuple(lines))


def _daily(lines: Iterable[Line], *, daily: bool) -> Iterator[Line]:
    """The lines, those of working days cut into single days if *daily*."""
    for line in lines:
        if daily and line.count > 1:
            yield from (Line(line.kind, day, day, 1) for day in line.days)
        else:
            yield line


def _elapsed(begin: int, amount: int, kind: LineKind, calendar: Calendar) -> _Counted:
    """Time by the clock; its day is the one in which its last moment lies."""
    end = begin + amount
    first, last = timeline.to_instant(begin, calendar).date(), timeline.to_instant(end - 1, calendar).date()
    return _Counted(end, last.toordinal(), (_portion(kind, first, last, (begin, end, amount), calendar),))


def _net(unit: Unit, begin: int, end: int, calendar: Calendar) -> int:
    """What a pause takes from the clock."""
    if end <= begin:
        return 0
    return timeline.worked_between(calendar, begin, end) if unit.works else end - begin


def _after_pauses(
    deadline: Deadline, counted: _Counted, counts_from: int, pauses: Sequence[Pause], calendar: Calendar
) -> tuple[list[Line], int, datetime | None]:
    """The lines that follow counting, the date, and since when an unfinished pause lasts."""
    lines: list[Line] = []
    finish_lines, due_at = _finish(deadline, counted, counts_from, calendar)
    paused_since: datetime | None = None
    moved, given_back, covered = counted, 0, counts_from
    for since, pause in _in_order(pauses) if deadline.unit is not Unit.FIELD else ():
        if since >= due_at:
            break
        until = since if pause.end is None else timeline.to_micros(pause.end, "the end of a pause")
        if pause.end is None and paused_since is None:
            paused_since = timeline.to_instant(max(since, counts_from), calendar)
        net = _net(deadline.unit, max(since, covered), until, calendar)
        covered = max(covered, until)
        lines.append(_pause_line(pause, net, since, calendar))
        if net:
            given_back += net
            moved = _moved(deadline.unit, counted.at, given_back, calendar)
            finish_lines, due_at = _finish(deadline, moved, counts_from, calendar)
    if given_back:
        lines += _extension(deadline.unit, counted.at, moved.at, calendar)
    return [*lines, *finish_lines], due_at, paused_since


def _in_order(pauses: Sequence[Pause]) -> list[tuple[int, Pause]]:
    """With their begins. Those that begin together follow in the order of end and reason, however they were given."""
    by_reason = sorted(pauses, key=lambda pause: (pause.end is None, pause.end or pause.begin, pause.reason))
    begun = [(timeline.to_micros(pause.begin, "the begin of a pause"), pause) for pause in by_reason]
    return sorted(begun, key=itemgetter(0))


def _moved(unit: Unit, at: int, amount: int, calendar: Calendar) -> _Counted:
    """Where *amount* of given back time after *at* is used up."""
    if unit.works:
        end = timeline.advance(calendar, at, amount)
        local = timeline.to_instant(end, calendar).toordinal()
        return _Counted(end, timeline.working_day_ending_at(calendar, end, local), ())
    end = at + amount
    # Days run on from midnight: a date moved to 0:00 of a day is a date on that day.
    last_moment = end if unit.whole_days else end - 1
    return _Counted(end, timeline.to_instant(last_moment, calendar).toordinal(), ())


def _extension(unit: Unit, begin: int, end: int, calendar: Calendar) -> tuple[Line, ...]:
    if unit.works:
        return _worked(begin, end, calendar, extended=True).lines
    return _elapsed(begin, end - begin, LineKind.EXTENDED, calendar).lines


def _finish(
    deadline: Deadline, counted: _Counted, counts_from: int, calendar: Calendar
) -> tuple[tuple[Line, ...], int]:
    """The moves after counting, over days off and to the end of the day, and the date they give."""
    at, day = counted.at, counted.day
    lines: tuple[Line, ...] = ()
    if deadline.roll != "none" and not deadline.unit.works and not timeline.is_working(calendar, day):
        lines, at, day = _roll(deadline, counted, counts_from, calendar)
    if not _ends_with_day(deadline):
        return lines, at
    if deadline.unit.works:
        at = timeline.hours_of_day(calendar, day)[1]
    else:
        at = timeline.local_micros(day, END_OF_DAY, calendar)
    return (*lines, _moment(LineKind.END_OF_DAY, day, at, calendar)), at


def _ends_with_day(deadline: Deadline) -> bool:
    if deadline.unit is Unit.FIELD:
        return False
    return deadline.end == "end_of_day" or (deadline.unit.whole_days and deadline.start != "now")


def _roll(
    deadline: Deadline, counted: _Counted, counts_from: int, calendar: Calendar
) -> tuple[tuple[Line, ...], int, int]:
    wall = timeline.to_instant(counted.at, calendar)
    # Midnight belongs to the day that ends with it; the moment itself moves along with its day.
    past_midnight = wall.toordinal() - counted.day
    if deadline.roll == "previous_working_day":
        back = timeline.previous_working_day(calendar, counted.day)
        if back is not None:
            at = timeline.local_micros(back + past_midnight, wall.time(), calendar)
            if at > counts_from:
                return _rolled_lines(back + 1, counted.day, at, calendar), at, back
    onward = timeline.nth_working_day(calendar, counted.day + 1, 1)
    at = timeline.local_micros(onward + past_midnight, wall.time(), calendar)
    return _rolled_lines(counted.day, onward - 1, at, calendar), at, onward


def _rolled_lines(first: int, last: int, at: int, calendar: Calendar) -> tuple[Line, ...]:
    """The days passed over; the last line says where the date has gone."""
    lines = [replace(line, kind=LineKind.ROLLED) for line in _day_lines(calendar, first, last)]
    return (*lines[:-1], replace(lines[-1], end=timeline.to_instant(at, calendar)))


def _provisional(deadline: Deadline, first: date, last: date, calendar: Calendar) -> bool:
    """Whether days were asked for whose notice is not in the calendar."""
    counted = deadline.unit.works or (deadline.start == "next_working_day" and deadline.unit is not Unit.FIELD)
    asked = counted or deadline.roll != "none"
    if not asked or not calendar.follows_notices:
        return False
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


def _moment(kind: LineKind, day: int, at: int, calendar: Calendar) -> Line:
    on = date.fromordinal(day)
    return Line(kind, on, on, end=timeline.to_instant(at, calendar))


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


def _pause_line(pause: Pause, net: int, since: int, calendar: Calendar) -> Line:
    begin = timeline.to_instant(since, calendar)
    end = None if pause.end is None else pause.end.astimezone(calendar.time_zone)
    return Line(
        LineKind.PAUSE,
        begin.date(),
        (end or begin).date(),
        time=timedelta(microseconds=net),
        begin=begin,
        end=end,
        reason=pause.reason,
    )
