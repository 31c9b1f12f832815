"""Case numbers for people and tracking codes for customers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import date
from typing import Final

#: Letters and digits of a letter's code, after Crockford's Base32, and what people read instead of them.
_TYPED: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TAKEN_FOR: Final = str.maketrans("OIL", "011")
_LETTERS: Final = 20
_SEQUENCE: Final = re.compile(r"\{seq(?::0(\d{1,2}))?\}")


#: What a pattern of case numbers may say.
NUMBER_PATTERN: Final = re.compile(
    r"(?:[A-Za-z0-9./_-]|\{year\}|\{month\}|\{department\}|\{seq(?::0[1-9])?\}){1,40}", re.ASCII
)


def is_number_pattern(text: str) -> bool:
    """Whether *text* numbers cases: it counts, once, and consists of what stands well in addresses and file names."""
    return bool(NUMBER_PATTERN.fullmatch(text)) and text.count("{seq") == 1


def counter_scope(pattern: str, day: date, department: str = "") -> str:
    """*pattern* with date and *department* filled in and its counter left open: what has the same counts together."""
    dated = pattern.replace("{year}", f"{day.year:04}").replace("{month}", f"{day.month:02}")
    return dated.replace("{department}", department)


def case_number(scope: str, sequence: int) -> str:
    """The number, e.g. scope ``"RT-2026-{seq:05}"`` and 17 give ``"RT-2026-00017"``."""
    return _SEQUENCE.sub(lambda match: f"{sequence:0{match[1] or 1}}", scope)


def tracking_code(secret: bytes, company_id: str, number: str) -> str:
    """The customer's code for a case: 128 bits in 22 characters that survive a link and a letter.

    Made from the installation's secret, so that a letter written later can name it while the database keeps its hash.
    """
    digest = hmac.new(secret, f"tracking:{company_id}:{number}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def tracking_hash(code: str) -> str:
    """What the database keeps of a tracking code."""
    return hashlib.sha256(code.encode()).hexdigest()


def letter_code(secret: bytes, company_id: str, number: str, key: str) -> str:
    """The code on a letter of a case, by which anybody who has it asks whether it is genuine: 100 bits, easily typed.

    Four groups of five of the 32 letters and digits that nobody takes for each other (no I, L, O, U).
    """
    digest = hmac.new(secret, f"letter:{company_id}:{number}:{key}".encode(), hashlib.sha256).digest()
    bits = int.from_bytes(digest[:13]) >> 4
    letters = "".join(_TYPED[bits >> place & 31] for place in range(95, -1, -5))
    return "-".join(letters[place : place + 5] for place in range(0, len(letters), 5))


def plain_letter_code(typed: str) -> str:
    """What somebody typed or pasted, a whole address too, as `letter_code` writes it; "" where it is no such code."""
    last = typed.strip().rstrip("/").rpartition("/")[2].upper().translate(_TAKEN_FOR)
    letters = re.sub(r"[\s\-\u2010-\u2015]", "", last)
    if len(letters) != _LETTERS or not set(letters) <= set(_TYPED):
        return ""
    return "-".join(letters[place : place + 5] for place in range(0, _LETTERS, 5))


def letter_hash(code: str) -> str:
    """What the database keeps of the code of a letter."""
    return hashlib.sha256(f"letter:{code}".encode()).hexdigest()


def shop_code(secret: bytes, company_id: str, procedure: str, shop: str) -> str:
    """Proves that the company's own poster names *shop*: nobody else can write one that fills the form in."""
    digest = hmac.new(secret, f"shop:{company_id}:{procedure}:{shop}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()


def is_shop_code(code: str, secret: bytes, company_id: str, procedure: str, shop: str) -> bool:
    """Whether *code* is that shop's."""
    return hmac.compare_digest(code.encode(), shop_code(secret, company_id, procedure, shop).encode())
