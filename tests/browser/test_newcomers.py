"""What people stumble over who see the software for the first time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.queries.people import all_companies
from tests.browser.walking import ROOT, Walk, serving, sideways, violations, walk_scenario
from tests.support.site import PASSWORD, an_empty_site, deploy_folder
from webapp.demonstration import create_demonstration

RETAIL, HONGDA = "retail-complaints-and-returns", "hongda-building-materials"
PHONE = {"viewport": {"width": 390, "height": 844}, "bypass_csp": True}


@pytest.fixture(scope="module")
def site(tmp_path_factory: Any) -> Site:
    """A demonstration of two companies, one of which calls sub-processes."""
    folder: Path = tmp_path_factory.mktemp("newcomers")
    found = an_empty_site(folder / "var")
    for company in (RETAIL, HONGDA):
        for tree in ("processes", "forms"):
            shutil.copytree(ROOT / tree / company, folder / tree / company)
    deploy_folder(found, folder / "processes", folder / "forms")
    with found.database.reading_every_company() as connection:
        companies = [found.deployments.company(connection, each) for each in all_companies(connection)]
    for company in companies:
        with found.acting(Actor(company.id, SYSTEM)) as context:
            for person in company.people:
                add_person(context, login=person.login, name=person.name, groups=person.groups, password=PASSWORD)
    create_demonstration(found)
    return found


@pytest.fixture(scope="module")
def url(site: Site) -> Iterator[str]:
    with serving(site) as found:
        yield found


def test_a_step_in_a_called_process_is_open_in_the_diagram_that_holds_it(
    browser: Browser, site: Site, url: str
) -> None:
    walk = Walk(browser, site, url)
    case = walk_scenario(walk, HONGDA, "complaint", "load_correct.toml", steps=3)
    page = walk.page("luo.yanfen")

    page.goto(f"{url}/cases/{case.number}")
    expect(page.locator('[data-element-id="confirm_support"].is-active')).to_be_visible()
    expect(page.locator("#progress .tabs a").first).to_have_attribute("aria-current", "true")

    page.click("#progress .tabs >> text=客户投诉处理")
    expect(page.locator('[data-element-id="accept_complaint"].is-active')).to_be_visible()

    page.goto(f"{url}/tasks/{next(task.id for task in case.tasks if task.status == 'open')}")
    expect(page.locator('[data-element-id="confirm_support"].is-active')).to_be_visible()

    page.goto(f"{url}/cases/{case.number}/replay")
    page.wait_for_selector("body[data-ready]")
    shown = page.locator(".drawing:not(.is-away)")
    expect(shown.locator('[data-element-id="accept_complaint"]')).to_be_visible()
    page.click("#last")
    expect(shown.locator('[data-element-id="confirm_cement"].is-done')).to_be_visible()
    assert walk.complaints == []


def test_a_diagram_the_procedure_does_not_have_is_not_found(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url)
    case = walk_scenario(walk, HONGDA, "complaint", "load_correct.toml", steps=0)
    page = walk.page("luo.yanfen")

    assert page.request.get(f"{url}/cases/{case.number}/diagram?file=../secret.key").status == 404
    assert page.request.get(f"{url}/cases/{case.number}?diagram=nothing").status == 200


def test_what_saves_itself_leaves_no_words_for_the_next_page(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url)
    case = walk_scenario(walk, RETAIL, "complaint", "main_path_service.toml", steps=0)
    page = walk.page("li.min")
    page.goto(f"{url}/tasks/{case.tasks[0].id}")
    page.eval_on_selector("[data-form]", "form => { form.dataset.draftDelay = '10'; }")

    with page.expect_response("**/draft") as answer:
        page.locator(".formbody textarea").first.fill("半句话")
    page.goto(f"{url}/")

    assert answer.value.status == 204
    assert page.locator(".notes").count() == 0


def test_whoever_comes_second_to_a_task_is_led_on(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url)
    case = walk_scenario(walk, RETAIL, "complaint", "main_path_service.toml", steps=0)
    first, second, other = walk.page("li.min"), walk.page("zhang.wei"), walk.page("wang.fang")
    task = f"{url}/tasks/{case.tasks[0].id}"

    other.goto(task)
    assert "此任务由顾客服务部办理" in " ".join(other.locator(".note").all_inner_texts())
    assert other.locator(".actions").count() == 0
    second.goto(task)
    first.goto(task)
    first.click('button[formaction$="/claim"]')
    first.locator('button[formaction$="/release"]').wait_for()
    second.click('button[formaction$="/claim"]')
    second.click("text=查看办理情况")
    second.wait_for_url(task)

    assert "李敏" in " ".join(second.locator(".note").all_inner_texts())


def test_paper_shows_what_is_folded_on_the_screen(browser: Browser, site: Site, url: str) -> None:
    walk = Walk(browser, site, url)
    case = walk_scenario(walk, RETAIL, "complaint", "main_path_service.toml", steps=2)
    page = walk.page("li.min")
    page.goto(f"{url}/cases/{case.number}")
    folded = page.locator("main details:not([open])")
    before = folded.count()

    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    printed = folded.count()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")

    assert before > 0
    assert (printed, folded.count()) == (0, before)


def test_demonstration_people_are_listed_by_company_and_found_by_typing(browser: Browser, site: Site, url: str) -> None:
    page = Walk(browser, site, url, **PHONE).page()
    page.goto(f"{url}/session/new")
    companies = page.locator("#demo-people > details")
    assert (companies.count(), violations(page), sideways(page)) == (2, [], 0)

    page.fill("#demo-filter", "luo.yanfen")
    assert [one.is_visible() for one in companies.all()] == [True, False]
    page.click("text=luo.yanfen")
    page.wait_for_url("**name=luo.yanfen")

    expect(page.locator("#name")).to_have_value("luo.yanfen")
    expect(page.locator("#password")).to_be_focused()


@pytest.mark.parametrize("script", ["with script", "without"])
def test_a_customer_finds_the_company_by_a_part_of_its_name(
    browser: Browser, site: Site, url: str, script: str
) -> None:
    enabled = script == "with script"
    page = Walk(browser, site, url, java_script_enabled=enabled, locale="en-GB", viewport=PHONE["viewport"]).page()
    page.goto(f"{url}/public")
    assert _companies(page) == ["Hongda Building Materials", "Yuelin Stores"]

    page.fill("#company", "宏达")
    page.click("form[role=search] button")
    assert _companies(page) == ["Hongda Building Materials"]

    page.fill("#company", "no such company")
    page.press("#company", "Enter")
    page.click("text=Show all companies")
    assert len(_companies(page)) == 2


def _companies(page: Page) -> list[str]:
    page.wait_for_load_state()
    return [each.inner_text() for each in page.locator("#companies h2").all() if each.is_visible()]
