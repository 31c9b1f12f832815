"""Procedure.toml says how long a message is kept that no diagram sends or takes: the rule would never be used."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import way_out

NEEDS = ("procedure.toml", ".bpmn")


def check(subject: Subject) -> Iterator[Finding]:
    known = {element.message for element in subject.diagram.elements.values() if element.message}
    for name in subject.package.keeps:
        if name not in known:
            message = f'expected messages."{name}" to be a message of the diagrams, found none{way_out(name, known)}'
            yield error_in(subject, "procedure.toml", message, "messages", name)
