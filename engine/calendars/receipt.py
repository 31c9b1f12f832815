"""How a due date was counted: a receipt that can be read, kept as JSON, and added up again without the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendars.deadline import Deadline, Unit, hours_in_micros
from engine.calendars.errors import ReceiptInvalid
from engine.calendars.months import add_months
from engine.errors import EngineError
from engine.text import Text


class LineKind(StrEnum):
    GRANTED = "granted"  #: days, months or time added to the amount; *begin* is when, *reason* why
    START_DAY = "start_day"  #: the day it began, which does not count
    COUNTED = "counted"  #: days or time that count
    MAKE_UP = "make_up"  #: the same, on a day worked out of turn
    DAY_OFF = "day_off"  #: skipped: a weekday without office hours
    HOLIDAY = "holiday"  #: skipped: a named day off
    MONTHS = "months"  #: whole months
    GIVEN = "given"  #: the date or moment somebody gave; *end* is it
    TIME_OF_DAY = "time_of_day"  #: the moment on the last counted day; *end* is it
    PAUSE = "pause"  #: the clock stood; *time* is what it gives back
    EXTENDED = "extended"  #: time that pauses gave back and that passes now
    ROLLED = "rolled"  #: days passed over because the date fell on a day off
    END_OF_DAY = "end_of_day"  #: the date is the end of that day; *end* is it


#: Lines of working time, which `recount` adds up to the amount.
_COUNTING = frozenset({LineKind.COUNTED, LineKind.MAKE_UP})
_SKIPPED = frozenset({LineKind.START_DAY, LineKind.DAY_OFF, LineKind.HOLIDAY})
#: Lines that stand before or follow the counting.
_AROUND = frozenset({LineKind.GRANTED, LineKind.PAUSE, LineKind.EXTENDED, LineKind.ROLLED, LineKind.END_OF_DAY})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was counted or passed over: a day, or neighbouring days that are alike."""

    kind: LineKind
    first: date  #: in the company's time zone; of a night shift the day on which it begins
    last: date
    count: int = 0  #: days or months counted or granted here
    time: timedelta = timedelta(0)  #: time counted or granted here, or given back by a pause
    begin: datetime | None = None  #: where that time begins
    end: datetime | None = None
    name: Text | None = None  #: of a holiday
    reason: str = ""  #: of a pause or an extension

    @property
    def days(self) -> tuple[date, ...]:
        """Every single day of the line."""
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Receipt:
    """A due date and how it came about. All instants are aware and in the company's time zone."""

    due_at: datetime  #: while a pause lasts: the date if it ended at once
    started_at: datetime  #: as given to `due`
    counts_from: datetime  #: where counting began, by the deadline's start
    deadline: Deadline
    lines: tuple[Line, ...]  #: in the order in which they are added
    calendar_version: str
    time_zone: str  #: IANA name
    provisional: bool = False  #: days were consulted whose year has no notice yet: the date may move when it is loaded
    paused_since: datetime | None = None  #: the begin of the pause that still lasts


def recount(receipt: Receipt) -> datetime:
    """The date that the lines add up to. Raises `ReceiptInvalid` naming the first line that does not follow."""
    try:
        return _add_up(receipt)
    except (OverflowError, ValueError) as error:
        raise ReceiptInvalid(f"expected dates that can be counted, found {error}") from error


def receipt_to_json(receipt: Receipt) -> dict[str, Any]:
    """The receipt as JSON values, without what is empty. `receipt_from_json` gives an equal receipt back."""
    deadline = receipt.deadline
    return _without_empty(
        {
            "due": receipt.due_at.isoformat(),
            "started": receipt.started_at.isoformat(),
            "from": receipt.counts_from.isoformat(),
            "amount": str(deadline.amount),
            "unit": deadline.unit.value,
            "start": deadline.start,
            "end": deadline.end,
            "roll": deadline.roll,
            "at": deadline.at.isoformat() if deadline.at else None,
            "lines": [_line_to_json(line) for line in receipt.lines],
            "calendar": receipt.calendar_version,
            "zone": receipt.time_zone,
            "provisional": receipt.provisional,
            "paused": receipt.paused_since.isoformat() if receipt.paused_since else None,
        }
    )


