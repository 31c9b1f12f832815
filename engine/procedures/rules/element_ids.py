"""An id is missing, used twice or not snake_case: history, clauses and scenarios could not name the element."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding, Severity
from engine.procedures.diagram import Part
from engine.procedures.subject import Subject
from engine.procedures.toml_tables import IDENTIFIER
from engine.procedures.words import some


def check(subject: Subject) -> Iterator[Finding]:
    diagram = subject.diagram
    for tag, file, line in diagram.nameless:
        yield Finding("", Severity.ERROR, f"expected this {tag} to have an id, found none; give it one", file, line)
    for id_, file, line in diagram.duplicates:
        message = f'expected ids to be different in all diagrams of a package, found "{id_}" again; rename one of them'
        yield Finding("", Severity.ERROR, message, file, line, id_)
    parts: list[Part] = [*diagram.processes.values(), *diagram.lanes.values(), *diagram.elements.values()]
    wrong: dict[str, list[Part]] = {}
    for part in parts:
        if not IDENTIFIER.fullmatch(part.id):
            wrong.setdefault(part.file, []).append(part)
    for file, found in wrong.items():  # one finding a file: modellers make all ids up, or none
        shown = some(f'"{part.id}"' for part in found)
        message = f"expected an English snake_case id, found {shown}; rename it, e.g. check_facts"
        yield Finding("", Severity.ERROR, message, file, found[0].line, found[0].id)
