"""Two ways that run at the same time write the same name: the later one would overwrite the other's answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.findings import Finding
from engine.procedures.data_flow import written_by
from engine.procedures.diagram import Diagram, Element
from engine.procedures.subject import Subject, error_at, warning_at
from engine.procedures.words import listed

_FORKS = ("parallelGateway", "inclusiveGateway")


def check(subject: Subject) -> Iterator[Finding]:
    for fork, first, second in _pairs(subject.diagram):
        shared = first & second
        here, there = _written(subject, first - shared), _written(subject, second - shared)
        if both := sorted(here & there):
            message = (
                f"expected the ways from {fork.id} to write different names, found {listed(both)} in two of them; "
                "give the fields different ids"
            )
            certain = fork.kind == "parallelGateway"
            yield error_at(fork, message) if certain else warning_at(fork, message)


def _pairs(diagram: Diagram) -> Iterator[tuple[Element, frozenset[str], frozenset[str]]]:
    """Each fork with what two of its ways reach before they come back to the fork."""
    for gateway in diagram.of_kind(*_FORKS):
        ways = [_way(diagram, diagram.flows[flow].target, gateway.id) for flow in gateway.outgoing]
        for first, second in combinations(ways, 2):
            yield gateway, first, second
    for event in diagram.of_kind("boundaryEvent"):
        if not event.interrupting and event.attached_to in diagram.elements:
            yield event, _way(diagram, event.id, event.attached_to), _way(diagram, event.attached_to, event.id)


def _way(diagram: Diagram, start: str, fork: str) -> frozenset[str]:
    """What a token reaches from *start*, itself included, without passing *fork*."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        element = todo.pop()
        if element not in seen and element != fork and element in diagram.elements:
            seen.add(element)
            todo.extend(diagram.after(element))
    return frozenset(seen)


def _written(subject: Subject, elements: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*(written_by(subject, subject.diagram.elements[id_]) for id_ in elements))
