"""Thousands of random deadlines against counting minute by minute; each receipt adds up, survives JSON and is monotone."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest

from engine.calendars import (
    Calendar,
    Deadline,
    Extension,
    Pause,
    Unit,
    chinese_calendar,
    due,
    due_at,
    instant_at_share,
    receipt_from_json,
    receipt_to_json,
    recount,
    working_time_between,
)
from engine.calendars.deadline import ENDS, ROLLS, STARTS
from tests.calendars.samples import BERLIN_NIGHTS, CHINA, CHINA_ALWAYS, CHINA_NIGHTS, NIGHT_HOURS, OFFICE_HOURS
from tests.calendars.slow_reference import SlowCalendar, slow_due

SPRING = (date(2026, 2, 1), date(2026, 3, 31))
MARCH = (date(2026, 3, 12), date(2026, 5, 10))
AUTUMN = (date(2026, 9, 10), date(2026, 11, 10))
OCTOBER = (date(2026, 10, 8), date(2026, 12, 8))
SHIFT_PLAN = chinese_calendar(
    hours=OFFICE_HOURS, changes={date(2026, 2, 12): NIGHT_HOURS, date(2026, 3, 4): OFFICE_HOURS}
)
WORLDS = {
    "spring festival": (CHINA, SPRING),
    "national day": (CHINA, AUTUMN),
    "night shifts at spring festival": (CHINA_NIGHTS, SPRING),
    "night shifts at national day": (CHINA_NIGHTS, AUTUMN),
    "around the clock": (CHINA_ALWAYS, SPRING),
    "hours that change": (SHIFT_PLAN, SPRING),
    "summer time begins": (BERLIN_NIGHTS, MARCH),
    "summer time ends": (BERLIN_NIGHTS, OCTOBER),
}
UNITS = (Unit.WORKING_DAYS, Unit.WORKING_HOURS, Unit.DAYS, Unit.HOURS)


@cache
def slow_calendar(world: str) -> SlowCalendar:
    calendar, span = WORLDS[world]
    return SlowCalendar(calendar, *span)


def a_deadline(chance: random.Random) -> Deadline:
    unit = chance.choice(UNITS)
    amount = Decimal(chance.randint(1, 8))
    if unit in (Unit.HOURS, Unit.WORKING_HOURS):
        amount = Decimal(chance.randint(1, 200)) / 4
    return Deadline(amount, unit, chance.choice(STARTS), chance.choice(ENDS), chance.choice(ROLLS))


def a_moment(chance: random.Random, span: tuple[date, date], calendar: Calendar) -> datetime:
    """Often on a boundary of office hours, and never in the hour that summer time takes or repeats."""
    day = span[0] + timedelta(days=chance.randint(5, 24))
    hour = chance.choice([0, 2, 6, 8, 9, 12, 13, 18, 20, 22, chance.randint(3, 23)])
    moment = datetime(day.year, day.month, day.day, hour, chance.choice([0, 0, 30, 59]), tzinfo=calendar.time_zone)
    return moment.astimezone(UTC)


def some_pauses(chance: random.Random, start: datetime) -> list[Pause]:
    begins = [start + timedelta(minutes=chance.randint(-600, 9000)) for _ in range(chance.choice([0, 0, 1, 2, 3]))]
    return [Pause(begin, begin + timedelta(minutes=chance.choice([0, 30, 300, 3000]))) for begin in begins]


def some_extensions(chance: random.Random, start: datetime) -> list[Extension]:
    amounts = [Decimal(chance.randint(1, 3)) for _ in range(chance.choice([0, 0, 0, 1, 2]))]
    return [Extension(amount, start + timedelta(hours=chance.randint(0, 40)), str(amount)) for amount in amounts]


@pytest.mark.parametrize("world", WORLDS)
def test_random_deadlines_are_what_counting_minutes_gives(world: str) -> None:
    calendar, span = WORLDS[world]
    slow = slow_calendar(world)
    chance = random.Random(world)

    for _ in range(200):
        rule, start = a_deadline(chance), a_moment(chance, span, calendar)
        pauses, more = some_pauses(chance, start), some_extensions(chance, start)
        receipt = due(rule, start=start, calendar=calendar, pauses=pauses, extensions=more)

        case = (rule, start.isoformat(), pauses, more)
        longer = replace(rule, amount=rule.amount + sum(each.amount for each in more))
        assert receipt.due_at == slow_due(longer, start, slow, pauses), case
        assert due_at(rule, start=start, calendar=calendar, pauses=pauses, extensions=more) == receipt.due_at, case
        assert recount(receipt) == receipt.due_at, case
        assert receipt_from_json(receipt_to_json(receipt)) == receipt, case
        chance.shuffle(pauses)
        chance.shuffle(more)
        assert due(rule, start=start, calendar=calendar, pauses=pauses, extensions=more) == receipt, case


@pytest.mark.parametrize("world", WORLDS)
def test_working_time_between_is_the_number_of_working_minutes(world: str) -> None:
    calendar, span = WORLDS[world]
    slow = slow_calendar(world)
    chance = random.Random(world)

    for _ in range(60):
        begin = a_moment(chance, span, calendar)
        end = begin + timedelta(minutes=chance.randint(0, 20_000))
        minutes = slow.worked(begin, end)

        assert working_time_between(begin, end, calendar) == timedelta(minutes=minutes)
        assert working_time_between(end, begin, calendar) == timedelta(minutes=-minutes)


@pytest.mark.parametrize("world", WORLDS)
def test_a_later_start_never_gives_an_earlier_date(world: str) -> None:
    calendar, span = WORLDS[world]
    chance = random.Random(world)

    for _ in range(200):
        rule, start = a_deadline(chance), a_moment(chance, span, calendar)
        rule = Deadline(rule.amount, rule.unit, rule.start, "end_of_day")
        later = start + timedelta(minutes=chance.randint(0, 3000))

        assert due(rule, start=start, calendar=calendar).due_at <= due(rule, start=later, calendar=calendar).due_at


@pytest.mark.parametrize("world", WORLDS)
def test_shares_of_the_time_lie_in_order_between_start_and_date(world: str) -> None:
    calendar, span = WORLDS[world]
    chance = random.Random(world)

    for _ in range(100):
        start = a_moment(chance, span, calendar)
        receipt = due(a_deadline(chance), start=start, calendar=calendar, pauses=some_pauses(chance, start))
        moments = [instant_at_share(receipt, share, calendar) for share in (0.0, 0.25, 0.5, 0.8, 1.0)]

        assert moments == sorted(moments)
        assert receipt.counts_from <= moments[0]
        assert moments[-1] == receipt.due_at
