"""A form that nothing shows: either a task lost it or it should be removed."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding, Severity
from engine.procedures.subject import Subject

NEEDS = ("procedure.toml", ".bpmn")


def check(subject: Subject) -> Iterator[Finding]:
    start = subject.package.start
    shown = {element.properties.get("form") for element in subject.diagram.elements.values()}
    for form in subject.package.forms:
        if form not in {*shown, start.form, start.public_form}:
            message = f"expected a task or the start to show form {form}, found none; use it or remove it"
            yield Finding("", Severity.WARNING, message, f"forms/{form}.yaml", element=form)
