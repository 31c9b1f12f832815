"""The administrator's year in a real browser: set up, people, calendar, health, a leaver, an erasure, a restored copy."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyotp
import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from engine.backups import restore, take
from engine.commands.founding import setup_code
from engine.commands.site import Site
from engine.deployments import DeploymentStore
from engine.tables import cases
from tests.browser.walking import Walk, fill, serving, sideways, violations
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.support.site import CAFE, PASSWORD, a_database, an_empty_site, settings_in
from tests.web.records import assert_history_verifies

COMPANY, CHIEF, SECOND, CLERK = "river-tea", "li.min", "qian.hong", "sun.li"
NOTICE = """国务院办公厅关于2027年部分节假日安排的通知
一、元旦：1月1日（周五）至5日（周二）放假调休，共5天。
"""


class Office:
    """One installation from its first start, and whoever sits before it."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.url = walk, walk.url
        self.chief = walk.page()
        self.flaws: dict[str, object] = {}

    def look(self, page: Page, name: str) -> None:
        if found := (violations(page), sideways(page)) != ([], 0):
            self.flaws[name] = found

    def set_up(self) -> None:
        page, typed = self.chief, {"code": setup_code(self.walk.site.secret), "name": "望江茶馆", "id": COMPANY}
        page.goto(self.url)
        self.look(page, "set-up")
        for name, value in (typed | {"letters": "WJ"}).items():
            page.fill(f"#{name}", value)
        page.check(f"input[name=template][value={CAFE}]")
        page.click("main button.primary")
        page.locator("#hours-sat").wait_for()
        self.look(page, "set-up of the company")
        own = {
            "group-kitchen": "糕点房",
            "hours-sat": "10:00-12:00",
            "person": "李敏",
            "login": CHIEF,
            "password": PASSWORD,
        }
        for name, value in own.items():
            page.fill(f"#{name}", value)
        page.click("main button.primary")
        page.wait_for_url("**/account/second-factor")
        self.look(page, "second factor")
        self.secures(page)

    def secures(self, page: Page) -> None:
        """An administrator's account opens nothing before."""
        page.goto(f"{self.url}/account/second-factor")
        clock = self.walk.site.clock
        page.fill("#code", pyotp.TOTP(page.inner_text("code.wrap").replace(" ", "")).at(clock()))
        page.click("main button.primary")
        assert page.locator(".codes li").count() > 0

    def people_come(self, table: Path) -> dict[str, str]:
        """From a table; the first password of each."""
        table.write_text(
            "用户名,姓名,岗位组,权限\nqian.hong,钱虹,,管理员\nsun.li,孙莉,前台,\nbad login,错,不存在的组,\n", "utf-8"
        )
        page = self.chief
        page.goto(f"{self.url}/people/list")
        page.set_input_files("#table", table)
        page.click("main button:has-text('预览')")
        assert "新增 2" in page.inner_text("main")
        assert page.locator("tbody tr").count() == 3
        self.look(page, "people from a table")
        page.click("main button.primary")
        rows = page.locator("tbody tr").all()
        said = {login: row for row in rows for login in (SECOND, CLERK) if login in row.inner_text()}
        return {login: row.locator("code").last.inner_text() for login, row in said.items()}

    def comes_in(self, login: str, first: str) -> Page:
        """With the password that somebody else gave, which is changed before anything opens."""
        page = self.walk.page()
        page.goto(f"{self.url}/session/new")
        page.fill("#name", login)
        page.fill("#password", first)
        page.click("main button.primary")
        page.fill("#old", first)
        page.fill("#new", PASSWORD)
        page.fill("#again", PASSWORD)
        page.click("#password button.primary")
        return page

    def a_notice_is_loaded(self) -> None:
        page = self.chief
        page.goto(f"{self.url}/calendar/notice")
        page.fill("#notice-text", NOTICE.replace("共5天", "共6天"))
        page.click("main button.primary")
        assert page.locator("#notice-problems").is_visible(), "the days do not add up"
        page.fill("#notice-text", NOTICE)
        page.click("main form[enctype] button")
        self.look(page, "notice")
        page.click("button[name=load]")
        page.goto(f"{self.url}/calendar?year=2027")
        assert page.locator("form[action*='/notice/2027/']").count() == 1, "it can be taken back"

    def a_customer_complains(self, words: str) -> None:
        page = self.walk.page()
        page.goto(f"{self.url}/public/{COMPANY}/complaint")
        fill(page, {"summary": words, "customer_name": "欧阳诗涵", "kind": "taste"})
        page.click(".actions .primary")
        page.wait_for_url("**/public/received/*")

    def is_answered(self, clerk: Page, task: int) -> None:
        clerk.goto(f"{self.url}/tasks/{task}")
        fill(clerk, {"founded": "no", "remark": "当天的糖度合格"})
        clerk.click(".actions .primary")
        clerk.wait_for_url(lambda url: f"/tasks/{task}" not in url)
        self.walk.work()

    def leaves(self, clerk: Page, task: int) -> None:
        """Whose work is still theirs hands it over first."""
        clerk.goto(f"{self.url}/tasks/{task}")
        clerk.click("button[formaction$='/claim']")
        clerk.locator("button[formaction$='/release']").wait_for()
        page = self.chief
        page.goto(f"{self.url}/people")
        page.click("main a:has-text('孙莉')")
        page.click("form[action$='/departure'] button")
        assert page.locator("form[action$='/departure']").is_visible(), "there is open work"
        self.look(page, "a leaver with work")
        clerk.click("button[formaction$='/release']")
        clerk.locator("button[formaction$='/release']").wait_for(state="detached")
        page.click("form[action$='/departure'] button")
        page.wait_for_url("**/people")
        clerk.goto(f"{self.url}/")
        assert "/session/new" in clerk.url

    def forgets(self, second: Page, number: str) -> None:
        """Somebody asks to be forgotten: one administrator asks, another confirms, a certificate says so."""
        page = self.chief
        page.goto(f"{self.url}/personal-data/erasures/new?text=欧阳诗涵")
        page.check(f"input[name=case][value={number}]")
        page.fill("#reason", "来信要求删除")
        self.look(page, "erasure")
        page.click("form[action$='/erasures'] button.primary")
        second.goto(page.url)
        second.check("input[name=decision][value=confirm]")
        second.fill("#answer", "身份已核实")
        second.click("main form button.primary")
        second.locator("input[name=decision]").first.wait_for(state="detached")
        self.walk.work()
        second.reload()
        self.look(second, "erased")
        second.goto(f"{self.url}/cases/{number}")
        assert "欧阳" not in second.content()


