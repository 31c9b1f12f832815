"""A loop has no element that waits: it would run until the step's limit and stop the case with an incident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.findings import Finding
from engine.procedures.data_flow import written_by
from engine.procedures.diagram import SUBPROCESSES, Diagram, Element, catches_link
from engine.procedures.subject import Subject, error_at, warning_at
from engine.procedures.words import listed

_WAITING = frozenset(
    {"userTask", "manualTask", "serviceTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway"}
)
_AROUND = SUBPROCESSES | {"callActivity"}
_LEAVING = frozenset({"error", "escalation"})


def check(subject: Subject) -> Iterator[Finding]:
    diagram = subject.diagram
    quick = _quick_scopes(diagram)
    for scope in dict.fromkeys(element.parent for element in diagram.elements.values()):
        for loop in _loops(diagram, scope, quick):
            yield _finding(subject, loop)


def _finding(subject: Subject, loop: list[Element]) -> Finding:
    names = listed(element.id for element in loop)
    message = (
        f"expected something in every loop to wait for a person, an answer or time, found nothing that does in {names};"
        " put a task or event that waits into it"
    )
    may_end = any(_may_change_its_mind(subject, element) for element in loop)
    return (warning_at if may_end else error_at)(loop[0], message)


def _may_change_its_mind(subject: Subject, element: Element) -> bool:
    """Whether a next round may take another way: data was written, or ways in parallel were waited for."""
    return bool(written_by(subject, element)) or element.kind in _AROUND | {"inclusiveGateway"}


def _quick_scopes(diagram: Diagram) -> frozenset[str]:
    """Processes and sub-processes that a token can pass from start to end without waiting."""
    scopes = list(dict.fromkeys(element.parent for element in diagram.elements.values()))
    quick: frozenset[str] = frozenset()
    while True:
        found = frozenset(scope for scope in scopes if _passes(diagram, scope, quick))
        if found == quick:
            return quick
        quick = found


def _passes(diagram: Diagram, scope: str, quick: frozenset[str]) -> bool:
    inside = {element.id: element for element in diagram.inside(scope)}
    seen: set[str] = set()
    todo = [element.id for element in inside.values() if element.kind == "startEvent"]
    while todo:
        id_ = todo.pop()
        if id_ in seen or id_ not in inside or _waits(inside[id_], quick):
            continue
        seen.add(id_)
        todo.extend(_next(diagram, inside[id_], inside))
    return any(inside[id_].kind == "endEvent" for id_ in seen)


def _waits(element: Element, quick: frozenset[str]) -> bool:
    if element.kind in _AROUND:
        return (element.called or element.id) not in quick
    return element.kind in _WAITING and not catches_link(element)


def _next(diagram: Diagram, element: Element, inside: Mapping[str, Element]) -> list[str]:
    """Elements directly behind *element*; what its quick inside raises comes out at its boundary."""
    targets = [diagram.flows[flow].target for flow in element.outgoing]
    if (catching := diagram.catching(element)) is not None:
        targets.append(catching.id)
    if element.kind in _AROUND:
        targets += [event.id for event in diagram.watchers(element.id) if _raised(event)]
    return [target for target in targets if target in inside]


def _raised(event: Element) -> bool:
    return bool(_LEAVING & set(event.events))


def _loops(diagram: Diagram, scope: str, quick: frozenset[str]) -> Iterator[list[Element]]:
    """Sets of elements of *scope*, in the file's order, among which a token can go round without waiting."""
    inside = {element.id: element for element in diagram.inside(scope) if not _waits(element, quick)}
    todo = list(_components(diagram, inside))
    while todo:
        component = todo.pop()
        rest = _without_held(diagram, component)
        if len(rest) == len(component):
            yield [element for id_, element in inside.items() if id_ in component]
        else:
            todo.extend(_components(diagram, rest))


def _without_held(diagram: Diagram, component: Mapping[str, Element]) -> dict[str, Element]:
    """*component* without the joins that need a token from outside, and those that need one from there in turn."""
    rest = dict(component)
    todo = list(component)
    while todo:
        id_ = todo.pop()
        if id_ in rest and _waits_for_others(diagram, rest[id_], rest):
            del rest[id_]
            todo.extend(_next(diagram, component[id_], component))
    return rest


def _waits_for_others(diagram: Diagram, element: Element, component: Mapping[str, Element]) -> bool:
    """Whether *element* is a parallel join that needs a token from outside the loop."""
    sources = (diagram.flows[flow].source for flow in element.incoming)
    return element.kind == "parallelGateway" and any(source not in component for source in sources)


def _components(diagram: Diagram, inside: Mapping[str, Element]) -> Iterator[dict[str, Element]]:
    """The elements of *inside* that lie on a common loop, one group a loop or group of loops that touch."""
    after = {id_: _next(diagram, element, inside) for id_, element in inside.items()}
    before: dict[str, list[str]] = {id_: [] for id_ in inside}
    for id_, targets in after.items():
        for target in targets:
            before[target].append(id_)
    done: set[str] = set()
    for id_ in inside:
        if id_ not in done and id_ in (later := _reached(id_, after)):
            group = later & _reached(id_, before)
            done |= group
            yield {other: inside[other] for other in inside if other in group}


def _reached(start: str, ways: Mapping[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    todo = list(ways[start])
    while todo:
        id_ = todo.pop()
        if id_ not in seen:
            seen.add(id_)
            todo.extend(ways[id_])
    return seen
