"""Two ways that run at the same time write the same name: the later one would overwrite the other's answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from engine.findings import Finding
from engine.procedures.data_flow import written_by
from engine.procedures.diagram import GATEWAYS, SUBPROCESSES, Diagram, Element
from engine.procedures.subject import Subject, error_at, warning_at
from engine.procedures.words import listed

_FORKS = ("parallelGateway", "inclusiveGateway")


def check(subject: Subject) -> Iterator[Finding]:
    writers = _Writers(subject)
    for fork, ways in _forks(subject.diagram) if writers.rivals else ():
        if clashes := list(_clashes(writers, ways)):
            message = (
                f"expected the ways from {fork.id} to write different names, found {listed(clashes)}; "
                "give the fields different ids"
            )
            certain = fork.kind == "parallelGateway"
            yield error_at(fork, message) if certain else warning_at(fork, message)


def _forks(diagram: Diagram) -> Iterator[tuple[Element, list[frozenset[str]]]]:
    """Each fork with what each of its ways reaches before it comes back to the fork; and what runs beside it."""
    for fork in diagram.elements.values():
        if fork.kind in _FORKS or (fork.kind not in GATEWAYS and len(fork.outgoing) > 1):
            targets = dict.fromkeys(diagram.flows[flow].target for flow in fork.outgoing)
            yield fork, [_way(diagram, target, fork.id) for target in targets]
    for event in diagram.of_kind("boundaryEvent"):
        if not event.interrupting and event.attached_to in diagram.elements:
            yield event, [_way(diagram, event.id, event.attached_to), _way(diagram, event.attached_to, event.id)]
    for beside in diagram.elements.values():
        if beside.triggered_by_event and not diagram.interrupts(beside):
            others = frozenset(other.id for other in diagram.inside(beside.parent)) - {beside.id}
            yield beside, [frozenset({beside.id}), others]


def _clashes(writers: _Writers, ways: list[frozenset[str]]) -> Iterator[str]:
    """``x in a and b`` for every name that two of *ways* write apart from each other."""
    on: dict[str, int] = {}  # element -> the ways that reach it, one bit each
    for number, way in enumerate(ways):
        for id_ in way & writers.rivals:
            on[id_] = on.get(id_, 0) | 1 << number
    for name, paths in writers.contested.items():
        first: dict[int, str] = {}
        for id_, path in paths.items():
            if id_ in on:
                first.setdefault(on[id_], path)
        fewest_first = sorted(first, key=lambda bits: (bits.bit_count(), bits))
        for one, other in pairwise(fewest_first):
            if one & other != one:  # neither writer is on every way of the other
                yield f"{name} in {first[one]} and {first[other]}"
                break


def _way(diagram: Diagram, start: str, fork: str) -> frozenset[str]:
    """What a token reaches in the same process or sub-process from *start*, itself included, without passing *fork*."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        id_ = todo.pop()
        if id_ not in seen and id_ != fork:
            seen.add(id_)
            todo.extend(diagram.beside(id_))
    return frozenset(seen)


class _Writers:
    """Who writes what, what happens inside sub-processes and called processes included."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        found: dict[str, dict[str, str]] = {}
        for id_ in subject.diagram.elements:
            for name, path in self._written(id_).items():
                found.setdefault(name, {})[id_] = path
        #: Each name that several elements write: these in the diagram's order, with the paths to what writes it.
        self.contested = {name: found[name] for name in sorted(found) if len(found[name]) > 1}
        self.rivals = frozenset(id_ for paths in self.contested.values() for id_ in paths)

    def _written(self, element: str) -> Mapping[str, str]:
        """Each name that *element* or something inside writes, with the path to what writes it."""
        found: dict[str, str] = {}
        seen: set[str] = set()
        todo = [(self._subject.diagram.elements[element], "")]
        while todo:
            one, path = todo.pop()
            if one.id not in seen:
                seen.add(one.id)
                for name in written_by(self._subject, one):
                    found.setdefault(name, f"{path}{one.id}")
                todo.extend((inner, f"{path}{one.id}/") for inner in reversed(self._inside(one)))
        return found

    def _inside(self, element: Element) -> tuple[Element, ...]:
        if element.kind not in SUBPROCESSES and element.kind != "callActivity":
            return ()
        return self._subject.diagram.inside(element.called if element.kind == "callActivity" else element.id)
