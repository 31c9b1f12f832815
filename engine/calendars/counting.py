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
    """The moves after counting, over days off and to the end of the day."""

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
    ends = _ends(deadline, counted.reached, counts_from, calendar)
    way = Course(begin, counts_from, counted, (), counted.reached, ends)
    return _with_pauses(deadline, way, pauses, calendar) if pauses and deadline.at is None else way


def _counts_from(deadline: Deadline, begin: int, calendar: Calendar) -> int:
    if deadline.start in {"now", "same_day"} or deadline.unit is Unit.FIELD:
        return begin
    day = day_of(deadline.unit, begin, calendar)
    if deadline.unit.works:
        return timeline.hours_of_day(calendar, timeline.nth_working_day(calendar, day + 1, 1))[0]
    if deadline.start == "next_working_day":
        day = timeline.nth_working_day(calendar, day + 1, 1) - 1
    return timeline.local_micros(day + 1, time(0), calendar)


def day_of(unit: Unit, instant: int, calendar: Calendar) -> int:
    """The day *instant* belongs to: with working units a night shift's day goes on after midnight."""
    local = timeline.local_day(instant, calendar)
    return timeline.working_day_of(calendar, instant, local) if unit.works else local


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
        return Reached(micros, day_of(deadline.unit, micros, calendar))
    day = at.toordinal()
    return Reached(timeline.local_micros(day, END_OF_DAY, calendar), day)


def _working_days(deadline: Deadline, begin: int, calendar: Calendar) -> Counted:
    day = day_of(Unit.WORKING_DAYS, begin, calendar)
    works = timeline.is_working(calendar, day)
    counts_today = deadline.start == "same_day" and works and begin < timeline.hours_of_day(calendar, day)[1]
    first = day if counts_today else day + 1
    last = timeline.nth_working_day(calendar, first, int(deadline.amount))
    if works and deadline.start == "now":
        at = _within_hours(Reached(begin, day), last, calendar)
    else:
        at = timeline.hours_of_day(calendar, last)[1]
    return Counted(Reached(at, last), day, first)


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
    first = day if deadline.start == "same_day" else day + 1
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
            return Counted(Reached(at, day_of(Unit.WORKING_HOURS, at, calendar)), origin.day)
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
    return Reached(end, timeline.working_day_ending_at(calendar, end, timeline.local_day(end, calendar)))


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
    rolled = closed = None
    if deadline.roll != "none" and not deadline.unit.works and not timeline.is_working(calendar, reached.day):
        rolled = reached = _roll(deadline, reached, counts_from, calendar)
    if _ends_with_day(deadline):
        end = _end_of_day(deadline.unit, reached.day, calendar)
        # "Two hours before" cannot end after the date it comes before.
        if not deadline.before or end <= given(deadline, calendar).at:
            closed = reached = Reached(end, reached.day)
    return Ends(rolled, closed, reached)


def _ends_with_day(deadline: Deadline) -> bool:
    if deadline.unit is Unit.FIELD:
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
    if deadline.roll == "previous_working_day":
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
