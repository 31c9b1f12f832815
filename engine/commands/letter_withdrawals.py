"""Letters that were sent wrongly: withdrawn, with a reason. The letter stays as it was written; it does not hold."""

from __future__ import annotations

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.locking import lock_case
from engine.commands.mail import stop_sending
from engine.commands.reasons import require_reason
from engine.commands.relations import require_may_say
from engine.commands.steps import record
from engine.errors import AlreadyDone, NotFound
from engine.tables import letters


def withdraw_letter(context: Context, case_id: int, place: int, *, reason: str) -> None:
    """Say that the *place*-th letter of the case does not hold, also where the case is closed.

    Whoever has its code and the customer behind the link read that and since when, never *reason*, which is for the
    history. One that no mail server has taken yet is not sent any more. Raises NotFound, NotPermitted, AlreadyDone,
    AnswersInvalid without a reason.
    """
    require_reason(reason)
    case = lock_case(context, case_id)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    t = letters.c
    nth = sa.select(letters).where(t.case_id == case_id).order_by(t.id).offset(max(place - 1, 0)).limit(1)
    letter = context.connection.execute(nth).one_or_none()
    if letter is None or place < 1:
        raise NotFound("letter", place)
    require_may_say(context, case, deployment, CaseAction.WITHDRAW_LETTER)
    if letter.withdrawn_at is not None:
        raise AlreadyDone(f"letter {place}", None, letter.withdrawn_at.isoformat())
    stop_sending(context, case, letter)
    context.connection.execute(sa.update(letters).where(t.id == letter.id).values(withdrawn_at=context.now))
    body = {"letter": letter.letter, "reason": reason.strip()}
    record(context, case, context.entry(CaseAction.WITHDRAW_LETTER, letter.key, body))
