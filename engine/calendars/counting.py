"""Where counting leads: the moments and days of a deadline as numbers, without a word about how it got there.

`due_at` wants only the end of a `Course`; `engine.calendars.due` tells the whole of it as a receipt. So a date and its
receipt can never come from two different counts. Numbers are those of `engine.calendars.timeline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from operator import itemgetter
from typing import NamedTuple

from engine.calendars import timeline
from engine.calendars.calendar import Calendar
from engine.calendars.deadline import END_OF_DAY, Deadline, Extension, Pause, Unit, extended, hours_in_micros
from engine.calendars.months import add_months


class Reached(NamedTuple):
    """A moment, and the day that gives it: behind midnight a night shift's day is the one on which it began."""

    at: int
    day: int


class Counted(NamedTuple):
    """What the amount alone gives."""

    reached: Reached
    origin: int = 0  #: where days are counted, the day from which on or, with *before*, back from which
    first: int = 0  #: the first counted day, where days are counted on


class Stood(NamedTuple):
    """A pause that began before the date."""

    pause: Pause
    since: int
    net: int  #: what it gives back


class Ends(NamedTuple):
    """The moves after counting: to a fixed time of day, over days off, and to the end of the day."""

    by: Reached | None  #: to the fixed time of day
    rolled: Reached | None  #: past days off
    closed: Reached | None  #: to the end of the day
    last: Reached  #: the date


class Course(NamedTuple):
    """One deadline's way from its start to its date."""

    begin: int
    counts_from: int
    counted: Counted
    stood: tuple[Stood, ...]  #: in order
    moved: Reached  #: where the time that pauses gave back is used up as well
    ends: Ends
    paused_since: int | None = None


