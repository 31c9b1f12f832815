"""Mails that came in: each becomes a case or evidence of one, or is listed with why not. Each once."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.attachments import receive, store
from engine.commands.cases import Started
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.customer_acts import TooManyActs, act_as_customer, acts_possible
from engine.commands.filings import file_mail
from engine.complaints import tracking_hash
from engine.errors import UnsafeFile
from engine.procedures.package import CustomerAct
from engine.storage import Storage
from engine.tables import arrivals, cases

#: What an act behind the tracking link takes.
_MOST_SAID: Final = 2000


class ArrivalStatus(StrEnum):
    """What became of a mail."""

    CASE = "case"  #: a new one
    EVIDENCE = "evidence"  #: of the case it carries the link or number of
    HELD = "held"  #: somebody looks at it first; it becomes a case when they take it in
    IGNORED = "ignored"  #: no person wrote it
    FAILED = "failed"  #: somebody has to look at it in the mailbox


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """A mail as the product takes it in."""

    message_id: str
    sender: str  #: the bare address, "" where it has none
    name: str  #: as the sender writes it, "" where they do not
    subject: str
    words: str  #: without what it quotes
    files: tuple[tuple[str, bytes], ...]
    sent_at: datetime | None
    tracking_codes: tuple[str, ...]  #: of links that stand anywhere in it, quoted ones too
    machine: str  #: why no person wrote it: "bounce" "auto-reply" "list" "loop"; "" = somebody did


def is_known(context: Context, message_id: str) -> bool:
    """Whether the mail has come before."""
    a = arrivals.c
    same = sa.select(a.id).where(a.company_id == context.actor.company_id, a.message_id == _key(context, message_id))
    return context.connection.execute(same).first() is not None


def take_in(context: Context, storage: Storage, procedure: str, mail: IncomingMail) -> ArrivalStatus | None:
    """What became of *mail*; None where it was taken in before. Raises EngineError where it cannot be."""
    if is_known(context, mail.message_id):
        return None
    if mail.machine:
        _note(context, mail, ArrivalStatus.IGNORED, reason=mail.machine)
        return ArrivalStatus.IGNORED
    found = _case_of(context, mail)
    if found is not None and _add_evidence(context, storage, found, mail):
        _note(context, mail, ArrivalStatus.EVIDENCE, case_id=found.id)
        return ArrivalStatus.EVIDENCE
    files, refused = _stored(context, storage, mail)
    said = {
        "message_id": _key(context, mail.message_id),
        "subject": mail.subject,
        "name": mail.name,
        "sender": mail.sender,
        "words": "\n\n".join(filter(None, [mail.words, refused])),
        "files": files,
        "sent_at": mail.sent_at.isoformat() if mail.sent_at else None,
    }
    filed = file_mail(context, procedure, said)
    if isinstance(filed, Started):
        _note(context, mail, ArrivalStatus.CASE, case_id=filed.case_id)
        return ArrivalStatus.CASE
    _note(context, mail, ArrivalStatus.HELD, reason=filed)
    return ArrivalStatus.HELD


def note_failure(context: Context, message_id: str, *, sender: str, subject: str, reason: str) -> None:
    """List a mail that cannot be taken in, and write it into the company's history. The second time changes nothing."""
    if is_known(context, message_id):
        return
    mail = IncomingMail(message_id, sender, "", subject, "", (), None, (), "")
    arrival_id = _note(context, mail, ArrivalStatus.FAILED, reason=reason[:500])
    record_for_company(context, CompanyAction.SKIP_MAIL, str(arrival_id), {"reason": reason[:500]})


def _note(
    context: Context, mail: IncomingMail, status: ArrivalStatus, *, reason: str = "", case_id: int | None = None
) -> int:
    row = {
        "company_id": context.actor.company_id,
        "message_id": _key(context, mail.message_id),
        "sender": mail.sender,
        "subject": mail.subject,
        "arrived_at": context.now,
        "status": str(status),
        "reason": reason,
        "case_id": case_id,
    }
    return int(context.connection.execute(sa.insert(arrivals).values(row).returning(arrivals.c.id)).scalar_one())


def _key(context: Context, message_id: str) -> str:
    """What tells a mail from others. Its own id may say its sender's server, name or machine, and is not kept."""
    said = f"mail\n{context.actor.company_id}\n{message_id}".encode("utf-8", "surrogatepass")
    return hmac.new(context.secret, said, hashlib.sha256).hexdigest()


def _case_of(context: Context, mail: IncomingMail) -> Any | None:
    """The case whose link the mail carries, or whose number stands in the subject of its own customer's mail.

    A number can be guessed and a link cannot: the number counts only from the address that the case writes to.
    """
    c, hashes = cases.c, [tracking_hash(code) for code in mail.tracking_codes]
    own = sa.select(c.id, c.number, c.deployment_id, c.data).where(c.company_id == context.actor.company_id)
    linked = c.tracking_hash.in_(hashes) | c.earlier_tracking_hash.in_(hashes)
    if hashes and (found := context.connection.execute(own.where(linked).limit(1)).first()):
        return found
    for row in context.connection.execute(own.where(c.number.in_(_words_of(mail.subject)))):
        field = context.deployments.load(context.connection, row.deployment_id).package.case.contact_mail
        if field and str(row.data.get(field) or "").strip().lower() == mail.sender.lower():
            return row
    return None


def _words_of(subject: str) -> list[str]:
    """What in the subject may be a case's number."""
    blank = str.maketrans(dict.fromkeys('()（）[]【】:：,，。"“”', " "))
    return [word for word in subject.translate(blank).split() if any(sign.isdigit() for sign in word)][:20]


def _add_evidence(context: Context, storage: Storage, case: Any, mail: IncomingMail) -> bool:
    """False where the case takes no evidence (any more)."""
    deployment = context.deployments.load(context.connection, case.deployment_id)
    if CustomerAct.EVIDENCE not in acts_possible(context, case.id, deployment):
        return False
    files, refused = _stored(context, storage, mail)
    said = "\n".join(filter(None, [mail.words, refused]))[:_MOST_SAID] or mail.subject
    try:
        act_as_customer(context, case.id, CustomerAct.EVIDENCE, said=said, files=files)
    except TooManyActs:
        return False
    return True


def _stored(context: Context, storage: Storage, mail: IncomingMail) -> tuple[list[str], str]:
    """Ids of the files that came along, and which were refused: the gate is that of every upload."""
    ids, refused = [], []
    for name, content in mail.files:
        try:
            ids.append(store(context, receive(storage, context.actor.company_id, name=name, content=content)).id)
        except UnsafeFile as error:
            refused.append(f"[{name}: {error.reason}]")
    return ids, " ".join(refused)
