"""Telling colleagues: urging 催办, copies for information 抄送, and looking at a task again later 稍后处理."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.calendars import working_time_between
from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.errands import (
    Addressee,
    ErrandKind,
    ErrandStatus,
    add_errand,
    end_errand,
    hold_task,
    lock_errand,
    own_id,
    require_addressee,
)
from engine.commands.hand_overs import accept_by_acting
from engine.commands.locking import lock_case, lock_task
from engine.commands.people import login_of
from engine.commands.reasons import require_reason
from engine.commands.rights import barred_from, require_open, require_verb
from engine.commands.steps import record
from engine.errors import AnswersInvalid, EngineError, FieldError, NotPermitted
from engine.procedures.package import Verb
from engine.tables import errands, user_tasks


class UrgedRecently(EngineError):
    """Somebody has urged about the task too short a time ago."""

    code = "urged-recently"

    def __init__(self, at: datetime, hours: int) -> None:
        super().__init__(
            f"expected at least {hours} working hours since the last urging, found one at {at.isoformat()}"
        )
        self.at, self.hours = at, hours


def urge(context: Context, task_id: int, *, reason: str) -> int:
    """Ask whoever has the task to hurry, else its group; the errand's id. Anybody of the company may, but not often.

    Raises NotFound, AlreadyDone, NotPermitted for one's own task, UrgedRecently, AnswersInvalid without a reason.
    """
    require_reason(reason)
    task, case, _ = lock_task(context, task_id)
    require_open(context, task)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    require_verb(deployment, task.element, Verb.URGE)
    if context.actor.person_id is None or task.assignee_id == context.actor.person_id:
        raise NotPermitted(Verb.URGE.value, "your-own-task")
    hours = deployment.package.work.urge_after
    t = errands.c
    last = context.connection.execute(
        sa.select(sa.func.max(t.asked_at)).where(t.task_id == task_id, t.kind == str(ErrandKind.URGE))
    ).scalar()
    own = context.calendars(case.calendar).own
    if last and working_time_between(last, context.now, own) < timedelta(hours=hours):
        raise UrgedRecently(last, hours)
    to = Addressee(login=login_of(context, task.assignee_id) or "") if task.assignee_id else Addressee(group=task.group)
    sender = context.actor.person_id
    errand_id = add_errand(context, case, ErrandKind.URGE, to, task=task, from_id=sender, reason=reason)
    body = {"to": to.words, "reason": reason.strip(), "errand": errand_id}
    record(context, case, context.entry(CaseAction.URGE_TASK, task.key, body))
    return errand_id


def copy_to(context: Context, task_id: int, to: Sequence[Addressee], *, reason: str) -> None:
    """Let people know of the case; each copy says when it was read.

    Raises NotFound, AlreadyDone, NotPermitted, AnswersInvalid.
    """
    held = hold_task(context, task_id, Verb.COPY, reason=reason)
    if not to:
        raise AnswersInvalid([FieldError("to", "required")])
    barred = {
        person: why
        for person, why in barred_from(context, held.case, held.task.element, held.deployment).items()
        if why == "recused"
    }
    for each in dict.fromkeys(to):
        require_addressee(context, held.deployment, each, barred=barred)
        sender = context.actor.person_id
        add_errand(context, held.case, ErrandKind.COPY, each, task=held.task, from_id=sender, reason=reason)
    body = {"to": [each.words for each in dict.fromkeys(to)], "reason": reason.strip()}
    entry = context.entry(CaseAction.COPY_CASE, held.task.key, body, on_behalf_of=held.capacity.behalf)
    record(context, held.case, entry)


def note_errand(context: Context, errand_id: int) -> str:
    """Say that one has seen a copy, an urging, what a customer said, or why a task came back; the case's number.

    Raises NotFound, AlreadyDone, NotPermitted.
    """
    errand = lock_errand(context, errand_id, CaseAction.NOTE_ERRAND.value)
    if errand.kind not in {ErrandKind.COPY, ErrandKind.URGE, ErrandKind.RETURN, ErrandKind.CUSTOMER}:
        raise NotPermitted(CaseAction.NOTE_ERRAND.value, "wants-an-answer")
    end_errand(context, errand, ErrandStatus.DONE)
    action = CaseAction.READ_COPY if errand.kind is ErrandKind.COPY else CaseAction.NOTE_ERRAND
    subject, body = errand.task.key if errand.task else "", {"errand": errand_id, "kind": str(errand.kind)}
    record(context, errand.case, context.entry(action, subject, body, on_behalf_of=errand.capacity.behalf))
    return errand.case.number


def snooze(context: Context, task_id: int, until: datetime, *, reason: str) -> None:
    """Keep the task out of its owner's list until then; when it is overdue it is there whatever was said.

    Raises NotFound, AlreadyDone, NotPermitted, AnswersInvalid for a moment that has passed or a missing reason.
    """
    held = hold_task(context, task_id, Verb.SNOOZE, reason=reason)
    if until <= context.now:
        raise AnswersInvalid([FieldError("until", "in_the_future")])
    owner = own_id(context.actor, held.capacity)
    accepted = accept_by_acting(context, held.case, task_id, owner)
    values = {"assignee_id": owner, "snoozed_until": until}
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task_id).values(values))
    body = {"until": until.isoformat(), "reason": reason.strip(), **accepted}
    entry = context.entry(CaseAction.SNOOZE_TASK, held.task.key, body, on_behalf_of=held.capacity.behalf)
    record(context, held.case, entry)


def add_note(context: Context, case_id: int, text: str) -> None:
    """Write a note into the case's history, where it stays. Raises NotFound, AnswersInvalid, NotPermitted."""
    require_reason(text, "note")
    case = lock_case(context, case_id)
    if context.actor.person_id is None:
        raise NotPermitted(CaseAction.ADD_NOTE.value, "not-a-person")
    entry = context.entry(CaseAction.ADD_NOTE, "", {"reason": text.strip()})
    record(context, case, replace(entry, personal=entry.personal | {"reason"}))  # it may name anybody
