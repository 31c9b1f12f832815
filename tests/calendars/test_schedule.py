"""Dates that come again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.calendars import DeadlineInvalid, NaiveInstant, is_working_day, next_occurrence, weekday_calendar
from tests.calendars.samples import CHINA, OFFICE, OFFICE_HOURS, SHANGHAI, at, local


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


def occurrences(start: str, until: str, **choices: object) -> list[str]:
    """All of them, each found from the one before."""
    after, found = at(start), []
    while True:
        after = next_occurrence(**{"at": time(9), "on": 1} | choices, after=after, time_zone=SHANGHAI)
        if after >= at(until):
            return found
        found.append(f"{after:%m-%d}")


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        # Feb 2026: Sat 14 and 28 worked, 16-20 and 23 off; 1 and 4 May and 6 April off
        ({"every": "month", "on": 15, "roll": "none"}, ["02-15", "03-15", "04-15", "05-15"]),
        ({"every": "month", "on": 15, "roll": "next_working_day"}, ["02-24", "03-16", "04-15", "05-15"]),
        ({"every": "month", "on": 15, "roll": "previous_working_day"}, ["02-14", "03-13", "04-15", "05-15"]),
        ({"every": "month", "on": 15, "roll": "skip"}, ["04-15", "05-15"]),
        ({"every": "month", "on": 30, "roll": "next_working_day"}, ["02-28", "03-30", "04-30"]),  # a worked Saturday
        ({"every": "month", "on": 31, "roll": "next_working_day"}, ["02-02", "02-28", "03-31", "04-30"]),  # 31 January
        ({"every": "month", "on": 1, "roll": "previous_working_day"}, ["02-28", "04-01", "04-30"]),
        ({"every": "week", "on": 7, "roll": "previous_working_day"}, ["02-06", "02-14", "02-28", "03-06", "03-13", "03-20", "03-27", "04-03", "04-10", "04-17", "04-24", "04-30", "05-09", "05-15", "05-22", "05-29"]),
        ({"every": "week", "on": 3, "roll": "skip"}, ["02-04", "02-11", "02-25", "03-04", "03-11", "03-18", "03-25", "04-01", "04-08", "04-15", "04-22", "04-29", "05-06", "05-13", "05-20", "05-27"]),
        ({"every": "ten_days", "on": 11, "roll": "next_working_day"}, ["02-02", "02-10", "02-24", "02-28", "03-10", "03-20", "03-31", "04-10", "04-20", "04-30", "05-11", "05-20"]),
        ({"every": "quarter", "on": 31, "month": 1, "roll": "previous_working_day"}, ["04-30"]),
    ],
)  # fmt: skip
def test_an_occurrence_on_a_day_off_moves_or_does_not_happen(choices: dict, expected: list[str]) -> None:
    assert expected == occurrences("2026-02-01 00:00", "2026-05-31 00:00", calendar=CHINA, **choices)


def test_every_day_without_days_off_is_every_working_day() -> None:
    found = occurrences("2026-02-10 12:00", "2026-03-04 00:00", every="day", calendar=CHINA, roll="skip")

    assert found == ["02-11", "02-12", "02-13", "02-14", "02-24", "02-25", "02-26", "02-27", "02-28", "03-02", "03-03"]


@pytest.mark.parametrize("roll", ["next_working_day", "previous_working_day"])
def test_days_that_move_to_the_same_day_are_one(roll: str) -> None:
    working = occurrences("2026-01-01 12:00", "2026-12-31 00:00", every="day", calendar=CHINA, roll="skip")

    assert working == occurrences("2026-01-01 12:00", "2026-12-31 00:00", every="day", calendar=CHINA, roll=roll)


@pytest.mark.parametrize("roll", ["none", "next_working_day", "previous_working_day", "skip"])
@pytest.mark.parametrize(
    ("every", "on"), [("week", 1), ("week", 5), ("ten_days", 1), ("ten_days", 11), ("month", 1), ("month", 30), ("year", 1)]
)  # fmt: skip
def test_none_is_lost_and_none_comes_twice(every: str, on: int, roll: str) -> None:
    """Against rolling every date of the plain schedule by walking day by day."""

    def rolled(day: date) -> date | None:
        step = {"next_working_day": 1, "previous_working_day": -1}.get(roll)
        while not is_working_day(CHINA, day) and roll != "none":
            if step is None:
                return None
            day += timedelta(days=step)
        return day

    plain, moment = [], at("2021-10-01 00:00")
    while moment < at("2026-12-01 00:00"):
        moment = next_occurrence(every=every, on=on, at=time(9), after=moment, time_zone=SHANGHAI)
        plain.append(moment.date())
    expected = sorted({day for day in map(rolled, plain) if day and date(2022, 1, 5) <= day < date(2026, 10, 15)})

    found, after = [], at("2022-01-04 09:00")
    while (
        after := next_occurrence(
            every=every, on=on, at=time(9), after=after, time_zone=SHANGHAI, calendar=CHINA, roll=roll
        )
    ) < at("2026-10-15 00:00"):
        found.append(after.date())

    assert expected == found
    # From any moment on, not only from the occurrence before.
    for n in range(0, 1700, 5):
        day = date(2022, 1, 5) + timedelta(days=n)
        moment = datetime.combine(day, time(8), SHANGHAI)
        after = next_occurrence(
            every=every, on=on, at=time(9), after=moment, time_zone=SHANGHAI, calendar=CHINA, roll=roll
        )
        assert after.date() == next((each for each in expected if each >= day), after.date())


def test_a_schedule_that_never_happens_is_refused() -> None:
    with pytest.raises(DeadlineInvalid, match="roll: expected an occurrence on a working day within 100 years"):
        next_occurrence(
            every="week", on=7, at=time(9), after=at("2026-03-02 10:00"), time_zone=SHANGHAI,
            calendar=weekday_calendar(OFFICE_HOURS), roll="skip",
        )  # fmt: skip


def test_hours_that_begin_to_be_worked_on_a_date_bring_the_schedule_back() -> None:
    calendar = weekday_calendar(OFFICE_HOURS, changes={date(2030, 1, 1): {7: OFFICE}})

    found = next_occurrence(
        every="week", on=7, at=time(9), after=at("2026-03-02 10:00"), time_zone=SHANGHAI, calendar=calendar, roll="skip"
    )

    assert local(found) == "2030-01-06 09:00:00"


@pytest.mark.parametrize(
    ("choices", "problem"),
    [
        (
            {"roll": "back", "calendar": CHINA},
            "roll: expected one of none, next_working_day, previous_working_day, skip",
        ),
        ({"roll": "skip"}, "calendar: expected a calendar with roll skip, found none"),
    ],
)
def test_an_impossible_roll_is_refused(choices: dict, problem: str) -> None:
    with pytest.raises(DeadlineInvalid, match=problem):
        next_occurrence(every="day", on=1, at=time(9), after=at("2026-03-02 10:00"), time_zone=SHANGHAI, **choices)
