"""Counted by the database or case by case: the numbers are the same, and so are the cases behind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.site import Site
from engine.procedures.package import Figure, Report
from engine.queries.reports import (
    CaseFacts,
    Scope,
    cases_in,
    cases_where,
    count_figures,
    count_table,
    counted,
    figures_by_period,
    many,
    tallied,
)
from engine.queries.reports.tallies import Needs, needs_of
from engine.tables import cases, clocks
from engine.worker import handlers
from tests.support.cafe import a_complaint, a_round, changed_procedure, do
from tests.support.clock import MONDAY, StandingClock
from tests.support.site import CAFE, a_site, actor_of
from tests.support.statements import driver_statements

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
SCOPE = Scope(("complaint",), MONDAY - timedelta(days=1), APRIL)
#: Everything a figure may be made of, and a table in which no case is at home.
REPORT = Report(
    id="r",
    title={},
    where='summary != "left out"',
    rows="kind",
    across="case.status",
    figures=(
        Figure("all", {}, count="true"),
        Figure("closed", {}, count="case.is_closed"),
        Figure("on_time", {}, count="case.on_time = true", among="case.on_time != null"),
        Figure("late", {}, count="case.limits.reply.late", among="case.limits.reply != null"),
        Figure("overdue", {}, count='case.limits.reply.status = "overdue"'),
        Figure("satisfied", {}, count='satisfied = "yes"', among="satisfied != null"),
        Figure("quick", {}, count="case.answer_hours <= 8", among="case.answered != null"),
        Figure("answer", {}, mean="case.answer_hours"),
        Figure("days", {}, sum="case.days", among="case.outcome != null"),
        Figure("numbers", {}, count='starts with(case.number, "HC")'),
        Figure("withdrawn", {}, count="case.withdrawn"),
        Figure("share", {}, value="closed / all"),
    ),
)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    """Twenty-four complaints at five places of the procedure, some of them late."""
    site = a_site(tmp_path, clock=clock)
    for number in range(24):
        if number == 12:
            changed_procedure(site, ("满意", "很满意"))
        said = {"kind": ("taste", "service")[number % 2], "summary": "left out" if number % 8 == 7 else "cold"}
        started = a_complaint(site, **said)
        if number % 5 < 3:
            clock.move(hours=30 * (number % 5))
            a_round(site, started.case_id, satisfied="yes" if number % 3 else "no")
        elif number % 5 == 3:
            do(site, started.case_id, "assess")
        site.jobs.do(handlers(site))
        clock.move(hours=7)
    return site


def read(site: Site, connection: sa.Connection, scope: Scope = SCOPE) -> list[CaseFacts]:
    found = cases_in(connection, site.deployments, CAFE, scope, now=site.clock())
    return [facts for facts in found if facts.holds(REPORT.where)]


def tally(site: Site, connection: sa.Connection, scope: Scope = SCOPE, **more: Any) -> Any:
    given = {"admits": lambda facts: facts.holds(REPORT.where), "asks": [REPORT.where], **more}
    return counted(connection, site.deployments, CAFE, REPORT, scope, now=site.clock(), **given)


def test_what_expressions_read_is_seen_in_them() -> None:
    assert needs_of(["kind", 'case.status = "open" and count(photos) > 0', ""]) == Needs(
        frozenset({"kind", "photos"}), frozenset({"status"})
    )
    assert needs_of(["case.limits.reply.late"]) == Needs(facts=frozenset({"limits"}))
    assert needs_of(["case.branches.place[1]"]) == Needs(frozenset({"place"}), frozenset({"branches"}))
    assert needs_of(["some item in goods satisfies item.price > 3"]) == Needs(frozenset({"goods", "item"}))


@pytest.mark.parametrize(
    "text",
    ["case", "case.done.assess", "case.limits", "case.limits.reply.due", "case.limits.reply", 'get value(case, "status")',
     "case.unheard", "1 +"],
)  # fmt: skip
def test_what_is_not_seen_in_an_expression_is_read_case_by_case(text: str) -> None:
    assert needs_of([text]) is None


def test_figures_and_tables_are_those_of_the_cases_read_one_by_one(site: Site) -> None:
    report = replace(REPORT, figures=tuple(each for each in REPORT.figures if each.id != "late"))
    report = replace(report, figures=(*report.figures, Figure("late", {}, count="case.limits.reply.late = true")))
    with site.database.reading(CAFE) as connection:
        found = read(site, connection)
        given = {"admits": lambda facts: facts.holds(report.where), "asks": [report.where]}
        whole = counted(connection, site.deployments, CAFE, report, SCOPE, now=site.clock(), **given)  # type: ignore[arg-type]

    assert len(found) == many(whole.found) == many(whole.numbers) == 21
    assert len(whole.found) < 21
    by_cases = count_figures(report, found, {})
    assert count_figures(report, whole.found, whole.others) == by_cases
    assert count_table(report, whole.found) == count_table(report, found)
    assert all(each.value is not None for each in by_cases)
    assert len({each.value for each in by_cases}) > 7


def test_what_has_to_be_read_case_by_case_counts_the_same(site: Site) -> None:
    with site.database.reading(CAFE) as connection:
        found, whole = read(site, connection), tally(site, connection)

    assert (len(whole.found), whole.others) == (21, {})
    assert count_figures(REPORT, whole.found, whole.others) == count_figures(REPORT, found, {})


def test_periods_are_counted_apart(site: Site) -> None:
    days = [MONDAY.replace(hour=0) + timedelta(days=day) for day in range(12)]
    spans = list(pairwise(days))
    report = Report(id="r", title={}, rows="kind", figures=REPORT.figures[:3] + REPORT.figures[7:8])
    with site.database.reading(CAFE) as connection:
        found = list(cases_in(connection, site.deployments, CAFE, SCOPE, now=site.clock()))
        whole = counted(
            connection, site.deployments, CAFE, report, SCOPE, now=site.clock(), admits=lambda _: True, edges=days
        )

    by_cases = figures_by_period(report, spans, found, {})
    assert figures_by_period(report, spans, whole.found, whole.others) == by_cases
    assert sum(each.cases > 0 for each in by_cases) > 5


def test_closed_cases_are_dated_by_their_end(site: Site) -> None:
    scope = replace(SCOPE, dated="closed")
    with site.database.reading(CAFE) as connection:
        found = list(cases_in(connection, site.deployments, CAFE, scope, now=site.clock()))
        whole = tallied(connection, site.deployments, CAFE, scope, ["case.is_closed"], now=site.clock())

    assert [(facts.count, facts.value("case.is_closed")) for facts in whole if facts.value("case.is_closed")]
    assert many(whole) == len(found) > 0


def test_more_cases_are_no_more_statements(site: Site) -> None:
    report = replace(REPORT, figures=tuple(each for each in REPORT.figures if each.id != "late"))
    given = {"admits": lambda facts: facts.holds(report.where), "asks": [report.where]}

    def statements() -> int:
        with site.database.reading(CAFE) as connection:
            counted(connection, site.deployments, CAFE, report, SCOPE, now=site.clock(), **given)  # type: ignore[arg-type]
            seen.clear()
            counted(connection, site.deployments, CAFE, report, SCOPE, now=site.clock(), **given)  # type: ignore[arg-type]
            return len(seen)

    seen = driver_statements(site.database)
    before = statements()
    for _ in range(10):
        a_complaint(site)

    assert statements() == before < 15


def test_the_cases_behind_a_number_are_found_in_order_and_from_any_place(site: Site) -> None:
    def of(before: tuple[int, int] | None = None, asks: tuple[str, ...] = ("kind", "case.status")) -> list[CaseFacts]:
        with site.database.reading(CAFE) as connection:
            return list(
                cases_where(
                    connection, site.deployments, CAFE, SCOPE, test=matches, asks=asks, now=site.clock(), before=before
                )
            )

    def matches(facts: CaseFacts) -> bool:
        return facts.holds('kind = "taste" and case.status = "closed"')

    with site.database.reading(CAFE) as connection:
        wanted = [
            each for each in cases_in(connection, site.deployments, CAFE, SCOPE, now=site.clock()) if matches(each)
        ]
    assert [each.number for each in of()] == [each.number for each in wanted]
    assert 3 < len(wanted) < 15
    third = wanted[2]
    behind = (round(third.dated_at.timestamp() * 1000), third.id)
    assert [each.number for each in of(behind)] == [each.number for each in wanted[3:]]
    assert [each.number for each in of(behind, ("case.steps",))] == [each.number for each in wanted[3:]]
    assert of()[0].context["case"]["done"]


def test_only_the_cases_of_a_page_are_read_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.queries.reports.tallies._FIRST", 3)
    seen = driver_statements(site.database)
    with site.database.reading(CAFE) as connection:
        found = cases_where(
            connection, site.deployments, CAFE, SCOPE, test=lambda _: True, asks=["kind"], now=site.clock()
        )
        next(found)
        read_whole = [each for each in seen if "user_tasks" in each[0]]

        found.close()  # type: ignore[attr-defined]

    assert len(read_whole) == 1


def test_what_is_kept_from_the_reader_is_counted_as_they_see_it(site: Site) -> None:
    rule = '[confidential.taste]\ngroups = ["kitchen"]\nfields = ["kind"]\nshow = "hidden"\n\n[lanes]'
    changed_procedure(site, ("[lanes]", rule))
    a_complaint(site)
    scope = replace(SCOPE, reader=actor_of(site, "fang.lan"))
    with site.database.reading(CAFE) as connection:
        found = list(cases_in(connection, site.deployments, CAFE, scope, now=site.clock()))
        whole = tallied(connection, site.deployments, CAFE, scope, ["kind"], now=site.clock())

    assert count_table(REPORT, whole) == count_table(REPORT, found)
    table = count_table(REPORT, found)
    assert table is not None
    assert "-" in dict(table.rows)


def test_rounds_of_a_time_limit_are_told_in_their_order(site: Site) -> None:
    with site.database.transaction(CAFE) as connection:
        c = clocks.c
        row = connection.execute(sa.select(clocks).where(c.deadline == "reply").order_by(c.case_id).limit(1)).one()
        connection.execute(
            sa.update(clocks).where(c.case_id == row.case_id, c.deadline == "reply").values(round=2, status="met")
        )
        earlier = {**row._asdict(), "round": 10, "status": "late"}
        connection.execute(sa.insert(clocks).values(earlier))
        (number,) = connection.execute(sa.select(cases.c.number).where(cases.c.id == row.case_id)).one()
        texts = ["case.limits.reply.status", "case.limits.reply.late", "case.limits.reply.rounds", "case.on_time"]
        found = tallied(connection, site.deployments, CAFE, SCOPE, [*texts, "case.number"], now=site.clock())
        by_case = cases_in(connection, site.deployments, CAFE, SCOPE, now=site.clock())

        (told,) = [[f.value(text) for text in texts] for f in found if f.value("case.number") == number]
        (as_read,) = [[f.value(text) for text in texts] for f in by_case if f.number == number]
    assert told == as_read
    assert told[:3] == ["late", True, 2]
