"""What people prove themselves with, as the database keeps it: hashes of passwords and tokens, sealed secrets.

No verbs here; `people`, `sign_in` and `second_factor` have them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from cryptography.fernet import Fernet

#: 19 MiB and two passes: the smallest the field recommends, so that sign-in cannot be used to exhaust memory.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: Verified against when nobody has the login, so that an unknown login takes as long as a wrong password.
NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$qE50aNfeTNHGYX5a5KwrCw$6v+Njn4naxtiTHqQEfLtxsllslBSkwxVkLOkA6cIER0"
#: Letters and digits that nobody takes for another one, read aloud or written by hand.
_PLAIN: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def hashed(password: str) -> str:
    """What is kept of *password*: Argon2id with its own salt."""
    return _HASHER.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Whether *password* is the one that *password_hash* was made of. Takes long on purpose."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def token_hash(token: str) -> str:
    """What the database keeps of a session, API token or recovery code. They are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def readable_secret(groups: int) -> str:
    """A random secret of *groups* times four characters for people to read and type; 19.8 bits a group."""
    return "-".join("".join(secrets.choice(_PLAIN) for _ in range(4)) for _ in range(groups))


def readable_code(secret: bytes, purpose: str, *, groups: int) -> str:
    """The same for people, which everybody who holds the installation's *secret* arrives at."""
    number = int.from_bytes(hmac.digest(secret, purpose.encode(), "sha256"))
    letters = ""
    for _ in range(groups * 4):
        number, rest = divmod(number, len(_PLAIN))
        letters += _PLAIN[rest]
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def sealed(text: str, secret: bytes) -> str:
    """*text* so that only somebody with the *secret* of the installation reads it."""
    return _box(secret).encrypt(text.encode()).decode()


def opened(sealed_text: str, secret: bytes) -> str:
    """What was `sealed`. Raises cryptography's InvalidToken when it was sealed by another secret, or changed."""
    return _box(secret).decrypt(sealed_text.encode()).decode()


def _box(secret: bytes) -> Fernet:
    return Fernet(urlsafe_b64encode(hashlib.sha256(b"shouwen sealed values\0" + secret).digest()))
