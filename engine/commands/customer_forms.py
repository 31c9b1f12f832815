"""What customers fill in behind the tracking link: a user task that waits for staff and customer alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.attachments import attach_to_case, said_of_files
from engine.commands.context import Context
from engine.commands.idempotency import NO_KEY, RequestKey, answered, remember
from engine.commands.locking import LockedTask, lock_task
from engine.commands.rights import require_open
from engine.commands.steps import apply_step
from engine.commands.user_tasks import (
    Completed,
    answers_of,
    completed_from_json,
    completed_to_json,
    end_task,
    keep_as_draft,
    seen_by,
)
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.interpreter import TaskKey
from engine.procedures.customer_forms import chosen_unoffered, said_for_customer
from engine.tables import user_tasks


def fill_in(
    context: Context,
    case_id: int,
    element: str,
    raw: Mapping[str, Any],
    *,
    idempotency_key: RequestKey = NO_KEY,
) -> Completed:
    """Complete the latest task of *element* with what the customer answered, and let the case go on.

    Whoever of staff and customer is first has said it. The same *idempotency_key* does it once. Raises NotPermitted
    where the procedure offers no such form or it was not asked yet, AlreadyDone when it was answered or its time is
    over, AnswersInvalid with every wrong field.
    """
    task, case, stored = lock_task(context, _latest(context, case_id, element), idempotency_key=idempotency_key.text)
    if (before := answered(idempotency_key, stored)) is not None:
        return completed_from_json(before)
    require_open(context, task)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    rule = deployment.package.customer.fills.get(element)
    if rule is None or task.held_at is not None:
        raise NotPermitted("fill_in", "not-offered")
    if unoffered := chosen_unoffered(rule, raw):
        raise AnswersInvalid([FieldError(name, "option") for name in unoffered])
    seen = seen_by(context, deployment, case, TaskKey(task.key))
    said = said_for_customer(rule, seen, now=context.now.astimezone(deployment.time_zone))
    kept = {name: value for name, value in raw.items() if name not in rule.hide}
    request, files = answers_of(context, case, task, deployment, {**kept, **said})
    step = context.step(deployment, case.state, request, context.calendars(case.calendar))
    if step.fault:
        return keep_as_draft(context, case, task, {**kept, **said}, step)
    _end(context, task)
    attach_to_case(context, case.id, files)
    entry = context.entry(CaseAction.COMPLETE_TASK, task.key, said_of_files(context, files))
    opened = apply_step(context, case, deployment, request=request, step=step, entry=entry)
    result = Completed(case.id, case.number, str(step.status), opened)
    if idempotency_key:
        remember(context, idempotency_key, completed_to_json(result))
    return result


def _latest(context: Context, case_id: int, element: str) -> int:
    """The id of the task of *element* that was opened last."""
    t = user_tasks.c
    own = (t.company_id == context.actor.company_id, t.case_id == case_id, t.element == element)
    found = context.connection.execute(sa.select(t.id).where(*own).order_by(t.id.desc()).limit(1)).scalar()
    if found is None:
        raise NotPermitted("fill_in", "not-offered")
    return int(found)


def _end(context: Context, task: LockedTask) -> None:
    """The task is done, and by no colleague: not by whoever had claimed it either."""
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task.id).values(assignee_id=None))
    end_task(context, replace(task, assignee_id=None), None, None)
