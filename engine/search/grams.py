"""Texts cut into pieces that an index can hold, the same for every database.

Chinese has no spaces: it is cut into single characters and pairs. Letters and digits are cut into threes and the
beginnings of words. So whatever is two Chinese characters, three letters or the beginning of a word is found wherever
it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

#: Words of one question that count.
MAX_TERMS: Final = 8
_HAN: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUN: Final = re.compile(rf"(?P<han>[{_HAN}]+)|(?:(?![{_HAN}])[^\W_])+")
_LETTERS: Final = 3
#: A word with digits of this length is the number of something.
_CODE: Final = 5
#: Characters of an excerpt before the first hit, and in all.
_BEFORE: Final = 20
_EXCERPT: Final = 84


class _Folding(dict[int, str]):
    """Character -> the one it is compared as: always exactly one, so that places in both texts are the same."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFKC", character).casefold()
        self[code] = plain if len(plain) == 1 else character
        return self[code]


_FOLDING: Final = _Folding()


#: A text in pieces, in order, each with whether it is a hit.
Pieces = tuple[tuple[str, bool], ...]


def folded(text: str) -> str:
    """*text* without the difference between capital and small, full and half width. As long as *text*."""
    return text.translate(_FOLDING)


def terms_of(question: str) -> tuple[str, ...]:
    """The words looked for, all of which a case has to say; punctuation alone is none."""
    found = dict.fromkeys(word for word in folded(question).split() if _RUN.search(word))
    return tuple(found)[:MAX_TERMS]


def grams(text: str) -> set[str]:
    """Every piece by which *text* can be found."""
    found: set[str] = set()
    for run, is_han in _runs(folded(text)):
        if is_han:
            found.update(run)
            found.update(_pieces(run, 2))
        else:
            found.update(_pieces(run, _LETTERS))
            found.update(("^" + run[:1], "^" + run[:2]))
    return found


def pairs(text: str) -> set[str]:
    """What *text* is compared by with another one: pairs of Chinese characters, whole words of letters and digits."""
    found: set[str] = set()
    for run, is_han in _runs(folded(text)):
        found.update(_pieces(run, 2) if is_han else (run,) if len(run) >= _LETTERS else ())
    return found


def words_with_digits(text: str) -> tuple[str, ...]:
    """Numbers of orders, rooms or goods in *text*, folded: words of at least five characters, some of them digits."""
    runs = (run for run, is_han in _runs(folded(text)) if not is_han)
    return tuple(dict.fromkeys(run for run in runs if len(run) >= _CODE and any(map(str.isdigit, run))))[:MAX_TERMS]


def wanted(term: str) -> set[str]:
    """The pieces that a text in which *term* stands must have. *term* is folded."""
    found: set[str] = set()
    for run, is_han in _runs(term):
        if len(run) < (2 if is_han else _LETTERS):
            found.add(run if is_han else "^" + run)
        else:
            found.update(_pieces(run, 2 if is_han else _LETTERS))
    return found


def says_all(texts: Sequence[str], terms: Sequence[str]) -> bool:
    """Whether each of *terms* stands in one of *texts*, both folded."""
    return all(any(term in text for text in texts) for term in terms)


def marked(text: str, terms: Sequence[str]) -> Pieces:
    """The whole of *text* with the places where *terms* stand."""
    pieces, place = [], 0
    for first, last in _hits(text, terms):
        pieces += [(text[place:first], False), (text[first:last], True)]
        place = last
    return tuple((words, hit) for words, hit in (*pieces, (text[place:], False)) if words)


def excerpt(text: str, terms: Sequence[str]) -> Pieces | None:
    """The part of *text* around the first of *terms* in it, in one line; None where none stands in it."""
    hits = _hits(text, terms)
    if not hits:
        return None
    begin = max(hits[0][0] - _BEFORE, 0)
    end = max(begin + _EXCERPT, hits[0][1])
    before, after = "…" if begin else "", "…" if end < len(text) else ""
    lines = " · ".join(filter(None, map(str.strip, text[begin:end].splitlines())))
    return marked(before + lines + after, terms)


def _hits(text: str, terms: Sequence[str]) -> list[tuple[int, int]]:
    if not terms:
        return []
    longest_first = sorted(terms, key=len, reverse=True)
    return [match.span() for match in re.finditer("|".join(map(re.escape, longest_first)), folded(text))]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    for match in _RUN.finditer(text):
        yield match.group(), match.lastgroup == "han"


def _pieces(run: str, size: int) -> Iterator[str]:
    return (run[n : n + size] for n in range(len(run) - size + 1))
