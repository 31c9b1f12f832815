"""Playing a case again gives the record, or names the first difference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands import cases as case_commands
from engine.complaints import Actor
from engine.history import Event, replay_case
from engine.history.replay import Difference
from engine.tables import history_values
from engine.worker import handlers
from tests.history.walked import Walked, a_walked_case
from tests.support.cafe import do, the_case
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site


@pytest.fixture
def case(tmp_path: Path) -> Walked:
    return a_walked_case(a_site(tmp_path))


def played(case: Walked, events: list[Event]) -> Difference | None:
    found = the_case(case.site, case.case_id)
    return replay_case([found.deployment.definition], [found.calendars], events)


def changed(events: list[Event], seq: int, **content: object) -> list[Event]:
    return [replace(e, content={**e.content, **content}) if e.seq == seq else e for e in events]


def test_a_whole_case_plays_again_without_difference(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    case = a_walked_case(site)
    clock.move(days=5)
    with site.acting(Actor.system(CAFE)) as context:
        assert case_commands.wake(context, case.case_id)
    do(site, case.case_id, "fix")
    do(site, case.case_id, "reply")
    do(site, case.case_id, "confirm", satisfied="yes")
    site.jobs.do(handlers(site))

    events = case.events

    assert events[-1].content["status"] == "completed"
    assert [e.action for e in events].count("wake_up") == 1
    assert played(case, events) is None


def test_a_forged_fact_is_named(case: Walked) -> None:
    events = case.events
    facts = [*events[1].content["facts"]]
    facts[0] = ["left", "reply", "reply#1"]

    found = played(case, changed(events, 2, facts=facts))

    assert found is not None
    assert found.seq == 2
    assert found.message.startswith("event 2, fact 1: recorded ['left', 'reply', 'reply#1'], played again")


def test_a_fact_left_out_is_named(case: Walked) -> None:
    events = case.events

    found = played(case, changed(events, 2, facts=events[1].content["facts"][:-1]))

    assert found is not None
    assert found.seq == 2
    assert "recorded" in found.message


def test_a_forged_answer_shows_where_it_leads_elsewhere(case: Walked) -> None:
    request = dict(case.events[1].content["request"])
    request["data"] = {**request["data"], "founded": "no"}

    found = played(case, changed(case.events, 2, request=request))

    assert found is not None
    assert found.seq == 2


def test_a_forged_status_is_named(case: Walked) -> None:
    found = played(case, changed(case.events, 3, status="completed"))

    assert found == Difference(3, "event 3: recorded status completed, played again open")


def test_an_event_left_out_is_a_difference_and_no_crash(case: Walked) -> None:
    events = case.events

    found = played(case, events[:1] + events[2:])

    assert found is not None
    assert found.seq == 3


@pytest.mark.parametrize("request_", [{"kind": "explode"}, {}, {"kind": "complete_user_task"}, 7])
def test_a_request_that_cannot_be_played_is_named(case: Walked, request_: object) -> None:
    found = played(case, changed(case.events, 2, request=request_))

    assert found is not None
    assert found.message.startswith("event 2: expected a request that can be played, found")


def test_a_case_whose_personal_values_are_erased_plays_again(case: Walked) -> None:
    with case.site.database.transaction(CAFE) as connection:
        connection.execute(sa.delete(history_values))

    assert played(case, case.events) is None
