"""Dates worked out by hand: a table with one reason a row."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.calendars import (
    Deadline,
    DeadlineInvalid,
    LineKind,
    NaiveInstant,
    Pause,
    Unit,
    due,
    recount,
    weekday_calendar,
    with_notice,
)
from tests.calendars.samples import BERLIN_NIGHTS, CHINA, CHINA_NIGHTS, OFFICE_HOURS, at, deadline, local

WD, WH, D, H, M = Unit.WORKING_DAYS, Unit.WORKING_HOURS, Unit.DAYS, Unit.HOURS, Unit.MONTHS
SAME = {"end": "same_time"}
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("start", "amount", "unit", "choices", "expected"),
    [
        # Spring Festival 2026: Sat 14 and 28 Feb worked, 16-20 and 23 Feb off
        ("2026-02-10 10:00", 7, WD, {}, "2026-02-26 18:00:00"),
        ("2026-02-10 10:00", 7, WD, SAME, "2026-02-26 10:00:00"),
        ("2026-02-13 16:00", 1, WD, {}, "2026-02-14 18:00:00"),  # Friday to the worked Saturday
        ("2026-02-14 16:00", 1, WD, {}, "2026-02-24 18:00:00"),
        ("2026-02-27 10:00", 2, WD, {}, "2026-03-02 18:00:00"),
        ("2026-02-14 16:00", 4, WH, SAME, "2026-02-24 11:00:00"),
        # National Day 2026: Sun 20 Sep and Sat 10 Oct worked, 1-7 Oct off, Mid-Autumn on Fri 25 Sep
        ("2026-09-18 10:00", 1, WD, {}, "2026-09-20 18:00:00"),
        ("2026-09-30 10:00", 3, WD, {}, "2026-10-10 18:00:00"),
        ("2026-09-30 17:00", 26, WH, SAME, "2026-10-12 10:00:00"),
        ("2026-09-24 10:00", 1, WD, {}, "2026-09-28 18:00:00"),
        # Friday, before, at and after the end of office hours
        ("2026-03-06 16:00", 1, WD, {}, "2026-03-09 18:00:00"),
        ("2026-03-06 16:00", 1, WD, SAME, "2026-03-09 16:00:00"),
        ("2026-03-06 18:00", 1, WD, {}, "2026-03-09 18:00:00"),
        ("2026-03-06 20:00", 1, WD, SAME, "2026-03-09 18:00:00"),  # no office at 20:00
        ("2026-03-06 07:00", 1, WD, SAME, "2026-03-09 09:00:00"),
        ("2026-03-06 12:30", 1, WD, SAME, "2026-03-09 12:30:00"),  # the break lies inside the day
        ("2026-03-07 11:00", 1, WD, {}, "2026-03-09 18:00:00"),  # a Saturday off
        ("2026-03-07 11:00", 1, WD, SAME, "2026-03-09 18:00:00"),  # which has no time of day to keep
        # the day of the start as the first
        ("2026-03-06 16:00", 1, WD, {"start": "same_day"}, "2026-03-06 18:00:00"),
        ("2026-03-06 17:59", 1, WD, {"start": "same_day"}, "2026-03-06 18:00:00"),
        ("2026-03-06 18:00", 1, WD, {"start": "same_day"}, "2026-03-09 18:00:00"),
        ("2026-03-06 07:00", 2, WD, {"start": "same_day"}, "2026-03-09 18:00:00"),
        ("2026-03-07 11:00", 1, WD, {"start": "same_day"}, "2026-03-09 18:00:00"),
        ("2026-03-07 23:00", 1, D, {"start": "same_day"}, "2026-03-07 23:59:59"),
        # counting from the next (working) day
        ("2026-03-06 16:00", 5, WD, {"start": "next_day"}, "2026-03-13 18:00:00"),
        ("2026-03-06 16:00", 5, WD, {"start": "next_working_day", "end": "same_time"}, "2026-03-13 18:00:00"),
        ("2026-03-06 16:00", 3, D, {"start": "next_day"}, "2026-03-09 23:59:59"),
        ("2026-03-06 16:00", 3, D, {"start": "next_working_day"}, "2026-03-11 23:59:59"),
        ("2026-03-06 16:00", 2, WH, {"start": "next_day", "end": "same_time"}, "2026-03-09 11:00:00"),
        ("2026-03-06 16:00", 2, H, {"start": "next_day", "end": "same_time"}, "2026-03-07 02:00:00"),
        ("2026-03-06 16:00", 24, H, {"start": "next_day"}, "2026-03-07 23:59:59"),
        ("2026-03-06 16:00", 2, H, {"start": "next_working_day", "end": "same_time"}, "2026-03-09 02:00:00"),
        # working hours
        ("2026-03-06 16:00", 2, WH, SAME, "2026-03-06 18:00:00"),  # not 9:00 of Monday
        ("2026-03-06 16:00", "2.5", WH, SAME, "2026-03-09 09:30:00"),
        ("2026-03-06 11:00", 2, WH, SAME, "2026-03-06 14:00:00"),  # over the break
        ("2026-03-06 16:00", 3, WH, {}, "2026-03-09 18:00:00"),
        ("2026-03-06 20:00", 1, WH, SAME, "2026-03-09 10:00:00"),
        ("2026-03-06 06:00", 8, WH, {}, "2026-03-06 18:00:00"),
        # by the clock
        ("2026-03-06 16:00", 48, H, SAME, "2026-03-08 16:00:00"),
        ("2026-03-06 16:00", 48, H, {}, "2026-03-08 23:59:59"),
        ("2026-03-06 16:00", 3, D, {}, "2026-03-09 23:59:59"),
        ("2026-03-06 00:00", 1, D, {}, "2026-03-07 23:59:59"),
        ("2026-03-06 16:00", 7, D, SAME, "2026-03-13 16:00:00"),
        # months and leap days
        ("2026-01-31 16:00", 1, M, {}, "2026-02-28 23:59:59"),
        ("2026-01-31 16:00", 1, M, SAME, "2026-02-28 16:00:00"),
        ("2026-01-31 16:00", 1, M, {"start": "next_day"}, "2026-02-28 23:59:59"),
        ("2024-01-31 16:00", 1, M, SAME, "2024-02-29 16:00:00"),
        ("2024-02-29 16:00", 12, M, SAME, "2025-02-28 16:00:00"),
        ("2024-02-29 16:00", 48, M, SAME, "2028-02-29 16:00:00"),
        ("2024-02-28 16:00", 1, D, SAME, "2024-02-29 16:00:00"),
        ("2026-11-30 16:00", 3, M, SAME, "2027-02-28 16:00:00"),
        # roll-over
        ("2026-09-26 10:00", 7, D, {"roll": "next_working_day"}, "2026-10-08 23:59:59"),
        ("2026-09-26 10:00", 7, D, {"roll": "previous_working_day"}, "2026-09-30 23:59:59"),
        ("2026-09-26 10:00", 7, D, {"roll": "next_working_day", **SAME}, "2026-10-08 10:00:00"),
        ("2026-02-07 10:00", 7, D, {"roll": "next_working_day"}, "2026-02-14 23:59:59"),  # a worked Saturday stays
        ("2026-03-06 16:00", 24, H, {"roll": "next_working_day", **SAME}, "2026-03-09 16:00:00"),
        ("2026-03-06 00:00", 48, H, {"roll": "next_working_day", **SAME}, "2026-03-10 00:00:00"),  # Saturday 24:00
        ("2026-03-07 10:00", 1, D, {"roll": "previous_working_day"}, "2026-03-09 23:59:59"),  # never before the start
    ],
)
def test_a_due_date_on_the_chinese_calendar(
    start: str, amount: int | str, unit: Unit, choices: dict, expected: str
) -> None:
    receipt = due(deadline(amount, unit, **choices), start=at(start), calendar=CHINA)

    assert local(receipt.due_at) == expected
    assert recount(receipt) == receipt.due_at


@pytest.mark.parametrize(
    ("start", "amount", "unit", "choices", "expected"),
    [
        ("2026-03-03 03:00", 1, WD, SAME, "2026-03-04 03:00:00"),  # still Monday's shift: Tuesday's is the next
        ("2026-03-03 12:00", 1, WD, {}, "2026-03-05 06:00:00"),  # between shifts it is Tuesday
        ("2026-03-03 23:00", 1, WD, SAME, "2026-03-04 23:00:00"),
        ("2026-03-03 03:00", 1, WD, {"start": "same_day"}, "2026-03-03 06:00:00"),
        ("2026-03-03 06:00", 1, WD, {"start": "same_day"}, "2026-03-04 06:00:00"),
        ("2026-03-03 03:00", 5, WH, SAME, "2026-03-04 00:00:00"),
        ("2026-03-03 03:00", 3, WH, SAME, "2026-03-03 06:00:00"),
        ("2026-03-03 23:00", 2, WH, {}, "2026-03-04 06:00:00"),
        ("2026-03-06 23:00", 5, WH, SAME, "2026-03-10 00:00:00"),  # Friday's shift ends at 2:00 on Saturday
        ("2026-12-31 23:00", 3, WH, SAME, "2027-01-01 02:00:00"),  # over the turn of the year
        ("2027-01-01 01:00", 1, WH, SAME, "2027-01-01 02:00:00"),
        ("2027-01-01 01:00", 1, WD, {"start": "same_day"}, "2027-01-01 06:00:00"),
    ],
)
def test_a_night_shift_is_the_working_day_on_which_it_begins(
    start: str, amount: int, unit: Unit, choices: dict, expected: str
) -> None:
    receipt = due(deadline(amount, unit, **choices), start=at(start), calendar=CHINA_NIGHTS)

    assert local(receipt.due_at) == expected
    assert recount(receipt) == receipt.due_at


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        ("2026-03-28 12:00", 24, H, "2026-03-29 13:00:00"),  # the clock loses an hour that night
        ("2026-03-28 12:00", 1, D, "2026-03-29 12:00:00"),  # a day is a day
        ("2026-10-24 12:00", 24, H, "2026-10-25 11:00:00"),
        ("2026-03-29 02:30", 1, D, "2026-03-30 03:30:00"),  # there is no 02:30 that night: 03:30 was meant
        ("2026-03-28 02:30", 1, D, "2026-03-29 03:30:00"),
    ],
)
def test_summer_time(start: str, amount: int, unit: Unit, expected: str) -> None:
    instant = at(start, BERLIN).astimezone(UTC)

    assert local(due(deadline(amount, unit, **SAME), start=instant, calendar=BERLIN_NIGHTS).due_at) == expected


def test_a_shift_in_the_night_of_summer_time_has_seven_hours() -> None:
    calendar = weekday_calendar({6: ((time(22), time(6)),)}, "Europe/Berlin")

    eight_hours = due(deadline(8, WH, **SAME), start=at("2026-03-28 12:00", BERLIN), calendar=calendar)

    assert local(eight_hours.due_at) == "2026-04-04 23:00:00"


def test_a_given_date_is_the_end_of_that_day_and_a_given_moment_itself() -> None:
    start = at("2026-03-02 10:00")
    moment = datetime(2026, 3, 7, 2, tzinfo=UTC)

    day = due(Deadline(Decimal(0), Unit.FIELD, at=date(2026, 3, 7)), start=start, calendar=CHINA)
    rolled = due(
        Deadline(Decimal(0), Unit.FIELD, roll="next_working_day", at=date(2026, 3, 7)), start=start, calendar=CHINA
    )
    exact = due(Deadline(Decimal(0), Unit.FIELD, at=moment), start=start, calendar=CHINA)

    assert [local(each.due_at) for each in (day, rolled, exact)] == [
        "2026-03-07 23:59:59",
        "2026-03-09 23:59:59",
        "2026-03-07 10:00:00",
    ]
    assert [recount(each) for each in (day, rolled, exact)] == [day.due_at, rolled.due_at, exact.due_at]


@pytest.mark.parametrize(
    ("unit", "amount", "choices", "pauses", "expected"),
    [
        # from Mon 2 March 10:00
        (WH, 8, SAME, [("03-02 11:00", "03-02 12:00")], "2026-03-03 11:00:00"),
        (WH, 8, SAME, [("03-02 18:00", "03-03 09:00")], "2026-03-03 10:00:00"),  # nobody works in that pause
        (WH, 8, SAME, [("03-02 11:00", "03-02 12:00"), ("03-03 10:30", "03-03 11:30")], "2026-03-03 12:00:00"),
        (WH, 8, SAME, [("03-02 11:00", "03-02 15:00"), ("03-02 14:00", "03-02 16:00")], "2026-03-03 15:00:00"),
        (WH, 8, SAME, [("03-01 11:00", "03-02 11:00")], "2026-03-03 11:00:00"),  # only what lies behind the start
        (WH, 8, SAME, [("03-03 10:00", "03-03 11:00")], "2026-03-03 10:00:00"),  # begins when all is used
        (WH, 8, {}, [("03-03 14:00", "03-05 14:00")], "2026-03-05 18:00:00"),  # used at 10:00, yet not due until 18:00
        (WD, 5, {}, [("03-03 10:00", "03-03 12:00")], "2026-03-09 18:00:00"),  # two hours fit into the last day
        (WD, 5, {}, [("03-03 10:00", "03-04 10:00")], "2026-03-10 18:00:00"),
        (WD, 5, {}, [("03-06 18:00", "03-09 09:00")], "2026-03-09 18:00:00"),  # a pause over the weekend
        (H, 24, SAME, [("03-02 12:00", "03-02 15:30")], "2026-03-03 13:30:00"),
        (D, 3, {}, [("03-02 12:00", "03-04 12:00")], "2026-03-07 23:59:59"),
        (M, 1, SAME, [("03-02 12:00", "03-04 13:00")], "2026-04-04 11:00:00"),
    ],
)
def test_a_pause_gives_back_what_it_took(unit: Unit, amount: int, choices: dict, pauses: list, expected: str) -> None:
    stood = [Pause(at(f"2026-{begin}"), at(f"2026-{end}"), "waits for papers") for begin, end in pauses]

    receipt = due(deadline(amount, unit, **choices), start=at("2026-03-02 10:00"), calendar=CHINA, pauses=stood)

    assert local(receipt.due_at) == expected
    assert recount(receipt) == receipt.due_at
    assert receipt == due(
        deadline(amount, unit, **choices), start=at("2026-03-02 10:00"), calendar=CHINA, pauses=stood[::-1]
    )


def test_pauses_that_begin_together_are_listed_alike_in_any_order() -> None:
    begin = at("2026-03-03 10:00")
    pauses = [Pause(begin, None, "c"), Pause(begin, at("2026-03-04 10:00"), "b"), Pause(begin, begin, "a")]
    rule, start = deadline(5, WD), at("2026-03-02 10:00")

    receipt = due(rule, start=start, calendar=CHINA, pauses=pauses)

    assert receipt == due(rule, start=start, calendar=CHINA, pauses=pauses[::-1])
    assert [line.reason for line in receipt.lines if line.kind is LineKind.PAUSE] == ["a", "b", "c"]
    assert local(receipt.due_at) == "2026-03-10 18:00:00"


def test_a_thousand_pauses_are_taken_in_one_go() -> None:
    begin = at("2026-03-02 10:00")
    pauses = [Pause(begin + timedelta(hours=24 * n), begin + timedelta(hours=24 * n + 23)) for n in range(1000)]

    receipt = due(deadline(10, H, **SAME), start=begin, calendar=CHINA, pauses=pauses)

    assert local(receipt.due_at) == "2026-03-12 10:00:00"
    assert recount(receipt) == receipt.due_at


def test_a_pause_that_lasts_is_named_and_takes_nothing_yet() -> None:
    pause = Pause(at("2026-03-03 10:00"), None, "waits for papers")

    receipt = due(deadline(5, WD), start=at("2026-03-02 10:00"), calendar=CHINA, pauses=[pause])

    assert receipt.paused_since == pause.begin
    assert local(receipt.due_at) == "2026-03-09 18:00:00"
    assert [line.reason for line in receipt.lines if line.kind is LineKind.PAUSE] == ["waits for papers"]


def test_pauses_do_not_move_a_given_date() -> None:
    pause = Pause(at("2026-03-03 10:00"), at("2026-03-05 10:00"))
    given = Deadline(Decimal(0), Unit.FIELD, at=date(2026, 3, 6))

    assert (
        local(due(given, start=at("2026-03-02 10:00"), calendar=CHINA, pauses=[pause]).due_at) == "2026-03-06 23:59:59"
    )


@pytest.mark.parametrize(
    ("start", "amount", "unit", "choices", "provisional"),
    [
        ("2026-12-10 10:00", 5, WD, {}, False),
        ("2026-12-18 10:00", 5, WD, {}, False),
        ("2026-12-24 10:00", 5, WD, {}, True),  # 31 December may be worked or off by the notice for 2027
        ("2026-12-28 10:00", 8, WD, {}, True),
        ("2026-12-28 10:00", 80, WH, {}, True),
        ("2026-12-28 10:00", 8, D, {}, False),  # every day counts, whatever the notice will say
        ("2026-12-28 10:00", 8, D, {"roll": "next_working_day"}, True),
        ("2026-12-28 10:00", 1, M, {}, False),
    ],
)
def test_dates_that_need_a_notice_not_yet_given_are_provisional(
    start: str, amount: int, unit: Unit, choices: dict, provisional: object
) -> None:
    assert due(deadline(amount, unit, **choices), start=at(start), calendar=CHINA).provisional is provisional


def test_a_calendar_without_holidays_waits_for_no_notice() -> None:
    calendar = weekday_calendar(OFFICE_HOURS)

    receipt = due(deadline(8, WD), start=at("2029-12-28 10:00"), calendar=calendar)

    assert (receipt.provisional, local(receipt.due_at)) == (False, "2030-01-09 18:00:00")


@pytest.mark.parametrize(
    ("amount", "unit", "choices", "problem"),
    [
        (0, WD, {}, "amount: expected more than 0 and at most 36600 working_days, found 0"),
        (-1, H, {}, "amount: expected more than 0"),
        ("NaN", H, {}, "amount: expected more than 0"),
        ("Infinity", WH, {}, "amount: expected more than 0"),
        ("1E+30", WH, {}, "amount: expected more than 0"),
        ("0.0001", WH, {}, "amount: expected at least a second, found 0.0001 working_hours"),
        (36601, D, {}, "amount: expected more than 0 and at most 36600 days"),
        ("1.5", WD, {}, "amount: expected a whole number of working_days, found 1.5; use working_hours or hours"),
        (
            1,
            WD,
            {"start": "tomorrow"},
            "start: expected one of now, same_day, next_day, next_working_day, found 'tomorrow'",
        ),
        (1, WD, {"end": "noon"}, "end: expected one of same_time, end_of_day, found 'noon'"),
        (1, WD, {"roll": "back"}, "roll: expected one of none, next_working_day"),
        (1, WD, {"at": date(2026, 3, 1)}, "at: a given date goes with the unit field only"),
        (0, Unit.FIELD, {}, "at: expected the given date with the unit field"),
        (0, Unit.FIELD, {"at": date(1, 1, 1)}, "at: expected a year from 1900 to 2999, found 1"),
    ],
)
def test_an_impossible_deadline_is_refused(amount: int | str, unit: Unit, choices: dict, problem: str) -> None:
    with pytest.raises(DeadlineInvalid, match=problem):
        deadline(amount, unit, **choices)


def test_date_times_without_zone_are_refused() -> None:
    naive = datetime(2026, 3, 2, 10)

    with pytest.raises(NaiveInstant, match="expected the start with a time zone"):
        due(deadline(5, WD), start=naive, calendar=CHINA)
    with pytest.raises(NaiveInstant, match="expected the begin of a pause with a time zone"):
        Pause(naive)
    with pytest.raises(NaiveInstant, match="expected the given date with a time zone"):
        Deadline(Decimal(0), Unit.FIELD, at=naive)


def test_a_start_in_the_wrong_century_is_refused() -> None:
    with pytest.raises(DeadlineInvalid, match="the start: expected a year from 1900 to 2999, found 202"):
        due(deadline(5, WD), start=at("0202-03-02 10:00"), calendar=CHINA)


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(DeadlineInvalid, match="pauses: expected a pause to end after its begin"):
        Pause(at("2026-03-02 10:00"), at("2026-03-02 09:00"))


def test_a_calendar_that_hardly_works_ends_in_an_error_instead_of_a_search_without_end() -> None:
    holidays = {date(2026, 1, 1) + timedelta(days=n): {"en": "closed"} for n in range(365)}
    closed = with_notice(weekday_calendar({1: ((time(9), time(9, 1)),)}), 2026, holidays, {})

    assert local(due(deadline(1, WD), start=at("2026-01-01 10:00"), calendar=closed).due_at) == "2027-01-04 09:01:00"
    with pytest.raises(DeadlineInvalid, match="amount: reaches more than 100 years ahead"):
        due(deadline(800_000, WH), start=at("2026-01-01 10:00"), calendar=closed)
    with pytest.raises(DeadlineInvalid, match="amount: reaches more than 100 years ahead"):
        due(deadline(36_600, WD), start=at("2026-01-01 10:00"), calendar=closed)
