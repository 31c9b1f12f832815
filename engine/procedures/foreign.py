"""A diagram that another program wrote: taken as it is, drawn where it has no complete drawing."""

from __future__ import annotations

from dataclasses import dataclass

from engine.procedures.diagram import Diagram, open_diagram, read_roots
from engine.procedures.layout import layout


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file that was brought in."""

    content: bytes
    drawn: bool  #: whether it had to be drawn here


def bring_in(content: bytes, name: str) -> Foreign:
    """*content* with a drawing of all it holds; everything else stays byte for byte, foreign extensions included.

    Raises UnsafeFile for what is not plain BPMN, LayoutRefused for what has to be drawn and cannot be.
    """
    diagram = read_roots({name: open_diagram(content, name)})
    if _is_drawn(diagram):
        return Foreign(content, drawn=False)
    return Foreign(layout(content, name), drawn=True)


def _is_drawn(diagram: Diagram) -> bool:
    return bool(diagram.elements) and {*diagram.elements, *diagram.flows} <= diagram.drawn
