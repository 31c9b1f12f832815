"""Cases that have to do with each other: linked, joined 合并, parted again, split 拆分. Both histories are kept.

Whoever may register a case of the procedure may say so, and whoever answers for the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.cases import Started, may_start, start
from engine.commands.context import Context
from engine.commands.errors import ProcedureFailed
from engine.commands.idempotency import NO_KEY, RequestKey, recall
from engine.commands.locking import LockedCase, lock_case
from engine.commands.reasons import require_reason
from engine.commands.retries import close_incidents
from engine.commands.steps import LinkKind, apply_step, record
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.history import Entry
from engine.interpreter import CaseStatus, Operation, Resume, Suspend, Withdraw
from engine.procedures.package import Joined
from engine.tables import case_links, cases

_ENDED = frozenset({CaseStatus.COMPLETED, CaseStatus.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Relation:
    """What a new complaint has to do with a case that is there."""

    kind: LinkKind
    number: str  #: of that case
    reason: str


@dataclass(frozen=True, slots=True)
class _Pair:
    case: LockedCase
    deployment: Deployment
    other: LockedCase


def start_related(
    context: Context,
    procedure: str,
    raw: Mapping[str, Any],
    relation: Relation,
    *,
    idempotency_key: RequestKey = NO_KEY,
) -> Started:
    """Open a case and say at once what it has to do with another one. One that is split off arrived with the other.

    Raises what `start`, `link` and `join` raise.
    """
    if idempotency_key and recall(context, idempotency_key) is not None:
        return start(context, procedure, raw, idempotency_key=idempotency_key)
    require_reason(relation.reason)
    origin = _row(context, relation.number)
    received = origin.received_at if relation.kind is LinkKind.SPLIT else None
    started = start(context, procedure, raw, idempotency_key=idempotency_key, received=received)
    if relation.kind is LinkKind.JOINED:
        join(context, started.case_id, relation.number, reason=relation.reason)
    else:
        _related(context, started.case_id, relation)
    return started


def link(context: Context, case_id: int, number: str, *, reason: str) -> None:
    """Let the case and the one called *number* lead to each other.

    Raises NotFound, NotPermitted, AnswersInvalid with what is wrong about reason or number.
    """
    _related(context, case_id, Relation(LinkKind.RELATED, number, reason))


def unlink(context: Context, case_id: int, number: str, *, reason: str) -> None:
    """Take back that both have to do with each other. Raises as `link` does."""
    pair = _held(context, case_id, number, CaseAction.UNLINK_CASE, reason=reason)
    if not _end(context, pair, LinkKind.RELATED):
        raise AnswersInvalid([FieldError("other", "not_related")])
    _in_both(context, pair, CaseAction.UNLINK_CASE, CaseAction.UNLINK_CASE, reason)


def join(context: Context, case_id: int, number: str, *, reason: str) -> None:
    """Let the case called *number* go on for this one, too; what becomes of this one is the procedure's choice.

    Raises as `link` does, and CaseEnded.
    """
    pair = _held(context, case_id, number, CaseAction.JOIN_CASE, reason=reason)
    choice = pair.deployment.package.work.joined
    if choice is Joined.NO:
        raise NotPermitted(CaseAction.JOIN_CASE.value, "never-joined")
    if pair.other.status in _ENDED:
        raise AnswersInvalid([FieldError("other", "case_ended")])
    if _joined_to(context, pair.other.id) is not None or _joined_to(context, pair.case.id) is not None:
        raise AnswersInvalid([FieldError("other", "joined_already")])
    _insert(context, pair, LinkKind.JOINED, reason)
    taken = context.entry(CaseAction.TAKE_IN_CASE, pair.case.number, {"reason": reason.strip()})
    record(context, pair.other, taken)
    why = reason.strip()
    request = Withdraw(why) if choice is Joined.ENDS else Suspend(why, stop_clocks=True)
    _move(context, pair, request, context.entry(CaseAction.JOIN_CASE, number))
    close_incidents(context, case_id)


def part(context: Context, case_id: int, number: str, *, reason: str) -> None:
    """Let a case that stands still because it was joined go on by itself again. Raises as `link` does."""
    pair = _held(context, case_id, number, CaseAction.PART_CASE, reason=reason)
    if pair.case.status in _ENDED:
        raise AnswersInvalid([FieldError("other", "case_ended")])
    if not _end(context, pair, LinkKind.JOINED):
        raise AnswersInvalid([FieldError("other", "not_related")])
    record(context, pair.other, context.entry(CaseAction.PART_CASE, pair.case.number, {"reason": reason.strip()}))
    _move(context, pair, Resume(reason.strip()), context.entry(CaseAction.PART_CASE, number))


def require_may_say(context: Context, case: LockedCase, deployment: Deployment, action: CaseAction) -> None:
    """Raises NotPermitted unless the actor answers for the case, may register such cases, or is an administrator."""
    actor = context.actor
    if actor.administrator or may_start(actor, deployment.package.start.groups):
        return
    answers = sa.select(cases.c.answerable_id).where(cases.c.id == case.id)
    if actor.person_id is None or context.connection.execute(answers).scalar() != actor.person_id:
        raise NotPermitted(action.value, "not-answerable")


def _related(context: Context, case_id: int, relation: Relation) -> None:
    splits = relation.kind is LinkKind.SPLIT
    here, there = (
        (CaseAction.SPLIT_OFF, CaseAction.SPLIT_CASE) if splits else (CaseAction.LINK_CASE, CaseAction.LINK_CASE)
    )
    pair = _held(context, case_id, relation.number, here, reason=relation.reason)
    if not splits and _linked(context, pair):
        raise AnswersInvalid([FieldError("other", "related_already")])
    _insert(context, pair, relation.kind, relation.reason)
    _in_both(context, pair, here, there, relation.reason)


def _held(context: Context, case_id: int, number: str, action: CaseAction, *, reason: str) -> _Pair:
    """Both cases, locked in the order of their ids so that two who do the same wait for each other."""
    require_reason(reason)
    found = _row(context, number)
    if found.id == case_id:
        raise AnswersInvalid([FieldError("other", "same_case")])
    held = {each: lock_case(context, each) for each in sorted((case_id, found.id))}
    case = held[case_id]
    deployment = context.deployments.load(context.connection, case.deployment_id)
    require_may_say(context, case, deployment, action)
    return _Pair(case, deployment, held[found.id])


def _row(context: Context, number: str) -> Any:
    c = cases.c
    written = number.strip()
    place = (c.company_id == context.actor.company_id, c.number.in_([written, written.upper()]))
    found = context.connection.execute(sa.select(c.id, c.received_at).where(*place)).first()
    if found is None:
        raise AnswersInvalid([FieldError("other", "no_such_case")])
    return found


def _joined_to(context: Context, case_id: int) -> int | None:
    t = case_links.c
    where = (t.case_id == case_id, t.kind == str(LinkKind.JOINED), t.ended_at.is_(None))
    return context.connection.execute(sa.select(t.other_id).where(*where)).scalar()


def _linked(context: Context, pair: _Pair) -> bool:
    t = case_links.c
    both = sa.or_(
        sa.and_(t.case_id == pair.case.id, t.other_id == pair.other.id),
        sa.and_(t.case_id == pair.other.id, t.other_id == pair.case.id),
    )
    return context.connection.execute(sa.select(t.id).where(both, t.ended_at.is_(None))).first() is not None


def _insert(context: Context, pair: _Pair, kind: LinkKind, reason: str) -> None:
    row = {
        "company_id": pair.case.company_id,
        "case_id": pair.case.id,
        "other_id": pair.other.id,
        "kind": str(kind),
        "reason": reason.strip(),
        "made_at": context.now,
        "made_by_id": context.actor.person_id,
    }
    context.connection.execute(sa.insert(case_links).values(row))


def _end(context: Context, pair: _Pair, kind: LinkKind) -> bool:
    """Take back the link of that kind between both; False where there is none. A joined case is the first of both."""
    t = case_links.c
    ways = [(pair.case.id, pair.other.id)] + ([(pair.other.id, pair.case.id)] if kind is LinkKind.RELATED else [])
    between = sa.tuple_(t.case_id, t.other_id).in_(ways)
    ended = sa.update(case_links).where(between, t.kind == str(kind), t.ended_at.is_(None))
    return bool(context.connection.execute(ended.values(ended_at=context.now)).rowcount)


def _in_both(context: Context, pair: _Pair, here: CaseAction, there: CaseAction, reason: str) -> None:
    body = {"reason": reason.strip()}
    record(context, pair.case, context.entry(here, pair.other.number, body))
    record(context, pair.other, context.entry(there, pair.case.number, body))


def _move(context: Context, pair: _Pair, request: Operation | Withdraw, entry: Entry) -> None:
    step = context.step(pair.deployment, pair.case.state, request, context.calendars(pair.case.calendar))
    if step.fault:
        raise ProcedureFailed(step.fault)
    apply_step(context, pair.case, pair.deployment, request=request, step=step, entry=entry)
