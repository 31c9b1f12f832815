"""Working time between two moments, and where a share of a deadline's time is used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.calendars import DeadlineInvalid, NaiveInstant, Pause, Unit, due, instant_at_share, working_time_between
from tests.calendars.samples import CHINA, CHINA_NIGHTS, at, deadline, local


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-03-02 09:00", "2026-03-02 18:00", 8),
        ("2026-03-02 12:00", "2026-03-02 13:00", 0),
        ("2026-03-06 16:00", "2026-03-09 10:00", 3),
        ("2026-02-13 18:00", "2026-02-24 09:00", 8),  # only the worked Saturday
        ("2026-10-01 00:00", "2026-10-08 00:00", 0),
        ("2026-03-09 10:00", "2026-03-06 16:00", -3),
        ("2026-03-06 16:00", "2026-03-06 16:00", 0),
        ("2025-12-31 17:00", "2026-01-04 10:00", 2),
        ("2025-01-01 00:00", "2026-01-01 00:00", 248 * 8),
    ],
)
def test_working_time_on_the_chinese_calendar(begin: str, end: str, hours: int) -> None:
    assert working_time_between(at(begin), at(end), CHINA) == timedelta(hours=hours)


def test_a_night_shift_over_the_turn_of_the_year_is_counted_once() -> None:
    assert working_time_between(at("2026-12-31 12:00"), at("2027-01-01 12:00"), CHINA_NIGHTS) == timedelta(hours=8)
    assert working_time_between(at("2027-01-01 00:00"), at("2027-01-01 12:00"), CHINA_NIGHTS) == timedelta(hours=6)


def test_naive_moments_and_more_than_a_century_are_refused() -> None:
    with pytest.raises(NaiveInstant, match="the end"):
        working_time_between(at("2026-03-02 10:00"), datetime(2026, 3, 3), CHINA)
    with pytest.raises(DeadlineInvalid, match="expected at most 100 years"):
        working_time_between(at("1926-01-01 10:00"), at("2126-01-01 10:00"), CHINA)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, "2026-03-06 16:00:00"),
        (0.5, "2026-03-09 12:00:00"),
        (0.8, "2026-03-09 16:00:00"),
        (1, "2026-03-09 18:00:00"),
    ],
)
def test_shares_of_working_hours(share: float, expected: str) -> None:
    receipt = due(deadline(10, Unit.WORKING_HOURS), start=at("2026-03-06 16:00"), calendar=CHINA)

    assert local(instant_at_share(receipt, share, CHINA)) == expected


def test_a_share_jumps_over_pauses() -> None:
    pause = Pause(at("2026-03-02 14:00"), at("2026-03-03 14:00"))
    ten_hours = deadline(10, Unit.HOURS, end="same_time")
    receipt = due(ten_hours, start=at("2026-03-02 10:00"), calendar=CHINA, pauses=[pause])

    assert local(instant_at_share(receipt, 0.4, CHINA)) == "2026-03-02 14:00:00"
    assert local(instant_at_share(receipt, 0.5, CHINA)) == "2026-03-03 15:00:00"


@pytest.mark.parametrize("share", [-0.1, 10.1, float("nan"), float("inf")])
def test_impossible_shares_are_refused(share: float) -> None:
    receipt = due(deadline(10, Unit.HOURS), start=datetime(2026, 3, 2, tzinfo=UTC), calendar=CHINA)

    with pytest.raises(DeadlineInvalid, match="share: expected 0 to 10"):
        instant_at_share(receipt, share, CHINA)


def test_more_than_the_whole_is_as_much_later() -> None:
    two_hours = due(deadline(2, Unit.WORKING_HOURS, end="same_time"), start=at("2026-03-02 16:30"), calendar=CHINA)
    ten_hours = due(deadline(10, Unit.HOURS, end="same_time"), start=at("2026-03-02 10:00"), calendar=CHINA)

    assert local(instant_at_share(two_hours, 1.5, CHINA)) == "2026-03-03 10:30:00"
    assert local(instant_at_share(ten_hours, 2, CHINA)) == "2026-03-03 06:00:00"
