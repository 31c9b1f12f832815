"""The languages of the pages: catalogues, the choice for one request, and the connection to Jinja.

English is written in the sources and is its own translation. ``translations/<language>.po`` holds the others; they are
read once at start, without a compile step. What a company writes itself (names of steps, forms, letters) does not pass
through here: it comes with its package in all its languages, see ``engine.text``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po
from jinja2 import Environment
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from engine.text import LANGUAGES

SOURCE_LANGUAGE: Final = "en"

CATALOGUES: Final = Path(__file__).with_name("translations")

#: The names Babel's locale data goes by.
LOCALES: Final[Mapping[str, str]] = {"zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW", "en": "en"}

#: Regions that write Traditional characters when the tag does not name a script.
_TRADITIONAL_REGIONS: Final = frozenset({"tw", "hk", "mo"})


@dataclass(frozen=True, slots=True)
class Translator:
    """Words of the pages in one language. A message without translation comes back in English."""

    language: str
    _singular: Mapping[str, str] = field(default_factory=dict)
    _plural: Mapping[str, str] = field(default_factory=dict)

    def gettext(self, message: str) -> str:
        """*message* in this language, its ``%(name)s`` places still to be filled."""
        return self._singular.get(message, message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The form for the number *n*. Chinese has one form for all numbers, English two."""
        return self._plural.get(singular, singular if n == 1 else plural)


@cache
def translator(language: str) -> Translator:
    """The translator for one of ``engine.text.LANGUAGES``; any other tag is a ``KeyError``."""
    locale = LOCALES[language]
    if language == SOURCE_LANGUAGE:
        return Translator(language)
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=locale, abort_invalid=True)
    singular: dict[str, str] = {}
    plural: dict[str, str] = {}
    for message in catalogue:
        if isinstance(message.id, str):
            if message.id and isinstance(message.string, str) and message.string:
                singular[message.id] = message.string
        elif message.string and message.string[0]:
            plural[message.id[0]] = message.string[0]
    return Translator(language, singular, plural)


def choose_language(*, cookie: str | None, accept_language: str | None, default: str) -> str:
    """The language of a page: the reader's own choice, else what the browser asks for, else the company's."""
    if cookie in LANGUAGES:
        return cookie
    for tag in parse_accept_header(accept_language, LanguageAccept).values():
        if nearest := _nearest_language(tag):
            return nearest
    return default


def install(environment: Environment, current: Callable[[], Translator]) -> None:
    """Gives Jinja ``_``, ``ngettext`` and ``{% trans %}``; *current* names the translator of this request."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added to the class by the extension
        gettext=lambda message: current().gettext(message),
        ngettext=lambda singular, plural, n: current().ngettext(singular, plural, n),
        newstyle=True,
    )


def _nearest_language(tag: str) -> str | None:
    """Ours for a browser's tag: ``zh-TW`` reads Traditional, ``zh`` and ``zh-CN`` Simplified, ``en-GB`` English."""
    primary, *rest = tag.lower().split("-")
    if primary == "en":
        return "en"
    if primary != "zh":
        return None
    if "hans" in rest:
        return "zh-Hans"
    return "zh-Hant" if "hant" in rest or _TRADITIONAL_REGIONS.intersection(rest) else "zh-Hans"
