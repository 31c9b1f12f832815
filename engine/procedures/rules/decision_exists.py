"""A business rule task calls a decision no table holds: the case would stop there with an incident."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_at
from engine.procedures.words import way_out

NEEDS = (".dmn",)


def check(subject: Subject) -> Iterator[Finding]:
    for task in subject.diagram.of_kind("businessRuleTask"):
        if not task.decision:
            yield error_at(task, f"expected {task.id} to call a decision, found none; choose one in its properties")
        elif task.decision not in subject.decisions:
            hint = way_out(task.decision, subject.decisions)
            yield error_at(task, f'expected {task.id} to call a decision of the package, found "{task.decision}"{hint}')
