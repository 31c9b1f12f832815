"""A task's guidance has no words in a language people work in: they would see an empty box."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.company import needed_languages
from engine.procedures.subject import Subject, error_at, error_in, missing_languages
from engine.procedures.words import listed, way_out

NEEDS = ("company.toml", "texts/")


def check(subject: Subject) -> Iterator[Finding]:
    guidance = subject.package.guidance
    for element in subject.diagram.elements.values():
        key = element.properties.get("guidance", "")
        if key and key not in guidance:
            message = f'expected guidance for {element.id} in the texts, found no "{key}"{way_out(key, guidance)}'
            yield error_at(element, message)
    needed = needed_languages(subject.package.company.language)
    for key, words in guidance.items():
        if missing := missing_languages(words, needed):
            file = f"texts/{missing[0]}.toml"
            message = f"expected guidance {key} in {listed(missing)} too, found none; add it under [guidance]"
            yield error_in(subject, file, message, "guidance", key)
