"""Signals: everybody who waits for one when it is thrown hears it once, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction, CompanyAction
from engine.commands.cases import start_by_event
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.idempotency import NO_KEY, RequestKey, recall, remember
from engine.commands.locking import lock_case
from engine.commands.outbox import Sender, put_hearing, spread_signal
from engine.commands.steps import apply_step, has_incident, open_incident
from engine.interpreter import Fault, ReceiveSignal
from engine.interpreter.data import own_copy
from engine.tables import hearings, signals


def throw_signal(context: Context, name: str, *, data: Mapping[str, Any], idempotency_key: RequestKey = NO_KEY) -> int:
    """Throw a signal from outside; how many cases hear it or are opened by it.

    The same *idempotency_key* gives the same answer and throws nothing again. Raises DataRefused.
    """
    if idempotency_key and (answer := recall(context, idempotency_key)) is not None:
        return int(answer["cases"])
    told = spread_signal(context, name, own_copy(data), sender=Sender(context.actor.name))
    if idempotency_key:
        remember(context, idempotency_key, {"cases": told})
    return told


def spread(context: Context, signal_id: int) -> None:
    """Put a job for each who has not heard the signal yet."""
    for hearing_id in _unheard(context, signal_id):
        put_hearing(context, hearing_id)


def fail_spreading(context: Context, signal_id: int, reason: str) -> None:
    """Make visible that a signal cannot be spread, wherever it was not heard yet; see `fail_hearing`."""
    for hearing_id in _unheard(context, signal_id):
        fail_hearing(context, hearing_id, reason)


def hear(context: Context, hearing_id: int) -> int | None:
    """Let one case hear a signal, or open the case that begins by it; the case's id when something happened.

    A case that no longer waits misses it. May be repeated: what was heard is heard. Raises ProcedureFailed when it
    should open a case and cannot.
    """
    row = _lock(context, hearing_id)
    if row is None or _is_held(context, row):
        return None
    origin = {"sender": row.sender, "sent_at": row.thrown_at.isoformat()}
    if row.procedure:
        entry = context.entry(CaseAction.START_BY_SIGNAL, row.name, origin)
        started = start_by_event(context, row.procedure, row.element, row.data, entry=entry)
        _change(context, hearing_id, status="heard", case_id=started.case_id, held_by=None)
        return started.case_id
    return row.case_id if _let_hear(context, row, origin) else None


def fail_hearing(context: Context, hearing_id: int, reason: str) -> None:
    """Make visible that a signal cannot be heard: an incident of the case that should, else of the one that threw it.

    It is tried again when the incident is closed. Where there is no such case, the company's history says it.
    """
    row = _lock(context, hearing_id)
    if row is None or _is_held(context, row):
        return
    holder = row.case_id or row.sender_case_id
    if holder is None:
        body = {"sender": row.sender, "procedure": row.procedure, "reason": reason}
        record_for_company(context, CompanyAction.SKIP_SIGNAL, row.name, body)
        _change(context, hearing_id, status="failed")
        return
    fault = Fault("signal-not-heard", row.element, reason)
    open_incident(context, lock_case(context, holder), fault, action=CaseAction.RECEIVE_SIGNAL, subject=row.name)
    _change(context, hearing_id, held_by=holder)


def _unheard(context: Context, signal_id: int) -> list[int]:
    t = hearings.c
    where = (t.company_id == context.actor.company_id, t.signal_id == signal_id, t.status == "waiting")
    return list(context.connection.execute(sa.select(t.id).where(*where).order_by(t.id)).scalars())


def _let_hear(context: Context, row: sa.Row[Any], origin: Mapping[str, str]) -> bool:
    case = lock_case(context, row.case_id)
    if not any((trigger, name) == ("signal", row.name) for _, trigger, name, _ in case.awaits):
        _change(context, row.id, status="missed", held_by=None)
        return False
    deployment = context.deployments.load(context.connection, case.deployment_id)
    request = ReceiveSignal(row.name, row.data)
    step = context.step(deployment, case.state, request, context.calendars(case.calendar))
    if step.fault:
        open_incident(context, case, step.fault, action=CaseAction.RECEIVE_SIGNAL, subject=row.name)
        _change(context, row.id, held_by=case.id)
        return False
    entry = context.entry(CaseAction.RECEIVE_SIGNAL, row.name, origin)
    apply_step(context, case, deployment, request=request, step=step, entry=entry)
    _change(context, row.id, status="heard", held_by=None)
    return True


def _lock(context: Context, hearing_id: int) -> sa.Row[Any] | None:
    """The hearing with its signal if it is still to come, held until the transaction ends."""
    given = {"hearing": hearing_id, "company": context.actor.company_id}
    found: sa.Row[Any] | None = context.connection.execute(_LOCK, given).one_or_none()
    return found


def _is_held(context: Context, row: sa.Row[Any]) -> bool:
    return row.held_by is not None and has_incident(context, row.held_by)


def _change(context: Context, hearing_id: int, **values: Any) -> None:
    context.connection.execute(sa.update(hearings).where(hearings.c.id == hearing_id).values(values))


_LOCK: Final[sa.Select[*tuple[Any, ...]]] = (
    sa.select(
        hearings.c.id,
        hearings.c.case_id,
        hearings.c.procedure,
        hearings.c.element,
        hearings.c.held_by,
        signals.c.name,
        signals.c.data,
        signals.c.sender,
        signals.c.sender_case_id,
        signals.c.thrown_at,
    )
    .join(signals, signals.c.id == hearings.c.signal_id)
    .where(
        hearings.c.id == sa.bindparam("hearing"),
        hearings.c.company_id == sa.bindparam("company"),
        hearings.c.status == "waiting",
    )
    .with_for_update(of=hearings, key_share=True)
)
