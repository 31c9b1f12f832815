"""Two companies' complaints from intake to archive in a real browser, and what every page must be."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.queries.people import all_companies
from tests.browser.walking import ROOT, Walk, fill, serving, settled, sideways, violations, walk_scenario
from tests.support.site import PASSWORD, an_empty_site, deploy_folder

RETAIL, CENTRE = "retail-complaints-and-returns", "administrative-complaint-centre"


@pytest.fixture(scope="module")
def site(tmp_path_factory: Any) -> Site:
    """An installation with the two companies' real packages and their people."""
    folder: Path = tmp_path_factory.mktemp("walks")
    found = an_empty_site(folder / "var")
    chosen = folder / "data"
    for company in (RETAIL, CENTRE):
        shutil.copytree(ROOT / "processes" / company, chosen / "processes" / company)
        shutil.copytree(ROOT / "forms" / company, chosen / "forms" / company)
    deploy_folder(found, chosen / "processes", chosen / "forms")
    with found.database.reading_every_company() as connection:
        companies = [found.deployments.company(connection, each) for each in all_companies(connection)]
    for company in companies:
        with found.acting(Actor(company.id, SYSTEM)) as context:
            for person in company.people:
                add_person(context, login=person.login, name=person.name, groups=person.groups, password=PASSWORD)
    return found


@pytest.fixture(scope="module")
def url(site: Site) -> Iterator[str]:
    with serving(site) as found:
        yield found


def test_a_retail_complaint_goes_from_intake_to_archive(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url)

    case = walk_scenario(walk, RETAIL, "complaint", "main_path_service.toml")

    assert (case.status, case.outcome) == ("completed", "closed_satisfied")
    assert {clock.deadline: clock.status for clock in case.clocks} == {
        "first_revisit": "met", "reply": "met", "solution": "met",
    }  # fmt: skip
    assert walk.complaints == []


def test_an_administrative_complaint_is_answered_without_javascript(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url, java_script_enabled=False)

    case = walk_scenario(walk, CENTRE, "complaint", "ordinary_third_working_day_in_time.toml")

    assert (case.status, case.outcome) == ("completed", "answered")
    assert walk.complaints == []


PAGES = {
    "inbox": "/?tab=groups",
    "done": "/?tab=done",
    "choose": "/register",
    "register": f"/register/{RETAIL}/complaint",
    "cases": "/cases",
    "case": "/cases/RT-2026-00001",
    "replay": "/cases/RT-2026-00001/replay",
    "missing": "/cases/RT-2026-99999",
}
LOOKS = {
    "desktop zh-Hans light": {"locale": "zh-CN", "viewport": {"width": 1440, "height": 900}},
    "phone zh-Hant dark": {"locale": "zh-TW", "viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "desktop en dark": {"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_of_the_staff_is_accessible_and_fits(browser: Browser, site: Site, url: str, look: str) -> None:
    walk = Walk(browser, site, url, bypass_csp=True, **LOOKS[look])
    page = walk.page("li.min")
    found = {}

    for name, path in PAGES.items():
        page.goto(url + path)
        settled(page)
        found[name] = (violations(page), sideways(page))

    assert found == dict.fromkeys(PAGES, ([], 0))


@pytest.mark.parametrize("look", LOOKS)
def test_customers_file_and_follow_on_accessible_pages(browser: Browser, site: Site, url: str, look: str) -> None:
    walk = Walk(browser, site, url, bypass_csp=True, **LOOKS[look])
    page = walk.page()
    found = {}

    page.goto(f"{url}/public")
    found["public"] = (violations(page), sideways(page))
    page.goto(f"{url}/public/{RETAIL}/complaint")
    found["intake"] = (violations(page), sideways(page))
    fill(
        page,
        {
            "customer_name": "陈静",
            "customer_phone": "13800138000",
            "sales_channel": "store",
            "store_name": "人民路店",
            "complaint_subject": "橱柜台面开裂",
            "complaint_content": f"上个月安装的橱柜台面裂开（{look}）。",  # the same words again would be held
        },
    )
    page.click(".actions .primary")
    page.wait_for_url("**/public/received/*")
    found["receipt"] = (violations(page), sideways(page))
    page.goto(f"{url}/public/track/{page.url.rsplit('/', 1)[1]}")
    found["track"] = (violations(page), sideways(page))

    assert found == dict.fromkeys(["public", "intake", "receipt", "track"], ([], 0))


def test_no_english_word_stands_on_a_chinese_page(browser: Browser, site: Site, url: str) -> None:
    page = Walk(browser, site, url, locale="zh-CN").page("li.min")
    english = []

    for path in PAGES.values():
        page.goto(url + path)
        settled(page)
        english += page.evaluate(_ENGLISH)

    assert english == []


def test_a_task_is_found_and_claimed_with_the_keyboard_alone(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url)
    walk.work()
    page = walk.page("li.min")
    page.goto(f"{url}/?tab=groups")

    _tab_to(page, "#inbox-list tbody a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")
    _tab_to(page, '.actions button[formaction$="/claim"]')
    page.keyboard.press("Enter")

    page.locator('.actions button[formaction$="/release"]').wait_for()


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


#: Words of two or more Latin letters in the text of the page, but for names, numbers of cases and the maker's mark.
_ENGLISH = """() => {
  const known = /^(RT|AD|BPMN|IO|TS|PDF|JPG|JPEG|PNG|MB|KB|Art|English|iO)$/i;
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement.checkVisibility() || node.parentElement.closest('code, [lang], .text, .pre')) continue;
    for (const word of node.textContent.match(/[A-Za-z]{2,}/g) || []) if (!known.test(word)) found.push(word);
  }
  return found;
}"""
