"""A manager's day, month, quarter and year in a real browser: from the board to the review.

The café shows the morning, work that is moved and the month's register; the restaurants show what many cases together
say, from the alert to whether the measure helped, and the pack of the year.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from engine.commands import cases
from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import Actor
from engine.procedures import PackageRef, collect_files
from engine.worker import handlers, tick
from tests.browser.walking import ROOT, Walk, serving, sideways, violations
from tests.support.cafe import a_complaint, a_round, changed_procedure
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, PASSWORD, a_site, actor_of, an_empty_site
from webapp.story import scenarios_of

LOOKS = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "locale": "zh-TW"},
    "dark": {"color_scheme": "dark", "locale": "en-GB"},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """March 2026: four complaints, three of them about the taste; one customer is unhappy, one reply is late."""
    clock = StandingClock()
    site = a_site(tmp_path_factory.mktemp("managers"), clock=clock)
    said = "satisfied = 'if satisfied = null then null else satisfied = \"yes\"'"
    changed_procedure(site, ("[case]", f"[case]\n{said}"))
    for kind, satisfied in (("taste", "yes"), ("taste", "yes"), ("service", "no")):
        a_round(site, a_complaint(site, kind=kind).case_id, satisfied=satisfied)
        site.jobs.do(handlers(site))
        clock.move(days=1)
    a_complaint(site, kind="taste", summary="tea without tea")
    clock.move(days=5)
    return site


@pytest.fixture(scope="module")
def url(site: Site) -> Iterator[str]:
    with serving(site) as found:
        yield found


def test_a_bar_of_the_chart_opens_its_cases_and_the_file_is_taken_away(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url, locale="en-GB", accept_downloads=True)
    page = walk.page("fang.lan")

    page.click("nav.side >> text=Board")
    assert page.locator("#overdue").get_by_text("tea without tea").is_visible()
    page.click("text=Statistics >> nth=0")
    page.click("text=Register of complaints")
    page.select_option("#f-period", "2026-03")
    page.click(".report-filters button")
    page.locator("svg a[href*='row=taste']").first.click()

    assert page.locator(".chosen").inner_text() == "Kind: Taste"
    assert page.locator("table.register tbody tr").count() == 3
    with page.expect_download() as found:
        page.click("text=Excel file")
    assert found.value.suggested_filename == "Register of complaints 2026-03.xlsx"
    assert Path(found.value.path()).read_bytes()[:2] == b"PK"
    assert walk.complaints == []


def test_whoever_was_unhappy_when_called_back_is_two_presses_away(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url, locale="en-GB")
    page = walk.page("fang.lan")
    page.click("nav.side >> text=Board")
    tile = page.locator(".tile", has_text="Unhappy customers")
    assert tile.inner_text().split("\n") == ["Unhappy customers", "1", "asked within 30 days"]
    tile.get_by_role("link").click()
    assert (violations(page), sideways(page)) == ([], 0)
    page.locator("main table a").click()

    assert page.locator("h1").inner_text() == "coffee too cold"
    assert walk.complaints == []


def test_a_task_is_dragged_to_somebody_and_goes_there_with_a_reason(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url, locale="en-GB")
    page = walk.page(ADMINISTRATOR)
    page.click("nav.side >> text=Board")
    page.click("text=Who has what")
    page.locator("li[draggable]", has_text="tea without tea").drag_to(page.locator("[data-to='person:wei.min']"))

    assert page.input_value("#move-to") == "person:wei.min"
    assert "tea without tea goes to wei.min. Say why." in page.locator("[data-moved]").inner_text()
    page.keyboard.type("knows tea")  # the reason has the focus already
    page.keyboard.press("Enter")
    page.wait_for_url("**/bulk")
    page.click("main >> text=Who has what")

    assert page.locator("[data-to='person:wei.min']").get_by_text("tea without tea").is_visible()
    assert walk.complaints == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_of_managers_are_accessible_and_fit(browser: Browser, site: Site, url: str, look: str) -> None:
    walk = Walk(browser, site, url, **LOOKS[look])
    page = walk.page("fang.lan")
    register = "/reports/complaint/register"
    found = {}
    for path in (
        "/board",
        "/board/work",
        "/duties",
        "/reports",
        "/reports/complaint/-?period=2026-03",
        f"{register}?period=2026-03",
    ):
        page.goto(f"{url}{path}")
        found[path] = (violations(page), sideways(page))

    assert found == dict.fromkeys(found, ([], 0))
    assert walk.complaints == []


def newest_in_sight(page: Page) -> list[bool]:
    """Of every chart that is wider than its box: whether its last point is seen without scrolling."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.scroll.newest')].map((box) => {
             const seen = box.getBoundingClientRect(), points = [...box.querySelectorAll('svg :is(.pt, .out)')];
             const last = Math.max(...points.map((point) => point.getBoundingClientRect().right));
             return box.scrollWidth > box.clientWidth && last > seen.left && last <= seen.right;
           })"""
    )


def test_the_heat_map_of_steps_is_opened_at_its_newest_month_with_the_names_in_sight(
    browser: Browser, site: Site, url: str
) -> None:
    page = Walk(browser, site, url, **LOOKS["phone"]).page("fang.lan")
    page.goto(f"{url}/reports/complaint/-?period=2026-03")

    seen = page.evaluate(
        """() => {
             const box = document.querySelector('.scroll:has(.heat)'), edge = box.getBoundingClientRect();
             const within = (each) => each.left >= edge.left - 1 && each.right <= edge.right + 1;
             const place = (each) => each.getBoundingClientRect();
             const cells = [...box.querySelectorAll('.heat')].map(place);
             const newest = Math.max(...cells.map((each) => each.right)), top = Math.min(...cells.map((each) => each.top));
             const names = [...box.querySelectorAll('text')].filter((each) => /[^0-9.]/.test(each.textContent)).map(place)
               .filter((each) => each.top > top);
             return [box.scrollWidth > box.clientWidth, names.length, names.every(within),
                     cells.filter((each) => each.right === newest).every(within)];
           }"""
    )
    assert seen == [True, 4, True, True]


DL = "dlyh-restaurant-chain"
#: The Monday of the first of six weeks, ten in the morning in Shanghai.
BEGAN = datetime(2026, 1, 5, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Five weeks with one or two minor complaints each, a sixth with eleven; it is the Monday behind it."""
    clock = StandingClock(BEGAN)
    site = an_empty_site(tmp_path_factory.mktemp("chain"), clock=clock)
    with site.acting(Actor.system(DL)) as context:
        for procedure in ("complaint", "complaint_trend"):
            deploy(context, collect_files(ROOT / "processes", ROOT / "forms", PackageRef(DL, procedure)))
        groups = ("reception", "supervision_department")
        add_person(context, login="xiong.wei", name={"en": "Xiong Wei"}, groups=groups, password=PASSWORD)
    for week, count in enumerate((1, 2, 1, 2, 1, 11)):
        some_complaints(site, count, at=BEGAN + timedelta(weeks=week))
    let_pass(site, BEGAN + timedelta(weeks=6))
    return site


