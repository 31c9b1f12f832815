"""A second proof at sign-in: six digits from the person's telephone (RFC 6238), or a recovery code kept on paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pyotp
import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_anonymous, record_for_company
from engine.commands.context import Context
from engine.commands.credentials import opened, readable_secret, sealed, token_hash
from engine.commands.sign_in import forget_failures, record_failed_sign_in
from engine.errors import EngineError, NotFound
from engine.tables import people, recovery_codes, security_keys, sessions

#: Lane of the failures at the second proof; only who knows the password gets as far.
CODES: Final = "code"
#: How long a session may wait for its code.
LONGEST_WAIT: Final = timedelta(minutes=10)
_STEP: Final = 30  # seconds
_RECOVERY_CODES: Final = 10


class WrongCode(EngineError):
    """The code is not the one the telephone shows now, or was used before."""

    code = "wrong-code"


def new_secret() -> str:
    """A secret for an authenticator, in Base32."""
    return pyotp.random_base32()


def address_of(secret: str, *, login: str, company: str) -> str:
    """What an authenticator reads from the picture: an ``otpauth:`` address."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=company)


def begin(context: Context, *, secret: str, code: str, old_code: str) -> tuple[str, ...]:
    """Ask for a code of *secret* at every sign-in of the actor from now on. Gives the recovery codes, shown once.

    *code* proves that the telephone has the secret; *old_code* that it is the person who changes telephones, "" where
    there was no second factor. Raises WrongCode.
    """
    person_id = context.actor.person_id
    assert person_id is not None
    before = context.connection.execute(sa.select(people.c.second_factor).where(people.c.id == person_id)).scalar_one()
    if before:
        _prove(context, person_id, old_code)
    step = _step_of(secret, code, now=context.now, after=0)
    context.connection.execute(
        sa.update(people)
        .where(people.c.id == person_id)
        .values(second_factor=sealed(secret, context.secret), second_factor_step=step)
    )
    codes = new_recovery_codes(context, person_id)
    record_for_company(context, CompanyAction.BEGIN_SECOND_FACTOR)
    return codes


def new_recovery_codes(context: Context, person_id: int) -> tuple[str, ...]:
    """Codes that let the person in once each when telephone and keys are lost; those of before let nobody in."""
    codes = tuple(readable_secret(3) for _ in range(_RECOVERY_CODES))
    context.connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    rows = [{"person_id": person_id, "code_hash": token_hash(one)} for one in codes]
    context.connection.execute(sa.insert(recovery_codes), rows)
    return codes


def end(context: Context, *, code: str) -> None:
    """Ask the actor for no code any more; *code* proves that it is they who want that. Raises WrongCode."""
    person_id = context.actor.person_id
    assert person_id is not None
    _prove(context, person_id, code)
    context.connection.execute(sa.update(people).where(people.c.id == person_id).values(second_factor=""))
    has_key = sa.exists().where(security_keys.c.person_id == person_id)
    context.connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.person_id == person_id, ~has_key))
    record_for_company(context, CompanyAction.END_SECOND_FACTOR)


def has_telephone(connection: sa.Connection, person_id: int) -> bool:
    """Whether the person is asked for codes of an authenticator."""
    asked = sa.select(people.c.second_factor != "").where(people.c.id == person_id)
    return bool(connection.execute(asked).scalar_one())


def lane_of_codes(device: str) -> str:
    """Where codes from *device*, as `known_device` says it, are counted: who guesses holds up strangers only."""
    return f"{CODES} {device}" if device else CODES


def confirm(context: Context, token: str, code: str, *, lane: str = CODES) -> None:
    """Let the session with *token*, which waits for a code, open everything. Raises NotFound, WrongCode.

    A failure has to be written down by the caller in a transaction of its own: `record_wrong_code`.
    """
    t = sessions.c
    row = context.connection.execute(
        sa.select(t.person_id, people.c.login)
        .join(people, people.c.id == t.person_id)
        .where(t.token_hash == token_hash(token), t.awaits_code, t.created_at > context.now - LONGEST_WAIT)
    ).one_or_none()
    if row is None:
        raise NotFound("session", "that waits for a code")
    how = _prove(context, row.person_id, code)
    context.connection.execute(sa.update(sessions).where(t.token_hash == token_hash(token)).values(awaits_code=False))
    forget_failures(context, login=row.login, lane=lane)
    record_anonymous(context, CompanyAction.SIGN_IN, actor=row.login, body={"second_factor": how})


def record_wrong_code(context: Context, *, login: str, lane: str = CODES) -> None:
    """Count a wrong code and write it into the company's history."""
    record_failed_sign_in(context, login=login, lane=lane)


def _prove(context: Context, person_id: int, code: str) -> str:
    """How *code* proved to be right: ``"code"`` or ``"recovery-code"``; either works once. Raises WrongCode."""
    t = people.c
    row = context.connection.execute(
        sa.select(t.second_factor, t.second_factor_step).where(t.id == person_id).with_for_update(key_share=True)
    ).one()
    plain = code.replace(" ", "").strip().lower()
    if plain.isdecimal():
        if not row.second_factor:
            raise WrongCode("expected somebody with a telephone, found none")
        step = _step_of(opened(row.second_factor, context.secret), plain, now=context.now, after=row.second_factor_step)
        context.connection.execute(sa.update(people).where(t.id == person_id).values(second_factor_step=step))
        return "code"
    r = recovery_codes.c
    used = sa.delete(recovery_codes).where(r.person_id == person_id, r.code_hash == token_hash(plain))
    if context.connection.execute(used).rowcount != 1:
        raise WrongCode("expected a recovery code that was not used yet, found another")
    return "recovery-code"


def _step_of(secret: str, code: str, *, now: datetime, after: int) -> int:
    """The thirty seconds for which *code* is right: now, before or next, for clocks differ. Each serves once."""
    current, authenticator = int(now.timestamp()) // _STEP, pyotp.TOTP(secret)
    for step in (current, current - 1, current + 1):
        right = authenticator.generate_otp(step)
        if step > after and pyotp.utils.strings_equal(right, code.replace(" ", "")):
            return step
    raise WrongCode("expected the code that the telephone shows now, found another")
