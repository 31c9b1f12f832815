"""Whom a survey asks: shares, least numbers, one case of each customer, and the same draw for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.history.check import draw
from engine.procedures.package import Survey
from engine.queries.reports import CaseFacts, on_list, sampled, time_of, told

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SURVEY = Survey("calls", {"en": "Calls"}, of=("complaint",), every="month", share=10, at_least=5)


def facts(number: int, **data: Any) -> CaseFacts:
    context: Mapping[str, Any] = {
        **data,
        "case": {"number": f"C-{number:03}", "outcome": data.get("outcome", "closed")},
    }
    return CaseFacts(number, f"C-{number:03}", "", None, NOW, context, NOW, context)  # type: ignore[arg-type]


def changed(**values: Any) -> Survey:
    return Survey(**{name: getattr(SURVEY, name) for name in SURVEY.__slots__} | values)


@pytest.mark.parametrize(
    ("cases", "asked"),
    [
        (120, 12),  # ten percent
        (121, 13),  # rounded up: at least ten percent of them
        (37, 5),  # less than five would be too few
        (3, 3),  # there are no five
        (0, 0),
    ],
)
def test_ten_percent_of_a_month_and_at_least_five(cases: int, asked: int) -> None:
    drawn = sampled(SURVEY, map(facts, range(cases)), seed="s", known=frozenset())

    assert len(drawn.numbers) == asked
    assert len(drawn.population) == cases


def test_anybody_can_draw_it_again_and_another_seed_draws_others() -> None:
    found = [facts(number) for number in range(60)]

    drawn = sampled(SURVEY, reversed(found), seed="one", known=frozenset())

    assert list(drawn.numbers) == draw(drawn.population, "one", drawn.size)
    assert drawn == sampled(SURVEY, found, seed="one", known=frozenset())
    assert drawn.numbers != sampled(SURVEY, found, seed="two", known=frozenset()).numbers


def test_a_customer_with_several_cases_is_asked_about_the_latest() -> None:
    all_of_them = changed(share=100, at_least=0, customer="phone")
    found = [facts(3, phone="138"), facts(2, phone="138"), facts(1), facts(0)]  # the latest first

    drawn = sampled(all_of_them, found, seed="s", known=frozenset())

    assert [number for number, _ in drawn.population] == ["C-000", "C-001", "C-003"]


def test_who_was_asked_is_not_asked_again_not_even_about_another_case() -> None:
    all_of_them = changed(share=100, at_least=0, customer="phone")
    found = [facts(3, phone="138"), facts(2, phone="138"), facts(1, phone="139")]

    assert sampled(all_of_them, found, seed="s", known=frozenset({"C-002"})).numbers == ("C-001",)


def test_every_kind_of_case_is_in_the_sample() -> None:
    by_kind = changed(by="kind", share=1, at_least=2)
    found = [facts(number, kind="taste" if number else "service") for number in range(50)]

    drawn = sampled(by_kind, found, seed="s", known=frozenset())

    assert "C-000" in drawn.numbers
    assert len(drawn.numbers) == 2


def test_only_cases_that_it_is_about_and_what_its_questionnaire_is_told() -> None:
    survey = changed(where='case.outcome = "closed"', data={"who": "name", "about": "case.number", "odd": "name["})

    drawn = sampled(survey, [facts(1, name="Chen"), facts(2, outcome="rejected")], seed="s", known=frozenset())

    assert drawn.numbers == ("C-001",)
    assert told(survey, facts(1, name="Chen")) == {"who": "Chen", "about": "C-001", "odd": None}


def test_a_month_is_the_one_before_by_the_companys_clocks_and_a_time_ends_now() -> None:
    zone = ZoneInfo("Asia/Shanghai")

    since, until = time_of(SURVEY, datetime(2026, 3, 31, 16, tzinfo=UTC), zone)  # 1 April in Shanghai
    assert (since.isoformat(), until.isoformat()) == ("2026-03-01T00:00:00+08:00", "2026-04-01T00:00:00+08:00")


def test_who_stands_on_a_list_is_asked_once_and_not_beside_the_draw() -> None:
    survey = changed(of=(), customer="phone", data={"who": "name", "about": "case.title"})
    asking = replace(facts(9), context={"case": {"number": "C-009", "title": "Yearly"}})
    lines = [{"name": "Chen", "phone": "138"}, {"name": "Li", "phone": "139"}, {"name": "Li", "phone": "139"}, {}, "x"]

    found = list(on_list(survey, asking, lines, besides=[facts(1, phone="138")]))

    assert [(position, told(survey, line)) for position, line in found] == [(2, {"who": "Li", "about": "Yearly"})]


@pytest.mark.parametrize(
    ("customers", "asked"), [(None, 0), ("Chen", 0), ([{"name": str(n)} for n in range(600)], 500)]
)
def test_a_list_that_is_none_or_too_long(customers: object, asked: int) -> None:
    assert len(list(on_list(SURVEY, facts(9), customers, besides=()))) == asked
