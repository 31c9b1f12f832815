"""Time that was granted: it adds to the amount, and the receipt says who got how much and why."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from engine.calendars import (
    Deadline,
    DeadlineInvalid,
    Extension,
    LineKind,
    NaiveInstant,
    Pause,
    ReceiptInvalid,
    Unit,
    due,
    due_at,
    receipt_from_json,
    receipt_to_json,
    recount,
)
from tests.calendars.samples import CHINA, at, deadline, local


def granted(amount: str | int, on: str = "2026-02-11 11:00", reason: str = "") -> Extension:
    return Extension(Decimal(amount), at(on), reason)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "choices", "more", "expected"),
    [
        # five days end on Sat 14 Feb, which is worked; ten more pass Spring Festival as working days
        ("2026-02-09 10:00", 5, Unit.WORKING_DAYS, {}, [10], "2026-03-06 18:00:00"),
        ("2026-02-09 10:00", 5, Unit.WORKING_DAYS, {}, [4, 6], "2026-03-06 18:00:00"),
        ("2026-02-09 10:00", 5, Unit.WORKING_DAYS, {"start": "same_day"}, [1], "2026-02-14 18:00:00"),
        ("2026-02-13 16:00", 2, Unit.WORKING_HOURS, {"end": "same_time"}, ["1.5"], "2026-02-14 10:30:00"),
        ("2026-02-13 16:00", 24, Unit.HOURS, {"end": "same_time"}, [24], "2026-02-15 16:00:00"),
        ("2026-02-13 16:00", 3, Unit.DAYS, {}, [4], "2026-02-20 23:59:59"),
        ("2026-02-13 16:00", 3, Unit.DAYS, {"roll": "next_working_day"}, [4], "2026-02-24 23:59:59"),
        ("2026-01-31 16:00", 1, Unit.MONTHS, {}, [1], "2026-03-31 23:59:59"),  # two months, not one twice
    ],
)
def test_an_extension_adds_to_the_amount(
    start: str, amount: int, unit: Unit, choices: dict, more: list, expected: str
) -> None:
    rule, extensions = deadline(amount, unit, **choices), [granted(each) for each in more]

    receipt = due(rule, start=at(start), calendar=CHINA, extensions=extensions)

    assert local(receipt.due_at) == expected
    assert receipt.due_at == due_at(rule, start=at(start), calendar=CHINA, extensions=extensions)
    assert receipt.due_at == recount(receipt)
    assert receipt == receipt_from_json(json.loads(json.dumps(receipt_to_json(receipt))))
    assert receipt.deadline == rule


def test_each_extension_is_a_line_with_its_reason_in_order_of_time() -> None:
    extensions = [granted(2, "2026-02-13 09:30", "second visit"), granted(3, reason="expert is ill")]

    receipt = due(deadline(5, Unit.WORKING_DAYS), start=at("2026-02-09 10:00"), calendar=CHINA, extensions=extensions)

    lines = receipt.lines[:2]
    assert [(line.kind, line.count, line.reason) for line in lines] == [
        (LineKind.GRANTED, 3, "expert is ill"),
        (LineKind.GRANTED, 2, "second visit"),
    ]
    assert lines[1].begin == at("2026-02-13 09:30")
    assert receipt == due(
        deadline(5, Unit.WORKING_DAYS), start=at("2026-02-09 10:00"), calendar=CHINA, extensions=extensions[::-1]
    )


def test_a_pause_and_an_extension_do_not_look_at_each_other() -> None:
    pause = Pause(at("2026-03-03 10:00"), at("2026-03-04 10:00"), "waits for papers")
    rule, start = deadline(5, Unit.WORKING_DAYS), at("2026-03-02 10:00")

    receipt = due(rule, start=start, calendar=CHINA, pauses=[pause], extensions=[granted(2, "2026-03-04 09:00")])

    assert local(receipt.due_at) == "2026-03-12 18:00:00"
    assert receipt.due_at == recount(receipt)


def test_a_pause_that_begins_within_the_granted_time_counts() -> None:
    pause = Pause(at("2026-03-10 10:00"), at("2026-03-12 10:00"))
    rule, start = deadline(5, Unit.WORKING_DAYS), at("2026-03-02 10:00")

    alone = due(rule, start=start, calendar=CHINA, pauses=[pause])
    extended = due(rule, start=start, calendar=CHINA, pauses=[pause], extensions=[granted(5)])

    assert local(alone.due_at) == "2026-03-09 18:00:00"
    assert local(extended.due_at) == "2026-03-18 18:00:00"


@pytest.mark.parametrize("unit", [Unit.WORKING_DAYS, Unit.WORKING_HOURS])
def test_a_granted_line_that_is_changed_or_left_out_is_missed(unit: Unit) -> None:
    receipt = due(deadline(5, unit), start=at("2026-03-02 10:00"), calendar=CHINA, extensions=[granted(2)])
    line = receipt.lines[0]
    more = replace(line, count=line.count + 1, time=line.time + timedelta(hours=1))

    for lines in (receipt.lines[1:], (more, *receipt.lines[1:])):
        with pytest.raises(ReceiptInvalid, match="add up to"):
            recount(replace(receipt, lines=lines))


@pytest.mark.parametrize(
    ("rule", "amount", "problem"),
    [
        (Deadline(Decimal(0), Unit.FIELD, at=date(2026, 3, 6)), 1, "expected none for a given date"),
        (deadline(5, Unit.WORKING_DAYS), "1.5", "expected a whole number of working_days, found 1.5"),
        (deadline(5, Unit.WORKING_DAYS), 0, "expected more than 0 and at most 36600 working_days, found 0"),
        (deadline(5, Unit.HOURS), -3, "expected more than 0"),
        (deadline(5, Unit.HOURS), "NaN", "expected more than 0"),
        (deadline(36_000, Unit.DAYS), 601, "at most 36600 days, found 36601"),
    ],
)
def test_an_impossible_extension_is_refused(rule: Deadline, amount: str | int, problem: str) -> None:
    with pytest.raises(DeadlineInvalid, match=f"deadline, extensions: .*{problem}"):
        due(rule, start=at("2026-03-02 10:00"), calendar=CHINA, extensions=[granted(amount)])


def test_an_extension_needs_a_time_zone() -> None:
    with pytest.raises(NaiveInstant, match="expected the time of an extension with a time zone"):
        Extension(Decimal(1), datetime(2026, 3, 2, 10))
