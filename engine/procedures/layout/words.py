"""How much room words take: 12 pixel letters, full-width ones as wide as high."""

from __future__ import annotations

import unicodedata
from typing import Final

LETTER: Final = 12.0
#: Average width of a Latin letter as a share of its height, on the wide side so that labels never come out too small.
NARROW: Final = 0.58
LINE: Final = 14.0


def width_of(text: str) -> float:
    """Pixels that *text* takes on one line."""
    return sum(LETTER if unicodedata.east_asian_width(letter) in "WF" else LETTER * NARROW for letter in text)


def wrapped(text: str, limit: float) -> tuple[float, float]:
    """Width and height of *text* on lines of at most *limit* pixels, broken between words or full-width letters."""
    widths = [0.0]
    for word in _unbroken(text):
        wide = width_of(word)
        if widths[-1] and widths[-1] + width_of(word.rstrip()) > limit:
            widths.append(0.0)
        while wide > limit:
            widths[-1] = limit
            widths.append(0.0)
            wide -= limit
        widths[-1] += wide
    return max(widths) + 4, LINE * len(widths) + 2


def _unbroken(text: str) -> list[str]:
    parts: list[str] = []
    for letter in text:
        breaks = unicodedata.east_asian_width(letter) in "WF" and unicodedata.category(letter)[0] != "P"
        if (
            not parts
            or breaks
            or parts[-1].endswith((" ", "\n"))
            or _is_wide(parts[-1][-1])
            and not letter.isspace()
            and unicodedata.category(letter)[0] != "P"
        ):
            parts.append(letter)
        else:
            parts[-1] += letter
    return parts


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"
