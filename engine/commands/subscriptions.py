"""What open cases wait for, kept beside them: a message finds its case without asking every one."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.context import Context
from engine.history.chain import canonical
from engine.interpreter import FactKind, Step
from engine.jobs import Job
from engine.tables import message_keys, messages, subscriptions

#: Kind of the job that looks whether a case that began to wait can have a message that waits already.
AWAITING_JOB: Final = "awaiting"
#: Characters of a key as it stands; databases bound what they put into an index.
_LONGEST_KEY: Final = 500


def correlation_key(values: Mapping[str, Any]) -> str:
    """*values* as one text that is the same for the same values: ``7`` and ``"7"`` differ."""
    text = canonical(values)
    return text if len(text) <= _LONGEST_KEY else hashlib.sha256(text.encode()).hexdigest()


def answered_keys(correlation: Mapping[str, Any]) -> frozenset[str]:
    """The keys of all that a case may ask of a message with that *correlation*: every part of it, nothing included."""
    names = sorted(correlation)
    parts = (part for size in range(len(names) + 1) for part in combinations(names, size))
    return frozenset(correlation_key({name: correlation[name] for name in part}) for part in parts)


def awaits_of(step: Step) -> list[list[str]]:
    """What the case waits for after *step*, as ``cases.awaits`` and the rows of ``subscriptions`` say it."""
    return [list(row) for row in sorted(_rows(step))]


def write_subscriptions(
    context: Context, case_id: int, step: Step, *, before: Iterable[Sequence[str]], revision: int
) -> None:
    """Bring the case's subscriptions from *before* to what it waits for after *step*, its *revision* of that number.

    Most steps change nothing of it and cost no statement. Where a message is waiting already, a job is put.
    """
    old, now = {tuple(row) for row in before}, _rows(step)
    if not old and not now:
        return
    received = {fact.element for fact in step.facts if fact.kind is FactKind.MESSAGE_RECEIVED}
    kept = {row for row in old & now if row[0] not in received}  # who has got one waits anew, behind the others
    if gone := old - kept:
        context.connection.execute(_DELETE, [_place(case_id, row) for row in sorted(gone)])
    if begun := now - kept:
        own = {"company_id": context.actor.company_id, "case_id": case_id, "since": context.now}
        context.connection.execute(_INSERT, [own | _values(row) for row in sorted(begun)])
        company_id = context.actor.company_id
        if messages_for(context.connection, company_id, case_id, begun, now=context.now, limit=1):
            argument = {"company": company_id, "case": case_id}
            context.jobs.put(context.connection, Job(AWAITING_JOB, f"awaiting:{case_id}:{revision}", argument))


def messages_for(
    connection: sa.Connection,
    company_id: str,
    case_id: int,
    awaits: Iterable[Sequence[str]],
    *,
    now: datetime,
    limit: int,
) -> list[int]:
    """The first messages, in the order they were sent, that wait for somebody and that the case could take."""
    asked = {(name, key) for _, trigger, name, key in awaits if trigger == "message"}
    if not asked:
        return []
    given = {"company": company_id, "asked": sorted(asked), "case": case_id, "now": now, "limit": limit}
    return list(connection.execute(_WAITING, given).scalars())


def waiting_cases(
    context: Context, name: str, keys: Collection[str], *, not_after: datetime, limit: int
) -> Sequence[int]:
    """The cases that wait for a message of that name and ask for one of *keys*, the longest wait first.

    Those that began after *not_after* are left out.
    """
    asked = {"company": context.actor.company_id, "name": name, "keys": sorted(keys), "until": not_after}
    return context.connection.execute(_WAITING_CASES, {**asked, "limit": limit}).scalars().all()


def listening_cases(context: Context, name: str, *, without: int | None) -> list[int]:
    """The cases that wait for a signal of that name."""
    found = context.connection.execute(_LISTENING_CASES, {"company": context.actor.company_id, "name": name})
    return [case_id for case_id in found.scalars() if case_id != without]


def awaited_names(context: Context) -> set[str]:
    """The names of the messages that some case of the company waits for."""
    return set(context.connection.execute(_AWAITED_NAMES, {"company": context.actor.company_id}).scalars())


def _rows(step: Step) -> set[tuple[str, ...]]:
    return {(each.element, each.trigger, each.name, correlation_key(each.correlation)) for each in step.awaited}


def _place(case_id: int, row: Sequence[str]) -> Mapping[str, Any]:
    return {"case": case_id, "at": row[0], "key": row[3]}


def _values(row: Sequence[str]) -> dict[str, str]:
    return dict(zip(("element", "trigger", "name", "correlation"), row, strict=True))


_S: Final = subscriptions.c
_INSERT: Final = sa.insert(subscriptions)
_DELETE: Final = sa.delete(subscriptions).where(
    _S.case_id == sa.bindparam("case"), _S.element == sa.bindparam("at"), _S.correlation == sa.bindparam("key")
)
_K: Final = message_keys.c
_WAITING: Final = (
    sa.select(messages.c.id)
    .distinct()
    .join(message_keys, _K.message_id == messages.c.id)
    .where(
        _K.company_id == sa.bindparam("company"),
        sa.tuple_(_K.name, _K.correlation).in_(sa.bindparam("asked", expanding=True)),
        messages.c.to_case_id.is_(None) | (messages.c.to_case_id == sa.bindparam("case")),
        messages.c.held_by.is_(None),
        messages.c.expires_at >= sa.bindparam("now", type_=messages.c.expires_at.type),
    )
    .order_by(messages.c.id)
    .limit(sa.bindparam("limit"))
)
_WAITING_CASES: Final = (
    sa.select(_S.case_id)
    .where(
        _S.company_id == sa.bindparam("company"),
        _S.trigger == "message",
        _S.name == sa.bindparam("name"),
        _S.correlation.in_(sa.bindparam("keys", expanding=True)),
        _S.since <= sa.bindparam("until", type_=_S.since.type),
    )
    .order_by(_S.since, _S.case_id)
    .limit(sa.bindparam("limit"))
)
_LISTENING_CASES: Final = (
    sa.select(_S.case_id)
    .distinct()
    .where(_S.company_id == sa.bindparam("company"), _S.trigger == "signal", _S.name == sa.bindparam("name"))
    .order_by(_S.case_id)
)
_AWAITED_NAMES: Final = (
    sa.select(_S.name).distinct().where(_S.company_id == sa.bindparam("company"), _S.trigger == "message")
)