def test_the_administrators_year(browser: Browser, tmp_path: Path) -> None:
    site = an_empty_site(tmp_path / "site", clock=StandingClock(datetime.fromisoformat("2026-12-30T09:00:00+08:00")))
    with serving(site) as url:
        office = Office(Walk(browser, site, url, bypass_csp=True))
        office.set_up()
        first = office.people_come(tmp_path / "people.csv")
        second, clerk = office.comes_in(SECOND, first[SECOND]), office.comes_in(CLERK, first[CLERK])
        office.secures(second)
        office.a_notice_is_loaded()
        office.a_customer_complains("奶茶太甜")
        office.is_answered(clerk, task=1)
        office.a_customer_complains("杯子有裂纹，换一个")
        office.leaves(clerk, task=2)
        office.forgets(second, "WJ-2026-00001")
        office.chief.goto(f"{url}/health")
        office.look(office.chief, "health")
    assert (office.flaws, office.walk.complaints) == ({}, [])
    assert_the_copy_agrees(site, tmp_path)


def assert_the_copy_agrees(site: Site, folder: Path) -> None:
    """A backup restored on a second machine counts the same and ends its histories in the same hashes."""
    take(site, folder / "backup.zip", now=site.clock(), progress=lambda *_: None)
    database = a_database(folder / "second")
    settings = settings_in(folder / "second", SHOUWEN_DATABASE_URL=database.url)
    copy = Site(settings, database, DeploymentStore(), RememberedJobs(), StandingClock(), b"another secret")
    restore(copy, folder / "backup.zip", progress=lambda *_: None)
    assert heads(copy) == heads(site) != []
    assert assert_history_verifies(copy) == assert_history_verifies(site) > 0


def heads(site: Site) -> list[tuple[object, ...]]:
    """Number and last hash of every case's history."""
    with site.database.reading(COMPANY) as connection:
        found = connection.execute(sa.select(cases.c.number, cases.c.history_hash).order_by(cases.c.id))
        return [tuple(row) for row in found]
