"""Signing in with an account that people have elsewhere, at a real service that answers over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask

from engine.commands.people import Profile, change_person
from engine.commands.site import Site
from tests.support.clock import StandingClock
from tests.support.sign_in_service import MAIL, Service, ours
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.records import company_events
from tests.web.test_accounts import with_second_factor

#: The service of the tests uses what the next Authlib calls otherwise.
pytestmark = pytest.mark.filterwarnings("ignore")
FORM = {"name": "Café ID", "client_id": "shouwen", "client_secret": "s3cret", "enabled": "yes"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """In the year that the service lives in: its tokens are of today."""
    return a_site(tmp_path, clock=StandingClock(datetime.now(UTC)))


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


@pytest.fixture(scope="session")
def real() -> Iterator[str]:
    """The address of oidc-provider-mock: an OpenID Connect service by Authlib's server, which a process can begin once."""
    from oidc_provider_mock import User, run_server_in_thread

    with run_server_in_thread(user_claims=[User(sub="7001", claims={"email": MAIL, "email_verified": True})]) as one:
        yield f"http://localhost:{one.server_port}"


def trusted(app: Flask, issuer: str, **changes: str) -> Browser:
    browser = staff(app, ADMINISTRATOR)
    browser.open("/people/sign-in-service")
    browser.submit("/people/sign-in-service", **{**FORM, "issuer": issuer, **changes})
    return browser


def give_mail(site: Site, login: str = "fang.lan", mail: str = MAIL) -> None:
    person = actor_of(site, login)
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        assert person.person_id
        name, groups = {"zh-Hans": login, "en": login}, person.groups
        profile = Profile(mail, "前厅部", "店长")
        change_person(
            context, person.person_id, name=name, groups=groups, administrator=False, owner=False, profile=profile
        )


