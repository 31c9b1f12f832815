"""A deadline names a calendar or a letter that does not exist: dates would be wrong, customers not told."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import way_out

NEEDS = ("company.toml", "procedure.toml", "texts/")


def check(subject: Subject) -> Iterator[Finding]:
    package = subject.package
    for id_, rule in package.deadlines.items():
        known = package.company.calendars
        if rule.calendar and rule.calendar not in known:
            message = f'expected a calendar for deadlines.{id_}, found "{rule.calendar}"{way_out(rule.calendar, known)}'
            yield error_in(subject, "procedure.toml", message, "deadlines", id_, "calendar")
        letter = rule.extension.letter if rule.extension else ""
        if letter and letter not in package.letters:
            message = (
                f'expected a letter for deadlines.{id_}.extension, found "{letter}"{way_out(letter, package.letters)}'
            )
            yield error_in(subject, "procedure.toml", message, "deadlines", id_, "extension")
