"""Signing in with the account that people have elsewhere: which service a company trusts, and whose account is whose.

Nobody comes to be by signing in: an account opens what somebody of the company already has. It is theirs by the mail
address that an administrator wrote down and the service has verified, once; from then on by the service's own name for
the account, so that an address given to somebody else opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from engine.commands.actions import CompanyAction
from engine.commands.company import record_anonymous, record_for_company
from engine.commands.context import Context
from engine.commands.credentials import opened, sealed
from engine.commands.people import end_sessions, login_of
from engine.commands.sign_in import begin_session
from engine.complaints import masked_text
from engine.database import insert_for
from engine.errors import EngineError, NotFound, NotPermitted
from engine.tables import identities, identity_providers, people


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What an administrator says of the service."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)  #: "" = the one that is kept
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the service's signed token says of who came."""

    issuer: str
    subject: str
    mail: str = ""  #: "" where the service has not verified it


class NobodyLinked(EngineError):
    """The account is nobody's here. *reason*: ``no-mail``, ``nobody``, ``several`` or ``left``."""

    code = "nobody-linked"

    def __init__(self, reason: str) -> None:
        super().__init__(f"expected an account of somebody who works here, found: {reason}")
        self.reason = reason


class IssuerRefused(EngineError):
    """The service's address is none that can be trusted."""

    code = "issuer-refused"


def set_provider(context: Context, settings: ProviderSettings, *, insecure_allowed: bool) -> None:
    """Let the company's people sign in there, or no longer. Raises NotPermitted, IssuerRefused."""
    if not context.actor.administrator:
        raise NotPermitted("set_provider", "not-administrator")
    if not is_safe_issuer(settings.issuer, insecure_allowed=insecure_allowed):
        raise IssuerRefused(f"expected an address that begins with https://, found {settings.issuer!r}")
    company_id = context.actor.company_id
    was = context.connection.execute(
        sa.select(identity_providers).where(identity_providers.c.company_id == company_id)
    ).one_or_none()
    kept = was.client_secret if was else ""
    values = {
        "name": settings.name,
        "issuer": settings.issuer,
        "client_id": settings.client_id,
        "client_secret": sealed(settings.client_secret, context.secret) if settings.client_secret else kept,
        "enabled": settings.enabled,
    }
    insert = insert_for(context.connection.dialect.name, identity_providers).values(company_id=company_id, **values)
    context.connection.execute(insert.on_conflict_do_update(index_elements=["company_id"], set_=values))
    shown = ("name", "issuer", "client_id", "enabled")
    before = {name: getattr(was, name) for name in shown} if was else {}
    after = {name: values[name] for name in shown}
    changed = {"secret_changed": True} if settings.client_secret else {}
    record_for_company(context, CompanyAction.SET_PROVIDER, body={"before": before, "after": after, **changed})


def is_safe_issuer(issuer: str, *, insecure_allowed: bool) -> bool:
    """Whether *issuer* is an address whose answers nobody can change on the way.

    Plain HTTP counts on this machine alone, and only where *insecure_allowed*: for trying things.
    """
    parts = urlsplit(issuer)
    plain = insecure_allowed and parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"}
    safe = parts.scheme == "https" or plain
    return bool(safe and parts.hostname and not parts.query and not parts.fragment and "@" not in parts.netloc)


def provider_of(connection: sa.Connection, company_id: str, secret: bytes) -> ProviderSettings | None:
    """The service of that company with its secret, switched off or on."""
    t = identity_providers.c
    row = connection.execute(sa.select(identity_providers).where(t.company_id == company_id)).one_or_none()
    if row is None:
        return None
    try:
        client_secret = opened(row.client_secret, secret) if row.client_secret else ""
    except InvalidToken:  # of another installation: it is asked for again
        client_secret = ""
    return ProviderSettings(row.name, row.issuer, row.client_id, client_secret, row.enabled)


def providers(connection: sa.Connection) -> tuple[tuple[str, str], ...]:
    """Company and name of every service that is switched on."""
    t = identity_providers.c
    rows = connection.execute(sa.select(t.company_id, t.name).where(t.enabled).order_by(t.company_id))
    return tuple((row.company_id, row.name) for row in rows)


def sign_in_with(context: Context, claimed: Claimed, *, device: str) -> tuple[str, str]:
    """Begin a session for whoever of the actor's company the account is: its token and the person's login.

    Raises NobodyLinked, which the caller writes down in a transaction of its own: `record_failed`.
    """
    i, p, company_id = identities.c, people.c, context.actor.company_id
    known = context.connection.execute(
        sa.select(p.id, p.login, p.active)
        .join(identities, i.person_id == p.id)
        .where(i.company_id == company_id, i.issuer == claimed.issuer, i.subject == claimed.subject)
    ).one_or_none()
    if known is not None and not known.active:
        raise NobodyLinked("left")
    if known is None:
        known = _by_mail(context, claimed)
        link = {"company_id": company_id, "issuer": claimed.issuer, "subject": claimed.subject}
        context.connection.execute(sa.insert(identities).values(**link, person_id=known.id, linked_at=context.now))
        body = {"issuer": claimed.issuer, "by": "mail"}
        record_anonymous(context, CompanyAction.LINK_IDENTITY, actor=known.login, body=body)
    return begin_session(context, known.id, device=device, how="provider"), known.login


def record_failed(context: Context, *, reason: str, mail: str = "") -> None:
    """Write down that somebody came back from the service and was not let in."""
    body = {"how": "provider", "reason": reason, **({"mail": masked_text(mail)} if mail else {})}
    record_anonymous(context, CompanyAction.SIGN_IN_FAILED, actor="unknown", body=body)


def unlink(context: Context, person_id: int) -> None:
    """No account of the service is that person's any more; their sessions end. Raises NotPermitted, NotFound."""
    if not context.actor.administrator:
        raise NotPermitted("administer_people", "not-administrator")
    i = identities.c
    gone = sa.delete(identities).where(i.company_id == context.actor.company_id, i.person_id == person_id)
    if not context.connection.execute(gone).rowcount:
        raise NotFound("identity", person_id)
    end_sessions(context, person_id)
    record_for_company(context, CompanyAction.UNLINK_IDENTITY, login_of(context, person_id) or "")


def _by_mail(context: Context, claimed: Claimed) -> sa.Row[int, str, bool]:
    """The one active person with the address that the service has verified, who has no account there yet."""
    if not claimed.mail:
        raise NobodyLinked("no-mail")
    p, i = people.c, identities.c
    linked = sa.exists().where(i.person_id == p.id, i.issuer == claimed.issuer)
    where = (p.company_id == context.actor.company_id, p.active, p.mail == claimed.mail.lower(), ~linked)
    found = context.connection.execute(sa.select(p.id, p.login, p.active).where(*where).limit(2)).all()
    if len(found) != 1:
        raise NobodyLinked("several" if found else "nobody")
    return found[0]
