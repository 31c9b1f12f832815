"""The working calendar as its pages show it: a year day by day, what a notice changes, what is wrong in its text."""

from __future__ import annotations

import calendar as weeks
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any, Final

from babel.dates import format_date, format_skeleton, get_day_names

from engine.calendars import Calendar, CalendarChanges, NoticeProblem, day_name, is_working_day
from engine.calendars.calendar import Hours
from engine.text import Text
from webapp.presentation import Reader
from webapp.shell import current_translator, words


def _(message: str) -> str:
    """Marks *message* for the catalogues; it is translated where it is shown."""
    return message


#: What each rule of a notice's text says when it is broken.
_SENTENCES: Final[Mapping[str, str]] = {
    "nothing": _("Nothing here says that a day is off or worked."),
    "year": _("The year is missing. Write it in the first line, for example: # year: 2027"),
    "other_year": _("This is the notice for %(found)s; the one for %(year)s was expected."),
    "no_such_day": _("There is no such day: %(day)s"),
    "outside": _("%(day)s lies neither in %(year)s nor in the December before it."),
    "span": _("These days are out of order, or too many: %(first)s to %(last)s"),
    "weekday": _("%(day)s falls on another day of the week."),
    "count": _("The dates make %(count)s days."),
    "twice": _("%(day)s stands in line %(line)s already."),
    "festival": _("It is not clear which festival this is."),
    "unreadable": _("This line cannot be read. Write for example: 2027-01-01..2027-01-03 元旦, or 2027-01-04 上班"),
}


def year_view(calendar: Calendar, year: int, *, today: date, reader: Reader) -> SimpleNamespace:
    """One year as twelve months of weeks, with the words for its special days."""
    names = get_day_names("narrow", locale=reader.locale)
    return SimpleNamespace(
        year=year,
        noticed=year in calendar.notice_years or not calendar.follows_notices,
        weekdays=[names[day] for day in range(7)],
        months=[_month(calendar, year, month, today=today, reader=reader) for month in range(1, 13)],
        special=[_special(calendar, day, reader) for day in _special_days(calendar, year)],
        working_days=sum(is_working_day(calendar, day) for day in _days_of(year)),
    )


def hours_view(calendar: Calendar, *, reader: Reader) -> list[SimpleNamespace]:
    """The weekly office hours, and those that apply from a day on."""
    found = [(None, calendar.hours), *sorted(calendar.changes.items())]
    return [
        SimpleNamespace(since=_long(since, reader) if since else "", days=_week(hours, reader))
        for since, hours in found
    ]


def changes_view(changes: CalendarChanges, *, reader: Reader) -> list[tuple[str, str]]:
    """What another calendar says otherwise: a sentence and its days."""
    gettext = current_translator().gettext
    lines = [(gettext("Becomes a day off"), _runs(changes.became_off, reader))]
    lines += [(gettext("Becomes a working day"), _runs(changes.became_worked, reader))]
    lines += [(gettext("Other name"), _runs({day: now for day, (_was, now) in changes.renamed.items()}, reader))]
    lines += [(gettext("Other hours"), _runs({day: {} for day in changes.other_hours}, reader))]
    lines += [(gettext("Notice is in force"), ", ".join(map(str, changes.notices_came)))]
    lines += [(gettext("Notice is gone"), ", ".join(map(str, changes.notices_went)))]
    return [(said, days) for said, days in lines if days]


def problem_words(problem: NoticeProblem) -> SimpleNamespace:
    """One thing that is wrong in the text of a notice, with where it stands."""
    said = current_translator().gettext(_SENTENCES[problem.rule]) % problem.params
    return SimpleNamespace(line=problem.line, text=problem.text[:120], words=said)


def _month(calendar: Calendar, year: int, month: int, *, today: date, reader: Reader) -> SimpleNamespace:
    rows = weeks.Calendar(firstweekday=0).monthdatescalendar(year, month)
    return SimpleNamespace(
        name=format_skeleton("MMMM", date(year, month, 1), locale=reader.locale),
        weeks=[[_day(calendar, day, today, reader) if day.month == month else None for day in week] for week in rows],
    )


def _day(calendar: Calendar, day: date, today: date, reader: Reader) -> SimpleNamespace:
    gettext = current_translator().gettext
    name = day_name(calendar, day)
    if day in calendar.make_up_days:
        kind, said = "make-up", gettext("Make-up working day")
    elif name is not None:
        kind, said = "holiday", words(name) or gettext("public holiday")
    elif is_working_day(calendar, day):
        kind, said = "worked", ""
    else:
        kind, said = "off", gettext("day off")
    title = f"{_long(day, reader)} · {said}" if said else ""
    return SimpleNamespace(number=day.day, kind=kind, title=title, words=said, today=day == today)


def _special_days(calendar: Calendar, year: int) -> list[date]:
    return [day for day in _days_of(year) if day in calendar.days_off or day in calendar.make_up_days]


def _special(calendar: Calendar, day: date, reader: Reader) -> tuple[str, str]:
    gettext = current_translator().gettext
    if day in calendar.make_up_days:
        return _long(day, reader), gettext("Make-up working day")
    return _long(day, reader), words(calendar.days_off[day]) or gettext("public holiday")


def _days_of(year: int) -> Iterable[date]:
    return map(date.fromordinal, range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1))


def _week(hours: Hours, reader: Reader) -> list[tuple[str, str]]:
    names = get_day_names("abbreviated", locale=reader.locale)
    return [(names[day - 1], _spans(hours.get(day, ()))) for day in range(1, 8)]


def _spans(worked: Iterable[tuple[time, time]]) -> str:
    return " ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in worked)


def _runs(days: Mapping[date, Text], reader: Reader) -> str:
    """Days with their names, neighbours of one name together."""
    runs: list[list[Any]] = []
    for day, name in sorted(days.items()):
        if runs and runs[-1][2] == name and (day - runs[-1][1]).days == 1:
            runs[-1][1] = day
        else:
            runs.append([day, day, name])
    return "; ".join(_run(first, last, name, reader) for first, last, name in runs)


def _run(first: date, last: date, name: Text, reader: Reader) -> str:
    said = _long(first, reader) if first == last else f"{_long(first, reader)} - {_long(last, reader)}"
    return f"{said} {words(name)}".strip()


def _long(day: date, reader: Reader) -> str:
    return format_skeleton("yMMMEd", day, locale=reader.locale)


def moved_view(at: datetime | None, reader: Reader) -> str:
    """A due date in a list of dates that moved."""
    if at is None:
        return "—"
    local = at.astimezone(reader.zone)
    return f"{format_date(local.date(), 'medium', locale=reader.locale)} {local:%H:%M}"
