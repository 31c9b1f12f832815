"""The sentences of the State Council's yearly notice: 一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。

A paragraph begins with its festival. Each sentence with a date in it must be understood to its end, or is a problem;
sentences without a date, advice (鼓励 …) and the date of the signature say nothing about days. What stands before the
first festival is only looked through for the year.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from engine.calendars.errors import NoticeProblem
from engine.calendars.festivals import NEW_YEAR, festival_name, is_festival
from engine.calendars.statement import Statement, days_between, named_day
from engine.text import Text

_DECEMBER: Final = 12
_WEEKEND: Final = (6, 7)
_WEEKDAYS: Final = "一二三四五六日"
_NUMBERS: Final = "一二三四五六七八九十"

#: Traditional characters and wide signs as the patterns below have them, one for one, so that places stay.
_PLAIN: Final = str.maketrans(
    "節國慶勞動調補與週連農曆點舊臘開鼓勵議導號０１２３４５６７８９：，（）；－—–～~．天",
    "节国庆劳动调补与周连农历点旧腊开鼓励议导号0123456789:,();-----.天",
)
_YEAR: Final = re.compile(r"(\d{4})年(?!\d)")
_NUMBER: Final = re.compile(r"[^\s。，：]{0,20}[〔\[]\d{4}[〕\]]第?\d+[号號]")
_TITLE: Final = re.compile(r"^[^。：:\n]{0,80}\d{4}年[^。：:\n]{0,80}通知[^\S\n]*$", re.MULTILINE)
#: 一、 (一) 1. 1、
_ORDINAL: Final = rf"(?P<ordinal>\(?[{_NUMBERS}]{{1,3}}[)、.]、?|\(?\d{{1,2}}[)、.](?!\d))?"
_HEADING: Final = re.compile(rf"{_ORDINAL}(?P<name>[^\d:,。()]{{1,40}}?)(?:(?P<colon>:)|(?=\d|$))")
#: With both a number and a colon around it, a name may have digits in it: 七、抗战胜利70周年纪念日：
_NUMBERED_HEADING: Final = re.compile(rf"{_ORDINAL}(?P<name>(?(ordinal)[^:,。()]{{1,40}}|(?!)))(?P<colon>:)")
_ABOUT: Final = re.compile(r"(?:放假(?:安排|时间)?|假期|小长假)$")
_NEW_PARAGRAPH: Final = re.compile(rf"(?<=[。;:])\s*(?=[{_NUMBERS}]{{1,3}}、[^\d:,。]{{1,20}}:)")
_LINE_END: Final = re.compile(r"\n")
_SENTENCE: Final = re.compile(r"[^。;]+")
_DATE: Final = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})[日号](?:\(([^()]*)\))?")
_TO: Final = re.compile(r"至|到|-+")
_AND: Final = re.compile(r"[、和及与]")
_COUNT: Final = rf"(\d{{1,2}}|[{_NUMBERS}]{{1,2}})天"
_OFF: Final = re.compile(rf"(?:放假|公休|调休|补休|休息|连休)+(?:共?{_COUNT})?")
_WORKED: Final = re.compile(r"[均都要应]?(?:照常|正常)?(?:上班|补班)")
_TOTAL: Final = re.compile(rf"(?:一|总)?共(?:计)?{_COUNT}")
_BESIDE: Final = re.compile(r"[,、]|与(?:前后)?周末(?:双休日)?连休|不调休")
_ADVICE: Final = re.compile(r"鼓励|建议|提倡|倡导")
_SIGNATURE: Final = re.compile(r"[^\d]*(?:\d{4}年)?\d{1,2}月\d{1,2}日(?:\([^()\d]*\))?[^\d]*")
_WEEKDAY: Final = re.compile(rf"(?:周|星期|礼拜)([{_WEEKDAYS}天])")


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """The text of one festival without white space; *places* has the offset in the text of each character."""

    words: str
    places: tuple[int, ...]
    name: Text | None  #: None before the first festival

    @property
    def is_new_year(self) -> bool:
        return self.name is not None and NEW_YEAR["zh-Hans"] in self.name.get("zh-Hans", "")


@dataclass(slots=True)
class _Reader:
    """What reading one text needs and gathers."""

    text: str
    problems: list[NoticeProblem]
    line_ends: list[int]
    year: int = 0
    month: int | None = None  #: named last in the paragraph
    statements: list[Statement] = field(default_factory=list)

    def refuse(self, start: int, end: int, rule: str, expected: str, **params: str | int) -> None:
        self.problems.append(NoticeProblem(*self.place(start, end), rule, expected, params))

    def place(self, start: int, end: int) -> tuple[int, str]:
        return bisect_left(self.line_ends, start) + 1, " ".join(self.text[start:end].split())


def read_sentences(text: str, year: int | None, problems: list[NoticeProblem]) -> tuple[int, str, Sequence[Statement]]:
    """The year, where the notice stands, and what it says of days."""
    reader = _Reader(text, problems, [match.start() for match in _LINE_END.finditer(text)])
    paragraphs = list(_paragraphs(text))
    head = paragraphs[0].words if paragraphs and paragraphs[0].name is None else ""
    stated = _YEAR.search(head)
    named = max((int(found) for found in re.findall(r"(\d{4})年\d", text.translate(_PLAIN))), default=None)
    found = year or (int(stated[1]) if stated else named)
    if found is None:
        if any(_DATE.search(paragraph.words) for paragraph in paragraphs):
            reader.refuse(0, 0, "year", "the year, in the heading or beside the text")
        return 0, "", ()
    if year and stated and int(stated[1]) != year:
        at = paragraphs[0].places[stated.start()]
        reader.refuse(at, at + 5, "other_year", f"the notice for {year}", year=year, found=int(stated[1]))
    reader.year = found
    for paragraph in paragraphs:
        reader.month = None
        for sentence in _SENTENCE.finditer(paragraph.words):
            _read_sentence(reader, paragraph, sentence.start(), sentence.end())
    return found, _source(text), reader.statements


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    """The text cut before each festival."""
    plain = text.translate(_PLAIN)
    starts = {0, *(match.end() for pattern in (_LINE_END, _NEW_PARAGRAPH) for match in pattern.finditer(plain))}
    begun, name = 0, None
    for start, end in pairwise([*sorted(starts), len(plain)]):
        heading = _heading(plain[start:end], text[start:end])
        if heading is None:
            continue
        if start > begun:
            yield _paragraph(plain, begun, start, name)
        begun, name = start + heading[0], heading[1]
    yield _paragraph(plain, begun, len(plain), name)


def _paragraph(plain: str, start: int, end: int, name: Text | None) -> _Paragraph:
    places = tuple(place for place in range(start, end) if not plain[place].isspace())
    return _Paragraph("".join(plain[place] for place in places), places, name)


def _heading(line: str, original: str) -> tuple[int, Text] | None:
    """How long the heading at the begin of *line* is, and its festival."""
    blank = len(line) - len(line.lstrip())
    match = _NUMBERED_HEADING.match(line.strip()) or _HEADING.match(line.strip())
    if not match:
        return None
    words = _ABOUT.sub("", match["name"].strip())
    known = is_festival(words)
    dated = re.match(r"\s*\d", line[blank + match.end() :])
    if not (known or match["ordinal"] or (match["colon"] and dated)) or not (known or match["colon"]):
        return None
    start = blank + match.start("name")
    given = original[start : start + len(words)].strip()
    return blank + match.end(), festival_name(words if known else given)


def _source(text: str) -> str:
    """The notice's number, else its title, else nothing."""
    match = _NUMBER.search(text) or _TITLE.search(text)
    return match[0].strip() if match else ""


