"""A timer names a time limit of words only: it has no date, so the case would wait there for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_at

NEEDS = ("procedure.toml",)


def check(subject: Subject) -> Iterator[Finding]:
    for element in subject.diagram.elements.values():
        rule = subject.package.deadlines.get(element.timer.text.strip("\"'")) if element.timer else None
        if element.timer and rule and rule.words_only:
            message = (
                f"expected the timer {element.id} to have a date, found that deadline {rule.id} is words only; "
                "give it an amount as an internal target, or let a person say when it goes on"
            )
            yield error_at(element, message, line=element.timer.line)
