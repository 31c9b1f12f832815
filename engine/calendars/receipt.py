"""How a due date was counted: a receipt that can be read and kept as JSON. `recount` adds it up again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendars.deadline import Deadline, Unit
from engine.calendars.errors import ReceiptInvalid
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
    BY = "by"  #: the date is a fixed time of day; *end* is it
    ROLLED = "rolled"  #: days passed over because the date fell on a day off
    END_OF_DAY = "end_of_day"  #: the date is the end of that day; *end* is it


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
    kept: str = (
        ""  #: why a limit counts that its rule no longer has, e.g. the reason of a migration; "" = it is the rule's
    )


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
            "before": deadline.before,
            "by": deadline.by.isoformat() if deadline.by is not None else None,
            "lines": [_line_to_json(line) for line in receipt.lines],
            "calendar": receipt.calendar_version,
            "zone": receipt.time_zone,
            "provisional": receipt.provisional,
            "paused": receipt.paused_since.isoformat() if receipt.paused_since else None,
            "kept": receipt.kept,
        }
    )


def receipt_from_json(value: Mapping[str, Any]) -> Receipt:
    """The receipt that `receipt_to_json` wrote. Raises `ReceiptInvalid` for anything else."""
    try:
        zone = ZoneInfo(value["zone"])
        at = value.get("at")
        given = None if at is None else datetime.fromisoformat(at) if "T" in at else date.fromisoformat(at)
        deadline = Deadline(
            Decimal(value["amount"]),
            Unit(value["unit"]),
            start=value["start"],
            end=value["end"],
            roll=value["roll"],
            at=given,
            before=bool(value.get("before", False)),
            by=time.fromisoformat(value["by"]) if "by" in value else None,
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
            kept=str(value.get("kept", "")),
        )
    except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError, OSError, EngineError) as error:
        raise ReceiptInvalid(f"expected a receipt as receipt_to_json writes it, found {error!r}") from error


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
