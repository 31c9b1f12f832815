"""Calendars as JSON values."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, time

import pytest

from engine.calendars import (
    Calendar,
    CalendarInvalid,
    calendar_from_json,
    calendar_to_json,
    chinese_calendar,
    weekday_calendar,
)
from tests.calendars.samples import ALWAYS, BERLIN_NIGHTS, CHINA, CHINA_NIGHTS, OFFICE_HOURS

SUMMER = chinese_calendar(
    hours=OFFICE_HOURS,
    changes={date(2026, 5, 1): ALWAYS, date(2026, 10, 1): {3: ((time(9, 0, 30), time(17, 15, 0, 5)),)}},
)


@pytest.mark.parametrize(
    "calendar", [CHINA, CHINA_NIGHTS, BERLIN_NIGHTS, SUMMER, replace(CHINA, notice_years=frozenset())]
)
def test_a_calendar_survives_json_as_text(calendar: Calendar) -> None:
    text = json.dumps(calendar_to_json(calendar))

    again = calendar_from_json(json.loads(text))

    assert again == calendar
    assert (again.changes, again.days_off, again.version) == (calendar.changes, calendar.days_off, calendar.version)


def test_the_form_is_the_one_that_is_written_down() -> None:
    calendar = weekday_calendar(
        {1: ((time(9), time(12)), (time(13), time(18)))}, changes={date(2026, 5, 1): {1: ((time(8), time(17)),)}}
    )
    calendar = replace(
        calendar,
        days_off={date(2026, 1, 1): {"zh-Hans": "元旦"}},
        make_up_days={date(2026, 1, 4): 1},
        notice_years={2026},
    )

    assert calendar_to_json(calendar) == {
        "time_zone": "Asia/Shanghai",
        "hours": {"1": ["09:00-12:00", "13:00-18:00"]},
        "changes": {"2026-05-01": {"1": ["08:00-17:00"]}},
        "days_off": {"2026-01-01": {"zh-Hans": "元旦"}},
        "make_up_days": {"2026-01-04": 1},
        "notice_years": [2026],
        "follows_notices": False,
    }


def test_all_but_zone_and_hours_may_be_left_out() -> None:
    calendar = calendar_from_json({"time_zone": "Asia/Shanghai", "hours": {"1": ["22:00-06:00"]}})

    assert calendar == replace(weekday_calendar({1: ((time(22), time(6)),)}), follows_notices=True)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": None}, "time_zone"),
        ({"hours": None}, "hours"),
        ({"hours": {}}, "hours"),
        ({"hours": {"8": ["09:00-12:00"]}}, "hours.8"),
        ({"hours": {"12": ["09:00-12:00"]}}, "hours.12"),
        ({"hours": {"1": "09:00-12:00"}}, "hours.1"),
        ({"hours": {"1": ["09:00-12:00", "25:00-26:00"]}}, "hours.1[1]"),
        ({"hours": {"1": ["09:00-09:00"]}}, "hours.1[0]"),
        ({"hours": {"1": [9]}}, "hours.1[0]"),
        ({"changes": {"2026-05-01": {"3": ["9-12"]}}}, "changes.2026-05-01.hours.3[0]"),
        ({"changes": {"1 May": {"3": ["09:00-12:00"]}}}, "changes.1 May"),
        ({"changes": {"2026-05-01": {}}}, "changes.2026-05-01.hours"),
        ({"changes": []}, "changes"),
        ({"days_off": {"2026-02-30": {}}}, "days_off.2026-02-30"),
        ({"days_off": {"20260101": {}}}, "days_off.20260101"),
        ({"days_off": {"2026-01-01": "元旦"}}, "days_off.2026-01-01"),
        ({"days_off": {"2026-01-01": {"zh-Hans": 1}}}, "days_off.2026-01-01.zh-Hans"),
        ({"make_up_days": {"2026-01-04": True}}, "make_up_days.2026-01-04"),
        ({"make_up_days": {"2026-01-04": "1"}}, "make_up_days.2026-01-04"),
        ({"make_up_days": {"2026-01-04": 6}}, "make_up_days.2026-01-04"),
        ({"days_off": {"2026-01-04": {}}, "make_up_days": {"2026-01-04": 1}}, "make_up_days.2026-01-04"),
        ({"notice_years": 2026}, "notice_years"),
        ({"notice_years": [2026, "2027"]}, "notice_years[1]"),
        ({"follows_notices": "yes"}, "follows_notices"),
        ({"version": "765aee121c9ea44a"}, "version"),
    ],
)
def test_a_wrong_entry_is_named(change: dict, place: str) -> None:
    value = {"time_zone": "Asia/Shanghai", "hours": {"1": ["09:00-12:00"]}} | change

    with pytest.raises(CalendarInvalid) as caught:
        calendar_from_json(value)

    assert caught.value.place == place


@pytest.mark.parametrize("value", [None, [], "calendar", 7, {1: 2}])
def test_anything_else_is_no_calendar(value: object) -> None:
    with pytest.raises(CalendarInvalid, match="expected a table"):
        calendar_from_json(value)
