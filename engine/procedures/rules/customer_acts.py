"""[customer] speaks of elements, messages or groups that are not there: what it promises would never come about."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
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
    messages = {element.message for element in elements.values() if element.message}
    for act, name in rule.messages.items():
        if name not in messages:
            message = f'expected customer.messages.{act} to be a message of the diagrams, found "{name}"'
            yield error_in(subject, FILE, f"{message}{way_out(name, messages)}", "customer", "messages", act.value)
    groups = subject.package.company.groups
    if rule.tell and rule.tell not in groups:
        message = f'expected a group for customer.tell, found "{rule.tell}"{way_out(rule.tell, groups)}'
        yield error_in(subject, FILE, message, "customer", "tell")
