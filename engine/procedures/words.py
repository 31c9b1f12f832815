"""Small pieces of the sentences in findings."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from heapq import nlargest

#: Comparing is quadratic in length and slow: longer words are not compared, and only those known words that share most
#: pairs of letters.
_LONGEST_COMPARED = 60
_MOST_COMPARED = 5
#: Words of one kind a message names.
_SHOWN = 8


def listed(words: Iterable[str]) -> str:
    """``a, b, c``"""
    return ", ".join(words)


def some(words: Iterable[str]) -> str:
    """``a, b, c`` with at most eight of them, for one finding about many things: ``… and 12 more`` says the rest."""
    known = list(words)
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return listed(known[:_SHOWN]) + more


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """``; did you mean "reply"?`` when a known word is near, else an empty text."""
    if len(wrong) > _LONGEST_COMPARED:
        return ""
    near = get_close_matches(wrong, _alike(wrong, known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def _alike(wrong: str, known: Iterable[str]) -> list[str]:
    """The known words that share most pairs of neighbouring letters with *wrong*."""
    pairs = _pairs(wrong)
    shared = ((len(pairs & _pairs(word)) / (len(wrong) + len(word) + 1), word) for word in known)
    return [word for _, word in nlargest(_MOST_COMPARED, shared)]


@lru_cache(maxsize=4096)
def _pairs(word: str) -> frozenset[str]:
    return frozenset(map("".join, zip(f" {word}", f"{word} ", strict=True)))


def way_out(wrong: str, known: Iterable[str]) -> str:
    """A suggestion, or the known words when none is near."""
    known = sorted(known)
    return suggestion(wrong, known) or (f"; there is {listed(known[:20])}" if known else "; there is none yet")
