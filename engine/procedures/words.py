"""Small pieces of the sentences in findings."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

#: Comparing is quadratic in length: longer words are not compared.
_LONGEST_COMPARED = 100


def listed(words: Iterable[str]) -> str:
    """``a, b, c``"""
    return ", ".join(words)


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """``; did you mean "reply"?`` when a known word is near, else an empty text."""
    if len(wrong) > _LONGEST_COMPARED:
        return ""
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def way_out(wrong: str, known: Iterable[str]) -> str:
    """A suggestion, or the known words when none is near."""
    known = sorted(known)
    return suggestion(wrong, known) or (f"; there is {listed(known[:20])}" if known else "; there is none yet")
