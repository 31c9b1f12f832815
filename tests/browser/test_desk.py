"""Journeys of the front desk and of who investigates, step by step as a newcomer walks them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import docx
import pytest
from playwright.sync_api import Browser, Page, expect

from engine.commands.site import Site
from tests.browser.walking import Walk, serving, sideways, violations
from tests.support.cafe import a_complaint, changed_procedure, do, task_id, with_rules, with_telephone
from tests.support.site import a_site
from tests.web.pictures import PNG

PHONE = {"viewport": {"width": 390, "height": 844}, "bypass_csp": True}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = a_site(tmp_path)
    with_telephone(made)
    phrase = '\n[[phrases]]\ntext = { zh-Hans = "经核实，情况属实。", zh-Hant = "經核實，情況屬實。", en = "True." }\n\n[calendar]'
    changed_procedure(made, ("\n[calendar]", phrase))
    return made


@pytest.fixture
def walk(browser: Browser, site: Site) -> Iterator[Walk]:
    with serving(site) as url:
        yield Walk(browser, site, url)


def fine(page: Page) -> None:
    assert (violations(page), sideways(page)) == ([], 0)


def test_a_telephone_call_is_registered_and_found_to_be_a_second_one(walk: Walk, site: Site) -> None:
    before = a_complaint(site, summary="拿铁咖啡里发现一根头发", customer_phone="138 0013 8000", customer_name="王红")
    page = walk.page("fang.lan")

    page.keyboard.press("n")
    page.click("text=顾客投诉")
    expect(page.locator("#caller")).to_be_focused()
    page.keyboard.type("13800138000")
    page.keyboard.press("Enter")

    expect(page.locator("[name=f-customer_name]")).to_have_value("王红")
    expect(page.locator("#known")).to_contain_text("该来电人以前的投诉：1 件")
    fine(page)
    page.fill("[name=f-customer_phone]", "")
    page.locator("[name=f-summary]").press_sequentially("拿铁里又有头发")
    expect(page.locator("#known")).to_contain_text("内容相近的在办投诉")
    page.check("[name=f-kind][value=taste]")
    page.set_input_files("[name=f-photos]", [{"name": "cup.png", "mimeType": "image/png", "buffer": PNG}])
    page.set_input_files("[name=f-photos]", [{"name": "hair.png", "mimeType": "image/png", "buffer": PNG + b"\n"}])
    expect(page.locator(".picked li")).to_have_count(2)
    expect(page.locator(".picked canvas")).to_have_count(2)
    page.check(f'[name=relation][value="related:{before.number}"]')
    page.click("#intake .actions .primary")
    page.wait_for_url("**/tasks/*")

    page.click(".phrases [data-phrase]")
    expect(page.locator("[name=f-remark]")).to_have_value("经核实，情况属实。")
    page.goto(f"{walk.url}/cases/{before.number}")
    expect(page.locator("main")).to_contain_text("关联 HC-2026-00002")
    page.goto(f"{walk.url}/cases/HC-2026-00002")
    expect(page.locator(".filelist li")).to_have_count(4)  # in the answers, and among all attachments
    fine(page)
    assert walk.complaints == []


def test_a_case_is_worked_on_returned_and_printed(walk: Walk, site: Site, browser: Browser) -> None:
    with_rules(
        site,
        '[records.handling]\ntitle = { zh-Hans = "顾客投诉处理单", zh-Hant = "顧客投訴處理單", en = "Sheet" }\n'
        'forms = ["intake", "assess"]\nseal = true',
    )
    case = a_complaint(site, summary="咖啡太凉")
    fang = walk.page("fang.lan")

    fang.goto(f"{walk.url}/?tab=groups")
    fang.click("td.act button")
    fang.wait_for_url("**/tasks/*")
    fang.check("[name=f-founded][value=yes]")
    fang.fill("[name=f-remark]", "咖啡机水温不够")
    fang.click(".actions .primary")
    fang.wait_for_url(lambda url: "/completion" not in url)
    phone = Walk(browser, site, walk.url, **PHONE)
    gu = phone.page("gu.qiang")
    gu.goto(f"{walk.url}/?tab=groups")
    gu.click("td.title a")
    fine(gu)
    gu.click("text=更多操作")
    gu.click("text=退回")
    gu.select_option("[name=f-step]", "assess")
    gu.fill("[name=f-reason]", "没有写是哪台机器")
    gu.click(".actions .primary")

    fang.goto(f"{walk.url}/?tab=mine")
    fang.click("td.title a")
    expect(fang.locator("main")).to_contain_text("没有写是哪台机器")
    expect(fang.locator("[name=f-remark]")).to_have_value("咖啡机水温不够")
    expect(fang.locator("[data-earlier]")).to_contain_text("尚未修改。")
    fang.eval_on_selector("form[data-draft-url]", "form => form.dataset.draftDelay = 20")
    fang.fill("[name=f-remark]", "二号咖啡机水温不够")
    expect(fang.locator("[data-earlier] del")).to_have_text("原为： 咖啡机水温不够")
    expect(fang.locator("[data-earlier] ins")).to_have_text("现为： 二号咖啡机水温不够")
    fine(fang)
    fang.click(".actions .primary")
    fang.wait_for_url(lambda url: "/completion" not in url)
    gu.goto(f"{walk.url}/?tab=groups")
    gu.click("td.title a")
    expect(gu.locator("main")).to_contain_text("退回后的修改：核实")
    expect(gu.locator("ins")).to_have_text("现为： 二号咖啡机水温不够")
    fang.goto(f"{walk.url}/cases/{case.number}")
    expect(fang.locator(".papers li").first).to_contain_text("顾客投诉处理单")
    with fang.expect_download() as sheet:
        fang.locator(".papers a", has_text="Word").first.click()
    document = docx.Document(sheet.value.path())
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert sheet.value.suggested_filename == "HC-2026-00001 顾客投诉处理单.docx"
    assert {"咖啡太凉", "二号咖啡机水温不够"} <= set(cells)
    assert walk.complaints == []


def test_who_investigates_waits_asks_a_colleague_and_goes_on_leave(walk: Walk, site: Site) -> None:
    case = a_complaint(site, summary="咖啡太凉")
    do(site, case.case_id, "assess")
    walk.move_to(site.clock() + timedelta(hours=2))
    gu = walk.page("gu.qiang")
    expect(gu.locator(".lane")).to_contain_text("咖啡太凉")

    gu.click(".lane a")
    gu.click("a[href$='/time-limits/fixing/pause']")
    gu.fill("[name=f-reason]", "等待顾客寄来样品")
    gu.set_input_files("[name=f-evidence]", [{"name": "sample.png", "mimeType": "image/png", "buffer": PNG}])
    gu.click(".actions .primary")
    gu.wait_for_url(lambda url: "/pause" not in url)
    expect(gu.locator("#time-limits")).to_contain_text("等待顾客寄来样品")
    gu.goto(f"{walk.url}/tasks/{task_id(site, case.case_id, 'fix')}")
    gu.click("text=更多操作")
    gu.click("text=转办")
    gu.select_option("[name=f-to]", "person:wei.min")
    gu.fill("[name=f-reason]", "这台机器由你负责")
    gu.click(".actions .primary")
    gu.wait_for_url(f"{walk.url}/")

    wei = walk.page("wei.min")
    wei.click("text=答复 >> visible=true")
    wei.check("[name=f-decision][value=accept]")
    wei.click(".actions .primary")
    wei.wait_for_url(lambda url: "/errands/" not in url)
    wei.goto(f"{walk.url}/absences")
    wei.select_option("[name=f-substitute]", "gu.qiang")
    wei.fill("[name=f-begins_at]", "2026-03-02T08:00")
    wei.fill("[name=f-ends_at]", "2026-03-06T18:00")
    wei.fill("[name=f-reason]", "培训")
    wei.click(".actions .primary")
    expect(wei.locator("main")).to_contain_text("培训")
    gu.goto(f"{walk.url}/tasks/{task_id(site, case.case_id, 'fix')}")
    expect(gu.locator("main")).to_contain_text("您正在代wei.min办理")
    gu.fill("[name=f-done]", "已调高水温")
    gu.click(".actions .primary")
    gu.wait_for_url(lambda url: "/completion" not in url)
    wei.reload()

    expect(wei.locator("main")).to_contain_text("整改 · gu.qiang")
    fine(wei)
    assert walk.complaints == []
