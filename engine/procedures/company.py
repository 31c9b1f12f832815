"""Reading company.toml, and the calendar it describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from engine.calendars import Calendar, CalendarInvalid, Calendars, Period, chinese_calendar, weekday_calendar
from engine.complaints import is_number_pattern
from engine.errors import PackageRefused
from engine.findings import Finding
from engine.procedures.files import FOLDER
from engine.procedures.package import (
    BoardRule,
    CalendarPlan,
    Company,
    Group,
    Person,
    Position,
    PrivacyRule,
    with_their_groups,
)
from engine.procedures.toml_tables import TableReader, parse_toml, shown
from engine.procedures.words import suggestion
from engine.text import LANGUAGES, Text

#: Keys of ``hours``, Monday first.
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Countries whose public holidays a calendar may start from; "" is none.
CALENDAR_BASES: Final = ("CN", "")
#: Years whose holidays a calendar holds. Those without a yearly notice yet are marked provisional by the calendar.
CALENDAR_YEARS: Final = range(2020, 2036)

_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def read_company(table: TableReader) -> Company:
    """The company that *table*, the root of company.toml, describes."""
    language = table.choice("language", LANGUAGES)
    needed = needed_languages(language)
    calendar = table.table("calendar")
    plan = _plan(calendar) if calendar else CalendarPlan("CN", {})
    groups = {
        id_: Group(
            id=id_,
            name=group.words("name", needed=needed),
            department=group.flag("department"),
            calendar=group.identifier("calendar", default=""),
        )
        for id_, group in table.tables("groups")
    }
    positions = _positions(table, needed, groups)
    company = Company(
        id=read_folder_id(table),
        name=table.words("name", needed=needed),
        language=language,
        time_zone=_time_zone(table),
        case_number=read_case_number(table),
        calendar_base=plan.base,
        hours=plan.hours,
        changes=plan.changes,
        calendars={id_: _plan(each) for id_, each in table.tables("calendars")},
        groups=_with_holders(groups, positions),
        positions=positions,
        people=_people(table, needed),
        industry=table.words("industry", needed=needed, required=False),
        phrases=tuple(phrase.words("text", needed=needed) for phrase in table.array("phrases")),
        four_eyes=table.flag("four_eyes", default=True),
        second_factor=table.choice("second_factor", ("", "administrators", "everybody"), default=""),
        board=_board(table),
        privacy=_privacy(table, needed),
    )
    if calendar:
        calendar.close()
    for id_, group in groups.items():
        if group.calendar and group.calendar not in company.calendars:
            known = suggestion(group.calendar, company.calendars)
            table.wrong(
                f"groups.{id_}.calendar", "calendar-unknown", "one of [calendars]", f'"{group.calendar}"{known}'
            )
    _check_calendars(table, company)
    table.close()
    return company


def _positions(table: TableReader, needed: tuple[str, ...], groups: Mapping[str, Group]) -> dict[str, Position]:
    departments = tuple(group.id for group in groups.values() if group.department)
    positions = {
        id_: Position(
            id=id_,
            name=each.words("name", needed=needed),
            of=each.texts("of", one_too=True) or departments,
            instead=each.text("instead", default=""),
        )
        for id_, each in table.tables("positions")
    }
    known = _with_holders(groups, positions)
    for position in positions.values():
        for group in position.of:
            if group not in groups:
                expected, found = "groups of the company", f'"{shown(group)}"{suggestion(group, groups)}'
                table.wrong(f"positions.{position.id}.of", "position-group", expected, found)
        if position.instead and (position.instead not in known or known[position.instead].position == position.id):
            expected = "a group, or another position such as office.head"
            found = f'"{shown(position.instead)}"{suggestion(position.instead, known)}'
            table.wrong(f"positions.{position.id}.instead", "position-group", expected, found)
    return positions


def _with_holders(groups: Mapping[str, Group], positions: Mapping[str, Position]) -> dict[str, Group]:
    """*groups*, each followed by those who hold a position in it."""
    found = {}
    for group in groups.values():
        found[group.id] = group
        for position in positions.values():
            if group.id in position.of:
                id_ = position.within(group.id)
                name = _position_in(group.name, position.name)
                found[id_] = Group(id_, name, calendar=group.calendar, of=group.id, position=position.id)
    return found


def _position_in(group: Text, position: Text) -> Text:
    """Such as 质量部负责人, and in English: Quality department, head."""
    between = {tag: ", " if tag == "en" else "" for tag in LANGUAGES}
    return {tag: f"{group[tag]}{between[tag]}{position[tag]}" for tag in LANGUAGES if tag in group and tag in position}


def _board(table: TableReader) -> BoardRule | None:
    board = table.table("board", required=False)
    if board is None:
        return None
    groups = board.table("groups", required=False)
    found = BoardRule(
        company=board.texts("company", one_too=True),
        groups={group: groups.texts(group, one_too=True) for group in groups.names()} if groups else {},
    )
    board.close()
    return found


def _privacy(table: TableReader, needed: tuple[str, ...]) -> PrivacyRule:
    privacy = table.table("privacy", required=False)
    if privacy is None:
        return PrivacyRule()
    found = PrivacyRule(
        contact=privacy.words("contact", needed=needed, required=False),
        notice=privacy.words("notice", needed=needed, required=False),
        group=privacy.text("group", default=""),
        answer_days=privacy.whole("answer_days", default=PrivacyRule().answer_days, least=1, most=30),
    )
    privacy.close()
    return found


def _check_calendars(table: TableReader, company: Company) -> None:
    """Notes what makes no calendar together: hours, changes and the make-up days of the notices."""
    if not company.hours or not all(plan.hours for plan in company.calendars.values()):
        return  # a finding of its own
    try:
        calendars_of(company)
    except CalendarInvalid as error:
        table.wrong("calendar", "calendar-hours", "office hours that make a calendar", str(error))


def _plan(calendar: TableReader) -> CalendarPlan:
    hours = _hours(calendar)
    changes = {each.day("from"): _hours(each) for each in calendar.array("changes")}
    return CalendarPlan(calendar.choice("base", CALENDAR_BASES, default="CN"), hours, changes)


def company_from_file(content: bytes) -> Company:
    """The company of one company.toml. Raises PackageRefused with every finding."""
    findings: list[Finding] = []
    file = parse_toml(content, "company.toml", findings)
    company = read_company(TableReader(file, file.table, findings=findings)) if file else None
    if company is None or findings:
        raise PackageRefused(findings)
    return company


def calendars_of(company: Company) -> Calendars:
    """The company's and its departments' office hours on the public holidays they follow, as seeded."""
    return _calendars(
        _frozen(CalendarPlan(company.calendar_base, company.hours, company.changes)),
        tuple((id_, _frozen(plan)) for id_, plan in sorted(company.calendars.items())),
        company.time_zone,
    )


_Hours = tuple[tuple[int, tuple[Period, ...]], ...]
_Frozen = tuple[str, _Hours, tuple[tuple[date, _Hours], ...]]


def _frozen(plan: CalendarPlan) -> _Frozen:
    """*plan* as something that can be looked up."""
    changes = tuple((day, tuple(sorted(hours.items()))) for day, hours in sorted(plan.changes.items()))
    return plan.base, tuple(sorted(plan.hours.items())), changes


@lru_cache(maxsize=1024)
def _calendars(own: _Frozen, named: tuple[tuple[str, _Frozen], ...], time_zone: str) -> Calendars:
    """Every page asks for it, and it never changes for the same words."""
    return Calendars(own=_calendar(own, time_zone), named={id_: _calendar(plan, time_zone) for id_, plan in named})


def _calendar(plan: _Frozen, time_zone: str) -> Calendar:
    base, hours, later = plan
    changes = {day: dict(worked) for day, worked in later}
    if not base:
        calendar = weekday_calendar(dict(hours), time_zone)
    else:
        calendar = chinese_calendar(hours=dict(hours), time_zone=time_zone, years=CALENDAR_YEARS)
    return replace(calendar, changes=changes) if changes else calendar


def needed_languages(language: str) -> tuple[str, ...]:
    """The languages every text of a company that writes *language* must have."""
    return (language,) if language == "en" else (language, "en")


def read_folder_id(table: TableReader) -> str:
    """The ``id`` of a company or procedure: the name of its folder."""
    id_ = table.text("id")
    if id_ and not FOLDER.fullmatch(id_):
        table.wrong("id", "toml-bad-identifier", "its folder's name in lower case", f'"{shown(id_)}"')
    return id_


def read_case_number(table: TableReader, *, default: str | None = None) -> str:
    """A pattern of case numbers such as ``RT-{year}-{seq:05}``."""
    pattern = table.text("case_number", default=default)
    if pattern and not is_number_pattern(pattern):
        expected = (
            "letters, digits and -./_ with {seq} once, e.g. RT-{year}-{seq:05}; "
            "{year}, {month} and {department} may stand in it"
        )
        table.wrong("case_number", "case-number-pattern", expected, f'"{shown(pattern)}"')
    return pattern


def _time_zone(table: TableReader) -> str:
    name = table.text("time_zone", default="Asia/Shanghai")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown names are KeyError, paths ValueError, folders OSError
        table.wrong("time_zone", "time-zone-unknown", "a time zone such as Asia/Shanghai", f'"{shown(name)}"')
        return "Asia/Shanghai"
    return name


def _hours(calendar: TableReader) -> dict[int, tuple[Period, ...]]:
    """Office hours that make a calendar, else none."""
    table = calendar.table("hours")
    if table is None:
        return {}
    spans = {day: _spans(table, key) for day, key in enumerate(WEEKDAYS, start=1)}
    table.close()
    hours = {day: worked for day, worked in spans.items() if worked}
    try:
        weekday_calendar(hours)
    except CalendarInvalid as error:
        calendar.wrong("hours", "calendar-hours", "office hours of a working week", str(error))
        return {}
    return hours


def _spans(table: TableReader, key: str) -> tuple[Period, ...]:
    spans: list[Period] = []
    for text in table.texts(key):
        if match := _SPAN.fullmatch(text):
            spans.append((time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))))
        else:
            table.wrong(key, "calendar-hours", 'spans such as "09:00-12:00"', f'"{shown(text)}"')
    return tuple(spans)


def _people(table: TableReader, needed: tuple[str, ...]) -> tuple[Person, ...]:
    people: list[Person] = []
    for person in table.array("people"):
        login = person.text("login")
        if login and not _LOGIN.fullmatch(login):
            person.wrong(
                "login", "login-pattern", "a login of lower-case letters, digits and dots", f'"{shown(login)}"'
            )
        if login in {other.login for other in people}:
            person.wrong("login", "login-twice", "a login nobody else has", f'"{shown(login)}"')
        groups = tuple(sorted(with_their_groups(person.texts("groups"))))
        people.append(Person(login=login, name=person.words("name", needed=needed), groups=groups))
    return tuple(people)
