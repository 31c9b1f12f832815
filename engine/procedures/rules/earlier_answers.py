"""A form builds on an answer nobody can have given before: it would stay empty, or its fields hidden, for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding, Severity
from engine.forms import Form, ShowField
from engine.procedures.data_flow import data_flow
from engine.procedures.subject import Subject
from engine.procedures.words import suggestion

NEEDS = ("forms/", ".dmn", ".bpmn")
_GIVEN = "given."


def check(subject: Subject) -> Iterator[Finding]:
    flow = data_flow(subject)
    for task in subject.diagram.of_kind("userTask"):
        form = subject.package.forms.get(task.properties.get("form", ""))
        for field, name in _earlier_names(form) if form else ():
            if not flow.may_have(task.id, name):
                hint = suggestion(name, flow.names[task.id]) or "; remove it or ask for it earlier"
                message = f"expected an earlier step to give {name} before {task.id}, found none that does{hint}"
                yield Finding("", Severity.WARNING, message, f"forms/{task.properties['form']}.yaml", element=field)


def _earlier_names(form: Form) -> Iterator[tuple[str, str]]:
    """Each field that uses data of the case, and the name it uses."""
    own = {field.id for field in form.fields if not isinstance(field, ShowField)}
    for field in form.fields:
        if isinstance(field, ShowField) and field.source not in own:
            yield field.id, field.source
        if default := getattr(field, "default", None):
            yield field.id, default.data
        for part in field.show_if.fields() if field.show_if else ():
            if (part.field or "").startswith(_GIVEN):
                yield field.id, (part.field or "").removeprefix(_GIVEN)
