"""Forty made-up cases with planted breaches: every breach is found with its event, and nobody is accused falsely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.commands.clocks import pause_clock, resume_clock
from engine.commands.interventions import intervene
from engine.commands.site import Site
from engine.complaints import Actor
from engine.history import Event
from engine.interpreter import MoveToken, Resume, Skip, Suspend, TaskKey
from engine.queries.conformance import Verdict, deviations, judge
from engine.worker import handlers, tick
from tests.support.cafe import a_complaint, a_round, do, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, a_site, actor_of
from tests.web.records import events_of


@dataclass
class Played:
    """A case under way, and what its clauses must be found to be."""

    site: Site
    clock: StandingClock
    case_id: int
    breaches: set[tuple[str, str]] = field(default_factory=set)  #: clause, reason
    by_hand: list[str] = field(default_factory=list)

    def intervene(self, operation: object) -> None:
        with self.site.acting(actor_of(self.site, ADMINISTRATOR)) as context:
            intervene(context, self.case_id, operation)  # type: ignore[arg-type]

    def do(self, *elements: str, **answers: str) -> None:
        for element in elements:
            do(self.site, self.case_id, element, **answers)

    @property
    def events(self) -> list[Event]:
        return events_of(self.site, self.case_id)

    def found(self) -> dict[str, tuple[Verdict, str, int]]:
        case = the_case(self.site, self.case_id)
        judged = judge(case.deployment.package, self.events, ended=case.ended_at is not None)
        return {each.clause.id: (each.verdict, each.reason, each.seq) for each in judged}


def in_time(played: Played) -> None:
    played.do("assess", "fix", "reply")
    played.do("confirm", satisfied="yes")
    played.site.jobs.do(handlers(played.site))


def twice_in_time(played: Played) -> None:
    a_round(played.site, played.case_id)
    in_time(played)


def just_begun(_played: Played) -> None:
    pass


def unfounded(played: Played) -> None:
    played.do("assess", founded="no")


def fixed_late(played: Played) -> None:
    played.do("assess", "reply")
    played.clock.move(days=14)
    played.do("fix")
    played.breaches.add(("HC-2", "overdue"))


def replied_late(played: Played) -> None:
    played.do("assess", "fix")
    played.clock.move(days=14)
    played.do("reply")
    played.breaches.add(("HC-2", "overdue"))


def overdue_and_still_open(played: Played) -> None:
    played.do("assess")
    played.clock.move(days=14)
    tick(played.site)
    played.breaches.add(("HC-2", "overdue"))


def late_in_the_second_round_only(played: Played) -> None:
    a_round(played.site, played.case_id)
    fixed_late(played)


def paused_and_so_in_time(played: Played) -> None:
    played.do("assess", "reply")
    with played.site.acting(actor_of(played.site, "gu.qiang")) as context:
        pause_clock(context, played.case_id, "fixing", reason="the machine is away")
    played.clock.move(days=14)
    with played.site.acting(actor_of(played.site, "gu.qiang")) as context:
        resume_clock(context, played.case_id, "fixing", reason="it is back")
    played.do("fix")


def skipped_fixing(played: Played) -> None:
    played.do("assess")
    played.intervene(Skip(TaskKey("fix#1"), reason="obvious"))
    played.do("reply")
    played.breaches.add(("HC-2", "skipped"))
    played.by_hand.append("skip_step")


def taken_past_the_follow_up(played: Played) -> None:
    played.do("assess", "fix", "reply")
    played.intervene(MoveToken(TaskKey("confirm#1"), to="assess", reason="again"))
    played.breaches.add(("HC-3", "moved"))
    played.by_hand.append("move_token")


def stood_still_and_went_on(played: Played) -> None:
    played.do("assess")
    played.intervene(Suspend(reason="inspection"))
    played.intervene(Resume(reason="over"))
    played.do("fix", "reply")
    played.by_hand += ["suspend_case", "resume_case"]


COURSES: tuple[Callable[[Played], None], ...] = (
    in_time, twice_in_time, just_begun, unfounded, fixed_late, replied_late, overdue_and_still_open,
    late_in_the_second_round_only, paused_and_so_in_time, skipped_fixing, taken_past_the_follow_up,
    stood_still_and_went_on,
)  # fmt: skip


def played(site: Site, clock: StandingClock, course: Callable[[Played], None], *, hour: int) -> Played:
    clock.move(hours=hour)
    case = Played(site, clock, a_complaint(site).case_id)
    course(case)
    return case


def test_forty_cases_with_planted_breaches(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    wrong = []
    planted = 0
    for number in range(40):
        course = COURSES[number % len(COURSES)]
        case = played(site, clock, course, hour=number % 3)
        found = {(clause, why) for clause, (verdict, why, _) in case.found().items() if verdict is Verdict.NOT_MET}
        planted += len(case.breaches)
        if found != case.breaches or [each.action for each in deviations(case.events)] != case.by_hand:
            wrong.append((number, course.__name__, found, case.breaches))

    assert wrong == []
    assert planted == 18


@pytest.mark.parametrize("course", [fixed_late, overdue_and_still_open, skipped_fixing, taken_past_the_follow_up])
def test_a_breach_names_the_event_that_shows_it(tmp_path: Path, course: Callable[[Played], None]) -> None:
    clock = StandingClock()
    case = played(a_site(tmp_path, clock=clock), clock, course, hour=0)

    ((_, _, seq),) = [each for each in case.found().values() if each[0] is Verdict.NOT_MET]

    shown = {event.seq: event for event in case.events}[seq]
    expected = {fixed_late: "complete_task", overdue_and_still_open: "wake_up", skipped_fixing: "skip_step"}
    assert shown.action == expected.get(course, "move_token")


def test_what_a_case_did_not_come_to_is_not_applicable_and_what_goes_on_is_open(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)

    begun, done = (played(site, clock, course, hour=0).found() for course in (just_begun, in_time))

    assert {clause: verdict for clause, (verdict, _, _) in begun.items()} == {
        "HC-1": Verdict.OPEN,
        "HC-2": Verdict.OPEN,  # the time to reply runs from the beginning
        "HC-3": Verdict.NOT_APPLICABLE,
    }
    assert {verdict for verdict, _, _ in done.values()} == {Verdict.MET}


def test_an_actor_of_the_system_is_nobody_who_intervened(tmp_path: Path) -> None:
    clock = StandingClock()
    case = played(a_site(tmp_path, clock=clock), clock, in_time, hour=0)

    assert Actor.system("x").name in {event.actor for event in case.events}
    assert deviations(case.events) == ()
