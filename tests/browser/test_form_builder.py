"""The form builder in a real browser: it asks nobody who changed nothing, and loses nothing that was changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.walking import Walk, serving, sideways, violations
from tests.support.site import ADMINISTRATOR, a_site

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium fonts-noto-cjk")
FORMS = "/workshop/complaint/forms"


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    site = a_site(tmp_path_factory.mktemp("site"))
    with serving(site) as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield Walk(chromium, site, url, locale="en-GB", viewport={"width": 1280, "height": 900})
        chromium.close()


@pytest.mark.parametrize("form", ["intake", "a_form_that_is_new"])
def test_leaving_a_form_that_nobody_changed_asks_nothing(walk: Walk, form: str) -> None:
    page, asked = walk.page(ADMINISTRATOR), list[str]()
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{walk.url}{FORMS}/{form}")
    page.click("h1")  # browsers ask only where somebody has done something

    page.goto(f"{walk.url}/workshop")

    assert asked == []


def test_what_was_not_saved_is_offered_after_a_crash(walk: Walk) -> None:
    page = walk.page(ADMINISTRATOR)
    page.goto(f"{walk.url}{FORMS}/fix")
    page.click("#add-date")
    expect(page.locator(".tile")).to_have_count(2)

    crashed(page)
    page.goto(f"{walk.url}{FORMS}/fix")

    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("#recover")).to_contain_text("There is work that was not saved")
    expect(page.locator("[data-moved]")).to_be_hidden()
    assert (violations(page), sideways(page)) == ([], 0)
    page.click("[data-take]")
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.locator("#recover")).to_be_hidden()
    page.click("#builder-save")
    expect(page.locator("#builder")).to_contain_text("everything is saved")
    page.reload()
    expect(page.locator("#recover")).to_be_hidden()
    assert page.evaluate("localStorage.length") == 0


def test_what_was_thrown_away_is_not_offered_again(walk: Walk) -> None:
    page = walk.page(ADMINISTRATOR)
    page.goto(f"{walk.url}{FORMS}/assess")
    page.click("#add-number")
    expect(page.locator(".chip.warn").first).to_contain_text("not saved yet")
    crashed(page)
    page.goto(f"{walk.url}{FORMS}/assess")

    page.click("[data-leave]")
    page.reload()

    expect(page.locator("#recover")).to_be_hidden()


def test_who_comes_back_to_a_draft_that_somebody_else_saved_is_told(walk: Walk) -> None:
    page = walk.page(ADMINISTRATOR)
    page.goto(f"{walk.url}{FORMS}/confirm")
    page.click("#add-number")
    expect(page.locator(".chip.warn").first).to_contain_text("not saved yet")
    crashed(page)
    other = walk.page(ADMINISTRATOR)
    other.goto(f"{walk.url}{FORMS}/reply")
    other.click("#add-number")
    expect(other.locator(".chip.warn").first).to_contain_text("not saved yet")
    other.click("#builder-save")
    expect(other.locator("#builder")).to_contain_text("everything is saved")

    page.goto(f"{walk.url}{FORMS}/confirm")

    expect(page.locator("[data-moved]")).to_be_visible()


def crashed(page: Page) -> None:
    """The page is gone without being asked, as by a crash."""
    page.evaluate("document.querySelector('#builder-form').removeAttribute('data-unsaved')")
    page.goto("about:blank")
