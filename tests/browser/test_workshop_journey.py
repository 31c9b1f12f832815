"""A process owner's day in a real browser: from a procedure without a draft to a change that cases run on.

`SHOUWEN_PICTURES=folder` keeps a picture of every page on the way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.worker import handlers, tick
from tests.browser.walking import Walk, serving, sideways, violations
from tests.support.cafe import a_complaint, a_round, do, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, PASSWORD, a_site

PROCEDURE = "/workshop/complaint"
SECOND = "qin.yu"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """September 2026: one case was answered after a working day and a half, one is open."""
    clock = StandingClock(datetime.fromisoformat("2026-09-21T09:00+08:00"))
    found = a_site(tmp_path, clock=clock)
    with found.acting(Actor(CAFE, SYSTEM)) as context:
        name = {"zh-Hans": "秦羽", "en": "Qin Yu"}
        add_person(context, login=SECOND, name=name, groups=(), password=PASSWORD, owner=True)
    slow = a_complaint(found).case_id
    clock.move(hours=34)
    tick(found)
    a_round(found, slow, satisfied="yes")
    found.jobs.do(handlers(found))  # type: ignore[attr-defined]
    clock.move(days=6)
    do(found, a_complaint(found, summary="the milk was sour").case_id, "assess")
    return found


@pytest.fixture
def walk(browser: Browser, site: Site) -> Iterator[Walk]:
    with serving(site) as url:
        yield Walk(browser, site, url, locale="en-GB", viewport={"width": 1280, "height": 900})


def test_a_change_goes_from_an_empty_draft_into_service(walk: Walk, site: Site) -> None:
    page = walk.page(ADMINISTRATOR)
    _draw(walk, page)
    _arrange_the_form(walk, page)
    _shorten_the_limit(walk, page)
    _see_the_clause(walk, page)
    _try_it_over_the_holiday(walk, page)
    _see_what_is_different_and_what_it_would_have_meant(walk, page)
    _ask(walk, page)
    _approve(walk)
    _take_the_open_case_over(walk, page)

    assert the_case(site, 2).deployment.version == 2
    assert walk.complaints == []


def _draw(walk: Walk, page: Page) -> None:
    page.click("nav.side >> text=Workshop")
    page.click("main >> text=Customer complaint")
    expect(page.locator("main")).to_contain_text("No draft: the first change begins one.")
    page.goto(f"{walk.url}{PROCEDURE}/diagrams/complaint.bpmn")
    page.wait_for_selector(".mo-problems[data-asked]")
    page.evaluate(
        "() => { const { editor } = modeller.modeller; editor.get('selection').select(editor.element('fix')); }"
    )
    page.fill('[data-field="name"] textarea', "整改并记录")
    page.locator('[data-field="name"] textarea').blur()
    assert page.locator('[data-field="form"] a').get_attribute("href") == f"{PROCEDURE}/forms/fix"
    page.fill('[data-field="comments"] textarea', "Who does this at night?")
    page.click('[data-field="comments"] >> text=Comment')
    expect(page.locator(".mo-comment-mark")).to_have_text("1")
    page.click("#modeller-save")
    page.wait_for_selector('.mo-status[data-state="saved"]')
    _picture(page, "1-modeller")
    page.goto(f"{walk.url}{PROCEDURE}")
    expect(page.locator("#comments")).to_contain_text("Who does this at night?")
    _picture(page, "1-procedure")
    page.click("#comments >> text=Settled")
    expect(page.locator("#comments")).to_contain_text("1 settled comment")


def _arrange_the_form(walk: Walk, page: Page) -> None:
    """By dragging, by keys, from the palette; what is answered beside shows on the form; all of it can be undone."""
    page.goto(f"{walk.url}{PROCEDURE}/forms/fix")
    first = page.locator('.tile[data-place="0"]')
    page.drag_and_drop("#add-date", '.tile[data-place="0"]', target_position={"x": 40, "y": 4})
    expect(first).to_contain_text("Date")
    page.fill("#p-label_hans", "整改日期")
    page.fill("#p-label_hant", "整改日期")
    page.fill("#p-label_en", "Mended on")
    page.check("#p-required")
    expect(page.locator("#tried")).to_contain_text("Mended on")
    page.locator(".tile.chosen .tile-name").press("Alt+ArrowDown")
    expect(page.locator('.tile[data-place="1"]')).to_contain_text("Mended on")
    page.drag_and_drop('.tile[data-place="1"] .tile-name', '.tile[data-place="0"]', target_position={"x": 40, "y": 4})
    expect(first).to_contain_text("Mended on")
    expect(page.locator(".tile.chosen .tile-name")).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator(".tile")).to_have_count(1)
    page.click("[data-undo]")
    expect(page.locator(".tile")).to_have_count(2)
    page.click("[data-undo]")  # back behind the text
    expect(page.locator('.tile[data-place="1"]')).to_contain_text("Mended on")
    page.click("#tile-1")
    page.uncheck("#p-required")
    _picture(page, "2-form")
    page.click("#builder-save")
    expect(page.locator("#builder")).to_contain_text("everything is saved")
    assert violations(page) == []


def _shorten_the_limit(walk: Walk, page: Page) -> None:
    page.goto(f"{walk.url}{PROCEDURE}/texts/procedure.toml")
    text = page.input_value("#text")
    page.fill("#text", text.replace("amount = 2\nunit", "amount = \nunit"))
    expect(page.locator("#beside")).to_contain_text("1 error")
    page.fill("#text", text.replace("amount = 2\nunit", "amount = 1\nunit"))
    expect(page.locator("#beside")).to_contain_text("nothing to correct")
    page.click("main button.primary")
    _picture(page, "2-rules")


def _see_the_clause(walk: Walk, page: Page) -> None:
    page.goto(f"{walk.url}{PROCEDURE}/clauses?clause=HC-2")
    page.wait_for_selector("g.is-active[data-element-id='fix']")
    _picture(page, "3-clauses")


def _try_it_over_the_holiday(walk: Walk, page: Page) -> None:
    page.goto(f"{walk.url}{PROCEDURE}")
    page.click("text=Try the draft")
    page.fill("#trial-at", "2026-09-30T10:00")
    page.fill("[name=f-summary]", "coffee too cold")
    page.check("[name=f-kind][value=taste]")
    page.click("main button:has-text('Begin')")
    page.click("main button:has-text('To the next working day')")
    expect(page.locator(".bignumber")).to_have_text("2026-10-08 10:00")
    page.check("[name=f-founded][value=no]")
    page.fill("[name=f-remark]", "a hot cup")
    page.click("main button:has-text('Complete')")
    page.fill("#trial-title", "Not founded after the holiday")
    _picture(page, "4-trial")
    page.click("text=Keep as a scenario")
    expect(page.locator("main")).to_contain_text("all go as they say")
    page.wait_for_selector("g.is-done")
    _picture(page, "5-scenarios")


def _see_what_is_different_and_what_it_would_have_meant(walk: Walk, page: Page) -> None:
    page.goto(f"{walk.url}{PROCEDURE}/differences")
    expect(page.locator("main")).to_contain_text("Reply within 2 working days")
    expect(page.locator("main")).to_contain_text("touches 1 open case")
    expect(page.locator("main")).to_contain_text("by clause 2")
    _picture(page, "6-differences")
    page.goto(f"{walk.url}{PROCEDURE}/what-if")
    page.click("text=Play these cases")
    expect(page.locator("#report")).to_contain_text("2 the same way")
    expect(page.locator("#report")).to_contain_text("1 newly late")
    _picture(page, "7-what-if")


def _ask(walk: Walk, page: Page) -> None:
    page.goto(f"{walk.url}{PROCEDURE}")
    page.click("text=Ask for publication")
    page.fill("[name=f-reason]", "customers wait too long")
    page.click("main button.primary")
    _picture(page, "8-asked")
    page.wait_for_url("**/publications/*")


def _approve(walk: Walk) -> None:
    page = walk.page(SECOND)
    page.goto(f"{walk.url}{PROCEDURE}")
    page.click("text=Look at it and decide")
    page.check("[name=f-decision][value=approve]")
    page.fill("[name=f-answer]", "agreed")
    page.click("main button.primary")
    expect(page.locator("main")).to_contain_text("Version 2 in service")


def _take_the_open_case_over(walk: Walk, page: Page) -> None:
    page.goto(f"{walk.url}{PROCEDURE}")
    page.click("text=Open cases run on earlier versions")
    expect(page.locator("main")).to_contain_text("1 gets new dates")
    page.fill("textarea[name=reason]", "the new limit is for everybody")
    _picture(page, "9-open-cases")
    page.click("text=Take 1 case over")
    expect(page.locator("main")).to_contain_text("All open cases run on this version.")


def _picture(page: Page, name: str) -> None:
    """The page as it is, kept where somebody wants to look; nothing hangs out of it."""
    assert sideways(page) <= 0, name
    if folder := os.environ.get("SHOUWEN_PICTURES"):
        assert violations(page) == [], name
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
