"""Service requests: carried out by job handlers, completed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.errands import tell_group
from engine.commands.locking import LockedCase, lock_case
from engine.commands.steps import apply_step, open_incident, record
from engine.complaints import letter_code, letter_hash
from engine.history import digest_of_letter
from engine.interpreter import CompleteService, Fault, TaskKey
from engine.prepared import Prepared
from engine.tables import incidents, letters, service_requests


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
    step = context.step(deployment, case.state, request, context.calendars(case.calendar))
    if step.fault:
        _open_once(context, case, step.fault, action=CaseAction.COMPLETE_SERVICE, key=key)
        return False
    _end_request(context, case_id, key)
    body = _keep(context, case, key, letter) if letter else {}
    entry = context.entry(CaseAction.COMPLETE_SERVICE, key, body)
    apply_step(context, case, deployment, request=request, step=step, entry=entry)
    return True


def keep_letter(context: Context, case_id: int, key: str, letter: WrittenLetter) -> bool:
    """Keep a letter that no service request asked for, under a key of its own. False when it is there already."""
    case = lock_case(context, case_id)
    t = letters.c
    if context.connection.execute(sa.select(t.id).where(t.case_id == case_id, t.key == key)).first() is not None:
        return False
    body = _keep(context, case, key, letter)
    record(context, case, context.entry(CaseAction.WRITE_LETTER, key, body))
    return True


def fail_service(context: Context, case_id: int, key: str, reason: str) -> None:
    """Make visible that the job of a service request was given up: an incident of the case, once.

    Nothing happens when the request is no longer to be done. Raises NotFound.
    """
    case = lock_case(context, case_id)
    if _is_open(context, case_id, key):
        fault = Fault("job-failed", _element(context, case_id, key), reason)
        _open_once(context, case, fault, action=CaseAction.COMPLETE_SERVICE, key=key)


def fail_letter(context: Context, case_id: int, key: str, reason: str) -> None:
    """Make visible that a letter nobody in the diagram asked for could not be written: an incident, once."""
    case = lock_case(context, case_id)
    _open_once(context, case, Fault("letter-not-written", "", reason), action=CaseAction.WRITE_LETTER, key=key)


def _open_once(context: Context, case: LockedCase, fault: Fault, *, action: str, key: str) -> None:
    """Open an incident unless the same one is open: jobs are delivered, and given up, at least once."""
    t = incidents.c
    same = (t.case_id == case.id, t.code == fault.code, t.element == fault.element, t.closed_at.is_(None))
    if context.connection.execute(sa.select(t.id).where(*same)).first() is None:
        open_incident(context, case, fault, action=action, subject=key)


def _element(context: Context, case_id: int, key: str) -> str:
    t = service_requests.c
    found = context.connection.execute(sa.select(t.element).where(t.case_id == case_id, t.key == key)).scalar()
    return found or ""


def _is_open(context: Context, case_id: int, key: str) -> bool:
    found = _REQUEST_STATUS.rows(context.connection, {"case": case_id, "request": key})
    return bool(found) and found[0].status == "open"


def _end_request(context: Context, case_id: int, key: str) -> None:
    _END_REQUEST.execute(context.connection, {"case": case_id, "request": key, "now": context.now})


def _keep(context: Context, case: LockedCase, key: str, letter: WrittenLetter) -> Mapping[str, Any]:
    """Keep *letter* and, where it is for a group, tell everybody in it; what the history says of it."""
    row = {
        "company_id": context.actor.company_id,
        "case_id": case.id,
        "key": key,
        "letter": letter.letter,
        "recipient": letter.recipient,
        "address": letter.address,
        "language": letter.language,
        "subject": letter.subject,
        "body": letter.body,
        "written_at": context.now,
        "code_hash": letter_hash(letter_code(context.secret, case.company_id, case.number, key)),
    }
    _KEEP_LETTER.execute(context.connection, row)
    said = {"letter": letter.letter, "to": letter.recipient, "sha256": digest_of_letter(letter.subject, letter.body)}
    groups = context.deployments.load(context.connection, case.deployment_id).package.company.groups
    if letter.recipient not in groups:
        return said
    return {**said, "for": list(tell_group(context, case, letter.recipient, about=letter.subject))}


_OF_REQUEST: Final = (
    service_requests.c.case_id == sa.bindparam("case"),
    service_requests.c.key == sa.bindparam("request"),
)
_REQUEST_STATUS: Final = Prepared(sa.select(service_requests.c.status).where(*_OF_REQUEST))
_END_REQUEST: Final = Prepared(
    sa.update(service_requests).where(*_OF_REQUEST).values(status="completed", ended_at=sa.bindparam("now"))
)
_KEEP_LETTER: Final = Prepared(sa.insert(letters))
