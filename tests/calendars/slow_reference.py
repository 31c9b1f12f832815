"""Working time by brute force, in two ways that share no code with the engine.

`SlowCalendar` is a table of single minutes, walked one by one: for night shifts, summer time and pauses.
`DayCounter` walks single days of one office without nights or summer time: for comparing millions of dates.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from engine.calendars import Calendar, Deadline, Pause, Unit

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LAST_SECOND = time(23, 59, 59)


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
        weekly = self.calendar.hours
        for since, hours in self.calendar.changes.items():
            weekly = hours if day >= since else weekly
        if day in self.calendar.make_up_days:
            return weekly[self.calendar.make_up_days[day]]
        return () if day in self.calendar.days_off else weekly.get(day.isoweekday(), ())

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


class DayCounter:
    """Dates as a clerk counts them, with a wall calendar and a finger; all moments are local and without a zone."""

    def __init__(self, off: Collection[date], worked: Collection[date], periods: tuple[tuple[time, time], ...]) -> None:
        self.off, self.worked = frozenset(off), frozenset(worked)
        self.periods = periods

    @cache  # noqa: B019 – one counter lives as long as the comparison
    def works(self, day: date) -> bool:
        return day in self.worked or (day.isoweekday() < 6 and day not in self.off)

    def opens(self, day: date) -> datetime:
        return datetime.combine(day, self.periods[0][0])

    def closes(self, day: date) -> datetime:
        return datetime.combine(day, self.periods[-1][1])

    @cache  # noqa: B019 – the same
    def after(self, day: date) -> date:
        day += DAY
        while not self.works(day):
            day += DAY
        return day

    @cache  # noqa: B019 – the same
    def before(self, day: date) -> date:
        day -= DAY
        while not self.works(day):
            day -= DAY
        return day

    def due(self, rule: Deadline, start: datetime) -> datetime:
        if rule.before:
            return self._back(rule)
        match rule.unit:
            case Unit.FIELD:
                return self._given(rule, start)
            case Unit.WORKING_DAYS:
                return self._working_days(rule, start)
            case Unit.WORKING_HOURS:
                return self._working_hours(rule, start)
            case Unit.HOURS:
                return self._hours(rule, start)
            case _:
                return self._days(rule, start)

    def _given(self, rule: Deadline, start: datetime) -> datetime:
        moment = given_moment(rule)
        if rule.by:
            moment = datetime.combine(moment.date(), rule.by)
        return self._rolled(rule, moment, moment.date(), start)[0]

    def _working_days(self, rule: Deadline, start: datetime) -> datetime:
        today = start.date()
        end_of_today = datetime.combine(today, rule.by) if rule.by else self.closes(today)
        if rule.start == "same_day" and self.works(today) and start < end_of_today:
            day, left = today, int(rule.amount) - 1
        else:
            day, left = today, int(rule.amount)
        for _ in range(left):
            day = self.after(day)
        if rule.by:
            return datetime.combine(day, rule.by)
        if rule.end == "same_time" and rule.start == "now" and self.works(today):
            return self._in_office(datetime.combine(day, start.time()))
        return self.closes(day)

    def _in_office(self, moment: datetime) -> datetime:
        return min(max(moment, self.opens(moment.date())), self.closes(moment.date()))

    def _days(self, rule: Deadline, start: datetime) -> datetime:
        today = start.date()
        first = today + DAY
        if rule.start == "same_day" and not (rule.by and start.time() >= rule.by):
            first = today
        if rule.start == "next_working_day":
            first = self.after(today)
        if rule.unit is Unit.DAYS:
            day = first - DAY
            for _ in range(int(rule.amount)):
                day += DAY
        else:
            day = months_later(first - DAY, int(rule.amount))
        exact = datetime.combine(day, start.time() if rule.start == "now" else LAST_SECOND)
        if rule.by:
            exact = datetime.combine(day, rule.by)
        exact, day = self._rolled(rule, exact, day, self._begin(rule, start))
        if rule.by or (rule.end == "same_time" and rule.start == "now"):
            return exact
        return datetime.combine(day, LAST_SECOND)

    def _begin(self, rule: Deadline, start: datetime) -> datetime:
        if rule.start == "next_day":
            return datetime.combine(start.date() + DAY, time(0))
        if rule.start == "next_working_day":
            return datetime.combine(self.after(start.date()), time(0))
        return start

    def _hours(self, rule: Deadline, start: datetime) -> datetime:
        begin = self._begin(rule, start)
        exact = begin + timedelta(minutes=int(rule.amount * 60))
        day = exact.date() if exact.time() > time(0) else exact.date() - DAY
        exact, day = self._rolled(rule, exact, day, begin)
        return exact if rule.end == "same_time" else datetime.combine(day, LAST_SECOND)

    def _working_hours(self, rule: Deadline, start: datetime) -> datetime:
        left = timedelta(minutes=int(rule.amount * 60))
        moment = start
        if rule.start in ("next_day", "next_working_day"):
            moment = self.opens(self.after(start.date()))
        day = moment.date() if self.works(moment.date()) else self.after(moment.date())
        while True:
            for opens, closes in self.periods:
                begin = max(moment, datetime.combine(day, opens))
                end = datetime.combine(day, closes)
                if begin < end and left <= end - begin:
                    return begin + left if rule.end == "same_time" else self.closes(day)
                left -= max(end - begin, timedelta(0))
            day = self.after(day)

    def _rolled(self, rule: Deadline, exact: datetime, day: date, begin: datetime) -> tuple[datetime, date]:
        if rule.roll == "none" or self.works(day):
            return exact, day
        back, onward = self.before(day), self.after(day)
        if rule.roll == "previous_working_day" and exact - (day - back) > begin:
            return exact - (day - back), back
        return exact + (onward - day), onward

    def _back(self, rule: Deadline) -> datetime:
        given = given_moment(rule)
        day = given.date()
        match rule.unit:
            case Unit.WORKING_DAYS:
                for _ in range(int(rule.amount)):
                    day = self.before(day)
                exact = self.closes(day)
                if self.works(given.date()):
                    exact = self._in_office(datetime.combine(day, given.time()))
            case Unit.WORKING_HOURS:
                exact = self._hours_back(given, timedelta(minutes=int(rule.amount * 60)))
                day = exact.date()
            case Unit.HOURS:
                exact = given - timedelta(minutes=int(rule.amount * 60))
                day = exact.date()
            case Unit.DAYS:
                for _ in range(int(rule.amount)):
                    day -= DAY
                exact = datetime.combine(day, given.time())
            case _:
                day = months_later(day, -int(rule.amount))
                exact = datetime.combine(day, given.time())
        if rule.by:
            exact = datetime.combine(day, rule.by)
        works = rule.unit in (Unit.WORKING_DAYS, Unit.WORKING_HOURS)
        if rule.roll != "none" and not works and not self.works(day):
            back, onward = self.before(day), self.after(day)
            moved = exact + (onward - day)
            if rule.roll == "next_working_day" and moved < given:
                exact, day = moved, onward
            else:
                exact, day = exact - (day - back), back
        if rule.by or rule.end == "same_time":
            return exact
        end = self.closes(day) if works else datetime.combine(day, LAST_SECOND)
        return end if end <= given else exact

    def _hours_back(self, moment: datetime, left: timedelta) -> datetime:
        day = moment.date() if self.works(moment.date()) else self.before(moment.date())
        while True:
            for opens, closes in reversed(self.periods):
                begin, end = datetime.combine(day, opens), min(moment, datetime.combine(day, closes))
                if begin < end and left <= end - begin:
                    return end - left
                left -= max(end - begin, timedelta(0))
            day = self.before(day)


def given_moment(rule: Deadline) -> datetime:
    """The given date without its zone; a day is its last second."""
    if isinstance(rule.at, datetime):
        return rule.at.replace(tzinfo=None)
    assert rule.at
    return datetime.combine(rule.at, LAST_SECOND)


def months_later(day: date, months: int) -> date:
    """Month by month on the fingers, then the day of the same number or the last there is."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        if month == 0:
            year, month = year - 1, 12
    number = day.day
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1
