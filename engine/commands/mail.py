"""Letters on their way to a mail server: tried again ever more slowly, then held until an administrator decides."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.ladder import next_try
from engine.commands.locking import LockedCase, lock_case
from engine.commands.reasons import reason_errors, require_reason
from engine.commands.steps import open_incident, record
from engine.commands.test_clock import clock_of
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.interpreter import Fault
from engine.jobs import Job
from engine.tables import LETTER_NOT_SENT, incidents, letters, service_requests

#: Kind of the job that hands a kept letter to the mail server.
MAIL_JOB: Final = "mail"
#: A contact field may hold anything; only a plain address of usual length goes to a mail server.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_MAX_ADDRESS: Final = 254
_MOST: Final = 500
_SETTLED: Final = {"next_try_at": None, "failed_at": None, "problem": ""}
_ANEW: Final = _SETTLED | {"attempts": 0}


def is_mail_address(text: str) -> bool:
    """Whether a mail server would take *text* as the address of one person."""
    return len(text) <= _MAX_ADDRESS and _ADDRESS.fullmatch(text) is not None


def put_mail(context: Context, case_id: int, key: str, *, again: str = "") -> None:
    """Put the job that sends the letter of that request; *again* tells a repeated attempt from the first."""
    if clock_of(context.connection, context.actor.company_id) is not None:
        return  # a sandbox writes letters and sends none
    argument = {"company": context.actor.company_id, "case": case_id, "key": key}
    context.jobs.put(context.connection, Job(MAIL_JOB, f"mail:{case_id}:{key}{again}", argument))


def record_sending(context: Context, case_id: int, key: str) -> None:
    """Note that a mail server took the letter. The second time changes nothing."""
    context.connection.execute(
        sa.update(letters)
        .where(letters.c.case_id == case_id, letters.c.key == key, letters.c.sent_at.is_(None))
        .values(sent_at=context.now, **_SETTLED)
    )


def put_off(context: Context, case_id: int, key: str, problem: str) -> None:
    """Note that no mail server took the letter, and try again later; after the last time an incident."""
    case = lock_case(context, case_id)
    letter = _unsent(context, case_id, key)
    if letter is None:
        return
    attempts = letter.attempts + 1
    later = next_try(attempts, now=context.now)
    _change(context, letter.id, attempts=attempts, next_try_at=later, problem=problem[:_MOST])
    if later is None:
        _give_up(context, case, letter, problem)


def give_up_mail(context: Context, case_id: int, key: str, problem: str) -> None:
    """Make visible that the letter will not be sent unless somebody does something: an incident, once."""
    case = lock_case(context, case_id)
    letter = _unsent(context, case_id, key)
    if letter is not None and letter.failed_at is None:
        _change(context, letter.id, attempts=letter.attempts + 1, next_try_at=None, problem=problem[:_MOST])
        _give_up(context, case, letter, problem)


def send_due(context: Context, letter_id: int) -> bool:
    """Put the job that tries the letter again, when its time has come. False when somebody else did."""
    taken = (letters.c.id == letter_id, letters.c.next_try_at <= context.now)
    statement = sa.update(letters).where(*taken).values(next_try_at=None).returning(letters.c.case_id, letters.c.key)
    found = context.connection.execute(statement).one_or_none()
    if found is None:
        return False
    put_mail(context, found.case_id, found.key, again=f":{round(context.now.timestamp() * 1000)}")
    return True


def try_letters_again(context: Context, case_id: int) -> None:
    """Send the letters of the case that were given up, as if nobody had tried yet."""
    own = (letters.c.case_id == case_id, letters.c.failed_at.is_not(None))
    context.connection.execute(sa.update(letters).where(*own).values(_ANEW | {"next_try_at": context.now}))


def send_again(context: Context, letter_id: int, *, reason: str) -> None:
    """Try to send the letter now. Raises NotFound, NotPermitted, AnswersInvalid, AlreadyDone."""
    require_reason(reason)
    held = _hold(context, letter_id)
    _change(context, letter_id, **_ANEW | {"next_try_at": context.now})
    _decided(context, held, CaseAction.SEND_LETTER_AGAIN, {"reason": reason.strip()})


def keep_for_printing(context: Context, letter_id: int, *, reason: str) -> None:
    """Do not mail the letter: it can be printed or read here. Raises as `send_again`."""
    require_reason(reason)
    held = _hold(context, letter_id)
    _change(context, letter_id, address="", **_ANEW)
    _decided(context, held, CaseAction.KEEP_LETTER, {"reason": reason.strip()})


def readdress(context: Context, letter_id: int, *, address: str, reason: str) -> None:
    """Send the letter to another address, now. The case's own answers stay as they are. Raises as `send_again`."""
    address = address.strip()
    errors = [] if is_mail_address(address) else [FieldError("address", "pattern" if address else "required")]
    if errors := [*errors, *reason_errors(reason)]:
        raise AnswersInvalid(errors)
    held = _hold(context, letter_id)
    _change(context, letter_id, address=address, **_ANEW | {"next_try_at": context.now})
    body = {"was": held.letter.address, "address": address, "reason": reason.strip()}
    _decided(context, held, CaseAction.READDRESS_LETTER, body)


