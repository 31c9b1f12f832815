"""Complaints that customers file on public pages or by mail. What looks wrong is held for somebody, never refused."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.answers import checked
from engine.commands.cases import Started, intake_form, start
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.idempotency import NO_KEY, RequestKey, recall, remember
from engine.commands.mail_cases import open_by_mail
from engine.commands.reasons import require_reason
from engine.complaints import Actor, Doubt, FilingStatus, may_decide_filing, tracking_code, tracking_hash
from engine.errors import AlreadyDone, NotFound, NotPermitted
from engine.forms import Form
from engine.forms.model import TextAreaField, TextField
from engine.procedures.intake_fields import MAIL
from engine.tables import arrivals, filings

#: Complaints of one address in an hour that nobody wonders about: a family, or a shop whose guests share its network.
MOST_FROM_ONE: Final = 6
_AN_HOUR: Final = timedelta(hours=1)
#: Within this time the same words are the same complaint once more.
_SAME_FOR: Final = timedelta(days=1)
#: Words shorter than this are often the same by chance.
_ENOUGH: Final = 12
#: How long what was set aside can still be taken in; then its words are deleted.
KEPT_FOR: Final = timedelta(days=30)
_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class Sent:
    """How a complaint reached the public page."""

    address: str  #: of the network; only its keyed hash is kept
    trap: str = ""  #: what stands in the field that people do not see
    way: str = "web"
    shop: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A complaint that somebody looks at first. *code* opens the page that says what became of it."""

    code: str


def file_complaint(
    context: Context, procedure: str, raw: Mapping[str, Any], sent: Sent, *, idempotency_key: RequestKey = NO_KEY
) -> Started | Held:
    """Open a case, or hold the complaint where something looks wrong about it. Raises what `start` raises."""
    if idempotency_key and (answer := recall(context, idempotency_key)) is not None:
        if "held" in answer:
            return Held(_code(context, answer["held"]))
        return start(context, procedure, raw, idempotency_key=idempotency_key, public=True)
    deployment = context.deployments.current(context.connection, context.actor.company_id, procedure)
    if not deployment.package.start.public:
        raise NotPermitted("start_case", "not-public")
    form = intake_form(deployment, public=True)
    sender, words = _keyed(context, sent.address), _words(context, form, raw)
    doubts = [*([Doubt.TRAP] if sent.trap else []), *_doubts(context, sender, words)]
    row = {"procedure": procedure, "sender": sender, "words": words, "way": sent.way, "shop": sent.shop}
    if not doubts:
        started = start(
            context, procedure, raw, idempotency_key=idempotency_key, public=True, way=sent.way, shop=sent.shop
        )
        _keep(context, row, FilingStatus.TAKEN, case_id=started.case_id)
        return started
    checked(context, deployment, form, raw, case=None, given={})
    filing_id = _keep(context, row, FilingStatus.HELD, doubts=[str(each) for each in doubts], raw=dict(raw))
    code = _code(context, filing_id)
    context.connection.execute(
        sa.update(filings).where(filings.c.id == filing_id).values(code_hash=tracking_hash(code))
    )
    said = {"procedure": procedure, "doubts": [str(each) for each in doubts]}
    record_for_company(context, CompanyAction.HOLD_FILING, str(filing_id), said)
    if idempotency_key:
        remember(context, idempotency_key, {"held": filing_id})
    return Held(code)


def file_mail(context: Context, procedure: str, mail: Mapping[str, Any]) -> Started | Doubt:
    """Open a case with what *mail* says (see `open_by_mail`), or hold it where too many come from one sender.

    The answer is then why. Raises what `open_by_mail` raises.
    """
    sender = _keyed(context, f"mail {_mailbox_of(mail['sender'])}")
    plain = "".join(f"{mail['subject']}{mail['words']}".casefold().split())
    words = _keyed(context, plain) if len(plain) >= _ENOUGH else ""
    doubts = _doubts(context, sender, words)
    row = {"procedure": procedure, "sender": sender, "words": words, "way": MAIL, "shop": ""}
    if not doubts:
        started = open_by_mail(context, procedure, mail, arrived_at=context.now)
        _keep(context, row, FilingStatus.TAKEN, case_id=started.case_id)
        return started
    filing_id = _keep(context, row, FilingStatus.HELD, doubts=[str(each) for each in doubts], raw={"mail": dict(mail)})
    said = {"procedure": procedure, "doubts": [str(each) for each in doubts]}
    record_for_company(context, CompanyAction.HOLD_FILING, str(filing_id), said)
    return doubts[0]


def _mailbox_of(sender: str) -> str:
    """Whose mailbox an address is: what stands behind a plus is the sender's own choice."""
    name, at, domain = sender.strip().lower().rpartition("@")
    return f"{name.partition('+')[0]}{at}{domain}"


