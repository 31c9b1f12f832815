"""Loading a yearly notice: what it moves, what it confirms, what is kept, and what the record says afterwards."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine.calendars import is_working_day, read_notice, receipt_from_json
from engine.commands.calendars import load_notice, preview_notice, remove_notice
from engine.commands.site import Site
from engine.errors import NotFound, NotPermitted
from engine.history import Stream, read_events, replay_case
from engine.queries.cases import CaseClock
from engine.queries.time_limits import calendar_versions, loaded_notices, moved_dates
from engine.worker import tick
from tests.support.cafe import a_complaint, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of

#: Two working days end in the year whose notice is not there.
DECEMBER = datetime.fromisoformat("2026-12-30T09:00:00+08:00")
AS_EXPECTED = """
# year: 2027
2027-01-01..2027-01-03 元旦
"""
LONG_NEW_YEAR = """
# year: 2027
2027-01-01..2027-01-05 元旦
"""


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(DECEMBER)


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


def load(site: Site, text: str, *, keep_dates: bool = False, who: str = ADMINISTRATOR) -> str:
    with site.acting(actor_of(site, who)) as context:
        return load_notice(context, read_notice(text), keep_dates=keep_dates, note="国办发明电")


def reply(site: Site, case_id: int) -> CaseClock:
    return next(clock for clock in the_case(site, case_id).clocks if clock.deadline == "reply")


def due(site: Site, case_id: int) -> str:
    at = reply(site, case_id).due_at
    assert at is not None
    return at.astimezone(the_case(site, case_id).deployment.time_zone).isoformat()


def provisional(site: Site, case_id: int) -> bool:
    return receipt_from_json(reply(site, case_id).receipt or {}).provisional


def versions(site: Site) -> Any:
    with site.database.reading_every_company() as connection:
        return calendar_versions(connection, CAFE)


def test_a_date_in_a_year_without_notice_is_provisional_and_becomes_firm(site: Site) -> None:
    case_id = a_complaint(site).case_id
    assert (due(site, case_id), provisional(site, case_id)) == ("2027-01-04T18:00:00+08:00", True)

    load(site, AS_EXPECTED)
    tick(site)

    assert (due(site, case_id), provisional(site, case_id)) == ("2027-01-04T18:00:00+08:00", False)
    (newest, first) = versions(site)
    assert (newest.in_force, newest.source, newest.cases, newest.left, newest.moved) == (True, "notice", 1, 0, 0)
    assert (first.in_force, first.source) == (False, "package")


def test_a_date_that_moves_is_listed_with_its_case(site: Site) -> None:
    started = a_complaint(site)

    digest = load(site, LONG_NEW_YEAR)
    assert versions(site)[0].left == 1
    tick(site)

    assert due(site, started.case_id) == "2027-01-06T18:00:00+08:00"
    with site.database.reading_every_company() as connection:
        (moved,) = moved_dates(connection, site.deployments, actor_of(site, ADMINISTRATOR), digest)
    assert (moved.number, moved.deadline["en"]) == (started.number, "Reply within 2 working days")
    assert (moved.was.isoformat(), moved.due_at.isoformat()) == (
        "2027-01-04T10:00:00+00:00",
        "2027-01-06T10:00:00+00:00",
    )
    assert versions(site)[0].left == 0


def test_dates_that_were_given_may_be_kept(site: Site) -> None:
    before = a_complaint(site).case_id

    load(site, LONG_NEW_YEAR, keep_dates=True)
    tick(site)

    assert due(site, before) == "2027-01-04T18:00:00+08:00"
    assert due(site, a_complaint(site).case_id) == "2027-01-06T18:00:00+08:00"


def test_the_history_replays_over_the_calendars_of_its_time(site: Site) -> None:
    started = a_complaint(site)
    load(site, LONG_NEW_YEAR)
    tick(site)

    with site.database.reading_every_company() as connection:
        events = read_events(connection, Stream(CAFE, started.case_id, started.number))
        calendars = site.deployments.all_calendars(connection, CAFE)
        company = read_events(connection, Stream(CAFE, 0, ""))

    assert replay_case([the_case(site, started.case_id).deployment.definition], calendars, events) is None
    assert len({event.content["calendar"] for event in events}) == 2
    assert [event.action for event in company][-1] == "adopt_calendar"
    assert company[-1].content["cases"] == 1


def test_a_preview_says_what_would_move_and_changes_nothing(site: Site) -> None:
    started = a_complaint(site)

    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        preview = preview_notice(context, read_notice(LONG_NEW_YEAR))

    assert [(move.case_number, move.deadline) for move in preview.moves] == [(started.number, "reply")]
    assert (preview.looked_at, preview.waiting) == (1, 1)
    assert due(site, started.case_id) == "2027-01-04T18:00:00+08:00"
    assert len(versions(site)) == 1


def test_a_notice_taken_back_gives_the_packages_calendar_again(site: Site) -> None:
    case_id = a_complaint(site).case_id
    first = versions(site)[0].digest
    load(site, LONG_NEW_YEAR)

    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        assert remove_notice(context, 2027, keep_dates=False, note="wrong file") == first
    tick(site)

    assert due(site, case_id) == "2027-01-04T18:00:00+08:00"
    with pytest.raises(NotFound), site.acting(actor_of(site, ADMINISTRATOR)) as context:
        remove_notice(context, 2027, keep_dates=False, note="twice")


def test_a_new_deployment_keeps_the_notices_that_were_loaded_here(site: Site) -> None:
    load(site, LONG_NEW_YEAR)
    loaded = versions(site)[0].digest

    with site.database.reading_every_company() as connection:
        (kept,) = loaded_notices(connection, CAFE)
        calendar = site.deployments.calendars(connection, CAFE).own

    assert (kept.year, read_notice(kept.content)) == (2027, read_notice(LONG_NEW_YEAR))
    assert not is_working_day(calendar, datetime(2027, 1, 4).date())
    assert calendar.version == loaded


def test_only_administrators_load_notices(site: Site) -> None:
    with pytest.raises(NotPermitted):
        load(site, LONG_NEW_YEAR, who="fang.lan")


def test_the_same_notice_twice_is_one_version(site: Site) -> None:
    assert load(site, LONG_NEW_YEAR) == load(site, LONG_NEW_YEAR)
    assert len(versions(site)) == 2
