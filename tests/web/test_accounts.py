"""One's own account, colleagues, second factors, and guessing."""

from __future__ import annotations

import re
from pathlib import Path

import pyotp
import pytest
from flask import Flask

from engine.commands.people import add_person
from engine.commands.site import Site
from engine.queries.people import names_of
from engine.settings import Settings
from tests.support.cafe import a_complaint, task_id
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, PASSWORD, a_site, actor_of, settings_in
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.neighbour import NEIGHBOUR, add_neighbour
from tests.web.records import company_events

NEW = "four words make one sentence"
WRONG = "User name and password do not match. Please try again."


@pytest.fixture
def site(database_kind: str, tmp_path: Path) -> Site:
    """One for each test: they change who can sign in."""
    return a_site(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def clock_of(site: Site) -> StandingClock:
    assert isinstance(site.clock, StandingClock)
    return site.clock


def person_id(site: Site, login: str) -> int:
    found = actor_of(site, login).person_id
    assert found is not None
    return found


def with_second_factor(site: Site, app: Flask, login: str) -> tuple[str, list[str]]:
    """Set up as the person would; the secret on the telephone and the recovery codes."""
    browser = Browser(app)
    browser.sign_in(login)
    page = browser.open("/account/second-factor")
    secret = re.sub(r"\s", "", page.tree.xpath("//code/text()")[0])
    page = browser.submit("/account/second-factor", code=code_now(site, secret))
    assert "It is set up." in page.words
    return secret, [str(code) for code in page.tree.xpath("//ol[@class='codes']//code/text()")]


def code_now(site: Site, secret: str) -> str:
    return pyotp.TOTP(secret).at(site.clock())


def test_a_changed_password_is_the_only_one_and_ends_other_sessions(app: Flask) -> None:
    elsewhere, browser = staff(app, "fang.lan"), staff(app, "fang.lan")
    browser.open("/account")

    page = browser.submit("/account/password", old=PASSWORD, new=NEW, again=NEW)

    assert "Your password is changed" in page.words
    assert elsewhere.open("/").path == "/session/new"
    assert Browser(app).sign_in("fang.lan").status == 422
    assert Browser(app).sign_in("fang.lan", NEW).path == "/"


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "The old password is not right."),
        (PASSWORD, "short", "short", "at least 10 characters"),
        (PASSWORD, NEW, NEW + "!", "The two new passwords differ."),
        (PASSWORD, PASSWORD, PASSWORD, "The new password is the old one."),
        (PASSWORD, "fang.lan12", "fang.lan12", "little more than your user name"),
        (PASSWORD, "x" * 201, "x" * 201, "at most 200 characters"),
    ],
)
def test_a_password_that_is_not_taken_says_why(app: Flask, old: str, new: str, again: str, said: str) -> None:
    browser = staff(app, "fang.lan")
    browser.open("/account")

    page = browser.submit("/account/password", old=old, new=new, again=again)

    assert page.status == 422
    assert said in page.words
    assert Browser(app).sign_in("fang.lan").path == "/"


def test_after_five_wrong_passwords_a_stranger_waits_and_the_known_browser_does_not(site: Site, app: Flask) -> None:
    known = staff(app, "fang.lan")
    known.open("/")
    known.submit("/session/end")
    stranger = Browser(app)
    for _ in range(5):
        assert WRONG in stranger.sign_in("fang.lan", "guess").words

    page = stranger.sign_in("fang.lan")

    assert page.status == 429
    assert page.response.headers["Retry-After"] == "30"
    assert "Too many attempts. Please wait 1 minute and try again." in page.words
    assert known.sign_in("fang.lan").path == "/"


