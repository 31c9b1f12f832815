"""The dates a deadline would give on the days ahead."""

from __future__ import annotations

import pytest

from engine.calendars import DeadlineInvalid, NaiveInstant, Unit, coming_dates, recount
from tests.calendars.samples import BERLIN_NIGHTS, CHINA, at, deadline, local


def test_ten_days_that_start_before_spring_festival() -> None:
    receipts = coming_dates(deadline(3, Unit.WORKING_DAYS), after=at("2026-02-11 16:30"), calendar=CHINA)

    assert [(f"{receipt.started_at:%m-%d %H:%M}", f"{receipt.due_at:%m-%d %H:%M}") for receipt in receipts] == [
        ("02-11 16:30", "02-14 18:00"),
        ("02-12 16:30", "02-24 18:00"),
        ("02-13 16:30", "02-25 18:00"),
        ("02-14 16:30", "02-26 18:00"),
        ("02-15 16:30", "02-26 18:00"),
        ("02-16 16:30", "02-26 18:00"),
        ("02-17 16:30", "02-26 18:00"),
        ("02-18 16:30", "02-26 18:00"),
        ("02-19 16:30", "02-26 18:00"),
        ("02-20 16:30", "02-26 18:00"),
    ]
    assert [receipt.due_at for receipt in receipts] == [recount(receipt) for receipt in receipts]


def test_the_time_of_day_is_the_companys_also_when_summer_time_begins() -> None:
    receipts = coming_dates(
        deadline(1, Unit.HOURS, end="same_time"),
        after=at("2026-03-28 02:30", BERLIN_NIGHTS.time_zone),
        calendar=BERLIN_NIGHTS,
        count=3,
    )

    assert [local(receipt.started_at) for receipt in receipts] == [
        "2026-03-28 02:30:00",
        "2026-03-29 03:30:00",  # there is no 02:30 that night
        "2026-03-30 02:30:00",
    ]


@pytest.mark.parametrize("count", [0, -1, 367])
def test_impossible_counts_are_refused(count: int) -> None:
    with pytest.raises(DeadlineInvalid, match=f"count: expected 1 to 366 days, found {count}"):
        coming_dates(deadline(3, Unit.DAYS), after=at("2026-02-11 16:30"), calendar=CHINA, count=count)


def test_a_start_without_zone_is_refused() -> None:
    with pytest.raises(NaiveInstant, match="the start"):
        coming_dates(deadline(3, Unit.DAYS), after=at("2026-02-11 16:30").replace(tzinfo=None), calendar=CHINA)
