"""Office hours that change on a date: summer and winter hours, a new shift plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from engine.calendars import (
    Calendar,
    CalendarInvalid,
    Unit,
    chinese_calendar,
    due,
    is_working_day,
    periods,
    recount,
    weekday_calendar,
    with_notice,
    working_time_between,
)
from tests.calendars.samples import CHINA, NIGHT_HOURS, OFFICE, OFFICE_HOURS, at, deadline, local

WD, WH = Unit.WORKING_DAYS, Unit.WORKING_HOURS
SUMMER = ((time(8), time(12)), (time(15), time(18)))  #: seven hours with a long break
SUMMER_HOURS = dict.fromkeys(range(1, 6), SUMMER)
SEASONS = chinese_calendar(
    hours=OFFICE_HOURS, changes={date(2026, 10, 1): OFFICE_HOURS, date(2026, 5, 1): SUMMER_HOURS}
)
SATURDAYS = weekday_calendar(OFFICE_HOURS, changes={date(2026, 3, 5): {2: OFFICE, 6: OFFICE}})


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 4, 30), OFFICE),
        (date(2026, 5, 1), ()),  # a holiday
        (date(2026, 5, 6), SUMMER),
        (date(2026, 5, 9), SUMMER),  # the worked Saturday has the hours of its season
        (date(2026, 9, 30), SUMMER),
        (date(2026, 10, 8), OFFICE),
        (date(2026, 10, 10), OFFICE),
    ],
)
def test_each_season_has_its_hours(day: date, expected: tuple) -> None:
    assert expected == periods(SEASONS, day)


def test_a_change_may_bring_other_weekdays() -> None:
    worked = [day for day in range(1, 15) if is_working_day(SATURDAYS, date(2026, 3, day))]

    assert worked == [2, 3, 4, 7, 10, 14]


@pytest.mark.parametrize(
    ("calendar", "start", "amount", "unit", "choices", "expected"),
    [
        (SEASONS, "2026-04-30 17:00", 1, WD, {}, "2026-05-06 18:00:00"),
        (SEASONS, "2026-04-30 08:30", 1, WD, {"end": "same_time"}, "2026-05-06 08:30:00"),  # summer opens at 8
        (SEASONS, "2026-04-30 17:00", 6, WH, {"end": "same_time"}, "2026-05-06 16:00:00"),
        (SEASONS, "2026-09-30 17:00", 6, WH, {"end": "same_time"}, "2026-10-08 15:00:00"),
        (SATURDAYS, "2026-03-03 10:00", 3, WD, {}, "2026-03-10 18:00:00"),
        (SATURDAYS, "2026-03-04 17:00", 9, WH, {"end": "same_time"}, "2026-03-07 18:00:00"),
        (SATURDAYS, "2026-03-04 17:00", 3, Unit.DAYS, {"roll": "next_working_day"}, "2026-03-07 23:59:59"),
        (SATURDAYS, "2026-03-04 17:00", 2, Unit.DAYS, {"roll": "next_working_day"}, "2026-03-07 23:59:59"),
    ],
)
def test_a_date_counts_the_hours_of_its_days(
    calendar: Calendar, start: str, amount: int, unit: Unit, choices: dict, expected: str
) -> None:
    receipt = due(deadline(amount, unit, **choices), start=at(start), calendar=calendar)

    assert local(receipt.due_at) == expected
    assert receipt.due_at == recount(receipt)


def test_a_night_shift_over_a_change_stays_with_the_day_on_which_it_began() -> None:
    calendar = weekday_calendar(NIGHT_HOURS, changes={date(2026, 3, 4): OFFICE_HOURS})  # a Wednesday

    hours = due(deadline(9, WH, end="same_time"), start=at("2026-03-03 23:00"), calendar=calendar)
    same_day = due(deadline(1, WD, start="same_day"), start=at("2026-03-04 03:00"), calendar=calendar)

    assert local(hours.due_at) == "2026-03-04 11:00:00"  # until 6:00 in the night, then from 9:00
    assert local(same_day.due_at) == "2026-03-04 06:00:00"


def test_nobody_works_twice_where_a_night_shift_runs_into_new_hours() -> None:
    calendar = weekday_calendar(
        {2: ((time(22), time(10)),)}, changes={date(2026, 3, 4): OFFICE_HOURS | {3: ((time(8), time(12)),)}}
    )

    assert working_time_between(at("2026-03-03 00:00"), at("2026-03-05 00:00"), calendar).total_seconds() == 14 * 3600


@pytest.mark.parametrize(
    ("amount", "unit", "start", "expected"),
    [
        (2, WD, "2026-03-06 10:00", "2026-03-14 12:00:00"),  # Monday, and Friday's shift until Saturday
        (17, WH, "2026-03-06 10:00", "2026-03-09 09:00:00"),  # sixteen hours of Friday's shift, one of Monday
        (1, WD, "2026-03-07 13:00", "2026-03-09 09:00:00"),
        (1, Unit.DAYS, "2026-03-06 10:00", "2026-03-09 23:59:59"),
    ],
)
def test_a_day_whose_hours_a_night_shift_covers_is_not_a_working_day(
    amount: int, unit: Unit, start: str, expected: str
) -> None:
    shift = weekday_calendar({1: ((time(7), time(9)),), 5: ((time(20), time(12)),)})
    calendar = with_notice(shift, 2026, {}, {date(2026, 3, 7): 1})  # its hours of Saturday end before Friday's

    receipt = due(deadline(amount, unit, roll="next_working_day"), start=at(start), calendar=calendar)

    assert local(receipt.due_at) == expected
    assert receipt.due_at == recount(receipt)


def test_the_version_tells_changes_apart_and_old_versions_stay() -> None:
    other_day = chinese_calendar(hours=OFFICE_HOURS, changes={date(2026, 5, 2): SUMMER_HOURS})
    same = replace(SEASONS, changes=dict(reversed(SEASONS.changes.items())))

    assert len({CHINA.version, SEASONS.version, other_day.version}) == 3
    assert same == SEASONS
    # Receipts in the history name the version; a calendar without changes has to keep its own.
    assert weekday_calendar(OFFICE_HOURS).version == "765aee121c9ea44a"


def test_a_notice_that_is_loaded_later_works_the_hours_of_the_season() -> None:
    mondays_off = dict.fromkeys(range(2, 6), OFFICE)
    calendar = with_notice(
        weekday_calendar(OFFICE_HOURS, changes={date(2027, 5, 1): mondays_off}),
        2027,
        {},
        {date(2027, 4, 24): None, date(2027, 5, 8): None},
    )

    assert dict(calendar.make_up_days) == {date(2027, 4, 24): 1, date(2027, 5, 8): 2}


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ({}, "changes.2026-05-01.hours: expected office hours on at least one weekday, found none"),
        ({0: OFFICE}, "changes.2026-05-01.hours.0: expected an ISO weekday"),
        ({3: ((time(9), time(9)),)}, r"changes.2026-05-01.hours.3\[0\]: 09:00-09:00 is empty"),
        ({3: ((time(9), time(12)), (time(11), time(18)))}, r"changes.2026-05-01.hours.3\[1\]: begins at 11:00, before"),
        ({3: ((time(22), time(10)),), 4: OFFICE}, "changes.2026-05-01.hours.3: ends at 10:00 of the next day"),
    ],
)
def test_impossible_hours_are_refused_at_their_place(hours: dict, problem: str) -> None:
    with pytest.raises(CalendarInvalid, match=problem):
        weekday_calendar(OFFICE_HOURS, changes={date(2026, 5, 1): hours})


def test_a_make_up_day_with_hours_that_no_longer_exist_is_refused() -> None:
    calendar = with_notice(weekday_calendar(OFFICE_HOURS), 2026, {}, {date(2026, 5, 9): 1})

    with pytest.raises(
        CalendarInvalid, match=r"make_up_days\.2026-05-09: works the hours of weekday 1, which has none"
    ):
        replace(calendar, changes={date(2026, 5, 1): {2: OFFICE}})
