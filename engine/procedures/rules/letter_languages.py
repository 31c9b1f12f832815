"""A letter lacks a language: customers or colleagues would get one they cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.company import needed_languages
from engine.procedures.subject import Subject, error_in, missing_languages

NEEDS = ("company.toml", "texts/")


def check(subject: Subject) -> Iterator[Finding]:
    needed = needed_languages(subject.package.company.language)
    for id_, letter in subject.package.letters.items():
        for language in missing_languages(letter.subject, needed):
            message = (
                f"expected letter {id_} in {language} too, found none; add [letters.{id_}] to texts/{language}.toml"
            )
            yield error_in(subject, f"texts/{language}.toml", message, "letters", id_)
