"""What people do with their tasks: claim, release, save a draft, complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.answers import checked
from engine.commands.attachments import attach_to_case, file_ids, said_of_files
from engine.commands.context import Context
from engine.commands.errands import (
    Addressee,
    ErrandKind,
    Held,
    add_errand,
    ask_again,
    members_of,
    own_id,
    require_not_waiting,
    settle_errands,
    wants_signatures,
)
from engine.commands.errors import ProcedureFailed
from engine.commands.hand_overs import accept_by_acting
from engine.commands.idempotency import NO_KEY, RequestKey, answered, remember
from engine.commands.locking import LockedCase, LockedTask, lock_task
from engine.commands.people import login_of
from engine.commands.rights import barred_from, require_may_act, require_open
from engine.commands.steps import OpenedTask, apply_step, open_incident, opened_from_json, opened_to_json, record
from engine.complaints import Capacity
from engine.deployments import Deployment
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotPermitted
from engine.forms import looks_back
from engine.forms.model import answered as answered_fields
from engine.history import Entry
from engine.interpreter import CompleteUserTask, Step, TaskKey, task_data
from engine.prepared import Prepared
from engine.tables import user_tasks
from engine.text import enumerated, in_language


@dataclass(frozen=True, slots=True)
class Completed:
    """What completing a task led to."""

    case_id: int
    case_number: str
    case_status: str
    opened: tuple[OpenedTask, ...]
    fault: str = ""  #: message of the procedure's fault: the answers are kept as a draft, the case did not move
    held: bool = False  #: the answers wait for signatures before the case goes on


def claim(context: Context, task_id: int) -> None:
    """Make the actor the one who works on the task. Claiming one's own task again changes nothing.

    A task of an absent colleague becomes the actor's. Raises NotFound, NotPermitted, or AlreadyDone when the task has
    ended or somebody else has it.
    """
    task, case, _ = lock_task(context, task_id)
    require_open(context, task)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    if task.assignee_id is not None and task.assignee_id == context.actor.person_id:
        return
    away = {absent.id for absent in context.actor.stands_in_for}
    free = replace(task, assignee_id=None) if task.assignee_id not in away else task
    capacity = require_may_act(context, case, free, deployment, "claim")
    if task.assignee_id is not None and task.assignee_id not in away:
        raise AlreadyDone("task", login_of(context, task.assignee_id), None)
    _take(context, case, task, capacity)


def release(context: Context, task_id: int) -> None:
    """Give a claimed task back to its group, draft included. Raises NotFound, NotPermitted, AlreadyDone."""
    task, case, _ = lock_task(context, task_id)
    require_open(context, task)
    if task.assignee_id is None or task.assignee_id != context.actor.person_id:
        raise NotPermitted("release", "not-claimed-by-you")
    require_not_waiting(context, task, "release")
    _assign(context, task, None)
    record(context, case, context.entry(CaseAction.RELEASE_TASK, task.key))


def save_draft(context: Context, task_id: int, raw: Mapping[str, Any]) -> None:
    """Keep unfinished answers with the task, unchecked, and make the actor the one who works on it.

    Drafts are no history: nothing was decided yet. Raises NotFound, NotPermitted, AlreadyDone.
    """
    task, case, _ = lock_task(context, task_id)
    require_open(context, task)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    capacity = require_may_act(context, case, task, deployment, "save_draft")
    if task.held_at is not None:
        raise NotPermitted("save_draft", "awaits-signature")
    if task.assignee_id is None:
        _take(context, case, task, capacity)
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task.id).values(draft=dict(raw)))


def complete(
    context: Context, task_id: int, raw: Mapping[str, Any], *, idempotency_key: RequestKey = NO_KEY
) -> Completed:
    """Submit the task's form and let the case go on, or let the answers wait for the signatures they need.

    *raw* holds the answers as `engine.forms.validate` takes them. The same *idempotency_key* gives the same answer
    without doing anything again. Raises NotFound, NotPermitted, AlreadyDone with who and when, AnswersInvalid with
    every wrong field, LostRace.
    """
    task, case, stored = lock_task(context, task_id, idempotency_key=idempotency_key.text)
    if (before := answered(idempotency_key, stored)) is not None:
        return completed_from_json(before)
    require_open(context, task)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    capacity = require_may_act(context, case, task, deployment, "complete")
    require_not_waiting(context, task, "complete")
    request, files = answers_of(context, case, task, deployment, raw)
    person_id = own_id(context.actor, capacity)
    body: dict[str, Any] = accept_by_acting(context, case, task.id, person_id) if task.has_errands else {}
    if _must_be_signed(context, task, deployment):
        result = _hold(context, Held(case, task, deployment, capacity), raw, files)
    else:
        step = context.step(deployment, case.state, request, context.calendars(case.calendar))
        if step.fault:
            return keep_as_draft(context, case, task, raw, step)
        end_task(context, task, context.actor.person_id, capacity.behalf_id)
        attach_to_case(context, case.id, files)
        body |= said_of_files(context, files)
        entry = context.entry(CaseAction.COMPLETE_TASK, task.key, body, on_behalf_of=capacity.behalf)
        opened = apply_step(context, case, deployment, request=request, step=step, entry=entry)
        result = Completed(case.id, case.number, str(step.status), opened)
    if idempotency_key:
        remember(context, idempotency_key, completed_to_json(result))
    return result


def finish_held(
    context: Context, case: LockedCase, task: LockedTask, deployment: Deployment, entry: Entry
) -> tuple[OpenedTask, ...]:
    """Complete a task with the answers that waited for signatures; the tasks that opened.

    The last signature is the event; the step is done by whoever submitted the answers. Raises ProcedureFailed, and
    AnswersInvalid when the answers do not suit the case any more.
    """
    t = user_tasks.c
    raw = context.connection.execute(sa.select(t.draft).where(t.id == task.id)).scalar_one() or {}
    request, _ = answers_of(context, case, task, deployment, raw)
    step = context.step(deployment, case.state, request, context.calendars(case.calendar))
    if step.fault:
        raise ProcedureFailed(step.fault)
    represented = context.connection.execute(sa.select(t.ended_for_id).where(t.id == task.id)).scalar()
    end_task(context, task, task.held_by_id, represented)
    return apply_step(context, case, deployment, request=request, step=step, entry=entry)


def answers_of(
    context: Context, case: LockedCase, task: LockedTask, deployment: Deployment, raw: Mapping[str, Any]
) -> tuple[CompleteUserTask, tuple[str, ...]]:
    """What completing the task with *raw* asks of the interpreter, and the files that are named."""
    form = deployment.package.forms[task.form] if task.form else None
    key = TaskKey(task.key)
    if form is None:
        _require_parts(case, task, deployment, {})
        return CompleteUserTask(key, {}), ()
    given = seen_by(context, deployment, case, key) if looks_back(form) else {}
    data = checked(context, deployment, form, raw, case=case, given=given)
    _require_parts(case, task, deployment, data)
    return CompleteUserTask(key, data), file_ids(form, data)


def _require_parts(case: LockedCase, task: LockedTask, deployment: Deployment, data: Mapping[str, Any]) -> None:
    """Raises AnswersInvalid with the names of what the step needs and nobody has said."""
    package = deployment.package
    rule = package.steps.get(task.element)
    said = {**case.data, **data}
    missing = [name for name in (rule.needs if rule else ()) if said.get(name) in (None, "", [], False)]
    if not missing:
        return
    fields = {path: field for form in package.forms.values() for path, field in answered_fields(form)}
    names = [in_language(fields[name].label, package.company.language) if name in fields else name for name in missing]
    form = package.forms.get(task.form)
    own = [path for path, _ in answered_fields(form)] if form else []
    place = next((name for name in missing if name in own), own[0] if own else "")
    raise AnswersInvalid([FieldError(place, "parts_missing", {"n": enumerated(names, package.company.language)})])


def seen_by(context: Context, deployment: Deployment, case: LockedCase, key: TaskKey) -> Mapping[str, Any]:
    calendars = context.calendars(case.calendar)
    return task_data(deployment.definition, case.state, key, now=context.now, calendars=calendars)


def _must_be_signed(context: Context, task: LockedTask, deployment: Deployment) -> bool:
    """Whether the procedure, or whoever works on the task, wants its answers signed before the case goes on."""
    rule = deployment.package.steps.get(task.element)
    return bool(rule and rule.signatures) or (task.has_errands and wants_signatures(context, task))


def _hold(context: Context, held: Held, raw: Mapping[str, Any], files: Sequence[str]) -> Completed:
    """Let the answers wait until they are signed."""
    case, task = held.case, held.task
    owner = own_id(context.actor, held.capacity)
    ask_again(context, case, task)
    asked = _ask_jointly(context, held, owner)
    attach_to_case(context, case.id, files)
    values = {
        "draft": dict(raw),
        "assignee_id": owner,
        "held_at": context.now,
        "held_by_id": context.actor.person_id,
        "ended_for_id": held.capacity.behalf_id,
    }
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task.id).values(values))
    body = {"answers": dict(raw), "signatures": asked, **said_of_files(context, files)}
    entry = context.entry(CaseAction.SUBMIT_FOR_SIGNATURE, task.key, body, on_behalf_of=held.capacity.behalf)
    record(context, case, replace(entry, personal=entry.personal | held.deployment.personal_names))
    return Completed(case.id, case.number, case.status, (), held=True)


def _ask_jointly(context: Context, held: Held, owner: int) -> list[str]:
    """Ask whom the procedure wants to sign; as whom the history names them.

    Raises NotPermitted where nobody may, in any of the groups if each signs as one.
    """
    case, task, deployment = held.case, held.task, held.deployment
    rule = deployment.package.steps.get(task.element)
    if rule is None or rule.signatures is None:
        return []
    out = {owner, context.actor.person_id, *barred_from(context, case, task.element, deployment)}
    groups = rule.signatures.groups

    def fit(*of: str) -> list[str]:
        return [login for id_, login in members_of(context, of) if id_ not in out]

    by_member = rule.signatures.members
    if not (fit(*groups) if by_member else all(fit(group) for group in groups)):
        raise NotPermitted("complete", "nobody-may-sign")
    asked = [Addressee(login=each) for each in fit(*groups)] if by_member else [Addressee(group=g) for g in groups]
    for each in asked:
        add_errand(context, case, ErrandKind.COUNTERSIGNATURE, each, task=task, from_id=None, reason="")
    return [each.words for each in asked]


def _take(context: Context, case: LockedCase, task: LockedTask, capacity: Capacity) -> None:
    """Make the actor the one who works on the task, and write it down."""
    assert context.actor.person_id is not None
    body = accept_by_acting(context, case, task.id, context.actor.person_id) if task.has_errands else {}
    _assign(context, task, context.actor.person_id)
    record(context, case, context.entry(CaseAction.CLAIM_TASK, task.key, body, on_behalf_of=capacity.behalf))


def _assign(context: Context, task: LockedTask, person_id: int | None) -> None:
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task.id).values(assignee_id=person_id))


def end_task(context: Context, task: LockedTask, person_id: int | None, represented: int | None) -> None:
    ended = {"task": task.id, "ended_at": context.now, "ended_by_id": person_id, "ended_for_id": represented}
    _END_TASK.execute(context.connection, ended)
    if task.has_errands:
        settle_errands(context, [task.id])


def keep_as_draft(
    context: Context, case: LockedCase, task: LockedTask, raw: Mapping[str, Any], step: Step
) -> Completed:
    """Open an incident and keep what was typed: nothing is lost because the procedure is wrong."""
    assert step.fault is not None
    open_incident(context, case, step.fault, action=CaseAction.COMPLETE_TASK, subject=task.key)
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task.id).values(draft=dict(raw)))
    return Completed(case.id, case.number, case.status, (), fault=step.fault.message)


def completed_to_json(result: Completed) -> Mapping[str, Any]:
    return {
        "case_id": result.case_id,
        "case_number": result.case_number,
        "case_status": result.case_status,
        "opened": opened_to_json(result.opened),
        "held": result.held,
    }


def completed_from_json(answer: Mapping[str, Any]) -> Completed:
    return Completed(
        case_id=answer["case_id"],
        case_number=answer["case_number"],
        case_status=answer["case_status"],
        opened=opened_from_json(answer["opened"]),
        held=answer.get("held", False),  # stored before there was such a thing
    )


_END_TASK: Final = Prepared(
    sa.update(user_tasks)
    .where(user_tasks.c.id == sa.bindparam("task"))
    .values(
        status="completed",
        draft=None,
        held_at=None,
        ended_at=sa.bindparam("ended_at"),
        ended_by_id=sa.bindparam("ended_by_id"),
        ended_for_id=sa.bindparam("ended_for_id"),
    )
)
