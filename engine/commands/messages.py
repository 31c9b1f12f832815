"""Messages: each is taken once, by the case that has waited longest, or opens a case, or waits until it expires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction, CompanyAction
from engine.commands.cases import start_by_event
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.errors import CorrelationTooWide, MessageUnknown
from engine.commands.idempotency import NO_KEY, RequestKey, recall, remember
from engine.commands.locking import lock_case
from engine.commands.outbox import ENTRANCES, FIRST_LOOK, Sender, keep_message, keep_of
from engine.commands.steps import apply_step, has_incident, open_incident
from engine.commands.subscriptions import answered_keys, awaited_names, waiting_cases
from engine.errors import NotFound
from engine.interpreter import CaseEnded, CaseSuspended, Fault, MessageNotExpected, ReceiveMessage
from engine.interpreter.data import own_copy
from engine.procedures.messages import MAX_CORRELATION
from engine.tables import cases, known_messages, message_keys, messages

#: A message that waits is looked after again when it has waited twice as long, but every day at least.
_LAST_LOOK: Final = timedelta(days=1)
#: Cases asked in one transaction. The first takes it, unless it moved on while it was found.
_MOST_ASKED: Final = 20


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message from outside."""

    case: str  #: number of the case that took it, "" = it waits
    status: str  #: of that case, else ``"waiting"``
    expires_at: datetime | None = None  #: until when it waits


@dataclass(frozen=True, slots=True)
class _Message:
    """A message on its way to a case."""

    name: str
    correlation: Mapping[str, Any]
    data: Mapping[str, Any]
    to_case_id: int | None
    sender: str
    sent_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Taken:
    case_id: int
    number: str
    status: str


@dataclass(frozen=True, slots=True)
class _Failed:
    """The step of the case that should have taken it failed; somebody has to look at it first."""

    case_id: int


def receive_message(
    context: Context,
    name: str,
    *,
    correlation: Mapping[str, Any],
    data: Mapping[str, Any],
    idempotency_key: RequestKey = NO_KEY,
) -> Received:
    """Deliver a message from outside, or keep it until somebody waits for it.

    ``correlation["case"]`` may name the only case that may take it. The same *idempotency_key* gives the same answer.
    Raises CorrelationTooWide, DataRefused, MessageUnknown when nothing of the company could ever take it, NotFound
    when nobody waits and it may not be kept, ProcedureFailed when it should open a case and cannot.
    """
    if idempotency_key and (answer := recall(context, idempotency_key)) is not None:
        until = answer.get("expires_at")
        return Received(answer["case"], answer["status"], datetime.fromisoformat(until) if until else None)
    message = _from_outside(context, name, correlation, data)
    found = _deliver(context, message)
    if isinstance(found, _Taken):
        received = Received(found.number, found.status)
    else:
        received = _keep(context, message, held_by=found.case_id if found else None)
    if idempotency_key:
        until = received.expires_at.isoformat() if received.expires_at else None
        answer = {"case": received.case, "status": received.status, "expires_at": until}
        remember(context, idempotency_key, answer)
    return received


def deliver(context: Context, message_id: int) -> int | None:
    """Give a message that waits to whoever may have it; the id of the case that took it.

    One that nobody takes goes on waiting, or expires when its time is over. May be repeated: what was taken is taken.
    Raises ProcedureFailed when it should open a case and cannot.
    """
    row = _lock(context, message_id)
    if row is None or _is_held(context, row):
        return None
    message = _Message(
        name=row.name,
        correlation=row.correlation,
        data=row.data,
        to_case_id=row.to_case_id,
        sender=row.sender,
        sent_at=row.sent_at,
        expires_at=row.expires_at,
    )
    found = _deliver(context, message)
    if isinstance(found, _Taken):
        _end(context, message_id, status="taken", case_id=found.case_id, taken_at=context.now, data={})
        return found.case_id
    if found:
        _change(context, message_id, held_by=found.case_id, due_at=context.now + _LAST_LOOK)
    elif context.now >= row.expires_at:
        _expire(context, row)
    else:
        waited = min(max(context.now - row.sent_at, FIRST_LOOK), _LAST_LOOK)
        _change(context, message_id, held_by=None, due_at=min(context.now + waited, row.expires_at))
    return None


def fail_delivery(context: Context, message_id: int, reason: str) -> None:
    """Make visible that a message cannot be delivered: an incident of the case that sent it, else of the company.

    It goes on waiting; one that a case sent is tried again when the incident is closed.
    """
    row = _lock(context, message_id)
    if row is None or _is_held(context, row):
        return
    if row.sender_case_id is not None:
        _open_incident(context, row, Fault("message-not-delivered", row.sender_element, reason))
        _change(context, message_id, held_by=row.sender_case_id, due_at=context.now + _LAST_LOOK)
    elif context.now >= row.expires_at:
        _expire(context, row)
    else:
        record_for_company(context, CompanyAction.SKIP_MESSAGE, row.name, {**_origin(row), "reason": reason})
        _change(context, message_id, due_at=row.expires_at)


def _from_outside(context: Context, name: str, correlation: Mapping[str, Any], data: Mapping[str, Any]) -> _Message:
    values = {key: value for key, value in correlation.items() if key != "case"}
    if len(values) > MAX_CORRELATION:
        raise CorrelationTooWide(len(values))
    return _Message(
        name=name,
        correlation=values,
        data=own_copy(data),
        to_case_id=_case_named(context, correlation["case"]) if "case" in correlation else None,
        sender=context.actor.name,
        sent_at=context.now,
        expires_at=context.now,  # whoever waits now may have it; how long it is kept is asked when nobody does
    )


