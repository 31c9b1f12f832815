"""What looks unusual on the public page is held and shown to somebody; nothing is refused, nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from engine.commands.filings import MOST_FROM_ONE, Held, Sent, accept_filing, file_complaint, set_filing_aside
from engine.commands.site import Site
from engine.complaints import Actor
from engine.errors import AlreadyDone, NotFound
from engine.queries.filings import held_filings
from engine.tables import cases, filings
from tests.support.clock import MONDAY, StandingClock
from tests.support.site import CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.records import company_events

CUSTOMER = Actor.customer(CAFE)
FORM = f"/public/{CAFE}/complaint"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(database_kind: str, tmp_path: object, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)  # type: ignore[arg-type]


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def filed(site: Site, words: str, *, address: str = "", trap: str = "") -> object:
    with site.acting(CUSTOMER) as context:
        return file_complaint(context, "complaint", {"summary": words, "kind": "taste"}, Sent(address, trap))


def test_a_program_that_fills_in_everything_is_held_until_somebody_takes_it_in(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    customer = Browser(app)
    page = customer.open(FORM)

    held = customer.submit(FORM, page=page, f_summary="拿铁里有异物", f_kind="taste", company_website="http://x")
    again = customer.submit(FORM, page=page, f_summary="拿铁里有异物", f_kind="taste", company_website="http://x")

    assert "Nothing is lost." in held.words
    assert "Nothing is lost." in again.words
    desk = staff(app, "fang.lan")
    assert "1 complaint that looks unusual" in desk.open("/").words
    assert "A field was filled in that people do not see" in desk.open("/held").words
    assert "拿铁里有异物" in desk.open("/held/1").words
    clock.move(hours=3)
    desk = staff(app, "fang.lan")
    desk.open("/held/1")
    assert "Taken in as HC-2026-00001." in desk.submit("/held/1", decision="accept").words
    with site.database.reading(CAFE) as connection:
        (case,) = connection.execute(sa.select(cases)).all()
        (row,) = connection.execute(sa.select(filings)).all()
    assert (case.title, case.received_at, case.started_by) == ("拿铁里有异物", MONDAY, "customer")
    assert (row.status, row.raw) == ("accepted", None)
    followed = customer.client.get(held.path, follow_redirects=True)
    assert "HC-2026-00001" in followed.text
    actions = [event.action for event in company_events(site) if "filing" in event.action]
    assert actions == ["hold_filing", "accept_filing"]


def test_the_seventh_from_one_address_within_an_hour_is_held_and_nobody_elses(site: Site, clock: StandingClock) -> None:
    for number in range(MOST_FROM_ONE):
        assert not isinstance(filed(site, f"cold coffee, cup {number}", address="203.0.113.9"), Held)

    assert isinstance(filed(site, "cold coffee once more", address="203.0.113.9"), Held)
    assert not isinstance(filed(site, "cold coffee from next door", address="203.0.113.10"), Held)
    assert not isinstance(filed(site, "cold coffee from nobody knows"), Held)
    clock.move(hours=1, minutes=1)
    assert not isinstance(filed(site, "cold coffee an hour later", address="203.0.113.9"), Held)


def test_the_same_words_within_a_day_are_held_and_what_nobody_decides_stays(site: Site, clock: StandingClock) -> None:
    filed(site, "The milk was sour again")
    assert isinstance(filed(site, "the milk was SOUR again "), Held)
    assert not isinstance(filed(site, "cold"), Held)
    assert not isinstance(filed(site, "cold"), Held)  # too little to tell
    clock.move(days=60)
    filed(site, "The milk was sour again")

    with site.database.reading(CAFE) as connection:
        (waiting,) = held_filings(connection, site.deployments, actor_of(site, "fang.lan"))
    assert waiting.raw == {"summary": "the milk was SOUR again ", "kind": "taste"}


def test_what_is_set_aside_says_why_and_can_be_taken_in_for_thirty_days(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    held = filed(site, "Buy our coffee beans today", trap="x")
    assert isinstance(held, Held)
    desk = staff(app, "fang.lan")
    desk.open("/held/1")
    assert desk.submit("/held/1", decision="aside", reason="").status == 422
    desk.submit("/held/1", decision="aside", reason="This is advertising.")

    assert "set it aside: This is advertising." in Browser(app).open(f"/public/held/{held.code}").words
    assert "1 complaint that looks unusual" not in desk.open("/").words
    with pytest.raises(AlreadyDone), site.acting(actor_of(site, "fang.lan")) as context:
        set_filing_aside(context, 1, reason="once more")
    clock.move(days=31)
    filed(site, "something else entirely")
    with pytest.raises(AlreadyDone), site.acting(actor_of(site, "fang.lan")) as context:
        accept_filing(context, 1)
    assert "Deleted thirty days after it was set aside." in staff(app, "fang.lan").open("/held/1").words


def test_who_does_not_register_such_complaints_finds_nothing(site: Site, app: Flask) -> None:
    filed(site, "Buy our coffee beans today", trap="x")
    kitchen = staff(app, "gu.qiang")

    assert "looks unusual" not in kitchen.open("/").words
    assert "Nothing waits here" in kitchen.open("/held").words
    assert kitchen.open("/held/1").status == 404
    with pytest.raises(Exception, match="not-in-group"), site.acting(actor_of(site, "gu.qiang")) as context:
        accept_filing(context, 1)


def test_the_traces_of_what_was_taken_at_once_are_gone_after_a_day(site: Site, clock: StandingClock) -> None:
    filed(site, "cold coffee yesterday", address="203.0.113.9")
    clock.move(days=1, hours=1)
    filed(site, "cold coffee today", address="203.0.113.9")

    with site.database.reading(CAFE) as connection:
        rows = connection.execute(sa.select(filings)).all()
    assert len(rows) == 1
    assert rows[0].arrived_at - MONDAY == timedelta(days=1, hours=1)
    assert "203" not in str(rows[0])


def test_an_address_is_what_our_proxy_saw(app: Flask, site: Site) -> None:
    visitor = Browser(app)
    for number in range(MOST_FROM_ONE + 1):
        page = visitor.open(FORM)
        visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.7, 93.184.216.34"
        last = visitor.submit(FORM, page=page, f_summary=f"cold coffee, day {number}", f_kind="taste")
    assert "Nothing is lost." in last.words
    with pytest.raises(NotFound), site.acting(actor_of(site, "fang.lan")) as context:
        accept_filing(context, 1)  # that one was taken at once
