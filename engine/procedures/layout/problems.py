"""Looks at a drawing as a strict reader would: what hits, hides or crosses what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from engine import safe_xml
from engine.procedures.layout.geometry import Box, Piece, Point, cross, pieces, run_together
from engine.procedures.layout.reading import BPMNDI, DATA, FLOW_NODES, SUBPROCESSES, local
from engine.procedures.layout.writing import DC, DI

#: Pixels by which a box may be touched without counting, for what is rounded.
_TOLERANCE: Final = 1.0
_CONTAINERS: Final = {"participant", "lane"}
_DOTTED: Final = {"association", "dataInputAssociation", "dataOutputAssociation"}


class ProblemKind(StrEnum):
    LINE_THROUGH_NODE = "line-through-node"
    LINES_TOGETHER = "lines-together"  #: two lines share a stretch, so that nobody can tell them apart
    CROSSING = "crossing"  #: not always avoidable: a fact to keep small
    NODES_OVERLAP = "nodes-overlap"
    OUTSIDE_LANE = "outside-lane"
    LABELS_OVERLAP = "labels-overlap"
    LABEL_ON_NODE = "label-on-node"
    LABEL_ON_LINE = "label-on-line"
    LABEL_ON_BORDER = "label-on-border"  #: the border of a lane or pool runs through it
    LOOSE_END = "loose-end"  #: a line does not begin or end at what it joins
    NOT_DRAWN = "not-drawn"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a drawing and the ids of the BPMN elements it is about."""

    kind: ProblemKind
    elements: tuple[str, ...]


def problems(content: bytes, name: str = "") -> list[Problem]:
    """Every fault of every diagram in *content*, in the order of the diagrams. Raises UnsafeFile."""
    root = safe_xml.parse(content, name)
    elements = {element.get("id") or "": element for element in root.iter() if isinstance(element.tag, str)}
    found = [problem for plane in root.iter(f"{{{BPMNDI}}}BPMNPlane") for problem in _Page(plane, elements).problems()]
    return found + list(_missing(root))


_DRAWN: Final = (
    FLOW_NODES
    | DATA - {"dataInput", "dataOutput"}
    | {"textAnnotation", "sequenceFlow", "messageFlow", "lane", "participant"}
)


