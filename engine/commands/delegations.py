"""Delegating 委派: somebody else fills the form in, its owner looks at it and completes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.attachments import attach_to_case, files_for_form, said_of_files
from engine.commands.context import Context
from engine.commands.errands import (
    Addressee,
    ErrandKind,
    ErrandStatus,
    add_errand,
    barred_for,
    end_errand,
    hold_task,
    lock_errand,
    open_kinds,
    own_id,
    require_addressee,
)
from engine.commands.hand_overs import accept_by_acting
from engine.commands.steps import record
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.procedures.package import Verb
from engine.tables import user_tasks


def delegate(context: Context, task_id: int, to: Addressee, *, reason: str) -> int:
    """Ask a person to fill the task's form in; it stays the owner's, who completes it. The errand's id.

    Raises NotFound, AlreadyDone, NotPermitted, AnswersInvalid.
    """
    held = hold_task(context, task_id, Verb.DELEGATE, reason=reason)
    if require_addressee(context, held.deployment, to, barred=barred_for(context, held)) is None:
        raise AnswersInvalid([FieldError("to", "option")])
    waiting = open_kinds(context, task_id) if held.task.has_errands else {}
    if held.task.held_at is not None or ErrandKind.DELEGATION in waiting:
        by = waiting.get(ErrandKind.DELEGATION, "")
        raise NotPermitted(Verb.DELEGATE.value, "delegated" if by else "awaits-signature", by=by)
    owner = own_id(context.actor, held.capacity)
    accepted = accept_by_acting(context, held.case, task_id, owner)
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task_id).values(assignee_id=owner))
    errand_id = add_errand(context, held.case, ErrandKind.DELEGATION, to, task=held.task, from_id=owner, reason=reason)
    body = {"to": to.words, "reason": reason.strip(), "errand": errand_id, **accepted}
    entry = context.entry(CaseAction.DELEGATE_TASK, held.task.key, body, on_behalf_of=held.capacity.behalf)
    record(context, held.case, entry)
    return errand_id


def answer_delegation(context: Context, errand_id: int, raw: Mapping[str, Any], *, answer: str) -> str:
    """Give the owner what was filled in, unchecked, with a word about it; the case's number.

    Raises NotFound, AlreadyDone, NotPermitted.
    """
    errand = lock_errand(context, errand_id, CaseAction.ANSWER_DELEGATION.value)
    if errand.kind is not ErrandKind.DELEGATION or errand.task is None:
        raise NotPermitted(CaseAction.ANSWER_DELEGATION.value, "not-asked")
    form = errand.deployment.package.forms.get(errand.task.form)
    files = tuple(files_for_form(context, errand.case.id, raw, form)) if form else ()
    attach_to_case(context, errand.case.id, files)
    values = {"draft": dict(raw)}
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == errand.task.id).values(values))
    end_errand(context, errand, ErrandStatus.DONE, answer=answer)
    body = {"errand": errand_id, "reason": answer.strip(), **said_of_files(context, files)}
    entry = context.entry(CaseAction.ANSWER_DELEGATION, errand.task.key, body, on_behalf_of=errand.capacity.behalf)
    record(context, errand.case, entry)
    return errand.case.number
