"""A clock that stands until it is told to move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

#: Monday 2026-03-02 09:00 in Shanghai: a working day without holidays near.
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class StandingClock:
    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **amount: float) -> None:
        self.at += timedelta(**amount)
