"""Working time by brute force: a table of single minutes, walked one by one. Shares no code with the engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from engine.calendars import Calendar, Deadline, Pause, Unit

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class SlowCalendar:
    """Every minute from *first* to *last* with the working day it belongs to. Starts and hours MUST be whole minutes."""

    def __init__(self, calendar: Calendar, first: date, last: date) -> None:
        self.zone = calendar.time_zone
        self.calendar = calendar
        self.owner: dict[int, date] = {}  # by minute since 1970
        self.days: dict[date, list[datetime]] = {}
        self._periods = cache(self._periods_of)
        minute = datetime.combine(first, time(0), UTC)
        while minute.date() <= last:
            if day := self._working_day(minute):
                self.owner[number(minute)] = day
                self.days.setdefault(day, []).append(minute)
            minute += MINUTE

    def _periods_of(self, day: date) -> tuple[tuple[time, time], ...]:
        if day in self.calendar.make_up_days:
            return self.calendar.hours[self.calendar.make_up_days[day]]
        return () if day in self.calendar.days_off else self.calendar.hours.get(day.isoweekday(), ())

    def _working_day(self, minute: datetime) -> date | None:
        wall = minute.astimezone(self.zone)
        now = wall.time()
        if any(end <= start and now < end for start, end in self._periods(wall.date() - DAY)):
            return wall.date() - DAY
        for start, end in self._periods(wall.date()):
            if now >= start and (now < end or end <= start):
                return wall.date()
        return None

    def opens(self, day: date) -> datetime:
        return self.days[day][0]

    def closes(self, day: date) -> datetime:
        return self.days[day][-1] + MINUTE

    def next_working_day(self, day: date) -> date:
        while True:
            day += DAY
            if day in self.days:
                return day

    def wall(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def worked(self, begin: datetime, end: datetime) -> int:
        """Working minutes."""
        return sum(1 for minute in range(number(begin), number(end)) if minute in self.owner)


def number(instant: datetime) -> int:
    return int(instant.timestamp()) // 60


def slow_due(deadline: Deadline, start: datetime, slow: SlowCalendar, pauses: list[Pause]) -> datetime:
    """Takes one pause after the other, as long as it begins before the date."""
    start = start.astimezone(UTC)
    taken: list[Pause] = []
    result = _due_with(deadline, start, slow, taken)
    for pause in sorted(pauses, key=lambda each: each.begin):
        if pause.begin < result:
            taken.append(pause)
            result = _due_with(deadline, start, slow, taken)
    return result


def _due_with(deadline: Deadline, start: datetime, slow: SlowCalendar, pauses: list[Pause]) -> datetime:
    works = deadline.unit in (Unit.WORKING_DAYS, Unit.WORKING_HOURS)
    today = slow.owner.get(number(start)) if works else None
    today = today or start.astimezone(slow.zone).date()
    begin = _begin(deadline, start, today, slow)
    exact, day = _exact(deadline, start, today, begin, slow)
    stood = {m for pause in pauses for m in range(number(max(begin, pause.begin)), number(pause.end))}
    left = sum(1 for minute in stood if not works or minute in slow.owner)
    if left:
        while left:
            left -= not works or number(exact) in slow.owner
            exact += MINUTE
        day = _day_of_last_moment(deadline.unit, exact, slow)
    return _finish(deadline, exact, day, begin, slow)


def _begin(deadline: Deadline, start: datetime, today: date, slow: SlowCalendar) -> datetime:
    if deadline.start in ("now", "same_day"):
        return start
    if deadline.unit in (Unit.WORKING_DAYS, Unit.WORKING_HOURS):
        return slow.opens(slow.next_working_day(today))
    return slow.wall(today + DAY if deadline.start == "next_day" else slow.next_working_day(today), time(0))


def _exact(
    deadline: Deadline, start: datetime, today: date, begin: datetime, slow: SlowCalendar
) -> tuple[datetime, date]:
    amount = deadline.amount
    if deadline.unit in (Unit.HOURS, Unit.WORKING_HOURS):
        minutes = int(amount * 60)
        reached = number(begin)
        while minutes:
            minutes -= deadline.unit is Unit.HOURS or reached in slow.owner
            reached += 1
        moment = datetime.fromtimestamp(reached * 60, UTC)
        return moment, _day_of_last_moment(deadline.unit, moment, slow)
    wall = start.astimezone(slow.zone)
    if deadline.unit is Unit.DAYS:
        day = {
            "now": today,
            "next_day": today,
            "same_day": today - DAY,
            "next_working_day": slow.next_working_day(today) - DAY,
        }[deadline.start]
        for _ in range(int(amount)):
            day += DAY
        return slow.wall(day, wall.time() if deadline.start == "now" else time(23, 59, 59)), day
    day = today
    still_open = today in slow.days and start < slow.closes(today)
    for _ in range(int(amount) - (deadline.start == "same_day" and still_open)):
        day = slow.next_working_day(day)
    if deadline.start != "now" or today not in slow.days:
        return slow.closes(day), day
    return min(max(slow.wall(day + (wall.date() - today), wall.time()), slow.opens(day)), slow.closes(day)), day


def _day_of_last_moment(unit: Unit, moment: datetime, slow: SlowCalendar) -> date:
    if unit is Unit.WORKING_HOURS or unit is Unit.WORKING_DAYS:
        return slow.owner[number(moment - MINUTE)]
    last = moment if unit is Unit.DAYS else moment - timedelta(microseconds=1)
    return last.astimezone(slow.zone).date()


def _finish(deadline: Deadline, exact: datetime, day: date, begin: datetime, slow: SlowCalendar) -> datetime:
    works = deadline.unit in (Unit.WORKING_DAYS, Unit.WORKING_HOURS)
    if deadline.roll != "none" and not works and day not in slow.days:
        wall = exact.astimezone(slow.zone)
        back = day
        while back not in slow.days:
            back -= DAY
        moved = slow.wall(wall.date() - (day - back), wall.time())
        if deadline.roll == "next_working_day" or moved <= begin:
            onward = slow.next_working_day(day)
            day, exact = onward, slow.wall(wall.date() + (onward - day), wall.time())
        else:
            day, exact = back, moved
    whole = deadline.unit in (Unit.WORKING_DAYS, Unit.DAYS) and deadline.start != "now"
    if deadline.end == "same_time" and not whole:
        return exact
    return slow.closes(day) if works else slow.wall(day, time(23, 59, 59))
