"""An element has a property nothing reads: what its author wanted would silently not happen."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_at
from engine.procedures.words import listed, suggestion

#: Properties by the kinds that have them.
PROPERTIES = {
    "userTask": ("form", "due", "group", "guidance"),
    "scriptTask": ("result",),
    "serviceTask": ("result",),
    "businessRuleTask": ("result",),
}


def check(subject: Subject) -> Iterator[Finding]:
    for element in subject.diagram.elements.values():
        known = PROPERTIES.get(element.kind, ())
        for name in element.properties:
            if name not in known:
                hint = suggestion(name, known) or "; remove it"
                expected = listed(known) or "no properties"
                yield error_at(element, f'expected {expected} on {element.kind} {element.id}, found "{name}"{hint}')
