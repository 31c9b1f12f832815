"""What differs between two calendars, to be shown before a change is made and kept in the history after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from engine.calendars.calendar import Calendar, Hours, hours_on, is_working_day
from engine.text import Text


@dataclass(frozen=True, slots=True)
class HoursChange:
    """Weekly hours that differ from a day on, until the next change."""

    since: date | None  #: None = from ever
    before: Hours
    after: Hours


@dataclass(frozen=True, slots=True)
class CalendarChanges:
    """What a calendar says otherwise than the one before. Falsy when nothing differs but their versions.

    Days are those that either calendar names, holidays and make-up workdays; what new weekly hours make of ordinary
    days stands in *hours* alone.
    """

    became_off: Mapping[date, Text] = field(default_factory=dict)  #: with the name it has now, {} for none
    became_worked: Mapping[date, Text] = field(default_factory=dict)  #: with the name it had, {} for none
    renamed: Mapping[date, tuple[Text, Text]] = field(default_factory=dict)  #: off before and after: old and new name
    other_hours: tuple[date, ...] = ()  #: make-up workdays that work the hours of another weekday
    hours: tuple[HoursChange, ...] = ()
    notices_came: tuple[int, ...] = ()  #: years
    notices_went: tuple[int, ...] = ()
    time_zone: tuple[str, str] | None = None  #: IANA names
    follows_notices: bool | None = None  #: what it is now, None when it is as before

    def __bool__(self) -> bool:
        return self != CalendarChanges()


def calendar_changes(before: Calendar, after: Calendar) -> CalendarChanges:
    """What *after* says otherwise than *before*."""
    named = sorted({*before.days_off, *after.days_off, *before.make_up_days, *after.make_up_days})
    worked = {day: (is_working_day(before, day), is_working_day(after, day)) for day in named}
    stayed_off = [day for day in named if worked[day] == (False, False)]
    names = {day: (before.days_off.get(day, {}), after.days_off.get(day, {})) for day in named}
    return CalendarChanges(
        became_off={day: names[day][1] for day in named if worked[day] == (True, False)},
        became_worked={day: names[day][0] for day in named if worked[day] == (False, True)},
        renamed={day: names[day] for day in stayed_off if names[day][0] != names[day][1]},
        other_hours=tuple(_other_hours(before, after, named)),
        hours=tuple(_hours_changes(before, after)),
        notices_came=tuple(sorted(after.notice_years - before.notice_years)),
        notices_went=tuple(sorted(before.notice_years - after.notice_years)),
        time_zone=(before.time_zone.key, after.time_zone.key) if before.time_zone.key != after.time_zone.key else None,
        follows_notices=after.follows_notices if after.follows_notices is not before.follows_notices else None,
    )


def _other_hours(before: Calendar, after: Calendar, days: Iterable[date]) -> Iterable[date]:
    for day in days:
        weekdays = before.make_up_days.get(day), after.make_up_days.get(day)
        if None not in weekdays and weekdays[0] != weekdays[1]:
            yield day


def _hours_changes(before: Calendar, after: Calendar) -> Iterable[HoursChange]:
    """The stretches between changes of either calendar in which their hours differ, neighbours alike taken together."""
    last: HoursChange | None = None
    for since in (None, *sorted({*before.changes, *after.changes})):
        day = since or min([*before.changes, *after.changes, date.max]) - timedelta(days=1)
        found = HoursChange(since, hours_on(before, day), hours_on(after, day))
        if last and (found.before, found.after) == (last.before, last.after):
            continue
        last = found
        if found.before != found.after:
            yield found
