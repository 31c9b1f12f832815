"""A node, lane or flow has no place in the drawing: modellers would not show it, readers would not know of it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding, Severity
from engine.procedures.diagram import Part
from engine.procedures.subject import Subject
from engine.procedures.words import some


def check(subject: Subject) -> Iterator[Finding]:
    diagram = subject.diagram
    parts: list[Part] = [*diagram.lanes.values(), *diagram.elements.values(), *diagram.flows.values()]
    missing: dict[str, list[Part]] = {}
    for part in parts:
        if part.id not in diagram.drawn:
            missing.setdefault(part.file, []).append(part)
    for file, lost in missing.items():
        shown = some(part.id for part in lost)
        message = f"expected everything in {file} to be drawn, found {len(lost)} without a place: {shown}; draw them, "
        yield Finding("", Severity.ERROR, f"{message}or run: shouwen layout {file}", file, lost[0].line, lost[0].id)