def set_out(app: Flask, then: str = "") -> tuple[Browser, str, dict[str, str]]:
    """A browser on its way: where it is sent, and what it takes along."""
    browser = Browser(app)
    response = browser.client.get(f"/session/with/{CAFE}?next={then}")
    assert response.status_code == 303
    where = response.headers["Location"]
    return browser, where, {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


def come_back(browser: Browser, service: Service, sent: dict[str, str], **changes: str):
    service.issue(changes.pop("nonce", sent["nonce"]))
    query = {"code": "abc", "state": sent["state"], **changes}
    return browser.open(f"/session/back?{httpx.QueryParams(query)}")


def test_somebody_signs_in_at_a_real_service_and_is_known_by_its_own_name_from_then_on(
    site: Site, app: Flask, real: str
) -> None:
    give_mail(site)
    trusted(app, real)
    assert "Sign in with Café ID" in Browser(app).open("/session/new").words

    def once() -> Browser:
        browser, where, sent = set_out(app, then="/cases")
        assert (sent["code_challenge_method"], len(sent["code_challenge"])) == ("S256", 43)
        answer = httpx.post(where, data={"sub": "7001"}, follow_redirects=False)
        back = urlsplit(answer.headers["location"])
        assert browser.open(f"{back.path}?{back.query}").path == "/cases"
        return browser

    once()
    give_mail(site, mail="another@cafe.example")
    browser = once()

    assert "fang.lan" in browser.open("/").text
    said = [(event.actor, event.action, dict(event.content)) for event in company_events(site)]
    assert [each for each in said if each[1] == "link_identity"] == [
        ("fang.lan", "link_identity", {"issuer": real, "by": "mail"})
    ]
    assert [each for each in said if each[:2] == ("fang.lan", "sign_in")] == [
        ("fang.lan", "sign_in", {"how": "provider"})
    ] * 2


@pytest.mark.parametrize(
    ("claims", "says", "reason"),
    [
        ({"email": "nobody@cafe.example"}, "Nobody here has this account yet", "nobody"),
        ({"aud": "another client"}, "did not prove who you are", "not-proved"),
    ],
)
def test_who_is_not_proved_or_not_known_is_not_let_in(
    site: Site, app: Flask, claims: dict[str, object], says: str, reason: str
) -> None:
    give_mail(site)
    with ours(**claims) as service:
        trusted(app, service.issuer)
        browser, _, sent = set_out(app)

        page = come_back(browser, service, sent)

    assert page.status == 422
    assert says in page.words
    assert browser.open("/").path == "/session/new"
    last = company_events(site)[-1]
    assert (last.actor, last.action, last.content["reason"]) == ("unknown", "sign_in_failed", reason)


def test_an_answer_counts_in_the_browser_that_asked_once_and_in_time(site: Site, app: Flask) -> None:
    give_mail(site)
    with ours() as service:
        trusted(app, service.issuer)
        browser, _, sent = set_out(app)

        assert come_back(browser, service, sent, state="another").status == 422
        assert come_back(Browser(app), service, sent).status == 422
        assert come_back(browser, service, sent).path == "/"
        assert come_back(browser, service, sent).status == 422
        late, _, sent = set_out(app)
        site.clock.move(minutes=11)
        assert come_back(late, service, sent).status == 422


def test_whoever_left_or_was_taken_off_does_not_come_in(site: Site, app: Flask) -> None:
    give_mail(site)
    person = actor_of(site, "fang.lan").person_id
    with ours() as service:
        administrator = trusted(app, service.issuer)
        browser, _, sent = set_out(app)
        come_back(browser, service, sent)

        administrator.open(f"/people/{person}")
        administrator.submit(f"/people/{person}/identity/removal")

        assert browser.open("/").path == "/session/new", "the session of that account has ended"
        browser, _, sent = set_out(app)
        assert come_back(browser, service, sent).path == "/", "the mail address links it again"
        administrator.open(f"/people/{person}")
        administrator.submit(f"/people/{person}/departure")
        browser, _, sent = set_out(app)
        assert "somebody who has left" in come_back(browser, service, sent).words


def test_a_second_factor_is_asked_for_all_the_same(site: Site, app: Flask) -> None:
    give_mail(site)
    with_second_factor(site, app, "fang.lan")
    with ours() as service:
        trusted(app, service.issuer)
        browser, _, sent = set_out(app)

        assert come_back(browser, service, sent).path == "/session/code"
    assert browser.open("/cases").path == "/session/new"


@pytest.mark.parametrize(
    ("issuer", "says"),
    [
        ("http://cafe.example", "has to begin with https://"),
        ("http://localhost:1", "no answer from this address"),
    ],
)
def test_a_service_that_cannot_be_trusted_or_reached_is_not_kept(
    site: Site, app: Flask, issuer: str, says: str
) -> None:
    browser = trusted(app, issuer)

    assert says in browser.page.words
    assert "Sign in with" not in Browser(app).open("/session/new").words
    assert [event.action for event in company_events(site)].count("set_provider") == 0


def test_a_service_that_calls_itself_otherwise_is_not_kept(app: Flask) -> None:
    with ours() as service:
        browser = trusted(app, service.issuer.replace("localhost", "127.0.0.1"))

    assert "no OpenID Connect service of this address" in browser.page.words


def test_the_secret_is_sealed_never_shown_and_not_in_the_history(site: Site, app: Flask, real: str) -> None:
    browser = trusted(app, real)

    assert "s3cret" not in browser.open("/people/sign-in-service").text
    with site.database.reading(CAFE) as connection:
        kept = connection.exec_driver_sql("SELECT client_secret FROM identity_providers").scalar_one()
    assert "s3cret" not in kept
    event = next(event for event in company_events(site) if event.action == "set_provider")
    after = {"name": "Café ID", "issuer": real, "client_id": "shouwen", "enabled": True}
    assert dict(event.content) == {"before": {}, "after": after, "secret_changed": True}
    assert staff(app, "fang.lan").open("/people/sign-in-service").status == 403


def test_who_was_given_a_password_need_not_change_it_when_coming_from_the_service(site: Site, app: Flask) -> None:
    give_mail(site)
    person = actor_of(site, "fang.lan").person_id
    with ours() as service:
        administrator = trusted(app, service.issuer)
        administrator.open(f"/people/{person}")
        administrator.submit(f"/people/{person}/password")
        browser, _, sent = set_out(app)

        assert come_back(browser, service, sent).path == "/"


def test_an_attempt_comes_back_once_and_answers_that_prove_nothing_have_to_wait(app: Flask, site: Site) -> None:
    give_mail(site)
    with ours() as service:
        trusted(app, service.issuer)
        for number in range(5):
            browser, _where, sent = set_out(app)
            assert come_back(browser, service, sent, nonce="another").status == 422
            if number == 0:
                again = come_back(browser, service, sent)
                assert "began in another browser" in again.text, "the same attempt opens nothing any more"

        browser, _where, sent = set_out(app)
        waits = come_back(browser, service, sent)
        assert (waits.status, "Too many attempts" in waits.text) == (429, True)

        site.clock.move(seconds=100)  # type: ignore[attr-defined]
        browser, _where, sent = set_out(app)
        assert come_back(browser, service, sent).path == "/"
