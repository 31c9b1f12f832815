"""Words that exist in several languages, as companies write them in their packages."""

from __future__ import annotations

from collections.abc import Mapping
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


def in_language(text: Text, language: str) -> str:
    """The words in *language*, else in the nearest language that has them, else an empty string."""
    for tag in _NEAREST.get(language, LANGUAGES):
        if words := text.get(tag):
            return words
    return next(iter(text.values()), "")
