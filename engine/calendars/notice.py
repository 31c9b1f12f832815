"""The yearly holiday notice as a value, read from what an administrator pastes, and written to be edited.

Two forms are read: the sentences of the State Council's notice (`engine.calendars.wording`), and plain lines::

    # year: 2027
    2027-01-01..2027-01-03 元旦
    2027-01-04 上班
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.calendars.calendar import Calendar, notice_year
from engine.calendars.errors import NoticeInvalid, NoticeProblem
from engine.calendars.festivals import festival_name, missing_festivals
from engine.calendars.statement import Statement, days_between, named_day
from engine.calendars.wording import read_sentences
from engine.text import LANGUAGES, Text

_DECEMBER: Final = 12
_WEEKDAYS: Final = "一二三四五六日"

_PLAIN: Final = re.compile(r"\d{4}[-/.]\d")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_HEAD: Final = re.compile(r"#\s*(year|source):\s*(.*?)\s*", re.IGNORECASE)
_DAY: Final = r"(\d{4})-(\d{1,2})-(\d{1,2})"
_LINE: Final = re.compile(rf"{_DAY}(?:\s*(?:\.\.|…|至|到|~|–|—|to)\s*{_DAY})?[:：]?\s+(.*)", re.IGNORECASE)
_WORK: Final = re.compile(rf"(?:上班|补班|補班|works?|workday|working day)(?:\s+按周([{_WEEKDAYS}]))?", re.IGNORECASE)
_OFF: Final = re.compile(r"放假|休|off|holiday", re.IGNORECASE)
_TAGGED: Final = re.compile(rf"({'|'.join(LANGUAGES)}): (.*)")


@dataclass(frozen=True, slots=True)
class Notice:
    """What one yearly notice says. Days lie in *year* or in the December before it; none stands in both tables."""

    year: int
    holidays: Mapping[date, Text]  #: every day off that it names, with the festival's name
    make_up_days: Mapping[date, int | None]  #: -> ISO weekday whose hours are worked, None = the company's usual
    source: str = ""  #: where it stands, e.g. its number or title; "" when nobody said

    @property
    def missing(self) -> tuple[Text, ...]:
        """The festivals of its year that no day off is named after: some of its lines may have been left out."""
        return missing_festivals(self.year, self.holidays.values())


def read_notice(text: str, *, year: int | None = None) -> Notice:
    """The notice that *text* gives, in the State Council's wording or in plain lines.

    The year stands in the heading ("2026年", "# year: 2026") or is given; else it is the latest one that a day names.
    Day counts ("共9天") and weekdays in parentheses are compared with the dates. Traditional characters are read too.

    Raises `NoticeInvalid` with everything that is wrong.
    """
    problems: list[NoticeProblem] = []
    if any(_PLAIN.match(line.strip()) for line in text.splitlines()):
        found, source, statements = _read_lines(text, year, problems)
    else:
        found, source, statements = read_sentences(text, year, problems)
    holidays, make_up_days = _tables(found, statements, problems)
    if not problems and not statements:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        problems.append(NoticeProblem(1, first, "nothing", "a day off or a day that is worked, found none"))
    if problems:
        raise NoticeInvalid(sorted(problems, key=lambda problem: problem.line))
    return Notice(found, holidays, make_up_days, source)


def notice_of(calendar: Calendar, year: int) -> Notice:
    """What *calendar* holds for *year*: `with_notice` with it gives the same calendar."""
    return Notice(
        year,
        {day: name for day, name in calendar.days_off.items() if notice_year(calendar, day) == year},
        {day: hours for day, hours in calendar.make_up_days.items() if notice_year(calendar, day) == year},
    )


def notice_to_text(notice: Notice) -> str:
    """The notice as plain lines, which `read_notice` reads back."""
    lines = [f"# year: {notice.year}"]
    if notice.source:
        lines.append(f"# source: {_one_line(notice.source)}")
    said = {day: _name_words(name) for day, name in notice.holidays.items()}
    said |= {day: _work_words(weekday) for day, weekday in notice.make_up_days.items()}
    for first, last, words in _runs(said):
        days = f"{first}" if first == last else f"{first}..{last}"
        lines.append(f"{days} {words}")
    return "\n".join(lines) + "\n"


def _read_lines(text: str, year: int | None, problems: list[NoticeProblem]) -> tuple[int, str, Sequence[Statement]]:
    statements: list[Statement] = []
    head: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEAD.fullmatch(line.strip()):
            head.setdefault(match[1].lower(), match[2])
        elif words := _COMMENT.sub("", line).strip():
            statements += _read_line(number, words, problems)
    stated = int(head["year"]) if re.fullmatch(r"\d{4}", head.get("year", "")) else None
    if year and stated and stated != year:
        problems.append(
            NoticeProblem(1, head["year"], "other_year", f"the notice for {year}", {"year": year, "found": stated})
        )
    latest = max((statement.days[-1].year for statement in statements), default=0)
    return year or stated or latest, head.get("source", ""), statements


def _read_line(number: int, words: str, problems: list[NoticeProblem]) -> Iterator[Statement]:
    match = _LINE.fullmatch(words)
    if not match:
        problems.append(
            NoticeProblem(number, words, "unreadable", "a day or days and what they are: 2027-01-01..2027-01-03 元旦")
        )
        return
    first = named_day(int(match[1]), int(match[2]), int(match[3]), (number, words), problems)
    last = named_day(int(match[4]), int(match[5]), int(match[6]), (number, words), problems) if match[4] else first
    if first and last and (days := days_between(first, last, (number, words), problems)):
        if work := _WORK.fullmatch(match[7]):
            weekday = _WEEKDAYS.index(work[1]) + 1 if work[1] else None
            yield Statement(number, words, days, None, weekday)
        else:
            yield Statement(number, words, days, _name(match[7]))


def _name(words: str) -> Text:
    if _OFF.fullmatch(words):
        return {}
    parts = [_TAGGED.fullmatch(part) for part in words.split(" | ")]
    tagged = {part[1]: part[2] for part in parts if part}
    return tagged if len(tagged) == len(parts) else festival_name(words)


def _tables(
    year: int, statements: Iterable[Statement], problems: list[NoticeProblem]
) -> tuple[dict[date, Text], dict[date, int | None]]:
    holidays: dict[date, Text] = {}
    make_up_days: dict[date, int | None] = {}
    said: dict[date, Statement] = {}
    for each in statements:
        for day in each.days:
            if day.year != year and (day.year, day.month) != (year - 1, _DECEMBER):
                expected = f"days of {year} or of the December before it, found {day}"
                params: dict[str, str | int] = {"year": year, "day": day.isoformat()}
                problems.append(NoticeProblem(each.line, each.text, "outside", expected, params))
                break
            if other := said.get(day):
                expected = f"each day once, found {day} in line {other.line} already"
                params = {"day": day.isoformat(), "line": other.line}
                problems.append(NoticeProblem(each.line, each.text, "twice", expected, params))
                break
            said[day] = each
            if each.name is None:
                make_up_days[day] = each.weekday
            else:
                holidays[day] = each.name
    return dict(sorted(holidays.items())), dict(sorted(make_up_days.items()))


def _runs(said: Mapping[date, str]) -> Iterator[tuple[date, date, str]]:
    """Neighbouring days of which the same is said."""
    first = last = None
    for day in sorted(said):
        if first and last and said[first] == said[day] and (day - last).days == 1:
            last = day
            continue
        if first and last:
            yield first, last, said[first]
        first = last = day
    if first and last:
        yield first, last, said[first]


def _work_words(weekday: int | None) -> str:
    return "上班" if weekday is None else f"上班 按周{_WEEKDAYS[weekday - 1]}"


def _name_words(name: Text) -> str:
    """The shortest words that are read as *name*."""
    if not name:
        return "放假"
    for words in map(_one_line, name.values()):
        if not _WORK.fullmatch(words) and _name(words) == name:
            return words
    return " | ".join(f"{tag}: {_one_line(words)}" for tag, words in name.items())


def _one_line(words: str) -> str:
    """Without what has a meaning of its own in plain lines."""
    return " ".join(words.split()).replace("#", "＃").replace("|", "｜")
