"""Elements and flows of the diagrams as everybody may ask about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Element:
    """One flow node."""

    id: str
    kind: str  #: BPMN tag, e.g. ``userTask``
    name: str
    process: str  #: id of the process it is drawn in
    parent: str  #: id of the sub-process around it, else of the process
    lane: str = ""  #: id of the innermost lane; elements of a sub-process have the sub-process's
    form: str = ""  #: form id of a user task
    file: str = ""
    line: int = 0  #: 1-based
    properties: Mapping[str, str] = field(default_factory=dict)  #: ``spiffworkflow:properties``


@dataclass(frozen=True, slots=True)
class FlowElement:
    """One sequence flow."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str = ""  #: FEEL, "" = none
    default: bool = False


@dataclass(frozen=True, slots=True)
class Entrance:
    """A start event by which a message or a signal opens a case of its own."""

    trigger: str  #: "message" or "signal"
    name: str
    process: str
    element: str