def test_who_waited_may_try_again_and_the_history_counts_those_turned_away(site: Site, app: Flask) -> None:
    stranger = Browser(app)
    for _ in range(5):
        stranger.sign_in("fang.lan", "guess")
    for _ in range(3):
        assert stranger.sign_in("fang.lan", "guess").status == 429
    clock_of(site).move(seconds=31)

    assert stranger.sign_in("fang.lan", "guess").status == 422
    assert dict(company_events(site)[-1].content) == {"login": "fang.lan", "turned_away_before": 3}
    assert stranger.sign_in("fang.lan").response.headers["Retry-After"] == "60"
    clock_of(site).move(seconds=61)
    assert stranger.sign_in("fang.lan").path == "/"


def test_a_login_that_nobody_has_waits_just_the_same(app: Flask) -> None:
    stranger, login = Browser(app), "nobody.at.all"
    for _ in range(5):
        assert stranger.sign_in(login, "guess").status == 422

    page = stranger.sign_in(login, "guess")

    assert (page.status, page.response.headers["Retry-After"]) == (429, "30")


def test_a_device_cookie_of_one_login_is_no_other_ones(site: Site, app: Flask) -> None:
    stranger = Browser(app)
    stranger.sign_in("gu.qiang")
    stranger.submit("/session/end")
    for _ in range(5):
        stranger.sign_in("fang.lan", "guess")

    assert Browser(app).sign_in("fang.lan").status == 429


def test_with_a_second_factor_a_password_alone_opens_nothing(site: Site, app: Flask) -> None:
    secret, _ = with_second_factor(site, app, "fang.lan")
    clock_of(site).move(seconds=30)
    browser = Browser(app)

    page = browser.sign_in("fang.lan")

    assert page.path == "/session/code"
    assert Browser.open(browser, "/cases").path == "/session/new"
    browser.open("/session/code")
    assert "This code is not right" in browser.submit("/session/code", code="000000").words
    assert browser.submit("/session/code", code=code_now(site, secret)).path == "/"


def test_a_code_serves_once(site: Site, app: Flask) -> None:
    secret, _ = with_second_factor(site, app, "fang.lan")
    clock_of(site).move(seconds=30)
    code = code_now(site, secret)
    first, second = Browser(app), Browser(app)
    first.sign_in("fang.lan")
    second.sign_in("fang.lan")

    assert first.submit("/session/code", code=code).path == "/"
    assert second.submit("/session/code", code=code).status == 422


def test_a_recovery_code_lets_in_once(site: Site, app: Flask) -> None:
    _, codes = with_second_factor(site, app, "fang.lan")
    assert len(codes) == 10
    browser = Browser(app)
    browser.sign_in("fang.lan")
    assert browser.submit("/session/code", code=codes[3].upper()).path == "/"
    browser.submit("/session/end")
    browser.sign_in("fang.lan")

    assert browser.submit("/session/code", code=codes[3]).status == 422


def test_guessing_codes_has_to_wait_too(site: Site, app: Flask) -> None:
    with_second_factor(site, app, "fang.lan")
    browser = Browser(app)
    browser.sign_in("fang.lan")
    for _ in range(5):
        browser.submit("/session/code", code="123123")

    assert browser.submit("/session/code", code="123123").status == 429


def test_a_session_left_open_is_no_way_to_guess_the_password(site: Site, app: Flask) -> None:
    browser = staff(app, "fang.lan")
    browser.open("/account")
    for _ in range(5):
        browser.submit("/account/password", old="guess", new=NEW, again=NEW)

    page = browser.submit("/account/password", old=PASSWORD, new=NEW, again=NEW)

    assert page.status == 429
    assert "Please wait 1 minute" in page.words
    clock_of(site).move(seconds=31)
    assert "Your password is changed" in browser.submit("/account/password", old=PASSWORD, new=NEW, again=NEW).words


def test_a_session_left_open_is_no_way_to_switch_the_second_factor_off(site: Site, app: Flask) -> None:
    secret, codes = with_second_factor(site, app, "fang.lan")
    clock_of(site).move(seconds=30)
    browser = Browser(app)
    browser.sign_in("fang.lan")
    browser.submit("/session/code", code=code_now(site, secret))
    browser.open("/account")
    for _ in range(5):
        browser.submit("/account/second-factor/end", code="000000")

    assert browser.submit("/account/second-factor/end", code=codes[0]).status == 429
    assert Browser(app).sign_in("fang.lan").path == "/session/code"


