"""What people do with tasks beside filling them in: hand over, delegate, sign, return, take back, urge, copy, snooze."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from engine.commands import delegations, hand_overs, notices, returns, signatures, user_tasks
from engine.commands.context import Context
from engine.commands.errands import Addressee, withdraw_errand
from engine.commands.idempotency import RequestKey
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.complaints.inbox import View
from engine.errors import AlreadyDone, AnswersInvalid, NotPermitted
from engine.queries.errands import copies, errands_of_task, unread_copies, waiting_errands
from engine.queries.inbox import inbox, open_tasks
from engine.tables import cases, errands, history_events, people
from engine.tables import user_tasks as user_tasks_table
from tests.support.cafe import a_complaint, do, open_steps, task_id, the_case, with_rules
from tests.support.clock import StandingClock
from tests.support.site import CAFE, PASSWORD, a_site, actor_of
from tests.web.records import assert_history_verifies

Answer = TypeVar("Answer")
WEI, FANG, GU = Addressee(login="wei.min"), Addressee(login="fang.lan"), Addressee(login="gu.qiang")
KITCHEN = Addressee(group="kitchen")
ASSESSED = {"founded": "yes", "remark": "seen"}


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


def by(site: Site, login: str, command: Callable[..., Answer], *given: Any, **named: Any) -> Answer:
    with site.acting(actor_of(site, login)) as context:
        return command(context, *given, **named)


def refused(site: Site, login: str, command: Callable[..., Any], *given: Any, **named: Any) -> str:
    with pytest.raises(NotPermitted) as error:
        by(site, login, command, *given, **named)
    return error.value.reason


def wrong(site: Site, login: str, command: Callable[..., Any], *given: Any, **named: Any) -> list[tuple[str, str]]:
    with pytest.raises(AnswersInvalid) as error:
        by(site, login, command, *given, **named)
    return [(each.field, each.rule) for each in error.value.errors]


def row_of(site: Site, task: int) -> Any:
    with site.database.reading(CAFE) as connection:
        return connection.execute(sa.select(user_tasks_table).where(user_tasks_table.c.id == task)).one()


def case_row(site: Site, case_id: int) -> Any:
    with site.database.reading(CAFE) as connection:
        return connection.execute(sa.select(cases).where(cases.c.id == case_id)).one()


def errand_row(site: Site, errand: int) -> Any:
    with site.database.reading(CAFE) as connection:
        return connection.execute(sa.select(errands).where(errands.c.id == errand)).one()


def id_of(site: Site, login: str) -> int | None:
    return actor_of(site, login).person_id


def actions(site: Site, case_id: int) -> list[tuple[str, str, str]]:
    t = history_events.c
    with site.database.reading(CAFE) as connection:
        rows = connection.execute(
            sa.select(t.actor, t.on_behalf_of, t.action).where(t.stream == case_id).order_by(t.seq)
        )
        return [tuple(row) for row in rows]


def asked(site: Site, login: str) -> list[tuple[str, str]]:
    with site.database.reading(CAFE) as connection:
        return [
            (each.kind, each.reason) for each in waiting_errands(connection, site.deployments, actor_of(site, login))
        ]


def to_assess(site: Site, **answers: Any) -> tuple[int, int]:
    case_id = a_complaint(site, **answers).case_id
    return case_id, task_id(site, case_id, "assess")


# hand over


def test_a_task_handed_over_is_the_other_persons_at_once(site: Site) -> None:
    case_id, task = to_assess(site)
    by(site, "fang.lan", user_tasks.claim, task)

    by(site, "fang.lan", hand_overs.hand_over, task, WEI, reason="knows the customer")

    assert row_of(site, task).assignee_id == id_of(site, "wei.min")
    assert asked(site, "wei.min") == [("hand_over", "knows the customer")]
    assert refused(site, "fang.lan", user_tasks.complete, task, ASSESSED) == "claimed"
    assert actions(site, case_id)[-1] == ("fang.lan", "", "hand_over")
    assert_history_verifies(site)


def test_whoever_handed_over_answers_for_the_case_until_it_is_accepted(site: Site) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", hand_overs.hand_over, task, WEI, reason="leave")
    assert (case_row(site, case_id).answerable_id, case_row(site, case_id).hand_overs) == (id_of(site, "fang.lan"), 0)

    by(site, "wei.min", hand_overs.accept_hand_over, errand)

    assert (case_row(site, case_id).answerable_id, case_row(site, case_id).hand_overs) == (id_of(site, "wei.min"), 1)
    with pytest.raises(AlreadyDone):
        by(site, "wei.min", hand_overs.accept_hand_over, errand)


def test_who_works_on_what_was_handed_over_has_accepted_it(site: Site) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", hand_overs.hand_over, task, WEI, reason="leave")

    by(site, "wei.min", user_tasks.complete, task, ASSESSED)

    assert errand_row(site, errand).status == "done"
    assert case_row(site, case_id).answerable_id == id_of(site, "wei.min")
    assert actions(site, case_id)[-1] == ("wei.min", "", "complete_task")


def test_a_declined_hand_over_goes_back_with_the_reason(site: Site) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", hand_overs.hand_over, task, GU, reason="yours")
    assert wrong(site, "gu.qiang", hand_overs.decline_hand_over, errand, reason=" ") == [("reason", "required")]

    by(site, "gu.qiang", hand_overs.decline_hand_over, errand, reason="not about the kitchen")

    assert row_of(site, task).assignee_id == id_of(site, "fang.lan")
    assert errand_row(site, errand).answer == "not about the kitchen"
    assert case_row(site, case_id).answerable_id == id_of(site, "fang.lan")


def test_a_task_handed_to_a_group_waits_there_and_whoever_claims_it_has_accepted(site: Site) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", hand_overs.hand_over, task, KITCHEN, reason="about the machine")
    assert (row_of(site, task).group_id, row_of(site, task).assignee_id) == ("kitchen", None)
    assert refused(site, "fang.lan", user_tasks.claim, task) == "not-in-group"

    by(site, "gu.qiang", user_tasks.claim, task)

    assert errand_row(site, errand).status == "done"
    by(site, "gu.qiang", user_tasks.complete, task, ASSESSED)
    assert open_steps(site, case_id) == ["fix", "reply"]


def test_a_hand_over_is_undone_while_nobody_has_accepted(site: Site) -> None:
    _, task = to_assess(site)
    errand = by(site, "fang.lan", hand_overs.hand_over, task, KITCHEN, reason="by mistake")
    assert refused(site, "wei.min", withdraw_errand, errand, reason="no") == "not-asked-by-you"

    by(site, "fang.lan", withdraw_errand, errand, reason="wrong group")

    assert (row_of(site, task).group_id, row_of(site, task).assignee_id) == ("front", id_of(site, "fang.lan"))


@pytest.mark.parametrize(
    ("to", "rule"),
    [
        (Addressee(login="nobody"), "option"),
        (Addressee(), "required"),
        (FANG, "not_yourself"),
        (Addressee(group="x"), "option"),
    ],
)
def test_nobody_is_asked_who_is_not_there(site: Site, to: Addressee, rule: str) -> None:
    _, task = to_assess(site)

    assert wrong(site, "fang.lan", hand_overs.hand_over, task, to, reason="x") == [("to", rule)]


def test_the_case_itself_is_handed_over_by_whoever_answers_for_it(site: Site) -> None:
    case_id, _ = to_assess(site)
    assert refused(site, "gu.qiang", hand_overs.hand_over_case, case_id, WEI, reason="x") == "not-answerable"

    errand = by(site, "fang.lan", hand_overs.hand_over_case, case_id, GU, reason="moves to another shop")
    by(site, "gu.qiang", hand_overs.accept_hand_over, errand)

    assert (case_row(site, case_id).answerable_id, case_row(site, case_id).hand_overs) == (id_of(site, "gu.qiang"), 1)


# delegate


def test_the_delegate_answers_and_the_owner_completes(site: Site) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", delegations.delegate, task, GU, reason="was there")
    assert refused(site, "fang.lan", user_tasks.complete, task, ASSESSED) == "delegated"
    assert refused(site, "gu.qiang", user_tasks.complete, task, ASSESSED) == "not-in-group"
    assert refused(site, "wei.min", delegations.answer_delegation, errand, ASSESSED, answer="") == "not-asked"

    by(site, "gu.qiang", delegations.answer_delegation, errand, ASSESSED, answer="as I saw it")

    assert row_of(site, task).draft == ASSESSED
    by(site, "fang.lan", user_tasks.complete, task, row_of(site, task).draft)
    assert open_steps(site, case_id) == ["fix", "reply"]
    assert [action for _, _, action in actions(site, case_id)][-3:] == [
        "delegate_task",
        "answer_delegation",
        "complete_task",
    ]


def test_a_delegation_is_taken_back(site: Site) -> None:
    _, task = to_assess(site)
    errand = by(site, "fang.lan", delegations.delegate, task, GU, reason="was there")
    assert refused(site, "fang.lan", delegations.delegate, task, WEI, reason="or you") == "delegated"

    by(site, "fang.lan", withdraw_errand, errand, reason="did it myself")
    by(site, "fang.lan", user_tasks.complete, task, ASSESSED)

    assert errand_row(site, errand).status == "withdrawn"


# sign


def test_a_signature_before_is_waited_for_whatever_it_says(site: Site) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", signatures.ask_signature, task, GU, before=True, reason="agree?")
    assert refused(site, "fang.lan", user_tasks.complete, task, ASSESSED) == "awaits-signature"
    assert wrong(site, "gu.qiang", signatures.sign, errand, agreed=False) == [("opinion", "required")]

    by(site, "gu.qiang", signatures.sign, errand, agreed=False, opinion="not our machine")
    by(site, "fang.lan", user_tasks.complete, task, ASSESSED)

    assert open_steps(site, case_id) == ["fix", "reply"]
    assert errand_row(site, errand).answer == "not our machine"


def test_a_signature_is_asked_for_no_longer(site: Site) -> None:
    _, task = to_assess(site)
    errand = by(site, "fang.lan", signatures.ask_signature, task, GU, before=True, reason="agree?")

    by(site, "fang.lan", withdraw_errand, errand, reason="not needed")

    by(site, "fang.lan", user_tasks.complete, task, ASSESSED)


def test_answers_wait_for_the_signature_after_and_go_on_by_it(site: Site) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", signatures.ask_signature, task, GU, before=False, reason="look at it")
    assert (asked(site, "gu.qiang"), refused(site, "gu.qiang", signatures.sign, errand, agreed=True)) == (
        [],
        "not-submitted",
    )

    done = by(site, "fang.lan", user_tasks.complete, task, ASSESSED)
    assert (done.held, open_steps(site, case_id)) == (True, ["assess"])
    assert asked(site, "gu.qiang") == [("countersignature", "look at it")]
    assert refused(site, "fang.lan", user_tasks.save_draft, task, {}) == "awaits-signature"
    signed = by(site, "gu.qiang", signatures.sign, errand, agreed=True)

    assert (signed.goes_on, open_steps(site, case_id)) == (True, ["fix", "reply"])
    assert row_of(site, task).ended_by_id == id_of(site, "fang.lan")
    assert the_case(site, case_id).data["remark"] == "seen"
    assert_history_verifies(site)


def test_answers_that_are_not_signed_come_back_and_are_signed_anew(site: Site) -> None:
    case_id, task = to_assess(site)
    first = by(site, "fang.lan", signatures.ask_signature, task, GU, before=False, reason="look")
    by(site, "fang.lan", user_tasks.complete, task, ASSESSED)

    by(site, "gu.qiang", signatures.sign, first, agreed=False, opinion="say more")
    assert row_of(site, task).held_at is None
    by(site, "fang.lan", user_tasks.complete, task, {**ASSESSED, "remark": "more"})
    second = by(site, "gu.qiang", signatures.sign, first + 1, agreed=True)

    assert (second.goes_on, the_case(site, case_id).data["remark"]) == (True, "more")
    assert errand_row(site, first).status == "outdated"


def test_a_signature_that_submitted_answers_wait_for_is_withdrawn_only_once_they_are_taken_back(site: Site) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", signatures.ask_signature, task, GU, before=False, reason="look")
    by(site, "fang.lan", user_tasks.complete, task, ASSESSED)

    assert refused(site, "fang.lan", withdraw_errand, errand, reason="in a hurry") == "awaits-signature"
    by(site, "fang.lan", returns.take_back, task, reason="in a hurry")
    by(site, "fang.lan", withdraw_errand, errand, reason="in a hurry")
    by(site, "fang.lan", user_tasks.complete, task, ASSESSED)

    assert open_steps(site, case_id) == ["fix", "reply"]


def test_nothing_is_submitted_that_a_whole_group_may_not_sign(site: Site) -> None:
    with_rules(site, JOINT)
    _, task = to_assess(site)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        context.connection.execute(sa.update(people).where(people.c.login == "wei.min").values(active=False))

    assert refused(site, "fang.lan", user_tasks.complete, task, ASSESSED) == "nobody-may-sign"
    assert row_of(site, task).held_at is None


def test_a_repeated_submission_says_again_that_it_waits_for_signatures(site: Site) -> None:
    with_rules(site, JOINT)
    _, task = to_assess(site)
    key = RequestKey("twice")

    first = by(site, "fang.lan", user_tasks.complete, task, ASSESSED, idempotency_key=key)
    again = by(site, "fang.lan", user_tasks.complete, task, ASSESSED, idempotency_key=key)

    assert (first.held, again) == (True, first)


JOINT = '[steps.assess.signatures]\ngroups = ["kitchen", "front"]\n'


def a_jointly_signed(site: Site, rules: str) -> tuple[int, int, list[int]]:
    """A submission by fang.lan, and the ids of the errands to sign it."""
    with_rules(site, rules)
    case_id, task = to_assess(site)
    by(site, "fang.lan", user_tasks.complete, task, ASSESSED)
    with site.database.reading(CAFE) as connection:
        found = connection.execute(sa.select(errands.c.id).where(errands.c.task_id == task).order_by(errands.c.id))
        return case_id, task, list(found.scalars())


def test_one_of_each_group_signs_and_nobody_signs_twice_or_their_own(site: Site) -> None:
    case_id, _, (kitchen, front) = a_jointly_signed(site, JOINT)
    assert refused(site, "fang.lan", signatures.sign, front, agreed=True) == "own-request"

    by(site, "wei.min", signatures.sign, kitchen, agreed=True)
    assert (open_steps(site, case_id), refused(site, "wei.min", signatures.sign, front, agreed=True)) == (
        ["assess"],
        "signed-already",
    )
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        add_person(context, login="hu.jie", name={"en": "Hu"}, groups=("front",), password=PASSWORD)
    by(site, "hu.jie", signatures.sign, front, agreed=True)

    assert open_steps(site, case_id) == ["fix", "reply"]


def test_any_signature_is_enough_where_the_procedure_says_so(site: Site) -> None:
    case_id, _, (kitchen, front) = a_jointly_signed(site, JOINT + 'need = "any"\n')

    by(site, "gu.qiang", signatures.sign, kitchen, agreed=False, opinion="no")
    assert open_steps(site, case_id) == ["assess"]
    by(site, "wei.min", signatures.sign, front, agreed=True)

    assert open_steps(site, case_id) == ["fix", "reply"]


def test_every_member_signs_and_a_share_is_enough(site: Site) -> None:
    case_id, _, each = a_jointly_signed(site, JOINT + "members = true\nneed = 0.5\n")
    assert len(each) == 2

    by(site, "gu.qiang", signatures.sign, each[0], agreed=True)

    assert open_steps(site, case_id) == ["fix", "reply"]
    assert errand_row(site, each[1]).status == "settled"


def test_a_joint_signature_that_cannot_come_about_gives_the_answers_back(site: Site) -> None:
    case_id, task, (kitchen, front) = a_jointly_signed(site, JOINT)

    by(site, "gu.qiang", signatures.sign, kitchen, agreed=False, opinion="who says so?")

    assert (row_of(site, task).held_at, errand_row(site, front).status) == (None, "settled")
    by(site, "fang.lan", user_tasks.complete, task, ASSESSED)
    assert (row_of(site, task).held_at is None, open_steps(site, case_id)) == (False, ["assess"])


def test_what_waits_for_signatures_is_taken_back_by_its_owner(site: Site) -> None:
    _, task, (kitchen, _) = a_jointly_signed(site, JOINT)
    assert refused(site, "wei.min", returns.take_back, task, reason="x") == "not-yours"

    assert by(site, "fang.lan", returns.take_back, task, reason="forgot a photo") is None

    assert (row_of(site, task).held_at, errand_row(site, kitchen).status) == (None, "settled")


# what waits for an answer


def test_what_somebody_was_asked_about_a_task_is_answered_before_it_is_handed_over(site: Site) -> None:
    _, task = to_assess(site)
    errand = by(site, "fang.lan", delegations.delegate, task, GU, reason="you were there")
    assert refused(site, "fang.lan", hand_overs.hand_over, task, WEI, reason="leave") == "delegated"

    by(site, "fang.lan", withdraw_errand, errand, reason="never mind")
    by(site, "fang.lan", signatures.ask_signature, task, GU, before=True, reason="agree?")

    assert refused(site, "fang.lan", hand_overs.hand_over, task, WEI, reason="leave") == "awaits-signature"


@pytest.mark.parametrize(
    "work",
    [
        lambda context, task: signatures.ask_signature(context, task, GU, before=True, reason="agree?"),
        lambda context, task: notices.snooze(context, task, context.now + timedelta(days=1), reason="tomorrow"),
    ],
    ids=["ask_signature", "snooze"],
)
def test_who_asks_or_snoozes_has_accepted_what_was_handed_over(site: Site, work: Callable[..., Any]) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", hand_overs.hand_over, task, WEI, reason="leave")

    by(site, "wei.min", work, task)

    assert (errand_row(site, errand).status, case_row(site, case_id).hand_overs) == ("done", 1)


# return, take back


def test_a_task_is_returned_to_an_earlier_step_with_its_answers_and_ends_what_began_behind_it(site: Site) -> None:
    case_id, _ = to_assess(site)
    do(site, case_id, "assess")
    fix = task_id(site, case_id, "fix")

    opened = by(site, "gu.qiang", returns.return_task, fix, "assess", reason="which machine?")

    assert open_steps(site, case_id) == ["assess"]
    row = row_of(site, opened.id)
    assert (row.assignee_id, row.draft) == (id_of(site, "fang.lan"), ASSESSED)
    assert asked(site, "fang.lan") == [("return", "which machine?")]
    do(site, case_id, "assess", remark="the new one")
    assert open_steps(site, case_id) == ["fix", "reply"]
    assert asked(site, "fang.lan") == []
    assert_history_verifies(site)


def test_a_task_is_returned_only_to_what_was_done(site: Site) -> None:
    case_id, _ = to_assess(site)
    do(site, case_id, "assess")
    fix = task_id(site, case_id, "fix")

    assert wrong(site, "gu.qiang", returns.return_task, fix, "confirm", reason="x") == [("step", "option")]
    assert wrong(site, "gu.qiang", returns.return_task, fix, "assess", reason="") == [("reason", "required")]
    assert refused(site, "fang.lan", returns.return_task, fix, "assess", reason="x") == "not-in-group"


def test_ones_own_submission_is_taken_back_while_nobody_has_begun(site: Site) -> None:
    case_id, task = to_assess(site)
    do(site, case_id, "assess")
    assert refused(site, "wei.min", returns.take_back, task, reason="x") == "not-yours"

    opened = by(site, "fang.lan", returns.take_back, task, reason="wrong customer")

    assert (open_steps(site, case_id), opened and row_of(site, opened.id).draft) == (["assess"], ASSESSED)
    assert actions(site, case_id)[-1][2] == "take_back_task"


def test_nothing_is_taken_back_once_the_next_has_begun(site: Site) -> None:
    case_id, task = to_assess(site)
    do(site, case_id, "assess")
    by(site, "gu.qiang", user_tasks.claim, task_id(site, case_id, "fix"))

    assert refused(site, "fang.lan", returns.take_back, task, reason="x") == "gone-on"


# urge, copy, snooze


def test_an_urging_lands_with_the_one_who_has_the_task_and_not_too_often(site: Site, clock: StandingClock) -> None:
    case_id, task = to_assess(site)
    by(site, "fang.lan", user_tasks.claim, task)
    errand = by(site, "gu.qiang", notices.urge, task, reason="customer is waiting")
    assert asked(site, "fang.lan") == [("urge", "customer is waiting")]
    clock.move(hours=3)

    with pytest.raises(notices.UrgedRecently):
        by(site, "wei.min", notices.urge, task, reason="and again")
    clock.move(hours=2)  # lunch does not count
    by(site, "wei.min", notices.urge, task, reason="and again")

    by(site, "fang.lan", notices.note_errand, errand)
    assert asked(site, "fang.lan") == [("urge", "and again")]
    assert refused(site, "fang.lan", notices.urge, task, reason="myself") == "your-own-task"
    assert [action for _, _, action in actions(site, case_id)][-3:] == ["urge_task", "urge_task", "note_errand"]


def test_a_copy_says_when_it_was_read(site: Site) -> None:
    case_id, task = to_assess(site)

    by(site, "fang.lan", notices.copy_to, task, [GU, WEI], reason="for information")

    with site.database.reading(CAFE) as connection:
        (copy,) = copies(connection, site.deployments, actor_of(site, "gu.qiang"))
    assert (copy.status, copy.reason, asked(site, "gu.qiang")) == ("open", "for information", [])
    by(site, "gu.qiang", notices.note_errand, copy.id)
    assert errand_row(site, copy.id).status == "done"
    assert actions(site, case_id)[-1] == ("gu.qiang", "", "read_copy")
    do(site, case_id, "assess")
    assert errand_row(site, copy.id + 1).status == "open"


def test_a_snoozed_task_is_out_of_sight_until_then_and_never_when_it_is_overdue(
    site: Site, clock: StandingClock
) -> None:
    _, task = to_assess(site)
    by(site, "fang.lan", user_tasks.claim, task)
    assert wrong(site, "fang.lan", notices.snooze, task, clock(), reason="x") == [("until", "in_the_future")]

    by(site, "fang.lan", notices.snooze, task, clock() + timedelta(days=30), reason="calls back on Friday")

    def mine() -> list[int]:
        with site.database.reading(CAFE) as connection:
            page = inbox(connection, site.deployments, actor_of(site, "fang.lan"), view=View.MINE, now=clock())
            return [row.id for row in page.rows]

    assert mine() == []
    clock.move(days=3)
    assert mine() == [task]


# what is about somebody


def test_whom_the_case_is_about_finds_nothing_of_it_in_any_list(site: Site, clock: StandingClock) -> None:
    with_rules(site, '[work]\nrespondent = ["remark"]\n')
    case_id, task = to_assess(site)
    by(site, "fang.lan", notices.copy_to, task, [WEI], reason="for your information")
    by(site, "wei.min", user_tasks.complete, task, {**ASSESSED, "remark": "wei.min"})
    other, _ = to_assess(site)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        theirs = {"started_by": "wei.min"}
        context.connection.execute(sa.update(cases).where(cases.c.id.in_([case_id, other])).values(theirs))
    wei = actor_of(site, "wei.min")

    with site.database.reading(CAFE) as connection:
        done = inbox(connection, site.deployments, wei, view=View.DONE, now=clock())
        started = inbox(connection, site.deployments, wei, view=View.STARTED, now=clock())
        served = open_tasks(connection, site.deployments, wei)

        assert [row.case_id for row in done.rows] == []
        assert {row.case_id for row in started.rows} == {other}
        assert {row.case_id for row in served.rows} == {other}
        assert unread_copies(connection, wei) == len(copies(connection, site.deployments, wei)) == 0


def test_what_is_open_about_a_task_is_shown_however_much_was_asked_since(site: Site) -> None:
    case_id, task = to_assess(site)
    errand = by(site, "fang.lan", delegations.delegate, task, GU, reason="you were there")
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        read = {"company_id": CAFE, "case_id": case_id, "task_id": task, "kind": "copy", "status": "done"}
        read |= {"group_id": "", "reason": "", "was_group": "", "asked_at": context.now}
        context.connection.execute(sa.insert(errands), [read] * 150)

    with site.database.reading(CAFE) as connection:
        found = errands_of_task(connection, site.deployments, actor_of(site, "fang.lan"), task)

    assert (found[0].id, len(found), found[-1].id) == (errand, 100, errand + 150)


# the procedure's choice


def test_the_procedure_says_which_verbs_a_step_allows(site: Site) -> None:
    with_rules(site, '[work]\nverbs = ["return"]\n[steps.assess]\nverbs = ["hand_over"]\n')
    _, task = to_assess(site)

    assert refused(site, "fang.lan", delegations.delegate, task, GU, reason="x") == "not-allowed-here"
    by(site, "fang.lan", hand_overs.hand_over, task, GU, reason="x")


def test_commands_need_a_reason(site: Site) -> None:
    _, task = to_assess(site)
    commands: list[Callable[[Context], Any]] = [
        lambda c: hand_overs.hand_over(c, task, WEI, reason=""),
        lambda c: delegations.delegate(c, task, WEI, reason=" "),
        lambda c: signatures.ask_signature(c, task, WEI, before=True, reason=""),
        lambda c: returns.take_back(c, task, reason=""),
        lambda c: notices.urge(c, task, reason=""),
        lambda c: notices.copy_to(c, task, [WEI], reason=""),
    ]

    for command in commands:
        assert wrong(site, "fang.lan", command) == [("reason", "required")]
