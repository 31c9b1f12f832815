"""Dates at a fixed time of day: "by 17:00 of the same day", "at 20:30 of the evening after"."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from engine.calendars import (
    Deadline,
    DeadlineInvalid,
    Extension,
    LineKind,
    Pause,
    ReceiptInvalid,
    Unit,
    due,
    due_at,
    receipt_from_json,
    receipt_to_json,
    recount,
)
from tests.calendars.samples import BERLIN_NIGHTS, CHINA, CHINA_NIGHTS, at, local

WD, D, M = Unit.WORKING_DAYS, Unit.DAYS, Unit.MONTHS
SAME_DAY = {"start": "same_day"}
NEXT, BACK = {"roll": "next_working_day"}, {"roll": "previous_working_day"}


def by(text: str, amount: int, unit: Unit, **choices: object) -> Deadline:
    return Deadline(Decimal(amount), unit, by=time.fromisoformat(text), **choices)


@pytest.mark.parametrize(
    ("start", "rule", "expected"),
    [
        # days
        ("2026-03-06 10:00", by("17:00", 1, D, **SAME_DAY), "2026-03-06 17:00:00"),
        ("2026-03-06 17:00", by("17:00", 1, D, **SAME_DAY), "2026-03-07 17:00:00"),  # too late for the same day
        ("2026-03-06 21:00", by("20:30", 1, D), "2026-03-07 20:30:00"),  # the evening after
        ("2026-03-06 10:00", by("20:30", 1, D), "2026-03-07 20:30:00"),
        ("2026-03-06 10:00", by("20:30", 1, D, end="same_time"), "2026-03-07 20:30:00"),
        ("2026-03-06 10:00", by("08:00", 2, D, start="next_day"), "2026-03-08 08:00:00"),
        ("2026-03-06 10:00", by("00:00", 1, D), "2026-03-07 00:00:00"),
        ("2026-03-06 10:00", by("09:30", 1, D, **NEXT), "2026-03-09 09:30:00"),
        ("2026-03-05 16:00", by("09:30", 2, D, **BACK), "2026-03-06 09:30:00"),
        ("2026-03-06 10:00", by("09:30", 1, D, **BACK), "2026-03-09 09:30:00"),  # never before the start
        ("2026-01-31 10:00", by("12:00", 1, M), "2026-02-28 12:00:00"),
        ("2026-01-31 10:00", by("12:00", 1, M, **NEXT), "2026-02-28 12:00:00"),  # a worked Saturday
        # working days: outside office hours too
        ("2026-03-06 16:00", by("18:30", 1, WD), "2026-03-09 18:30:00"),
        ("2026-03-06 16:00", by("08:00", 1, WD), "2026-03-09 08:00:00"),
        ("2026-02-13 16:00", by("12:00", 1, WD), "2026-02-14 12:00:00"),
        ("2026-03-07 16:00", by("12:00", 1, WD), "2026-03-09 12:00:00"),
        ("2026-03-06 16:59", by("17:00", 1, WD, **SAME_DAY), "2026-03-06 17:00:00"),
        (
            "2026-03-06 17:30",
            by("17:00", 1, WD, **SAME_DAY),
            "2026-03-09 17:00:00",
        ),  # office hours go on, 17:00 is past
        ("2026-03-06 18:10", by("18:30", 1, WD, **SAME_DAY), "2026-03-06 18:30:00"),
        ("2026-03-07 10:00", by("17:00", 1, WD, **SAME_DAY), "2026-03-09 17:00:00"),
        # a given date
        ("2026-03-02 10:00", by("17:00", 0, Unit.FIELD, at=date(2026, 3, 7)), "2026-03-07 17:00:00"),
        ("2026-03-02 10:00", by("17:00", 0, Unit.FIELD, at=date(2026, 3, 7), **NEXT), "2026-03-09 17:00:00"),
        ("2026-03-02 10:00", by("17:00", 0, Unit.FIELD, at=date(2026, 3, 1)), "2026-03-01 17:00:00"),
        # before a given date
        ("2026-03-02 10:00", by("12:00", 2, WD, at=date(2026, 3, 9), before=True), "2026-03-05 12:00:00"),
        ("2026-03-02 10:00", by("12:00", 1, D, at=at("2026-03-09 10:00"), before=True), "2026-03-08 12:00:00"),
        ("2026-03-02 10:00", by("12:00", 1, D, at=at("2026-03-09 10:00"), before=True, **NEXT), "2026-03-06 12:00:00"),
    ],
)
def test_a_date_at_a_fixed_time_of_day(start: str, rule: Deadline, expected: str) -> None:
    receipt = due(rule, start=at(start), calendar=CHINA)

    assert local(receipt.due_at) == expected
    assert receipt.due_at == due_at(rule, start=at(start), calendar=CHINA)
    assert receipt.due_at == recount(receipt)
    assert receipt == receipt_from_json(json.loads(json.dumps(receipt_to_json(receipt))))
    assert [line.kind for line in receipt.lines if line.kind in {"by", "end_of_day"}] == [LineKind.BY]


@pytest.mark.parametrize(
    ("rule", "pause", "expected"),
    [
        # from Mon 2 March 10:00
        (by("17:00", 1, D), ("03-02 12:00", "03-02 18:00"), "2026-03-03 17:00:00"),  # used up at 16:00
        (by("17:00", 1, D), ("03-02 12:00", "03-02 19:01"), "2026-03-04 17:00:00"),  # used up at 17:01
        (by("17:00", 1, D), ("03-02 12:00", "03-04 12:00"), "2026-03-05 17:00:00"),
        (by("09:00", 1, D), ("03-02 12:00", "03-02 13:00"), "2026-03-04 09:00:00"),  # 9:00 comes before 10:00
        (by("17:00", 4, D, **NEXT), ("03-03 10:00", "03-03 19:00"), "2026-03-09 17:00:00"),  # Friday, Saturday, Monday
        (by("17:00", 4, D, **BACK), ("03-03 10:00", "03-03 19:00"), "2026-03-06 17:00:00"),
        (by("17:00", 4, WD), ("03-03 10:00", "03-03 17:00"), "2026-03-06 17:00:00"),  # used up at 17:00
        (by("16:00", 4, WD), ("03-03 10:00", "03-03 19:00"), "2026-03-09 16:00:00"),  # past it: no Saturday
        (by("18:30", 4, WD), ("03-03 10:00", "03-04 10:00"), "2026-03-09 18:30:00"),
    ],
)
def test_time_given_back_moves_it_by_whole_days(rule: Deadline, pause: tuple[str, str], expected: str) -> None:
    stood = [Pause(at(f"2026-{pause[0]}"), at(f"2026-{pause[1]}"))]

    receipt = due(rule, start=at("2026-03-02 10:00"), calendar=CHINA, pauses=stood)

    assert local(receipt.due_at) == expected
    assert receipt.due_at == recount(receipt)


def test_extensions_add_days() -> None:
    more = [Extension(Decimal(2), at("2026-03-05 10:00"))]

    receipt = due(by("17:00", 4, WD), start=at("2026-03-02 10:00"), calendar=CHINA, extensions=more)

    assert local(receipt.due_at) == "2026-03-10 17:00:00"


@pytest.mark.parametrize(
    ("start", "rule", "expected"),
    [
        ("2026-03-03 03:30", by("03:00", 1, WD), "2026-03-04 03:00:00"),  # Tuesday already, though Monday's shift
        ("2026-03-03 03:30", by("23:00", 1, WD, **SAME_DAY), "2026-03-03 23:00:00"),
        ("2026-03-03 03:30", by("03:00", 1, WD, **SAME_DAY), "2026-03-04 03:00:00"),
        ("2026-03-02 09:00", by("12:00", 1, WD, at=at("2026-03-04 03:00"), before=True), "2026-03-03 12:00:00"),
    ],
)
def test_a_fixed_time_is_one_of_the_calendars_days_in_night_shifts_too(
    start: str, rule: Deadline, expected: str
) -> None:
    receipt = due(rule, start=at(start), calendar=CHINA_NIGHTS)

    assert local(receipt.due_at) == expected
    assert receipt.due_at == recount(receipt)


def test_hours_of_a_night_that_a_pause_gives_back_end_on_the_calendars_day() -> None:
    pause = Pause(at("2026-03-03 23:00"), at("2026-03-04 02:00"))
    receipt = due(by("03:00", 2, WD), start=at("2026-03-03 12:00"), calendar=CHINA_NIGHTS, pauses=[pause])

    assert local(receipt.due_at) == "2026-03-06 03:00:00"  # Thursday 3:00 and three hours of that shift: 6:00
    assert receipt.due_at == recount(receipt)


def test_a_time_that_summer_time_skips_comes_an_hour_later() -> None:
    receipt = due(by("02:30", 1, D), start=datetime(2026, 3, 28, 12, tzinfo=UTC), calendar=BERLIN_NIGHTS)

    assert local(receipt.due_at) == "2026-03-29 03:30:00"
    assert receipt.due_at == recount(receipt)


def test_the_receipt_names_the_time_before_the_days_passed_over() -> None:
    rule = by("09:30", 1, D, **NEXT)

    receipt = due(rule, start=at("2026-03-06 10:00"), calendar=CHINA)

    assert [(line.kind, f"{line.first:%m-%d}", line.end and f"{line.end:%d %H:%M}") for line in receipt.lines] == [
        ("start_day", "03-06", None),
        ("counted", "03-07", None),
        ("time_of_day", "03-07", "07 09:30"),
        ("by", "03-07", "07 09:30"),
        ("rolled", "03-07", "09 09:30"),
    ]


@pytest.mark.parametrize("change", [{"end": at("2026-03-09 17:01")}, {"first": date(2026, 3, 10)}, {"end": None}])
def test_another_time_of_day_does_not_add_up(change: dict) -> None:
    receipt = due(by("17:00", 5, WD), start=at("2026-03-02 10:00"), calendar=CHINA)
    wrong = tuple(replace(line, **change) if line.kind is LineKind.BY else line for line in receipt.lines)

    for lines in (wrong, receipt.lines[:-1], (*receipt.lines, receipt.lines[-1])):
        with pytest.raises(ReceiptInvalid, match="expected one line with 17:00 of 2026-03-09"):
            recount(replace(receipt, lines=lines))


def test_a_forged_date_far_away_is_refused_at_once() -> None:
    receipt = due(by("17:00", 5, WD), start=at("2026-03-02 10:00"), calendar=CHINA)
    far = tuple(
        replace(line, end=at("9990-03-09 18:00")) if line.kind is LineKind.TIME_OF_DAY else line
        for line in receipt.lines
    )

    with pytest.raises(ReceiptInvalid, match="expected one line with 17:00 of 9990-03-10"):
        recount(replace(receipt, lines=far))


@pytest.mark.parametrize(
    ("unit", "choices", "problem"),
    [
        (Unit.HOURS, {"by": time(17)}, "by: a time of day goes with days, months and given dates, found it with hours"),
        (Unit.WORKING_HOURS, {"by": time(17)}, "by: a time of day goes with"),
        (D, {"by": time(17, tzinfo=UTC)}, "by: expected a plain time of day"),
        (Unit.FIELD, {"by": time(17), "at": at("2026-03-09 10:00")}, "by: expected a given date without a time of its"),
    ],
)
def test_an_impossible_one_is_refused(unit: Unit, choices: dict, problem: str) -> None:
    with pytest.raises(DeadlineInvalid, match=problem):
        Deadline(Decimal(1), unit, **choices)
