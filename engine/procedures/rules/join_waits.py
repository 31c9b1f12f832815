"""A join waits for ways of which only some are taken: the case would stand still there for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.diagram import Diagram, Element
from engine.procedures.subject import Subject, error_at, warning_at
from engine.procedures.token_paths import Choice, Game, Marking, play
from engine.procedures.words import listed


def check(subject: Subject) -> Iterator[Finding]:
    diagram = subject.diagram
    for scope in dict.fromkeys(element.parent for element in diagram.elements.values()):
        game = play(diagram, scope)
        told: set[str] = set()
        for marking, choices in game.stuck.items():
            for join in _joins(diagram, marking):
                if join.id not in told:
                    told.add(join.id)
                    yield _finding(diagram, game, join, marking, choices)


def _joins(diagram: Diagram, marking: Marking) -> list[Element]:
    targets = dict.fromkeys(diagram.flows[flow].target for flow in marking)
    found = (diagram.elements[id_] for id_ in targets if id_ in diagram.elements)
    return [element for element in found if element.kind == "parallelGateway"]


def _finding(diagram: Diagram, game: Game, join: Element, marking: Marking, choices: tuple[Choice, ...]) -> Finding:
    missing = [flow for flow in join.incoming if flow not in marking]
    sources = listed(diagram.flows[flow].source for flow in missing)
    waiting = listed(diagram.flows[flow].source for flow in join.incoming if flow in marking)
    message = (
        f"expected every way into the join {join.id} to bring a token, found that {waiting} can wait there for ever "
        f"because nothing comes from {sources}{_cause(diagram, choices, missing)}; merge ways of which one is taken "
        "with an exclusive gateway, and let every way of a parallel split lead to the join"
    )
    certain = game.complete and join.id not in game.fired
    return error_at(join, message) if certain else warning_at(join, message)


def _cause(diagram: Diagram, choices: tuple[Choice, ...], missing: list[str]) -> str:
    """The last choice that could have led to what is *missing* and did not."""
    for choice in reversed(choices):
        element = diagram.elements[choice.element]
        lost = [flow for flow in element.outgoing if flow not in choice.taken]
        if choice.taken and any(_leads_to(diagram, flow, missing) for flow in lost):
            taken = listed(diagram.flows[flow].target for flow in choice.taken)
            return f" once {choice.element} has led to {taken}"
    return ""


def _leads_to(diagram: Diagram, flow: str, wanted: list[str]) -> bool:
    target = diagram.flows[flow].target
    reached = {target, *diagram.reachable(target)}
    return flow in wanted or any(diagram.flows[each].source in reached for each in wanted)