def receipt_from_json(value: Mapping[str, Any]) -> Receipt:
    """The receipt that `receipt_to_json` wrote. Raises `ReceiptInvalid` for anything else."""
    try:
        zone = ZoneInfo(value["zone"])
        at = value.get("at")
        given = None if at is None else datetime.fromisoformat(at) if "T" in at else date.fromisoformat(at)
        amount = Decimal(value["amount"])
        deadline = Deadline(
            amount, Unit(value["unit"]), start=value["start"], end=value["end"], roll=value["roll"], at=given
        )
        return Receipt(
            due_at=_local(value["due"], zone),
            started_at=_local(value["started"], zone),
            counts_from=_local(value["from"], zone),
            deadline=deadline,
            lines=tuple(_line_from_json(line, zone) for line in value["lines"]),
            calendar_version=str(value["calendar"]),
            time_zone=zone.key,
            provisional=bool(value.get("provisional", False)),
            paused_since=_local(value["paused"], zone) if "paused" in value else None,
        )
    except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError, OSError, EngineError) as error:
        raise ReceiptInvalid(f"expected a receipt as receipt_to_json writes it, found {error!r}") from error


def _add_up(receipt: Receipt) -> datetime:
    lines = receipt.lines
    counted = [line for line in lines if line.kind not in _AROUND]
    granted = [line for line in lines if line.kind is LineKind.GRANTED]
    if receipt.deadline.unit is Unit.FIELD:
        day, at = _given([*granted, *counted])
    elif receipt.deadline.unit.whole_days:
        day, at = _counted_days(receipt.deadline, granted, counted)
    else:
        day, at = _counted_time(receipt.deadline, granted, counted)
    pauses = sum((line.time for line in lines if line.kind is LineKind.PAUSE), timedelta(0))
    extended = [line for line in lines if line.kind is LineKind.EXTENDED]
    if pauses or extended:
        day, at = _passed(extended, pauses, at)
    zone = ZoneInfo(receipt.time_zone)
    if rolled := [line for line in lines if line.kind is LineKind.ROLLED]:
        day, at = _rolled(rolled, day, at.astimezone(zone))
    for line in lines:
        if line.kind is LineKind.END_OF_DAY:
            at = _end_of_day(line, day, at)
    return at.astimezone(zone)


def _given(lines: Sequence[Line]) -> tuple[date, datetime]:
    match lines:
        case [Line(kind=LineKind.GIVEN, end=datetime() as at) as line]:
            return line.first, at.astimezone(UTC)
    raise ReceiptInvalid("expected one line with the given date")


def _counted_days(deadline: Deadline, granted: Sequence[Line], lines: Sequence[Line]) -> tuple[date, datetime]:
    """Add days line by line: each follows on the one before, and the last counted day is the amount-th."""
    amount = deadline.amount + sum(line.count for line in granted)
    expected: date | None = None
    total = 0
    for line in lines[:-1]:
        if expected and line.first != expected:
            raise ReceiptInvalid(f"expected a line for {expected}, found one for {line.first}")
        if line.kind is LineKind.MONTHS:
            if add_months(line.first - timedelta(days=1), line.count) != line.last:
                raise ReceiptInvalid(f"{line.count} months before {line.first} do not end on {line.last}")
            total += line.count
        elif line.kind in _COUNTING:
            if line.count != (line.last - line.first).days + 1:
                raise ReceiptInvalid(f"{line.first} to {line.last} are not {line.count} days")
            total += line.count
        elif line.kind not in _SKIPPED:
            raise ReceiptInvalid(f"a line of kind {line.kind} cannot stand among counted days")
        expected = line.last + timedelta(days=1)
    match lines:
        case [*_, Line(count=count) as last, Line(kind=LineKind.TIME_OF_DAY, end=datetime() as at) as mark]:
            if total == amount and count and mark.first == last.last:
                return mark.first, at.astimezone(UTC)
    raise ReceiptInvalid(f"expected lines that add up to {amount} {deadline.unit}, found {total}")


