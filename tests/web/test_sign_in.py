"""Signing in and out, and how long it lasts."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands import sign_in
from engine.commands.site import Site
from engine.worker import read_words
from tests.support.cafe import a_complaint
from tests.support.clock import StandingClock
from tests.support.site import CAFE, PASSWORD, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.neighbour import NEIGHBOUR, add_neighbour
from tests.web.records import company_events


def test_staff_sign_in_and_out(site: Site, app: Flask) -> None:
    browser = staff(app, "fang.lan")
    assert "fang.lan" in browser.page.text

    browser.submit("/session/end")

    assert browser.page.path == "/session/new"
    assert browser.open("/").path == "/session/new"
    assert [event.action for event in company_events(site)[-2:]] == ["sign_in", "sign_out"]


def test_a_session_that_was_ended_cannot_be_brought_back(app: Flask) -> None:
    browser = staff(app, "fang.lan")
    cookie = browser.client.get_cookie("shouwen_session").value
    browser.submit("/session/end")

    browser.client.set_cookie("shouwen_session", cookie)

    assert browser.open("/").path == "/session/new"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("fang.lan", "wrong"),
        ("fang.lan", ""),
        ("nobody", PASSWORD),
        ("", ""),
        ("FANG.LAN", PASSWORD),
        ("fang.lan@nobody", PASSWORD),
        ("a\0b@c\0", PASSWORD),
        ("fang.lan", PASSWORD + "x" * 100_000),
    ],
)
def test_a_wrong_pair_is_refused_without_saying_which_half(app: Flask, name: str, password: str) -> None:
    browser = Browser(app)

    page = browser.sign_in(name, password)

    assert page.status == 422
    assert "User name and password do not match. Please try again." in page.words
    assert browser.open("/").path == "/session/new"


def test_an_unknown_login_takes_as_long_as_a_wrong_password(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    real = sign_in.matches

    def watched(password_hash: str, password: str) -> bool:
        checked.append(password_hash[:10])
        return real(password_hash, password)

    monkeypatch.setattr(sign_in, "matches", watched)
    Browser(app).sign_in("fang.lan", "wrong")
    Browser(app).sign_in("nobody", "wrong")

    assert checked == ["$argon2id$", "$argon2id$"]


def test_nobody_waits_while_a_password_is_checked(site: Site, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sign_in.matches

    def registering_meanwhile(password_hash: str, password: str) -> bool:
        a_complaint(site, summary="meanwhile")
        return real(password_hash, password)

    monkeypatch.setattr(sign_in, "matches", registering_meanwhile)

    browser = staff(app, "fang.lan")
    read_words(site)
    assert "/cases/HC-2026-" in browser.open("/cases?text=meanwhile").text


def test_a_wrong_password_leaves_a_record(site: Site, app: Flask) -> None:
    Browser(app).sign_in("gu.qiang", "wrong")

    last = company_events(site)[-1]

    assert (last.actor, last.action, dict(last.content)) == ("unknown", "sign_in_failed", {"login": "gu.qiang"})


def test_cookies_cannot_be_read_by_scripts_or_sent_from_other_sites(app: Flask) -> None:
    browser = Browser(app)
    browser.open("/session/new")
    data = {**browser.page.hidden("/session"), "name": "fang.lan", "password": PASSWORD}

    cookies = browser.client.post("/session", data=data).headers.getlist("Set-Cookie")

    session = next(cookie for cookie in cookies if cookie.startswith("shouwen_session="))
    assert "; HttpOnly" in session
    assert "; SameSite=Lax" in session


def test_after_signing_in_one_is_where_one_wanted_to_be(app: Flask) -> None:
    browser = Browser(app)
    browser.open("/cases?status=open")
    assert browser.page.path == "/session/new"

    page = browser.submit("/session", name="fang.lan", password=PASSWORD)

    assert (page.path, page.response.request.query_string) == ("/cases", b"status=open")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "evil.example",
    ],
)
def test_signing_in_never_leads_to_another_site(app: Flask, target: str) -> None:
    browser = Browser(app)
    browser.open("/session/new")
    data = {**browser.page.hidden("/session"), "next": target, "name": "fang.lan", "password": PASSWORD}

    response = browser.client.post("/session", data=data)

    assert (response.status_code, response.headers["Location"]) == (303, "/")


def test_a_session_ends_when_it_is_idle_and_at_the_latest_after_its_hours(tmp_path: Path) -> None:
    clock = StandingClock()
    app = an_app(a_site(tmp_path, clock=clock))
    idle, busy = staff(app, "fang.lan"), staff(app, "wei.min")

    clock.move(minutes=59)
    assert busy.open("/").path == "/"
    clock.move(minutes=2)
    assert idle.open("/").path == "/session/new"
    assert busy.open("/").path == "/"
    for _ in range(11):
        clock.move(minutes=59)
        assert busy.open("/").path == "/"
    clock.move(minutes=15)
    assert busy.open("/").path == "/session/new"


def test_whoever_sends_a_form_too_late_comes_back_to_it(tmp_path: Path) -> None:
    clock = StandingClock()
    app = an_app(a_site(tmp_path, clock=clock))
    browser = staff(app, "fang.lan")
    form = browser.open("/register/harbour-cafe/complaint").hidden("/register/harbour-cafe/complaint")
    clock.move(hours=2)

    response = browser.client.post(
        "/register/harbour-cafe/complaint",
        data=form,
        headers={"Referer": "http://localhost/register/harbour-cafe/complaint"},
    )

    assert response.headers["Location"] == "/session/new?next=/register/harbour-cafe/complaint"


def test_a_login_of_two_companies_is_told_apart_by_its_password_or_by_name(tmp_path: Path) -> None:
    site = a_site(tmp_path / "site")
    add_neighbour(site, tmp_path)
    app = an_app(site)

    here, there = Browser(app), Browser(app)
    here.sign_in(f"fang.lan@{CAFE}")
    there.sign_in(f"fang.lan@{NEIGHBOUR}", PASSWORD + "!")

    assert here.open("/cases").status == there.open("/cases").status == 200
    assert "secret of the neighbour" not in here.open("/cases").words
    assert "secret of the neighbour" in there.open("/cases").words
    assert "secret of the neighbour" not in staff(app, "fang.lan").open("/cases").words
    assert Browser(app).sign_in(f"fang.lan@{NEIGHBOUR}").status == 422


def test_the_token_of_another_page_or_of_nobody_changes_nothing(app: Flask) -> None:
    browser = staff(app, "fang.lan")
    stranger = Browser(app)
    stranger.open("/public")
    foreign = stranger.csrf()

    for token in ("", "x", "é", "0" * 64, foreign):
        assert browser.send("/session/end", {"csrf_token": token}).status == 400
    assert browser.client.post("/session/end", headers={"X-CSRF-Token": "\xe9"}).status_code == 400
    assert browser.open("/").path == "/"
