"""Adding the lines of a receipt up again, without the calendar: whoever doubts a date needs nothing but its receipt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from engine.calendars.deadline import END_OF_DAY, Deadline, Unit, hours_in_micros
from engine.calendars.errors import ReceiptInvalid
from engine.calendars.months import add_months
from engine.calendars.receipt import Line, LineKind, Receipt

#: Lines that add up to the amount.
_COUNTING: Final = frozenset({LineKind.COUNTED, LineKind.MAKE_UP})
_SKIPPED: Final = frozenset({LineKind.START_DAY, LineKind.DAY_OFF, LineKind.HOLIDAY})
#: Lines that stand before the counting or follow it.
_AROUND: Final = frozenset(
    {LineKind.GRANTED, LineKind.PAUSE, LineKind.EXTENDED, LineKind.BY, LineKind.ROLLED, LineKind.END_OF_DAY}
)
_ONE_DAY: Final = timedelta(days=1)


def recount(receipt: Receipt) -> datetime:
    """The date that the lines add up to. Raises `ReceiptInvalid` naming the first line that does not follow."""
    try:
        return _add_up(receipt)
    except (OverflowError, ValueError) as error:
        raise ReceiptInvalid(f"expected dates that can be counted, found {error}") from error


def _add_up(receipt: Receipt) -> datetime:
    lines = receipt.lines
    zone = ZoneInfo(receipt.time_zone)
    day, at = _counted(receipt.deadline, lines, zone)
    pauses = _sum_of_time(lines, LineKind.PAUSE)
    extended = [line for line in lines if line.kind is LineKind.EXTENDED]
    if pauses or extended:
        day, at = _passed(extended, pauses, at)
    if receipt.deadline.by is not None:
        at = at.astimezone(zone)
        day, at = _by(receipt.deadline, [line for line in lines if line.kind is LineKind.BY], at)
    if rolled := [line for line in lines if line.kind is LineKind.ROLLED]:
        day, at = _rolled(rolled, day, at.astimezone(zone))
    for line in lines:
        if line.kind is LineKind.END_OF_DAY:
            at = _end_of_day(line, day, at)
    return at.astimezone(zone)


def _counted(deadline: Deadline, lines: Sequence[Line], zone: ZoneInfo) -> tuple[date, datetime]:
    """The day and moment that the amount gives, with what was granted."""
    counted = [line for line in lines if line.kind not in _AROUND]
    granted = [line for line in lines if line.kind is LineKind.GRANTED]
    if deadline.before:
        return _counted_back(deadline, [*granted, *counted], zone)
    if deadline.at is not None:
        return _given(deadline, [*granted, *counted], zone)
    if deadline.unit.whole_days:
        return _counted_days(counted, deadline.amount + sum(line.count for line in granted), deadline.unit)
    return _passed(_counting(counted), _hours(deadline) + _sum_of_time(granted, LineKind.GRANTED), None)


def _given(deadline: Deadline, lines: Sequence[Line], zone: ZoneInfo) -> tuple[date, datetime]:
    match lines:
        case [Line(kind=LineKind.GIVEN) as line] if _utc(line.end) == (at := _given_moment(deadline, zone)):
            return line.first, at
    raise ReceiptInvalid(f"expected one line with the given date {deadline.at}")


def _given_moment(deadline: Deadline, zone: ZoneInfo) -> datetime:
    at = deadline.at
    if isinstance(at, datetime):
        return at.astimezone(UTC)
    assert at is not None, "the caller has looked"
    return datetime.combine(at, END_OF_DAY, zone).astimezone(UTC)


def _counted_days(lines: Sequence[Line], amount: Decimal, unit: Unit) -> tuple[date, datetime]:
    """The day of the last counted line, which is the amount-th, and the moment on it."""
    total = _total_of_days(lines[:-1])
    match lines:
        case [*_, Line(count=count) as last, Line(kind=LineKind.TIME_OF_DAY, end=datetime() as at) as mark]:
            if total == amount and count and mark.first == last.last:
                return mark.first, at.astimezone(UTC)
    raise ReceiptInvalid(f"expected lines that add up to {amount} {unit}, found {total}")


def _counted_back(deadline: Deadline, lines: Sequence[Line], zone: ZoneInfo) -> tuple[date, datetime]:
    """The same from the given date on into the past: the first line is it, the next ones are ever earlier."""
    start = lines[:1]
    _, since = _given(deadline, start, zone)
    if deadline.unit.whole_days:
        return _counted_back_days(start[0].first, lines[1:], deadline)
    portions = _counting(reversed(lines))
    day, until = _passed(portions, _hours(deadline), None)
    begin = _utc(portions[0].begin)
    if begin is None or until > since:
        raise ReceiptInvalid(f"expected time before {since}, found some until {until} on {day}")
    return portions[0].first, begin


def _counted_back_days(given: date, lines: Sequence[Line], deadline: Deadline) -> tuple[date, datetime]:
    total = _total_of_days(lines[-2::-1])
    match lines:
        case [Line(last=latest), *_, Line(kind=LineKind.TIME_OF_DAY, end=datetime() as at) as mark]:
            last = lines[-2]
            if total == deadline.amount and latest == given - _ONE_DAY and last.count and mark.first == last.first:
                return mark.first, at.astimezone(UTC)
    expected = f"{deadline.amount} {deadline.unit}"
    raise ReceiptInvalid(f"expected lines before {given} that add up to {expected}, found {total}")


def _total_of_days(lines: Iterable[Line]) -> int:
    """The counted days or months of lines that follow each other day by day."""
    expected: date | None = None
    total = 0
    for line in lines:
        if expected and line.first != expected:
            raise ReceiptInvalid(f"expected a line for {expected}, found one for {line.first}")
        if line.kind is LineKind.MONTHS:
            _check_months(line)
            total += line.count
        elif line.kind in _COUNTING:
            if line.count != (line.last - line.first).days + 1:
                raise ReceiptInvalid(f"{line.first} to {line.last} are not {line.count} days")
            total += line.count
        elif line.kind not in _SKIPPED:
            raise ReceiptInvalid(f"a line of kind {line.kind} cannot stand among counted days")
        expected = line.last + _ONE_DAY
    return total


def _check_months(line: Line) -> None:
    """Counted on from the day before the first day, or back from the day behind the last."""
    on = add_months(line.first - _ONE_DAY, line.count) == line.last
    if not on and add_months(line.last + _ONE_DAY, -line.count) != line.first:
        raise ReceiptInvalid(f"{line.count} months before {line.first} do not end on {line.last}")


def _counting(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if line.kind in _COUNTING]


def _hours(deadline: Deadline) -> timedelta:
    return timedelta(microseconds=hours_in_micros(deadline.amount))


def _sum_of_time(lines: Iterable[Line], kind: LineKind) -> timedelta:
    return sum((line.time for line in lines if line.kind is kind), timedelta(0))


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


def _by(deadline: Deadline, lines: Sequence[Line], at: datetime) -> tuple[date, datetime]:
    """The fixed time of day that is the first after the moment reached; on a given date it lies before its end."""
    assert deadline.by is not None, "the caller has looked"
    moment = datetime.combine(at.date(), deadline.by, at.tzinfo)
    if moment.astimezone(UTC) < at.astimezone(UTC) and deadline.unit is not Unit.FIELD:
        moment = datetime.combine(at.date() + _ONE_DAY, deadline.by, at.tzinfo)
    match lines:
        case [Line(first=day, end=datetime() as end)] if day == moment.date() and _utc(end) == _utc(moment):
            return day, moment.astimezone(UTC)
    raise ReceiptInvalid(f"expected one line with {deadline.by:%H:%M} of {moment.date()}")


def _rolled(lines: Sequence[Line], day: date, at: datetime) -> tuple[date, datetime]:
    """The day before or behind the days passed over, at the same time of day."""
    first, last = lines[0].first, lines[-1].last
    for target in (last + _ONE_DAY, first - _ONE_DAY):
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
