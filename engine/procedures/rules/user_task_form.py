"""A user task names no form, or one that does not exist: whoever opens the task would have nothing to answer."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_at
from engine.procedures.words import way_out


def check(subject: Subject) -> Iterator[Finding]:
    for task in subject.diagram.of_kind("userTask"):
        form = task.properties.get("form")
        if form is None:
            message = (
                f"expected user task {task.id} to have the property form, found none; leave it empty if it needs none"
            )
            yield error_at(task, message)
        elif form and not subject.has_form(form):
            hint = way_out(form, subject.package.forms)
            yield error_at(task, f'expected a form for user task {task.id}, found "{form}", which does not exist{hint}')
