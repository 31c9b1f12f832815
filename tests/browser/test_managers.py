"""A manager's morning and month end in a real browser: board, overview, a bar of the Pareto chart, its cases, the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from engine.commands.site import Site
from engine.worker import handlers
from tests.browser.walking import Walk, serving, sideways, violations
from tests.support.cafe import a_complaint, a_round
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, a_site

LOOKS = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "locale": "zh-TW"},
    "dark": {"color_scheme": "dark", "locale": "en-GB"},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """March 2026: four complaints, three of them about the taste; one is still open and its reply is late."""
    clock = StandingClock()
    site = a_site(tmp_path_factory.mktemp("managers"), clock=clock)
    for kind in ("taste", "taste", "service"):
        a_round(site, a_complaint(site, kind=kind).case_id, satisfied="yes")
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
