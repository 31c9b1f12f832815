"""[customer] speaks of elements, messages or groups that are not there: what it promises would never come about."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.forms.model import AnsweredField, AnyField, ChoiceField
from engine.procedures.package import FillRule
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import way_out

NEEDS = ("company.toml", "procedure.toml", ".bpmn")
FILE = "procedure.toml"


def check(subject: Subject) -> Iterator[Finding]:
    rule, elements = subject.package.customer, subject.diagram.elements
    named = {"answers": rule.answers, "your_turn": rule.your_turn, "waits": tuple(rule.waits)}
    for key, ids in named.items():
        for id_ in ids:
            if id_ not in elements:
                message = f'expected customer.{key} to name elements of the diagrams, found "{id_}"'
                yield error_in(subject, FILE, f"{message}{way_out(id_, elements)}", "customer", key)
    for element, fill in rule.fills.items():
        yield from _fill(subject, element, fill)
    messages = {element.message for element in elements.values() if element.message}
    for act, name in rule.messages.items():
        if name not in messages:
            message = f'expected customer.messages.{act} to be a message of the diagrams, found "{name}"'
            yield error_in(subject, FILE, f"{message}{way_out(name, messages)}", "customer", "messages", act.value)
    groups = subject.package.company.groups
    if rule.tell and rule.tell not in groups:
        message = f'expected a group for customer.tell, found "{rule.tell}"{way_out(rule.tell, groups)}'
        yield error_in(subject, FILE, message, "customer", "tell")


def _fill(subject: Subject, element: str, fill: FillRule) -> Iterator[Finding]:
    """The customer can fill in a user task with a form that nobody signs, and everything it wants is asked or said."""
    place = ("customer", "fills", element)
    task, forms = subject.diagram.elements.get(element), subject.package.forms
    form = forms.get(task.properties.get("form", "")) if task else None
    if task is None or form is None:
        fillable = [each.id for each in subject.diagram.of_kind("userTask") if each.properties.get("form") in forms]
        message = f'expected customer.fills to name user tasks with a form, found "{element}"'
        yield error_in(subject, FILE, f"{message}{way_out(element, fillable)}", *place)
        return
    if (step := subject.package.steps.get(element)) and step.signatures:
        message = f"expected {element} to be filled in by the customer or signed by colleagues, found both; remove one"
        yield error_in(subject, FILE, message, *place)
    fields = {field.id: field for field in form.fields}
    answered = [name for name, field in fields.items() if isinstance(field, AnsweredField)]
    for key, names, known in (("says", list(fill.says), answered), ("hide", list(fill.hide), list(fields))):
        for name in names:
            if name not in known:
                message = f'expected customer.fills.{element}.{key} to name fields of {form.id}, found "{name}"'
                yield error_in(subject, FILE, f"{message}{way_out(name, known)}", *place, key)
    for name, kept in fill.not_offered.items():
        options = _choices(fields.get(name))
        for value in kept:
            if value not in options:
                message = f'expected customer.fills.{element}.not_offered.{name} to name choices, found "{value}"'
                yield error_in(subject, FILE, f"{message}{way_out(value, options)}", *place, "not_offered", name)
    for name in fill.hide:
        if getattr(fields.get(name), "required", False) and name not in fill.says:
            message = (
                f"expected customer.fills.{element}.says to answer {name}, "
                f"found it hidden although {form.id} requires it; say it or do not hide it"
            )
            yield error_in(subject, FILE, message, *place, "hide")


def _choices(field: AnyField | None) -> list[str]:
    if isinstance(field, ChoiceField) and isinstance(field.options, tuple):
        return [each.value for each in field.options]
    return []
