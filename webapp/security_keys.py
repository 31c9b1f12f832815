"""What a security key has to prove (Web Authentication Level 3, 7.1 and 7.2): questions for it, and its answers.

A question lies sealed in the page that asks it, for ten minutes and for one purpose. A key that was used after a
question was asked does not answer that question again, so nothing that was overheard serves twice.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import orjson
from cryptography.fernet import InvalidToken
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from engine.commands.credentials import opened, sealed
from engine.commands.security_keys import Key
from engine.commands.site import Site
from engine.errors import EngineError

_LASTS: Final = timedelta(minutes=10)
_LONGEST: Final = 20_000


class NotProved(EngineError):
    """What came back from a security key proves nothing."""

    code = "key-not-proved"


@dataclass(frozen=True, slots=True)
class Question:
    """What the page asks a key: *options* for the script, *kept* for the form that comes back."""

    options: str  #: JSON
    kept: str  #: sealed


@dataclass(frozen=True, slots=True)
class NewKey:
    credential: str
    public_key: bytes
    sign_count: int


def keys_work_at(base_url: str) -> bool:
    """Whether browsers let keys sign in at that address: a name with HTTPS, or this machine by name."""
    parts = urlsplit(base_url)
    named = (
        bool(parts.hostname)
        and not (parts.hostname or "").replace(".", "").isdecimal()
        and ":" not in (parts.hostname or "")
    )
    return named and (parts.scheme == "https" or parts.hostname == "localhost")


def ask_new_key(site: Site, *, person: str, login: str, name: str, company: str, known: tuple[str, ...]) -> Question:
    """A question for a key that *person* (company and login) wants to register; *known* are those they have."""
    challenge = secrets.token_bytes(32)
    options = generate_registration_options(
        rp_id=_place(site),
        rp_name=company,
        user_name=login,
        user_display_name=name,
        user_id=hmac.digest(site.secret, f"key holder {person}".encode(), "sha256"),  # one key holds one of each person
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known],
    )
    return Question(options_to_json(options), _kept(site, challenge, purpose=f"new {person}"))


def ask_known_key(site: Site, *, purpose: str, allowed: tuple[str, ...] = ()) -> Question:
    """A question for a key that is known; with none *allowed* any of ours that knows its owner, by touch and PIN."""
    challenge = secrets.token_bytes(32)
    options = generate_authentication_options(
        rp_id=_place(site),
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in allowed] or None,
        user_verification=UserVerificationRequirement.PREFERRED if allowed else UserVerificationRequirement.REQUIRED,
    )
    return Question(options_to_json(options), _kept(site, challenge, purpose=purpose))


def new_key(site: Site, *, answer: str, kept: str, person: str) -> NewKey:
    """The key that *answer* registers. Raises NotProved."""
    challenge, _ = _asked(site, kept, purpose=f"new {person}")
    try:
        found = verify_registration_response(
            credential=answer[:_LONGEST],
            expected_challenge=challenge,
            expected_rp_id=_place(site),
            expected_origin=_origin(site),
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise NotProved(f"expected a new key, found {type(error).__name__}") from error
    return NewKey(bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def credential_in(answer: str) -> str:
    """What the key calls itself in *answer*, "" where that cannot be read. Proves nothing."""
    try:
        said = orjson.loads(answer[:_LONGEST])
    except ValueError:
        return ""
    return str(said.get("id", ""))[:2000] if isinstance(said, dict) else ""


def owned(key: Key | None, owner: tuple[str, str]) -> Key:
    """*key*, when it is *owner*'s (company and login). Raises NotProved."""
    if key is None or (key.company_id, key.login) != owner:
        raise NotProved("expected a key of whoever signs in, found another")
    return key


def sign_count_of(site: Site, key: Key, *, answer: str, kept: str, purpose: str, alone: bool) -> int:
    """How often *key* says it was used, once it has proved that it is there. *alone*: it also proves who holds it.

    Raises NotProved.
    """
    challenge, asked_at = _asked(site, kept, purpose=purpose)
    if key.used_at is not None and key.used_at > asked_at:
        raise NotProved("expected a question that was asked after the key was used last, found an older one")
    try:
        found = verify_authentication_response(
            credential=answer[:_LONGEST],
            expected_challenge=challenge,
            expected_rp_id=_place(site),
            expected_origin=_origin(site),
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=alone,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise NotProved(f"expected a proof of the key, found {type(error).__name__}") from error
    return found.new_sign_count


def _kept(site: Site, challenge: bytes, *, purpose: str) -> str:
    said = {"challenge": challenge.hex(), "purpose": purpose, "at": site.clock().timestamp()}
    return sealed(orjson.dumps(said).decode(), site.secret)


def _asked(site: Site, kept: str, *, purpose: str) -> tuple[bytes, datetime]:
    """The challenge of a question asked for that *purpose* not long ago, and when. Raises NotProved."""
    now = site.clock()
    try:
        said = orjson.loads(opened(kept[:_LONGEST], site.secret))
    except (InvalidToken, ValueError) as error:
        raise NotProved("expected the question that this page asked, found another") from error
    asked_at = datetime.fromtimestamp(said["at"], now.tzinfo)
    if said["purpose"] != purpose or not timedelta() <= now - asked_at <= _LASTS:
        raise NotProved("expected a question that was asked here and lately, found another")
    return bytes.fromhex(said["challenge"]), asked_at


def _place(site: Site) -> str:
    return urlsplit(site.settings.base_url).hostname or ""


def _origin(site: Site) -> str:
    parts = urlsplit(site.settings.base_url)
    return f"{parts.scheme}://{parts.netloc}"
