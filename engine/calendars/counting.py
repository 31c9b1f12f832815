"""Where counting leads: the moments and days of a deadline as numbers, without a word about how it got there.

`due_at` wants only the end of a `Course`; `engine.calendars.due` tells the whole of it as a receipt. So a date and its
receipt can never come from two different counts. Numbers are those of `engine.calendars.timeline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from operator import itemgetter
from typing import Final, NamedTuple

from engine.calendars import timeline
from engine.calendars.calendar import Calendar
from engine.calendars.deadline import Deadline, Extension, Pause, Unit, extended, hours_in_micros
from engine.calendars.months import add_months

#: The last second of a day: what people read as 24:00 without doubt about which day is meant.
END_OF_DAY: Final = time(23, 59, 59)


class Reached(NamedTuple):
    """A moment, and the day that gives it: behind midnight a night shift's day is the one on which it began."""

    at: int
    day: int


class Counted(NamedTuple):
    """What the amount alone gives."""

    reached: Reached
    origin: int = 0  #: the day of the start, where days are counted
    first: int = 0  #: the first counted day, where days are counted


class Stood(NamedTuple):
    """A pause that began before the date."""

    pause: Pause
    since: int
    net: int  #: what it gives back


class Ends(NamedTuple):
    """The moves after counting, over days off and to the end of the day."""

    rolled: Reached | None
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
    return _with_pauses(deadline, way, pauses, calendar) if pauses and deadline.unit is not Unit.FIELD else way


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
    match deadline.unit:
        case Unit.FIELD:
            return Counted(_given(deadline, calendar))
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


def _given(deadline: Deadline, calendar: Calendar) -> Reached:
    at = deadline.at
    assert at is not None, "checked by Deadline"
    if isinstance(at, datetime):
        micros = timeline.to_micros(at, "the given date")
        return Reached(micros, timeline.local_day(micros, calendar))
    day = at.toordinal()
    return Reached(timeline.local_micros(day, END_OF_DAY, calendar), day)


def _working_days(deadline: Deadline, begin: int, calendar: Calendar) -> Counted:
    day = day_of(Unit.WORKING_DAYS, begin, calendar)
    works = timeline.is_working(calendar, day)
    counts_today = deadline.start == "same_day" and works and begin < timeline.hours_of_day(calendar, day)[1]
    first = day if counts_today else day + 1
    last = timeline.nth_working_day(calendar, first, int(deadline.amount))
    opens, closes = timeline.hours_of_day(calendar, last)
    at = closes
    if works and deadline.start == "now":
        wall = timeline.to_instant(begin, calendar)
        # Behind midnight in a night shift, the time of day lies on the day after the working day.
        at = timeline.local_micros(last + wall.toordinal() - day, wall.time(), calendar)
        at = min(max(at, opens), closes)
    return Counted(Reached(at, last), day, first)


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
    rolled: Reached | None = None
    if deadline.roll != "none" and not deadline.unit.works and not timeline.is_working(calendar, reached.day):
        rolled = reached = _roll(deadline, reached, counts_from, calendar)
    if not ends_with_day(deadline):
        return Ends(rolled, reached)
    if deadline.unit.works:
        at = timeline.hours_of_day(calendar, reached.day)[1]
    else:
        at = timeline.local_micros(reached.day, END_OF_DAY, calendar)
    return Ends(rolled, Reached(at, reached.day))


def ends_with_day(deadline: Deadline) -> bool:
    """Whether the date is the end of its day, or of that day's office hours."""
    if deadline.unit is Unit.FIELD:
        return False
    return deadline.end == "end_of_day" or (deadline.unit.whole_days and deadline.start != "now")


def _roll(deadline: Deadline, reached: Reached, counts_from: int, calendar: Calendar) -> Reached:
    wall = timeline.to_instant(reached.at, calendar)
    # Midnight belongs to the day that ends with it; the moment itself moves along with its day.
    past_midnight = wall.toordinal() - reached.day
    if deadline.roll == "previous_working_day":
        back = timeline.previous_working_day(calendar, reached.day)
        if back is not None:
            at = timeline.local_micros(back + past_midnight, wall.time(), calendar)
            if at > counts_from:
                return Reached(at, back)
    onward = timeline.nth_working_day(calendar, reached.day + 1, 1)
    return Reached(timeline.local_micros(onward + past_midnight, wall.time(), calendar), onward)