def accept_filing(context: Context, filing_id: int) -> Started:
    """Open the case of a complaint that was held; its time runs from when it was sent.

    Raises NotFound, NotPermitted, AlreadyDone, AnswersInvalid where a newer version of its form asks something else.
    """
    row = _held(context, filing_id, CompanyAction.ACCEPT_FILING)
    customer = replace(context, actor=Actor.customer(context.actor.company_id))
    if row.way == MAIL:
        started = open_by_mail(customer, row.procedure, row.raw["mail"], arrived_at=row.arrived_at)
        _note_case(context, row.raw["mail"]["message_id"], started)
    else:
        started = start(
            customer, row.procedure, row.raw, public=True, way=row.way, shop=row.shop, received=row.arrived_at
        )
    _decide(context, filing_id, FilingStatus.ACCEPTED, raw=None, case_id=started.case_id)
    record_for_company(context, CompanyAction.ACCEPT_FILING, str(filing_id), {"case": started.number})
    return started


def _note_case(context: Context, message_id: str, started: Started) -> None:
    """The list of mails says what became of the one that was held."""
    a = arrivals.c
    own = (a.company_id == context.actor.company_id, a.message_id == message_id)
    values = {"status": "case", "reason": "", "case_id": started.case_id}
    context.connection.execute(sa.update(arrivals).where(*own).values(values))


def set_filing_aside(context: Context, filing_id: int, *, reason: str) -> None:
    """Let a complaint that was held be none; its sender reads *reason*. It may still be accepted for thirty days.

    Raises NotFound, NotPermitted, AlreadyDone, AnswersInvalid without a reason.
    """
    require_reason(reason)
    row = _held(context, filing_id, CompanyAction.SET_FILING_ASIDE)
    if row.status != FilingStatus.HELD:
        raise AlreadyDone("filing", None, row.decided_at.isoformat())
    _decide(context, filing_id, FilingStatus.SET_ASIDE, reason=reason.strip())
    record_for_company(context, CompanyAction.SET_FILING_ASIDE, str(filing_id), {"reason": reason.strip()})


def _held(context: Context, filing_id: int, action: CompanyAction) -> Any:
    t = filings.c
    own = (t.id == filing_id, t.company_id == context.actor.company_id, t.status != str(FilingStatus.TAKEN))
    row = context.connection.execute(sa.select(filings).where(*own).with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise NotFound("filing", filing_id)
    deployment = context.deployments.current(context.connection, context.actor.company_id, row.procedure)
    if not may_decide_filing(context.actor, deployment.package.start.groups):
        raise NotPermitted(action.value, "not-in-group")
    if row.raw is None:
        raise AlreadyDone("filing", None, row.decided_at.isoformat() if row.decided_at else None)
    return row


def _decide(context: Context, filing_id: int, status: FilingStatus, **values: Any) -> None:
    said = {"status": str(status), "decided_at": context.now, "decided_by_id": context.actor.person_id, **values}
    context.connection.execute(sa.update(filings).where(filings.c.id == filing_id).values(said))


def _doubts(context: Context, sender: str, words: str) -> list[Doubt]:
    found = []
    if sender and _seen(context, filings.c.sender == sender, _AN_HOUR) >= MOST_FROM_ONE:
        found.append(Doubt.MANY)
    if words and _seen(context, filings.c.words == words, _SAME_FOR):
        found.append(Doubt.REPEATED)
    return found


def _seen(context: Context, same: sa.ColumnElement[bool], ago: timedelta) -> int:
    t = filings.c
    recent = (t.company_id == context.actor.company_id, same, t.arrived_at > context.now - ago)
    count: int = context.connection.execute(sa.select(sa.func.count()).select_from(filings).where(*recent)).scalar_one()
    return count


def _keep(context: Context, row: Mapping[str, Any], status: FilingStatus, **values: Any) -> int:
    forget_old(context)
    given = {"company_id": context.actor.company_id, "arrived_at": context.now, "status": str(status), "doubts": []}
    statement = sa.insert(filings).values(given | dict(row) | values).returning(filings.c.id)
    return int(context.connection.execute(statement).scalar_one())


def forget_old(context: Context) -> None:
    """Traces are kept for a day, what was set aside for thirty."""
    t, company_id = filings.c, context.actor.company_id
    old = (t.company_id == company_id, t.status == str(FilingStatus.TAKEN), t.arrived_at < context.now - _SAME_FOR)
    context.connection.execute(sa.delete(filings).where(*old))
    over = (t.status == str(FilingStatus.SET_ASIDE), t.decided_at < context.now - KEPT_FOR, t.raw.is_not(None))
    context.connection.execute(sa.update(filings).where(t.company_id == company_id, *over).values(raw=None))


def _words(context: Context, form: Form, raw: Mapping[str, Any]) -> str:
    """What stands for everything that was said in words, names left out; "" where that is too little."""
    told = [field for field in form.fields if isinstance(field, TextField | TextAreaField) and not field.personal]
    said = [str(raw[field.id]) for field in told if isinstance(raw.get(field.id), str)]
    plain = "".join("".join(said).casefold().split())
    return _keyed(context, plain) if len(plain) >= _ENOUGH else ""


def _keyed(context: Context, text: str) -> str:
    if not text:
        return ""
    said = f"filing\n{context.actor.company_id}\n{text}".encode("utf-8", "surrogatepass")
    return hmac.new(context.secret, said, hashlib.sha256).hexdigest()[:_HASH]


def _code(context: Context, filing_id: int) -> str:
    return tracking_code(context.secret, context.actor.company_id, f"filing {filing_id}")
