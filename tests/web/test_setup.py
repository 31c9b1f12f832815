"""The first start of an installation, in the browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from flask import Flask

from engine.commands.founding import setup_code
from engine.commands.site import Site
from engine.procedures import company_from_file
from engine.procedures.founding import Profile, Template, files_of, templates
from engine.settings import read_settings
from tests.support.site import CAFE, COMPANIES, an_empty_site
from tests.web.application import an_app
from tests.web.browser import Browser, Page
from webapp.strangers import guesser

PASSWORD = "a sentence is easy to remember"


@pytest.fixture
def site(database_kind: str, tmp_path: Path) -> Site:
    return an_empty_site(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def set_up(site: Site, app: Flask, **changes: str) -> Page:
    browser = Browser(app)
    assert browser.open("/").path == "/setup"
    fields = {
        "code": setup_code(site.secret),
        "name": "望江茶馆",
        "english": "",
        "id": "river-tea",
        "letters": "WJ",
        "template": CAFE,
    }
    page = browser.submit("/setup", **{**fields, **{key: said for key, said in changes.items() if key in fields}})
    if page.status != 200:
        return page
    proposed = {
        each.get("name"): each.get("value") for each in page.tree.iterfind(".//main//input[@autocomplete='off']")
    }
    second = {**proposed, "login": "li.min", "person": "李敏", "password": PASSWORD, "found": "1"}
    return browser.submit("/setup", **{**second, **{key: said for key, said in changes.items() if key not in fields}})


def test_from_nothing_to_the_first_complaint(site: Site, app: Flask) -> None:
    page = set_up(site, app)

    assert page.path == "/account/second-factor"
    browser = Browser(app)
    assert browser.sign_in("li.min", PASSWORD).path == "/"
    browser.open("/register/river-tea/complaint")
    assert browser.page.status == 200
    assert "望江茶馆" in Browser(app).open("/public").words
    assert browser.open("/people").status == 200


def test_the_code_of_one_process_serves_at_all_others(site: Site, tmp_path: Path) -> None:
    other = replace(site, settings=replace(site.settings, var=tmp_path / "another-folder"))

    page = set_up(site, an_app(other))

    assert page.path == "/account/second-factor"


def test_it_happens_once(site: Site, app: Flask) -> None:
    late = Browser(app)
    late.open("/setup")
    form = late.page.hidden("/setup")
    code = setup_code(site.secret)
    set_up(site, app)

    assert Browser(app).open("/setup").path == "/session/new"
    assert late.send("/setup", {**form, "code": code, "id": "second-tea"}).status == 409


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("code", "aaaa-bbbb-cccc", "This is not the code."),
        ("name", "", "Please give your company’s name."),
        ("id", "Wang Jiang", "Please use small letters, digits and hyphens"),
        ("letters", "wj1", "Please use one to six capital letters."),
        ("template", "no-such", "Please choose whose regulations you begin with."),
        ("login", "system", "Please choose another user name"),
        ("login", "Li Min", "Please choose another user name"),
        ("person", "", "Please give the administrator’s name."),
        ("password", "short", "The password needs at least 10 characters"),
        ("hours-mon", "9 to 5", "Please write working hours such as 09:00-12:00"),
        ("hours-tue", "13:00-12:00", "Please write working hours such as 09:00-12:00"),
        ("group-kitchen", "", "Every department needs a name"),
    ],
)
def test_a_wrong_answer_is_named_and_nothing_is_made(site: Site, app: Flask, field: str, value: str, said: str) -> None:
    page = set_up(site, app, **{field: value})

    assert page.status == 422
    assert said in page.words
    assert Browser(app).open("/").path == "/setup"


def test_a_code_cannot_be_guessed(site: Site, app: Flask) -> None:
    for _ in range(5):
        set_up(site, app, code="aaaa-bbbb-cccc")

    page = set_up(site, app)

    assert "Too many attempts." in page.words


def test_who_guesses_codes_behind_a_proxy_makes_nobody_else_wait(site: Site, app: Flask) -> None:
    asked = {"X-Forwarded-For": "93.184.216.34"}
    with app.test_request_context("/setup", headers=asked, environ_base={"REMOTE_ADDR": "172.18.0.2"}):
        assert guesser() == "93.184.216.34"
    with app.test_request_context("/setup", headers=asked, environ_base={"REMOTE_ADDR": "93.184.216.99"}):
        assert guesser() == "93.184.216.99", "nobody outside says who they are"
    with app.test_request_context("/setup", environ_base={"REMOTE_ADDR": "172.18.0.2"}):
        assert guesser() == "172.18.0.2"


def test_every_regulation_that_comes_along_can_be_begun_with() -> None:
    settings = read_settings({})

    found = templates(settings.processes)

    assert len(found) == 30
    assert sum(len(one.procedures) for one in found) == 112


def test_a_founded_company_has_the_groups_and_hours_of_its_template() -> None:
    folder = COMPANIES / "processes" / CAFE
    template = {
        "company.toml": (folder / "company.toml").read_bytes(),
        "procedure.toml": b'id = "complaint"\ncase_number = "HC-R-{year}-{seq:05}"\n',
    }
    was = company_from_file(template["company.toml"])

    files = files_of(template, Profile("river-tea", {"zh-Hans": '望"江', "en": "River"}, "WJ"))

    company = company_from_file(files["company.toml"])
    assert company == replace(
        was,
        id="river-tea",
        name={"zh-Hans": '望"江', "en": "River"},
        case_number=was.case_number.replace("HC-", "WJ-"),
    )
    assert files["procedure.toml"] == b'id = "complaint"\ncase_number = "WJ-R-{year}-{seq:05}"\n'


def test_departments_hours_and_who_needs_a_second_factor_are_the_companys_own(site: Site, app: Flask) -> None:
    page = set_up(site, app, **{"group-kitchen": '后厨"一"部', "hours-sun": "10:00-12:00, 13:00-15:30", "hours-mon": ""},
                  second_factor="1")  # fmt: skip

    assert page.path == "/account/second-factor"
    with site.database.reading("river-tea") as connection:
        company = site.deployments.company(connection, "river-tea")
    assert company.groups["kitchen"].name == {"zh-Hans": '后厨"一"部', "en": '后厨"一"部'}
    assert 1 not in company.hours
    assert company.hours[7] == ((time(10), time(12)), (time(13), time(15, 30)))
    assert company.second_factor == "administrators"
    assert Browser(app).sign_in("li.min", PASSWORD).path == "/account"


def test_control_characters_are_left_out_of_names(site: Site, app: Flask) -> None:
    hostile = {"name": "望江\x7f茶馆", "english": "River\x00", "group-kitchen": "后厨\x00部\x7f", "person": "李\x00敏"}

    page = set_up(site, app, **hostile)

    assert page.path == "/account/second-factor"
    with site.database.reading("river-tea") as connection:
        company = site.deployments.company(connection, "river-tea")
    assert company.name == {"zh-Hans": "望江茶馆", "en": "River"}
    assert company.groups["kitchen"].name["zh-Hans"] == "后厨部"


def test_the_second_page_goes_back_to_the_first(site: Site, app: Flask) -> None:
    browser = Browser(app)
    browser.open("/setup")
    fields = {"code": setup_code(site.secret), "name": "望江茶馆", "id": "river-tea", "letters": "WJ"}
    browser.submit("/setup", **fields, english="", template=CAFE)
    assert "WJ-2026-00001" in browser.page.words

    back = {"back": "1", "group-kitchen": "糕点房", "hours-mon": "10:00-12:00", "person": "李敏"}
    page = browser.submit("/setup", **back)

    assert page.status == 200
    again = browser.submit("/setup", **fields, english="", template=CAFE)
    assert again.tree.xpath("//input[@id='group-kitchen']/@value") == ["糕点房"]
    assert again.tree.xpath("//input[@id='hours-mon']/@value") == ["10:00-12:00"]
    assert again.tree.xpath("//input[@id='person']/@value") == ["李敏"]
    assert 'value="river-tea"' in page.text
    assert Browser(app).open("/").path == "/setup"


@pytest.mark.parametrize("template", templates(read_settings({}).processes), ids=lambda one: one.id)
def test_every_template_takes_another_name_hours_and_departments(template: Template) -> None:
    folder = read_settings({}).processes / template.id
    files = {"company.toml": (folder / "company.toml").read_bytes(), "procedure.toml": b""}
    groups = {group.id: f"{group.id} 部" for group in template.company.groups.values() if not group.of}
    names = {template.language: "甲", "en": "A"}

    made = files_of(files, Profile("river-tea", names, "WJ", groups, {"wed": "08:00-12:00"}, "everybody"))

    company = company_from_file(made["company.toml"])
    assert (company.id, company.name, company.second_factor) == ("river-tea", names, "everybody")
    assert company.hours == {3: ((time(8), time(12)),)}
    assert {id_: company.groups[id_].name["en"] for id_ in groups} == groups
    assert {each.id: each.department for each in company.groups.values()} == {
        each.id: each.department for each in template.company.groups.values()
    }
