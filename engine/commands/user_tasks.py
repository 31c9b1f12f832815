"""What people do with their tasks: claim, release, save a draft, complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.answers import checked
from engine.commands.attachments import attach_to_case, file_ids, said_of_files
from engine.commands.context import Context
from engine.commands.idempotency import NO_KEY, RequestKey, answered, remember
from engine.commands.locking import LockedCase, LockedTask, lock_task
from engine.commands.people import login_of
from engine.commands.steps import OpenedTask, apply_step, open_incident, opened_from_json, opened_to_json, record
from engine.complaints import refusal_to_act
from engine.deployments import Deployment
from engine.errors import AlreadyDone, NotPermitted
from engine.forms import looks_back
from engine.interpreter import CompleteUserTask, Step, TaskKey, task_data
from engine.prepared import Prepared
from engine.tables import user_tasks


@dataclass(frozen=True, slots=True)
class Completed:
    """What completing a task led to."""

    case_id: int
    case_number: str
    case_status: str
    opened: tuple[OpenedTask, ...]
    fault: str = ""  #: message of the procedure's fault: the answers are kept as a draft, the case did not move


def claim(context: Context, task_id: int) -> None:
    """Make the actor the one who works on the task. Claiming one's own task again changes nothing.

    Raises NotFound, NotPermitted, or AlreadyDone when the task has ended or somebody else has it.
    """
    task, case, _ = lock_task(context, task_id)
    _require_open(context, task)
    reason = refusal_to_act(context.actor, group=task.group, assignee_id=None)
    if reason:
        raise NotPermitted("claim", reason)
    if task.assignee_id == context.actor.person_id:
        return
    if task.assignee_id is not None:
        raise AlreadyDone("task", login_of(context, task.assignee_id), None)
    _assign(context, task, context.actor.person_id)
    record(context, case, context.entry(CaseAction.CLAIM_TASK, task.key))


def release(context: Context, task_id: int) -> None:
    """Give a claimed task back to its group, draft included. Raises NotFound, NotPermitted, AlreadyDone."""
    task, case, _ = lock_task(context, task_id)
    _require_open(context, task)
    if task.assignee_id is None or task.assignee_id != context.actor.person_id:
        raise NotPermitted("release", "not-claimed-by-you")
    _assign(context, task, None)
    record(context, case, context.entry(CaseAction.RELEASE_TASK, task.key))


def save_draft(context: Context, task_id: int, raw: Mapping[str, Any]) -> None:
    """Keep unfinished answers with the task, unchecked, and make the actor the one who works on it.

    Drafts are no history: nothing was decided yet. Raises NotFound, NotPermitted, AlreadyDone.
    """
    task, case, _ = lock_task(context, task_id)
    _require_open(context, task)
    _require_allowed(context, task, "save_draft")
    if task.assignee_id is None:
        _assign(context, task, context.actor.person_id)
        record(context, case, context.entry(CaseAction.CLAIM_TASK, task.key))
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task.id).values(draft=dict(raw)))


def complete(
    context: Context, task_id: int, raw: Mapping[str, Any], *, idempotency_key: RequestKey = NO_KEY
) -> Completed:
    """Submit the task's form and let the case go on.

    *raw* holds the answers as `engine.forms.validate` takes them. The same *idempotency_key* gives the same answer
    without doing anything again. Raises NotFound, NotPermitted, AlreadyDone with who and when, AnswersInvalid with
    every wrong field, LostRace.
    """
    task, case, stored = lock_task(context, task_id, idempotency_key=idempotency_key.text)
    if (before := answered(idempotency_key, stored)) is not None:
        return _completed_from_json(before)
    _require_open(context, task)
    _require_allowed(context, task, "complete")
    deployment = context.deployments.load(context.connection, case.deployment_id)
    form = deployment.package.forms[task.form] if task.form else None
    key = TaskKey(task.key)
    data: Mapping[str, Any] = {}
    if form:
        given = _seen(context, deployment, case, key) if looks_back(form) else {}
        data = checked(context, deployment, form, raw, case=case, given=given)
    request = CompleteUserTask(key, data)
    step = context.step(deployment, case.state, request, context.calendars(case.calendar))
    if step.fault:
        return _keep_as_draft(context, case, task, raw, step)
    _end_task(context, task)
    files = file_ids(form, data) if form else ()
    attach_to_case(context, case.id, files)
    entry = context.entry(CaseAction.COMPLETE_TASK, task.key, said_of_files(context, files))
    opened = apply_step(context, case, deployment, request=request, step=step, entry=entry)
    result = Completed(case.id, case.number, str(step.status), opened)
    if idempotency_key:
        remember(context, idempotency_key, _completed_to_json(result))
    return result


def _seen(context: Context, deployment: Deployment, case: LockedCase, key: TaskKey) -> Mapping[str, Any]:
    calendars = context.calendars(case.calendar)
    return task_data(deployment.definition, case.state, key, now=context.now, calendars=calendars)


def _require_open(context: Context, task: LockedTask) -> None:
    if task.status != "open":
        who = login_of(context, task.ended_by_id) if task.ended_by_id else None
        raise AlreadyDone("task", who, task.ended_at.isoformat() if task.ended_at else None)


def _require_allowed(context: Context, task: LockedTask, action: str) -> None:
    reason = refusal_to_act(context.actor, group=task.group, assignee_id=task.assignee_id)
    if reason:
        by = (login_of(context, task.assignee_id) or "") if reason == "claimed" else ""
        raise NotPermitted(action, reason, by=by)


def _assign(context: Context, task: LockedTask, person_id: int | None) -> None:
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task.id).values(assignee_id=person_id))


def _end_task(context: Context, task: LockedTask) -> None:
    ended = {"task": task.id, "ended_at": context.now, "ended_by_id": context.actor.person_id}
    _END_TASK.execute(context.connection, ended)


def _keep_as_draft(
    context: Context, case: LockedCase, task: LockedTask, raw: Mapping[str, Any], step: Step
) -> Completed:
    """Nothing a person typed is lost because the procedure is wrong."""
    assert step.fault is not None
    open_incident(context, case, step.fault, action=CaseAction.COMPLETE_TASK, subject=task.key)
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task.id).values(draft=dict(raw)))
    return Completed(case.id, case.number, case.status, (), fault=step.fault.message)


def _completed_to_json(result: Completed) -> Mapping[str, Any]:
    return {
        "case_id": result.case_id,
        "case_number": result.case_number,
        "case_status": result.case_status,
        "opened": opened_to_json(result.opened),
    }


def _completed_from_json(answer: Mapping[str, Any]) -> Completed:
    return Completed(
        case_id=answer["case_id"],
        case_number=answer["case_number"],
        case_status=answer["case_status"],
        opened=opened_from_json(answer["opened"]),
    )


_END_TASK: Final = Prepared(
    sa.update(user_tasks)
    .where(user_tasks.c.id == sa.bindparam("task"))
    .values(status="completed", draft=None, ended_at=sa.bindparam("ended_at"), ended_by_id=sa.bindparam("ended_by_id"))
)
