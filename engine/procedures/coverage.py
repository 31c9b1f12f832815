"""Which clauses of the regulation the package carries out, and which of its elements no clause ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.procedures.diagram import GATEWAYS, Diagram
from engine.procedures.package import Clause, Package

#: The kinds of links a clause can have; the names are those of Clause.
LINKS: Final = (
    "element", "form", "decision", "deadline", "report", "schedule", "trigger", "letter", "record", "setting",
    "guidance",
)  # fmt: skip
#: Elements that only frame or route and need no clause.
FRAMING: Final = GATEWAYS | {"startEvent", "endEvent"}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Clause ids in the file's order, element ids in the diagrams' order."""

    linked: tuple[str, ...]
    excused: tuple[str, ...]
    unlinked: tuple[str, ...]
    elements_without_clause: tuple[str, ...]


def coverage_of(package: Package, diagram: Diagram) -> Coverage:
    """How the clauses of *package* and the elements of its *diagram* meet."""
    clauses = package.clauses
    return Coverage(
        linked=tuple(clause.id for clause in clauses if is_linked(clause)),
        excused=tuple(clause.id for clause in clauses if clause.excused and not is_linked(clause)),
        unlinked=tuple(clause.id for clause in clauses if not clause.excused and not is_linked(clause)),
        elements_without_clause=elements_without_clause(package, diagram),
    )


def is_linked(clause: Clause) -> bool:
    """Whether the clause names anything that carries it out."""
    return any(getattr(clause, kind) for kind in LINKS)


def served_elements(package: Package) -> frozenset[str]:
    """Elements that a clause names."""
    return frozenset(element for clause in package.clauses for element in clause.element)


def elements_without_clause(package: Package, diagram: Diagram) -> tuple[str, ...]:
    """Elements that do something, serve no clause and do not stand under ``[ours]``."""
    explained = served_elements(package) | set(package.ours)
    return tuple(
        element.id
        for element in diagram.elements.values()
        if element.kind not in FRAMING and element.id not in explained
    )
