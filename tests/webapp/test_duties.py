"""Duties that come round: started by the calendar, figures beside the task, a missed one is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import Actor
from engine.procedures import collect_files, find_packages
from engine.procedures.package import Report
from engine.queries.reports import Period
from engine.worker import tick
from tests.support.clock import StandingClock
from tests.support.site import PASSWORD, an_empty_site
from tests.web.application import an_app
from tests.web.browser import staff
from webapp.ready_figures import period_of_duty
from webapp.story import Play, Story, scenarios_of

ROOT = Path(__file__).parents[2]
DL = "dlyh-restaurant-chain"
MARCH_9 = datetime.fromisoformat("2026-03-09T10:00+08:00")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(MARCH_9 - timedelta(days=1))


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    """Two complaints of March 2026 at one branch, one minor and one fairly serious; the month has ended since."""
    site = replace(an_empty_site(tmp_path), clock=clock)
    for ref in (ref for ref in find_packages(ROOT / "processes") if ref.company == DL):
        with site.acting(Actor.system(DL)) as context:
            deploy(context, collect_files(ROOT / "processes", ROOT / "forms", ref))
    with site.database.reading(DL) as connection:
        deployment = site.deployments.current(connection, DL, "complaint")
    with site.acting(Actor.system(DL)) as context:
        for person in deployment.package.company.people:
            add_person(context, login=person.login, name=person.name, groups=person.groups)
        add_person(context, login="supervisor", name={"en": "S"}, groups=("supervisors", "office"), password=PASSWORD)
    story = Story(site, DL, begins=clock.at)
    known = scenarios_of(deployment)
    for name in ("minor_compensation_100", "supervisor_compensation_200"):
        story.add(Play(DL, "complaint", known[name], MARCH_9))
    story.tell(until=datetime.fromisoformat("2026-03-31T12:00+08:00"))
    assert story.troubles == []
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_the_month_end_starts_with_its_figures_beside_the_task(site: Site, app: Flask, clock: StandingClock) -> None:
    clock.at = datetime.fromisoformat("2026-03-31T17:01+08:00")
    tick(site)
    reader = staff(app, "supervisor")
    inbox = reader.open("/?tab=groups")
    task = next(link for link in inbox.tree.xpath("//a/@href") if link.startswith("/tasks/") and link[7:].isdigit())
    words = reader.open(task).words

    assert "Monthly table by level and departmentMarch 2026" in words
    assert "Minor: 1" in words
    assert "Fairly serious: 1" in words
    assert "Satisfied: 100% 2 of 2 cases" in words


def test_a_round_that_is_still_open_when_the_next_one_comes_is_missed(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    for day in ("2026-03-31T17:01+08:00", "2026-04-30T17:01+08:00"):
        clock.at = datetime.fromisoformat(day)
        tick(site)
    reader = staff(app, "supervisor")

    assert "Complaint statistics of the month" in reader.open("/duties").words
    assert "1 rounds missed" in reader.page.words
    assert "Duties missed1" in reader.open("/board").words


@pytest.mark.parametrize(
    ("every", "began", "first"),
    [
        ("month", "2026-03-31T17:00+08:00", date(2026, 3, 1)),
        ("month", "2026-04-02T09:00+08:00", date(2026, 3, 1)),
        ("quarter", "2026-06-30T09:00+08:00", date(2026, 4, 1)),
        ("quarter", "2026-07-05T09:00+08:00", date(2026, 4, 1)),
        ("year", "2026-01-10T09:00+08:00", date(2025, 1, 1)),
        ("year", "2025-12-30T09:00+08:00", date(2025, 1, 1)),
    ],
)
def test_a_duty_is_about_the_period_that_is_being_closed_or_is_over(every: str, began: str, first: date) -> None:
    deployment = cast("Any", type("D", (), {"time_zone": ZoneInfo("Asia/Shanghai")}))

    found = period_of_duty(Report(id="r", title={}, every=every), datetime.fromisoformat(began), deployment)

    assert found == Period(every, first)
