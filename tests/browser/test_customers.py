"""A customer's whole way on a telephone: from the code in a shop to the answer. The pictures stay in the test's folder."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from engine.commands.site import Site
from engine.complaints import letter_code
from engine.worker import handlers
from tests.browser.walking import Walk, serving, sideways, violations
from tests.support.cafe import a_complaint, a_round, changed_procedure, do, the_case
from tests.support.site import ADMINISTRATOR, CAFE, SECOND, SECRET, a_site, add_second_administrator
from tests.web.pictures import PNG

#: Large text, no script: what an old telephone of somebody with tired eyes does.
PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
SHOP = "  - { id: shop, type: text, max_length: 60, label: { zh-Hans: 门店, zh-Hant: 門店, en: Shop } }\n  - id: kind"
RULES = '[intake]\nshop = "shop"\nask = ["anonymous", "proxy", "withheld"]\n[lanes]'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = a_site(tmp_path_factory.mktemp("customers"))
    changed_procedure(site, ("[lanes]", RULES), ("  - id: kind", SHOP))
    return site


def test_a_customer_is_answered(site: Site, browser: Browser, tmp_path: Path) -> None:
    with serving(site) as url:
        walk = Walk(browser, site, url, **PHONE)

        def picture(page: Page, name: str) -> None:
            page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

        # The shop hangs up its code.
        office = Walk(browser, site, url, bypass_csp=True)
        poster = office.page("fang.lan")
        poster.goto(f"{url}/register/harbour-cafe/complaint/poster?shop=海港路店")
        picture(poster, "1-poster")
        assert violations(poster) == []
        address = poster.locator(".poster .address").inner_text().replace("http://127.0.0.1:8000", url)

        # A customer scans it, writes two lines and adds a photo.
        phone = walk.page()
        phone.goto(address)
        expect(phone.locator("[name=f-shop]")).to_have_value("海港路店")
        phone.fill("[name=f-summary]", "拿铁是凉的")
        phone.check("[name=f-kind][value=taste]")
        phone.set_input_files("[name=f-photos]", [{"name": "杯子.png", "mimeType": "image/png", "buffer": PNG}])
        picture(phone, "2-complaint")
        phone.click(".actions .primary")
        expect(phone.locator(".bignumber")).to_contain_text("HC-2026-00001")
        picture(phone, "3-number")

        # The link says what is waited for, and takes more.
        phone.goto(_tracking(phone, url))
        expect(phone.locator("main")).to_contain_text("2026年3月4日")
        expect(phone.locator("main")).to_contain_text("休息日和节假日不计算在内")
        expect(phone.locator("main")).to_contain_text("核实")
        phone.click("main .acts a >> text=补充说明或照片")
        phone.fill("[name=f-said]", "小票也在这里。")
        pictures = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": PNG} for n in (1, 2)]
        phone.set_input_files("[name=f-files]", pictures)
        picture(phone, "4-evidence")
        phone.click(".actions .primary")
        expect(phone.locator("main")).to_contain_text("您补充了内容")

        # The front desk sees it, does its work, and the customer does not agree.
        desk = office.page("fang.lan")
        expect(desk.locator(".waiting")).to_contain_text("小票也在这里。")
        picture(desk, "5-inbox")
        desk.click(".waiting button")
        expect(desk.locator("main")).not_to_contain_text("小票也在这里。")
        do(site, 1, "assess")
        do(site, 1, "reply")
        phone.reload()
        phone.click("main .acts a >> text=不接受答复")
        phone.fill("[name=f-said]", "新的那杯也是凉的。")
        phone.click(".actions .primary")
        expect(phone.locator("main")).to_contain_text("您不接受答复")
        picture(phone, "6-refused")

        # In the end the complaint is taken back, and somebody agrees.
        phone.click("main .acts a >> text=撤回投诉")
        phone.fill("[name=f-said]", "店长已经当面解决。")
        phone.click(".actions .primary")
        desk.goto(f"{url}/")
        desk.click(".waiting a.btn")
        desk.check("[name=f-decision][value=accept]")
        desk.click(".actions .primary")
        desk.wait_for_url(f"{url}/")
        phone.reload()
        expect(phone.locator("main")).to_contain_text("已撤")
        picture(phone, "7-end")

        assert the_case(site, 1).status == "withdrawn"
        assert len(the_case(site, 1).files) == 3
        assert walk.complaints == office.complaints == []


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW", "en"])
def test_the_customers_pages_are_plain_to_everybody(site: Site, browser: Browser, locale: str) -> None:
    with serving(site) as url:
        walk = Walk(browser, site, url, viewport={"width": 390, "height": 844}, bypass_csp=True, locale=locale)
        page = walk.page()
        page.goto(f"{url}/public/track/{a_complaint(site).tracking_code}")
        assert (violations(page), sideways(page)) == ([], 0)
        assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.customer')).fontSize)") >= 18
        page.click("main .acts a >> nth=0")
        assert (violations(page), sideways(page)) == ([], 0)


def test_a_customer_checks_the_letter_asks_for_the_data_and_has_them_erased(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> None:
    """Journey 5.6, step 7: from the paper in hand to the link that says only that everything was erased."""
    folder = tmp_path_factory.mktemp("own-data")
    own = a_site(folder / "site")
    add_second_administrator(own)
    started = a_complaint(own, summary="拿铁是凉的", customer_name="欧阳诗涵")
    a_round(own, started.case_id, satisfied="yes")
    while own.jobs.do(handlers(own)):
        continue
    with serving(own) as url:
        walk = Walk(browser, own, url, **PHONE)
        office = Walk(browser, own, url)
        phone = walk.page()

        def picture(page: Page, name: str) -> None:
            page.screenshot(path=folder / f"{name}.png", full_page=True)

        # The letter is printed. Somebody types the code on it: it is genuine, and the name is covered.
        printed = office.page("fang.lan").request.get(f"{url}/cases/{started.number}/letters/1.pdf")
        words = "".join("".join(page.extract_text() for page in PdfReader(BytesIO(printed.body())).pages).split())
        found = re.search(r"([0-9A-Z]{5}-){3}[0-9A-Z]{5}", words)
        assert found is not None
        phone.goto(f"{url}/public")
        phone.click("main a >> text=核验函件")
        phone.fill("#code", found[0].lower().replace("-", " "))
        phone.click("main button.primary")
        expect(phone.locator("h1")).to_have_text("函件属实")
        expect(phone.locator("main")).to_contain_text("欧＊＊＊")
        expect(phone.locator("main")).not_to_contain_text("欧阳诗涵")
        picture(phone, "1-genuine")
        phone.goto(f"{url}/public/letters")
        phone.fill("#code", "00000-00000-00000-00000")
        phone.click("main button.primary")
        expect(phone.locator("[role=alert]")).to_contain_text("12315")
        picture(phone, "2-forged")

        # The customer reads the notice, and asks for a copy.
        phone.goto(f"{url}/public/track/{started.tracking_code}")
        phone.click("footer a")
        expect(phone.locator("h1")).to_have_text("隐私说明")
        picture(phone, "3-notice")
        phone.goto(f"{url}/public/track/{started.tracking_code}")
        phone.click("main .acts a >> text=您的个人信息")
        phone.check("[name=f-wish][value=copy]")
        phone.click(".actions .primary")
        expect(phone.locator("main")).to_contain_text("2026年4月1日")
        picture(phone, "4-asked")

        # An administrator checks who asks, and hands it out; the customer reads it, and wants everything erased.
        chief = office.page(ADMINISTRATOR)
        _answer(chief, "link", checked="已回拨登记的电话。")
        phone.reload()
        phone.click("main a >> text=阅读副本")
        expect(phone.locator("main")).to_contain_text("欧阳诗涵")
        picture(phone, "5-copy")
        phone.click(".crumbs a")
        phone.check("[name=f-wish][value=erasure]")
        phone.click(".actions .primary")
        chief.goto(f"{url}/")
        _answer(chief, "begin", checked="已回拨登记的电话。")
        second = office.page(SECOND)
        second.goto(f"{url}/personal-data/erasures/1")
        second.check("[name=decision][value=confirm]")
        second.fill("#answer", "身份已核实。")
        second.click(".actions .primary")
        expect(second.locator("main")).to_contain_text("已删除")
        phone.goto(f"{url}/public/track/{started.tracking_code}")
        expect(phone.locator("h1")).to_have_text("您的个人信息已删除")
        picture(phone, "6-erased")
        phone.goto(f"{url}/public/letters/{found[0]}")
        expect(phone.locator("h1")).to_have_text("确由本平台出具，内容已被删除")
        picture(phone, "7-letter-erased")

        assert the_case(own, started.case_id).customer == ""
        assert walk.complaints == office.complaints == []


def _answer(page: Page, decision: str, *, checked: str) -> None:
    """Answer what a customer asked about data, from the inbox."""
    page.click(".waiting a.btn")
    page.check(f"[name=f-decision][value={decision}]")
    page.fill("[name=f-checked]", checked)
    page.click(".actions .primary")
    page.wait_for_url(lambda url: url.endswith("/"))


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW", "en"])
def test_what_customers_may_check_and_ask_is_plain_to_everybody(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, locale: str
) -> None:
    own = a_site(tmp_path_factory.mktemp("plain"))
    started = a_complaint(own)
    a_round(own, started.case_id, satisfied="yes")
    while own.jobs.do(handlers(own)):
        continue
    (letter,) = the_case(own, started.case_id).letters
    code, track = letter_code(SECRET, CAFE, started.number, letter.key), f"/public/track/{started.tracking_code}"
    pages = [f"/public/letters/{code}", "/public/letters", "/public/letters?code=x", f"{track}/data"]
    with serving(own) as url:
        walk = Walk(browser, own, url, viewport={"width": 390, "height": 844}, bypass_csp=True, locale=locale)
        page = walk.page()
        for path in [*pages, f"/public/privacy/{CAFE}", "/public/privacy"]:
            page.goto(f"{url}{path}")
            assert (path, violations(page), sideways(page)) == (path, [], 0)
        desk = walk.page("fang.lan")
        desk.goto(f"{url}/cases/{started.number}")
        desk.locator("details:has(a[href$='/letters/1/withdrawal']) summary").click()
        assert (violations(desk), sideways(desk)) == ([], 0)
        desk.click("a[href$='/letters/1/withdrawal']")
        assert (violations(desk), sideways(desk)) == ([], 0)
        desk.fill("[name=f-reason]", "寄错了人。")
        desk.click(".actions .primary")
        desk.wait_for_url(f"{url}/cases/{started.number}")
        for path in [pages[0], track]:
            page.goto(f"{url}{path}")
            expect(page.locator(".note.bad")).to_have_count(1)
            expect(page.locator("main")).not_to_contain_text("寄错了人")
            assert (path, violations(page), sideways(page)) == (path, [], 0)
        page.goto(f"{url}{track}/data")
        expect(page.locator("[name=f-right]")).to_be_hidden()
        page.check("[name=f-wish][value=correction]")
        page.fill("[name=f-wrong]", "姓名：欧阳诗涵")
        page.fill("[name=f-right]", "姓名：欧阳诗函")
        assert (violations(page), sideways(page)) == ([], 0)
        page.click(".actions .primary")
        expect(page.locator(".note.ok, .flash")).to_have_count(1)
        chief = walk.page(ADMINISTRATOR)
        chief.click(".waiting a.btn")
        chief.check("[name=f-decision][value=correct]")
        chief.fill("[name=f-checked]", "已回拨登记的电话。")
        chief.fill("[name=f-corrected]", "姓名已改为欧阳诗函。")
        assert (violations(chief), sideways(chief)) == ([], 0)
        chief.click(".actions .primary")
        chief.wait_for_url(f"{url}/")
        page.goto(f"{url}{track}/data")
        expect(page.locator("main")).to_contain_text("姓名已改为欧阳诗函。")
        assert (violations(page), sideways(page)) == ([], 0)
        walk.options["extra_http_headers"] = {"X-Forwarded-For": "93.184.216.34"}
        guesser = walk.page()
        for n in range(6):
            guesser.goto(f"{url}/public/letters/{n:05}-00000-00000-00000")
        assert (guesser.locator("[role=alert] p").count(), violations(guesser), sideways(guesser)) == (1, [], 0)


def _tracking(page: Page, url: str) -> str:
    """The link that the page gives the customer, on the port of this test."""
    link = page.locator("#track-url").get_attribute("value") or ""
    return link.replace("http://127.0.0.1:8000", url)


def test_a_customer_is_called_back_by_link_and_comes_back(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> None:
    """Journey 5.6 from the answer on: the call-back behind the link, the end, and once more within the time."""
    folder = tmp_path_factory.mktemp("call-back")
    own = a_site(folder / "site")
    changed_procedure(own, ("[customer]\n", "[customer]\nfills.confirm.hide = []\n"))
    started = a_complaint(own, summary="拿铁是凉的")
    for element in ("assess", "fix", "reply"):
        do(own, started.case_id, element)
    with serving(own) as url:
        walk = Walk(browser, own, url, **PHONE)
        phone = walk.page()

        def picture(name: str) -> None:
            phone.screenshot(path=folder / f"{name}.png", full_page=True)

        phone.goto(f"{url}/public/track/{started.tracking_code}")
        picture("1-asked")
        phone.click("main a >> text=现在填写")
        picture("2-form")
        phone.check("[name=f-satisfied][value=yes]")
        phone.click(".actions .primary")
        expect(phone.locator("main")).to_contain_text("每份只能填写一次")
        picture("3-thanks")
        while own.jobs.do(handlers(own)):  # the letter of thanks, and the end
            continue
        phone.click("main a.btn")
        expect(phone.locator("main")).to_contain_text("已办结")
        phone.click("main .acts a >> text=重新提出")
        phone.fill("[name=f-said]", "又凉了。")
        phone.click(".actions .primary")
        expect(phone.locator("main")).to_contain_text("HC-2026-00002")
        picture("4-again")

        assert the_case(own, started.case_id).data["satisfied"] == "yes"
        assert the_case(own, 2).status == "open"
        assert walk.complaints == []
