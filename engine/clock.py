"""Where the time of day comes from. Everything below the web and the worker gets its instant as a parameter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

#: A function that says what time it is, as an aware datetime in UTC.
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, aware, in UTC, cut to milliseconds so that it survives every database and JSON unchanged."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
