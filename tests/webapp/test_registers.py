"""Every register and statistic that the thirty companies declare, with real cases in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
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
from tests.support.clock import StandingClock
from tests.support.site import PASSWORD, an_empty_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from webapp.story import Play, Story, playable, scenarios_of

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
