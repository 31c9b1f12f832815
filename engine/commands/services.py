"""Service requests: carried out by job handlers, completed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.commands.context import Context
from engine.commands.locking import lock_case
from engine.commands.steps import apply_step, open_incident
from engine.history import Entry
from engine.interpreter import CompleteService, TaskKey, advance
from engine.tables import letters, service_requests


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """A letter as it leaves: rendered, addressed, in one language."""

    letter: str
    recipient: str
    address: str  #: "" = kept for printing
    language: str
    subject: str
    body: str


def complete_service(
    context: Context, case_id: int, key: str, result: Mapping[str, Any], *, letter: WrittenLetter | None = None
) -> bool:
    """Hand in the result of a service request and let the case go on; *letter* is kept in the same transaction.

    False, and nothing changes, when the request is no longer open: jobs are delivered at least once.
    """
    case = lock_case(context, case_id)
    if not _is_open(context, case_id, key):
        return False
    deployment = context.deployments.load(context.connection, case.deployment_id)
    request = CompleteService(TaskKey(key), result)
    step = advance(deployment.definition, case.state, request, now=context.now, calendar=deployment.calendar)
    if step.fault:
        open_incident(context, case, step, action="complete_service", subject=key)
        return False
    _end_request(context, case_id, key)
    if letter:
        _keep(context, case_id, key, letter)
    body = {"letter": letter.letter, "to": letter.recipient} if letter else {}
    entry = Entry(context.now, context.actor.name, "complete_service", key, body)
    apply_step(context, case, deployment, request=request, step=step, entry=entry)
    return True


def record_sending(context: Context, case_id: int, key: str) -> None:
    """Note that a mail server took the letter. The second time changes nothing."""
    context.connection.execute(
        sa.update(letters)
        .where(letters.c.case_id == case_id, letters.c.key == key, letters.c.sent_at.is_(None))
        .values(sent_at=context.now)
    )


def _is_open(context: Context, case_id: int, key: str) -> bool:
    t = service_requests.c
    status = context.connection.execute(sa.select(t.status).where(t.case_id == case_id, t.key == key)).scalar()
    return status == "open"


def _end_request(context: Context, case_id: int, key: str) -> None:
    t = service_requests.c
    context.connection.execute(
        sa.update(service_requests)
        .where(t.case_id == case_id, t.key == key)
        .values(status="completed", ended_at=context.now)
    )


def _keep(context: Context, case_id: int, key: str, letter: WrittenLetter) -> None:
    context.connection.execute(
        sa.insert(letters).values(
            company_id=context.actor.company_id,
            case_id=case_id,
            key=key,
            letter=letter.letter,
            recipient=letter.recipient,
            address=letter.address,
            language=letter.language,
            subject=letter.subject,
            body=letter.body,
            written_at=context.now,
        )
    )
