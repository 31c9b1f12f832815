"""Signing 加签, 会签: somebody says yes or no before a task is completed, or to its answers before the case goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.errands import (
    Addressee,
    ErrandKind,
    ErrandStatus,
    LockedErrand,
    add_errand,
    barred_for,
    end_errand,
    hold_task,
    lock_errand,
    own_id,
    require_addressee,
    settle_joint_signatures,
)
from engine.commands.hand_overs import accept_by_acting
from engine.commands.reasons import require_reason
from engine.commands.steps import OpenedTask, record
from engine.commands.user_tasks import finish_held
from engine.complaints import agreement
from engine.errors import NotPermitted
from engine.procedures.package import Verb
from engine.tables import errands, user_tasks

_COUNTER: Final = str(ErrandKind.COUNTERSIGNATURE)
_SAYS: Final = {str(ErrandStatus.OPEN): None, str(ErrandStatus.DONE): True, str(ErrandStatus.REFUSED): False}
_SAID: Final = (str(ErrandStatus.DONE), str(ErrandStatus.REFUSED))


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature led to."""

    case_number: str
    goes_on: bool = False  #: it was the last one needed
    opened: tuple[OpenedTask, ...] = ()


def ask_signature(context: Context, task_id: int, to: Addressee, *, before: bool, reason: str) -> int:
    """Ask for a signature *before* the task is completed, else to its answers before the case goes on; the errand's id.

    Raises NotFound, AlreadyDone, NotPermitted, AnswersInvalid.
    """
    held = hold_task(context, task_id, Verb.SIGN, reason=reason)
    require_addressee(context, held.deployment, to, barred=barred_for(context, held))
    if held.task.held_at is not None:
        raise NotPermitted(Verb.SIGN.value, "awaits-signature")
    owner = own_id(context.actor, held.capacity)
    accepted = accept_by_acting(context, held.case, task_id, owner)
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task_id).values(assignee_id=owner))
    kind = ErrandKind.SIGNATURE if before else ErrandKind.COUNTERSIGNATURE
    errand_id = add_errand(context, held.case, kind, to, task=held.task, from_id=owner, reason=reason)
    body = {"to": to.words, "before": before, "reason": reason.strip(), "errand": errand_id, **accepted}
    entry = context.entry(CaseAction.ASK_SIGNATURE, held.task.key, body, on_behalf_of=held.capacity.behalf)
    record(context, held.case, entry)
    return errand_id


def sign(context: Context, errand_id: int, *, agreed: bool, opinion: str = "") -> Signed:
    """Sign, or refuse with a reason. The last countersignature that is needed lets the case go on.

    Who submitted the answers does not sign them, and nobody signs twice. Raises NotFound, AlreadyDone, NotPermitted,
    AnswersInvalid, and what completing the task may raise.
    """
    if not agreed:
        require_reason(opinion, "opinion")
    action = CaseAction.SIGN_TASK if agreed else CaseAction.REFUSE_SIGNATURE
    errand = lock_errand(context, errand_id, action.value)
    if errand.task is None or errand.kind not in {ErrandKind.SIGNATURE, ErrandKind.COUNTERSIGNATURE}:
        raise NotPermitted(action.value, "not-asked")
    _require_may_sign(context, errand, action)
    end_errand(context, errand, ErrandStatus.DONE if agreed else ErrandStatus.REFUSED, answer=opinion)
    body = {"errand": errand_id, "reason": opinion.strip()}
    entry = context.entry(action, errand.task.key, body, on_behalf_of=errand.capacity.behalf)
    decided = _decided(context, errand) if errand.kind is ErrandKind.COUNTERSIGNATURE else None
    if decided:
        return Signed(
            errand.case.number, True, finish_held(context, errand.case, errand.task, errand.deployment, entry)
        )
    if decided is False:
        _back_to_owner(context, errand)
    record(context, errand.case, entry)
    return Signed(errand.case.number)


def _require_may_sign(context: Context, errand: LockedErrand, action: CaseAction) -> None:
    assert errand.task is not None
    signer = {context.actor.person_id, errand.capacity.behalf_id} - {None}
    if signer & {errand.from_id, errand.task.held_by_id, errand.task.assignee_id}:
        raise NotPermitted(action.value, "own-request")
    if errand.kind is ErrandKind.COUNTERSIGNATURE:
        if errand.task.held_at is None:
            raise NotPermitted(action.value, "not-submitted")
        t = errands.c
        earlier = sa.select(t.ended_by_id, t.ended_for_id).where(
            t.task_id == errand.task.id, t.kind == _COUNTER, t.status.in_(_SAID)
        )
        hands = {person for row in context.connection.execute(earlier) for person in row if person is not None}
        if hands & signer:
            raise NotPermitted(action.value, "signed-already")


def _decided(context: Context, errand: LockedErrand) -> bool | None:
    """Whether the answers are signed; None while more signatures are awaited."""
    assert errand.task is not None
    t = errands.c
    rows = context.connection.execute(
        sa.select(t.from_id, t.status).where(
            t.task_id == errand.task.id,
            t.kind == _COUNTER,
            t.status.in_([str(ErrandStatus.OPEN), *_SAID]),
        )
    ).all()
    rule = errand.deployment.package.steps.get(errand.task.element)
    share = rule.signatures.share if rule and rule.signatures else 1
    of_procedure = agreement([_SAYS[row.status] for row in rows if row.from_id is None], share)
    asked = agreement([_SAYS[row.status] for row in rows if row.from_id is not None], 1)
    if of_procedure is False or asked is False:
        return False
    return True if of_procedure and asked else None


def _back_to_owner(context: Context, errand: LockedErrand) -> None:
    """Somebody did not sign: the owner changes the answers and submits them once more."""
    assert errand.task is not None
    values = {"held_at": None, "held_by_id": None}
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == errand.task.id).values(values))
    settle_joint_signatures(context, errand.task.id)
