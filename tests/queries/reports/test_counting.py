"""Every kind of figure over ten cases and more, counted by hand; what is not in a denominator is said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from engine.procedures.package import Figure, Report
from engine.queries.reports import CaseFacts, Choice, belongs, count_figures, count_table, key_of
from engine.queries.reports.counting import FigureValue

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
#: Ten complaints. Two were asked about satisfaction and could not be reached, two are not closed yet.
TEN: list[dict[str, Any]] = [
    {"level": "minor", "branch": "east", "satisfaction": "satisfied", "on_time": True, "paid": "100.00"},
    {"level": "minor", "branch": "east", "satisfaction": "very_satisfied", "on_time": True, "paid": "20.50"},
    {"level": "minor", "branch": "west", "satisfaction": "dissatisfied", "on_time": False, "paid": None},
    {"level": "major", "branch": "west", "satisfaction": "satisfied", "on_time": True, "paid": "300.00"},
    {"level": "minor", "branch": "west", "satisfaction": "not_reached", "on_time": True, "paid": None},
    {"level": "serious", "branch": "east", "satisfaction": "satisfied", "on_time": False, "paid": "0.00"},
    {"level": "serious", "branch": "north", "satisfaction": None, "on_time": None, "paid": None},
    {"level": "minor", "branch": "east", "satisfaction": "not_reached", "on_time": True, "paid": None},
    {"level": "minor", "branch": "north", "satisfaction": None, "on_time": None, "paid": None},
    {"level": "serious", "branch": "east", "satisfaction": "dissatisfied", "on_time": True, "paid": "79.50"},
]


@dataclass
class _Deployment:
    id: int = 1


def facts(data: dict[str, Any], number: int = 1) -> CaseFacts:
    own = {name: value for name, value in data.items() if name != "on_time"}
    context = {**own, "case": {"on_time": data.get("on_time"), "number": f"C-{number}"}}
    return CaseFacts(number, f"C-{number}", "", cast("Any", _Deployment()), NOW, context, NOW, context)


def ten() -> list[CaseFacts]:
    return [facts(data, number) for number, data in enumerate(TEN, start=1)]


def figure(**parts: Any) -> FigureValue:
    report = Report(id="r", title={}, figures=(Figure("f", {}, **parts),))
    return count_figures(report, ten(), {})[0]


SATISFIED = 'satisfaction in ("satisfied", "very_satisfied")'
ASKED = 'satisfaction != null and satisfaction != "not_reached"'


def test_a_share_says_its_whole_and_what_it_leaves_out() -> None:
    found = figure(count=SATISFIED, among=ASKED, target="85")

    assert (found.value, found.counted, found.whole, found.left_out) == (Decimal(400) / 6, 4, 6, 4)
    assert found.met is False


def test_cases_that_are_not_decided_yet_are_no_misses() -> None:
    found = figure(count="case.on_time = true", among="case.on_time != null", target="75")

    assert (found.value, found.counted, found.whole, found.left_out) == (Decimal(75), 6, 8, 2)
    assert found.met is True


@pytest.mark.parametrize(
    ("parts", "value", "counted", "left_out"),
    [
        ({"count": 'level = "minor"'}, Decimal(6), 6, 0),
        ({"count": 'level = "extreme"'}, Decimal(0), 0, 0),
        ({"sum": "paid"}, Decimal("500.00"), 5, 5),
        ({"mean": "paid"}, Decimal("100.00"), 5, 5),
        ({"mean": "paid", "among": 'level = "serious"'}, Decimal("39.75"), 2, 8),
    ],
)
def test_counts_sums_and_means(parts: dict[str, str], value: Decimal, counted: int, left_out: int) -> None:
    found = figure(**parts)

    assert (found.value, found.counted, found.left_out) == (value, counted, left_out)


def test_nothing_to_count_is_no_zero() -> None:
    report = Report(
        id="r", title={}, figures=(Figure("f", {}, count="true", among="false"), Figure("m", {}, mean="paid"))
    )

    assert [each.value for each in count_figures(report, [], {})] == [None, None]


def test_a_target_may_be_a_most() -> None:
    assert figure(count='level = "major"', target="0", at_most=True).met is False
    assert figure(count='level = "extreme"', target="0", at_most=True).met is True


def test_the_score_of_the_coal_machinery_works_by_hand() -> None:
    """SX-4.7: S = ΣF·X, less ten for each verified complaint about quality, delivery or service, less five for others."""
    report = Report(
        id="final_score",
        title={},
        figures=(
            Figure("basic_score", {}, mean="basic_score"),
            Figure(
                "serious", {}, count='verified and aspect in ("quality", "delivery", "service")', of=("field_service",)
            ),
            Figure(
                "other",
                {},
                count='verified and not(aspect in ("quality", "delivery", "service"))',
                of=("field_service",),
            ),
            Figure("final", {}, value="basic_score - 10 * serious - 5 * other", target="70"),
        ),
    )
    visits = [
        ("quality", True), ("price", True), ("service", True), ("quality", False), ("other", False),
        ("delivery", False), ("price", False), ("service", False), ("quality", False), ("other", False),
    ]  # fmt: skip
    complaints = [facts({"aspect": aspect, "verified": verified}) for aspect, verified in visits]

    found = count_figures(report, [facts({"basic_score": 93.5})], {"serious": complaints, "other": complaints})

    assert [each.value for each in found] == [Decimal("93.5"), Decimal(2), Decimal(1), Decimal("68.5")]
    assert found[3].met is False


def test_rates_over_counted_values() -> None:
    report = Report(
        id="survey",
        title={},
        figures=(
            Figure("sent", {}, sum="sent"),
            Figure("returned", {}, sum="returned"),
            Figure("rate", {}, value="100 * returned / sent", target="85"),
        ),
    )
    sheets = [(30, 27), (20, 15), (10, 10), (5, 4), (5, 5), (8, 6), (2, 2), (10, 9), (6, 4), (4, 3)]
    found = count_figures(report, [facts({"sent": sent, "returned": back}) for sent, back in sheets], {})

    assert [each.value for each in found] == [Decimal(100), Decimal(85), Decimal(85)]
    assert found[2].met is True


def test_a_division_by_nothing_is_no_number() -> None:
    report = Report(id="r", title={}, figures=(Figure("n", {}, count="false"), Figure("q", {}, value="1 / n")))

    assert count_figures(report, ten(), {})[1].value is None


def test_a_table_has_every_case_once_in_its_total() -> None:
    table = count_table(Report(id="r", title={}, rows="branch", across="level"), ten())

    assert table is not None
    assert [key for key, _ in table.rows] == ["east", "west", "north"]
    assert [key for key, _ in table.columns] == ["minor", "serious", "major"]
    assert table.counts["east", "minor"] == 3
    assert table.counts["east", "serious"] == 2
    assert ("east", "major") not in table.counts
    assert (table.counts["west", ""], table.counts["", "minor"], table.cases) == (3, 6, 10)


def test_a_case_with_several_values_stands_in_several_rows_and_is_one_case() -> None:
    found = [facts({"kinds": ["slow", "cold"]}), facts({"kinds": ["cold"]}), facts({"kinds": []}), facts({})]
    table = count_table(Report(id="r", title={}, rows="kinds"), found)

    assert table is not None
    assert {key: table.counts[key, ""] for key, _ in table.rows} == {"cold": 2, "slow": 1, "-": 2}
    assert table.cases == 4


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        (Choice(row="west"), ["C-3", "C-4", "C-5"]),
        (Choice(row="east", across="serious"), ["C-6", "C-10"]),
        (Choice(figure="satisfied", part="counted"), ["C-1", "C-2", "C-4", "C-6"]),
        (Choice(figure="satisfied", part="rest"), ["C-3", "C-10"]),
        (Choice(figure="satisfied", part="left_out"), ["C-5", "C-7", "C-8", "C-9"]),
        (Choice(figure="unknown"), []),
    ],
)
def test_every_number_opens_exactly_the_cases_it_counted(choice: Choice, numbers: list[str]) -> None:
    share = Figure("satisfied", {}, count=SATISFIED, among=ASKED)
    report = Report(id="r", title={}, rows="branch", across="level", figures=(share,))

    assert [each.number for each in ten() if belongs(report, each, choice)] == numbers


def test_keys_tell_values_apart() -> None:
    assert [key_of(value) for value in (None, "", True, Decimal("2.50"), "x")] == ["-", "-", "true", "2.5", "x"]
