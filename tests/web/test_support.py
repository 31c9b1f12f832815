"""Support of the platform: nothing without consent, masked with it, each look an event, out at any time."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands.site import Site
from engine.commands.support import ask_support
from engine.complaints import Actor
from engine.errors import NotPermitted
from tests.support.cafe import a_complaint, do
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.records import assert_history_verifies, company_events, events_of

PLACE = "/settings/support"
WRITTEN = ("Wang Xiaoming", "wang@example.org", "kettle burnt my hand", "called at home 13800138000")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(database_kind: str, tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def ask(site: Site) -> str:
    with site.acting(Actor.system(CAFE)) as context:
        return ask_support(context, who="Li Lei", reason="cases stand still since Monday")[1]


def let_in(app: Flask, hours: int = 4) -> None:
    administrator = staff(app, ADMINISTRATOR)
    assert "cases stand still since Monday" in administrator.open(PLACE).words
    administrator.submit(f"{PLACE}/1", hours=str(hours))


def test_support_sees_nothing_before_consent_and_what_people_wrote_masked_with_it(site: Site, app: Flask) -> None:
    name, mail, summary, remark = WRITTEN
    case = a_complaint(site, customer_name=name, customer_mail=mail, summary=summary)
    do(site, case.case_id, "assess", remark=remark)
    code = ask(site)
    support = Browser(app)
    assert support.sign_in("support-1", code).path == "/session"

    let_in(app)
    support.sign_in("support-1", code)

    number = case.number
    for path in (
        "/inbox", "/cases", f"/cases/{number}", f"/cases/{number}/replay", f"/cases/{number}/conformance", "/board", "/reports",
        f"/cases?text={name}", "/reports/complaint/standard", f"/api/v1/cases/{number}",
    ):  # fmt: skip
        text = support.open(path).text
        assert [each for each in WRITTEN if each in text and "text=" not in path] == [], path
    shown = support.open(f"/cases/{number}")
    assert shown.status == 200
    assert "W***" in shown.words
    assert "Taste" in shown.words, "choices are read"
    assert "let you in until" in shown.words
    assert [event.action for event in events_of(site, case.case_id) if event.actor == "support-1"] == ["read_case"] * 4


def test_support_changes_and_exports_nothing(site: Site, app: Flask) -> None:
    number = a_complaint(site).number
    code = ask(site)
    let_in(app)
    support = Browser(app)
    support.sign_in("support-1", code)
    support.open("/account")
    token = support.csrf()

    denied = [
        support.client.get(path).status_code
        for path in (
            f"/cases/{number}/audit-package",
            "/audit",
            "/people",
            "/people/log",
            "/settings",
            PLACE,
            f"/personal-data/report/{number}",
        )
    ]
    changed = [
        support.client.post(path, data={"csrf_token": token, "text": "x", "reason": "x"}).status_code
        for path in (f"/cases/{number}/notes", "/tasks/1/claim", f"{PLACE}/1/end")
    ]

    assert {403} == set(denied) | set(changed)


def test_it_is_over_when_its_time_is_or_when_an_administrator_says_so(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    first = ask(site)
    let_in(app, hours=1)
    support = Browser(app)
    support.sign_in("support-1", first)
    assert support.open("/cases").path == "/cases"
    clock.move(hours=1)
    assert support.open("/cases").path == "/session/new"

    second = ask(site)
    administrator = staff(app, ADMINISTRATOR)
    administrator.open(PLACE)
    administrator.submit(f"{PLACE}/2", hours="24")
    other = Browser(app)
    other.sign_in("support-2", second)
    assert other.open("/cases").path == "/cases"
    administrator.open(PLACE)
    administrator.submit(f"{PLACE}/2/end")
    assert other.open("/cases").path == "/session/new"
    assert other.sign_in("support-2", second).path == "/session"

    ask(site)
    administrator.open(PLACE)
    administrator.submit(f"{PLACE}/3", refuse="yes")
    assert "not let in" in administrator.open(PLACE).words
    said = [event.action for event in company_events(site) if event.action.endswith("_support")]
    assert said == ["ask_support", "grant_support"] * 2 + ["end_support", "ask_support", "refuse_support"]
    assert_history_verifies(site)


def test_only_the_platform_asks_and_only_administrators_let_in(site: Site, app: Flask) -> None:
    with pytest.raises(NotPermitted), site.acting(actor_of(site, ADMINISTRATOR)) as context:
        ask_support(context, who="me", reason="x")
    ask(site)
    front = staff(app, "fang.lan")
    front.open("/account")
    assert [
        front.open(PLACE).status,
        front.client.post(f"{PLACE}/1", data={"csrf_token": front.csrf(), "hours": "4"}).status_code,
    ] == [403, 403]
