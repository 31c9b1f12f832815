"""How much work rules would make for whom, from recorded cases."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from engine.calendars import Calendars
from engine.commands.site import Site
from engine.deployments import Deployment
from engine.history import Stream, read_events
from engine.history.staff_load import Experience, Lived, RecordedCase, experience_of, lived, recorded_case
from engine.interpreter import Definition
from engine.procedures import package_from_files
from tests.support.cafe import a_complaint, do
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site

MONDAY = datetime.fromisoformat("2026-09-21T09:00+08:00")


class World:
    """Four recorded cases: the kitchen takes 1, 2, 3 and 4 hours, and one case is not founded; one is still open."""

    def __init__(self, site: Site, clock: StandingClock) -> None:
        for hours in (1, 2, 3, 4):
            case = a_complaint(site).case_id
            do(site, case, "assess")
            clock.move(hours=hours)
            do(site, case, "fix")
            do(site, case, "reply")
            do(site, case, "confirm", satisfied="yes")
            clock.move(hours=24 - hours)
        do(site, a_complaint(site).case_id, "assess", founded="no")
        do(site, a_complaint(site).case_id, "assess")
        with site.database.reading(CAFE) as connection:
            current = site.deployments.current(connection, CAFE, "complaint")
            self.files = dict(current.package.files)
            self.calendars: Calendars = site.deployments.calendars(connection, CAFE)
            numbers = {case: f"HC-2026-{case:05}" for case in range(1, 7)}
            found = [
                recorded_case(number, read_events(connection, Stream(CAFE, case, number)), self.calendars.own)
                for case, number in numbers.items()
            ]
        self.definition: Definition = current.definition
        self.cases: list[RecordedCase] = [each for each in found if each is not None]
        self.experience: Experience = experience_of(self.cases, self.definition, {})

    def rules(self, *changes: tuple[str, str]) -> Definition:
        files = self.files
        for old, new in changes:
            assert any(old.encode() in content for content in files.values())
            files = {name: content.replace(old.encode(), new.encode()) for name, content in files.items()}
        return Deployment(0, 0, package_from_files(files)).definition

    def live(self, definition: Definition, *, seed: int = 1) -> list[Lived]:
        return [lived(definition, self.calendars, case, self.experience, seed=seed) for case in self.cases]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    clock = StandingClock(MONDAY)
    return World(a_site(tmp_path_factory.mktemp("site"), clock=clock), clock)


def hours(lives: list[Lived], element: str) -> float:
    return sum((work.took for each in lives for work in each.work if work.element == element), timedelta()) / timedelta(
        hours=1
    )


def test_under_the_rules_in_service_everything_takes_what_it_took(world: World) -> None:
    recorded = world.live(world.definition)[:5]

    assert all(each.ended for each in recorded)
    assert hours(recorded, "fix") == 9.0  # four hours over noon are three of work
    assert Counter(work.element for each in recorded for work in each.work) == {
        "assess": 5,
        "fix": 4,
        "reply": 4,
        "confirm": 4,
    }
    assert {work.group for each in recorded for work in each.work if work.element == "fix"} == {"kitchen"}


def test_a_case_that_is_still_open_goes_on_as_others_did(world: World) -> None:
    (still_open,) = world.live(world.definition)[5:]

    assert still_open.ended
    assert {"assess", "fix", "reply", "confirm"} == {work.element for work in still_open.work}
    assert hours([still_open], "fix") in {1.0, 2.0, 3.0}


def test_other_rules_make_other_work_and_the_same_seed_the_same(world: World) -> None:
    stricter = world.rules(('founded = "yes"', 'founded != "maybe"'))  # nothing is turned away any more

    lives = world.live(stricter)

    assert Counter(work.element for each in lives for work in each.work)["fix"] == 6
    assert hours(lives, "fix") > 9.0
    assert world.live(stricter) == lives
    assert world.live(stricter, seed=2)[:4] == lives[:4]  # nothing is drawn where everything is recorded


def test_a_step_that_nobody_knows_takes_what_its_lane_takes_and_says_what_scenarios_say(world: World) -> None:
    renamed = world.rules(
        ('id="fix"', 'id="mend"'),
        ('targetRef="fix"', 'targetRef="mend"'),
        ('sourceRef="fix"', 'sourceRef="mend"'),
        ('fix = "Fix"', 'mend = "Fix"'),
        ("flowNodeRef>fix<", "flowNodeRef>mend<"),
        ('bpmnElement="fix"', 'bpmnElement="mend"'),
    )

    lives = world.live(renamed)[:4]

    assert [work.took for each in lives for work in each.work if work.element == "mend"] == [timedelta(hours=2.5)] * 4


def test_a_case_that_never_comes_to_an_end_is_left_there(world: World) -> None:
    lives = world.live(
        world.rules(('satisfied = "yes"', 'satisfied = "never"'), ('founded = "yes"', 'founded != "maybe"'))
    )

    assert not any(each.ended for each in lives[:4])
    assert all(each.stuck_at and len(each.work) > 300 for each in lives[:4])
