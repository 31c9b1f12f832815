"""An administrator makes a sandbox, goes into it, and runs its clock ahead, over the page and the worker."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from engine.commands.cases import start
from engine.commands.site import Site
from engine.complaints import Actor
from engine.queries.people import person_by_login
from engine.worker import handlers, run_sandboxes
from tests.support.cafe import COMPLAINT, a_complaint
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.support.site import ADMINISTRATOR, CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff

COPY = f"{CAFE}-sandbox"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path, clock=StandingClock(datetime.fromisoformat("2027-02-03T09:00:00+08:00")))


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


@pytest.fixture
def inside(site: Site, app: Flask) -> Browser:
    """The administrator in the sandbox that was just made."""
    a_complaint(site)
    chief = staff(app, ADMINISTRATOR)
    chief.open("/sandbox")
    assert "1 procedure is in the sandbox" in chief.submit("/sandbox").words
    chief.submit("/sandbox/visit")
    return chief


def a_case(site: Site) -> None:
    with site.database.reading(COPY) as connection:
        front = person_by_login(connection, COPY, "fang.lan")
    assert front is not None
    with site.acting(front.actor) as context:
        start(context, "complaint", COMPLAINT)


def run(site: Site) -> None:
    """What the worker does until every clock stands."""
    assert isinstance(site.jobs, RememberedJobs)
    for _ in range(50):
        site.jobs.do(handlers(site))
        run_sandboxes(site)


def set_clock(chief: Browser, what: str, **more: str):
    chief.open("/sandbox")
    return chief.submit("/sandbox/clock", do=what, **more)


def test_every_page_of_the_sandbox_says_so_and_what_time_it_is_there(inside: Browser, app: Flask) -> None:
    for path in ("/", "/cases", "/calendar", "/sandbox", f"/public/{COPY}/complaint"):
        assert "Its clock shows 2027-02-03 09:00" in inside.open(path).words

    assert "Its clock shows" not in staff(app, ADMINISTRATOR).open("/").words
    assert COPY not in inside.open("/public").text


def test_no_case_is_copied_and_people_sign_in_with_their_passwords(inside: Browser, app: Flask) -> None:
    assert "HC-2027-00001" not in inside.open("/cases").text

    front = staff(app, f"fang.lan@{COPY}").open("/")

    assert "Its clock shows" in front.words
    assert "/sandbox" not in front.text


def test_it_stands_and_goes_on(inside: Browser) -> None:
    assert "The clock stands at 2027-02-03 09:00" in set_clock(inside, "stop").words
    assert "Its clock shows 2027-02-03 09:00" in set_clock(inside, "start").words


def test_it_steps_to_the_next_hour_working_day_and_time_limit(site: Site, inside: Browser) -> None:
    a_case(site)

    assert "Running ahead to 2027-02-03 10:00" in set_clock(inside, "hour").words
    run(site)
    assert "The clock stands at 2027-02-03 10:00" in inside.open("/sandbox").words

    set_clock(inside, "day")
    run(site)
    assert "The clock stands at 2027-02-04 10:00" in inside.open("/sandbox").words

    set_clock(inside, "limit")
    run(site)
    page = inside.open("/sandbox")
    assert "The clock stands at 2027-02-11 18:00" in page.words


def test_running_ahead_over_a_festival_shows_how_far_it_is_and_then_what_happened(site: Site, inside: Browser) -> None:
    a_case(site)

    page = set_clock(inside, "until", at="2027-02-20T09:00")
    assert "Running ahead to 2027-02-20 09:00" in page.words
    assert page.tree.xpath("//progress/@max") == ["1468800"]
    run(site)

    page = inside.open("/sandbox")
    assert "The clock stands at 2027-02-20 09:00" in page.words
    assert "What happened on the way2027-02-03 09:00 – 2027-02-20 09:00" in page.words
    assert "Time limits that passed1Reply within 2 working days" in page.words
    assert "Incidents0" in page.words


def test_it_never_goes_back_and_says_why(inside: Browser) -> None:
    page = set_clock(inside, "until", at="2027-01-01T09:00")

    assert page.status == 422
    assert "The clock of a sandbox never goes back" in page.words
    assert set_clock(inside, "until", at="soon").status == 422


def test_a_run_can_be_stopped_where_it_is(site: Site, inside: Browser) -> None:
    set_clock(inside, "until", at="2027-12-20T09:00")

    inside.submit("/sandbox/clock", do="stop")
    run(site)

    assert "The clock stands at 2027-02-03 09:00" in inside.open("/sandbox").words


def test_only_administrators_reach_it_and_only_from_a_company_that_is_none(inside: Browser, app: Flask) -> None:
    front = staff(app, "fang.lan")
    token = front.open("/").hidden("/session/end")
    assert front.open("/sandbox").status == 403
    for path in ("/sandbox", "/sandbox/visit", "/sandbox/clock"):
        assert front.client.post(path, data={**token, "do": "hour"}).status_code == 403

    own = inside.open("/sandbox").hidden("/session/end")
    assert inside.client.post("/sandbox", data=own).status_code == 404
    assert inside.client.post("/sandbox/visit", data=own).status_code == 404
    assert inside.client.post("/sandbox/clock", data={**own, "do": "explode"}).status_code == 400


def test_two_workers_never_move_one_clock_at_a_time(site: Site, inside: Browser) -> None:
    from engine.commands.test_clock import claim_clock, release_clock

    set_clock(inside, "hour")
    system = Actor.system(COPY)
    with site.acting(system) as context:
        assert claim_clock(context, site.clock())

    run_sandboxes(site)
    assert "Running ahead" in inside.open("/sandbox").words

    with site.acting(system) as context:
        assert not claim_clock(context, site.clock())
        release_clock(context)
    run_sandboxes(site)
    assert "The clock stands at 2027-02-03 10:00" in inside.open("/sandbox").words
