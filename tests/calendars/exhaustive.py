"""Every day of 2019 to 2026 × classes of minute × all choices of a deadline, against a clerk who counts day by day.

``python -m tests.calendars.exhaustive`` compares all of them, shows how far it is and ends with the number of differences;
``--part 1/2`` does the first of two halves, ``--every 4`` one case in four, others from each moment. The suite compares
one in `SHORT`.

The engine counts on the calendar of the ``holidays`` package, the clerk on the State Council's notices.
"""

from __future__ import annotations

import argparse
import sys
import time as clock
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice

from engine.calendars import Calendar, Deadline, Unit, chinese_calendar, due, due_at, read_notice, recount
from engine.calendars.deadline import ENDS, ROLLS, STARTS
from tests.calendars.notices import notice_text
from tests.calendars.samples import OFFICE, OFFICE_HOURS, SHANGHAI
from tests.calendars.slow_reference import DayCounter

FIRST, LAST = date(2019, 1, 1), date(2026, 12, 31)
#: Midnight, before hours, at opening, in the first period, at lunch begin, in lunch, afternoon, closing, after, last minute.
MINUTES = tuple(
    time(*each)
    for each in ((0, 0), (7, 40), (9, 0), (10, 15), (12, 0), (12, 30), (15, 45), (18, 0), (20, 10), (23, 59))
)
AMOUNTS = {
    Unit.WORKING_DAYS: (1, 7, 15),
    Unit.WORKING_HOURS: ("0.5", 8, 21),
    Unit.DAYS: (1, 3, 30),
    Unit.HOURS: (2, 24, 49),
    Unit.MONTHS: (1, 3, 12),
}  # fmt: skip
BY = (time(8), time(17))
#: One case in so many is compared by the suite.
SHORT = 199

Rule = Callable[[datetime], Deadline]


@dataclass(frozen=True)
class Difference:
    start: datetime
    deadline: Deadline
    engine: datetime
    clerk: datetime


def rules() -> list[Rule]:
    """All deadlines that are tried with every start; those with a given date make it from the start."""
    found: list[Rule] = []
    for unit, amounts in AMOUNTS.items():
        for roll in ROLLS:
            for end in ENDS:
                for start in STARTS:
                    found += (_always(Deadline(Decimal(amount), unit, start, end, roll)) for amount in amounts)
                found += (
                    partial(_before, Decimal(amount), unit, end, roll, whole_day=whole_day)
                    for amount in amounts[:2]
                    for whole_day in (True, False)
                )
            if unit.whole_days:
                found += (
                    _always(Deadline(Decimal(amounts[0]), unit, start, roll=roll, by=by))
                    for start in STARTS
                    for by in BY
                )
    for roll in ROLLS:
        found += (partial(_given, roll, by, whole_day=True) for by in (None, *BY))
        found.append(partial(_given, roll, None, whole_day=False))
    return found


def _always(deadline: Deadline) -> Rule:
    return lambda _: deadline


def _before(amount: Decimal, unit: Unit, end: str, roll: str, start: datetime, *, whole_day: bool) -> Deadline:
    return Deadline(amount, unit, "now", end, roll, start.date() if whole_day else start, before=True)


def _given(roll: str, by: time | None, start: datetime, *, whole_day: bool) -> Deadline:
    return Deadline(Decimal(0), Unit.FIELD, roll=roll, at=start.date() if whole_day else start, by=by)


def calendar() -> Calendar:
    return chinese_calendar(hours=OFFICE_HOURS, years=range(2017, 2027))


def clerk() -> DayCounter:
    notices = [read_notice(notice_text(year)) for year in range(2017, 2027)]
    off = {day for notice in notices for day in notice.holidays}
    worked = {day for notice in notices for day in notice.make_up_days}
    return DayCounter(off, worked, OFFICE)


def starts(part: int = 1, parts: int = 1) -> Iterator[tuple[int, datetime]]:
    """Every moment that is tried, numbered; of several *parts* one."""
    days = (LAST - FIRST).days + 1
    for number in range(days * (part - 1) // parts * len(MINUTES), days * part // parts * len(MINUTES)):
        day, minute = divmod(number, len(MINUTES))
        yield number, datetime.combine(FIRST + timedelta(days=day), MINUTES[minute], SHANGHAI)


def first_rule(number: int, every: int) -> int:
    """Where the rules for a moment begin: another one each day, so that each minute of the day sees all of them."""
    day, minute = divmod(number, len(MINUTES))
    return (day + minute) % every


def differences(*, every: int = 1, receipts: int = 1, part: int = 1, parts: int = 1) -> Iterator[Difference | int]:
    """What differs, and after each moment the number of cases compared for it; one in *every* case is looked at.

    Of each *receipts* dates one is told as a receipt as well and added up.
    """
    engine, hand, tried = calendar(), clerk(), rules()
    for number, start in starts(part, parts):
        local = start.replace(tzinfo=None)
        compared = 0
        for rule in islice(tried, first_rule(number, every), None, every):
            deadline = rule(start)
            found = due_at(deadline, start=start, calendar=engine)
            expected = hand.due(deadline, local)
            compared += 1
            if found.replace(tzinfo=None) != expected:
                yield Difference(start, deadline, found, expected)
            if (number + compared) % receipts == 0:
                receipt = due(deadline, start=start, calendar=engine)
                if not receipt.due_at == recount(receipt) == found:
                    yield Difference(start, deadline, receipt.due_at, expected)
        yield compared


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--part", default="1/1", help="which of how many parts, e.g. 1/2")
    options.add_argument("--every", type=int, default=1, help="compare one case in so many")
    chosen = options.parse_args()
    part, parts = map(int, chosen.part.split("/"))
    begun, compared, wrong = clock.monotonic(), 0, 0
    total = sum(1 for _ in starts(part, parts)) * len(rules()) // chosen.every
    shown = 0
    for each in differences(every=chosen.every, receipts=50, part=part, parts=parts):
        if isinstance(each, Difference):
            wrong += 1
            sys.stdout.write(f"{each}\n")
            continue
        compared += each
        if compared >= shown + total // 100:
            shown = compared
            seconds = clock.monotonic() - begun
            sys.stdout.write(f"{compared:,} of {total:,}, {wrong} differences, {compared / seconds:,.0f} a second\n")
            sys.stdout.flush()
    sys.stdout.write(f"{compared:,} dates compared, {wrong} differences\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
