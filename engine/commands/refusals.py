"""Attempts that came to nothing are part of the history too."""

from __future__ import annotations

from engine.commands.context import Context
from engine.history import Entry, append_to_company


def record_refusal(context: Context, *, action: str, subject: str, reason: str) -> None:
    """Write into the company's history what the actor tried and why it was refused."""
    entry = Entry(context.now, context.actor.name, "refused", subject, {"action": action, "reason": reason})
    append_to_company(context.connection, context.actor.company_id, [entry])
