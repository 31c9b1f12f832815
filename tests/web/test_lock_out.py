"""Guessing has to wait at every door, and nobody locks anybody else out by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from tests.support.cafe import a_complaint
from tests.support.site import CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.test_accounts import clock_of, code_now, with_second_factor


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_ten_thousand_wrong_passwords_take_four_months_and_the_owner_signs_in_all_the_while(
    site: Site, app: Flask
) -> None:
    known = staff(app, "fang.lan")
    stranger, tried, began = Browser(app), 0, site.clock()
    for _ in range(20):
        page = stranger.sign_in("fang.lan", "guess")
        tried += page.status == 422
        if page.status == 429:
            clock_of(site).move(seconds=int(page.response.headers["Retry-After"]))
        known.open("/")
        known.submit("/session/end")
        assert known.sign_in("fang.lan").path == "/"

    assert tried == 12
    assert (site.clock() - began).total_seconds() > 3_600  # and fifteen minutes for each from here on


def test_who_has_the_password_and_guesses_codes_locks_out_no_browser_of_its_owner(site: Site, app: Flask) -> None:
    secret, _ = with_second_factor(site, app, "fang.lan")
    clock_of(site).move(seconds=30)
    known, thief = Browser(app), Browser(app)
    known.sign_in("fang.lan")
    assert known.submit("/session/code", code=code_now(site, secret)).path == "/"
    known.submit("/session/end")
    for _ in range(5):
        thief.sign_in("fang.lan")
        assert thief.submit("/session/code", code="123123").status == 422

    clock_of(site).move(seconds=31)  # a code serves once
    thief.sign_in("fang.lan")
    assert thief.submit("/session/code", code="123123").status == 422
    assert thief.submit("/session/code", code="123123").status == 429
    known.sign_in("fang.lan")
    assert known.submit("/session/code", code=code_now(site, secret)).path == "/"


def test_a_password_alone_makes_no_browser_known(site: Site, app: Flask) -> None:
    secret, _ = with_second_factor(site, app, "fang.lan")
    clock_of(site).move(seconds=30)
    thief = Browser(app)

    thief.sign_in("fang.lan")

    assert thief.client.get_cookie("shouwen_device", path="/session") is None
    thief.submit("/session/code", code=code_now(site, secret))
    assert thief.client.get_cookie("shouwen_device", path="/session") is not None


def test_wrong_tokens_of_programs_lock_out_no_program(site: Site, app: Flask) -> None:
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        token = create_token(context, login="fang.lan", name="tests")
    program = app.test_client()
    wrong = [program.get("/api/v1/tasks", headers={"Authorization": f"Bearer {each}"}) for each in _near(token)]

    assert {answer.status_code for answer in wrong} == {401}
    assert program.get("/api/v1/tasks", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert len(token) == 43  # 256 bits: guessing needs no limit


def test_wrong_tracking_codes_say_nothing_and_lock_out_no_customer(site: Site, app: Flask) -> None:
    code = a_complaint(site).tracking_code
    visitor = app.test_client()
    wrong = [visitor.get(f"/public/track/{each}") for each in _near(code)]

    assert {answer.status_code for answer in wrong} == {404}
    assert len({len(answer.data) for answer in wrong}) == 1
    assert visitor.get(f"/public/track/{code}").status_code == 200
    assert len(code) == 22  # 128 bits: guessing needs no limit


def _near(secret: str) -> set[str]:
    """Fifty others that differ in two letters."""
    return {f"{n:02}{secret[2:]}" for n in range(51) if f"{n:02}" != secret[:2]}
