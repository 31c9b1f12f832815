"""Deadlines that are counted back from a given date: "two days before the date the customer was promised"."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from engine.calendars import (
    Calendar,
    Deadline,
    DeadlineInvalid,
    Extension,
    LineKind,
    Pause,
    Receipt,
    ReceiptInvalid,
    Unit,
    due,
    due_at,
    instant_at_share,
    receipt_from_json,
    receipt_to_json,
    recount,
    weekday_calendar,
    with_notice,
)
from tests.calendars.samples import BERLIN_NIGHTS, CHINA, CHINA_NIGHTS, OFFICE_HOURS, at, deadline, local

WD, WH, D, H, M = Unit.WORKING_DAYS, Unit.WORKING_HOURS, Unit.DAYS, Unit.HOURS, Unit.MONTHS
SAME = {"end": "same_time"}
NEXT, BACK = {"roll": "next_working_day"}, {"roll": "previous_working_day"}


def given(text: str) -> date | datetime:
    return at(text) if " " in text else date.fromisoformat(text)


def before(amount: str | int, unit: Unit, date_: str, **choices: str) -> Deadline:
    return Deadline(Decimal(amount), unit, at=given(date_), before=True, **choices)


def due_before(rule: Deadline, calendar: Calendar = CHINA) -> Receipt:
    receipt = due(rule, start=at("2026-01-05 10:00"), calendar=calendar)
    assert receipt.due_at == due_at(rule, start=at("2026-01-05 10:00"), calendar=calendar)
    assert receipt.due_at == recount(receipt)
    assert receipt == receipt_from_json(json.loads(json.dumps(receipt_to_json(receipt))))
    return receipt


@pytest.mark.parametrize(
    ("amount", "unit", "date_", "choices", "expected"),
    [
        (2, D, "2026-03-10", {}, "2026-03-08 23:59:59"),
        (2, D, "2026-03-10 15:00", {}, "2026-03-08 23:59:59"),
        (2, D, "2026-03-10 15:00", SAME, "2026-03-08 15:00:00"),
        (2, D, "2026-03-10", SAME, "2026-03-08 23:59:59"),  # a date has no time of day but its end
        (1, D, "2026-03-01", {}, "2026-02-28 23:59:59"),
        # working days: Mon 9 March, then Friday; make-up days count, Spring Festival does not
        (1, WD, "2026-03-09", {}, "2026-03-06 18:00:00"),
        (2, WD, "2026-03-09 11:00", SAME, "2026-03-05 11:00:00"),
        (2, WD, "2026-03-09 20:00", SAME, "2026-03-05 18:00:00"),
        (1, WD, "2026-03-08", {}, "2026-03-06 18:00:00"),  # from a Sunday
        (1, WD, "2026-03-08 11:00", SAME, "2026-03-06 18:00:00"),  # which has no time of day to keep
        (3, WD, "2026-02-25", {}, "2026-02-13 18:00:00"),  # 24 Feb, worked Sat 14, Fri 13
        (1, WD, "2026-01-01", {}, "2025-12-31 18:00:00"),
        (250, WD, "2026-01-01", {}, "2024-12-30 18:00:00"),
        # by the clock and within office hours
        (48, H, "2026-03-10 15:00", SAME, "2026-03-08 15:00:00"),
        (48, H, "2026-03-10", SAME, "2026-03-08 23:59:59"),
        (48, H, "2026-03-10 15:00", {}, "2026-03-08 23:59:59"),
        (2, H, "2026-03-10 15:00", {}, "2026-03-10 13:00:00"),  # the end of that day is past the date
        (15, H, "2026-03-10 15:00", SAME, "2026-03-10 00:00:00"),
        (15, H, "2026-03-10 15:00", BACK, "2026-03-10 00:00:00"),  # a working day has begun at midnight
        (2, WH, "2026-03-09 10:00", SAME, "2026-03-06 17:00:00"),
        (2, WH, "2026-03-09 14:00", SAME, "2026-03-09 11:00:00"),  # over the break
        (1, WH, "2026-03-09 14:00", SAME, "2026-03-09 13:00:00"),  # not 12:00: the latest that leaves an hour
        (8, WH, "2026-03-09 08:00", SAME, "2026-03-06 09:00:00"),
        (8, WH, "2026-03-08 08:00", SAME, "2026-03-06 09:00:00"),
        (9, WH, "2026-02-24 10:00", SAME, "2026-02-14 09:00:00"),  # the worked Saturday
        (9, WH, "2026-02-24 10:00", {}, "2026-02-14 18:00:00"),
        ("0.5", WH, "2026-01-05 09:00", SAME, "2026-01-04 17:30:00"),  # the worked Sunday
        (10, WH, "2026-01-04 11:00", SAME, "2025-12-31 09:00:00"),  # over the turn of the year
        # months: the day of the same number, clipped
        (1, M, "2026-03-31", {}, "2026-02-28 23:59:59"),
        (1, M, "2026-03-28 15:00", SAME, "2026-02-28 15:00:00"),
        (12, M, "2024-02-29", {}, "2023-02-28 23:59:59"),
        # roll-over, never past the date itself
        (2, D, "2026-03-10", BACK, "2026-03-06 23:59:59"),
        (2, D, "2026-03-10", NEXT, "2026-03-09 23:59:59"),
        (1, D, "2026-03-08", NEXT, "2026-03-06 23:59:59"),  # Monday would be past Sunday, so Friday
        (2, D, "2026-03-10 15:00", {**NEXT, **SAME}, "2026-03-09 15:00:00"),
        (48, H, "2026-03-10 15:00", {**NEXT, **SAME}, "2026-03-09 15:00:00"),
    ],
)
def test_counting_back_from_a_date(amount: int | str, unit: Unit, date_: str, choices: dict, expected: str) -> None:
    assert local(due_before(before(amount, unit, date_, **choices)).due_at) == expected


@pytest.mark.parametrize(
    ("amount", "unit", "date_", "choices", "expected"),
    [
        (
            1,
            WD,
            "2026-03-03 03:00",
            {},
            "2026-03-01 06:00:00",
        ),  # in Monday's shift; the one before is the worked Saturday's
        (1, WD, "2026-03-03 12:00", {}, "2026-03-03 06:00:00"),  # between shifts it is Tuesday
        (1, WD, "2026-03-03 23:00", SAME, "2026-03-02 23:00:00"),
        (1, WD, "2026-03-04 03:00", SAME, "2026-03-03 03:00:00"),
        (5, WH, "2026-03-03 03:00", SAME, "2026-03-02 22:00:00"),
        (6, WH, "2026-03-03 03:00", SAME, "2026-03-01 05:00:00"),
        (1, WH, "2026-03-03 03:00", {}, "2026-03-03 02:00:00"),  # its shift ends past the date
    ],
)
def test_counting_back_over_night_shifts(amount: int, unit: Unit, date_: str, choices: dict, expected: str) -> None:
    assert local(due_before(before(amount, unit, date_, **choices), CHINA_NIGHTS).due_at) == expected


def test_counting_back_when_summer_time_begins() -> None:
    day = Deadline(Decimal(1), D, end="same_time", at=datetime(2026, 3, 30, 0, 30, tzinfo=UTC), before=True)
    hours = replace(day, amount=Decimal(24), unit=H)

    assert local(due_before(day, BERLIN_NIGHTS).due_at) == "2026-03-29 03:30:00"  # there is no 02:30 that night
    assert local(due_before(hours, BERLIN_NIGHTS).due_at) == "2026-03-29 01:30:00"


def test_the_receipt_lists_the_days_backwards() -> None:
    receipt = due_before(before(5, WD, "2026-02-25 11:00", end="same_time"))

    assert [(line.kind, f"{line.first:%m-%d}", f"{line.last:%m-%d}", line.count) for line in receipt.lines] == [
        ("given", "02-25", "02-25", 0),
        ("counted", "02-24", "02-24", 1),
        ("holiday", "02-23", "02-23", 0),
        ("day_off", "02-21", "02-22", 0),
        ("holiday", "02-17", "02-20", 0),
        ("holiday", "02-16", "02-16", 0),
        ("day_off", "02-15", "02-15", 0),
        ("make_up", "02-14", "02-14", 1),
        ("counted", "02-11", "02-13", 3),
        ("time_of_day", "02-11", "02-11", 0),
    ]
    assert (receipt.started_at, receipt.counts_from) == (at("2026-01-05 10:00"), at("2026-01-05 10:00"))


def test_the_receipt_lists_working_hours_backwards() -> None:
    receipt = due_before(before(12, WH, "2026-02-24 10:00", end="same_time"))

    minutes = timedelta(minutes=1)
    assert [(line.kind, f"{line.first:%m-%d}", line.time // minutes) for line in receipt.lines] == [
        ("given", "02-24", 0),
        ("counted", "02-24", 60),
        ("holiday", "02-23", 0),
        ("day_off", "02-21", 0),
        ("holiday", "02-17", 0),
        ("holiday", "02-16", 0),
        ("day_off", "02-15", 0),
        ("make_up", "02-14", 480),
        ("counted", "02-13", 180),
    ]
    assert local(receipt.due_at) == "2026-02-13 15:00:00"


def test_pauses_do_not_move_it_and_it_may_lie_before_the_start() -> None:
    rule = before(2, WD, "2026-03-09")
    pause = Pause(at("2026-03-02 10:00"), at("2026-03-04 10:00"))

    assert local(due(rule, start=at("2026-03-02 09:00"), calendar=CHINA, pauses=[pause]).due_at) == (
        "2026-03-05 18:00:00"
    )
    late = due(rule, start=at("2026-03-07 09:00"), calendar=CHINA)
    assert local(late.due_at) == "2026-03-05 18:00:00"
    assert instant_at_share(late, 0.8, CHINA) == late.due_at


def test_a_share_is_one_of_the_time_between_start_and_date() -> None:
    receipt = due(before(2, D, "2026-03-12 10:00", end="same_time"), start=at("2026-03-02 10:00"), calendar=CHINA)

    assert local(instant_at_share(receipt, 0.5, CHINA)) == "2026-03-06 10:00:00"


@pytest.mark.parametrize(
    ("date_", "unit", "roll", "provisional"),
    [
        ("2027-01-06", WD, "none", True),
        ("2026-12-30", WD, "none", True),  # by the next notice the days around New Year may change
        ("2026-12-24", WD, "none", False),
        ("2027-01-06", D, "none", False),
        ("2027-01-06", D, "previous_working_day", True),
    ],
)
def test_it_waits_for_the_notice_of_the_days_it_counts(date_: str, unit: Unit, roll: str, provisional: object) -> None:
    assert due_before(before(3, unit, date_, roll=roll)).provisional is provisional


def test_the_notice_of_a_day_that_was_rolled_back_from_is_waited_for() -> None:
    closed = {date(2027, 12, 25) + timedelta(days=n): {"en": "Winter break"} for n in range(7)}
    calendar = with_notice(weekday_calendar(OFFICE_HOURS), 2027, closed, {})
    rule = deadline(12, D, roll="previous_working_day")

    receipt = due(rule, start=at("2027-12-20 10:00"), calendar=calendar)

    assert (local(receipt.due_at), receipt.provisional) == ("2027-12-24 23:59:59", True)


@pytest.mark.parametrize("unit", [WD, WH, H, D, M])
def test_a_receipt_that_counts_back_misses_every_line(unit: Unit) -> None:
    receipt = due_before(before(12, unit, "2026-02-25 10:00", end="same_time"))
    skipped = {LineKind.HOLIDAY, LineKind.DAY_OFF} if unit is WH else set()
    needed = [index for index, line in enumerate(receipt.lines) if line.kind not in skipped]
    assert len(needed) >= 2

    for index in needed:
        with pytest.raises(ReceiptInvalid):
            recount(replace(receipt, lines=receipt.lines[:index] + receipt.lines[index + 1 :]))


def test_a_receipt_for_another_given_date_does_not_add_up() -> None:
    receipt = due_before(before(2, WD, "2026-03-09"))
    other = replace(receipt.deadline, at=date(2026, 3, 10))

    with pytest.raises(ReceiptInvalid, match="expected one line with the given date 2026-03-10"):
        recount(replace(receipt, deadline=other))


@pytest.mark.parametrize(
    ("amount", "unit", "choices", "problem"),
    [
        (0, Unit.FIELD, {"at": date(2026, 3, 9)}, "before: expected a unit to count back in, found field"),
        (2, D, {}, "at: expected the given date with the unit field and with before, found nothing"),
        (0, D, {"at": date(2026, 3, 9)}, "amount: expected more than 0"),
        (2, D, {"at": date(2026, 3, 9), "start": "next_day"}, "start: expected now, because counting begins at the"),
        (2, D, {"at": date(1, 3, 9)}, "at: expected a year from 1900 to 2999"),
    ],
)
def test_an_impossible_one_is_refused(amount: int, unit: Unit, choices: dict, problem: str) -> None:
    with pytest.raises(DeadlineInvalid, match=problem):
        Deadline(Decimal(amount), unit, before=True, **choices)


def test_it_cannot_be_extended() -> None:
    more = Extension(Decimal(1), at("2026-03-02 10:00"))

    with pytest.raises(DeadlineInvalid, match="extensions: expected none for a given date"):
        due(before(2, D, "2026-03-09"), start=at("2026-03-02 09:00"), calendar=CHINA, extensions=[more])


def test_counting_back_has_an_end() -> None:
    hardly = weekday_calendar({1: ((time(9), time(9, 1)),)})

    with pytest.raises(DeadlineInvalid, match="amount: reaches more than 100 years back"):
        due(before(800_000, WH, "2026-03-09"), start=at("2026-01-01 10:00"), calendar=hardly)
    with pytest.raises(DeadlineInvalid, match="amount: reaches more than 100 years back"):
        due(before(36_600, WD, "2026-03-09"), start=at("2026-01-01 10:00"), calendar=hardly)
