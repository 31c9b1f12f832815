"""What differs between two calendars."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

from engine.calendars import (
    CalendarChanges,
    HoursChange,
    calendar_changes,
    chinese_calendar,
    read_notice,
    weekday_calendar,
    with_notice,
)
from tests.calendars.notices import notice_text
from tests.calendars.samples import CHINA, OFFICE, OFFICE_HOURS

SUMMER_HOURS = dict.fromkeys(range(1, 6), ((time(8), time(12)), (time(15), time(18))))
FESTIVAL = {"zh-Hans": "国庆节"}


def test_equal_calendars_differ_in_nothing() -> None:
    changes = calendar_changes(CHINA, chinese_calendar(hours=OFFICE_HOURS))

    assert changes == CalendarChanges()
    assert not changes


def test_a_notice_that_is_loaded_says_which_days_moved() -> None:
    guess = with_notice(
        weekday_calendar(OFFICE_HOURS), 2027, {date(2027, 10, 1): FESTIVAL, date(2027, 10, 4): {"en": "Four"}}, {}
    )
    loaded = with_notice(
        guess,
        2027,
        {date(2027, 10, 2): {}, date(2027, 10, 4): FESTIVAL, date(2027, 10, 5): FESTIVAL},
        {date(2027, 10, 9): None},
    )
    guess = replace(guess, notice_years=frozenset({2026}))

    changes = calendar_changes(guess, loaded)

    assert changes == CalendarChanges(
        became_off={date(2027, 10, 5): FESTIVAL},
        became_worked={date(2027, 10, 1): FESTIVAL, date(2027, 10, 9): {}},
        renamed={date(2027, 10, 4): ({"en": "Four"}, FESTIVAL)},  # Saturday the 2nd is off without a name in both
        notices_came=(2027,),
        notices_went=(2026,),
    )
    assert changes


def test_the_same_notice_pasted_again_changes_no_working_day() -> None:
    notice = read_notice(notice_text(2026))

    changes = calendar_changes(CHINA, with_notice(CHINA, 2026, notice.holidays, notice.make_up_days))

    assert (changes.became_off, changes.became_worked, changes.hours, changes.notices_came) == ({}, {}, (), ())


def test_hours_that_change_are_told_with_their_day() -> None:
    before = weekday_calendar(OFFICE_HOURS, changes={date(2026, 5, 1): SUMMER_HOURS, date(2026, 10, 1): OFFICE_HOURS})
    after = weekday_calendar(OFFICE_HOURS, changes={date(2026, 5, 4): SUMMER_HOURS, date(2026, 11, 1): SUMMER_HOURS})

    assert calendar_changes(before, after).hours == (
        HoursChange(date(2026, 5, 1), SUMMER_HOURS, OFFICE_HOURS),
        HoursChange(date(2026, 10, 1), OFFICE_HOURS, SUMMER_HOURS),
    )
    assert calendar_changes(CHINA, chinese_calendar(hours=SUMMER_HOURS)).hours == (
        HoursChange(None, OFFICE_HOURS, SUMMER_HOURS),
    )


def test_other_weekdays_are_a_matter_of_hours_not_of_days() -> None:
    changes = calendar_changes(CHINA, chinese_calendar(hours=OFFICE_HOURS | {6: OFFICE}))

    assert (changes.became_off, changes.became_worked) == ({}, {})
    assert len(changes.hours) == 1


def test_a_make_up_day_with_the_hours_of_another_weekday_is_told() -> None:
    friday = replace(CHINA, make_up_days={**CHINA.make_up_days, date(2026, 10, 10): 5})

    assert calendar_changes(CHINA, friday) == CalendarChanges(other_hours=(date(2026, 10, 10),))


def test_a_zone_and_the_waiting_for_notices_are_told() -> None:
    other = replace(CHINA, time_zone=ZoneInfo("Asia/Urumqi"), follows_notices=False)

    assert calendar_changes(CHINA, other) == CalendarChanges(
        time_zone=("Asia/Shanghai", "Asia/Urumqi"), follows_notices=False
    )
