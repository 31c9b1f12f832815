"""Decision tables in a real browser: typed into, linted, tried, kept with rows, saved; every word translated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.commands.drafts import save_file
from engine.commands.site import Site
from engine.deployments import files_to_edit
from tests.browser.walking import Walk, serving, sideways, violations
from tests.publishing.test_decision_tests import TABLE
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of

PAGE = "/workshop/complaint/decisions/severity.dmn"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    found = a_site(tmp_path)
    with found.acting(actor_of(found, ADMINISTRATOR)) as context:
        save_file(context, "complaint", "severity.dmn", TABLE, expected=0)
    return found


@pytest.fixture
def url(site: Site) -> Iterator[str]:
    with serving(site) as found:
        yield found


def opened(walk: Walk) -> Page:
    page = walk.page(ADMINISTRATOR)
    page.goto(f"{walk.url}{PAGE}")
    page.wait_for_selector("body[data-ready]")
    return page


def cell(page: Page, element: str) -> Any:
    return page.locator(f'#table td[data-element-id="{element}"] .content-editable')


def write(page: Page, element: str, words: str) -> None:
    cell(page, element).click()
    page.keyboard.press("Control+A")
    page.keyboard.type(words)
    page.keyboard.press("Escape")


def files(site: Site) -> dict[str, bytes]:
    with site.database.reading(CAFE) as connection:
        return dict(files_to_edit(connection, site.deployments, CAFE, "complaint").files)


def test_a_table_is_changed_tried_and_kept_with_a_row_that_guards_it(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url)
    page = opened(walk)

    page.fill("#try-amount", "12")
    page.select_option("#try-kind", "taste")
    expect(page.locator("#answer .hits")).to_have_text("命中的规则：2")
    expect(page.locator("#table tr.is-hit")).to_have_count(1)
    page.click("#keep")
    expect(page.locator("#rows .chip")).to_have_text("符合预期")

    write(page, "c7", '"grave"')
    expect(page.locator("#answer")).to_contain_text("grave")
    expect(page.locator("#rows .chip")).to_have_text("不符")
    expect(page.locator("#saved")).to_have_text("已保存")
    assert b'"grave"' in files(site)["severity.dmn"]
    assert (
        b'given = { "amount" = 12, "kind" = "taste" }\nexpect = { "days" = 5, "level" = "minor" }'
        in files(site)["severity.tests.toml"]
    )
    assert walk.complaints == []


def test_what_is_wrong_stands_beside_the_table_while_typing_and_leads_to_its_cell(
    browser: Browser, site: Site, url: str
) -> None:
    walk = Walk(browser, site, url)
    page = opened(walk)

    write(page, "c5", '"safety"')  # both rules hit now
    finding = page.locator("#findings button.finding-words").first
    expect(finding).to_be_visible()
    finding.click()
    expect(page.locator("#table .is-meant")).to_have_count(1)

    write(page, "c5", 'not("safety")')
    expect(page.locator("#findings .error button")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW"])
def test_every_word_of_the_editor_is_translated(browser: Browser, site: Site, url: str, language: str) -> None:
    walk = Walk(browser, site, url, locale=language)
    page = opened(walk)

    page.locator("#table td[data-element-id=c1]").click(button="right")
    expect(page.locator(".context-menu")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#table th.input-cell").first.dblclick()
    page.keyboard.press("Escape")
    page.locator("#table .hit-policy .dms-input-select, #table .hit-policy input").first.click()
    page.keyboard.press("Escape")
    page.locator("#table .view-drd-button").click()
    page.wait_for_selector("#table .dmn-drd-container .djs-element")

    assert page.evaluate("() => [...window.untranslated]") == []


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 844}}])
def test_the_page_is_for_everybody(browser: Browser, site: Site, url: str, look: dict[str, Any]) -> None:
    walk = Walk(browser, site, url, bypass_csp=True, **look)
    page = opened(walk)
    page.select_option("#try-kind", "taste")
    expect(page.locator("#table tr.is-hit")).to_have_count(1)

    assert violations(page) == []
    assert not sideways(page)
    expect(page.locator("#table .bjs-powered-by").first).to_be_visible()
