"""Case numbers for people and tracking codes for customers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import date
from typing import Final

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


def shop_code(secret: bytes, company_id: str, procedure: str, shop: str) -> str:
    """Proves that the company's own poster names *shop*: nobody else can write one that fills the form in."""
    digest = hmac.new(secret, f"shop:{company_id}:{procedure}:{shop}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()


def is_shop_code(code: str, secret: bytes, company_id: str, procedure: str, shop: str) -> bool:
    """Whether *code* is that shop's."""
    return hmac.compare_digest(code.encode(), shop_code(secret, company_id, procedure, shop).encode())
