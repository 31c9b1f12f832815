"""Dates that come again."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from engine.calendars import DeadlineInvalid, NaiveInstant, next_occurrence
from tests.calendars.samples import SHANGHAI, at, local


@pytest.mark.parametrize(
    ("every", "on", "after", "expected"),
    [
        ("day", 1, "2026-03-02 08:59", "2026-03-02 09:00:00"),
        ("day", 1, "2026-03-02 09:00", "2026-03-03 09:00:00"),  # strictly later
        ("week", 1, "2026-03-04 10:00", "2026-03-09 09:00:00"),
        ("week", 7, "2026-03-04 10:00", "2026-03-08 09:00:00"),
        ("ten_days", 1, "2026-03-01 10:00", "2026-03-11 09:00:00"),
        ("ten_days", 1, "2026-03-22 10:00", "2026-04-01 09:00:00"),
        ("ten_days", 11, "2026-03-01 10:00", "2026-03-10 09:00:00"),
        ("ten_days", 11, "2026-03-22 10:00", "2026-03-31 09:00:00"),
        ("ten_days", 11, "2026-02-22 10:00", "2026-02-28 09:00:00"),
        ("month", 30, "2026-01-30 10:00", "2026-02-28 09:00:00"),
        ("month", 31, "2028-02-01 10:00", "2028-02-29 09:00:00"),
        ("month", 31, "2026-04-30 09:00", "2026-05-31 09:00:00"),
        ("month", 5, "2026-12-31 10:00", "2027-01-05 09:00:00"),
        ("quarter", 1, "2026-01-01 09:00", "2026-04-01 09:00:00"),
        ("quarter", 31, "2026-02-01 10:00", "2026-04-30 09:00:00"),
        ("half_year", 10, "2026-01-10 09:00", "2026-07-10 09:00:00"),
        ("year", 15, "2026-01-15 09:00", "2027-01-15 09:00:00"),
    ],
)
def test_the_next_time(every: str, on: int, after: str, expected: str) -> None:
    moment = next_occurrence(every=every, on=on, at=time(9), after=at(after), time_zone="Asia/Shanghai")

    assert local(moment) == expected
    assert moment.tzinfo == SHANGHAI


def test_the_day_is_the_companys_not_greenwichs() -> None:
    after = datetime.fromisoformat("2026-03-01T23:30:00+00:00")  # Monday 7:30 in Shanghai

    assert (
        local(next_occurrence(every="week", on=1, at=time(9), after=after, time_zone=SHANGHAI)) == "2026-03-02 09:00:00"
    )


def test_a_time_that_summer_time_skips_comes_an_hour_later_and_once() -> None:
    berlin = ZoneInfo("Europe/Berlin")

    first = next_occurrence(every="day", on=1, at=time(2, 30), after=at("2026-03-28 12:00", berlin), time_zone=berlin)
    second = next_occurrence(every="day", on=1, at=time(2, 30), after=first, time_zone=berlin)

    assert (local(first), local(second)) == ("2026-03-29 03:30:00", "2026-03-30 02:30:00")


@pytest.mark.parametrize(
    ("every", "on", "problem"),
    [
        (
            "fortnight",
            1,
            "every: expected one of day, week, ten_days, month, quarter, half_year, year, found 'fortnight'",
        ),
        ("week", 8, "on: expected 1 to 7 for week, found 8"),
        ("week", 0, "on: expected 1 to 7 for week, found 0"),
        ("month", 32, "on: expected 1 to 31 for month, found 32"),
    ],
)
def test_an_impossible_schedule_is_refused(every: str, on: int, problem: str) -> None:
    with pytest.raises(DeadlineInvalid, match=problem):
        next_occurrence(every=every, on=on, at=time(9), after=at("2026-03-02 10:00"), time_zone=SHANGHAI)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(NaiveInstant):
        next_occurrence(every="day", on=1, at=time(9), after=datetime(2026, 3, 2), time_zone=SHANGHAI)


@pytest.mark.parametrize(
    ("every", "month", "on", "expected"),
    [
        ("year", 12, 31, "2026-12-31T09:00:00+08:00"),
        ("quarter", 3, 31, "2026-03-31T09:00:00+08:00"),
        ("half_year", 6, 31, "2026-06-30T09:00:00+08:00"),
        ("year", 2, 30, "2027-02-28T09:00:00+08:00"),
    ],
)
def test_a_duty_may_stand_in_any_month_of_its_period(every: str, month: int, on: int, expected: str) -> None:
    after = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    found = next_occurrence(every=every, month=month, on=on, at=time(9), after=after, time_zone="Asia/Shanghai")

    assert expected == found.isoformat()


def test_a_month_beyond_the_period_is_refused() -> None:
    after = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    with pytest.raises(DeadlineInvalid, match="expected 1 to 3 for quarter, found 4"):
        next_occurrence(every="quarter", month=4, on=1, at=time(9), after=after, time_zone="Asia/Shanghai")
