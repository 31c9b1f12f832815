"""The Chinese working calendar, seeded from the ``holidays`` package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Final

from holidays import country_holidays

from engine.calendars.calendar import Calendar, Hours, first_working_weekday, hours_on, weekday_calendar
from engine.calendars.errors import CalendarInvalid
from engine.text import Text

#: Our language tag -> what the package calls it, and what it appends to the name of a day observed on another day.
_LANGUAGES: Final[Mapping[str, tuple[str, str]]] = {
    "zh-Hans": ("zh_CN", "（补假）"),
    "zh-Hant": ("zh_TW", "（補假）"),
    "en": ("en_US", " (observed)"),
}
#: How the package's Simplified Chinese name of a day begins that is off because another day is worked for it.
_SUBSTITUTED: Final = "休息日"
#: Before 2001 the State Council gave no yearly notice; behind 2100 the package knows no lunar calendar.
_YEARS: Final = range(2001, 2100)


def chinese_calendar(
    *,
    hours: Hours,
    changes: Mapping[date, Hours] | None = None,
    time_zone: str = "Asia/Shanghai",
    years: Iterable[int] = range(2020, 2028),
    make_up_weekday: int | None = None,
) -> Calendar:
    """Office hours, with their *changes*, on China's public holidays and make-up workdays of *years* (2001-2099).

    A make-up workday has the hours of *make_up_weekday* (ISO), by default those of the first
    weekday worked at that time.

    The package answers for years without the State Council's notice too: it then guesses from the law alone. Every
    notice since 2001 has moved weekends, so a year counts as known exactly when the package has make-up workdays in it.

    Source: 国务院办公厅关于部分节假日安排的通知, yearly, as kept by ``holidays``.
    """
    wanted = sorted(set(years))
    if wrong := [year for year in wanted if year not in _YEARS]:
        raise CalendarInvalid("years", f"expected years from {_YEARS[0]} to {_YEARS[-1]}, found {wrong[0]}")
    weekly = weekday_calendar(hours, time_zone, changes=changes)
    found = _public_days(tuple(wanted))
    return replace(
        weekly,
        days_off=dict(found.off),
        make_up_days={day: make_up_weekday or first_working_weekday(hours_on(weekly, day)) for day in found.worked},
        notice_years=found.noticed,
        follows_notices=True,
    )


@dataclass(frozen=True, slots=True)
class _PublicDays:
    """What is the same for every company."""

    off: Mapping[date, Text]
    worked: tuple[date, ...]
    noticed: frozenset[int]


@cache
def _public_days(years: tuple[int, ...]) -> _PublicDays:
    """Kept, because the package takes a tenth of a second and pages ask for their company's calendar every time."""
    worked = _make_up_days(years)
    noticed = frozenset(day.year for day in worked) & _noticed(years)
    return _PublicDays(_days_off(years), tuple(sorted(worked)), noticed)


def _make_up_days(years: tuple[int, ...]) -> set[date]:
    """Make-up workdays in *years*. A notice may name days of the December before, so one year more is asked."""
    asked = {*years, *(year + 1 for year in years)}
    return {day for day in country_holidays("CN", years=asked).weekend_workdays if day.year in years}


def _noticed(years: tuple[int, ...]) -> frozenset[int]:
    """The years with a make-up workday of their own, not only one that the next year's notice put into December."""
    return frozenset(
        year for year in years if any(day.year == year for day in country_holidays("CN", years=year).weekend_workdays)
    )


def _days_off(years: tuple[int, ...]) -> dict[date, Text]:
    named = {tag: country_holidays("CN", years=years, language=code) for tag, (code, _) in _LANGUAGES.items()}
    festivals = [day for day, name in named["zh-Hans"].items() if not name.startswith(_SUBSTITUTED)]
    return {day: _festival_name(day, festivals, named) for day in sorted(named["zh-Hans"])}


def _festival_name(day: date, festivals: list[date], named: Mapping[str, Mapping[date, str]]) -> Text:
    """The festival *day* belongs to: a day off in exchange for a worked one is named after the festival next to it."""
    festival = min(festivals, key=lambda other: (abs(other - day), other))
    return {
        tag: named[tag][festival].replace(suffix, "").replace("; ", " / ") for tag, (_, suffix) in _LANGUAGES.items()
    }
