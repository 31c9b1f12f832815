"""How single raw values are read: one way for browsers, which send text, and programs, which send JSON."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

#: A valid floating-point number as HTML defines it, the grammar of ``<input type="number">``.
NUMBER: Final = re.compile(r"-?(?:\d{1,40}(?:\.\d{1,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?", re.ASCII)
#: Powers of ten; what is greater is no number that anything compares, and would be slow to write out.
MAX_MAGNITUDE: Final = 30
_MAX_SHORT: Final = 100  #: characters; numbers, dates and words are never longer
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?(?:Z|[-+]\d\d:\d\d)?", re.ASCII)
#: Control characters except tab and line feed, surrogates, the byte order mark, and the marks that turn the direction
#: of writing, with which a value could make itself look like another one in a list.
_UNWANTED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_LINE_BREAK: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_FULL_WIDTH: Final = {0xFF10 + n: 0x30 + n for n in range(10)} | {0xFF0E: 0x2E, 0xFF0D: 0x2D}


def clean_text(text: str, *, multiline: bool) -> str:
    """*text* in NFC, without control characters and outer blanks; without *multiline* breaks become blanks."""
    text = _UNWANTED.sub("", _LINE_BREAK.sub("\n", text))
    if not multiline:
        text = text.replace("\n", " ").replace("\t", " ")
    return unicodedata.normalize("NFC", text).strip()


def text_length(text: str) -> int:
    """Length in UTF-16 units, which is how browsers count for ``maxlength``."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def read_number(raw: Any) -> Decimal | None:
    """The exact number in *raw* (JSON number or text), or None where there is none."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return Decimal(raw)
    if isinstance(raw, float):
        raw = repr(raw)
    if not isinstance(raw, str) or len(raw) > _MAX_SHORT:
        return None
    text = raw.strip().translate(_FULL_WIDTH)
    return Decimal(text) if NUMBER.fullmatch(text) else None


def decimal_places(number: Decimal) -> int:
    """Digits after the point that are not trailing zeros."""
    _, digits, exponent = number.as_tuple()
    places = -int(exponent)
    for digit in reversed(digits):
        if digit or places <= 0:
            break
        places -= 1
    return max(places, 0) if any(digits) else 0


def json_number(number: Decimal) -> int | float:
    """*number* as JSON has it: whole numbers stay whole whatever way they were typed."""
    return int(number) if decimal_places(number) == 0 else float(number)


def read_date(raw: Any) -> date | None:
    if not isinstance(raw, str) or not _DATE.fullmatch(text := raw.strip()):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_datetime(raw: Any, zone: tzinfo) -> datetime | None:
    """The instant in *raw*, expressed in *zone*; text without offset is meant in *zone*, as browsers send it.

    None where there is none, which includes local times that a change to summer time skips.
    """
    if not isinstance(raw, str) or not _DATETIME.fullmatch(text := raw.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(zone)
        local = moment.replace(tzinfo=zone)
        return local if _round_trip(local) == local.replace(tzinfo=None) else None
    except (ValueError, OverflowError):
        return None


def datetime_text(moment: datetime) -> str:
    """*moment* with offset, seconds only where there are some: ``2026-03-02T09:00+08:00``."""
    return moment.replace(microsecond=0).isoformat(timespec="seconds" if moment.second else "minutes")


def read_yes_no(raw: Any) -> bool | None:
    """True, False, or None where *raw* is neither. Checkboxes of browsers send ``true``, ``on`` or ``1``."""
    if isinstance(raw, bool):
        return raw
    return _WORDS.get(raw.strip().lower()) if isinstance(raw, str) and len(raw) <= _MAX_SHORT else None


def is_empty(raw: Any) -> bool:
    """Whether nothing was answered: null, blank text, an empty list, or a list of only such."""
    if isinstance(raw, str):
        return not raw.strip()
    if isinstance(raw, (list, tuple)):
        return all(item is None or item == "" for item in raw)
    return raw is None


_WORDS: Final = {
    **dict.fromkeys(("true", "on", "1", "yes"), True),
    **dict.fromkeys(("false", "off", "0", "no"), False),
}


def _round_trip(local: datetime) -> datetime:
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None)
