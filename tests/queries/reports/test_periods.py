"""Months, quarters, half years and years of the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.queries.reports import Period, bounds, following, parse_period, period_containing, period_key, preceding
from engine.queries.reports.periods import last_day


@pytest.mark.parametrize(
    ("text", "kind", "first", "last"),
    [
        ("2026-11-22", "day", date(2026, 11, 22), date(2026, 11, 22)),
        ("2026-W47", "week", date(2026, 11, 16), date(2026, 11, 22)),
        ("2026-W01", "week", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-11-X1", "ten_days", date(2026, 11, 1), date(2026, 11, 10)),
        ("2026-02-X3", "ten_days", date(2026, 2, 21), date(2026, 2, 28)),
        ("2026-11", "month", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-02", "month", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026-Q4", "quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026-H1", "half_year", date(2026, 1, 1), date(2026, 6, 30)),
        ("2026-H2", "half_year", date(2026, 7, 1), date(2026, 12, 31)),
        ("2026", "year", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_read_and_written_the_same(text: str, kind: str, first: date, last: date) -> None:
    period = parse_period(text)

    assert period == Period(kind, first)
    assert last_day(period) == last
    assert period_key(period) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13",
        "2026-00",
        "2026-Q5",
        "2026-H3",
        "26-11",
        "2026-11-31",
        "2026-W54",
        "2025-W53",
        "2026-11-X4",
        "2026-11-1",
        "9999",
        "0000",
        "２０２６",
    ],
)
def test_what_names_no_period_is_none(text: str) -> None:
    assert parse_period(text) is None


def test_periods_go_on_over_the_end_of_a_year() -> None:
    november = period_containing("month", date(2026, 11, 22))

    assert period_key(following(november, 2)) == "2027-01"
    assert period_key(preceding(november, 11)) == "2025-12"
    assert period_key(preceding(period_containing("quarter", date(2026, 1, 1)))) == "2025-Q4"
    assert period_key(preceding(period_containing("week", date(2026, 1, 1)))) == "2025-W52"
    assert period_key(following(period_containing("ten_days", date(2026, 2, 28)))) == "2026-03-X1"
    assert period_key(preceding(period_containing("day", date(2026, 1, 1)))) == "2025-12-31"


def test_a_month_begins_at_midnight_of_the_company() -> None:
    since, until = bounds(Period("month", date(2026, 3, 1)), ZoneInfo("Asia/Shanghai"))

    assert since == datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
    assert until == datetime(2026, 3, 31, 16, 0, tzinfo=UTC)
