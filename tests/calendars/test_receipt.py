"""What a receipt says, that it adds up, and that a forged one does not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.calendars import (
    Deadline,
    LineKind,
    Pause,
    Receipt,
    ReceiptInvalid,
    Unit,
    due,
    receipt_from_json,
    receipt_to_json,
    recount,
)
from tests.calendars.samples import CHINA, at, deadline


def said(receipt: Receipt) -> list[tuple[str, str, str, int]]:
    return [
        (line.kind, f"{line.first:%m-%d}", f"{line.last:%m-%d}", line.count or int(line.time / timedelta(minutes=1)))
        for line in receipt.lines
    ]


def spring_festival() -> Receipt:
    return due(deadline(7, Unit.WORKING_DAYS), start=at("2026-02-10 10:00"), calendar=CHINA)


def test_every_day_of_spring_festival_is_listed() -> None:
    receipt = spring_festival()

    assert said(receipt) == [
        ("start_day", "02-10", "02-10", 0),
        ("counted", "02-11", "02-13", 3),
        ("make_up", "02-14", "02-14", 1),
        ("day_off", "02-15", "02-15", 0),
        ("holiday", "02-16", "02-16", 0),
        ("holiday", "02-17", "02-20", 0),
        ("day_off", "02-21", "02-22", 0),
        ("holiday", "02-23", "02-23", 0),
        ("counted", "02-24", "02-26", 3),
        ("time_of_day", "02-26", "02-26", 0),
        ("end_of_day", "02-26", "02-26", 0),
    ]
    assert [(line.name or {}).get("zh-Hans") for line in receipt.lines[4:8]] == ["农历除夕", "春节", None, "春节"]
    assert receipt.lines[1].days == (date(2026, 2, 11), date(2026, 2, 12), date(2026, 2, 13))
    assert (receipt.calendar_version, receipt.time_zone) == (CHINA.version, "Asia/Shanghai")


def test_hours_are_listed_day_by_day_with_pauses_and_what_they_gave_back() -> None:
    pause = Pause(at("2026-02-13 16:00"), at("2026-02-14 10:00"), "waits for papers")

    receipt = due(deadline(12, Unit.WORKING_HOURS), start=at("2026-02-12 19:00"), calendar=CHINA, pauses=[pause])

    assert said(receipt) == [
        ("start_day", "02-12", "02-12", 0),
        ("counted", "02-13", "02-13", 480),
        ("make_up", "02-14", "02-14", 240),
        ("pause", "02-13", "02-14", 180),
        ("extended", "02-14", "02-14", 180),
        ("end_of_day", "02-14", "02-14", 0),
    ]
    assert receipt.lines[3].reason == "waits for papers"


def test_days_passed_over_at_the_end_are_named() -> None:
    receipt = due(deadline(7, Unit.DAYS, roll="next_working_day"), start=at("2026-09-26 10:00"), calendar=CHINA)

    rolled = [
        (f"{line.first:%m-%d}", f"{line.last:%m-%d}", line.name) for line in receipt.lines if line.kind == "rolled"
    ]

    assert [(first, last) for first, last, _ in rolled] == [("10-03", "10-03"), ("10-04", "10-04"), ("10-05", "10-07")]
    assert (rolled[0][2] or {})["zh-Hans"] == "国庆节"


def test_a_receipt_survives_json_as_text() -> None:
    pause = Pause(at("2026-02-11 16:00"), None, "waits for papers")
    receipts = [
        spring_festival(),
        due(deadline("2.25", Unit.WORKING_HOURS), start=at("2026-02-10 10:00"), calendar=CHINA, pauses=[pause]),
        due(Deadline(Decimal(0), Unit.FIELD, at=date(2027, 3, 7)), start=at("2026-02-10 10:00"), calendar=CHINA),
        due(Deadline(Decimal(0), Unit.FIELD, at=at("2026-03-07 10:00")), start=at("2026-02-10 10:00"), calendar=CHINA),
        due(deadline(3, Unit.MONTHS, roll="next_working_day"), start=at("2026-12-30 10:00"), calendar=CHINA),
    ]

    for receipt in receipts:
        text = json.dumps(receipt_to_json(receipt))

        assert receipt_from_json(json.loads(text)) == receipt
        assert len(text) < 2000


def test_a_long_receipt_stays_short() -> None:
    receipt = due(deadline(250, Unit.WORKING_DAYS), start=at("2025-01-02 10:00"), calendar=CHINA)

    assert len(json.dumps(receipt_to_json(receipt))) < 20_000
    assert recount(receipt) == receipt.due_at


@pytest.mark.parametrize(
    ("index", "change", "problem"),
    [
        (1, {"last": date(2026, 2, 12), "count": 2}, "expected a line for 2026-02-13, found one for 2026-02-14"),
        (1, {"count": 2}, "2026-02-11 to 2026-02-13 are not 2 days"),
        (2, {"kind": LineKind.DAY_OFF, "count": 0}, "add up to 7 working_days, found 6"),
        (5, {"kind": LineKind.COUNTED, "count": 4}, "add up to 7 working_days, found 11"),
        (9, {"first": date(2026, 2, 25)}, "add up to 7 working_days"),
        (10, {"first": date(2026, 2, 27)}, "expected the end of 2026-02-26, found that of 2026-02-27"),
        (10, {"end": None}, "expected the end of 2026-02-26"),
        (5, {"kind": LineKind.GIVEN}, "cannot stand among counted days"),
    ],
)
def test_a_changed_line_no_longer_adds_up(index: int, change: dict[str, Any], problem: str) -> None:
    receipt = spring_festival()
    lines = list(receipt.lines)
    lines[index] = replace(lines[index], **change)

    with pytest.raises(ReceiptInvalid, match=problem):
        recount(replace(receipt, lines=tuple(lines)))


def test_forged_dates_at_the_end_of_time_are_refused() -> None:
    receipt = due(deadline(7, Unit.DAYS, roll="next_working_day"), start=at("2026-09-26 10:00"), calendar=CHINA)
    lines = [replace(line, last=date.max) if line.kind is LineKind.ROLLED else line for line in receipt.lines]

    with pytest.raises(ReceiptInvalid):
        recount(replace(receipt, lines=tuple(lines)))


def test_a_receipt_without_lines_does_not_add_up() -> None:
    for unit in (Unit.WORKING_DAYS, Unit.HOURS):
        receipt = due(deadline(7, unit), start=at("2026-02-10 10:00"), calendar=CHINA)

        with pytest.raises(ReceiptInvalid, match="add up"):
            recount(replace(receipt, lines=()))


@pytest.mark.parametrize("index", range(5))
def test_a_line_of_hours_that_is_left_out_is_missed(index: int) -> None:
    pause = Pause(at("2026-03-03 16:00"), at("2026-03-04 10:00"))
    receipt = due(deadline(11, Unit.WORKING_HOURS), start=at("2026-03-03 10:00"), calendar=CHINA, pauses=[pause])
    lines = receipt.lines[:index] + receipt.lines[index + 1 :]

    assert _recounted(replace(receipt, lines=lines)) != receipt.due_at


def _recounted(receipt: Receipt) -> datetime | None:
    try:
        return recount(receipt)
    except ReceiptInvalid:
        return None


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"zone": "Asia/Shanghai"},
        {**receipt_to_json(spring_festival()), "zone": "../etc/passwd"},
        {**receipt_to_json(spring_festival()), "due": "2026-02-26T18:00:00"},
        {**receipt_to_json(spring_festival()), "due": 7},
        {**receipt_to_json(spring_festival()), "amount": "many"},
        {**receipt_to_json(spring_festival()), "amount": "-1"},
        {**receipt_to_json(spring_festival()), "unit": "weeks"},
        {**receipt_to_json(spring_festival()), "lines": [7]},
        {**receipt_to_json(spring_festival()), "lines": [{"kind": "counted", "first": "2026-02-30"}]},
        {**receipt_to_json(spring_festival()), "lines": [{"kind": "counted", "first": "2026-02-20", "time": 10**40}]},
    ],
)
def test_anything_else_is_refused_as_a_receipt(value: dict[str, Any]) -> None:
    with pytest.raises(ReceiptInvalid):
        receipt_from_json(value)


def test_instants_come_back_in_the_companys_time_zone() -> None:
    receipt = due(
        deadline(1, Unit.WORKING_DAYS), start=datetime.fromisoformat("2026-02-10T23:30:00+00:00"), calendar=CHINA
    )

    assert receipt.started_at.isoformat() == "2026-02-11T07:30:00+08:00"
    assert receipt_from_json(receipt_to_json(receipt)).due_at.isoformat() == "2026-02-12T18:00:00+08:00"
