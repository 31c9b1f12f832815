"""What owners say to each other about a draft and its elements. It stays, whatever becomes of the draft."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.drafts import require_owner
from engine.errors import AnswersInvalid, FieldError, NotFound
from engine.tables import draft_comments

#: Characters of one comment.
MOST_SAID: Final = 2000


def comment_on_draft(context: Context, procedure: str, words: str, *, file: str = "", element: str = "") -> int:
    """Say something about the draft of *procedure*, a diagram of it or an element there; the comment's id.

    The history names the place; the words stand with the draft alone, because they may name people.
    Raises NotPermitted, NotFound, AnswersInvalid.
    """
    require_owner(context, CompanyAction.COMMENT_DRAFT)
    context.deployments.current(context.connection, context.actor.company_id, procedure)
    said = words.strip()
    if not said:
        raise AnswersInvalid((FieldError("words", "required"),))
    if len(said) > MOST_SAID:
        raise AnswersInvalid((FieldError("words", "max_length", {"n": MOST_SAID}),))
    row = {
        "company_id": context.actor.company_id,
        "procedure": procedure,
        "file": file[:200],
        "element": element[:200],
        "words": said,
        "said_at": context.now,
        "said_by": context.actor.name,
    }
    insert = sa.insert(draft_comments).values(row).returning(draft_comments.c.id)
    found = int(context.connection.execute(insert).scalar_one())
    body = {"comment": found, "file": row["file"], "element": row["element"]}
    record_for_company(context, CompanyAction.COMMENT_DRAFT, procedure, body)
    return found


def settle_comment(context: Context, procedure: str, comment_id: int) -> None:
    """Say that nothing is left to do about it. The second time changes nothing. Raises NotPermitted, NotFound."""
    settled = {"settled_at": context.now, "settled_by": context.actor.name}
    _change(context, procedure, comment_id, CompanyAction.SETTLE_COMMENT, settled)


def reopen_comment(context: Context, procedure: str, comment_id: int) -> None:
    """Take back that it is settled. The second time changes nothing. Raises NotPermitted, NotFound."""
    _change(context, procedure, comment_id, CompanyAction.REOPEN_COMMENT, {"settled_at": None, "settled_by": ""})


def _change(context: Context, procedure: str, comment_id: int, action: CompanyAction, values: dict[str, Any]) -> None:
    require_owner(context, action)
    c = draft_comments.c
    own = (c.id == comment_id, c.company_id == context.actor.company_id, c.procedure == procedure)
    row = context.connection.execute(sa.select(c.settled_at).where(*own).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("comment", str(comment_id))
    if (row.settled_at is None) == (values["settled_at"] is None):
        return
    context.connection.execute(sa.update(draft_comments).where(*own).values(values))
    record_for_company(context, action, procedure, {"comment": comment_id})
