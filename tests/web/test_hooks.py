"""An administrator sets up a web hook, sees what it was told, and ends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.commands.site import Site
from engine.worker import handlers, tick
from tests.support.cafe import a_complaint
from tests.support.receiver import Receiver, receiver
from tests.support.site import ADMINISTRATOR, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.records import company_events


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = a_site(tmp_path)
    return replace(made, settings=replace(made.settings, private_hooks=True))


@pytest.fixture
def chief(site: Site) -> Browser:
    return staff(an_app(site), ADMINISTRATOR)


@pytest.fixture
def program() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def test_a_hook_is_added_told_and_ended(site: Site, chief: Browser, program: Receiver) -> None:
    program.status = 410
    chief.open("/hooks")
    page = chief.submit("/hooks", url=program.url, event="case.started")
    secret = str(page.tree.get_element_by_id("secret").get("value"))
    assert secret.startswith("whsec_")
    a_complaint(site)
    site.jobs.do(handlers(site))

    page = chief.open("/hooks/1")
    assert secret not in page.text
    assert "token=t1" not in page.text
    assert "given up" in page.words
    assert "410 Gone" in page.words
    assert "A web hook does not take what it is told." in chief.open("/health").words

    program.status = 200
    page = chief.submit("/hooks/deliveries/1", page=page)
    assert "It is delivered again." in page.words
    tick(site)
    site.jobs.do(handlers(site))
    page = chief.open("/hooks/1")
    assert "delivered" in page.words
    assert "The program is told nothing more." in chief.submit("/hooks/1/end", page=page).words
    actions = [event.action for event in company_events(site) if event.actor == ADMINISTRATOR]
    assert actions[-3:] == ["add_hook", "send_delivery_again", "end_hook"]
    assert all("t1" not in event.body for event in company_events(site))


def test_what_is_wrong_with_a_hook_is_said(site: Site, chief: Browser) -> None:
    chief.open("/hooks")

    assert "Please choose at least one event." in chief.submit("/hooks", url="https://example.org/").words
    page = chief.submit("/hooks", url="mailto:x@example.org", event="case.ended")

    assert page.status == 422
    assert "Please write an address such as" in page.words
    assert page.value("url") == "mailto:x@example.org"


def test_only_administrators_see_hooks(site: Site) -> None:
    clerk = staff(an_app(site), "fang.lan")

    assert [clerk.open(path).status for path in ("/hooks", "/hooks/1")] == [403, 403]
