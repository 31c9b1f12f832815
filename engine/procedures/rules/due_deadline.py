"""A task is due by a deadline that does not exist: nobody would be reminded."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_at, is_expression
from engine.procedures.words import way_out

NEEDS = ("procedure.toml",)


def check(subject: Subject) -> Iterator[Finding]:
    deadlines = subject.package.deadlines
    for element in subject.diagram.elements.values():
        due = element.properties.get("due", "")
        if due and not is_expression(due) and due not in deadlines:
            message = f'expected {element.id} to be due by a deadline, found "{due}"{way_out(due, deadlines)}'
            yield error_at(element, message)
