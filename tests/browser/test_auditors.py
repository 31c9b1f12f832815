"""An auditor's day in a real browser: told that reading is recorded, a sample, a case, a finding, the packages home."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from engine.history import check
from engine.worker import handlers
from tests.browser.walking import Walk, serving, sideways, violations
from tests.support.auditors import an_auditor
from tests.support.cafe import a_complaint, a_round
from tests.support.site import a_site


def test_a_sample_is_drawn_a_finding_sent_and_the_packages_verified_at_home(browser: Browser, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    an_auditor(site)
    for kind in ("taste", "service"):
        a_round(site, a_complaint(site, kind=kind).case_id, satisfied="yes")
    site.jobs.do(handlers(site))
    with serving(site) as url:
        walk = Walk(browser, site, url, locale="en-GB", accept_downloads=True)
        page = walk.page("shen.ji")

        page.click("nav.side >> text=Audit")
        assert page.get_by_text("What you read is written into the history.").is_visible()
        assert (violations(page), sideways(page)) == ([], 0)
        page.fill("#since", "2026-01-01")
        page.fill("#until", "2026-12-31")
        page.fill("#size", "1")
        page.fill("#seed", "03 09 17 22")
        page.click("text=Draw >> nth=-1")
        page.wait_for_url("**/audit/samples/1")
        assert page.locator("main table tbody tr:has(a[href^='/cases/'])").count() == 1

        page.click("main table >> text=Clauses")
        page.click("text=New finding >> nth=0")
        page.fill("#text", "The cup was not kept")
        page.select_option("#owner", "gu.qiang")
        page.click("main button.primary")
        assert page.get_by_text("waits for an answer").is_visible()

        page.goto(f"{url}/audit/samples/1")
        with page.expect_download() as found:
            page.click("text=Packages of all cases")
        home = tmp_path / "home.zip"
        found.value.save_as(home)
        assert check.main([str(home)]) == 0
        assert walk.page("gu.qiang").get_by_text("The cup was not kept").first.is_visible()
    assert walk.complaints == []
