"""Why make-up workdays matter: how many limits come out wrong without them, from the 208 working days around 2026."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from engine.calendars import Calendar, Deadline, Unit, due_at, weekday_calendar, with_notice
from tests.calendars.samples import CHINA, OFFICE_HOURS, SHANGHAI

#: The notice for 2026: weekdays off, weekend days worked.
OFF = {
    date(2026, *each)
    for each in (
        *(
            (1, 1),
            (1, 2),
            (2, 16),
            (2, 17),
            (2, 18),
            (2, 19),
            (2, 20),
            (2, 23),
            (4, 6),
            (5, 1),
            (5, 4),
            (5, 5),
            (6, 19),
        ),
        *((9, 25), (10, 1), (10, 2), (10, 5), (10, 6), (10, 7)),
    )
}
WORKED = {date(2026, *each) for each in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))}
MONDAY_TO_FRIDAY = weekday_calendar(OFFICE_HOURS)
WITHOUT_MAKE_UP_DAYS = with_notice(MONDAY_TO_FRIDAY, 2026, {day: {} for day in OFF}, {})


def works(day: date) -> bool:
    return day in WORKED or (day.isoweekday() < 6 and day not in OFF)


STARTS = [day for n in range(309) if works(day := date(2025, 12, 15) + timedelta(days=n))]


def counted(day: date, amount: int) -> date:
    """Day by day, from the notice alone."""
    while amount:
        day += timedelta(days=1)
        amount -= works(day)
    return day


def given(day: date, amount: int, calendar: Calendar) -> date:
    start = datetime.combine(day, time(10), SHANGHAI)
    return due_at(Deadline(Decimal(amount), Unit.WORKING_DAYS), start=start, calendar=calendar).date()


def share_wrong(amount: int, calendar: Calendar) -> int:
    """Percent of the starts with another date than the right one."""
    wrong = sum(given(day, amount, calendar) != counted(day, amount) for day in STARTS)
    return round(100 * wrong / len(STARTS))


@pytest.mark.parametrize(
    ("amount", "without_make_up_days", "monday_to_friday", "largest_error"),
    [(3, 9, 16, 8), (5, 14, 23, 8), (7, 19, 28, 8), (10, 26, 36, 8), (15, 35, 50, 7), (45, 72, 83, 10)],
)
def test_limits_are_wrong_without_make_up_days_and_right_with_them(
    amount: int, without_make_up_days: int, monday_to_friday: int, largest_error: int
) -> None:
    assert len(STARTS) == 208

    assert share_wrong(amount, WITHOUT_MAKE_UP_DAYS) == without_make_up_days
    assert share_wrong(amount, MONDAY_TO_FRIDAY) == monday_to_friday
    errors = (abs((given(day, amount, MONDAY_TO_FRIDAY) - counted(day, amount)).days) for day in STARTS)
    assert max(errors) == largest_error
    assert [day for day in STARTS if given(day, amount, CHINA) != counted(day, amount)] == []


def test_the_example_of_a_complaint_received_before_spring_festival() -> None:
    received = date(2026, 2, 10)

    assert [given(received, 7, each) for each in (CHINA, WITHOUT_MAKE_UP_DAYS, MONDAY_TO_FRIDAY)] == [
        date(2026, 2, 26),
        date(2026, 2, 27),
        date(2026, 2, 19),
    ]