def _counted_time(deadline: Deadline, granted: Sequence[Line], lines: Sequence[Line]) -> tuple[date, datetime]:
    amount = timedelta(microseconds=hours_in_micros(deadline.amount)) + sum(
        (line.time for line in granted), timedelta(0)
    )
    return _passed([line for line in lines if line.kind in _COUNTING], amount, None)


def _passed(lines: Sequence[Line], amount: timedelta, since: datetime | None) -> tuple[date, datetime]:
    """Add portions of time, which MUST follow each other and fit between their ends."""
    total = timedelta(0)
    day: date | None = None
    for line in lines:
        begin, end = _utc(line.begin), _utc(line.end)
        if begin is None or end is None or end - begin < line.time:
            raise ReceiptInvalid(f"{line.time} do not fit into the line of {line.first}")
        if since and begin < since:
            raise ReceiptInvalid(f"the line of {line.first} begins before the one in front of it has ended")
        total, since, day = total + line.time, end, line.last
    if total != amount or since is None or day is None:
        raise ReceiptInvalid(f"expected lines that add up to {amount}, found {total}")
    return day, since


def _rolled(lines: Sequence[Line], day: date, at: datetime) -> tuple[date, datetime]:
    """The day before or behind the days passed over, at the same time of day."""
    first, last = lines[0].first, lines[-1].last
    for target in (last + timedelta(days=1), first - timedelta(days=1)):
        passed_over = first <= day <= last
        moved = datetime.combine(at.date() + (target - day), at.time(), at.tzinfo).astimezone(UTC)
        if passed_over and _utc(lines[-1].end) == moved:
            return target, moved
    raise ReceiptInvalid(f"expected {at} to be moved to the day before or behind {first} to {last}")


def _end_of_day(line: Line, day: date, at: datetime) -> datetime:
    # The end of a day is written as its last second: a moment at midnight sharp lies up to a second behind it.
    end = _utc(line.end)
    if end is None or line.first != day or end + timedelta(seconds=1) < at:
        raise ReceiptInvalid(f"expected the end of {day}, found that of {line.first}")
    return end


def _utc(instant: datetime | None) -> datetime | None:
    """The instant in UTC: within one zone Python subtracts and compares wall times, wrong when summer time ends."""
    return None if instant is None else instant.astimezone(UTC)


def _line_to_json(line: Line) -> dict[str, Any]:
    return _without_empty(
        {
            "kind": line.kind.value,
            "first": line.first.isoformat(),
            "last": line.last.isoformat() if line.last != line.first else None,
            "count": line.count,
            "time": line.time // timedelta(microseconds=1),
            "begin": line.begin.isoformat() if line.begin else None,
            "end": line.end.isoformat() if line.end else None,
            "name": dict(line.name) if line.name else None,
            "reason": line.reason,
        }
    )


def _line_from_json(value: Mapping[str, Any], zone: ZoneInfo) -> Line:
    first = date.fromisoformat(value["first"])
    return Line(
        kind=LineKind(value["kind"]),
        first=first,
        last=date.fromisoformat(value["last"]) if "last" in value else first,
        count=int(value.get("count", 0)),
        time=timedelta(microseconds=int(value.get("time", 0))),
        begin=_local(value["begin"], zone) if "begin" in value else None,
        end=_local(value["end"], zone) if "end" in value else None,
        name=dict(value["name"]) if "name" in value else None,
        reason=str(value.get("reason", "")),
    )


def _local(text: str, zone: ZoneInfo) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ReceiptInvalid(f"expected an instant with offset, found {text}")
    return instant.astimezone(zone)


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, 0, "", False)}
