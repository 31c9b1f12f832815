"""The page of whoever keeps the installation running: what stands still, and the way out of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from engine.commands.notes import note
from engine.commands.services import fail_service
from engine.commands.site import Site
from engine.complaints import Actor
from engine.worker import Presence, checkpoint, handlers, tick
from tests.support.cafe import a_complaint, a_round, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site
from tests.support.smtp import MailServer, mail_server
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.records import company_events, events_of


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


@pytest.fixture
def chief(app: Flask) -> Browser:
    return staff(app, ADMINISTRATOR)


def a_held_letter(site: Site, server: MailServer) -> tuple[Site, int]:
    """A letter that the mail server refuses for good, and its case."""
    server.refusing, server.answer = 1, "550 no such user"
    mailing = replace(site, settings=replace(site.settings, mail_url=server.url))
    case = a_complaint(mailing)
    a_round(mailing, case.case_id, satisfied="yes")
    mailing.jobs.do(handlers(mailing))
    return mailing, case.case_id


def test_an_installation_that_was_looked_after_says_so(site: Site, chief: Browser) -> None:
    note(site.database, "last_backup", {}, now=site.clock() - timedelta(hours=7))
    note(site.database, "last_verification", {}, now=site.clock() - timedelta(days=3))
    a_complaint(site)
    checkpoint(site, CAFE)
    Presence(site, "worker-1", lambda _: None).show()

    page = chief.open("/health")

    assert "Everything goes on." in page.words
    assert "Workers worker-1" in page.words
    assert "Last backupToday 02:00" in page.words


def test_what_nobody_looked_after_comes_with_its_way_out(site: Site, clock: StandingClock, chief: Browser) -> None:
    started = a_complaint(site)
    clock.move(days=20)

    page = staff(chief.client.application, ADMINISTRATOR).open("/health")

    for words in (
        "No worker is running: timers do not fire and no letter leaves.Start it: shouwen worker",
        "There is no backup of the last two days.Let the machine do it every night: shouwen backup FILE.",
        "The histories were not verified for a month.Run shouwen verify",
        "The history of the company is not signed up to now.",
        f"Late timers {started.number}",
    ):
        assert words in page.words


def test_a_stopped_case_is_tried_again_with_a_reason(site: Site, chief: Browser) -> None:
    started = a_complaint(site)
    a_round(site, started.case_id, satisfied="yes")
    with site.acting(Actor.system(CAFE)) as context:
        fail_service(context, started.case_id, "thank#1", "LetterRefused: expected a loop that ends")
    page = chief.open("/health")
    assert "LetterRefused: expected a loop that ends" in page.words
    address = f"/health/cases/{started.number}/retry"

    assert chief.submit(address, page=page, reason=" ").status == 422
    page = chief.submit(address, page=page, reason="the template was mended")

    assert f"{started.number} is tried again." in page.words
    assert the_case(site, started.case_id).incidents == ()
    event = events_of(site, started.case_id)[-1]
    assert (event.actor, event.action) == (ADMINISTRATOR, "retry")
    assert event.content == {"incidents": 1, "reason": "the template was mended"}


def test_a_letter_that_was_given_up_is_sent_to_another_address(site: Site, chief: Browser) -> None:
    with mail_server() as server:
        mailing, case_id = a_held_letter(site, server)
        page = chief.open("/health")
        assert "waits for your decision" in page.words
        assert "550 no such user" in page.words
        page = chief.open("/health/letters/1")
        assert "chen@example.org" in page.words
        said = {"what": "address", "reason": "she rang"}

        assert "Please write a mail address" in chief.submit("/health/letters/1", page=page, **said, address="x").words
        chief.submit("/health/letters/1", page=page, **said, address="chen@new.example")
        tick(mailing)
        mailing.jobs.do(handlers(mailing))

    assert server.recipients == ["chen@new.example"]
    assert "Letters not sent" not in chief.open("/health").words
    assert "Letter sent to another address" in chief.open(f"/cases/{the_case(site, case_id).number}").words


def test_only_administrators_look_after_the_installation(site: Site, app: Flask) -> None:
    clerk = staff(app, "fang.lan")

    assert clerk.open("/health").status == 403

    assert "/health" not in clerk.open("/").text
    assert company_events(site)[-1].action == "refused"
