"""A letter that nothing sends: either a task lost it or it should be removed."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, warning_in

NEEDS = (".bpmn",)


def check(subject: Subject) -> Iterator[Finding]:
    elements = subject.diagram.elements.values()
    sent = " ".join(element.operator.parameters.get("letter", "") for element in elements if element.operator)
    told = {rule.extension.letter for rule in subject.package.deadlines.values() if rule.extension}
    for letter in subject.package.letters.values():
        if letter.id not in told and f'"{letter.id}"' not in sent:
            file = f"texts/{next(iter(letter.subject))}.toml"
            message = f"expected a task that sends letter {letter.id}, found none; send it or remove it"
            yield warning_in(subject, file, message, "letters", letter.id)
