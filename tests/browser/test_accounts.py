"""Security keys in a real browser: Chromium's own virtual authenticator answers like one on a key ring."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from engine.commands.site import Site
from tests.browser.walking import violations
from tests.support.clock import StandingClock
from tests.support.site import PASSWORD, a_site
from tests.web.records import company_events
from webapp import create_app


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Site, str]]:
    """The café at a name, since keys belong to names."""
    made = a_site(tmp_path)
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    url = f"http://localhost:{server.server_port}"
    site = replace(made, settings=replace(made.settings, base_url=url))
    server.app = create_app(site)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield site, url
    server.shutdown()
    server.server_close()


class Person:
    """Somebody with a browser and a key in it."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url, self.complaints = url, []
        self.page: Page = browser.new_context(locale="en", **options).new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda m: self.complaints.append(m.text) if "Content Security" in m.text else None)
        self.devtools = self.page.context.new_cdp_session(self.page)
        self.devtools.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        self.key = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        return self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.key})["credentials"]

    def recognised(self, *, yes: bool) -> None:
        self.devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self.key, "isUserVerified": yes})

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/session/new")
        self.page.fill("#name", "fang.lan")
        self.page.fill("#password", PASSWORD)
        self.page.click("main button.primary")

    def use_key(self) -> None:
        self.page.click("text=Use a security key")

    def sign_out(self) -> None:
        self.page.context.clear_cookies()


def test_a_key_is_added_signs_in_alone_or_after_the_password_and_is_removed(
    browser: Browser, served: tuple[Site, str]
) -> None:
    site, url = served
    clock = site.clock
    assert isinstance(clock, StandingClock)
    person = Person(browser, url)
    page = person.page
    person.sign_in()
    page.wait_for_url(f"{url}/")

    page.goto(f"{url}/account")
    page.fill("#key-name", "Key ring")
    page.fill("#key-password", "not the password")
    page.click("text=Add a key")
    page.wait_for_selector("text=The password is not right.")
    assert person.credentials() != [], "the key has answered; the page has not taken it"
    page.fill("#key-name", "Key ring")
    page.fill("#key-password", PASSWORD)
    page.click("text=Add a key")
    page.wait_for_selector("ol.codes")
    assert page.locator("ol.codes li").count() == 10
    code = page.locator("ol.codes code").first.inner_text()
    page.goto(f"{url}/account")
    assert "Key ring" in page.inner_text("#security-keys")
    assert violations(page) == []

    clock.move(seconds=1)
    person.sign_out()
    page.goto(f"{url}/session/new")
    assert violations(page) == []
    person.use_key()
    page.wait_for_url(f"{url}/")

    clock.move(seconds=1)
    person.sign_out()
    person.sign_in()
    page.wait_for_url(f"{url}/session/code*")
    page.goto(f"{url}/cases")
    assert "/session/new" in page.url, "the password alone opens nothing"
    page.goto(f"{url}/session/code")
    person.use_key()
    page.wait_for_url(f"{url}/")

    clock.move(seconds=1)
    person.sign_out()
    person.sign_in()
    page.wait_for_url(f"{url}/session/code*")
    page.fill("#code", code)
    page.click("main button.primary")
    page.wait_for_url(f"{url}/")

    page.goto(f"{url}/account")
    page.fill("#security-keys li input[type=password]", PASSWORD)
    page.click("#security-keys li button")
    page.wait_for_selector("text=The key opens nothing any more.")
    person.sign_out()
    page.goto(f"{url}/session/new")
    person.use_key()
    page.wait_for_selector("text=This key is not known here.")

    assert person.complaints == []
    events = [
        (event.action, event.content.get("how"), event.content.get("second_factor")) for event in company_events(site)
    ]
    assert ("sign_in", "key", None) in events
    assert ("sign_in", None, "key") in events
    assert ("sign_in", None, "recovery-code") in events
    assert [action for action, _, _ in events if action.endswith("_key")] == ["add_key", "remove_key"]


def test_a_key_that_does_not_know_its_holder_or_answers_again_opens_nothing(
    browser: Browser, served: tuple[Site, str]
) -> None:
    site, url = served
    clock = site.clock
    assert isinstance(clock, StandingClock)
    person = Person(browser, url)
    page = person.page
    person.sign_in()
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/account")
    page.fill("#key-name", "Key ring")
    page.fill("#key-password", PASSWORD)
    page.click("text=Add a key")
    page.wait_for_selector("ol.codes")

    clock.move(seconds=1)
    person.sign_out()
    page.goto(f"{url}/session/new")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.url.endswith("/key") else None)
    person.use_key()
    page.wait_for_url(f"{url}/")

    clock.move(seconds=1)
    person.sign_out()
    page.goto(f"{url}/session/new")
    token = page.input_value("form[data-key] [name=csrf_token]")
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    from urllib.parse import parse_qsl

    import httpx

    again = {**dict(parse_qsl(sent[0])), "csrf_token": token}
    answer = httpx.post(f"{url}/session/key", data=again, headers={"Cookie": cookies})
    assert answer.status_code == 422, "what was overheard serves once"
    person.recognised(yes=False)
    person.use_key()
    page.wait_for_selector("form[data-key] [role=alert]:visible")
    page.goto(f"{url}/cases")
    assert "/session/new" in page.url
    assert company_events(site)[-1].content == {"how": "key", "login": "fang.lan"}
