"""Handing over 转办: a task, or what somebody answers for. Whoever handed it over answers until it is accepted."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.errands import (
    Addressee,
    ErrandKind,
    ErrandStatus,
    Held,
    LockedErrand,
    add_errand,
    barred_for,
    end_errand,
    give_back,
    hold_task,
    lock_errand,
    own_id,
    require_addressee,
    require_not_waiting,
)
from engine.commands.locking import LockedCase, lock_case, lock_task
from engine.commands.people import login_of
from engine.commands.reasons import require_reason
from engine.commands.rights import require_verb
from engine.commands.steps import record
from engine.complaints import Capacity, capacity_to_act
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.procedures.boards import board_of
from engine.procedures.package import Verb
from engine.tables import cases, errands, user_tasks

#: Why somebody may not work on a task that is not theirs, though nothing keeps them out of its case.
_OF_OTHERS: Final = frozenset({"claimed", "not-in-group"})


def hand_over(context: Context, task_id: int, to: Addressee, *, reason: str) -> int:
    """Give the task to somebody else, who finds it in their inbox at once; the errand's id.

    Whose board it stands on may do so for whoever has it, who hears of it and why. Raises NotFound, AlreadyDone,
    NotPermitted, AnswersInvalid with what is wrong about reason or addressee.
    """
    held = _held(context, task_id, reason=reason)
    before = held.task.assignee_id
    person_id = require_addressee(context, held.deployment, to, barred=barred_for(context, held))
    require_not_waiting(context, held.task, Verb.HAND_OVER.value)
    giver = own_id(context.actor, held.capacity)
    accepted = accept_by_acting(context, held.case, held.task.id, giver)
    give_back(context, task_id, group=to.group or held.task.group, person_id=person_id)
    errand_id = add_errand(
        context,
        held.case,
        ErrandKind.HAND_OVER,
        to,
        task=held.task,
        from_id=giver,
        reason=reason,
        was_group=held.task.group,
    )
    body = {"to": to.words, "reason": reason.strip(), "errand": errand_id, **accepted}
    if before not in {None, giver, person_id}:
        login = login_of(context, before) or ""
        add_errand(context, held.case, ErrandKind.COPY, Addressee(login), task=held.task, from_id=giver, reason=reason)
        body["was"] = login
    entry = context.entry(CaseAction.HAND_OVER, held.task.key, body, on_behalf_of=held.capacity.behalf)
    record(context, held.case, entry)
    return errand_id


def _held(context: Context, task_id: int, *, reason: str) -> Held:
    """The task, for whoever works on it or may move what stands on their board."""
    try:
        return hold_task(context, task_id, Verb.HAND_OVER, reason=reason)
    except NotPermitted as refused:
        if refused.reason not in _OF_OTHERS or context.actor.person_id is None:
            raise
        task, case, _ = lock_task(context, task_id)
        deployment = context.deployments.load(context.connection, case.deployment_id)
        company = context.deployments.company(context.connection, context.actor.company_id)
        if not board_of(company, context.actor).may_move(task.group):
            raise
        require_verb(deployment, task.element, Verb.HAND_OVER)
        return Held(case, task, deployment, Capacity())


def hand_over_case(context: Context, case_id: int, to: Addressee, *, reason: str) -> int:
    """Ask somebody to answer for the case from now on; the errand's id. Until they accept, nothing changes.

    Raises NotFound, NotPermitted unless the actor answers for it, AnswersInvalid.
    """
    require_reason(reason)
    case = lock_case(context, case_id)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    answerable = context.connection.execute(sa.select(cases.c.answerable_id).where(cases.c.id == case_id)).scalar()
    capacity = capacity_to_act(context.actor, group="", assignee_id=answerable)
    if answerable is None or (capacity.refusal and not context.actor.administrator):
        raise NotPermitted(CaseAction.HAND_OVER.value, "not-answerable")
    if require_addressee(context, deployment, to) is None:
        raise AnswersInvalid([FieldError("to", "option")])
    errand_id = add_errand(context, case, ErrandKind.HAND_OVER, to, task=None, from_id=answerable, reason=reason)
    body = {"to": to.words, "reason": reason.strip(), "errand": errand_id}
    record(context, case, context.entry(CaseAction.HAND_OVER, "", body, on_behalf_of=capacity.behalf))
    return errand_id


def accept_hand_over(context: Context, errand_id: int) -> str:
    """Take it on, and answer for it from now on; the case's number. Raises NotFound, AlreadyDone, NotPermitted."""
    errand = _handed(context, errand_id, CaseAction.ACCEPT_HAND_OVER)
    taker = own_id(context.actor, errand.capacity)
    end_errand(context, errand, ErrandStatus.DONE)
    if errand.task and errand.person_id is None:
        values = {"assignee_id": taker}
        context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == errand.task.id).values(values))
    _pass_on(context, errand.case, errand.from_id, taker)
    subject = errand.task.key if errand.task else ""
    body = {"errand": errand_id}
    record(
        context,
        errand.case,
        context.entry(CaseAction.ACCEPT_HAND_OVER, subject, body, on_behalf_of=errand.capacity.behalf),
    )
    return errand.case.number


def decline_hand_over(context: Context, errand_id: int, *, reason: str) -> str:
    """Give it back to whoever handed it over; the case's number.

    Raises NotFound, AlreadyDone, NotPermitted, AnswersInvalid without a reason.
    """
    require_reason(reason)
    errand = _handed(context, errand_id, CaseAction.DECLINE_HAND_OVER)
    end_errand(context, errand, ErrandStatus.REFUSED, answer=reason)
    if errand.task:
        give_back(context, errand.task.id, group=errand.was_group, person_id=errand.from_id)
    subject = errand.task.key if errand.task else ""
    body = {"errand": errand_id, "reason": reason.strip()}
    record(
        context,
        errand.case,
        context.entry(CaseAction.DECLINE_HAND_OVER, subject, body, on_behalf_of=errand.capacity.behalf),
    )
    return errand.case.number


def accept_by_acting(context: Context, case: LockedCase, task_id: int, person_id: int) -> dict[str, int]:
    """Who works on a task that was handed over has taken it on: ``{"accepted": errand id}`` for the event, or {}."""
    t = errands.c
    waiting = (t.task_id == task_id, t.kind == str(ErrandKind.HAND_OVER), t.status == str(ErrandStatus.OPEN))
    found = context.connection.execute(sa.select(t.id, t.from_id).where(*waiting).order_by(t.id.desc())).first()
    if found is None:
        return {}
    ended = {"status": str(ErrandStatus.DONE), "ended_at": context.now, "ended_by_id": context.actor.person_id}
    ended |= {"ended_for_id": person_id if person_id != context.actor.person_id else None}
    context.connection.execute(sa.update(errands).where(*waiting).values(ended))
    _pass_on(context, case, found.from_id, person_id)
    return {"accepted": found.id}


def _handed(context: Context, errand_id: int, action: CaseAction) -> LockedErrand:
    errand = lock_errand(context, errand_id, action.value)
    if errand.kind is not ErrandKind.HAND_OVER:
        raise NotPermitted(action.value, "not-asked")
    return errand


def _pass_on(context: Context, case: LockedCase, giver: int | None, taker: int) -> None:
    """Count an accepted hand-over. Who answered for the case and gave it away answers no longer."""
    c = cases.c
    answers = sa.case((c.answerable_id == giver, taker), else_=c.answerable_id)
    values = {"hand_overs": c.hand_overs + 1, "answerable_id": answers}
    context.connection.execute(sa.update(cases).where(c.id == case.id).values(values))
