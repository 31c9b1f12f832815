"""A company's web hooks and what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.errors import NotFound
from engine.tables import cases, hook_deliveries, web_hooks

#: Deliveries shown of one hook, the latest first.
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Hook:
    """A program that is told what happens."""

    id: int
    url: str
    events: Sequence[str]  #: HookEvents
    created_at: datetime
    created_by: str  #: login
    ended_at: datetime | None
    waiting: int
    failed: int  #: deliveries that wait for somebody to look


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that a program was told, or will be."""

    id: int
    message_id: str
    event: str
    number: str  #: of the case
    status: str
    attempts: int
    problem: str
    next_try_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery as the job needs it."""

    url: str
    salt: str
    message_id: str
    payload: str


def has_hooks(connection: sa.Connection, company_id: str) -> bool:
    """Whether a program outside is told what happens to the company's cases."""
    h = web_hooks.c
    where = (h.company_id == company_id, h.ended_at.is_(None))
    return connection.execute(sa.select(h.id).where(*where).limit(1)).first() is not None


def hooks_of(connection: sa.Connection, company_id: str) -> tuple[Hook, ...]:
    """The hooks of the company, those that have ended last."""
    return _hooks(connection, web_hooks.c.company_id == company_id)


def hook_of(connection: sa.Connection, company_id: str, hook_id: int) -> tuple[Hook, tuple[Delivery, ...]]:
    """One hook and its latest deliveries. Raises NotFound."""
    found = _hooks(connection, web_hooks.c.company_id == company_id, web_hooks.c.id == hook_id)
    if not found:
        raise NotFound("web hook", hook_id)
    d = hook_deliveries.c
    statement = (
        sa.select(
            d.id, d.message_id, d.event, cases.c.number, d.status, d.attempts, d.problem, d.next_try_at, d.created_at,
            d.delivered_at,
        )
        .join(cases, cases.c.id == d.case_id)
        .where(d.hook_id == hook_id)
        .order_by(d.id.desc())
        .limit(_MOST)
    )  # fmt: skip
    return found[0], tuple(Delivery(**row) for row in connection.execute(statement).mappings())


def failed_deliveries(connection: sa.Connection, company_id: str) -> int:
    """How many deliveries were given up and wait for somebody to look."""
    return sum(hook.failed for hook in hooks_of(connection, company_id))


def outgoing(connection: sa.Connection, company_id: str, delivery_id: int) -> Outgoing | None:
    """The delivery when it is still to be made."""
    d, t = hook_deliveries.c, web_hooks.c
    statement = sa.select(t.url, t.salt, d.message_id, d.payload).join(web_hooks, t.id == d.hook_id)
    waiting = (d.id == delivery_id, d.company_id == company_id, d.status == "waiting", t.ended_at.is_(None))
    row = connection.execute(statement.where(*waiting)).one_or_none()
    return None if row is None else Outgoing(row.url, row.salt, row.message_id, row.payload)


def _hooks(connection: sa.Connection, *where: Any) -> tuple[Hook, ...]:
    t, d = web_hooks.c, hook_deliveries.c

    def count(status: str) -> sa.Label[int]:
        own = (d.hook_id == t.id, d.status == status)
        counting = sa.select(sa.func.count()).select_from(hook_deliveries).where(*own)
        return counting.correlate(web_hooks).scalar_subquery().label(status)

    statement = (
        sa.select(t.id, t.url, t.events, t.created_at, t.created_by, t.ended_at, count("waiting"), count("failed"))
        .where(*where)
        .order_by(t.ended_at.is_not(None), t.id)
    )
    return tuple(Hook(**row) for row in connection.execute(statement).mappings())
