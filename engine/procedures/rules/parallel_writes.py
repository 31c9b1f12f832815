"""Two ways that run at the same time write the same name: the later one would overwrite the other's answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.findings import Finding
from engine.procedures.data_flow import written_by
from engine.procedures.diagram import GATEWAYS, SUBPROCESSES, Diagram, Element
from engine.procedures.subject import Subject, error_at, warning_at
from engine.procedures.words import listed

_FORKS = ("parallelGateway", "inclusiveGateway")


def check(subject: Subject) -> Iterator[Finding]:
    writers = _Writers(subject)
    for fork, first, second in _pairs(subject.diagram):
        shared = first & second
        here, there = writers.of(first - shared), writers.of(second - shared)
        if both := sorted(set(here) & set(there)):
            found = listed(f"{name} in {here[name]} and {there[name]}" for name in both)
            message = (
                f"expected the ways from {fork.id} to write different names, found {found}; "
                "give the fields different ids"
            )
            certain = fork.kind == "parallelGateway"
            yield error_at(fork, message) if certain else warning_at(fork, message)


def _pairs(diagram: Diagram) -> Iterator[tuple[Element, frozenset[str], frozenset[str]]]:
    """Each fork with what two of its ways reach before they come back to the fork; and what runs beside it."""
    for fork in diagram.elements.values():
        if fork.kind in _FORKS or (fork.kind not in GATEWAYS and len(fork.outgoing) > 1):
            ways = [_way(diagram, diagram.flows[flow].target, fork.id) for flow in fork.outgoing]
            for first, second in combinations(ways, 2):
                yield fork, first, second
    for event in diagram.of_kind("boundaryEvent"):
        if not event.interrupting and event.attached_to in diagram.elements:
            yield event, _way(diagram, event.id, event.attached_to), _way(diagram, event.attached_to, event.id)
    for beside in diagram.elements.values():
        if beside.triggered_by_event and not diagram.interrupts(beside):
            others = frozenset(other.id for other in diagram.inside(beside.parent)) - {beside.id}
            yield beside, frozenset({beside.id}), others


def _way(diagram: Diagram, start: str, fork: str) -> frozenset[str]:
    """What a token reaches in the same process or sub-process from *start*, itself included, without passing *fork*."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        id_ = todo.pop()
        if id_ not in seen and id_ != fork and id_ in diagram.elements:
            seen.add(id_)
            todo.extend(diagram.flows[flow].target for flow in diagram.elements[id_].outgoing)
            if (catching := diagram.catching(diagram.elements[id_])) is not None:
                todo.append(catching.id)
            todo.extend(event.id for event in diagram.watchers(id_))
    return frozenset(seen)


class _Writers:
    """Who writes what, what happens inside sub-processes and called processes included."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def of(self, elements: frozenset[str]) -> dict[str, str]:
        """Each name that *elements* write, with the path of the first element in the diagram that writes it."""
        found: dict[str, str] = {}
        self._collect(elements, "", found, set())
        return found

    def _collect(self, elements: frozenset[str], path: str, found: dict[str, str], seen: set[str]) -> None:
        for element in self._subject.diagram.elements.values():
            if element.id in elements and element.id not in seen:
                seen.add(element.id)
                if element.kind in SUBPROCESSES or element.kind == "callActivity":
                    self._collect(self._inside(element), f"{path}{element.id}/", found, seen)
                for name in written_by(self._subject, element):
                    found.setdefault(name, f"{path}{element.id}")

    def _inside(self, element: Element) -> frozenset[str]:
        scope = element.called if element.kind == "callActivity" else element.id
        return frozenset(inner.id for inner in self._subject.diagram.inside(scope))
