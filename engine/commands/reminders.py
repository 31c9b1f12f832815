"""Reminders and escalations: they land in somebody's inbox and stay there until accepted or until the clock stops."""

from __future__ import annotations

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.locking import lock_case
from engine.commands.people import login_of
from engine.commands.steps import record
from engine.errors import AlreadyDone, NotFound, NotPermitted
from engine.tables import reminders


def accept_reminder(context: Context, reminder_id: int) -> str:
    """Note that the actor has taken notice and answers for what happens now; the case's number.

    Raises NotFound, NotPermitted when it is somebody else's, AlreadyDone.
    """
    t, actor = reminders.c, context.actor
    own = (t.id == reminder_id, t.company_id == actor.company_id)
    found = context.connection.execute(sa.select(reminders).where(*own)).one_or_none()
    if found is None:
        raise NotFound("reminder", reminder_id)
    case = lock_case(context, found.case_id)
    reminder = context.connection.execute(sa.select(reminders).where(*own)).one()  # as it stands behind the lock
    if reminder.status != "open":
        raise AlreadyDone("reminder", login_of(context, reminder.ended_by_id), reminder.ended_at.isoformat())
    theirs = reminder.group_id in actor.groups if reminder.person_id is None else reminder.person_id == actor.person_id
    if actor.person_id is None or not theirs:
        raise NotPermitted(CaseAction.ACCEPT_REMINDER.value, "not-in-group")
    ended = {"status": "accepted", "ended_at": context.now, "ended_by_id": actor.person_id}
    context.connection.execute(sa.update(reminders).where(t.id == reminder_id).values(ended))
    body = {"deadline": reminder.deadline, "round": reminder.round, "share": reminder.share}
    record(context, case, context.entry(CaseAction.ACCEPT_REMINDER, reminder.deadline, body))
    return case.number
