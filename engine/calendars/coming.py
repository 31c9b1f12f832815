"""What a deadline would give on the days ahead, for whoever tries one out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from engine.calendars.calendar import Calendar
from engine.calendars.deadline import Deadline
from engine.calendars.due import due
from engine.calendars.errors import DeadlineInvalid
from engine.calendars.receipt import Receipt
from engine.calendars.timeline import to_micros

_MOST: Final = 366


def coming_dates(deadline: Deadline, *, after: datetime, calendar: Calendar, count: int = 10) -> tuple[Receipt, ...]:
    """The receipts for something that happens at *after* and at the same time of day on the days that follow.

    *count* days, at most 366. Raises what `due` raises.
    """
    if not 1 <= count <= _MOST:
        raise DeadlineInvalid("count", f"expected 1 to {_MOST} days, found {count}")
    to_micros(after, "the start")
    wall = after.astimezone(calendar.time_zone)
    # Through UTC, so that a time which summer time skips is an hour later there too.
    starts = ((wall + timedelta(days=n)).astimezone(UTC) for n in range(count))
    return tuple(due(deadline, start=start, calendar=calendar) for start in starts)