def _read_sentence(reader: _Reader, paragraph: _Paragraph, begin: int, end: int) -> None:
    words = paragraph.words
    if not _DATE.search(words, begin, end) or _ADVICE.search(words, begin, end):
        return
    if _SIGNATURE.fullmatch(words, begin, end) and not _is_about_days(words[begin:end]):
        return
    problems, statements = len(reader.problems), len(reader.statements)
    rest = _read_clauses(reader, paragraph, begin, end)
    start, stop = paragraph.places[begin], paragraph.places[end - 1] + 1
    if paragraph.name is None:
        # Sentences in front of the festivals tell of laws and dates; one that names days off is in the wrong place.
        del reader.problems[problems:], reader.statements[statements:]
        if rest is None:
            reader.refuse(start, stop, "festival", "a festival in front, such as 一、元旦：")
    elif rest is not None:
        reader.refuse(
            paragraph.places[rest],
            stop,
            "unreadable",
            "放假, 补休 or 上班 behind days such as 1月1日（周四）至3日（周六）",
        )


def _is_about_days(words: str) -> bool:
    return bool(re.search(r"放假|休|班|周|星期|礼拜", words))


def _read_clauses(reader: _Reader, paragraph: _Paragraph, at: int, end: int) -> int | None:
    """Read the sentence from *at* to *end*; where it stops making sense, None when all of it does."""
    words = paragraph.words
    off: list[date] = []
    while at < end:
        if total := _TOTAL.match(words, at, end):
            _check_count(reader, paragraph, total, off, beside=True)
            at = total.end()
        elif beside := _BESIDE.match(words, at, end):
            at = beside.end()
        else:
            stop = _read_clause(reader, paragraph, at, end, off)
            if stop is None:
                return at
            at = stop
    return None


