"""When to try again what a machine outside did not take: ever later, for three days in all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

#: Short at first, for a server that is only restarted; six hours between two tries cost nobody a night.
_RUNGS: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    *(timedelta(hours=6),) * 11,
)


def next_try(attempts: int, *, now: datetime) -> datetime | None:
    """When to try again after so many attempts that failed; None = never, somebody has to look."""
    return now + _RUNGS[attempts - 1] if attempts <= len(_RUNGS) else None
