"""What a step sends out of its case: kept in the step's transaction, delivered by jobs in their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.context import Context
from engine.commands.subscriptions import answered_keys, listening_cases
from engine.interpreter import Step
from engine.jobs import Job
from engine.procedures import Package
from engine.procedures.messages import STANDARD_KEEP
from engine.tables import entrances, hearings, known_messages, message_keys, messages, signals

#: Kinds of the jobs that deliver a message, that spread a signal, and that let one case hear it.
MESSAGE_JOB: Final = "message"
SIGNAL_JOB: Final = "signal"
HEARING_JOB: Final = "hearing"
#: How soon the worker looks after a message by itself: longer than a transaction that may not have seen it yet.
FIRST_LOOK: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: a case by the visit of an element, or a program."""

    name: str  #: number of the case, else login
    case_id: int | None = None
    key: str = ""
    element: str = ""


def send(context: Context, package: Package, step: Step, *, sender: Sender) -> None:
    """Keep the messages and signals of *step*, a step of *sender*'s case, and put the jobs that deliver them."""
    for message in step.messages:
        by = Sender(sender.name, sender.case_id, message.key, message.element)
        keep = package.keeps.get(message.name)
        expires_at = context.now + (keep_of(context, message.name) if keep is None else keep)
        message_id = keep_message(
            context, message.name, correlation=message.correlation, data=message.data, sender=by, expires_at=expires_at
        )
        put_message(context, message_id)
    for signal in step.signals:
        by = Sender(sender.name, sender.case_id, signal.key, signal.element)
        spread_signal(context, signal.name, signal.data, sender=by)


def keep_of(context: Context, name: str) -> timedelta:
    """How long a message waits to be taken by what the procedures say that can take it: the longest of their times."""
    asked = {"company": context.actor.company_id, "name": name}
    said = context.connection.execute(_KEEP, asked).scalar()
    return STANDARD_KEEP if said is None else timedelta(seconds=said)


def keep_message(
    context: Context,
    name: str,
    *,
    correlation: Mapping[str, Any],
    data: Mapping[str, Any],
    sender: Sender,
    expires_at: datetime,
    to_case_id: int | None = None,
    held_by: int | None = None,
) -> int:
    """Keep a message until it is taken or expires; its id."""
    row = {
        "company_id": context.actor.company_id,
        "name": name,
        "correlation": dict(correlation),
        "data": dict(data),
        "to_case_id": to_case_id,
        "sender": sender.name,
        "sender_case_id": sender.case_id,
        "sender_key": sender.key,
        "sender_element": sender.element,
        "sent_at": context.now,
        "expires_at": expires_at,
        "status": "waiting",
        "due_at": min(context.now + FIRST_LOOK, expires_at),
        "held_by": held_by,
    }
    message_id: int = context.connection.execute(_INSERT_MESSAGE, row).scalar_one()
    place = {"company_id": context.actor.company_id, "name": name, "message_id": message_id}
    keys = [place | {"correlation": key} for key in sorted(answered_keys(correlation))]
    context.connection.execute(_INSERT_KEYS, keys)
    return message_id


def put_message(context: Context, message_id: int, *, again: str = "") -> None:
    """Put the job that delivers the message; *again* tells a repeated attempt from the first."""
    argument = {"company": context.actor.company_id, "message": message_id}
    context.jobs.put(context.connection, Job(MESSAGE_JOB, f"message:{message_id}{again}", argument))


def spread_signal(context: Context, name: str, data: Mapping[str, Any], *, sender: Sender) -> int:
    """Let everybody hear the signal who waits for it now, and every procedure that begins by it; how many they are."""
    company_id = context.actor.company_id
    hearers: list[dict[str, Any]] = [
        {"case_id": case_id, "procedure": "", "element": ""}
        for case_id in listening_cases(context, name, without=sender.case_id)
    ]
    doors = context.connection.execute(ENTRANCES, {"company": company_id, "on": "signal", "name": name})
    hearers += [{"case_id": None, "procedure": door.procedure, "element": door.element} for door in doors]
    if not hearers:
        return 0
    row = {
        "company_id": company_id,
        "name": name,
        "data": dict(data),
        "sender": sender.name,
        "sender_case_id": sender.case_id,
        "sender_key": sender.key,
        "thrown_at": context.now,
    }
    signal_id: int = context.connection.execute(_INSERT_SIGNAL, row).scalar_one()
    own = {"company_id": company_id, "signal_id": signal_id, "status": "waiting"}
    context.connection.execute(_INSERT_HEARINGS, [own | hearer for hearer in hearers])
    argument = {"company": company_id, "signal": signal_id}
    context.jobs.put(context.connection, Job(SIGNAL_JOB, f"signal:{signal_id}", argument))
    return len(hearers)


def put_hearing(context: Context, hearing_id: int, *, again: str = "") -> None:
    """Put the job that lets one case or procedure hear a signal; *again* as for `put_message`."""
    argument = {"company": context.actor.company_id, "hearing": hearing_id}
    context.jobs.put(context.connection, Job(HEARING_JOB, f"hearing:{hearing_id}{again}", argument))


#: The start events that a message or signal of that name sets off.
ENTRANCES: Final = (
    sa.select(entrances.c.procedure, entrances.c.element)
    .where(
        entrances.c.company_id == sa.bindparam("company"),
        entrances.c.trigger == sa.bindparam("on"),
        entrances.c.name == sa.bindparam("name"),
    )
    .order_by(entrances.c.procedure, entrances.c.element)
)
_KEEP: Final = sa.select(sa.func.max(known_messages.c.keep)).where(
    known_messages.c.company_id == sa.bindparam("company"), known_messages.c.name == sa.bindparam("name")
)
_INSERT_MESSAGE: Final = sa.insert(messages).returning(messages.c.id)
_INSERT_KEYS: Final = sa.insert(message_keys)
_INSERT_SIGNAL: Final = sa.insert(signals).returning(signals.c.id)
_INSERT_HEARINGS: Final = sa.insert(hearings)
