"""A part of the diagram has no label: readers cannot tell what happens there or which answer leads where."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.diagram import SUBPROCESSES, TASKS, Element
from engine.procedures.subject import Subject, error_at, warning_at

_DECIDING = frozenset({"exclusiveGateway", "inclusiveGateway"})


def check(subject: Subject) -> Iterator[Finding]:
    for element in subject.diagram.elements.values():
        decides = element.kind in _DECIDING and len(element.outgoing) > 1
        if not element.name and _needs_label(subject, element, decides=decides):
            message = f"expected {element.kind} {element.id} to have a label, found none; name it for its readers"
            yield error_at(element, message) if element.kind in TASKS else warning_at(element, message)
        for flow in (subject.diagram.flows[id_] for id_ in element.outgoing if decides):
            if not flow.name.strip():
                message = (
                    f"expected flow {flow.id} of {element.id} to have a label, found none; say which answer it means"
                )
                yield warning_at(flow, message)


def _needs_label(subject: Subject, element: Element, *, decides: bool) -> bool:
    if element.kind in {"startEvent", "endEvent"} and not element.events:
        return element.parent in subject.diagram.processes  # those inside a subprocess only frame it
    return decides or element.kind in TASKS | SUBPROCESSES or element.kind.endswith("Event")
