"""Requests that may arrive twice: the second one gets the first one's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.context import Context
from engine.errors import EngineError
from engine.prepared import Prepared
from engine.tables import idempotency


class KeyReused(EngineError):
    """The key of another request came with this one. Answering it would lose one of the two."""

    code = "idempotency-key-reused"


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Names one request so that it can be told from the next; false when the sender gave none."""

    text: str
    fingerprint: str = ""  #: hash of what was sent; "" where the key says it already

    def __bool__(self) -> bool:
        return bool(self.text)


NO_KEY: Final = RequestKey("")


def recall(context: Context, key: RequestKey) -> Any | None:
    """What the request with *key* was answered, None when it is new. Raises KeyReused."""
    found = _RECALL.rows(context.connection, {"company": context.actor.company_id, "wanted": key.text})
    return answered(key, found[0].answer if found else None)


def answered(key: RequestKey, stored: Any | None) -> Any | None:
    """The answer in a *stored* row of the same key. Raises KeyReused when it belongs to other content."""
    if stored is None:
        return None
    if stored["fingerprint"] != key.fingerprint:
        raise KeyReused("expected a new Idempotency-Key for a new request, found one used with other content")
    return stored["answer"]


def remember(context: Context, key: RequestKey, answer: Mapping[str, Any]) -> None:
    """Store what the request with *key* was answered.

    Of two at the same time one fails on the primary key with sqlalchemy's IntegrityError; repeated, it recalls.
    """
    stored = {"fingerprint": key.fingerprint, "answer": dict(answer)}
    row = {"company_id": context.actor.company_id, "key": key.text, "answer": stored, "at": context.now}
    _REMEMBER.execute(context.connection, row)


_RECALL: Final = Prepared(
    sa.select(idempotency.c.answer).where(
        idempotency.c.company_id == sa.bindparam("company"), idempotency.c.key == sa.bindparam("wanted")
    )
)
_REMEMBER: Final = Prepared(sa.insert(idempotency))
