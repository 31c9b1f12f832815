"""What of a case one reader does not get to see, and what stands in its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

#: What stands where nothing at all may be seen.
COVER: Final = "＊＊＊"
_DIGITS: Final = re.compile(r"\d[\d -]{5,}\d")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
#: Characters a word has at least to be covered inside other texts: single ones stand everywhere.
_SHORTEST: Final = 2
#: Parts of an event that hold values by the names of the data.
_HOLDERS: Final = frozenset({"data", "inputs", "outputs", "result"})


@dataclass(frozen=True)
class Veil:
    """Names of the data that a reader sees *masked* (王＊, 138****5678) or that are *hidden*, and the words to cover.

    The words are those of the answers themselves: wherever a letter, note or reason repeats one, it is covered too.
    """

    masked: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)  #: word -> what stands in its place
    plain: frozenset[str] = frozenset()  #: names of choices, dates and files: nothing of them shows
    files: frozenset[str] = frozenset()  #: ids of uploads nobody hands out

    def __bool__(self) -> bool:
        return bool(self.masked or self.hidden)

    @property
    def names(self) -> frozenset[str]:
        return self.masked | self.hidden

    def data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """*data* as the reader may see it: hidden names are not there."""
        if not self:
            return dict(data)
        return {
            name: _covered(value, plain=name in self.plain) if name in self.masked else self.anything(value)
            for name, value in data.items()
            if name not in self.hidden
        }

    def known(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """*data* without what the reader may not see: what a form may propose to be sent back."""
        return {name: value for name, value in data.items() if name not in self.names}

    def value(self, name: str, text: str) -> str:
        """*text*, the value of *name*, as the reader may see it: "" where it is hidden."""
        return str(self.data({name: text}).get(name, ""))

    def text(self, text: str) -> str:
        """*text* with every word covered that the reader may not see."""
        return self._pattern.sub(lambda found: self.words[found[0]], text) if self.words and text else text

    def anything(self, value: Any) -> Any:
        """A JSON value with what stands in it covered; mappings that hold data by their names are data."""
        if not self:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                name: self.data(inner) if name in _HOLDERS and isinstance(inner, Mapping) else self.anything(inner)
                for name, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.anything(inner) for inner in value]
        return value

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self.words, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)))


#: Nothing is kept from the reader.
CLEAR: Final = Veil()


def veil_of(
    data: Mapping[str, Any], *, masked: frozenset[str], hidden: frozenset[str], plain: frozenset[str] = frozenset()
) -> Veil:
    """The veil over *data*; of *plain* names (choices, dates) the values are covered, not the words elsewhere."""
    masked -= hidden
    words: dict[str, str] = {}
    for name in masked | hidden:
        for said in _said(data.get(name)) if name not in plain else ():
            words[said] = COVER if name in hidden else masked_text(said)
    files = frozenset(file for name in masked | hidden for file in _files(data.get(name)))
    return Veil(masked, hidden, words, plain, files)


def masked_text(text: str) -> str:
    """So much of *text* that whoever knows it knows it again: 王＊, 138****5678, w***@example.org."""
    text = text.strip()
    name, at, domain = text.partition("@")
    if at and name and domain:
        return f"{name[0]}***@{domain}"
    if _DIGITS.fullmatch(text):
        plain = re.sub(r"[ -]", "", text)
        shown = 2 if len(plain) < 11 else 3  # noqa: PLR2004 -- a mobile number has eleven digits
        return f"{plain[:shown]}****{plain[-shown - (shown == 3) :]}"  # noqa: PLR2004
    if len(text) <= 4 and _CHINESE.fullmatch(text):  # noqa: PLR2004 -- a name, double surnames included
        return text[0] + "＊" * max(len(text) - 1, 1)
    return f"{text[:1]}***"


def _covered(value: Any, *, plain: bool) -> Any:
    """What stands in the place of a masked *value* of the data; that there is none may be seen."""
    if not value and not isinstance(value, bool | int | float):
        return value
    return masked_text(value) if isinstance(value, str) and not plain else COVER


def _said(value: Any) -> list[str]:
    """The words of an answer, rows and lists included."""
    if isinstance(value, str):
        return [value] if len(value.strip()) >= _SHORTEST else []
    if isinstance(value, Mapping):
        return [] if "sha256" in value else [said for inner in value.values() for said in _said(inner)]
    if isinstance(value, list | tuple):
        return [said for inner in value for said in _said(inner)]
    return []


def _files(value: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else []
    return [str(item["id"]) for item in items if isinstance(item, Mapping) and "id" in item]
