"""Remaining working time as pages show it."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.calendars import Calendar, working_time_between
from webapp.presentation import Due, due_words
from webapp.shell import reader


def due_of(due_at: datetime | None, *, now: datetime, calendar: Calendar) -> Due:
    """When something is due, in working time by *calendar* where it is near."""
    if due_at is None:
        return due_words(None, now, working=timedelta(), reader=reader(calendar.time_zone))
    working = working_time_between(min(now, due_at), max(now, due_at), calendar)
    return due_words(due_at, now, working=working, reader=reader(calendar.time_zone))
