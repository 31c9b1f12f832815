"""Who complains again: the same telephone number, however it was written."""

from __future__ import annotations

import re
from typing import Final

#: Fewer digits are an extension or a slip of the pen, and no person.
_FEWEST: Final = 5
_MOST: Final = 20
_CHINA: Final = re.compile(r"(?:00)?86(1\d{10})")


def caller_number(text: object) -> str:
    """The digits of a telephone number, "" when it is none: "+86 138-0013-8000" and "13800138000" are the same."""
    digits = "".join(found for found in str(text or "") if found.isascii() and found.isdigit())
    if not _FEWEST <= len(digits) <= _MOST:
        return ""
    mobile = _CHINA.fullmatch(digits)
    return mobile[1] if mobile else digits