def due_at(
    deadline: Deadline,
    *,
    start: datetime,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> datetime:
    """The date that `due` gives, counted without a receipt in a small part of the time. Raises as `due` does."""
    way = course(extended(deadline, extensions), start=start, calendar=calendar, pauses=pauses)
    return timeline.to_instant(way.ends.last.at, calendar)


def course(deadline: Deadline, *, start: datetime, calendar: Calendar, pauses: Sequence[Pause]) -> Course:
    """How *deadline* is counted; `due` says what each choice means."""
    begin = timeline.to_micros(start, "the start")
    counts_from = _counts_from(deadline, begin, calendar)
    counted = _count(deadline, begin, counts_from, calendar)
    if deadline.by is not None:
        # The time of day at which it began may lie behind the fixed one: pauses give back from the earlier of the two.
        at, day = counted.reached
        earlier = min(at, timeline.local_micros(day, deadline.by, calendar))
        counted = counted._replace(reached=Reached(earlier, day))
    ends = _ends(deadline, counted.reached, counts_from, calendar)
    way = Course(begin, counts_from, counted, (), counted.reached, ends)
    return _with_pauses(deadline, way, pauses, calendar) if pauses and deadline.at is None else way


def _counts_from(deadline: Deadline, begin: int, calendar: Calendar) -> int:
    if deadline.start in {"now", "same_day"} or deadline.unit is Unit.FIELD:
        return begin
    day = _day_of(deadline, begin, calendar)
    if deadline.unit.works:
        return timeline.hours_of_day(calendar, timeline.nth_working_day(calendar, day + 1, 1))[0]
    if deadline.start == "next_working_day":
        day = timeline.nth_working_day(calendar, day + 1, 1) - 1
    return timeline.local_micros(day + 1, time(0), calendar)


def _day_of(deadline: Deadline, instant: int, calendar: Calendar) -> int:
    """The day *instant* belongs to: with working units a night shift's day goes on after midnight.

    A fixed time of day is a matter of the calendar's days, whoever works at night.
    """
    if deadline.unit.works and deadline.by is None:
        return timeline.working_day_of(calendar, instant)
    return timeline.local_day(instant, calendar)


def _count(deadline: Deadline, begin: int, counts_from: int, calendar: Calendar) -> Counted:
    if deadline.before:
        return _back(deadline, calendar)
    match deadline.unit:
        case Unit.FIELD:
            return Counted(given(deadline, calendar))
        case Unit.WORKING_DAYS:
            return _working_days(deadline, begin, calendar)
        case Unit.DAYS | Unit.MONTHS:
            return _days_or_months(deadline, begin, calendar)
        case Unit.WORKING_HOURS:
            return Counted(_after_work(counts_from, hours_in_micros(deadline.amount), calendar))
        case Unit.HOURS:
            end = counts_from + hours_in_micros(deadline.amount)
            # The day of a moment by the clock is the one in which its last microsecond lies.
            return Counted(Reached(end, timeline.local_day(end - 1, calendar)))


def given(deadline: Deadline, calendar: Calendar) -> Reached:
    """The given date as a moment, and the day it belongs to."""
    at = deadline.at
    assert at is not None, "checked by Deadline"
    if isinstance(at, datetime):
        micros = timeline.to_micros(at, "the given date")
        return Reached(micros, _day_of(deadline, micros, calendar))
    day = at.toordinal()
    return Reached(timeline.local_micros(day, END_OF_DAY, calendar), day)


def _working_days(deadline: Deadline, begin: int, calendar: Calendar) -> Counted:
    day = _day_of(deadline, begin, calendar)
    works = timeline.is_working(calendar, day)
    first = day if works and _counts_today(deadline, Reached(begin, day), calendar) else day + 1
    last = timeline.nth_working_day(calendar, first, int(deadline.amount))
    if works and deadline.start == "now":
        at = _within_hours(Reached(begin, day), last, calendar)
    else:
        at = timeline.hours_of_day(calendar, last)[1]
    return Counted(Reached(at, last), day, first)


def _counts_today(deadline: Deadline, begin: Reached, calendar: Calendar) -> bool:
    """Whether the day of the start is the first: a working day until its fixed time or its office hours have passed."""
    if deadline.start != "same_day":
        return False
    if deadline.by is not None:
        return begin.at < timeline.local_micros(begin.day, deadline.by, calendar)
    return not deadline.unit.works or begin.at < timeline.hours_of_day(calendar, begin.day)[1]


def _within_hours(reached: Reached, day: int, calendar: Calendar) -> int:
    """The time of day of *reached* on another working day, moved into its office hours."""
    opens, closes = timeline.hours_of_day(calendar, day)
    return min(max(_on(reached, day, calendar), opens), closes)


def _on(reached: Reached, day: int, calendar: Calendar) -> int:
    """The time of day of *reached* on another day.

    The moment may lie behind its day: in a night shift, and at midnight, which belongs to the day that ends with it.
    """
    wall = timeline.to_instant(reached.at, calendar)
    return timeline.local_micros(day + wall.toordinal() - reached.day, wall.time(), calendar)


def _days_or_months(deadline: Deadline, begin: int, calendar: Calendar) -> Counted:
    wall = timeline.to_instant(begin, calendar)
    day = wall.toordinal()
    first = day if _counts_today(deadline, Reached(begin, day), calendar) else day + 1
    if deadline.start == "next_working_day":
        first = timeline.nth_working_day(calendar, first, 1)
    amount = int(deadline.amount)
    if deadline.unit is Unit.MONTHS:
        last = add_months(date.fromordinal(first - 1), amount).toordinal()
    else:
        last = first + amount - 1
    at = timeline.local_micros(last, wall.time() if deadline.start == "now" else END_OF_DAY, calendar)
    return Counted(Reached(at, last), day, first)


def _back(deadline: Deadline, calendar: Calendar) -> Counted:
    """Counted back from the given date, whose own day does not count."""
    origin = given(deadline, calendar)
    match deadline.unit:
        case Unit.WORKING_HOURS:
            at = timeline.retreat(calendar, origin.at, hours_in_micros(deadline.amount))
            return Counted(Reached(at, timeline.working_day_of(calendar, at)), origin.day)
        case Unit.HOURS:
            at = origin.at - hours_in_micros(deadline.amount)
            return Counted(Reached(at, timeline.local_day(at, calendar)), origin.day)
        case Unit.WORKING_DAYS:
            day = timeline.nth_working_day_before(calendar, origin.day, int(deadline.amount))
            if timeline.is_working(calendar, origin.day):
                return Counted(Reached(_within_hours(origin, day, calendar), day), origin.day)
            return Counted(Reached(timeline.hours_of_day(calendar, day)[1], day), origin.day)
        case Unit.DAYS:
            day = origin.day - int(deadline.amount)
        case _:
            day = add_months(date.fromordinal(origin.day), -int(deadline.amount)).toordinal()
    return Counted(Reached(_on(origin, day, calendar), day), origin.day)


def _after_work(begin: int, amount: int, calendar: Calendar) -> Reached:
    end = timeline.advance(calendar, begin, amount)
    return Reached(end, timeline.working_day_ending_at(calendar, end))


def _with_pauses(deadline: Deadline, way: Course, pauses: Sequence[Pause], calendar: Calendar) -> Course:
    """The way with what pauses give back, one after the other as long as they begin before the date."""
    counted, counts_from = way.counted.reached, way.counts_from
    moved, ends = way.moved, way.ends
    stood: list[Stood] = []
    paused_since: int | None = None
    given_back, covered = 0, counts_from
    for since, pause in _in_order(pauses):
        if since >= ends.last.at:
            break
        until = since if pause.end is None else timeline.to_micros(pause.end, "the end of a pause")
        if pause.end is None and paused_since is None:
            paused_since = max(since, counts_from)
        net = _net(deadline.unit, max(since, covered), until, calendar)
        covered = max(covered, until)
        stood.append(Stood(pause, since, net))
        if net:
            given_back += net
            moved = _moved(deadline.unit, counted.at, given_back, calendar)
            ends = _ends(deadline, moved, counts_from, calendar)
    return way._replace(stood=tuple(stood), moved=moved, ends=ends, paused_since=paused_since)


def _in_order(pauses: Sequence[Pause]) -> list[tuple[int, Pause]]:
    """With their begins. Those that begin together follow in the order of end and reason, however they were given."""
    by_reason = sorted(pauses, key=lambda pause: (pause.end is None, pause.end or pause.begin, pause.reason))
    begun = [(timeline.to_micros(pause.begin, "the begin of a pause"), pause) for pause in by_reason]
    return sorted(begun, key=itemgetter(0))


def _net(unit: Unit, begin: int, end: int, calendar: Calendar) -> int:
    """What a pause takes from the clock."""
    if end <= begin:
        return 0
    return timeline.worked_between(calendar, begin, end) if unit.works else end - begin


def _moved(unit: Unit, at: int, amount: int, calendar: Calendar) -> Reached:
    """Where *amount* of given back time after *at* is used up."""
    if unit.works:
        return _after_work(at, amount, calendar)
    end = at + amount
    # Days run on from midnight: a date moved to 0:00 of a day is a date on that day.
    return Reached(end, timeline.local_day(end if unit.whole_days else end - 1, calendar))


def _ends(deadline: Deadline, reached: Reached, counts_from: int, calendar: Calendar) -> Ends:
    by = rolled = closed = None
    if deadline.by is not None:
        by = reached = _next(deadline.by, reached, calendar)
    if (by if deadline.unit.works else deadline.roll != "none") and not timeline.is_working(calendar, reached.day):
        rolled = reached = _roll(deadline, reached, counts_from, calendar)
    if _ends_with_day(deadline):
        end = _end_of_day(deadline.unit, reached.day, calendar)
        # "Two hours before" cannot end after the date it comes before.
        if not deadline.before or end <= given(deadline, calendar).at:
            closed = reached = Reached(end, reached.day)
    return Ends(by, rolled, closed, reached)


def _next(by: time, reached: Reached, calendar: Calendar) -> Reached:
    """The first moment with that time of day, not earlier than the one reached."""
    day = timeline.local_day(reached.at, calendar)
    at = timeline.local_micros(day, by, calendar)
    return Reached(at, day) if at >= reached.at else Reached(timeline.local_micros(day + 1, by, calendar), day + 1)


def _ends_with_day(deadline: Deadline) -> bool:
    if deadline.unit is Unit.FIELD or deadline.by is not None:
        return False
    return deadline.end == "end_of_day" or (deadline.unit.whole_days and deadline.start != "now")


def _end_of_day(unit: Unit, day: int, calendar: Calendar) -> int:
    return timeline.hours_of_day(calendar, day)[1] if unit.works else timeline.local_micros(day, END_OF_DAY, calendar)


def _roll(deadline: Deadline, reached: Reached, counts_from: int, calendar: Calendar) -> Reached:
    """The date on the working day that *roll* wants, or on the other side where that would pass its limit."""
    if deadline.before:
        onward = _rolled_on(reached, calendar)
        if deadline.roll == "next_working_day" and onward.at < given(deadline, calendar).at:
            return onward
        return _rolled_back(reached, calendar) or onward
    if deadline.roll == "previous_working_day" and not deadline.unit.works:
        back = _rolled_back(reached, calendar)
        if back and back.at > counts_from:
            return back
    return _rolled_on(reached, calendar)


def _rolled_on(reached: Reached, calendar: Calendar) -> Reached:
    day = timeline.nth_working_day(calendar, reached.day + 1, 1)
    return Reached(_on(reached, day, calendar), day)


def _rolled_back(reached: Reached, calendar: Calendar) -> Reached | None:
    day = timeline.previous_working_day(calendar, reached.day)
    return None if day is None else Reached(_on(reached, day, calendar), day)
