"""Legal holds: while one stands, nothing of its case is erased, whoever asks and however old it is."""

from __future__ import annotations

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.locking import lock_case
from engine.commands.reasons import require_reason
from engine.commands.steps import record
from engine.errors import AlreadyDone, NotFound, NotPermitted
from engine.tables import holds


def hold_case(context: Context, case_id: int, *, reason: str) -> int:
    """Let nothing of the case be erased from now on; the hold's id. Several may stand at once.

    Raises NotPermitted unless the actor is an administrator, AnswersInvalid without a reason, NotFound.
    """
    require_administrator(context, CaseAction.HOLD_CASE)
    require_reason(reason)
    case = lock_case(context, case_id)
    row = {
        "company_id": case.company_id,
        "case_id": case.id,
        "reason": reason,
        "held_at": context.now,
        "held_by": context.actor.name,
    }
    hold_id: int = context.connection.execute(sa.insert(holds).values(row).returning(holds.c.id)).scalar_one()
    record(context, case, context.entry(CaseAction.HOLD_CASE, f"hold {hold_id}", {"reason": reason}))
    return hold_id


def release_case(context: Context, hold_id: int, *, answer: str) -> None:
    """Lift a hold. Raises as `hold_case`, and AlreadyDone."""
    require_administrator(context, CaseAction.RELEASE_CASE)
    require_reason(answer, "answer")
    t = holds.c
    own = (t.company_id == context.actor.company_id, t.id == hold_id)
    row = context.connection.execute(sa.select(holds).where(*own).with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise NotFound("hold", hold_id)
    case = lock_case(context, row.case_id)
    if row.released_at is not None:
        raise AlreadyDone(f"hold {hold_id}", row.released_by, row.released_at.isoformat())
    done = {"released_at": context.now, "released_by": context.actor.name, "answer": answer}
    context.connection.execute(sa.update(holds).where(t.id == hold_id).values(done))
    record(context, case, context.entry(CaseAction.RELEASE_CASE, f"hold {hold_id}", {"reason": answer}))


def require_administrator(context: Context, action: str) -> None:
    """Raises NotPermitted unless the actor is an administrator."""
    if not context.actor.administrator:
        raise NotPermitted(str(action), "not-an-administrator")