def test_another_telephone_needs_a_code_of_the_one_before(site: Site, app: Flask) -> None:
    _, recovery = with_second_factor(site, app, "fang.lan")
    browser = Browser(app)
    browser.sign_in("fang.lan")
    browser.submit("/session/code", code=recovery[0])
    page = browser.open("/account/second-factor")
    secret = re.sub(r"\s", "", page.tree.xpath("//code/text()")[0])

    assert browser.submit("/account/second-factor", code=code_now(site, secret), old_code="").status == 422
    page = browser.submit("/account/second-factor", code=code_now(site, secret), old_code=recovery[1])

    assert "It is set up." in page.words


def test_a_session_waits_ten_minutes_for_its_code(site: Site, app: Flask) -> None:
    secret, _ = with_second_factor(site, app, "fang.lan")
    browser = Browser(app)
    browser.sign_in("fang.lan")
    clock_of(site).move(minutes=11)

    assert browser.submit("/session/code", code=code_now(site, secret)).path == "/session/new"


def test_the_database_keeps_no_readable_secret(site: Site, app: Flask) -> None:
    secret, codes = with_second_factor(site, app, "fang.lan")

    with site.database.reading(CAFE) as connection:
        kept = repr(connection.exec_driver_sql("SELECT * FROM people").all())
        kept += repr(connection.exec_driver_sql("SELECT * FROM recovery_codes").all())

    assert secret not in kept
    assert not [code for code in codes if code in kept]


def test_where_administrators_need_a_second_factor_nothing_else_opens_before(site: Site) -> None:
    strict = Site(_strict(site), site.database, site.deployments, site.jobs, site.clock, site.secret)
    app = an_app(strict)
    browser = Browser(app)

    page = browser.sign_in(ADMINISTRATOR)

    assert page.path == "/account"
    assert "Your company asks for a second factor." in page.words
    assert browser.open("/cases").path == "/account"
    with_second_factor(strict, app, ADMINISTRATOR)
    assert Browser(app).sign_in("fang.lan").path == "/"


def _strict(site: Site) -> Settings:
    given = {"SHOUWEN_SECOND_FACTOR": "administrators", "SHOUWEN_DATABASE_URL": site.settings.database_url}
    return settings_in(site.settings.var, **given)


