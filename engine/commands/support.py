"""Support of the platform: asked for by whoever runs the installation, let in by the company, for hours, masked."""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.credentials import hashed
from engine.commands.people import add_person, leave
from engine.commands.reasons import require_reason
from engine.complaints import SYSTEM
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.tables import auditors, people, support_access

#: Hours for which an administrator may let support in; whoever needs longer asks again.
HOURS: Final = (1, 4, 8, 24, 72)
_LONGEST_NAME: Final = 100


class SupportStatus(StrEnum):
    """Where a request of support stands."""

    ASKED = "asked"
    OPEN = "open"  #: let in; over when its time is
    ENDED = "ended"  #: by an administrator, before its time
    REFUSED = "refused"


def ask_support(context: Context, *, who: str, reason: str) -> tuple[int, str]:
    """Ask the company to let *who* in; the request's number and the code they sign in with once it has agreed.

    Opens nothing by itself. Only for whoever runs the installation. Raises NotPermitted, AnswersInvalid.
    """
    if context.actor.name != SYSTEM:
        raise NotPermitted(CompanyAction.ASK_SUPPORT.value, "not-the-platform")
    if not 0 < len(who.strip()) <= _LONGEST_NAME:
        raise AnswersInvalid([FieldError("who", "required")])
    require_reason(reason)
    code = secrets.token_urlsafe(15)
    request_id: int = context.connection.execute(
        sa.insert(support_access)
        .values(
            company_id=context.actor.company_id,
            who=who.strip(),
            reason=reason.strip(),
            password_hash=hashed(code),
            status=str(SupportStatus.ASKED),
            asked_at=context.now,
        )
        .returning(support_access.c.id)
    ).scalar_one()
    body = {"who": who.strip(), "reason": reason.strip()}
    record_for_company(context, CompanyAction.ASK_SUPPORT, str(request_id), body)
    return request_id, code


def grant_support(context: Context, request_id: int, *, hours: int) -> str:
    """Let support in for so many *hours*; the login that was made for it.

    They read, masked, and change nothing. Raises NotPermitted, NotFound, AlreadyDone, AnswersInvalid.
    """
    row = _lock(context, request_id, SupportStatus.ASKED, action=CompanyAction.GRANT_SUPPORT)
    if hours not in HOURS:
        raise AnswersInvalid([FieldError("hours", "choice")])
    login, ends_at = support_login(request_id), context.now + timedelta(hours=hours)
    name = {"zh-Hans": f"平台支持 {row.who}", "zh-Hant": f"平台支援 {row.who}", "en": f"Support: {row.who}"}
    person_id = add_person(context, login=login, name=name, groups=())
    by_code = sa.update(people).where(people.c.id == person_id).values(password_hash=row.password_hash)
    context.connection.execute(by_code)
    context.connection.execute(
        sa.insert(auditors).values(
            person_id=person_id,
            company_id=context.actor.company_id,
            ends_at=ends_at,
            mandate=row.reason,
            appointed_at=context.now,
            appointed_by=context.actor.name,
            masked=True,
        )
    )
    _write(context, request_id, SupportStatus.OPEN, ends_at=ends_at, person_id=person_id)
    body = {"who": row.who, "reason": row.reason, "until": ends_at.isoformat()}
    record_for_company(context, CompanyAction.GRANT_SUPPORT, login, body)
    return login


def refuse_support(context: Context, request_id: int) -> None:
    """Let nobody in. Raises NotPermitted, NotFound, AlreadyDone."""
    _lock(context, request_id, SupportStatus.ASKED, action=CompanyAction.REFUSE_SUPPORT)
    _write(context, request_id, SupportStatus.REFUSED)
    record_for_company(context, CompanyAction.REFUSE_SUPPORT, str(request_id))


def end_support(context: Context, request_id: int) -> None:
    """Support is out at once, wherever it is signed in. Raises NotPermitted, NotFound, AlreadyDone."""
    row = _lock(context, request_id, SupportStatus.OPEN, action=CompanyAction.END_SUPPORT)
    leave(context, row.person_id)
    t = support_access.c
    ended = sa.update(support_access).where(t.id == request_id)
    context.connection.execute(ended.values(status=str(SupportStatus.ENDED), ended_at=context.now))
    record_for_company(context, CompanyAction.END_SUPPORT, support_login(request_id))


def support_login(request_id: int) -> str:
    """Who the history names for what that support looks at."""
    return f"support-{request_id}"


def _lock(context: Context, request_id: int, status: SupportStatus, *, action: CompanyAction) -> Any:
    if not context.actor.administrator:
        raise NotPermitted(action.value, "not-an-administrator")
    t = support_access.c
    where = (t.company_id == context.actor.company_id, t.id == request_id)
    row = context.connection.execute(sa.select(support_access).where(*where).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("support request", request_id)
    if row.status != status:
        at = row.decided_at.isoformat() if row.decided_at else None
        raise AlreadyDone(f"support request {request_id}", row.decided_by, at)
    return row


def _write(context: Context, request_id: int, status: SupportStatus, **values: Any) -> None:
    decided = {"status": str(status), "decided_at": context.now, "decided_by": context.actor.name, **values}
    context.connection.execute(sa.update(support_access).where(support_access.c.id == request_id).values(decided))
