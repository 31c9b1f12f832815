"""People from a table: shown first, done then, and no file does harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import Workbook

from engine.commands.people import leave
from engine.commands.site import Site
from engine.sheets import UnreadableSheet, read_sheet
from tests.support.site import ADMINISTRATOR, PASSWORD, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import Browser, Page, staff

HEADINGS = ["用户名", "姓名", "英文名", "岗位组", "权限"]


@pytest.fixture
def site(database_kind: str, tmp_path: Path) -> Site:
    return a_site(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def xlsx(*rows: list[object]) -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def shown(browser: Browser, content: bytes) -> Page:
    browser.open("/people/list")
    return browser.submit("/people/list", table=(io.BytesIO(content), "people.xlsx"))


def states(page: Page) -> list[str]:
    return [" ".join(" ".join(cell.itertext()).split()) for cell in page.tree.xpath("//tbody/tr/td[last()]")]


def test_a_table_is_shown_first_and_done_when_confirmed(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    content = xlsx(
        HEADINGS,
        ["lin.yu", "林雨", "Lin Yu", "前台、后厨", "管理员"],
        ["gu.qiang", "顾强", "", "front", ""],
        ["wei.min", "wei.min", "wei.min", "前台,后厨", None],
    )

    page = shown(browser, content)
    assert states(page) == ["New", "Changed", "Unchanged"]
    assert Browser(app).sign_in("lin.yu").status == 422

    page = browser.submit("/people/list/entry")

    assert "Added: 1, changed: 1" in page.words
    password = page.tree.xpath("//code/text()")[0]
    assert Browser(app).sign_in("lin.yu", password).path == "/account"
    newcomer = actor_of(site, "lin.yu")
    assert (newcomer.groups, newcomer.administrator) == ({"front", "kitchen"}, True)
    assert actor_of(site, "gu.qiang").groups == {"front"}
    assert Browser(app).sign_in("gu.qiang", PASSWORD).path == "/"


def test_every_mistake_is_named_with_its_row_and_the_rest_is_done(site: Site, app: Flask) -> None:
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        wei = actor_of(site, "wei.min").person_id
        assert wei is not None
        leave(context, wei)
    browser = staff(app, ADMINISTRATOR)
    rows = [
        ["Lin Yu", "林雨", "", "", ""],
        ["system", "系统", "", "", ""],
        ["lin.yu", "", "", "", ""],
        ["lin.yi", "林一", "", "前台、仓库", ""],
        ["lin.er", "林二", "", "", "皇帝"],
        ["lin.san", "林三", "", "前台", ""],
        ["lin.san", "林三", "", "前台", ""],
        ["wei.min", "魏敏", "", "", ""],
    ]

    page = shown(browser, xlsx(HEADINGS, *rows))

    assert states(page) == [
        "Left out “Lin Yu” cannot be a user name: small letters, digits and dots, for example li.min.",
        "Left out “system” cannot be a user name: small letters, digits and dots, for example li.min.",
        "Left out The name is missing or too long.",
        "Left out There is no such group: 仓库",
        "Left out There is no such right: 皇帝",
        "New",
        "Left out lin.san stands in the table twice.",
        "Left out wei.min has left. Let that person come back first.",
    ]
    assert "Added: 1, changed: 0" in browser.submit("/people/list/entry").words


def test_columns_that_are_missing_change_nothing(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)

    shown(browser, "姓名,用户名\n顾强,gu.qiang\n安琪,an.qi\n".encode())
    browser.submit("/people/list/entry")

    assert actor_of(site, "gu.qiang").groups == {"kitchen"}
    assert actor_of(site, ADMINISTRATOR).administrator


def test_a_table_cannot_take_away_the_last_administrator(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    shown(browser, xlsx(HEADINGS, ["new.one", "新人", "", "", ""], [ADMINISTRATOR, "安琪", "", "", ""]))

    page = browser.submit("/people/list/entry")

    assert page.status == 409
    assert "This is the only administrator." in page.words
    assert "new.one" not in browser.open("/people").text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The table is empty, or no file was chosen."),
        (b"\x00\x01\x02\x03", "This is no table that can be read."),
        (b"PK\x03\x04 not a zip", "This is no table that can be read."),
        ("姓名,部门\n林雨,前台\n".encode(), "has no column “User name”"),
        ("用户名\nlin.yu\n".encode("gb18030"), "has no column “Name”"),
        ("用户名,姓名\n".encode() + b"a,b\n" * 2_001, "The table has more than 2000 rows."),
        (b"x" * 5_000_001, "The file is too large."),
    ],
)
def test_what_is_no_table_is_refused_with_the_way_out(app: Flask, content: bytes, said: str) -> None:
    browser = staff(app, ADMINISTRATOR)

    page = shown(browser, content)

    assert page.status == 422
    assert said in page.words


def test_rows_that_were_tampered_with_end_harmless(app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    shown(browser, xlsx(HEADINGS, ["lin.yu", "林雨", "", "", ""]))
    token = browser.csrf()

    for rows in ("", "{", "[]", "[[1]]", '[["用户名"]]', '[["login","name"],["x"]]'):
        assert browser.send("/people/list/entry", {"csrf_token": token, "rows": rows}).status == 400


def test_only_administrators_bring_people_in(app: Flask) -> None:
    browser = staff(app, "fang.lan")
    browser.open("/account")

    assert browser.send("/people/list/entry", {"csrf_token": browser.csrf(), "rows": "[]"}).status == 403


def test_a_zip_bomb_is_no_table() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)

    with pytest.raises(UnreadableSheet, match="too-large"):
        read_sheet(buffer.getvalue())


def test_entities_of_a_sheet_reach_no_file() -> None:
    plain = xlsx(["login"])
    hostile = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst xmlns="http://x"><si><t>&e;</t></si></sst>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(buffer, "w") as new:
        for part in old.namelist():
            new.writestr(part, hostile if part == "xl/sharedStrings.xml" else old.read(part))

    try:
        rows = read_sheet(buffer.getvalue())
    except UnreadableSheet:
        rows = []
    assert "root:" not in repr(rows)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("用户名;姓名\nlin.yu;林雨\n".encode("utf-8-sig"), [["用户名", "姓名"], ["lin.yu", "林雨"]]),
        ("用户名\t姓名\nlin.yu\t林雨\n".encode("gb18030"), [["用户名", "姓名"], ["lin.yu", "林雨"]]),
        (b'login,name\n"a,b","c\nd"\n', [["login", "name"], ["a,b", "c\nd"]]),
        (b"login,name,x\n\n,,\nlin.yu\n", [["login", "name", "x"], ["lin.yu", "", ""]]),
    ],
)
def test_tables_are_read_as_spreadsheets_save_them(content: bytes, rows: list[list[str]]) -> None:
    assert read_sheet(content) == rows


def test_numbers_of_a_spreadsheet_read_as_they_look() -> None:
    assert read_sheet(xlsx(["login", "n"], ["a", 12.0], ["b", 1.5])) == [["login", "n"], ["a", "12"], ["b", "1.5"]]
