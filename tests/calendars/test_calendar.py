"""Calendars as data, and the Chinese one against the State Council's notice for 2026."""

from __future__ import annotations

import pickle
from datetime import date, time

import pytest

from engine.calendars import (
    CalendarInvalid,
    chinese_calendar,
    day_name,
    due,
    is_working_day,
    periods,
    weekday_calendar,
    with_notice,
)
from engine.calendars.deadline import Unit
from tests.calendars.samples import CHINA, OFFICE, OFFICE_HOURS, at, deadline, local


def test_the_six_make_up_days_of_2026_are_worked() -> None:
    make_up = [str(day) for day in CHINA.make_up_days if day.year == 2026]

    assert make_up == ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    assert all(
        date.fromisoformat(day).isoweekday() > 5 and is_working_day(CHINA, date.fromisoformat(day)) for day in make_up
    )


def test_the_weekdays_off_of_2026_are_those_of_the_notice() -> None:
    off = [str(day)[5:] for day in CHINA.days_off if day.year == 2026 and day.isoweekday() < 6]

    assert off == [
        "01-01",
        "01-02",
        "02-16",
        "02-17",
        "02-18",
        "02-19",
        "02-20",
        "02-23",
        "04-06",
        "05-01",
        "05-04",
        "05-05",
        "06-19",
        "09-25",
        "10-01",
        "10-02",
        "10-05",
        "10-06",
        "10-07",
    ]


@pytest.mark.parametrize(
    ("day", "name", "english"),
    [
        (date(2026, 10, 1), "国庆节", "National Day"),
        (date(2026, 10, 5), "国庆节", "National Day"),  # a weekday for the Saturday
        (date(2026, 10, 6), "国庆节", "National Day"),  # in exchange for 20 September
        (date(2026, 2, 23), "春节", "Chinese New Year (Spring Festival)"),
        (date(2026, 1, 2), "元旦", "New Year's Day"),
        (date(2020, 10, 1), "中秋节 / 国庆节", "Mid-Autumn Festival / National Day"),
    ],
)
def test_every_day_off_has_its_festivals_name(day: date, name: str, english: str) -> None:
    assert (day_name(CHINA, day) or {})["zh-Hans"] == name
    assert (day_name(CHINA, day) or {})["en"] == english


def test_ordinary_days_have_no_name() -> None:
    assert day_name(CHINA, date(2026, 3, 2)) is None
    assert day_name(CHINA, date(2026, 10, 10)) is None


def test_years_without_notice_are_not_known() -> None:
    assert CHINA.notice_years == {2020, 2021, 2022, 2023, 2024, 2025, 2026}


def test_a_make_up_day_that_next_years_notice_put_into_december_is_worked() -> None:
    calendar = chinese_calendar(hours=OFFICE_HOURS, years=[2011])

    assert is_working_day(calendar, date(2011, 12, 31))


def test_a_make_up_day_works_the_hours_of_the_first_working_weekday() -> None:
    hours = {2: ((time(10), time(16)),), 3: OFFICE}

    assert periods(chinese_calendar(hours=hours), date(2026, 10, 10)) == ((time(10), time(16)),)
    assert periods(chinese_calendar(hours=hours, make_up_weekday=3), date(2026, 10, 10)) == OFFICE


def test_a_loaded_notice_replaces_the_guess_and_makes_dates_firm() -> None:
    week = deadline(3, Unit.WORKING_DAYS)
    guess = due(week, start=at("2027-10-08 10:00"), calendar=CHINA)

    loaded = with_notice(CHINA, 2027, {date(2027, 10, 11): {"zh-Hans": "补休"}}, {date(2027, 10, 9): None})
    firm = due(week, start=at("2027-10-08 10:00"), calendar=loaded)

    assert (local(guess.due_at), guess.provisional) == ("2027-10-13 18:00:00", True)
    assert (local(firm.due_at), firm.provisional) == ("2027-10-13 18:00:00", False)
    assert [str(line.first) for line in firm.lines if line.kind == "make_up"] == ["2027-10-09"]
    assert is_working_day(loaded, date(2027, 10, 1))  # this notice does not have it off
    assert not is_working_day(loaded, date(2026, 10, 1))


