"""People: who they are, how they sign in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from engine.commands.actions import CompanyAction
from engine.commands.company import record_anonymous, record_for_company
from engine.commands.context import Context
from engine.complaints import CUSTOMER, SCHEDULE, SYSTEM
from engine.errors import EngineError, NotFound
from engine.tables import memberships, people, sessions, tokens
from engine.text import Text

#: 19 MiB and two passes: the smallest the field recommends, so that sign-in cannot be used to exhaust memory.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: Verified against when nobody has the login, so that an unknown login takes as long as a wrong password.
_NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$qE50aNfeTNHGYX5a5KwrCw$6v+Njn4naxtiTHqQEfLtxsllslBSkwxVkLOkA6cIER0"
_RESERVED: Final = frozenset({CUSTOMER, SYSTEM, SCHEDULE})


class WrongSignIn(EngineError):
    """Login and password do not belong together; it is not said which of them is wrong."""

    code = "wrong-sign-in"


class LoginTaken(EngineError):
    """A person with that login exists, or the name is one the history uses itself."""

    code = "login-taken"


def add_person(
    context: Context,
    *,
    login: str,
    name: Text,
    groups: Iterable[str],
    password: str = "",
    administrator: bool = False,
    owner: bool = False,
) -> int:
    """Create a person of the actor's company; without a password they cannot sign in. Raises LoginTaken."""
    company_id = context.actor.company_id
    if login in _RESERVED or not login.isprintable() or not login:
        raise LoginTaken(f"expected a login that is free, found {login!r}, which the history uses itself")
    taken = sa.select(people.c.id).where(people.c.company_id == company_id, people.c.login == login)
    if context.connection.execute(taken).scalar() is not None:
        raise LoginTaken(f"expected a login that is free, found {login!r} in use")
    person_id: int = context.connection.execute(
        sa.insert(people)
        .values(
            company_id=company_id,
            login=login,
            name=dict(name),
            password_hash=_HASHER.hash(password) if password else "",
            administrator=administrator,
            owner=owner,
        )
        .returning(people.c.id)
    ).scalar_one()
    rows = [{"person_id": person_id, "group_id": group} for group in sorted(set(groups))]
    if rows:
        context.connection.execute(sa.insert(memberships), rows)
    body = {"groups": sorted(set(groups)), "administrator": administrator, "owner": owner}
    record_for_company(context, CompanyAction.ADD_PERSON, login, body)
    return person_id


def verified_person(connection: sa.Connection, company_id: str, *, login: str, password: str) -> int:
    """The id of the active person with that login and password. Raises WrongSignIn, after the same time for any reason.

    Hashing takes long on purpose, so *connection* should be one that only reads: nobody waits for it to finish.
    """
    t = people.c
    row = connection.execute(
        sa.select(t.id, t.password_hash).where(t.company_id == company_id, t.login == login, t.active)
    ).one_or_none()
    if not _matches(row.password_hash if row and row.password_hash else _NOBODY, password) or row is None:
        raise WrongSignIn("expected a login and its password, found a pair that does not match")
    person_id: int = row.id
    return person_id


def begin_session(context: Context, person_id: int) -> str:
    """Begin a session for a verified person of the actor's company and give its token, which only the cookie keeps."""
    token = secrets.token_urlsafe(32)
    login: str = context.connection.execute(sa.select(people.c.login).where(people.c.id == person_id)).scalar_one()
    context.connection.execute(
        sa.insert(sessions).values(
            token_hash=token_hash(token), person_id=person_id, created_at=context.now, seen_at=context.now
        )
    )
    record_anonymous(context, CompanyAction.SIGN_IN, actor=login, body={})
    return token


def record_failed_sign_in(context: Context, *, login: str) -> None:
    """Write a failed attempt into the company's history."""
    record_anonymous(context, CompanyAction.SIGN_IN_FAILED, actor="unknown", body={"login": login[:100]})


def sign_out(context: Context, token: str) -> None:
    """End the session. One that has ended already is no error."""
    context.connection.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash(token)))
    record_for_company(context, CompanyAction.SIGN_OUT)


def touch_session(context: Context, token: str) -> None:
    """Note that the session is in use, at most once a minute."""
    context.connection.execute(
        sa.update(sessions)
        .where(sessions.c.token_hash == token_hash(token), sessions.c.seen_at < context.now - timedelta(minutes=1))
        .values(seen_at=context.now)
    )


def set_language(context: Context, language: str) -> None:
    """Remember the language the actor reads."""
    context.connection.execute(
        sa.update(people).where(people.c.id == context.actor.person_id).values(language=language)
    )


def create_token(context: Context, *, login: str, name: str) -> str:
    """An API token that acts as the person with *login*. Shown once. Raises NotFound."""
    t = people.c
    person_id = context.connection.execute(
        sa.select(t.id).where(t.company_id == context.actor.company_id, t.login == login, t.active)
    ).scalar()
    if person_id is None:
        raise NotFound("person", login)
    token = secrets.token_urlsafe(32)
    context.connection.execute(
        sa.insert(tokens).values(token_hash=token_hash(token), person_id=person_id, name=name, created_at=context.now)
    )
    record_for_company(context, CompanyAction.CREATE_TOKEN, body={"name": name, "for": login})
    return token


def token_hash(token: str) -> str:
    """What the database keeps of a session or API token. Tokens are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def login_of(context: Context, person_id: int | None) -> str | None:
    """The login of the person with that id, None for nobody."""
    if person_id is None:
        return None
    return str(context.connection.execute(sa.select(people.c.login).where(people.c.id == person_id)).scalar_one())
