"""How values look on a page: due dates, moments, durations, sizes, initials. Pure: no clock, no query, no request."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from engine.calendars import Line, LineKind, Receipt
from engine.text import in_language
from webapp.translate import LOCALES, Translator

#: Less working time than this is shown as "soon".
SOON: Final = timedelta(hours=8)

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_KILO: Final = 1000
_ARTICLE: Final = re.compile(r"\bArt\. ?([0-9]+(?:-[0-9]+)?)")
_ANNEX: Final = re.compile(r"\bAnnex ([0-9A-Z]+)")
_FORM: Final = re.compile(r"\bform\b")
_COUNTING: Final = frozenset({LineKind.COUNTED, LineKind.MAKE_UP, LineKind.MONTHS})


_MONTHS: Final = 12


class DueState(StrEnum):
    NONE = "none"  #: nothing is due
    OVERDUE = "overdue"  #: the instant has passed
    SOON = "soon"  #: less than ``SOON`` of working time is left
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due, in words, e.g. ``Due("soon", "3 working hours left", "2026-11-20T10:00:00+00:00")``."""

    state: DueState
    words: str
    instant: str | None  #: ISO 8601 for the ``datetime`` attribute; None where nothing is due


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in words: short for the line, full for the tool tip, ISO 8601 for machines."""

    words: str
    full: str
    instant: str


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line of the table that explains a due date."""

    day: str  #: a day or a span of days
    words: str  #: why it counts or does not
    counted: str  #: what it adds, "" for nothing


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom words are made."""

    words: Translator
    zone: tzinfo  #: the company's time zone: all instants are shown in it
    working_day: timedelta = timedelta(hours=8)  #: how much working time counts as one day in words

    @property
    def locale(self) -> str:
        return LOCALES[self.words.language]


def due_words(due_at: datetime | None, now: datetime, *, working: timedelta, reader: Reader) -> Due:
    """When a task is due, e.g. "Overdue by 2 working hours", "3 working hours left", "Tomorrow 12:00", "Nov 24".

    *working* is the working time between *now* and *due_at* by the company's calendar, never negative: time left, or
    time overdue. It decides between "soon" and "later": on Friday evening, Monday at noon is three hours away.
    """
    if due_at is None:
        return Due(DueState.NONE, reader.words.gettext("No due date"), None)
    instant = due_at.isoformat()
    if due_at < now:
        return Due(DueState.OVERDUE, _overdue_words(working, reader), instant)
    if working >= SOON:
        return Due(DueState.LATER, day_words(due_at, now, reader=reader), instant)
    if working < _MINUTE:  # due when work starts again: "0 minutes left" would be a lie
        return Due(DueState.SOON, day_words(due_at, now, reader=reader), instant)
    words = reader.words.gettext("%(time)s left") % {"time": working_time(working, reader=reader)}
    return Due(DueState.SOON, words, instant)


def working_time(span: timedelta, *, reader: Reader) -> str:
    """Working time in words, rounded down: minutes below one hour, hours below one working day, else working days."""
    if span < _HOUR:
        return _count(reader, "%(num)s working minute", "%(num)s working minutes", span // _MINUTE)
    if span < reader.working_day:
        return _count(reader, "%(num)s working hour", "%(num)s working hours", span // _HOUR)
    return _count(reader, "%(num)s working day", "%(num)s working days", span // reader.working_day)


def duration(span: timedelta, *, reader: Reader) -> str:
    """Time on the wall in words, its two largest units: "3 d 4 h", "4 h 20 min", "less than 1 min"."""
    if span < _MINUTE:
        return reader.words.gettext("less than 1 min")
    gettext = reader.words.gettext
    parts = [
        (gettext("%(num)s d"), span // _DAY),
        (gettext("%(num)s h"), span % _DAY // _HOUR),
        (gettext("%(num)s min"), span % _HOUR // _MINUTE),
    ]
    largest = next(place for place, (_, number) in enumerate(parts) if number)
    return " ".join(words % {"num": number} for words, number in parts[largest : largest + 2] if number)


def day_words(at: datetime, now: datetime, *, reader: Reader) -> str:
    """A day near *now* with its time ("Tomorrow 12:00"), any other without ("Nov 24", "Jan 4, 2027")."""
    local = at.astimezone(reader.zone)
    if nearby := _nearby_day(at, now, reader):
        return nearby
    return _date_words(local, now, reader)


def moment(at: datetime, now: datetime, *, reader: Reader) -> Moment:
    """When something happened: "just now", "5 min ago", "Today 09:12", "Yesterday 18:00", "Nov 16 09:12"."""
    gettext, age = reader.words.gettext, now - at
    if timedelta(0) <= age < _MINUTE:
        words = gettext("just now")
    elif timedelta(0) <= age < _HOUR:
        words = gettext("%(num)s min ago") % {"num": age // _MINUTE}
    else:
        words = (
            _nearby_day(at, now, reader)
            or f"{_date_words(at.astimezone(reader.zone), now, reader)} {_clock(at, reader)}"
        )
    return Moment(words, full_instant(at, reader=reader), at.isoformat())


def full_instant(at: datetime, *, reader: Reader) -> str:
    """Date and time without any word, the same in every language: "2026-11-16 09:12"."""
    return f"{at.astimezone(reader.zone):%Y-%m-%d %H:%M}"


def long_date(at: datetime, *, reader: Reader) -> str:
    """A date with its day of the week, for promises to customers: "Tuesday, November 24, 2026"."""
    return format_date(at.astimezone(reader.zone).date(), "full", locale=reader.locale)


def calendar_day(day: date, *, reader: Reader) -> str:
    """The same of a day without a time."""
    return format_date(day, "full", locale=reader.locale)


def span_of_months(months: int, *, reader: Reader) -> str:
    """How long something is kept: "3 years", "18 months"."""
    if months % _MONTHS:
        return _months(months, reader)
    return _count(reader, "%(num)s year", "%(num)s years", months // _MONTHS)


def receipt_lines(receipt: Receipt, *, reader: Reader, reasons: Callable[[str], str] = str) -> tuple[ReceiptLine, ...]:
    """The lines of *receipt* in words, in the order in which they are added; *reasons* puts reasons into words."""
    return tuple(
        ReceiptLine(
            _days_words(line, receipt, reader), _line_words(line, reader, reasons), _counted_words(line, reader)
        )
        for line in receipt.lines
    )


def receipt_total(receipt: Receipt, *, reader: Reader) -> str:
    """What the counted lines of *receipt* add up to: "5 days", "16 h", "" for a date that was given."""
    counting = [line for line in receipt.lines if line.kind in _COUNTING]
    days = sum(line.count for line in counting)
    time = sum((line.time for line in counting), timedelta(0))
    if receipt.deadline.unit.whole_days:
        counts_months = any(line.kind is LineKind.MONTHS for line in counting)
        return _months(days, reader) if counts_months else _days(days, reader)
    return hours(time, reader=reader) if time else ""


def hours(span: timedelta, *, reader: Reader) -> str:
    """Time in hours and minutes, never in days, as office hours are counted: "16 h", "2 h 30 min"."""
    gettext = reader.words.gettext
    parts = [(gettext("%(num)s h"), span // _HOUR), (gettext("%(num)s min"), span % _HOUR // _MINUTE)]
    return " ".join(words % {"num": number} for words, number in parts if number) or gettext("less than 1 min")


def file_size(size: int, *, reader: Reader) -> str:
    """Bytes in the unit a person would use: "312 B", "412 KB", "1.8 MB"."""
    if size < _KILO:
        return f"{size} B"
    if size < _KILO**2:
        return f"{format_decimal(size // _KILO, locale=reader.locale)} KB"
    return f"{format_decimal(round(size / _KILO**2, 1), locale=reader.locale)} MB"


def clause_reference(reference: str, *, reader: Reader) -> str:
    """Where a clause stands, without an English word on a Chinese page: "Art.5(2)" reads "第5条(2)" there.

    Packages write references as the documents number themselves; only these words are in English in all of them.
    """
    gettext = reader.words.gettext
    said = _ARTICLE.sub(lambda found: gettext("Art. %(number)s") % {"number": found[1]}, reference)
    said = _ANNEX.sub(lambda found: gettext("Annex %(number)s") % {"number": found[1]}, said)
    return _FORM.sub(gettext("form"), said)


def initial(name: str) -> str:
    """What stands for a person in a small circle: the first letter of a name, of a Chinese one the family name."""
    return name.strip()[:1].upper() or "?"


def asset_version(static_folder: Path) -> str:
    """A short text that changes whenever a file under *static_folder* does: browsers may then keep files for good."""
    content = sha256()
    for file in sorted(path for path in static_folder.rglob("*") if path.is_file()):
        content.update(file.relative_to(static_folder).as_posix().encode())
        content.update(file.read_bytes())
    return content.hexdigest()[:12]


def _line_words(line: Line, reader: Reader, reasons: Callable[[str], str]) -> str:
    gettext = reader.words.gettext
    words = {
        LineKind.GRANTED: gettext("more time granted"),
        LineKind.START_DAY: gettext("the day it began, not counted"),
        LineKind.COUNTED: gettext("counted"),
        LineKind.MAKE_UP: gettext("make-up working day"),
        LineKind.DAY_OFF: gettext("day off"),
        LineKind.HOLIDAY: gettext("public holiday"),
        LineKind.MONTHS: gettext("whole months"),
        LineKind.GIVEN: gettext("the date that was given"),
        LineKind.TIME_OF_DAY: gettext("the time of day at which it began"),
        LineKind.PAUSE: gettext("the clock stood still"),
        LineKind.EXTENDED: gettext("time given back"),
        LineKind.BY: gettext("due at a fixed time of day"),
        LineKind.ROLLED: gettext("falls on a day off, moved"),
        LineKind.END_OF_DAY: gettext("due at the end of the day"),
    }[line.kind]
    details = [
        in_language(line.name, reader.words.language) if line.name else "",
        reasons(line.reason),
        _times(line, reader),
    ]
    return " · ".join([words, *(detail for detail in details if detail)])


def _times(line: Line, reader: Reader) -> str:
    """From and to, "09:00-12:00", or the one instant that the line is about."""
    if line.begin and line.end:
        return f"{_clock(line.begin, reader)}-{_clock(line.end, reader)}"
    return _clock(line.end, reader) if line.end else ""


def _counted_words(line: Line, reader: Reader) -> str:
    if line.kind is LineKind.MONTHS:
        return _months(line.count, reader)
    if line.kind in _COUNTING and line.count:
        return _days(line.count, reader)
    return hours(line.time, reader=reader) if line.time else ""


def _days_words(line: Line, receipt: Receipt, reader: Reader) -> str:
    """The day or days of *line*, with the year only where it is not the one in which the receipt starts."""
    year = "" if line.last.year == receipt.started_at.year else "y"
    if line.first == line.last:
        return format_skeleton(f"{year}MMMEd", line.first, locale=reader.locale)
    begin, end = (format_skeleton(f"{year}MMMd", day, locale=reader.locale) for day in (line.first, line.last))
    return f"{begin} - {end}"


def _days(number: int, reader: Reader) -> str:
    return _count(reader, "%(num)s day", "%(num)s days", number)


def _months(number: int, reader: Reader) -> str:
    return _count(reader, "%(num)s month", "%(num)s months", number)


def _overdue_words(working: timedelta, reader: Reader) -> str:
    if working < _MINUTE:  # it became due after work had ended
        return reader.words.gettext("Overdue")
    return reader.words.gettext("Overdue by %(time)s") % {"time": working_time(working, reader=reader)}


def _nearby_day(at: datetime, now: datetime, reader: Reader) -> str | None:
    gettext = reader.words.gettext
    days = (at.astimezone(reader.zone).date() - now.astimezone(reader.zone).date()).days
    names = {-1: gettext("Yesterday %(time)s"), 0: gettext("Today %(time)s"), 1: gettext("Tomorrow %(time)s")}
    return names[days] % {"time": _clock(at, reader)} if days in names else None


def _date_words(local: datetime, now: datetime, reader: Reader) -> str:
    same_year = local.year == now.astimezone(reader.zone).year
    return format_skeleton("MMMd" if same_year else "yMMMd", local, locale=reader.locale)


def _clock(at: datetime, reader: Reader) -> str:
    return f"{at.astimezone(reader.zone):%H:%M}"


def _count(reader: Reader, singular: str, plural: str, number: int) -> str:
    return reader.words.ngettext(singular, plural, number) % {"num": number}
