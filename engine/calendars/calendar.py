"""A company's calendar as data: weekly office hours, days off, make-up workdays, and which yearly notices it knows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from zoneinfo import ZoneInfo

from engine.calendars.errors import CalendarInvalid
from engine.text import Text

#: Office hours from the first time to the second. An end that is not after the start lies on the next day, so
#: ``22:00-06:00`` is a night shift and ``00:00-00:00`` a whole day. Hours belong to the day on which they begin.
Period = tuple[time, time]

#: ISO weekday 1-7 -> office hours in order; a missing weekday is not worked.
Hours = Mapping[int, tuple[Period, ...]]

_MIDNIGHT = time(0)
_DECEMBER = 12
#: Before this day of December no notice for the next year is looked for: New Year moves days of its own week.
_NEXT_NOTICE_MAY_BEGIN = (12, 25)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendar:
    """When a company works. Immutable; two calendars with the same content have the same *version* and are equal."""

    time_zone: ZoneInfo
    hours: Hours
    changes: Mapping[date, Hours] = field(
        default_factory=dict
    )  #: from that date on these hours instead, until the next change: summer and winter hours
    days_off: Mapping[date, Text] = field(default_factory=dict)  #: holidays, with their names
    make_up_days: Mapping[date, int] = field(
        default_factory=dict
    )  #: workdays out of turn -> ISO weekday whose hours apply
    notice_years: frozenset[int] = frozenset()  #: years whose yearly holiday notice is in here
    follows_notices: bool = True  #: False: no notice is ever awaited, so no date is provisional
    version: str = field(init=False)  #: 16 hex digits over everything above

    def __post_init__(self) -> None:
        object.__setattr__(self, "hours", _in_order(self.hours))
        object.__setattr__(self, "changes", {day: _in_order(self.changes[day]) for day in sorted(self.changes)})
        object.__setattr__(self, "days_off", dict(sorted(self.days_off.items())))
        object.__setattr__(self, "make_up_days", dict(sorted(self.make_up_days.items())))
        _check_hours(self.hours, "hours")
        for day, hours in self.changes.items():
            _check_hours(hours, f"changes.{day}.hours")
        _check_make_up_days(self)
        object.__setattr__(self, "version", _content_hash(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether office hours begin on *day*."""
    if day in calendar.make_up_days:
        return True
    return day not in calendar.days_off and day.isoweekday() in hours_on(calendar, day)


def periods(calendar: Calendar, day: date) -> tuple[Period, ...]:
    """The office hours that begin on *day*, in order; empty on a day off."""
    if weekday := calendar.make_up_days.get(day):
        return hours_on(calendar, day)[weekday]
    return () if day in calendar.days_off else hours_on(calendar, day).get(day.isoweekday(), ())


def hours_on(calendar: Calendar, day: date) -> Hours:
    """The weekly hours in force on *day*. A night shift stays with the hours of the day on which it begins."""
    since = max((change for change in calendar.changes if change <= day), default=None)
    return calendar.hours if since is None else calendar.changes[since]


def day_name(calendar: Calendar, day: date) -> Text | None:
    """What the holiday on *day* is called, e.g. 国庆节; None for ordinary days, weekends and make-up workdays."""
    return calendar.days_off.get(day)


def first_working_weekday(hours: Hours) -> int:
    """The ISO weekday whose hours a make-up workday has by default: Monday's, else the next one worked."""
    return min((day for day, worked in hours.items() if worked), default=1)


def weekday_calendar(
    hours: Hours, time_zone: str = "Asia/Shanghai", *, changes: Mapping[date, Hours] | None = None
) -> Calendar:
    """A calendar of weekly hours only: no holidays, no make-up workdays, never provisional."""
    return Calendar(time_zone=zone(time_zone), hours=hours, changes=changes or {}, follows_notices=False)


def with_notice(
    calendar: Calendar, year: int, holidays: Mapping[date, Text], make_up_days: Mapping[date, int | None]
) -> Calendar:
    """The calendar with the notice of *year* in place of whatever it held for that year.

    *make_up_days* gives the ISO weekday whose hours are worked, None = the company's first working weekday. A notice
    may also name days of the December before its year. Notices may be loaded in any order.
    Raises `CalendarInvalid` naming the wrong day.
    """
    for day in (*holidays, *make_up_days):
        if day.year != year and (day.year, day.month) != (year - 1, _DECEMBER):
            raise CalendarInvalid(f"notice {year}, {day}", f"expected a day of {year} or of the December before it")
    named = {*holidays, *make_up_days}
    kept_off = {day: name for day, name in calendar.days_off.items() if _is_kept(calendar, day, year, named)}
    kept_up = {day: hours for day, hours in calendar.make_up_days.items() if _is_kept(calendar, day, year, named)}
    return replace(
        calendar,
        days_off=kept_off | dict(holidays),
        make_up_days=kept_up
        | {day: weekday or first_working_weekday(hours_on(calendar, day)) for day, weekday in make_up_days.items()},
        notice_years=calendar.notice_years | {year},
        follows_notices=True,
    )


