"""The company's own history: what was done, or tried, that belongs to no case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.commands.actions import CompanyAction
from engine.commands.context import Context
from engine.history import Entry, append_to_company


def record_for_company(
    context: Context, action: CompanyAction, subject: str = "", body: Mapping[str, Any] | None = None
) -> None:
    """Append what the actor did to the history of the actor's company."""
    append_to_company(context.connection, context.actor.company_id, [context.entry(action, subject, body)])


def record_anonymous(context: Context, action: CompanyAction, *, actor: str, body: Mapping[str, Any]) -> None:
    """The same for somebody who is not signed in; *actor* is who they are or "unknown"."""
    entry = Entry(context.now, actor, action, "", body)
    append_to_company(context.connection, context.actor.company_id, [entry])


def record_refusal(context: Context, *, action: str, subject: str, reason: str) -> None:
    """Write down what the actor tried and why it was refused: attempts that came to nothing are history too."""
    record_for_company(context, CompanyAction.REFUSED, subject, {"action": action, "reason": reason})
