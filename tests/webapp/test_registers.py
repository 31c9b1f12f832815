"""Every register and statistic that the thirty companies declare, with real cases in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import Actor
from engine.deployments import Deployment
from engine.procedures import collect_files, find_packages
from engine.procedures.package import Report
from engine.publishing.scenario import Action, Scenario
from engine.queries.reports import (
    CaseFacts,
    Choice,
    Period,
    Scope,
    belongs,
    bounds,
    cases_in,
    cases_where,
    count_figures,
    count_table,
    counted,
    figures_by_period,
)
from tests.support.clock import StandingClock
from tests.support.site import PASSWORD, an_empty_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from webapp.standard_report import standard_report
from webapp.story import Play, Story, scenarios_of

ROOT = Path(__file__).parents[2]
PACKAGES = find_packages(ROOT / "processes")
COMPANIES = sorted({ref.company for ref in PACKAGES})
BEGINS = datetime.fromisoformat("2026-03-02T08:00+08:00")
#: Reports whose condition none of the played scenarios meets, or that wait for something a person cannot do alone.
EMPTY = {
    "catering-feedback-system/system_evaluation/repeated_problems",
    "property-complaint-tracking/complaint/cases_without_answer",
    "property-complaint-tracking/supervision/cases_without_answer",
}

#: Scenarios that write what some register is about.
ALSO = {"external_letter_in_time.toml", "extended_with_reason.toml"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = replace(an_empty_site(tmp_path_factory.mktemp("registers")), clock=StandingClock(BEGINS))
    sa.event.listen(site.database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    yield site
    site.database.close()


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return an_app(site)


def live(site: Site, company: str) -> tuple[Deployment, ...]:
    """Everything of *company* in service, and of each procedure the scenario with most steps lived through."""
    for ref in (ref for ref in PACKAGES if ref.company == company):
        with site.acting(Actor.system(company)) as context:
            deploy(context, collect_files(ROOT / "processes", ROOT / "forms", ref))
    with site.database.reading(company) as connection:
        found = site.deployments.all_current(connection, company)
    with site.acting(Actor.system(company)) as context:
        for person in found[0].package.company.people:
            add_person(context, login=person.login, name=person.name, groups=person.groups)
        add_person(context, login=company, name={"en": "?"}, groups=(), password=PASSWORD, administrator=True)
    story = Story(site, company, begins=BEGINS)
    for deployment in found:
        able = [each for each in scenarios_of(deployment).values() if playable(each)]
        chosen = sorted(able, key=lambda each: -len(each.steps))[:2]
        chosen += [each for each in able if each.file.rpartition("/")[2] in ALSO]
        for place, scenario in enumerate(chosen):
            story.add(Play(company, deployment.package.id, scenario, BEGINS + timedelta(days=place, hours=2)))
    story.tell(until=BEGINS + timedelta(days=100))
    return found


def playable(scenario: Scenario) -> bool:
    """Whether people alone can live it: begun with a form or by the calendar, nothing from outside on the way."""
    outside = {Action.MESSAGE, Action.SIGNAL}
    start = scenario.start
    return (
        bool(start.form or start.schedule)
        and start.refused is None
        and not any(step.action in outside for step in scenario.steps)
    )


@pytest.mark.parametrize("company", COMPANIES)
def test_every_report_of_the_company_renders_with_real_cases(site: Site, app: Flask, company: str) -> None:
    deployments = live(site, company)
    clock = site.clock
    assert isinstance(clock, StandingClock)
    clock.at = BEGINS + timedelta(days=100)
    reader = staff(app, company)
    reports = [(each, report) for each in deployments for report in each.package.reports.values()]

    assert reports, "every company of the catalogue keeps a register or counts something"
    problems = [problem for each, report in reports if (problem := look_at(reader, company, each, report))]
    assert problems == []
    every = [*reports, *((each, standard_report(each)) for each in deployments)]
    differing = [problem for each, report in every if (problem := counted_otherwise(site, company, each, report))]
    assert differing == []


def counted_otherwise(site: Site, company: str, deployment: Deployment, report: Report) -> str:
    """Where counting by the database and counting case by case differ, "" for nowhere."""
    zone, now = deployment.time_zone, site.clock()
    scope = Scope(
        report.of or (deployment.package.id,), *bounds(Period("year", BEGINS.date().replace(month=1, day=1)), zone)
    )
    months = [bounds(Period("month", BEGINS.date().replace(month=month, day=1)), zone) for month in range(1, 9)]
    with site.database.reading(company) as connection:
        store = site.deployments
        found = [each for each in cases_in(connection, store, company, scope, now=now) if each.holds(report.where)]
        whole = counted(
            connection, store, company, report, scope, now=now, admits=lambda facts: facts.holds(report.where),
            asks=[report.where], edges=[edge for month in months for edge in month],
        )  # fmt: skip
        same = (
            count_figures(report, whole.found, whole.others) == count_figures(report, found, {})
            and count_table(report, whole.found) == count_table(report, found)
            and figures_by_period(report, months, whole.found, whole.others)
            == figures_by_period(report, months, found, {})
        )
        if not same:
            return f"{deployment.package.id}/{report.id}: counted otherwise"
        for choice in choices(report, found):
            behind = cases_where(
                connection, store, company, scope, now=now, asks=asked_by(report),
                test=partial(is_behind, report, choice),
            )  # fmt: skip
            wanted = [facts.number for facts in found if belongs(report, facts, choice)]
            if [facts.number for facts in behind] != wanted:
                return f"{deployment.package.id}/{report.id}: other cases behind {choice}"
    return ""


def is_behind(report: Report, choice: Choice, facts: CaseFacts) -> bool:
    return facts.holds(report.where) and belongs(report, facts, choice)


def asked_by(report: Report) -> list[str]:
    of_figures = [text for each in report.figures for text in (each.count, each.among, each.sum, each.mean)]
    return [report.where, report.rows, report.across, *of_figures]


def choices(report: Report, found: list[CaseFacts]) -> list[Choice]:
    """The first row and every figure's parts."""
    table = count_table(report, found)
    rows = [Choice(row=key) for key, _ in table.rows[:1]] if table else []
    parts = ("counted", "rest", "left_out")
    return rows + [Choice(figure=each.id, part=part) for each in report.figures if not each.value for part in parts]


def look_at(reader: Browser, company: str, deployment: Deployment, report: Report) -> str:
    """What is wrong with the report over the year, "" for nothing."""
    place = f"{deployment.package.id}/{report.id}"
    page = reader.open(f"/reports/{place}?period=2026")
    if page.status != 200:
        return f"{place}: status {page.status}"
    heads = [
        " ".join(each.text_content().split()) for each in page.tree.xpath("//table[contains(@class,'register')]//th")
    ]
    plain = [column.show for column in report.columns if column.show in heads or f"{column.show}" in heads]
    if plain:
        return f"{place}: columns without words: {plain}"
    if report.columns and not heads and f"{company}/{place}" not in EMPTY:
        return f"{place}: no case in the register"
    if report.rows and not report.columns and "No cases in this period" in page.words:
        return f"{place}: nothing counted"
    file = reader.client.get(f"/reports/{place}/export.xlsx?period=2026")
    paper = reader.client.get(f"/reports/{place}/print?period=2026")
    return "" if (file.status_code, paper.status_code) == (200, 200) else f"{place}: {file.status} {paper.status}"
