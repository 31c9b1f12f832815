"""DL-6.3.2a on real cases: below, at and above three rises; the alert opens exactly its cases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.commands import cases, user_tasks
from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import Actor
from engine.procedures import PackageRef, collect_files
from engine.queries.alerts import KeptAlert, latest_alerts
from engine.queries.cases import case_by_number
from engine.worker import handlers, tick
from tests.support.clock import StandingClock
from tests.support.site import PASSWORD, actor_of, an_empty_site
from tests.web.application import an_app
from tests.web.browser import staff
from webapp.story import scenarios_of

ROOT = Path(__file__).parents[2]
DL = "dlyh-restaurant-chain"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(datetime(2026, 1, 5, 2, tzinfo=UTC))


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    site = an_empty_site(tmp_path, clock=clock)
    with site.acting(Actor.system(DL)) as context:
        for procedure in ("complaint", "complaint_trend"):
            deploy(context, collect_files(ROOT / "processes", ROOT / "forms", PackageRef(DL, procedure)))
        groups = ("reception", "supervision_department")
        add_person(context, login="somebody", name={"en": "Somebody"}, groups=groups, password=PASSWORD)
    return site


def complaint(site: Site) -> str:
    """One minor complaint; its number."""
    with site.database.reading(DL) as connection:
        form = scenarios_of(site.deployments.current(connection, DL, "complaint"))["minor_compensation_100"].start.form
    with site.acting(actor_of(site, "somebody", DL)) as context:
        return cases.start(context, "complaint", form).number


def complaints(site: Site, clock: StandingClock, *counts: int) -> list[str]:
    """So many minor complaints in January, February …; their numbers."""
    numbers = []
    for month, count in enumerate(counts, start=1):
        clock.at = datetime(2026, month, 10, 2, tzinfo=UTC)
        numbers += [complaint(site) for _ in range(count)]
    clock.at = datetime(2026, len(counts) + 1, 1, 1, tzinfo=UTC)
    while tick(site) + site.jobs.do(handlers(site)):
        continue
    return numbers


def alerts(site: Site) -> tuple[KeptAlert, ...]:
    """Those of the regulation; the weekly chart has its own."""
    with site.database.reading(DL) as connection:
        found = latest_alerts(connection, site.deployments, DL)
    return tuple(each for each in found if each.trigger == "level_rising")


@pytest.mark.parametrize(("counts", "found"), [((1, 2, 3, 3), 0), ((1, 2, 3, 4), 1), ((1, 2, 3, 6), 1), ((2, 3, 4), 0)])
def test_three_rises_of_a_level_start_the_correction(
    site: Site, clock: StandingClock, counts: tuple[int, ...], found: int
) -> None:
    complaints(site, clock, *counts)

    assert len(alerts(site)) == found


def test_the_alert_opens_exactly_its_cases_and_its_task_shows_them(site: Site, clock: StandingClock) -> None:
    numbers = complaints(site, clock, 1, 2, 3, 4)
    reader = staff(an_app(site), "somebody")
    (alert,) = alerts(site)

    listed = reader.open("/alerts")
    assert "Minor" in listed.words
    assert "轻微" not in listed.words
    assert "2026-01: 1 → 2026-02: 2 → 2026-03: 3 → 2026-04: 4" in listed.words
    assert "3 rises in a row, month by month" in listed.words
    page = reader.open(f"/alerts/{alert.id}")
    assert list(page.tree.xpath("//tbody//a/@href")) == [f"/cases/{number}" for number in numbers]
    inbox = reader.open("/?tab=groups")
    task = next(
        link for link in inbox.tree.xpath("//a/@href") if link.startswith("/tasks/") and alert.started in inbox.text
    )
    assert alert.started.startswith("DL-T-2026-")
    assert "10" in reader.open(task).words
    assert reader.open("/alerts/999").status == 404
    assert "Alerts under way1" in reader.open("/board").words


def settle(site: Site, alert: KeptAlert) -> None:
    """Analyse and verify: its case ends."""
    for element, answers in (
        ("analyse_trend", {"rising_level": "minor", "trend_cause": "new staff", "trend_measures": "training"}),
        (
            "verify_trend",
            {"trend_checked_on": "2026-05-01", "trend_correction_effective": "yes", "trend_check_note": "done"},
        ),
    ):
        with site.database.reading(DL) as connection:
            case = case_by_number(connection, site.deployments, DL, alert.started)
        task = next(each.id for each in case.tasks if each.status == "open" and each.element == element)
        with site.acting(actor_of(site, "somebody", DL)) as context:
            user_tasks.complete(context, task, answers)


def test_the_effect_is_counted_before_and_after(site: Site, clock: StandingClock) -> None:
    complaints(site, clock, 1, 2, 3, 4)
    (alert,) = alerts(site)
    app = an_app(site)
    assert "Effect" not in staff(app, "somebody").open(f"/alerts/{alert.id}").text
    settle(site, alert)
    clock.move(days=5)
    complaint(site)
    clock.move(days=40)
    reader = staff(app, "somebody")

    page = reader.open(f"/alerts/{alert.id}")
    assert "Such cases in the 45 days before4" in page.words  # those of April
    assert "after its case was closed1too few cases before to say" in page.words
    review = reader.open("/review?period=2026-H1")
    assert "4 before, 1 after, 45 days each" in review.words
    assert "Cases received11" in review.words
    paper = reader.open("/review/pdf?period=2026-H1")
    assert paper.response.data.startswith(b"%PDF")


def test_a_review_goes_to_longer_and_shorter_periods_around_the_one_that_was_chosen(
    site: Site, clock: StandingClock
) -> None:
    complaints(site, clock, 1)
    reader = staff(an_app(site), "somebody")

    def offered(path: str) -> dict[str, str]:
        """Period and address of each button."""
        links = reader.open(path).tree.xpath("//nav[contains(@class,'report-filters')]/a[not(@aria-label)]")
        return {a.get("href").partition("period=")[2].partition("&")[0]: a.get("href") for a in links}

    assert list(offered("/review?period=2026")) == ["2026-02", "2026-Q1", "2026-H1", "2026"]  # it is February
    assert list(offered("/review?period=2025")) == ["2025-12", "2025-Q4", "2025-H2", "2025"]
    around_may = offered("/review?period=2025-05")
    assert list(around_may) == ["2025-05", "2025-Q2", "2025-H1", "2025"]
    assert list(offered(around_may["2025"])) == ["2025-05", "2025-Q2", "2025-H1", "2025"]
    assert list(offered("/review?period=2025&near=2024-01-01")) == ["2025-01", "2025-Q1", "2025-H1", "2025"]
    assert list(offered("/review?period=2025&near=nonsense")) == ["2025-12", "2025-Q4", "2025-H2", "2025"]


def test_a_number_of_the_review_opens_its_cases(site: Site, clock: StandingClock) -> None:
    complaints(site, clock, 1, 2)
    reader = staff(an_app(site), "somebody")
    page = reader.open(f"/review?period={clock().year}")
    (received,) = page.tree.xpath("//tr[th='Cases received']/td[1]/a")

    assert received.text == "3"
    opened = reader.open(received.get("href").partition("#")[0])
    assert len(opened.tree.xpath("//table[contains(@class,'register')]/tbody/tr")) == 3


def test_a_review_of_nothing_says_so(site: Site) -> None:
    words = staff(an_app(site), "somebody").open("/review?period=2020").words

    assert "No cases in this period" in words
    assert "No alert in this period." in words
