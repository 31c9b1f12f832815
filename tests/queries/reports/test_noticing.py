"""What triggers notice, counted by hand: below, at and above what they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from engine.procedures import PackageRef, collect_files, package_from_files
from engine.procedures.package import Trigger
from engine.queries.reports import CaseFacts, Noticed, looked_at_since, noticed

ROOT = Path(__file__).parents[3]
SHANGHAI = ZoneInfo("Asia/Shanghai")
#: 1 November, six in the morning in Shanghai.
NOW = datetime(2026, 10, 31, 22, 0, tzinfo=UTC)
RISING = Trigger("rising", {}, "p", by="level", rises=3)
GATHERING = Trigger("gathering", {}, "p", by="lot", at_least=3, within=timedelta(days=30))


def case(number: int, at: datetime, **data: Any) -> CaseFacts:
    return CaseFacts(number, f"C-{number}", "", cast("Any", None), at, data, at, data)


def months(level: str, counts: Sequence[int], *, last: int = 10) -> list[CaseFacts]:
    """So many cases of that level in the months up to the one numbered *last*."""
    found = []
    for place, count in enumerate(counts):
        month = last - len(counts) + 1 + place
        found += [case(1000 * month + n, datetime(2026, month, 10, tzinfo=UTC), level=level) for n in range(count)]
    return found


def see(
    trigger: Trigger, found: list[CaseFacts], known: Sequence[tuple[str, str]] = (), now: datetime = NOW
) -> tuple[Noticed, ...]:
    return noticed(trigger, found, now=now, zone=SHANGHAI, known=known)


@pytest.mark.parametrize(
    ("counts", "is_found"),
    [
        ([5, 6, 7, 8], True),
        ([5, 6, 7, 7], False),  # the third is no rise
        ([5, 6, 7], False),
        ([8, 6, 7, 8], False),  # two rises
        ([1, 5, 6, 7, 8], True),
        ([5, 6, 8, 7], False),
    ],
)
def test_three_rises_are_four_months_each_above_the_one_before(counts: list[int], is_found: object) -> None:
    assert bool(see(RISING, months("minor", counts))) is is_found


def test_what_was_before_anybody_counted_is_no_number() -> None:
    assert see(RISING, months("minor", [1, 2, 3])) == ()
    assert see(RISING, [*months("minor", [0, 1, 2, 3]), *months("other", [0, 1, 1, 1])]) == ()


def test_a_rise_from_no_case_of_the_kind_is_a_rise() -> None:
    (found,) = see(RISING, [*months("minor", [0, 1, 2, 3]), *months("other", [1, 0, 0, 0])])

    assert found.counts == (("2026-07", 0), ("2026-08", 1), ("2026-09", 2), ("2026-10", 3))
    assert found.mark == "2026-08"
    assert len(found.cases) == 6


def test_each_value_rises_for_itself_and_the_running_month_does_not_count() -> None:
    found = [*months("minor", [4, 3, 2, 1]), *months("major", [1, 2, 3, 4]), *months("serious", [2, 1, 2, 9], last=11)]

    assert [(each.key, each.mark) for each in see(RISING, found)] == [("major", "2026-08")]


def test_a_run_that_goes_on_is_the_same_thing() -> None:
    goes_on = months("minor", [5, 6, 7, 8, 9], last=11)
    (then,) = see(RISING, months("minor", [5, 6, 7, 8]))
    (now,) = see(RISING, goes_on, now=NOW + timedelta(days=30))

    assert (then.mark, now.mark) == ("2026-08", "2026-08")
    assert now.counts[-1] == ("2026-11", 9)


def test_quarters_may_rise_too() -> None:
    trigger = Trigger("quarters", {}, "p", rises=2, every="quarter")
    found = [*months("x", [1], last=2), *months("x", [1, 1], last=5), *months("x", [1, 1, 1], last=9)]

    (each,) = see(trigger, found)

    assert each.counts == (("2026-Q1", 1), ("2026-Q2", 2), ("2026-Q3", 3))


@pytest.mark.parametrize(("count", "is_found"), [(2, False), (3, True), (4, True)])
def test_so_many_of_the_same_lot_are_a_cluster(count: int, is_found: object) -> None:
    found = [case(n, NOW - timedelta(days=n), lot="A7") for n in range(1, count + 1)] + [case(9, NOW, lot="B1")]
    seen = see(GATHERING, found)

    assert bool(seen) is is_found
    if seen:
        assert seen[0].cases == tuple(f"C-{n}" for n in range(count, 0, -1))
        assert seen[0].mark == f"C-{count}"


def test_cases_without_a_lot_have_none_in_common() -> None:
    assert see(GATHERING, [case(n, NOW, lot=None) for n in range(5)]) == ()


def test_what_an_alert_stood_on_is_not_counted_again() -> None:
    found = [case(n, NOW - timedelta(days=9 - n), lot="A7") for n in range(1, 6)]
    known = [("A7", "C-1"), ("A7", "C-2"), ("A7", "C-3")]

    assert see(GATHERING, found, known) == ()
    (again,) = see(GATHERING, [*found, case(6, NOW, lot="A7")], known)
    assert again.cases == ("C-4", "C-5", "C-6")


def test_different_shops_may_count_instead_of_cases() -> None:
    trigger = Trigger("shops", {}, "p", by="lot", at_least=3, within=timedelta(days=30), distinct="shop")
    in_two = [case(n, NOW, lot="A7", shop=shop) for n, shop in enumerate(("east", "west", "east", None))]

    assert see(trigger, in_two) == ()
    (found,) = see(trigger, [*in_two, case(9, NOW, lot="A7", shop="north")])
    assert len(found.cases) == 5


def test_only_the_cases_of_the_condition_count() -> None:
    trigger = Trigger("t", {}, "p", where="founded = true", at_least=2, within=timedelta(days=30))
    found = [case(1, NOW, founded=True), case(2, NOW, founded=False), case(3, NOW)]

    assert see(trigger, found) == ()
    (each,) = see(trigger, [*found, case(4, NOW, founded=True)])
    assert (each.key, each.cases) == ("", ("C-1", "C-4"))


def test_how_far_back_cases_are_read() -> None:
    assert looked_at_since(GATHERING, NOW, SHANGHAI) == NOW - timedelta(days=30)
    assert looked_at_since(RISING, NOW, SHANGHAI) == datetime(2025, 7, 1, tzinfo=SHANGHAI)


def trigger_of(company: str, procedure: str, name: str) -> Trigger:
    ref = PackageRef(company, procedure)
    return package_from_files(collect_files(ROOT / "processes", ROOT / "forms", ref)).triggers[name]


def look(trigger: Trigger, found: list[CaseFacts]) -> tuple[Noticed, ...]:
    """What it notices among the cases that are read for it."""
    since = looked_at_since(trigger, NOW, SHANGHAI)
    return see(trigger, [facts for facts in found if facts.dated_at >= since])


@pytest.mark.parametrize(("count", "is_found"), [(4, False), (5, True), (6, True)])
def test_five_objections_to_one_item_in_three_months_are_frequent(count: int, is_found: object) -> None:
    trigger = trigger_of("customer-objection-management", "improvement", "frequent_item")
    found = [case(n, NOW - timedelta(days=20 * n), objection_item="产品A") for n in range(count)]
    too_early = case(9, NOW - timedelta(days=93), objection_item="产品A")
    other = [case(20 + n, NOW, objection_item="送货") for n in range(4)]

    assert bool(look(trigger, [*found[:4], *other])) is False
    assert (
        bool(look(trigger, [case(n, NOW - timedelta(days=n), objection_item="产品A") for n in range(count)]))
        is is_found
    )
    assert look(trigger, [*found[:4], too_early]) == ()


def test_two_customers_with_the_same_product_in_half_a_year_are_similar_problems() -> None:
    trigger = trigger_of("manufacturer-8d-complaints", "similar_products", "same_product")

    def complaint(number: int, customer: str, days: int = 0, product: str = "连接器C3") -> CaseFacts:
        return case(number, NOW - timedelta(days=days), product=product, customer_name=customer)

    assert look(trigger, [complaint(1, "甲公司", 9), complaint(2, "甲公司")]) == (), "one customer, twice"
    assert look(trigger, [complaint(1, "甲公司", 184), complaint(2, "乙公司")]) == (), "too long ago"
    assert look(trigger, [complaint(1, "甲公司"), complaint(2, "乙公司", product="端子D1")]) == ()
    (found,) = look(trigger, [complaint(1, "甲公司", 182), complaint(2, "乙公司")])
    assert found.cases == ("C-1", "C-2")


WEEKLY = Trigger("slow", {}, "p", mean="hours", every="week")
#: The last week that is closed on 1 November 2026 begins here: 2026-W43.
LAST_WEEK = datetime(2026, 10, 19, tzinfo=SHANGHAI)


def weeks(*hours: float, last: datetime = LAST_WEEK, **data: Any) -> list[CaseFacts]:
    """A case in each of the weeks up to *last* that took so many hours."""
    days = [last - timedelta(weeks=len(hours) - 1 - place) + timedelta(days=2) for place in range(len(hours))]
    return [case(n, at, hours=took, **data) for n, (at, took) in enumerate(zip(days, hours, strict=True), start=1)]


@pytest.mark.parametrize(("latest", "is_found"), [(19, False), (20, True), (40, True)])
def test_a_week_beyond_the_natural_limits_is_noticed_with_its_cases(latest: float, is_found: object) -> None:
    # 19: mean 11.7, moving range 25/9, upper limit 19.09; 20: 11.8, 26/9, 19.48
    seen = see(WEEKLY, weeks(10, 12, 10, 12, 10, 12, 10, 12, 10, latest))

    assert bool(seen) is is_found
    if latest == 40:
        (each,) = seen
        assert (each.mark, each.cases) == ("2026-W43", ("C-10",))
        assert each.chart is not None
        assert [point.value for point in each.chart.points[-2:]] == [10.0, 40.0]
        assert round(each.chart.limits.upper, 3) == 27.396
        assert each.chart.run is False


def test_four_weeks_have_no_limits_yet_and_the_running_one_does_not_count() -> None:
    assert see(WEEKLY, weeks(1, 1, 1, 90)) == ()
    assert see(WEEKLY, weeks(1, 1, 1, 1, 90, last=LAST_WEEK + timedelta(weeks=1))) == ()
    assert [each.mark for each in see(WEEKLY, weeks(1, 1, 1, 1, 90))] == ["2026-W43"]


def test_the_eighth_on_one_side_of_the_mean_is_noticed_once() -> None:
    hours = [10, 14, 10, 14, 10, 14, 15, 16, 15, 16, 15, 16, 15, 16]
    (each,) = see(WEEKLY, weeks(*hours[:13]))
    assert (each.mark, len(each.cases)) == ("2026-W43 run", 8)
    assert each.chart is not None
    assert each.chart.run is True
    in_run = [("", point.period) for point in each.chart.points[-8:]]

    goes_on = noticed(
        WEEKLY,
        weeks(*hours, last=LAST_WEEK + timedelta(weeks=1)),
        now=NOW + timedelta(weeks=1),
        zone=SHANGHAI,
        known=(),
        in_runs=in_run,
    )

    assert goes_on == ()


def test_a_worker_that_stood_still_makes_up_for_four_periods() -> None:
    spike = [1, 1, 1, 1, 1, 90]
    assert [each.mark for each in see(WEEKLY, weeks(*spike, 1, 1, 1))] == ["2026-W40"]
    assert see(WEEKLY, weeks(*spike, 1, 1, 1, 1)) == ()


def test_a_chart_of_counts_has_weeks_without_any_and_every_value_its_own() -> None:
    trigger = Trigger("many", {}, "p", count="true", by="store", every="week")
    quiet = [case(n, LAST_WEEK - timedelta(weeks=n), store="a") for n in (8, 6, 4, 2)]
    many = [case(20 + n, LAST_WEEK + timedelta(days=1), store="a") for n in range(5)]
    others = [case(40 + n, LAST_WEEK - timedelta(weeks=n), store="b") for n in range(9)]

    (each,) = see(trigger, [*quiet, *many, *others])

    assert (each.key, each.mark, len(each.cases)) == ("a", "2026-W43", 5)
    assert each.chart is not None
    assert [point.value for point in each.chart.points] == [1, 0, 1, 0, 1, 0, 1, 0, 5]


def test_what_is_rarer_than_one_a_period_has_no_limits_worth_the_name() -> None:
    trigger = Trigger("rare", {}, "p", count="true", every="week")
    first = case(1, LAST_WEEK - timedelta(weeks=20))
    two = [case(2, LAST_WEEK), case(3, LAST_WEEK)]

    assert see(trigger, [first, *two]) == ()
