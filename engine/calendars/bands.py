"""Gross and net time side by side: how the time since a clock began divides into running, standing and late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from engine.calendars.receipt import LineKind, Receipt


class BandKind(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    LATE = "late"  #: running behind the date


@dataclass(frozen=True, slots=True)
class Band:
    """One stretch of time by the clock on the wall, in UTC."""

    kind: BandKind
    begin: datetime
    end: datetime
    reason: str = ""  #: of a pause

    @property
    def length(self) -> timedelta:
        return self.end - self.begin


def bands(receipt: Receipt, until: datetime) -> tuple[Band, ...]:
    """What happened to the clock of *receipt* from its start to *until*, in order.

    Together they are the gross time; without those that stand, the net time. Paused time stays visible: a date that
    was missed does not become a kept one because the clock was stopped behind it.
    """
    begin, end = receipt.started_at.astimezone(UTC), until.astimezone(UTC)
    due_at = receipt.due_at.astimezone(UTC)
    found: list[Band] = []
    position = begin
    for paused, to, reason in _pauses(receipt, end):
        since = max(paused, position)
        if to > since:  # one that ended as it began takes no time
            found += _running(position, since, due_at)
            found.append(Band(BandKind.PAUSED, since, to, reason))
            position = to
    return (*found, *_running(position, end, due_at))


def _pauses(receipt: Receipt, end: datetime) -> Iterator[tuple[datetime, datetime, str]]:
    for line in receipt.lines:
        if line.kind is LineKind.PAUSE and line.begin is not None:
            stopped = end if line.end is None else line.end.astimezone(UTC)
            if (since := line.begin.astimezone(UTC)) < end:
                yield since, min(stopped, end), line.reason


def _running(begin: datetime, end: datetime, due_at: datetime) -> Iterator[Band]:
    if begin < min(end, due_at):
        yield Band(BandKind.RUNNING, begin, min(end, due_at))
    if end > due_at and end > begin:
        yield Band(BandKind.LATE, max(begin, due_at), end)
