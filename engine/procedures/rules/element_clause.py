"""An element serves no clause and is not explained as ours: the procedure would do what nobody ordered."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.coverage import elements_without_clause, served_elements
from engine.procedures.subject import Subject, error_at, error_in, warning_in
from engine.procedures.words import suggestion

NEEDS = ("clauses.toml", ".bpmn")
FILE = "clauses.toml"


def check(subject: Subject) -> Iterator[Finding]:
    package, diagram = subject.package, subject.diagram
    for id_ in elements_without_clause(package, diagram):
        message = (
            f"expected {id_} to serve a clause or stand under [ours], found neither; link it or say why it is there"
        )
        yield error_at(diagram.elements[id_], message)
    for id_ in package.ours:
        if id_ not in diagram.elements:
            message = (
                f'expected [ours] to name elements of the diagrams, found "{id_}"{suggestion(id_, diagram.elements)}'
            )
            yield error_in(subject, FILE, message, "ours", id_)
        elif id_ in served_elements(package):
            message = f"expected {id_} under [ours] to serve no clause, found it linked by one; remove it from [ours]"
            yield warning_in(subject, FILE, message, "ours", id_)
