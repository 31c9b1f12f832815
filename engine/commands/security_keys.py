"""Security keys and devices: keeping them, and signing in with them instead of, or after, a password.

What a browser's answer proves is checked before (`webapp.security_keys`); here stands what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_anonymous, record_for_company
from engine.commands.context import Context
from engine.commands.credentials import token_hash
from engine.commands.second_factor import CODES, LONGEST_WAIT, new_recovery_codes
from engine.commands.sign_in import begin_session, forget_failures
from engine.errors import EngineError, NotFound
from engine.tables import people, recovery_codes, security_keys, sessions


@dataclass(frozen=True, slots=True)
class Key:
    """One that somebody active may sign in with."""

    id: int
    company_id: str
    person_id: int
    login: str
    name: str
    public_key: bytes = field(repr=False)
    sign_count: int
    used_at: datetime | None


class KnownKey(EngineError):
    """The key is somebody's already."""

    code = "known-key"


def add(context: Context, *, credential: str, public_key: bytes, sign_count: int, name: str) -> tuple[str, ...]:
    """Let the actor sign in with a key from now on. Gives recovery codes where there were none. Raises KnownKey."""
    person_id = context.actor.person_id
    assert person_id is not None
    k = security_keys.c
    if context.connection.execute(sa.select(k.id).where(k.credential == credential)).scalar() is not None:
        raise KnownKey("expected a key that nobody has registered, found one that somebody has")
    context.connection.execute(
        sa.insert(security_keys).values(
            company_id=context.actor.company_id,
            person_id=person_id,
            credential=credential,
            public_key=public_key,
            sign_count=sign_count,
            name=name,
            created_at=context.now,
        )
    )
    r = recovery_codes.c
    has_codes = context.connection.execute(sa.select(r.code_hash).where(r.person_id == person_id).limit(1)).scalar()
    codes = () if has_codes else new_recovery_codes(context, person_id)
    record_for_company(context, CompanyAction.ADD_KEY, body={"name": name})
    return codes


def remove(context: Context, key_id: int) -> None:
    """Let one of the actor's own keys open nothing any more. Raises NotFound."""
    k = security_keys.c
    own = (k.id == key_id, k.person_id == context.actor.person_id)
    name = context.connection.execute(sa.select(k.name).where(*own)).scalar()
    if name is None:
        raise NotFound("security key", key_id)
    context.connection.execute(sa.delete(security_keys).where(*own))
    record_for_company(context, CompanyAction.REMOVE_KEY, body={"name": name})


def key_of(connection: sa.Connection, credential: str) -> Key | None:
    """The key that calls itself *credential*, of whatever company, where its owner is active."""
    k, p = security_keys.c, people.c
    row = connection.execute(
        sa.select(security_keys, p.login).join(people, p.id == k.person_id).where(k.credential == credential, p.active)
    ).one_or_none()
    return _key(row) if row else None


def keys_of(connection: sa.Connection, company_id: str, login: str) -> tuple[tuple[str, Key], ...]:
    """Credential and key of everything that person may sign in with, the oldest first."""
    k, p = security_keys.c, people.c
    rows = connection.execute(
        sa.select(security_keys, p.login)
        .join(people, p.id == k.person_id)
        .where(p.company_id == company_id, p.login == login)
        .order_by(k.id)
    )
    return tuple((row.credential, _key(row)) for row in rows)


def sign_in_by(context: Context, key: Key, *, sign_count: int, device: str) -> str:
    """Begin a session for the owner of *key*, who proved by touch and PIN that it is they; its token."""
    _note_use(context, key, sign_count)
    return begin_session(context, key.person_id, device=device, how="key")


def confirm_by(context: Context, token: str, key: Key, *, sign_count: int) -> None:
    """Let the session with *token*, which waits for a second proof of the owner, open everything. Raises NotFound."""
    t = sessions.c
    waiting = (t.token_hash == token_hash(token), t.awaits_code, t.created_at > context.now - LONGEST_WAIT)
    own = sa.update(sessions).where(*waiting, t.person_id == key.person_id).values(awaits_code=False)
    if context.connection.execute(own).rowcount != 1:
        raise NotFound("session", "that waits for a key")
    _note_use(context, key, sign_count)
    forget_failures(context, login=key.login, lane=CODES)
    record_anonymous(context, CompanyAction.SIGN_IN, actor=key.login, body={"second_factor": "key"})


def record_refused_key(context: Context, *, login: str) -> None:
    """Write down that a key of *login* was shown that proved nothing."""
    record_anonymous(context, CompanyAction.SIGN_IN_FAILED, actor="unknown", body={"how": "key", "login": login[:100]})


def _note_use(context: Context, key: Key, sign_count: int) -> None:
    used = {"sign_count": sign_count, "used_at": context.now}
    context.connection.execute(sa.update(security_keys).where(security_keys.c.id == key.id).values(used))


def _key(row: sa.Row[object]) -> Key:
    return Key(
        id=row.id,
        company_id=row.company_id,
        person_id=row.person_id,
        login=row.login,
        name=row.name,
        public_key=row.public_key,
        sign_count=row.sign_count,
        used_at=row.used_at,
    )
