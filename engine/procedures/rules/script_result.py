"""A script task has no expression or keeps no result: it would do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_at
from engine.procedures.toml_tables import IDENTIFIER


def check(subject: Subject) -> Iterator[Finding]:
    for task in subject.diagram.of_kind("scriptTask"):
        if not task.script:
            yield error_at(task, f"expected {task.id} to hold a FEEL expression, found an empty script; write one")
        if "result" not in task.properties:
            yield error_at(
                task, f"expected {task.id} to have the property result, found none; name the variable it sets"
            )
    for element in subject.diagram.elements.values():
        result = element.properties.get("result")
        if result is not None and not IDENTIFIER.fullmatch(result):
            message = f'expected the result of {element.id} to be a snake_case name, found "{result}"; rename it'
            yield error_at(element, message)
