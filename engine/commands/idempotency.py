"""Requests that may arrive twice: the second one gets the first one's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.commands.context import Context
from engine.errors import EngineError
from engine.tables import idempotency


class KeyReused(EngineError):
    """The key of another request came with this one. Answering it would lose one of the two."""

    code = "idempotency-key-reused"


def recall(context: Context, key: str) -> Any | None:
    """What the request with *key* was answered, None when it is new."""
    t = idempotency.c
    return context.connection.execute(
        sa.select(t.answer).where(t.company_id == context.actor.company_id, t.key == key)
    ).scalar()


def remember(context: Context, key: str, answer: Mapping[str, Any]) -> None:
    """Store what the request with *key* was answered.

    Of two at the same time one fails on the primary key with sqlalchemy's IntegrityError; repeated, it recalls.
    """
    row = {"company_id": context.actor.company_id, "key": key, "answer": dict(answer), "at": context.now}
    context.connection.execute(sa.insert(idempotency).values(row))


def bind(context: Context, key: str, fingerprint: str) -> None:
    """Hold *key* to the request with that *fingerprint*: the same again is fine, another one raises KeyReused."""
    known = recall(context, f"{key}#request")
    if known is None:
        remember(context, f"{key}#request", {"fingerprint": fingerprint})
    elif known["fingerprint"] != fingerprint:
        raise KeyReused("expected a new Idempotency-Key for a new request, found one used with other content")