def notice_year(calendar: Calendar, day: date) -> int:
    """The year whose notice made *day* a holiday or a make-up workday: its own, or the next for the end of December.

    The last days of a year are the next notice's when that one is known: a make-up workday, and what is off without a
    gap until New Year. No notice has ever moved days of December for its own year.
    """
    if (day.month, day.day) < _NEXT_NOTICE_MAY_BEGIN or day.year + 1 not in calendar.notice_years:
        return day.year
    until_new_year = (date.fromordinal(n) for n in range(day.toordinal(), date(day.year + 1, 1, 1).toordinal() + 1))
    of_next = day in calendar.make_up_days or all(each in calendar.days_off for each in until_new_year)
    return day.year + of_next


def _is_kept(calendar: Calendar, day: date, year: int, named: Collection[date]) -> bool:
    return notice_year(calendar, day) != year and day not in named


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name. Raises `CalendarInvalid`."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise CalendarInvalid("time_zone", f"expected an IANA name such as Asia/Shanghai, found {name!r}") from error


def _in_order(hours: Hours) -> Hours:
    return {weekday: tuple(hours[weekday]) for weekday in sorted(hours) if hours[weekday]}


def _check_hours(hours: Hours, place: str) -> None:
    if not hours:
        raise CalendarInvalid(place, "expected office hours on at least one weekday, found none")
    for weekday, worked in hours.items():
        if weekday not in range(1, 8):
            raise CalendarInvalid(f"{place}.{weekday}", "expected an ISO weekday from 1 (Monday) to 7 (Sunday)")
        _check_day(f"{place}.{weekday}", worked)
    for weekday, worked in hours.items():
        _check_night(f"{place}.{weekday}", worked[-1], hours.get(weekday % 7 + 1, ()))


def _check_day(weekday: str, worked: tuple[Period, ...]) -> None:
    for index, (start, end) in enumerate(worked):
        place = f"{weekday}[{index}]"
        if start.tzinfo or end.tzinfo:
            raise CalendarInvalid(place, "expected plain times, found a time zone; the calendar has one for all")
        if start == end != _MIDNIGHT:
            raise CalendarInvalid(place, f"{start:%H:%M}-{end:%H:%M} is empty; a whole day is 00:00-00:00")
        if end <= start and index + 1 < len(worked):
            raise CalendarInvalid(place, "only the last period of a day may cross midnight; put periods in order")
        if index and start < worked[index - 1][1]:
            raise CalendarInvalid(place, f"begins at {start:%H:%M}, before the period in front of it has ended")


def _check_night(place: str, last: Period, tomorrow: tuple[Period, ...]) -> None:
    start, end = last
    if end <= start and tomorrow and tomorrow[0][0] < end:
        problem = f"ends at {end:%H:%M} of the next day, when that day's hours have begun at {tomorrow[0][0]:%H:%M}"
        raise CalendarInvalid(place, problem)


def _check_make_up_days(calendar: Calendar) -> None:
    for day, weekday in calendar.make_up_days.items():
        if day in calendar.days_off:
            raise CalendarInvalid(f"make_up_days.{day}", "is a day off as well; remove one of the two")
        if weekday not in hours_on(calendar, day):
            raise CalendarInvalid(f"make_up_days.{day}", f"works the hours of weekday {weekday}, which has none")


def _content_hash(calendar: Calendar) -> str:
    content: dict[str, object] = {
        "time_zone": calendar.time_zone.key,
        "hours": _hours_as_text(calendar.hours),
        "days_off": {day.isoformat(): sorted(name.items()) for day, name in calendar.days_off.items()},
        "make_up_days": {day.isoformat(): weekday for day, weekday in calendar.make_up_days.items()},
        "notice_years": sorted(calendar.notice_years),
        "follows_notices": calendar.follows_notices,
    }
    if calendar.changes:  # calendars without keep the version under which their receipts were written
        content["changes"] = {day.isoformat(): _hours_as_text(hours) for day, hours in calendar.changes.items()}
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _hours_as_text(hours: Hours) -> dict[int, list[str]]:
    return {day: [f"{start}-{end}" for start, end in worked] for day, worked in hours.items()}