def _missing(root: etree._Element) -> Iterator[Problem]:
    drawn = {_ref(shape) for shape in root.iter(f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge")}
    for element in root.iter():
        if local(element) in _DRAWN and element.get("id") and element.get("id") not in drawn:
            yield Problem(ProblemKind.NOT_DRAWN, (element.get("id") or "",))


def _ref(shape: etree._Element) -> str:
    return (shape.get("bpmnElement") or "").split(":")[-1]


class _Page:
    """One diagram as boxes and lines."""

    def __init__(self, plane: etree._Element, elements: dict[str, etree._Element]) -> None:
        self._elements = elements
        self._nodes: dict[str, Box] = {}
        self._containers: dict[str, Box] = {}
        self._labels: list[tuple[str, Box]] = []
        self._lines: dict[str, list[Point]] = {}
        for shape in plane.findall(f"{{{BPMNDI}}}BPMNShape"):
            box = _box(shape)
            if box is not None:
                (self._containers if self._tag(_ref(shape)) in _CONTAINERS else self._nodes)[_ref(shape)] = box
        for edge in plane.findall(f"{{{BPMNDI}}}BPMNEdge"):
            self._lines[_ref(edge)] = [
                (float(point.get("x") or 0), float(point.get("y") or 0)) for point in edge.findall(f"{{{DI}}}waypoint")
            ]
        for drawn in plane.findall(f"{{{BPMNDI}}}BPMNShape") + plane.findall(f"{{{BPMNDI}}}BPMNEdge"):
            label = drawn.find(f"{{{BPMNDI}}}BPMNLabel")
            box = _box(label) if label is not None else None
            if box is not None:
                self._labels.append((_ref(drawn), box))

    def problems(self) -> Iterator[Problem]:
        yield from self._nodes_on_nodes()
        yield from self._outside_lanes()
        yield from self._lines_on_nodes()
        yield from self._lines_on_lines()
        yield from self._labels_on_anything()
        yield from self._loose_ends()

    def _tag(self, key: str) -> str:
        return local(self._elements[key]) if key in self._elements else ""

    def _nodes_on_nodes(self) -> Iterator[Problem]:
        boxes = list(self._nodes.items())
        for at, (one, box) in enumerate(boxes):
            for other, other_box in boxes[at + 1 :]:
                if not box.overlaps(other_box.grown(-_TOLERANCE)) or self._belong_together(one, other):
                    continue
                yield Problem(ProblemKind.NODES_OVERLAP, (one, other))

    def _belong_together(self, one: str, other: str) -> bool:
        """A boundary event and its host, or a subprocess and what is inside it."""
        for inner, outer in ((one, other), (other, one)):
            element = self._elements.get(inner)
            if element is None:
                continue
            if element.get("attachedToRef") == outer or self._is_inside(inner, outer):
                return True
        return False

    def _is_inside(self, inner: str, outer: str) -> bool:
        element = self._elements.get(inner)
        return element is not None and any(up.get("id") == outer for up in element.iterancestors())

    def _outside_lanes(self) -> Iterator[Problem]:
        for key, box in self._containers.items():
            for reference in self._elements[key].iter():
                node = (reference.text or "").strip() if local(reference) == "flowNodeRef" else ""
                if node in self._nodes and not box.holds(self._nodes[node]):
                    yield Problem(ProblemKind.OUTSIDE_LANE, (node, key))

    def _lines_on_nodes(self) -> Iterator[Problem]:
        for key, points in self._lines.items():
            ends = self._ends(key)
            for node, box in self._nodes.items():
                if self._tag(node) in SUBPROCESSES and (
                    self._is_inside(key, node) or any(self._is_inside(end, node) for end in ends)
                ):
                    continue
                if node in ends or any(
                    self._elements[end].get("attachedToRef") == node for end in ends if end in self._elements
                ):
                    inside = box.grown(-4)
                    if sum(inside.is_cut_by(piece) for piece in pieces(points)[1:-1]):
                        yield Problem(ProblemKind.LINE_THROUGH_NODE, (key, node))
                elif any(box.grown(-_TOLERANCE).is_cut_by(piece) for piece in pieces(points)):
                    yield Problem(ProblemKind.LINE_THROUGH_NODE, (key, node))

    def _ends(self, key: str) -> tuple[str, ...]:
        element = self._elements.get(key)
        if element is None:
            return ()
        ends = [(element.get(name) or "").split(":")[-1] for name in ("sourceRef", "targetRef")]
        ends += [(ref.text or "").strip() for ref in element if local(ref) in ("sourceRef", "targetRef")]
        activity = element.getparent()
        if local(element) in ("dataInputAssociation", "dataOutputAssociation") and activity is not None:
            ends.append(activity.get("id") or "")
        return tuple(end for end in ends if end)

    def _lines_on_lines(self) -> Iterator[Problem]:
        cut = [(key, pieces(points)) for key, points in self._lines.items()]
        for at, (one, mine) in enumerate(cut):
            for other, theirs in cut[at + 1 :]:
                if any(run_together(first, second) for first in mine for second in theirs):
                    yield Problem(ProblemKind.LINES_TOGETHER, (one, other))
                for _ in range(sum(cross(first, second) for first in mine for second in theirs)):
                    yield Problem(ProblemKind.CROSSING, (one, other))

    def _labels_on_anything(self) -> Iterator[Problem]:
        for at, (key, label) in enumerate(self._labels):
            box = label.grown(-_TOLERANCE)
            for other, other_box in self._labels[at + 1 :]:
                if box.overlaps(other_box):
                    yield Problem(ProblemKind.LABELS_OVERLAP, (key, other))
            for node, node_box in self._nodes.items():
                frame = self._tag(node) in SUBPROCESSES and self._is_inside(key, node)
                if not frame and self._covers(node, node_box, box):
                    yield Problem(ProblemKind.LABEL_ON_NODE, (key, node))
            for line, points in self._lines.items():
                if any(box.is_cut_by(piece) for piece in pieces(points)):
                    yield Problem(ProblemKind.LABEL_ON_LINE, (key, line))
            for container, container_box in self._containers.items():
                if any(box.is_cut_by(piece) for piece in _border(container_box)):
                    yield Problem(ProblemKind.LABEL_ON_BORDER, (key, container))

    def _covers(self, node: str, node_box: Box, label: Box) -> bool:
        """Whether *label* lies on the shape; a gateway is a diamond, whose corners of the box are free paper."""
        if not label.overlaps(node_box):
            return False
        if not self._tag(node).endswith("Gateway"):
            return True
        cx, cy = node_box.centre
        dx = max(label.x - cx, cx - label.right, 0.0) / (node_box.width / 2)
        dy = max(label.y - cy, cy - label.bottom, 0.0) / (node_box.height / 2)
        return dx + dy < 1

    def _loose_ends(self) -> Iterator[Problem]:
        shapes = self._nodes | self._containers
        for key, points in self._lines.items():
            if self._tag(key) in _DOTTED or not points:
                continue
            for end, point in zip(self._ends(key)[:2], (points[0], points[-1]), strict=False):
                frames = [
                    node for node in self._nodes if self._tag(node) in SUBPROCESSES and self._is_inside(end, node)
                ]
                if end in shapes and not any(_touches(shapes[shape], point) for shape in (end, *frames)):
                    yield Problem(ProblemKind.LOOSE_END, (key, end))


def _box(element: etree._Element) -> Box | None:
    bounds = element.find(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    x, y, width, height = (float(bounds.get(name) or 0) for name in ("x", "y", "width", "height"))
    return Box(x, y, width, height)


def _border(box: Box) -> Sequence[Piece]:
    corners = [(box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom), (box.x, box.y)]
    return pieces(corners)


def _touches(box: Box, point: Point) -> bool:
    return box.grown(2).x <= point[0] <= box.grown(2).right and box.grown(2).y <= point[1] <= box.grown(2).bottom
