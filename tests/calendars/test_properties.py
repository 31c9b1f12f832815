"""What holds for every deadline, every start, every pause and every extension."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendars import (
    Deadline,
    Extension,
    Pause,
    Unit,
    calendar_from_json,
    calendar_to_json,
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

SEASONS = chinese_calendar(hours=OFFICE_HOURS, changes={date(2026, 3, 4): NIGHT_HOURS, date(2026, 10, 3): OFFICE_HOURS})
CALENDARS = [CHINA, CHINA_NIGHTS, CHINA_ALWAYS, BERLIN_NIGHTS, SEASONS]

#: The same examples in every run, so that a change is to blame when one fails.
tries = partial(settings, deadline=None, derandomize=True, database=None)

calendars = st.sampled_from(CALENDARS)
starts = st.datetimes(datetime(2025, 12, 1), datetime(2027, 1, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
units = st.sampled_from([unit for unit in Unit if unit is not Unit.FIELD])
reasons = st.sampled_from(["", "waits for papers", "in court"])
#: Some begin before, some overlap, some last for seconds, some for weeks.
pauses = st.lists(
    st.builds(
        lambda begin, length, reason: Pause(begin, begin + length, reason),
        starts,
        st.timedeltas(timedelta(0), timedelta(days=20)),
        reasons,
    ),
    max_size=4,
)


def amounts(unit: Unit) -> st.SearchStrategy[Decimal]:
    if unit.whole_days:
        return st.integers(1, 6 if unit is Unit.MONTHS else 60).map(Decimal)
    return st.decimals("0.01", "300", places=2)


@st.composite
def deadlines(draw: st.DrawFn, *, given_dates: bool = True) -> Deadline:
    unit = draw(st.sampled_from(Unit) if given_dates else units)
    end, roll = draw(st.sampled_from(ENDS)), draw(st.sampled_from(ROLLS))
    by = draw(st.none() | st.times()) if unit.whole_days or unit is Unit.FIELD else None
    days = st.dates(date(2025, 12, 1), date(2027, 1, 31))
    if unit is Unit.FIELD:
        return Deadline(Decimal(0), unit, end=end, roll=roll, at=draw(days if by else days | starts), by=by)
    amount = draw(amounts(unit))
    if given_dates and draw(st.booleans()):
        return Deadline(amount, unit, end=end, roll=roll, at=draw(days | starts), before=True, by=by)
    return Deadline(amount, unit, draw(st.sampled_from(STARTS)), end, roll, by=by)


@st.composite
def extensions(draw: st.DrawFn, unit: Unit) -> list[Extension]:
    found = draw(st.lists(st.tuples(amounts(unit), starts, reasons), max_size=3))
    return [Extension(*each) for each in found]


@given(st.data(), deadlines(), starts, calendars, pauses)
@tries(max_examples=150)
def test_every_receipt_adds_up_and_survives_json(data: st.DataObject, rule: Deadline, start, calendar, stood) -> None:
    more = data.draw(extensions(rule.unit)) if rule.at is None else []

    receipt = due(rule, start=start, calendar=calendar, pauses=stood, extensions=more)

    assert receipt.due_at == recount(receipt)
    assert receipt.due_at == due_at(rule, start=start, calendar=calendar, pauses=stood, extensions=more)
    assert receipt == receipt_from_json(json.loads(json.dumps(receipt_to_json(receipt))))


@given(st.data(), deadlines(given_dates=False), starts, calendars, pauses)
@tries(max_examples=50)
def test_the_order_of_pauses_and_extensions_does_not_matter(data, rule: Deadline, start, calendar, stood) -> None:
    more = data.draw(extensions(rule.unit))

    receipt = due(rule, start=start, calendar=calendar, pauses=stood, extensions=more)

    shuffled = due(
        rule,
        start=start,
        calendar=calendar,
        pauses=data.draw(st.permutations(stood)),
        extensions=data.draw(st.permutations(more)),
    )
    assert shuffled == receipt


@given(st.data(), deadlines(given_dates=False), starts, calendars, pauses)
@tries(max_examples=50)
def test_an_extension_and_a_longer_amount_give_the_same_date_under_any_pause(
    data, rule: Deadline, start, calendar, stood
) -> None:
    more = data.draw(amounts(rule.unit))
    longer = replace(rule, amount=rule.amount + more)

    extended = due_at(rule, start=start, calendar=calendar, pauses=stood, extensions=[Extension(more, start)])

    assert extended == due_at(longer, start=start, calendar=calendar, pauses=stood)


@given(st.data(), deadlines(given_dates=False), starts, calendars, pauses)
@tries(max_examples=100)
def test_a_larger_amount_never_gives_an_earlier_date(data, rule: Deadline, start, calendar, stood) -> None:
    rule = replace(rule, roll="none")  # a roll back may end on the other side of a shorter one
    longer = replace(rule, amount=rule.amount + data.draw(amounts(rule.unit)))

    first, second = (due_at(each, start=start, calendar=calendar, pauses=stood) for each in (rule, longer))

    assert first <= second


@given(deadlines(given_dates=False), starts, st.timedeltas(timedelta(0), timedelta(days=30)), calendars)
@tries(max_examples=100)
def test_a_later_start_never_gives_an_earlier_date(rule: Deadline, start, later: timedelta, calendar) -> None:
    # A start outside office hours keeps no time of day and ends with the day; a roll back stops at the start.
    rule = replace(rule, end="end_of_day", roll="none")

    first, second = (due_at(rule, start=each, calendar=calendar) for each in (start, start + later))

    assert first <= second


@given(deadlines(), starts, calendars, pauses)
@tries(max_examples=50)
def test_shares_of_the_time_are_in_order(rule: Deadline, start, calendar, stood) -> None:
    receipt = due(rule, start=start, calendar=calendar, pauses=stood)

    moments = [instant_at_share(receipt, share, calendar) for share in (0.0, 0.3, 0.5, 0.8, 1.0)]

    assert moments == sorted(moments)
    assert moments[-1] == receipt.due_at


@given(starts, starts, starts, calendars)
@tries(max_examples=75)
def test_working_time_adds_up(one, two, three, calendar) -> None:
    whole = working_time_between(one, three, calendar)

    assert whole == working_time_between(one, two, calendar) + working_time_between(two, three, calendar)
    assert whole == -working_time_between(three, one, calendar)


@given(starts, st.decimals("0.01", "300", places=2), calendars)
@tries(max_examples=75)
def test_a_limit_of_working_hours_is_so_much_working_time(start, hours: Decimal, calendar) -> None:
    limit = timedelta(seconds=int(hours * 3600))
    forth = Deadline(hours, Unit.WORKING_HOURS, end="same_time")
    back = replace(forth, at=start, before=True)

    assert working_time_between(start, due_at(forth, start=start, calendar=calendar), calendar) == limit
    assert working_time_between(due_at(back, start=start, calendar=calendar), start, calendar) == limit


@pytest.mark.parametrize("calendar", CALENDARS)
def test_a_stored_calendar_counts_alike(calendar) -> None:
    again = calendar_from_json(json.loads(json.dumps(calendar_to_json(calendar))))
    rule, start = Deadline(Decimal(40), Unit.WORKING_DAYS), datetime(2026, 2, 10, 3, tzinfo=UTC)

    assert due(rule, start=start, calendar=calendar) == due(rule, start=start, calendar=again)
