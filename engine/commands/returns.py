"""Going back without a flow in the diagram: to an earlier step 退回, or one's own submission taken back 撤回."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.errands import (
    Addressee,
    ErrandKind,
    add_errand,
    hold_task,
    own_id,
    settle_joint_signatures,
)
from engine.commands.errors import ProcedureFailed
from engine.commands.locking import LockedCase, LockedTask, lock_task
from engine.commands.people import login_of
from engine.commands.reasons import require_reason
from engine.commands.rights import barred_from, require_verb
from engine.commands.steps import OpenedTask, apply_step, record
from engine.complaints import capacity_to_act
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.forms import FilesField
from engine.history import Entry, Stream, read_latest_events
from engine.interpreter import CaseStatus, MoveToken, TaskKey, destinations, ends_others
from engine.procedures.package import Verb
from engine.tables import memberships, people, user_tasks

#: What may stand in the history behind a submission that can still be taken back: somebody looked.
_LOOKS: Final = frozenset({CaseAction.READ_CASE.value})
#: The events by which a step was submitted.
_SUBMITTED: Final = frozenset({CaseAction.COMPLETE_TASK.value, CaseAction.SIGN_TASK.value})


def earlier_steps(connection: sa.Connection, deployment: Deployment, case_id: int, element: str) -> tuple[str, ...]:
    """The steps that were done in the case and to which a task of *element* can be returned, the last one first."""
    t = user_tasks.c
    done = connection.execute(
        sa.select(t.element, sa.func.max(t.id).label("last"))
        .where(t.case_id == case_id, t.status == "completed", t.element != element)
        .group_by(t.element)
        .order_by(sa.desc("last"))
    )
    reachable = set(destinations(deployment.definition, element))
    return tuple(row.element for row in done if row.element in reachable)


def return_task(context: Context, task_id: int, to: str, *, reason: str) -> OpenedTask:
    """Take the case back to the earlier step *to*, to whoever did it, with their answers to change; the task opened.

    What began behind that step ends. Raises NotFound, AlreadyDone, NotPermitted, AnswersInvalid for a step that was
    not done or cannot be reached, CaseSuspended, ProcedureFailed.
    """
    held = hold_task(context, task_id, Verb.RETURN, reason=reason)
    case, task, deployment = held.case, held.task, held.deployment
    if to not in earlier_steps(context.connection, deployment, case.id, task.element):
        raise AnswersInvalid([FieldError("step", "option" if to else "required")])
    body = {"to": to, "reason": reason.strip()}
    entry = context.entry(CaseAction.RETURN_TASK, task.key, body, on_behalf_of=held.capacity.behalf)
    sender = own_id(context.actor, held.capacity)
    return _go_back(context, case, deployment, TaskKey(task.key), to, reason=reason, entry=entry, sender=sender)


def take_back(context: Context, task_id: int, *, reason: str) -> OpenedTask | None:
    """Take one's own submission back: it may be changed and submitted once more; the task opened.

    Answers that wait for signatures are the owner's again (None). Raises NotFound, NotPermitted for somebody else's
    submission and where the case has gone on since, AnswersInvalid without a reason.
    """
    require_reason(reason)
    task, case, _ = lock_task(context, task_id)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    require_verb(deployment, task.element, Verb.TAKE_BACK)
    if task.held_at is not None and task.status == "open":
        _unhold(context, case, task, reason)
        return None
    capacity = capacity_to_act(context.actor, group="", assignee_id=task.ended_by_id)
    if task.status != "completed" or capacity.refusal:
        raise NotPermitted(CaseAction.TAKE_BACK_TASK.value, "not-yours")
    following = _following(context, case, task)
    if case.status != CaseStatus.OPEN or not following:
        raise NotPermitted(CaseAction.TAKE_BACK_TASK.value, "gone-on")
    body = {"reason": reason.strip()}
    entry = context.entry(CaseAction.TAKE_BACK_TASK, task.key, body, on_behalf_of=capacity.behalf)
    return _go_back(context, case, deployment, following, task.element, reason=reason, entry=entry, sender=None)


def _following(context: Context, case: LockedCase, task: LockedTask) -> TaskKey | None:
    """Key of a task that opened when *task* was submitted and nobody has begun; None where the case has gone on."""
    stream = Stream(case.company_id, case.id, case.number)
    latest = read_latest_events(context.connection, stream, 1, without=_LOOKS)
    if not latest or latest[0].action not in _SUBMITTED or latest[0].subject != task.key:
        return None
    t = user_tasks.c
    opened = context.connection.execute(
        sa.select(t.key)
        .where(t.case_id == case.id, t.status == "open", t.opened_at == task.ended_at, t.assignee_id.is_(None))
        .order_by(t.id)
    ).scalars()
    found = opened.first()
    return TaskKey(found) if found else None


def _go_back(
    context: Context,
    case: LockedCase,
    deployment: Deployment,
    key: TaskKey,
    to: str,
    *,
    reason: str,
    entry: Entry,
    sender: int | None,
) -> OpenedTask:
    """Move the token at *key* to the step *to* and give it to whoever did it last, with their answers."""
    calendars = context.calendars(case.calendar)
    alone = ends_others(deployment.definition, case.state, key, to, now=context.now, calendars=calendars)
    request = MoveToken(key, to, reason.strip(), alone=alone)
    step = context.step(deployment, case.state, request, calendars)
    if step.fault:
        raise ProcedureFailed(step.fault)
    opened = apply_step(context, case, deployment, request=request, step=step, entry=entry)
    again = next(each for each in opened if each.element == to)
    person_id = _last_hand(context, case, deployment, again)
    values = {"assignee_id": person_id, "draft": _earlier_answers(case, deployment, to)}
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == again.id).values(values))
    if sender is not None:
        addressee = Addressee(login=login_of(context, person_id) or "") if person_id else Addressee(group=again.group)
        task, locked, _ = lock_task(context, again.id)
        add_errand(context, locked, ErrandKind.RETURN, addressee, task=task, from_id=sender, reason=reason)
    return again


def _last_hand(context: Context, case: LockedCase, deployment: Deployment, again: OpenedTask) -> int | None:
    """Who did the step last, if that person is still here, of its group, and need not keep out."""
    t = user_tasks.c
    found: int | None = context.connection.execute(
        sa.select(sa.func.coalesce(t.ended_for_id, t.ended_by_id))
        .where(t.case_id == case.id, t.element == again.element, t.status == "completed")
        .order_by(t.id.desc())
    ).scalar()
    if found is None or found in barred_from(context, case, again.element, deployment):
        return None
    m = memberships.c
    here = sa.select(people.c.id).where(people.c.id == found, people.c.active)
    if again.group:
        here = here.join(memberships, (m.person_id == people.c.id) & (m.group_id == again.group))
    return found if context.connection.execute(here).first() else None


def _earlier_answers(case: LockedCase, deployment: Deployment, element: str) -> Mapping[str, Any] | None:
    """What the step's form said last, as its draft: personal values included, files by their ids."""
    form = deployment.package.forms.get(deployment.definition.elements[element].properties.get("form", ""))
    if form is None:
        return None
    found: dict[str, Any] = {field.id: case.data[field.id] for field in form.fields if field.id in case.data}
    for field in form.fields:
        if isinstance(field, FilesField) and field.id in found:
            found[field.id] = [each["id"] for each in found[field.id] or ()]
    return found


def _unhold(context: Context, case: LockedCase, task: LockedTask, reason: str) -> None:
    """The answers wait for signatures no longer."""
    capacity = capacity_to_act(context.actor, group="", assignee_id=task.assignee_id)
    if capacity.refusal:
        raise NotPermitted(CaseAction.TAKE_BACK_TASK.value, "not-yours")
    values = {"held_at": None, "held_by_id": None}
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task.id).values(values))
    settle_joint_signatures(context, task.id)
    body = {"reason": reason.strip()}
    record(context, case, context.entry(CaseAction.TAKE_BACK_TASK, task.key, body, on_behalf_of=capacity.behalf))