def stop_sending(context: Context, case: LockedCase, letter: Any) -> None:
    """Let no mail server have *letter* of the locked *case* any more; one that was sent stays sent."""
    if letter.sent_at is None:
        _change(context, letter.id, **_SETTLED)
        _close_incident(context, _Held(letter, case))


@dataclass(frozen=True, slots=True)
class _Held:
    """A letter that is not sent, with its case."""

    letter: Any
    case: LockedCase


def _hold(context: Context, letter_id: int) -> _Held:
    if not context.actor.administrator:
        raise NotPermitted("send_letter", "not-an-administrator")
    t = letters.c
    own = (t.id == letter_id, t.company_id == context.actor.company_id)
    case_id = context.connection.execute(sa.select(t.case_id).where(*own)).scalar()
    if case_id is None:
        raise NotFound("letter", letter_id)
    case = lock_case(context, case_id)
    letter = context.connection.execute(sa.select(letters).where(*own)).one()
    if letter.failed_at is None and letter.next_try_at is None:
        raise AlreadyDone(f"letter {letter_id}", None, letter.sent_at.isoformat() if letter.sent_at else None)
    return _Held(letter, case)


def _decided(context: Context, held: _Held, action: CaseAction, body: dict[str, str]) -> None:
    _close_incident(context, held)
    entry = context.entry(action, held.letter.key, body)
    record(context, held.case, replace(entry, personal=entry.personal | {"was", "address"}))


def _close_incident(context: Context, held: _Held) -> None:
    """The letter's incident is attended to, unless another letter of the same step waits for somebody too."""
    element, t = _element(context, held.case.id, held.letter.key), letters.c
    others = sa.select(t.key).where(t.case_id == held.case.id, t.failed_at.is_not(None), t.id != held.letter.id)
    if any(_element(context, held.case.id, key) == element for key in context.connection.execute(others).scalars()):
        return
    i = incidents.c
    same = (i.case_id == held.case.id, i.code == LETTER_NOT_SENT, i.element == element, i.closed_at.is_(None))
    context.connection.execute(sa.update(incidents).where(*same).values(closed_at=context.now))


def _give_up(context: Context, case: LockedCase, letter: Any, problem: str) -> None:
    _change(context, letter.id, failed_at=context.now)
    fault = Fault(LETTER_NOT_SENT, _element(context, case.id, letter.key), problem[:_MOST])
    i = incidents.c
    same = (i.case_id == case.id, i.code == LETTER_NOT_SENT, i.element == fault.element, i.closed_at.is_(None))
    if context.connection.execute(sa.select(i.id).where(*same)).first() is None:
        open_incident(context, case, fault, action="send_mail", subject=letter.key)


def _unsent(context: Context, case_id: int, key: str) -> Any:
    t = letters.c
    where = (t.case_id == case_id, t.key == key, t.address != "", t.sent_at.is_(None), t.withdrawn_at.is_(None))
    return context.connection.execute(sa.select(letters).where(*where)).one_or_none()


def _element(context: Context, case_id: int, key: str) -> str:
    t = service_requests.c
    found = context.connection.execute(sa.select(t.element).where(t.case_id == case_id, t.key == key)).scalar()
    return found or ""


def _change(context: Context, letter_id: int, **values: Any) -> None:
    context.connection.execute(sa.update(letters).where(letters.c.id == letter_id).values(values))
