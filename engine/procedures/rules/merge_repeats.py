"""Ways that run at the same time meet without a join: what follows would be done once for each of them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, warning_at
from engine.procedures.token_paths import play
from engine.procedures.words import listed


def check(subject: Subject) -> Iterator[Finding]:
    diagram = subject.diagram
    for scope in dict.fromkeys(element.parent for element in diagram.elements.values()):
        for id_, flows in play(diagram, scope).crowded.items():
            element = diagram.elements[id_]
            sources = listed(dict.fromkeys(diagram.flows[flow].source for flow in flows))
            message = (
                f"expected one token at a time to come to {id_}, found that two can, from {sources}, so that what "
                "follows is done twice; join the ways with a parallel gateway, or with an inclusive one where not all "
                "of them are taken"
            )
            yield warning_at(element, message)
