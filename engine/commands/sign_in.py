"""Coming in and going out: passwords, sessions, and how often somebody may guess.

Who guesses has to wait, and nobody else has: strangers and each browser that has signed in before are counted apart,
so a person whose login is attacked still comes in from their own computer.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_anonymous, record_for_company
from engine.commands.context import Context
from engine.commands.credentials import NOBODY, hashed, matches, token_hash
from engine.commands.people import end_sessions
from engine.database import insert_for
from engine.errors import EngineError
from engine.tables import failures, people, security_keys, sessions

#: Lane of everybody whose browser has not signed in before.
STRANGERS: Final = ""
#: Lane of who is signed in and has to prove once more who they are: a session that was left open must not be a way to
#: find out the password or to switch the second factor off.
PROOFS: Final = "proof"
#: Characters a password has at least. NIST SP 800-63B, 3.1.1.2: length, no rules about kinds of characters.
SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 200
#: Failures before anybody waits; then the wait doubles up to the longest.
_FREE: Final = 5
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(minutes=15)
#: After so long without a failure nothing is held against a lane.
FORGOTTEN: Final = timedelta(hours=24)


#: Whether a person of ``people`` has a telephone or a security key beside the password.
_HAS_SECOND_FACTOR: Final = sa.or_(
    people.c.second_factor != "", sa.exists().where(security_keys.c.person_id == people.c.id)
).label("second_factor")


class WrongSignIn(EngineError):
    """Login and password do not belong together; it is not said which of them is wrong."""

    code = "wrong-sign-in"


class PasswordRefused(EngineError):
    """A new password is not taken. *reason*: ``too-short``, ``too-long``, ``same``, ``is-login`` or ``wrong-old``."""

    code = "password-refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"expected a password that can be taken, found: {reason}")
        self.reason = reason


def verified_person(connection: sa.Connection, company_id: str, *, login: str, password: str) -> int:
    """The id of the active person with that login and password. Raises WrongSignIn, after the same time for any reason.

    Hashing takes long on purpose, so *connection* should be one that only reads: nobody waits for it to finish.
    """
    t = people.c
    row = connection.execute(
        sa.select(t.id, t.password_hash).where(t.company_id == company_id, t.login == login, t.active)
    ).one_or_none()
    if not matches(row.password_hash if row and row.password_hash else NOBODY, password) or row is None:
        raise WrongSignIn("expected a login and its password, found a pair that does not match")
    person_id: int = row.id
    return person_id


def begin_session(context: Context, person_id: int, *, device: str = "", how: str = "") -> str:
    """Begin a session for a verified person of the actor's company and give its token, which only the cookie keeps.

    *how* they proved who they are: "" by password, ``"provider"``, or ``"key"``, which is two factors in one.

    Where the person has a second factor it opens nothing until `engine.commands.second_factor.confirm`.
    """
    token = secrets.token_urlsafe(32)
    t = people.c
    person = context.connection.execute(sa.select(t.login, _HAS_SECOND_FACTOR).where(t.id == person_id)).one()
    awaits_code = bool(person.second_factor) and how != "key"
    context.connection.execute(
        sa.insert(sessions).values(
            token_hash=token_hash(token),
            person_id=person_id,
            created_at=context.now,
            seen_at=context.now,
            awaits_code=awaits_code,
            device=device[:200],
            how=how,
        )
    )
    body = {**({"how": how} if how else {}), **({"second_factor": "awaited"} if awaits_code else {})}
    record_anonymous(context, CompanyAction.SIGN_IN, actor=person.login, body=body)
    return token


def wait_before(connection: sa.Connection, company_id: str, login: str, lane: str, *, now: datetime) -> timedelta:
    """How long *lane* has to wait before it may try *login* again; zero = it may."""
    t = failures.c
    row = connection.execute(
        sa.select(t.tries, t.last_at).where(t.company_id == company_id, t.login == login, t.lane == lane)
    ).one_or_none()
    if row is None or now - row.last_at >= FORGOTTEN:
        return timedelta()
    again_at: datetime = row.last_at + wait_after(row.tries)
    return max(again_at - now, timedelta())


def wait_after(tries: int) -> timedelta:
    """How long has to be waited after so many *tries* that failed."""
    if tries < _FREE:
        return timedelta()
    doubled: int = 2 ** min(tries - _FREE, 20)
    return min(_FIRST_WAIT * doubled, _LONGEST_WAIT)


def record_failed_sign_in(context: Context, *, login: str, lane: str = STRANGERS) -> None:
    """Count a failed attempt and write it into the company's history, with how many were turned away before it."""
    turned_away = _count_failure(context, login, lane)
    body = {"login": login[:100], **({"turned_away_before": turned_away} if turned_away else {})}
    record_anonymous(context, CompanyAction.SIGN_IN_FAILED, actor="unknown", body=body)


