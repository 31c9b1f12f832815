"""Every word of the pages exists in every language, and nothing is written past the catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import webapp.translate
from webapp.translate import CATALOGUES, LOCALES

WEBAPP = Path(webapp.translate.__file__).parent
TEMPLATES = sorted((WEBAPP / "templates").rglob("*.html"))
CHINESE = ("zh-Hans", "zh-Hant")

#: Functions that translate, with the places of their messages. _count passes both forms on to ngettext.
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "_count": (2, 3)}
JINJA = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "silent": "false"}

#: Also characters of Big5, but in these texts always the Simplified form of another one (後 於 裡 餘 舊 麼).
SIMPLIFIED_IN_BIG5 = frozenset("后于里余旧么")


def extracted() -> dict[str, str]:
    """Message -> where it first stands. Messages with a plural are named by their singular."""
    found: dict[str, str] = {}
    for file, line, message, _comments, _context in extract_from_dir(
        WEBAPP,
        method_map=[("islands/**.*", "ignore"), ("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")],
        options_map={"templates/**.html": JINJA},
        keywords=KEYWORDS,
    ):
        found.setdefault(message if isinstance(message, str) else message[0], f"{file}:{line}")
    return found


def translations(language: str) -> dict[str, str]:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=LOCALES[language], abort_invalid=True)
    pairs = {}
    for message in catalogue:
        key, words = message.id, message.string
        if key:
            pairs[key if isinstance(key, str) else key[0]] = words if isinstance(words, str) else words[0]
    return pairs


@pytest.mark.parametrize("language", CHINESE)
def test_every_message_is_translated(language: str) -> None:
    known = translations(language)

    missing = [f"{where}: {message!r}" for message, where in extracted().items() if not known.get(message)]

    assert missing == [], f"add these to webapp/translations/{language}.po"


@pytest.mark.parametrize("language", CHINESE)
def test_no_translation_outlives_its_message(language: str) -> None:
    assert sorted(set(translations(language)) - set(extracted())) == []


@pytest.mark.parametrize("language", CHINESE)
def test_translations_fill_the_same_places(language: str) -> None:
    def places(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)s", text))

    wrong = {key: words for key, words in translations(language).items() if places(key) != places(words)}

    assert wrong == {}


def test_traditional_is_not_simplified_with_another_name() -> None:
    def is_traditional(words: str) -> bool:
        fits_big5 = words.encode("cp950", "ignore").decode("cp950") == words
        return fits_big5 and not SIMPLIFIED_IN_BIG5.intersection(words)

    assert [words for words in translations("zh-Hant").values() if not is_traditional(words)] == []


def test_templates_hold_no_chinese_of_their_own() -> None:
    names_of_languages = {"简体中文", "繁體中文"}  # each is written in itself, whatever the page speaks

    found = [f"{path.name}: {words}" for path in TEMPLATES for words in chinese_in(path)]

    assert {entry.split(": ")[1] for entry in found} - names_of_languages == set(), found


def chinese_in(path: Path) -> Iterator[str]:
    yield from re.findall(r"[㐀-鿿豈-﫿]+", path.read_text(encoding="utf-8"))
