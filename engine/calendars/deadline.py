"""What a regulation says about time: the choices of one deadline, and the pauses and extensions of one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Final

from engine.calendars.errors import DeadlineInvalid
from engine.calendars.timeline import MAX_YEARS, YEARS, to_micros


class Unit(StrEnum):
    WORKING_HOURS = "working_hours"  #: only office hours count
    WORKING_DAYS = "working_days"
    HOURS = "hours"  #: by the clock, day and night
    DAYS = "days"  #: every day counts
    MONTHS = "months"  #: to the day of the same number, clipped to the month's length
    FIELD = "field"  #: a date that somebody gave; nothing is counted

    @property
    def works(self) -> bool:
        """Whether only working time counts."""
        return self is Unit.WORKING_DAYS or self is Unit.WORKING_HOURS

    @property
    def whole_days(self) -> bool:
        """Whether days are counted rather than hours."""
        return self is Unit.WORKING_DAYS or self is Unit.DAYS or self is Unit.MONTHS


STARTS: Final = ("now", "same_day", "next_day", "next_working_day")
ENDS: Final = ("same_time", "end_of_day")
ROLLS: Final = ("none", "next_working_day", "previous_working_day")

#: The last second of a day: what people read as 24:00 without doubt about which day is meant. A given date is it.
END_OF_DAY: Final = time(23, 59, 59)

#: The largest amount of each unit: a hundred years.
_MOST: Final = {
    Unit.WORKING_HOURS: MAX_YEARS * 8784,
    Unit.HOURS: MAX_YEARS * 8784,
    Unit.WORKING_DAYS: MAX_YEARS * 366,
    Unit.DAYS: MAX_YEARS * 366,
    Unit.MONTHS: MAX_YEARS * 12,
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long something may take. Raises `DeadlineInvalid` when the choices make no deadline.

    The words are those of ``docs/procedure-packages.md``, section Deadlines; `due` says what they mean.
    """

    amount: Decimal  #: in *unit*, above 0; whole for days and months; any number, usually 0, with Unit.FIELD
    unit: Unit
    start: str = "now"  #: now | same_day | next_day | next_working_day
    end: str = "end_of_day"  #: same_time | end_of_day
    roll: str = "none"  #: none | next_working_day | previous_working_day
    at: datetime | date | None = None  #: the given date, with Unit.FIELD and *before*
    before: bool = False  #: count back from *at*: "two working days before the date"; *start* MUST be now
    by: time | None = None  #: the wall-clock time of the date, in place of *end*; for days, months and given dates

    def __post_init__(self) -> None:
        for name, value, known in (("start", self.start, STARTS), ("end", self.end, ENDS), ("roll", self.roll, ROLLS)):
            if value not in known:
                raise DeadlineInvalid(name, f"expected one of {', '.join(known)}, found {value!r}")
        if self.unit is not Unit.FIELD:
            _check_amount(self.amount, self.unit)
        if self.before:
            _check_before(self.unit, self.start)
        if self.by is not None:
            _check_by(self.by, self.unit, self.at)
        if self.before or self.unit is Unit.FIELD:
            _check_given(self.at)
        elif self.at is not None:
            raise DeadlineInvalid("at", f"a given date goes with the unit field only, found it with {self.unit}")


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a clock stands, e.g. while the customer is asked for papers."""

    begin: datetime
    end: datetime | None = None  #: None while it lasts
    reason: str = ""  #: whatever the caller wants to read in the receipt

    def __post_init__(self) -> None:
        begin = to_micros(self.begin, "the begin of a pause")
        if self.end is not None and to_micros(self.end, "the end of a pause") < begin:
            raise DeadlineInvalid(
                "pauses", f"expected a pause to end after its begin, found {self.begin} to {self.end}"
            )


@dataclass(frozen=True, slots=True)
class Extension:
    """More time that somebody granted to one clock."""

    amount: Decimal  #: in the deadline's unit
    granted_at: datetime
    reason: str = ""  #: whatever the caller wants to read in the receipt

    def __post_init__(self) -> None:
        to_micros(self.granted_at, "the time of an extension")


def extended(deadline: Deadline, extensions: Sequence[Extension]) -> Deadline:
    """The deadline with what was granted added to its amount. Raises `DeadlineInvalid` naming ``extensions``."""
    if not extensions:
        return deadline
    if deadline.at is not None:
        raise DeadlineInvalid("extensions", "expected none for a given date; give another date instead")
    try:
        for each in extensions:
            _check_amount(each.amount, deadline.unit)
        return replace(deadline, amount=deadline.amount + sum(each.amount for each in extensions))
    except DeadlineInvalid as error:
        raise DeadlineInvalid("extensions", error.problem) from error


def hours_in_micros(amount: Decimal) -> int:
    """Hours as whole microseconds."""
    return int(amount * 3_600_000_000)


def _check_amount(amount: Decimal, unit: Unit) -> None:
    most = _MOST[unit]
    if not amount.is_finite() or not 0 < amount <= most:
        raise DeadlineInvalid("amount", f"expected more than 0 and at most {most} {unit}, found {amount}")
    if not unit.whole_days and amount * 3600 < 1:
        raise DeadlineInvalid("amount", f"expected at least a second, found {amount} {unit}")
    if unit.whole_days and amount != amount.to_integral_value():
        raise DeadlineInvalid(
            "amount", f"expected a whole number of {unit}, found {amount}; use working_hours or hours"
        )


def _check_before(unit: Unit, start: str) -> None:
    if unit is Unit.FIELD:
        raise DeadlineInvalid("before", "expected a unit to count back in, found field")
    if start != "now":
        raise DeadlineInvalid("start", f"expected now, because counting begins at the given date, found {start!r}")


def _check_by(by: time, unit: Unit, at: datetime | date | None) -> None:
    if by.tzinfo is not None:
        raise DeadlineInvalid("by", "expected a plain time of day, found a time zone; the calendar has one")
    if not unit.whole_days and unit is not Unit.FIELD:
        raise DeadlineInvalid("by", f"a time of day goes with days, months and given dates, found it with {unit}")
    if unit is Unit.FIELD and isinstance(at, datetime):
        raise DeadlineInvalid("by", f"expected a given date without a time of its own, found {at}")


def _check_given(at: datetime | date | None) -> None:
    if at is None:
        raise DeadlineInvalid("at", "expected the given date with the unit field and with before, found nothing")
    if isinstance(at, datetime):
        to_micros(at, "the given date")
    elif at.year not in YEARS:
        raise DeadlineInvalid("at", f"expected a year from {YEARS[0]} to {YEARS[-1]}, found {at.year}")