def some_complaints(site: Site, count: int, *, at: datetime) -> None:
    let_pass(site, at)
    with site.database.reading(DL) as connection:
        form = scenarios_of(site.deployments.current(connection, DL, "complaint"))["minor_compensation_100"].start.form
    for _ in range(count):
        with site.acting(actor_of(site, "xiong.wei", DL)) as context:
            cases.start(context, "complaint", form)


def let_pass(site: Site, to: datetime) -> None:
    assert isinstance(site.clock, StandingClock)
    site.clock.at = to
    while tick(site) + site.jobs.do(handlers(site)):
        continue


def test_from_the_alert_of_the_morning_to_the_review_of_the_year(browser: Browser, chain: Site) -> None:
    """Journey of the manager, steps 1 and 3 to 7: nothing is typed into an address bar."""
    with serving(chain) as url:
        walk = Walk(browser, chain, url, locale="en-GB", accept_downloads=True)
        page = walk.page("xiong.wei")
        bad: dict[str, object] = {}

        def looked_at(name: str) -> None:
            bad[name] = (violations(page), sideways(page))

        # 1. The morning: the board says that an alert is under way.
        page.click("nav.side >> text=Board")
        assert page.locator(".tile", has_text="Alerts under way").locator(".tile-value").inner_text() == "1"
        assert page.locator(".tile", has_text="Open cases").locator(".tile-value").inner_text() == "18"
        # 4. What many cases together show, its chart, its cases; a corrective action is begun from it.
        page.click(".tile:has-text('Alerts under way') .tile-value a")
        looked_at("alerts")
        page.click("text=An unusual week of complaints >> nth=0")
        assert "11, beyond the limits" in page.locator("main").inner_text()
        assert page.locator("svg.chart-svg path.out").count() == 1
        assert page.locator("section table.tbl.cards tbody tr").count() == 11
        looked_at("alert")
        page.click("text=Begin: Complaints rising month by month")
        page.wait_for_url("**/cases/DL-T-2026-001")
        assert (
            "一周投诉数异常 · 轻微" in page.locator("main").inner_text()
        )  # cases are titled in the company's language
        let_pass(chain, BEGAN + timedelta(weeks=6, minutes=10))
        page.click("nav.side >> text=My tasks")
        page.click("a[href^='/?tab=groups']")
        page.click("#inbox-list >> text=一周投诉数异常")
        page.fill("[name=f-trend_cause]", "The supplier was changed.")
        page.fill("[name=f-trend_measures]", "Vegetables arrive the evening before.")
        page.click(".actions .primary")
        page.wait_for_selector("text=Done: Analyse the trend")
        # Weeks go by; the measure is in place.
        for week, count in ((7, 1), (8, 0), (9, 1)):
            some_complaints(chain, count, at=BEGAN + timedelta(weeks=week))
        let_pass(chain, BEGAN + timedelta(weeks=10, days=2))
        # 3. Approved on the phone, with the facts on the same page.
        page = walk.page("xiong.wei")
        page.set_viewport_size({"width": 390, "height": 844})
        page.click("a[href^='/?tab=groups']")
        page.click("#inbox-list >> text=一周投诉数异常")
        assert "Effect of the measure" in page.locator("main").inner_text()
        looked_at("approval on the phone")
        page.fill("[name=f-trend_checked_on]", "2026-03-18")
        page.check("[name=f-trend_correction_effective][value=true]")
        page.fill("[name=f-trend_check_note]", "Two complaints in four weeks.")
        page.click(".actions .primary")
        page.wait_for_selector("text=Done: Verify the correction")
        # The decision is kept, and how the chart went on stands beside it.
        some_complaints(chain, 1, at=BEGAN + timedelta(weeks=11))
        let_pass(chain, BEGAN + timedelta(weeks=12))
        page = walk.page("xiong.wei")
        page.click("nav.side >> text=Board")
        page.click("main >> text=Alerts >> nth=0")
        page.click("text=An unusual week of complaints >> nth=0")
        assert "Since then, against the limits of that time" in page.locator("main").inner_text()
        assert "within the limits" in page.locator("[aria-label=Effect]").inner_text()
        looked_at("effect")
        page.set_viewport_size({"width": 390, "height": 844})
        page.reload()
        assert newest_in_sight(page) == [True, True]
        looked_at("effect on the phone")
        page.set_viewport_size({"width": 1280, "height": 720})
        # 5. and 6. The month and the quarter: every figure opens its cases.
        page.click("nav.side >> text=Statistics")
        page.click("a:has-text('Overview') >> nth=0")
        page.select_option("#f-period", "2026-Q1")
        page.click(".report-filters button")
        looked_at("quarter")
        page.locator(".tile-value a").first.click()
        assert page.locator("table.register tbody tr, table.tbl tbody tr").count() > 0
        # 7. The year: the management review makes itself, on the screen and on paper.
        page.click("nav.side >> text=Statistics")
        page.click("text=Management review")
        page.click("nav.report-filters >> text=The year 2026")
        review = page.locator("main").inner_text()
        assert "An unusual week of complaints · Minor" in review
        assert "DL-T-2026-001" in review
        assert "within the limits" in review
        looked_at("review")
        pdf = page.locator("main .pagehead a", has_text="PDF").get_attribute("href")
        assert page.request.get(f"{url}{pdf}", timeout=120_000).body()[:5] == b"%PDF-"

        assert bad == dict.fromkeys(bad, ([], 0))
        assert walk.complaints == []
