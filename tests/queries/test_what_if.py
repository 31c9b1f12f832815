"""Recorded cases on other rules: the same way, another way, stuck, newly late; the same answer every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.site import Site
from engine.history import Stream, read_events
from engine.history.what_if import Course, WhatIf, what_if
from engine.worker import tick
from tests.commands.test_interventions import RENAMED
from tests.support.cafe import a_complaint, a_round, changed_procedure, do, the_case
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(database_kind: str, tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


def on_version(site: Site, case_id: int, version: int) -> WhatIf:
    number = the_case(site, case_id).number
    with site.database.reading(CAFE) as connection:
        definition = site.deployments.version(connection, CAFE, "complaint", version).definition
        calendars = site.deployments.calendars(connection, CAFE)
        return what_if(definition, calendars, read_events(connection, Stream(CAFE, case_id, number)))


def a_slow_case(site: Site, clock: StandingClock) -> int:
    """Answered after the first working day and before the second is over."""
    case_id = a_complaint(site).case_id
    clock.move(hours=34)
    tick(site)
    a_round(site, case_id, satisfied="yes")
    return case_id


def test_under_its_own_rules_a_case_goes_the_same_way(site: Site, clock: StandingClock) -> None:
    quick, slow, unfinished = a_complaint(site).case_id, a_slow_case(site, clock), a_complaint(site).case_id
    do(site, quick, "assess", founded="no")
    do(site, unfinished, "assess")

    for case_id in (quick, slow, unfinished):
        assert on_version(site, case_id, 1) == WhatIf(Course.SAME)


def test_a_shorter_limit_makes_a_case_newly_late_and_nothing_else(site: Site, clock: StandingClock) -> None:
    case_id = a_slow_case(site, clock)
    changed_procedure(site, ("amount = 2\nunit", "amount = 1\nunit"))

    assert on_version(site, case_id, 2) == WhatIf(Course.SAME, newly_late=("reply",))
    assert on_version(site, case_id, 2) == on_version(site, case_id, 2)


def test_a_condition_that_asks_something_else_leads_another_way_or_leaves_it_stuck(site: Site) -> None:
    case_id = a_complaint(site).case_id
    do(site, case_id, "assess", founded="no")
    changed_procedure(site, ('founded = "yes"', 'founded = "no"'))

    found = on_version(site, case_id, 2)

    assert found.course is Course.STUCK
    assert found.at in {"fix", "reply"}
    assert found.reason == ""


def test_a_step_under_another_id_leaves_the_case_stuck_there(site: Site) -> None:
    case_id = a_complaint(site).case_id
    a_round(site, case_id, satisfied="yes")
    changed_procedure(site, *RENAMED)

    found = on_version(site, case_id, 2)

    assert (found.course, found.at) == (Course.STUCK, "repair")
