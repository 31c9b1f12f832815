"""Words that exist in several languages, as companies write them in their packages; numbers that come as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

#: BCP 47 tags of the languages every page speaks, the first being the fall-back of last resort.
LANGUAGES: Final = ("zh-Hans", "zh-Hant", "en")

#: The same words by language tag, e.g. ``{"zh-Hans": "回访", "en": "Revisit"}``.
Text = Mapping[str, str]

_NEAREST: Final[Mapping[str, tuple[str, ...]]] = {
    "zh-Hans": ("zh-Hans", "zh-Hant", "en"),
    "zh-Hant": ("zh-Hant", "zh-Hans", "en"),
    "en": ("en", "zh-Hans", "zh-Hant"),
}

_COMMA: Final[Text] = {"zh-Hans": "、", "zh-Hant": "、", "en": ", "}

#: The largest whole number that every database keeps.
_LARGEST: Final = 2**63 - 1


def whole_number(text: str) -> int | None:
    """The number that *text* writes in plain digits; None for anything else, and for more than a database keeps."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST))):
        return None
    number = int(text)
    return number if number <= _LARGEST else None


def in_language(text: Text, language: str) -> str:
    """The words in *language*, else in the nearest language that has them, else an empty string."""
    for tag in _NEAREST.get(language, LANGUAGES):
        if words := text.get(tag):
            return words
    return next(iter(text.values()), "")


def enumerated(items: Iterable[str], language: str) -> str:
    """*items* one after another, parted as *language* parts them: ``茶、咖啡`` or ``tea, coffee``."""
    return in_language(_COMMA, language).join(items)