def _case_named(context: Context, number: Any) -> int:
    where = (cases.c.company_id == context.actor.company_id, cases.c.number == str(number), cases.c.ended_at.is_(None))
    found: int | None = context.connection.execute(sa.select(cases.c.id).where(*where)).scalar()
    if found is None:
        raise NotFound("open case", number)
    return found


def _deliver(context: Context, message: _Message) -> _Taken | _Failed | None:
    """Let the case go on that has waited longest, else open one; None when there is neither."""
    if message.to_case_id is not None:
        return _offer(context, message, message.to_case_id)
    keys = answered_keys(message.correlation)
    for case_id in waiting_cases(context, message.name, keys, not_after=message.expires_at, limit=_MOST_ASKED):
        if found := _offer(context, message, case_id):
            return found
    return _open_case(context, message)


def _offer(context: Context, message: _Message, case_id: int) -> _Taken | _Failed | None:
    """Let the case take the message; None when it does not wait for it (any more)."""
    case = lock_case(context, case_id)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    request = ReceiveMessage(message.name, message.correlation, message.data)
    try:
        step = context.step(deployment, case.state, request, context.calendars(case.calendar))
    except (MessageNotExpected, CaseEnded, CaseSuspended):
        return None
    if step.fault:
        open_incident(context, case, step.fault, action=CaseAction.RECEIVE_MESSAGE, subject=message.name)
        return _Failed(case.id)
    entry = context.entry(CaseAction.RECEIVE_MESSAGE, message.name, _origin(message))
    apply_step(context, case, deployment, request=request, step=step, entry=entry)
    return _Taken(case.id, case.number, str(step.status))


def _open_case(context: Context, message: _Message) -> _Taken | None:
    asked = {"company": context.actor.company_id, "on": "message", "name": message.name}
    entrance = context.connection.execute(ENTRANCES, asked).first()
    if entrance is None:
        return None
    entry = context.entry(CaseAction.START_BY_MESSAGE, message.name, _origin(message))
    started = start_by_event(context, entrance.procedure, entrance.element, message.data, entry=entry)
    return _Taken(started.case_id, started.number, started.status)


def _keep(context: Context, message: _Message, *, held_by: int | None) -> Received:
    """Keep a message from outside that nobody took. Raises MessageUnknown, NotFound."""
    known = _known_names(context)
    if message.name not in known and message.name not in (awaited := awaited_names(context)):
        raise MessageUnknown(message.name, sorted(known | awaited))
    keep = keep_of(context, message.name)
    if not keep and held_by is None:
        raise NotFound("case that waits for message", message.name)
    expires_at = context.now + keep
    keep_message(
        context,
        message.name,
        correlation=message.correlation,
        data=message.data,
        sender=Sender(message.sender),
        expires_at=expires_at,
        to_case_id=message.to_case_id,
        held_by=held_by,
    )
    return Received("", "waiting", expires_at)


def _known_names(context: Context) -> set[str]:
    return set(context.connection.execute(_KNOWN_NAMES, {"company": context.actor.company_id}).scalars())


def _lock(context: Context, message_id: int) -> sa.Row[Any] | None:
    """The message if it still waits, held until the transaction ends."""
    return context.connection.execute(_LOCK, {"message": message_id, "company": context.actor.company_id}).one_or_none()


def _is_held(context: Context, row: sa.Row[Any]) -> bool:
    """Whether an incident must be closed first. Looked at again every day, so that none is forgotten."""
    if row.held_by is None or not has_incident(context, row.held_by):
        return False
    _change(context, row.id, due_at=context.now + _LAST_LOOK)
    return True


def _expire(context: Context, row: sa.Row[Any]) -> None:
    _end(context, row.id, status="expired")
    if row.sender_case_id is None:
        record_for_company(context, CompanyAction.EXPIRE_MESSAGE, row.name, _origin(row))
        return
    sentence = (
        f"expected message {row.name!r} to be taken by {row.expires_at.isoformat()}, found nobody who waited for it"
    )
    _open_incident(context, row, Fault("message-expired", row.sender_element, sentence))


def _open_incident(context: Context, row: sa.Row[Any], fault: Fault) -> None:
    """An incident of the case that sent the message."""
    case = lock_case(context, row.sender_case_id)
    open_incident(context, case, fault, action="send_message", subject=row.sender_key)


def _origin(message: _Message | sa.Row[Any]) -> Mapping[str, str]:
    """Where a message comes from, as the history says it."""
    return {"sender": message.sender, "sent_at": message.sent_at.isoformat()}


def _end(context: Context, message_id: int, **values: Any) -> None:
    """Nobody is asked about the message any more."""
    _change(context, message_id, due_at=None, held_by=None, **values)
    context.connection.execute(sa.delete(message_keys).where(message_keys.c.message_id == message_id))


def _change(context: Context, message_id: int, **values: Any) -> None:
    context.connection.execute(sa.update(messages).where(messages.c.id == message_id).values(values))


_LOCK: Final = (
    sa.select(messages)
    .where(
        messages.c.id == sa.bindparam("message"),
        messages.c.company_id == sa.bindparam("company"),
        messages.c.status == "waiting",
    )
    .with_for_update(key_share=True)
)
_KNOWN_NAMES: Final = (
    sa.select(known_messages.c.name).distinct().where(known_messages.c.company_id == sa.bindparam("company"))
)