def _read_clause(reader: _Reader, paragraph: _Paragraph, begin: int, end: int, off: list[date]) -> int | None:
    """Days and what they are; where the clause ends, None when it is none. Days off are added to *off*."""
    words, at = paragraph.words, begin
    days: list[date] = []
    while True:
        span = _read_span(reader, paragraph, at, end)
        if span is None:
            return None
        at = span[0]
        days += span[1]
        more = _AND.match(words, at, end)
        if not more:
            break
        at = more.end()
    verb = _OFF.match(words, at, end) or _WORKED.match(words, at, end)
    if not verb:
        return None
    is_off = verb.re is _OFF
    if is_off:
        _check_count(reader, paragraph, verb, days, beside=False)
        off += days
    place = reader.place(paragraph.places[begin], paragraph.places[verb.end() - 1] + 1)
    if days:
        reader.statements.append(Statement(*place, tuple(days), paragraph.name if is_off else None))
    return verb.end()


def _read_span(reader: _Reader, paragraph: _Paragraph, at: int, end: int) -> tuple[int, tuple[date, ...]] | None:
    """Where "1月1日（周四）至3日（周六）" ends, and its days; None when there is no date."""
    words = paragraph.words
    first = _DATE.match(words, at, end)
    if not first:
        return None
    to = _TO.match(words, first.end(), end)
    last = _DATE.match(words, to.end(), end) if to else None
    if to and not last:
        return None
    begins = _day(reader, paragraph, first, None)
    ends = _day(reader, paragraph, last, begins) if last else begins
    stop = (last or first).end()
    if not begins or not ends:
        return stop, ()
    place = reader.place(paragraph.places[at], paragraph.places[stop - 1] + 1)
    return stop, days_between(begins, ends, place, reader.problems)


def _day(reader: _Reader, paragraph: _Paragraph, match: re.Match[str], since: date | None) -> date | None:
    """The day that "2026年1月3日（周六）" names; a month or year that is left out is that of the day in front."""
    start, stop = paragraph.places[match.start()], paragraph.places[match.end() - 1] + 1
    month = int(match[2]) if match[2] else reader.month
    if month is None:
        reader.refuse(start, stop, "unreadable", "a month, as in 1月1日")
        return None
    reader.month = month
    if match[1]:
        year = int(match[1])
    elif since:
        year = since.year + (month < since.month)
    else:
        # New Year's days off may begin in the year before; no other festival lies in December.
        year = reader.year - (month == _DECEMBER and paragraph.is_new_year)
    day = named_day(year, month, int(match[3]), reader.place(start, stop), reader.problems)
    weekday = _WEEKDAY.search(match[4] or "")
    if day and weekday:
        _check_weekday(reader, (start, stop), day, weekday[1])
    return day


def _check_weekday(reader: _Reader, place: tuple[int, int], day: date, stated: str) -> None:
    found = _WEEKDAYS[day.weekday()]
    if found != stated.replace("天", "日"):
        reader.refuse(*place, "weekday", f"周{found} for {day}", day=day.isoformat(), weekday=day.isoweekday())


def _check_count(
    reader: _Reader, paragraph: _Paragraph, match: re.Match[str], days: Sequence[date], *, beside: bool
) -> None:
    """Compare "共3天" with the days; *beside*: the weekend they join may be counted in."""
    if not match[1] or not days:
        return
    stated = int(match[1]) if match[1].isdecimal() else _number(match[1])
    joined = _with_weekends(days) if beside else len(days)
    if stated not in {len(days), joined}:
        start, stop = paragraph.places[match.start()], paragraph.places[match.end() - 1] + 1
        reader.refuse(start, stop, "count", f"{len(days)} days from {days[0]} to {days[-1]}", count=len(days))


def _number(words: str) -> int:
    """三 = 3, 十 = 10, 十一 = 11."""
    *tens, last = (_NUMBERS.index(sign) + 1 for sign in words)
    return sum(tens) + last


def _with_weekends(days: Sequence[date]) -> int:
    """How many days off there are in a row around *days* with the weekends beside them."""
    first, last = min(days), max(days)
    while (first - timedelta(days=1)).isoweekday() in _WEEKEND:
        first -= timedelta(days=1)
    while (last + timedelta(days=1)).isoweekday() in _WEEKEND:
        last += timedelta(days=1)
    return (last - first).days + 1
