"""An administrator moves, skips, suspends and migrates running cases; the history says why and plays again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.commands import cases as case_commands
from engine.commands import user_tasks
from engine.commands.interventions import intervene, migrate_case
from engine.commands.locking import lock_case
from engine.commands.site import Site
from engine.commands.steps import open_incident
from engine.complaints import Actor
from engine.errors import AnswersInvalid, NotFound, NotPermitted
from engine.history import Stream, read_events, replay_case
from engine.interpreter import (
    CancelBranch,
    CaseSuspended,
    Fault,
    MigrationProblem,
    MigrationRefused,
    MoveToken,
    Operation,
    Resume,
    Skip,
    Suspend,
)
from tests.support.cafe import a_complaint, changed_procedure, do, open_steps, task_id, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path, clock=StandingClock())


def act(site: Site, case_id: int, operation: Operation, *, login: str = ADMINISTRATOR) -> None:
    with site.acting(actor_of(site, login)) as context:
        intervene(context, case_id, operation)


def go_over(site: Site, case_id: int, version: int, *, keep_limits: bool = False, **mapping: str) -> None:
    reason = "the regulation has changed"
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        migrate_case(context, case_id, version=version, mapping=mapping, reason=reason, keep_limits=keep_limits)


def events(site: Site, case_id: int) -> Any:
    with site.database.reading_every_company() as connection:
        return read_events(connection, Stream(CAFE, case_id, the_case(site, case_id).number))


def replayed(site: Site, case_id: int, *versions: int) -> Any:
    with site.database.reading_every_company() as connection:
        found = [site.deployments.version(connection, CAFE, "complaint", version) for version in versions]
        calendars = site.deployments.all_calendars(connection, CAFE)
    return replay_case([each.definition for each in found], calendars, events(site, case_id))


def test_a_case_goes_back_with_a_reason_and_the_history_says_so(site: Site) -> None:
    case_id = a_complaint(site).case_id
    do(site, case_id, "assess")
    do(site, case_id, "fix")

    act(site, case_id, MoveToken("reply#1", "assess", "the customer says more", alone=True))

    assert open_steps(site, case_id) == ["assess"]
    event = events(site, case_id)[-1]
    assert (event.actor, event.action, event.subject) == (ADMINISTRATOR, "move_token", "reply#1")
    assert event.content["request"]["reason"] == "the customer says more"
    cancelled = next(task for task in the_case(site, case_id).tasks if task.key == "reply#1")
    assert cancelled.status == "cancelled"
    do(site, case_id, "assess")
    assert replayed(site, case_id, 1) is None


def test_skipping_and_cancelling_let_the_case_go_on(site: Site) -> None:
    case_id = a_complaint(site).case_id
    do(site, case_id, "assess")
    act(site, case_id, CancelBranch("fix#1", "nothing to mend"))
    act(site, case_id, Skip("reply#1", "told by phone"))

    assert open_steps(site, case_id) == ["confirm"]
    assert [(clock.deadline, clock.status) for clock in the_case(site, case_id).clocks if clock.status != "running"] == [
        ("reply", "cancelled"),
    ]  # fmt: skip
    assert replayed(site, case_id, 1) is None


def test_only_administrators_intervene_and_only_with_a_reason(site: Site) -> None:
    case_id = a_complaint(site).case_id

    with pytest.raises(NotPermitted, match="not-an-administrator"):
        act(site, case_id, Skip("assess#1", "quick"), login="fang.lan")
    with pytest.raises(AnswersInvalid):
        act(site, case_id, Skip("assess#1", "  "))
    with pytest.raises(AnswersInvalid):
        act(site, case_id, Skip("assess#1", "x" * 2001))
    with pytest.raises(NotFound):
        act(site, case_id + 99, Skip("assess#1", "quick"))

    assert open_steps(site, case_id) == ["assess"]


def test_a_suspended_case_is_neither_done_nor_woken_until_it_is_resumed(site: Site) -> None:
    case_id = a_complaint(site).case_id
    act(site, case_id, Suspend("the police ask us to wait", stop_clocks=True))
    assert the_case(site, case_id).status == "suspended"
    assert the_case(site, case_id).ended_at is None
    with pytest.raises(CaseSuspended), site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.complete(context, task_id(site, case_id, "assess"), {"founded": "yes", "remark": "seen"})
    site.clock.move(days=9)  # type: ignore[attr-defined]
    with site.acting(Actor.system(CAFE)) as context:
        assert not case_commands.wake(context, case_id)

    act(site, case_id, Resume("they are done"))

    (clock,) = [clock for clock in the_case(site, case_id).clocks if clock.deadline == "reply"]
    assert (the_case(site, case_id).status, clock.status) == ("open", "running")
    assert clock.due_at is not None
    assert clock.due_at > site.clock()
    do(site, case_id, "assess")
    assert replayed(site, case_id, 1) is None


def test_an_intervention_closes_the_incidents_it_attends_to(site: Site) -> None:
    case_id = a_complaint(site).case_id
    with site.acting(Actor.system(CAFE)) as context:
        open_incident(
            context, lock_case(context, case_id), Fault("x", "founded", "wrong"), action="wake_up", subject=""
        )

    act(site, case_id, MoveToken("assess#1", "confirm", "assessed on paper"))

    assert the_case(site, case_id).incidents == ()


RENAMED = (
    ('id="fix" name="整改"', 'id="repair" name="修理"'),
    ("<bpmn:flowNodeRef>fix<", "<bpmn:flowNodeRef>repair<"),
    ('targetRef="fix"', 'targetRef="repair"'),
    ('sourceRef="fix"', 'sourceRef="repair"'),
    ('bpmnElement="fix"', 'bpmnElement="repair"'),
    ('fix = "Fix"', 'repair = "Fix"'),
    ('["fix", ', '["repair", '),
    ('task = "fix"', 'task = "repair"'),
)


def test_a_case_goes_over_to_another_version_and_keeps_its_clocks_and_tasks(site: Site) -> None:
    case_id = a_complaint(site).case_id
    do(site, case_id, "assess")
    before = {clock.deadline: clock for clock in the_case(site, case_id).clocks}
    changed_procedure(site, *RENAMED)
    with pytest.raises(MigrationRefused) as caught:
        go_over(site, case_id, 2)
    assert caught.value.problems == (MigrationProblem("element-gone", "fix"),)

    go_over(site, case_id, 2, fix="repair")

    case = the_case(site, case_id)
    assert case.deployment.version == 2
    task = next(task for task in case.tasks if task.key == "fix#1")
    assert (task.element, task.status, task.group, task.form) == ("repair", "open", "kitchen", "fix")
    assert {clock.deadline: clock for clock in case.clocks} == before
    with site.acting(actor_of(site, "gu.qiang")) as context:
        user_tasks.complete(context, task.id, {"done": "machine warmed"})
    do(site, case_id, "reply")
    assert open_steps(site, case_id) == ["confirm"]
    assert replayed(site, case_id, 2, 1) is None


LONGER = ("amount = 2\nunit", "amount = 5\nunit")


def reply_of(site: Site, case_id: int) -> tuple[str, str, str | None]:
    """Due date, amount on the receipt and why it is an earlier one, of the clock and of the task due by it."""
    case = the_case(site, case_id)
    clock = next(clock for clock in case.clocks if clock.deadline == "reply")
    task = next(task for task in case.tasks if task.status == "open")
    assert clock.due_at == task.due_at
    assert clock.due_at is not None
    assert clock.receipt is not None
    return clock.due_at.isoformat(), clock.receipt["amount"], clock.receipt.get("kept")


def test_running_limits_are_counted_again_by_the_new_version(site: Site) -> None:
    case_id = a_complaint(site).case_id
    changed_procedure(site, LONGER)
    assert reply_of(site, case_id) == ("2026-03-04T10:00:00+00:00", "2", None)

    go_over(site, case_id, 2)

    assert reply_of(site, case_id) == ("2026-03-09T10:00:00+00:00", "5", None)
    assert replayed(site, case_id, 1, 2) is None


def test_running_limits_stay_when_the_administrator_says_so_and_history_and_receipt_tell(site: Site) -> None:
    case_id = a_complaint(site).case_id
    changed_procedure(site, LONGER)

    go_over(site, case_id, 2, keep_limits=True)

    assert reply_of(site, case_id) == ("2026-03-04T10:00:00+00:00", "2", "the regulation has changed")
    event = events(site, case_id)[-1]
    assert event.content["request"]["keep_limits"] is True
    assert [fact[0] for fact in event.content["facts"]] == ["migrated", "clock_kept"]
    do(site, case_id, "assess")
    assert replayed(site, case_id, 1, 2) is None


def test_a_case_may_go_back_to_the_version_it_came_from(site: Site) -> None:
    case_id = a_complaint(site).case_id
    changed_procedure(site, ('name="核实"', 'name="再核实"'))
    go_over(site, case_id, 2)
    go_over(site, case_id, 1)

    assert the_case(site, case_id).deployment.version == 1
    assert open_steps(site, case_id) == ["assess"]
    assert replayed(site, case_id, 1, 2) is None


def test_there_is_no_going_over_to_a_version_that_does_not_exist(site: Site) -> None:
    with pytest.raises(NotFound, match="complaint 7"):
        go_over(site, a_complaint(site).case_id, 7)
