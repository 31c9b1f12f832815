"""Stopping a clock, asking for more time, being reminded: who may, what lands in whose inbox, what the history says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands import user_tasks
from engine.commands.clocks import ask_for_extension, decide_extension, pause_clock, resume_clock
from engine.commands.reminders import accept_reminder
from engine.commands.site import Site
from engine.errors import AlreadyDone, AnswersInvalid, NotFound, NotPermitted
from engine.history import Event, Stream, read_events, replay_case
from engine.interpreter import OperationRefused
from engine.queries.cases import CaseClock
from engine.queries.time_limits import extensions_of, open_reminders, requests_to_decide
from engine.tables import reminders
from engine.worker import tick
from tests.support.cafe import a_complaint, do, task_id, the_case
from tests.support.clock import MONDAY, StandingClock
from tests.support.site import CAFE, a_site, actor_of


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


@pytest.fixture
def case_id(site: Site) -> int:
    """A complaint whose kitchen has begun to fix it: eight working hours."""
    case_id = a_complaint(site).case_id
    do(site, case_id, "assess")
    return case_id


def fixing(site: Site, case_id: int) -> CaseClock:
    return next(clock for clock in the_case(site, case_id).clocks if clock.deadline == "fixing")


def by(site: Site, login: str, command: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with site.acting(actor_of(site, login)) as context:
        return command(context, *arguments, **named)


def task_due(site: Site, case_id: int) -> datetime | None:
    return next(task.due_at for task in the_case(site, case_id).tasks if task.element == "fix")


class TestStanding:
    def test_the_kitchen_stops_its_clock_and_lets_it_go_on(
        self, site: Site, clock: StandingClock, case_id: int
    ) -> None:
        assert fixing(site, case_id).due_at == MONDAY + timedelta(hours=9)
        by(site, "gu.qiang", pause_clock, case_id, "fixing", reason="machine is with the maker")
        assert (fixing(site, case_id).status, task_due(site, case_id)) == ("paused", None)

        clock.move(days=1)
        by(site, "gu.qiang", resume_clock, case_id, "fixing", reason="it is back")

        assert fixing(site, case_id).due_at == MONDAY + timedelta(days=1, hours=9)
        assert task_due(site, case_id) == MONDAY + timedelta(days=1, hours=9)
        pauses = [line for line in fixing(site, case_id).receipt["lines"] if line["kind"] == "pause"]
        assert [line["reason"] for line in pauses] == ["by hand: gu.qiang: machine is with the maker"]
        assert actions(site, case_id)[-2:] == ["pause_clock", "resume_clock"]
        assert_replays(site, case_id)

    def test_others_may_not(self, site: Site, case_id: int) -> None:
        with pytest.raises(NotPermitted):
            by(site, "fang.lan", pause_clock, case_id, "fixing", reason="because")

    def test_not_without_a_reason(self, site: Site, case_id: int) -> None:
        with pytest.raises(AnswersInvalid):
            by(site, "gu.qiang", pause_clock, case_id, "fixing", reason="  ")

    def test_a_time_limit_that_nobody_may_stop_stands_for_nobody_but_administrators(
        self, site: Site, case_id: int
    ) -> None:
        with pytest.raises(NotPermitted):
            by(site, "gu.qiang", pause_clock, case_id, "reply", reason="because")

    def test_an_unknown_time_limit_is_not_found(self, site: Site, case_id: int) -> None:
        with pytest.raises(NotFound):
            by(site, "gu.qiang", pause_clock, case_id, "lunch", reason="because")


class TestMoreTime:
    def test_the_front_desk_grants_what_the_kitchen_asks_for(self, site: Site, case_id: int) -> None:
        asked = by(site, "gu.qiang", ask_for_extension, case_id, "fixing", amount="4", reason="spare part")
        assert asked.status == "asked"
        assert fixing(site, case_id).due_at == MONDAY + timedelta(hours=9)
        (request,) = waiting_requests(site, "fang.lan")
        assert (request.amount, request.reason, request.asked_by["en"]) == ("4", "spare part", "gu.qiang")
        assert waiting_requests(site, "gu.qiang") == ()

        by(site, "fang.lan", decide_extension, asked.id, granted=True, answer="the customer agrees")

        assert fixing(site, case_id).due_at == MONDAY + timedelta(days=1, hours=5)
        granted = [line for line in fixing(site, case_id).receipt["lines"] if line["kind"] == "granted"]
        assert [line["reason"] for line in granted] == ["fang.lan: spare part · the customer agrees"]
        assert waiting_requests(site, "fang.lan") == ()
        assert actions(site, case_id)[-2:] == ["ask_extension", "grant_extension"]
        assert_replays(site, case_id)

    def test_refused_it_changes_nothing(self, site: Site, case_id: int) -> None:
        asked = by(site, "gu.qiang", ask_for_extension, case_id, "fixing", amount="4", reason="spare part")

        by(site, "fang.lan", decide_extension, asked.id, granted=False, answer="use the other machine")

        assert fixing(site, case_id).due_at == MONDAY + timedelta(hours=9)
        with site.database.reading_every_company() as connection:
            (kept,) = extensions_of(connection, site.deployments, actor_of(site, "fang.lan"), case_id)
        assert (kept.status, kept.answer, kept.decided_by["en"]) == ("refused", "use the other machine", "fang.lan")
        with pytest.raises(AlreadyDone):
            by(site, "fang.lan", decide_extension, asked.id, granted=True, answer="after all")

    def test_nobody_grants_their_own_request(self, site: Site, case_id: int) -> None:
        asked = by(site, "wei.min", ask_for_extension, case_id, "fixing", amount="4", reason="spare part")

        with pytest.raises(NotPermitted, match="own-request"):
            by(site, "wei.min", decide_extension, asked.id, granted=True, answer="yes")

    @pytest.mark.parametrize(
        ("amount", "rule"), [("", "required"), ("many", "number"), ("0", "min"), ("12.5", "max"), ("NaN", "min")]
    )
    def test_what_the_procedure_does_not_allow_is_refused(
        self, site: Site, case_id: int, amount: str, rule: str
    ) -> None:
        with pytest.raises(AnswersInvalid) as refused:
            by(site, "gu.qiang", ask_for_extension, case_id, "fixing", amount=amount, reason="spare part")
        assert [error.rule for error in refused.value.errors] == [rule]

    def test_what_is_left_is_less_after_each_and_they_are_counted(self, site: Site, case_id: int) -> None:
        for amount in ("10", "2"):
            asked = by(site, "gu.qiang", ask_for_extension, case_id, "fixing", amount=amount, reason="part")
            with pytest.raises(OperationRefused, match="nobody has answered"):
                by(site, "gu.qiang", ask_for_extension, case_id, "fixing", amount="1", reason="again")
            by(site, "fang.lan", decide_extension, asked.id, granted=True, answer="yes")

        with pytest.raises(OperationRefused, match="2 of 2 granted"):
            by(site, "gu.qiang", ask_for_extension, case_id, "fixing", amount="1", reason="again")

    def test_the_procedure_may_allow_none(self, site: Site, case_id: int) -> None:
        with pytest.raises(OperationRefused, match="allows no extension"):
            by(site, "fang.lan", ask_for_extension, case_id, "reply", amount="1", reason="more")

    def test_whoever_has_no_work_in_the_case_does_not_ask(self, site: Site, case_id: int) -> None:
        do(site, case_id, "reply")

        with pytest.raises(NotPermitted):
            by(site, "fang.lan", ask_for_extension, case_id, "fixing", amount="1", reason="more")

    def test_a_request_is_settled_when_the_work_is_done_first(self, site: Site, case_id: int) -> None:
        by(site, "gu.qiang", ask_for_extension, case_id, "fixing", amount="4", reason="spare part")

        do(site, case_id, "fix")

        assert waiting_requests(site, "fang.lan") == ()


class TestReminders:
    def test_half_way_whoever_has_the_work_in_hand_is_reminded_and_accepts(
        self, site: Site, clock: StandingClock, case_id: int
    ) -> None:
        clock.move(hours=5)
        tick(site)
        (reminder,) = waiting_reminders(site, "gu.qiang")
        assert (reminder.share, reminder.due_at) == (0.5, MONDAY + timedelta(hours=9))
        assert waiting_reminders(site, "fang.lan") == ()

        by(site, "gu.qiang", accept_reminder, reminder.id)

        assert waiting_reminders(site, "gu.qiang") == ()
        assert actions(site, case_id)[-1] == "accept_reminder"
        with pytest.raises(AlreadyDone, match=r"gu\.qiang"):
            by(site, "gu.qiang", accept_reminder, reminder.id)

    def test_a_task_that_somebody_claimed_reminds_that_person_alone(
        self, site: Site, clock: StandingClock, case_id: int
    ) -> None:
        claim(site, case_id, "wei.min")

        clock.move(hours=5)
        tick(site)

        assert [len(waiting_reminders(site, who)) for who in ("wei.min", "gu.qiang")] == [1, 0]
        (reminder,) = waiting_reminders(site, "wei.min")
        with pytest.raises(NotPermitted):
            by(site, "gu.qiang", accept_reminder, reminder.id)

    def test_over_time_it_climbs_the_ladder_once(self, site: Site, clock: StandingClock, case_id: int) -> None:
        clock.move(days=2)
        tick(site)
        tick(site)

        assert [reminder.share for reminder in waiting_reminders(site, "gu.qiang")] == [0.5]
        assert [reminder.share for reminder in waiting_reminders(site, "fang.lan")] == [1.0]

    def test_they_are_settled_when_the_work_is_done(self, site: Site, clock: StandingClock, case_id: int) -> None:
        clock.move(days=2)
        tick(site)

        do(site, case_id, "fix")

        assert waiting_reminders(site, "gu.qiang") == waiting_reminders(site, "fang.lan") == ()
        with site.database.reading_every_company() as connection:
            kept = connection.execute(sa.select(reminders.c.status).where(reminders.c.case_id == case_id)).scalars()
            assert kept.all() == ["settled", "settled"]

    def test_a_reminder_of_another_company_is_not_found(self, site: Site) -> None:
        with pytest.raises(NotFound):
            by(site, "gu.qiang", accept_reminder, 4711)


def events(site: Site, case_id: int) -> tuple[Event, ...]:
    with site.database.reading_every_company() as connection:
        return read_events(connection, Stream(CAFE, case_id, the_case(site, case_id).number))


def actions(site: Site, case_id: int) -> list[str]:
    return [event.action for event in events(site, case_id)]


def assert_replays(site: Site, case_id: int) -> None:
    case = the_case(site, case_id)
    assert replay_case([case.deployment.definition], [case.calendars], events(site, case_id)) is None


def waiting_requests(site: Site, login: str) -> tuple[Any, ...]:
    with site.database.reading_every_company() as connection:
        return requests_to_decide(connection, site.deployments, actor_of(site, login))


def waiting_reminders(site: Site, login: str) -> tuple[Any, ...]:
    with site.database.reading_every_company() as connection:
        return open_reminders(connection, site.deployments, actor_of(site, login))


def claim(site: Site, case_id: int, login: str) -> None:
    by(site, login, user_tasks.claim, task_id(site, case_id, "fix"))
