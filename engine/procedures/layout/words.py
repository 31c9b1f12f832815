"""How much room words take: 12 pixel letters, full-width ones as wide as high."""

from __future__ import annotations

import unicodedata
from typing import Final

LETTER: Final = 12.0
#: Average width of a Latin letter as a share of its height, on the wide side so that labels never come out too small.
NARROW: Final = 0.58
LINE: Final = 14.0
#: Viewers break running Chinese text up to a letter early; a little more width makes them break where we do.
_SLACK: Final = 10.0


def width_of(text: str) -> float:
    """Pixels that *text* takes on one line."""
    return sum(LETTER if _is_wide(letter) else LETTER * NARROW for letter in text)


def wrapped(text: str, limit: float) -> tuple[float, float]:
    """Width and height of *text* on as few lines of at most *limit* pixels as do, all about equally long."""
    lines = balanced(text, limit)
    return _widest(lines) + (_SLACK if len(lines) > 1 else 4), LINE * len(lines) + 2


def balanced(text: str, limit: float) -> list[str]:
    """*text* on as few lines of at most *limit* pixels as do, all about equally long."""
    lines = _lines(text, limit)
    while len(lines) > 1 and limit > LETTER:
        limit = _widest(lines) - 1
        tighter = _lines(text, limit)
        if len(tighter) > len(lines) or _widest(tighter) >= _widest(lines):
            break
        lines = tighter
    return lines


def _widest(lines: list[str]) -> float:
    return max(width_of(line.rstrip()) for line in lines)


def _lines(text: str, limit: float) -> list[str]:
    """The lines when they break between words or full-width letters, and inside words that are too long."""
    lines = [""]
    for word in _unbroken(text):
        if lines[-1] and width_of(lines[-1]) + width_of(word.rstrip()) > limit:
            lines.append("")
        for letter in word if width_of(word) > limit else [word]:
            if lines[-1] and width_of(lines[-1] + letter.rstrip()) > limit:
                lines.append("")
            lines[-1] += letter
    return lines


def _unbroken(text: str) -> list[str]:
    """*text* in parts that stay on one line: words, single full-width letters with the punctuation behind them."""
    parts: list[str] = []
    for letter in text:
        if parts and _clings(parts[-1][-1], letter):
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


def _clings(before: str, letter: str) -> bool:
    if letter.isspace() or (_is_wide(letter) and unicodedata.category(letter)[0] == "P"):
        return True
    return not (before.isspace() or _is_wide(before) or _is_wide(letter))


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"