def test_a_notice_for_another_year_is_refused() -> None:
    with pytest.raises(CalendarInvalid, match="notice 2027, 2028-01-03: expected a day of 2027"):
        with_notice(CHINA, 2027, {date(2028, 1, 3): {}}, {})


def test_a_notice_may_name_days_of_the_december_before() -> None:
    loaded = with_notice(CHINA, 2027, {}, {date(2026, 12, 27): 5})

    assert is_working_day(loaded, date(2026, 12, 27))
    assert is_working_day(loaded, date(2026, 10, 10))


def test_a_holiday_without_a_name_is_a_day_off_all_the_same() -> None:
    loaded = with_notice(CHINA, 2027, {date(2027, 3, 1): {}}, {})

    assert not is_working_day(loaded, date(2027, 3, 1))


def test_the_version_is_the_content() -> None:
    same = chinese_calendar(hours=dict(reversed(OFFICE_HOURS.items())))
    other = chinese_calendar(hours=OFFICE_HOURS, make_up_weekday=2)

    assert (same.version, hash(same)) == (CHINA.version, hash(CHINA))
    assert same == CHINA
    assert other != CHINA
    assert pickle.loads(pickle.dumps(CHINA)) == CHINA


def test_changing_the_given_hours_later_changes_no_calendar() -> None:
    hours = dict(OFFICE_HOURS)
    calendar = weekday_calendar(hours)

    hours.clear()

    assert is_working_day(calendar, date(2026, 3, 2))


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ({}, "hours: expected office hours on at least one weekday"),
        ({1: ()}, "hours: expected office hours on at least one weekday"),
        ({8: OFFICE}, "hours.8: expected an ISO weekday"),
        ({1: ((time(9), time(13)), (time(12), time(18)))}, r"hours.1\[1\]: begins at 12:00, before"),
        ({1: ((time(13), time(18)), (time(9), time(12)))}, r"hours.1\[1\]: begins at 09:00, before"),
        ({1: ((time(22), time(6)), (time(9), time(12)))}, r"hours.1\[0\]: only the last period"),
        ({1: ((time(9), time(9)),)}, r"hours.1\[0\]: 09:00-09:00 is empty"),
        ({1: ((time(22), time(10)),), 2: OFFICE}, "hours.1: ends at 10:00 of the next day"),
        ({7: ((time(22), time(10)),), 1: OFFICE}, "hours.7: ends at 10:00 of the next day"),
    ],
)
def test_impossible_hours_are_refused_at_their_place(hours: dict, problem: str) -> None:
    with pytest.raises(CalendarInvalid, match=problem):
        weekday_calendar(hours)


def test_a_holiday_that_is_a_make_up_day_is_refused() -> None:
    day = date(2027, 10, 9)

    with pytest.raises(CalendarInvalid, match=r"make_up_days\.2027-10-09: is a day off as well"):
        with_notice(CHINA, 2027, {day: {"zh-Hans": "国庆节"}}, {day: None})


def test_a_make_up_day_with_the_hours_of_a_weekday_that_has_none_is_refused() -> None:
    with pytest.raises(CalendarInvalid, match=r"make_up_days\.2027-10-09: works the hours of weekday 7"):
        with_notice(CHINA, 2027, {}, {date(2027, 10, 9): 7})


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "", "Asia"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(CalendarInvalid, match="time_zone"):
        weekday_calendar(OFFICE_HOURS, name)


def test_years_beyond_the_package_are_refused() -> None:
    with pytest.raises(CalendarInvalid, match="years: expected years from 2001 to 2099, found 1999"):
        chinese_calendar(hours=OFFICE_HOURS, years=[1999])
