"""Timers: the ISO 8601 text of a diagram, or a deadline of the package, as instants counted from the step's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from engine.interpreter.errors import ProcedureFault
from engine.interpreter.expressions import shown
from engine.interpreter.rounds import count_deadline

if TYPE_CHECKING:
    from engine.interpreter.corrections.tokens import Case

_DURATION: Final = re.compile(
    r"P(?!\Z)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?!\Z)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8}(?:\.\d{1,6})?)S)?)?\Z"
)
#: A hundred years: what lies beyond is a slip of the pen.
_MOST_MONTHS: Final = 1200
_MOST_ELAPSED: Final = timedelta(days=36525)
#: Shorter periods would wake a case all the time.
_SHORTEST_PERIOD: Final = timedelta(minutes=1)
_REPEATS: Final = re.compile(r"R(\d{0,6})/(.+)\Z")


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration: calendar months, then elapsed time."""

    months: int = 0
    elapsed: timedelta = timedelta()

    def after(self, start: datetime, zone: ZoneInfo) -> datetime:
        """The instant this long after *start*; months by the calendar of *zone*, clipped to the month's length."""
        local = start.astimezone(zone)
        year, month = divmod(local.year * 12 + local.month - 1 + self.months, 12)
        day = local.day
        while True:
            try:
                moved = local.replace(year=year, month=month + 1, day=day)
            except ValueError:
                day -= 1
            else:
                return (moved.astimezone(UTC) + self.elapsed).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Timer:
    """What one timer event waits for. Exactly one of *after*, *at*, *deadline* and *expression* is set."""

    after: Duration | None = None
    at: datetime | None = None
    deadline: str = ""  #: id of a deadline of the package
    expression: str = ""  #: FEEL that gives a duration, a date and time, or ISO text of one
    repeats: int | None = 0  #: firings after the first, for cycles; None = no end
    cycle: bool = False

    def schedule(self, case: Case, data: Mapping[str, Any], *, element: str) -> dict[str, Any]:
        """The notes a waiting token keeps: ``due`` and, for cycles, ``left``."""
        notes: dict[str, Any] = {"due": self.first(case, data, element).isoformat()}
        if self.cycle:
            notes["left"] = self.repeats
        return notes

    def following(self, case: Case, notes: Mapping[str, Any]) -> dict[str, Any] | None:
        """The notes for the next firing, or None after the last.

        Periods missed while nobody woke the case are skipped: one firing stands for them, the next lies ahead.
        """
        if not self.cycle or self.after is None or notes["left"] == 0:
            return None
        due = datetime.fromisoformat(notes["due"])
        zone = case.definition.time_zone
        steps = 1
        if not self.after.months:
            steps += max(0, (case.now - due) // self.after.elapsed)
        following = Duration(self.after.months * steps, self.after.elapsed * steps).after(due, zone)
        while following <= case.now:
            steps += 1
            following = Duration(self.after.months * steps, self.after.elapsed * steps).after(due, zone)
        return {"due": following.isoformat(), "left": None if notes["left"] is None else notes["left"] - 1}

    def first(self, case: Case, data: Mapping[str, Any], element: str) -> datetime:
        zone = case.definition.time_zone
        if self.deadline:
            receipt = count_deadline(case, self.deadline, start=case.now, data=data)
            if receipt is None:
                raise ProcedureFault(
                    "timer-without-date", element, f"expected deadline {self.deadline!r} to have a date, found none"
                )
            return receipt.due_at.astimezone(UTC)
        if self.at is not None:
            return self.at
        if self.after is not None:
            return self.after.after(case.now, zone)
        value = case.definition.expressions.json(self.expression, data, element=element, now=case.now)
        timer = parse_timer(value, zone) if isinstance(value, str) else None
        if timer is None or timer.cycle:
            raise ProcedureFault(
                "timer-without-date",
                element,
                f"expected {self.expression!r} to give a duration or a date and time, found {shown(value)}",
            )
        return timer.first(case, data, element)


def parse_timer(text: str, zone: ZoneInfo) -> Timer | None:
    """The timer of an ISO 8601 duration, date, date and time, or repeating interval; None if it is none of these.

    A date without time means its begin; what has no offset is in *zone*. Over a hundred years, cycles of less than a
    minute and negative durations are none.
    """
    text = text.strip().strip("\"'").strip()
    if (duration := parse_duration(text)) is not None:
        return Timer(after=duration)
    if (instant := _parse_instant(text, zone)) is not None:
        return Timer(at=instant)
    if (match := _REPEATS.match(text)) is not None:
        return _parse_cycle(match[1], match[2].split("/"), zone)
    return None


def parse_duration(text: str) -> Duration | None:
    """The ISO 8601 duration *text*, None if it is none or longer than a hundred years."""
    match = _DURATION.match(text)
    if match is None:
        return None
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in match.groups()[:6])
    elapsed = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=float(match[7] or 0))
    duration = Duration(years * 12 + months, elapsed)
    return duration if duration.months <= _MOST_MONTHS and elapsed <= _MOST_ELAPSED else None


def _parse_cycle(count: str, parts: list[str], zone: ZoneInfo) -> Timer | None:
    repeats = int(count) - 1 if count else None
    duration = parse_duration(parts[-1])
    if repeats == -1 or duration is None or (not duration.months and duration.elapsed < _SHORTEST_PERIOD):
        return None
    if len(parts) == 1:
        return Timer(after=duration, repeats=repeats, cycle=True)
    first = _parse_instant(parts[0], zone)
    return Timer(after=duration, at=first, repeats=repeats, cycle=True) if len(parts) == 2 and first else None  # noqa: PLR2004


def _parse_instant(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        instant = (
            datetime.fromisoformat(text)
            if "T" in text
            else datetime.combine(date.fromisoformat(text), datetime.min.time())
        )
        return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