def record_turned_away(context: Context, *, login: str, lane: str) -> None:
    """Count an attempt that came too early. One event for all of them follows: attackers do not fill the history."""
    t = failures.c
    context.connection.execute(
        sa.update(failures)
        .where(t.company_id == context.actor.company_id, t.login == login, t.lane == lane)
        .values(turned_away=t.turned_away + 1)
    )


def forget_failures(context: Context, *, login: str, lane: str) -> None:
    """Nothing is held against *lane* any more: it signed in."""
    t = failures.c
    context.connection.execute(
        sa.delete(failures).where(t.company_id == context.actor.company_id, t.login == login, t.lane == lane)
    )


def known_device(secret: bytes, company_id: str, login: str, cookie: str) -> str:
    """The lane of a browser that shows a *cookie* given by `device_cookie` for this very login; else STRANGERS."""
    device, _, proof = cookie.partition(".")
    expected = _device_proof(secret, company_id, login, device)
    return device if hmac.compare_digest(proof.encode(), expected.encode()) else STRANGERS


def device_cookie(secret: bytes, company_id: str, login: str) -> str:
    """What a browser keeps to be recognised when somebody guesses at *login*; it opens nothing."""
    device = secrets.token_urlsafe(12)
    return f"{device}.{_device_proof(secret, company_id, login, device)}"


def new_password_hash(connection: sa.Connection, person_id: int, *, old: str, new: str) -> str:
    """What will be kept of a person's *new* password, when *old* is the one they have. Raises PasswordRefused.

    Takes as long as `verified_person`, so *connection* should be one that only reads.
    """
    t = people.c
    row = connection.execute(sa.select(t.login, t.password_hash).where(t.id == person_id)).one()
    if not matches(row.password_hash or NOBODY, old):
        raise PasswordRefused("wrong-old")
    if reason := password_problem(row.login, new, old=old):
        raise PasswordRefused(reason)
    return hashed(new)


def change_password(context: Context, password_hash: str, *, session: str) -> None:
    """Give the actor another password, as `new_password_hash` makes it, and end all their sessions but *session*."""
    person_id = context.actor.person_id
    assert person_id is not None
    context.connection.execute(
        sa.update(people).where(people.c.id == person_id).values(password_hash=password_hash, password_given=False)
    )
    end_sessions(context, person_id, but=session)
    record_for_company(context, CompanyAction.CHANGE_PASSWORD)


def password_problem(login: str, new: str, *, old: str = "") -> str:
    """Why *new* is no password for *login*, as PasswordRefused says it; "" = it is one."""
    if len(new) < SHORTEST_PASSWORD:
        return "too-short"
    if len(new) > LONGEST_PASSWORD:
        return "too-long"
    if new == old:
        return "same"
    return "is-login" if login.lower() in new.lower() and len(new) < len(login) + SHORTEST_PASSWORD // 2 else ""


def sign_out(context: Context, token: str) -> None:
    """End the session. One that has ended already is no error."""
    context.connection.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash(token)))
    record_for_company(context, CompanyAction.SIGN_OUT)


def sign_out_elsewhere(context: Context, token: str) -> int:
    """End all sessions of the actor but the one with *token*. How many there were."""
    assert context.actor.person_id is not None
    ended = end_sessions(context, context.actor.person_id, but=token)
    record_for_company(context, CompanyAction.SIGN_OUT, body={"elsewhere": ended})
    return ended


def touch_session(context: Context, token: str) -> None:
    """Note that the session is in use, at most once a minute."""
    context.connection.execute(
        sa.update(sessions)
        .where(sessions.c.token_hash == token_hash(token), sessions.c.seen_at < context.now - timedelta(minutes=1))
        .values(seen_at=context.now)
    )


def _count_failure(context: Context, login: str, lane: str) -> int:
    """How many attempts were turned away since the last failure that was counted."""
    t = failures.c
    keys = {"company_id": context.actor.company_id, "login": login[:100], "lane": lane}
    where = [t[name] == value for name, value in keys.items()]
    row = context.connection.execute(sa.select(t.tries, t.last_at, t.turned_away).where(*where)).one_or_none()
    tries = row.tries + 1 if row and context.now - row.last_at < FORGOTTEN else 1
    values = {"tries": tries, "last_at": context.now, "turned_away": 0}
    insert = insert_for(context.connection.dialect.name, failures).values(**keys, **values)
    context.connection.execute(insert.on_conflict_do_update(index_elements=list(keys), set_=values))
    return int(row.turned_away) if row else 0


def _device_proof(secret: bytes, company_id: str, login: str, device: str) -> str:
    said = f"device\0{company_id}\0{login}\0{device}"
    return hmac.new(secret, said.encode(), sha256).hexdigest()
