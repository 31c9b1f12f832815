"""Months have no fixed length: the one place that says what adding them means."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def add_months(day: date, months: int) -> date:
    """The day of the same number *months* later, or the last of that month where it is shorter: 31 Jan + 1 = 28 Feb."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return clipped(year, month + 1, day.day)


def clipped(year: int, month: int, day: int) -> date:
    """That day of the month, or the last of it where it is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))
