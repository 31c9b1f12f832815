"""How much time lies between two moments, and where a share of a deadline's time is used."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from engine.calendars import timeline
from engine.calendars.calendar import Calendar
from engine.calendars.errors import DeadlineInvalid
from engine.calendars.receipt import LineKind, Receipt

#: The latest moment that can be asked for, in times of the whole.
MOST_SHARE: Final = 10


def working_time_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Working time from *start* to *end*, negative when *end* is earlier. Raises `NaiveInstant`."""
    begin, until = timeline.to_micros(start, "the start"), timeline.to_micros(end, "the end")
    if until < begin:
        return -timedelta(microseconds=timeline.worked_between(calendar, until, begin))
    return timedelta(microseconds=timeline.worked_between(calendar, begin, until))


def after_working_time(start: datetime, worked: timedelta, calendar: Calendar) -> datetime:
    """The earliest moment at which *worked* has been worked since *start*. Raises `NaiveInstant`."""
    begin = timeline.to_micros(start, "the start")
    return timeline.to_instant(timeline.advance(calendar, begin, worked // timedelta(microseconds=1)), calendar)


def instant_at_share(receipt: Receipt, share: float, calendar: Calendar) -> datetime:
    """The moment at which *share* of the net time of a receipt is used, e.g. 0.8 for a warning.

    Net time is working time for working units and elapsed time otherwise, from where counting began to the date,
    without the pauses. With 1 it is the date itself; with more as much later. Raises `DeadlineInvalid`.
    """
    if not 0 <= share <= MOST_SHARE:
        raise DeadlineInvalid("share", f"expected 0 to {MOST_SHARE}, found {share}")
    if share == 1:
        return receipt.due_at
    stretches = _running(receipt)
    works = receipt.deadline.unit.works
    lengths = [timeline.worked_between(calendar, *each) if works else each[1] - each[0] for each in stretches]
    left = round(sum(lengths) * share)
    for (begin, _), length in zip(stretches, lengths, strict=True):
        if left <= length:
            at = timeline.advance(calendar, begin, left) if works else begin + left
            return timeline.to_instant(at, calendar)
        left -= length
    due_at = timeline.to_micros(receipt.due_at, "the date")
    return timeline.to_instant(timeline.advance(calendar, due_at, left) if works else due_at + left, calendar)


def _running(receipt: Receipt) -> list[tuple[int, int]]:
    """From when to when the clock ran, in order."""
    position = timeline.to_micros(receipt.counts_from, "where counting began")
    due_at = timeline.to_micros(receipt.due_at, "the date")
    stretches: list[tuple[int, int]] = []
    for line in receipt.lines:
        if line.kind is LineKind.PAUSE and line.begin and line.end:
            begin = min(timeline.to_micros(line.begin, "the begin of a pause"), due_at)
            if begin > position:
                stretches.append((position, begin))
            position = max(position, timeline.to_micros(line.end, "the end of a pause"))
    if due_at > position:
        stretches.append((position, due_at))
    return stretches
