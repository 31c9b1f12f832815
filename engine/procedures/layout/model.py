"""What is to be drawn, free of XML: sheets, pools, lanes, nodes and links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The shapes that differ in how they are drawn and where lines may touch them."""

    TASK = "task"  #: any activity that shows no inside
    GATEWAY = "gateway"
    EVENT = "event"
    BOUNDARY = "boundary"  #: an event on the border of its host
    FRAME = "frame"  #: a subprocess that shows its inside
    DATA = "data"  #: data object, data store, data input or output
    NOTE = "note"  #: text annotation


class LinkKind(StrEnum):
    SEQUENCE = "sequence"
    MESSAGE = "message"
    DOTTED = "dotted"  #: association or data association


@dataclass(frozen=True, slots=True)
class Node:
    """One shape. *host* is the activity a boundary event sits on, *inside* what a frame shows."""

    id: str
    kind: Kind
    name: str
    width: float
    height: float
    host: str | None = None
    inside: Sheet | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One line. Its ends are ids of nodes or pools of the sheet; a frame stands for what is inside it."""

    id: str
    kind: LinkKind
    source: str
    target: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane; only one without *lanes* of its own holds nodes."""

    id: str
    nodes: tuple[str, ...]
    lanes: tuple[Lane, ...] = ()

    def leaves(self) -> Iterator[Lane]:
        if not self.lanes:
            yield self
        for lane in self.lanes:
            yield from lane.leaves()


@dataclass(frozen=True, slots=True)
class Pool:
    """A participant, or with *id* None the bare surface of a process. A *closed* pool shows nothing of its inside."""

    id: str | None
    nodes: tuple[Node, ...]
    lanes: tuple[Lane, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One drawing surface: a collaboration, a process or the inside of a subprocess. *element* is its BPMN id."""

    element: str
    pools: tuple[Pool, ...]
    links: tuple[Link, ...]

    def nodes(self) -> Iterator[Node]:
        for pool in self.pools:
            yield from pool.nodes
