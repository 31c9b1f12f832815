"""A user task has no name in a language people work in: they would see an id in their inbox."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.company import needed_languages
from engine.procedures.subject import Subject, error_at, missing_languages
from engine.procedures.words import listed

NEEDS = ("company.toml", "texts/")


def check(subject: Subject) -> Iterator[Finding]:
    own = subject.package.company.language
    for task in subject.diagram.of_kind("userTask"):
        words = subject.package.element_names.get(task.id, {})
        missing = [tag for tag in missing_languages(words, needed_languages(own)) if tag != own]
        if missing:
            message = (
                f"expected user task {task.id} to have a name in {listed(missing)}, found none; "
                f"add it under [elements] in texts/{missing[0]}.toml"
            )
            yield error_at(task, message)
