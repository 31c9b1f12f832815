"""Case numbers for people and tracking codes for customers."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date
from typing import Final

_SEQUENCE: Final = re.compile(r"\{seq(?::0(\d{1,2}))?\}")


def counter_scope(pattern: str, day: date) -> str:
    """*pattern* with its date filled in and its counter left open: cases with the same scope count together."""
    return pattern.replace("{year}", f"{day.year:04}").replace("{month}", f"{day.month:02}")


def case_number(scope: str, sequence: int) -> str:
    """The number, e.g. scope ``"RT-2026-{seq:05}"`` and 17 give ``"RT-2026-00017"``."""
    return _SEQUENCE.sub(lambda match: f"{sequence:0{match[1] or 1}}", scope)


def new_tracking_code() -> str:
    """128 random bits in 22 characters that survive a link and a letter."""
    return secrets.token_urlsafe(16)


def tracking_hash(code: str) -> str:
    """What the database keeps of a tracking code."""
    return hashlib.sha256(code.encode()).hexdigest()
