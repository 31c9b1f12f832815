"""Dates that come again: every day, week, ten days, month, quarter, half year and year."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine.calendars import timeline
from engine.calendars.calendar import Calendar
from engine.calendars.errors import DeadlineInvalid
from engine.calendars.months import add_months, clipped
from engine.calendars.timeline import MAX_YEARS, to_micros

#: How many months the periods counted in months have.
_MONTHS: Final = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
#: The first days of a month's three parts, 上旬 中旬 下旬.
_TEN_DAYS: Final = (1, 11, 21)
#: What happens to an occurrence on a day off.
SCHEDULE_ROLLS: Final = ("none", "next_working_day", "previous_working_day", "skip")
_HIGHEST: Final = {"day": 31, "week": 7, "ten_days": 11, **dict.fromkeys(_MONTHS, 31)}


def next_occurrence(
    *,
    every: str,
    on: int,
    at: time,
    after: datetime,
    time_zone: str | ZoneInfo,
    month: int = 1,
    calendar: Calendar | None = None,
    roll: str = "none",
) -> datetime:
    """The first moment later than *after* at which the schedule stands, aware, in *time_zone*.

    *every* is day | week | ten_days | month | quarter | half_year | year. *on* is the weekday 1-7 for a week, the day
    within the ten days (which begin on the 1st, 11th and 21st) for ten_days, else the day of the *month*-th month of
    the period; days beyond the period's or month's length mean its last. For day it is not looked at. A time that
    summer time skips counts as one hour later.

    *roll* says what happens to an occurrence on a day off of *calendar*: none | next_working_day | previous_working_day
    | skip (it does not happen, so ``day`` is every working day). Occurrences that meet on one day are one.

    Raises `DeadlineInvalid`, also when nothing happens for a hundred years, and `NaiveInstant`.
    """
    if every not in _HIGHEST:
        raise DeadlineInvalid("every", f"expected one of {', '.join(_HIGHEST)}, found {every!r}")
    if every != "day" and not 1 <= on <= _HIGHEST[every]:
        raise DeadlineInvalid("on", f"expected 1 to {_HIGHEST[every]} for {every}, found {on}")
    if not 1 <= month <= _MONTHS.get(every, 1):
        raise DeadlineInvalid("month", f"expected 1 to {_MONTHS.get(every, 1)} for {every}, found {month}")
    if at.tzinfo is not None:
        raise DeadlineInvalid("at", "expected a plain time of day; the time zone is given apart")
    to_micros(after, "after")
    if roll not in SCHEDULE_ROLLS:
        raise DeadlineInvalid("roll", f"expected one of {', '.join(SCHEDULE_ROLLS)}, found {roll!r}")
    if roll != "none" and calendar is None:
        raise DeadlineInvalid("calendar", f"expected a calendar with roll {roll}, found none")
    zone = ZoneInfo(time_zone) if isinstance(time_zone, str) else time_zone
    today = after.astimezone(zone).date()
    period = first_of_period(every, _earliest(roll, today, calendar))
    while period.year <= today.year + MAX_YEARS:
        day = _rolled(roll, _day_in_period(every, period, on, month), calendar)
        if day is not None:
            moment = datetime.combine(day, at, zone).astimezone(UTC)
            if moment > after:
                return moment.astimezone(zone)
        period = next_period(every, period)
    raise DeadlineInvalid("roll", f"expected an occurrence on a working day within {MAX_YEARS} years, found none")


def _earliest(roll: str, today: date, calendar: Calendar | None) -> date:
    """A day before which no occurrence can still lie ahead: those since the last working day may roll to today."""
    if calendar is None or roll != "next_working_day":
        return today
    return date.fromordinal(timeline.nth_working_day_before(calendar, today.toordinal(), 1))


def _rolled(roll: str, day: date, calendar: Calendar | None) -> date | None:
    """The day on which the occurrence of *day* happens; None when it does not."""
    number = day.toordinal()
    if calendar is None or roll == "none" or timeline.is_working(calendar, number):
        return day
    if roll == "skip":
        return None
    if roll == "next_working_day":
        return date.fromordinal(timeline.nth_working_day(calendar, number, 1))
    return date.fromordinal(timeline.nth_working_day_before(calendar, number, 1))


def first_of_period(every: str, day: date) -> date:
    """The first day of the day, week, ten days, month, quarter, half year or year in which *day* lies."""
    if every == "day":
        return day
    if every == "week":
        return day - timedelta(days=day.weekday())
    if every == "ten_days":
        return day.replace(day=max(first for first in _TEN_DAYS if first <= day.day))
    months = _MONTHS[every]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def next_period(every: str, first: date) -> date:
    """The first day of the period behind the one that begins on *first*."""
    if every == "day":
        return first + timedelta(days=1)
    if every == "week":
        return first + timedelta(days=7)
    if every == "ten_days":
        return first + timedelta(days=10) if first.day < _TEN_DAYS[-1] else add_months(first.replace(day=1), 1)
    return add_months(first, _MONTHS[every])


def _day_in_period(every: str, first: date, on: int, month: int) -> date:
    if every == "day":
        return first
    if every == "week":
        return first + timedelta(days=on - 1)
    if every == "ten_days" and first.day < _TEN_DAYS[-1]:
        return first + timedelta(days=min(on, 10) - 1)
    first = add_months(first, month - 1)
    return clipped(first.year, first.month, first.day + on - 1)