def test_a_new_colleague_gets_a_password_once_and_has_to_change_it(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    browser.open("/people/new")

    page = browser.submit(
        "/people/new", login="lin.yu", name="林雨", english="Lin Yu", group=["front", "no-such"], administrator=""
    )

    given = page.value_of_id("given")
    newcomer = Browser(app)
    assert newcomer.sign_in("lin.yu", given).path == "/account"
    assert newcomer.open("/cases").path == "/account"
    assert newcomer.submit("/account/password", old=given, new=NEW, again=NEW).path == "/account"
    assert newcomer.open("/cases").path == "/cases"
    assert given not in browser.open("/people").text
    assert actor_of(site, "lin.yu").groups == {"front"}


@pytest.mark.parametrize("login", ["fang.lan", "system", "", "a@b", "x" * 101])
def test_a_login_that_cannot_be_one_is_refused_with_what_was_typed_kept(app: Flask, login: str) -> None:
    browser = staff(app, ADMINISTRATOR)
    browser.open("/people/new")

    page = browser.submit("/people/new", login=login, name="林雨")

    assert page.status == 422 or login == "x" * 101
    assert page.value("name") == "林雨"


def test_a_change_of_rights_is_written_down_before_and_after(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    address = f"/people/{person_id(site, 'gu.qiang')}"
    browser.open(address)

    browser.submit(address, name="顾强", group=["front", "kitchen"], administrator="yes")

    event = next(event for event in reversed(company_events(site)) if event.action == "change_person")
    assert (event.actor, event.subject) == (ADMINISTRATOR, "gu.qiang")
    assert event.content["before"]["groups"] == ["kitchen"]
    assert event.content["after"]["groups"] == ["front", "kitchen"]
    assert actor_of(site, "gu.qiang").administrator


def test_who_has_open_work_cannot_leave_and_who_left_cannot_come_in(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    clerk = staff(app, "fang.lan")
    clerk.open(f"/tasks/{task}")
    clerk.submit(f"/tasks/{task}/claim")
    browser = staff(app, ADMINISTRATOR)
    address = f"/people/{person_id(site, 'fang.lan')}"
    browser.open(address)

    page = browser.submit(f"{address}/departure")
    assert page.status == 409
    assert "still works on 1 open task." in page.words

    clerk.submit(f"/tasks/{task}/release")
    browser.open(address)
    assert "Has left:" in browser.submit(f"{address}/departure").words
    assert clerk.open("/").path == "/session/new"
    assert WRONG in Browser(app).sign_in("fang.lan").words


def test_a_given_password_opens_no_way_round_by_a_token(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    address = f"/people/{person_id(site, 'fang.lan')}"
    browser.open(address)
    given = browser.submit(f"{address}/password").value_of_id("given")
    other = Browser(app)
    other.sign_in("fang.lan", given)

    other.send("/account/tokens", {"csrf_token": other.csrf(), "name": "till"})

    with site.database.reading(CAFE) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tokens").scalar_one() == 0


def test_a_change_of_groups_keeps_names_in_other_languages(site: Site, app: Flask) -> None:
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        names = {"zh-Hans": "陈洁", "zh-Hant": "陳潔", "en": "Chen Jie"}
        found = add_person(context, login="chen.jie", name=names, groups=["front"])
    browser = staff(app, ADMINISTRATOR)
    browser.open(f"/people/{found}")

    browser.submit(f"/people/{found}", name="陈洁", english="Chen Jie", group=["kitchen"])

    with site.database.reading(CAFE) as connection:
        assert names_of(connection, CAFE)["chen.jie"] == names


def test_who_has_no_second_factor_has_none_to_end(app: Flask) -> None:
    browser = staff(app, "fang.lan")
    browser.open("/account")

    assert browser.send("/account/second-factor/end", {"csrf_token": browser.csrf(), "code": "123456"}).status == 422


def test_the_last_administrator_stays(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    address = f"/people/{person_id(site, ADMINISTRATOR)}"
    browser.open(address)

    page = browser.submit(address, name="安琪")

    assert page.status == 422
    assert "This is the only administrator." in page.words
    assert actor_of(site, ADMINISTRATOR).administrator


@pytest.mark.parametrize("path", ["/people", "/people/new", "/people/1"])
def test_only_administrators_see_people(site: Site, app: Flask, path: str) -> None:
    page = staff(app, "fang.lan").open(path)

    assert page.status == 403
    assert dict(company_events(site)[-1].content) == {"action": "administer_people", "reason": "not-administrator"}


def test_people_of_another_company_are_not_found(site: Site, app: Flask, tmp_path: Path) -> None:
    add_neighbour(site, tmp_path / "neighbour")
    stranger = actor_of(site, "hill.only", NEIGHBOUR).person_id
    browser = staff(app, ADMINISTRATOR)
    browser.open("/people/new")

    assert browser.send(f"/people/{stranger}/password", {"csrf_token": browser.csrf()}).status == 404
    assert browser.open(f"/people/{stranger}").status == 404
    assert Browser(app).sign_in("hill.only").path == "/"


def test_a_token_works_until_it_is_ended(site: Site, app: Flask) -> None:
    browser = staff(app, "fang.lan")
    browser.open("/account")
    page = browser.submit("/account/tokens", name="till")
    token = page.value_of_id("new-token")
    bearer = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/tasks", headers=bearer).status_code == 200
    action = page.tree.xpath("//form[contains(@action, '/account/tokens/')]/@action")[0]

    browser.submit(action)

    assert app.test_client().get("/api/v1/tasks", headers=bearer).status_code == 401
