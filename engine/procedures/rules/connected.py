"""A flow leads nowhere, or no way leads to an element: cases would never come there, or would get lost."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.diagram import Element, catches_link
from engine.procedures.subject import Subject, error_at


def check(subject: Subject) -> Iterator[Finding]:
    elements = subject.diagram.elements
    for flow in subject.diagram.flows.values():
        for end, id_ in (("come from", flow.source), ("lead to", flow.target)):
            if id_ not in elements:
                yield error_at(flow, f'expected flow {flow.id} to {end} an element, found "{id_}"; draw it again')
    for element in elements.values():
        if not element.incoming and not _starts_by_itself(element):
            yield error_at(element, f"expected a flow to lead to {element.id}, found none; connect or remove it")


def _starts_by_itself(element: Element) -> bool:
    return element.kind in {"startEvent", "boundaryEvent"} or element.triggered_by_event or catches_link(element)
