"""A diagram as a picture: SVG that stands alone, from the drawing in the file.

For paper, galleries and exports, where no script draws. Pure; the same text for the same input. Every mark is an
attribute, so that the picture looks the same in a page under a strict content security policy, in a PDF and in a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from engine.procedures.diagram import BPMN, BPMNDI, EVENTS, GATEWAYS, SUBPROCESSES, TASKS
from engine.procedures.layout.geometry import Box, Point
from engine.procedures.layout.words import LETTER, LINE, balanced
from engine.safe_xml import parse

_DC: Final = "{http://www.omg.org/spec/DD/20100524/DC}"
_DI: Final = "{http://www.omg.org/spec/DD/20100524/DI}"
_SVG: Final = "http://www.w3.org/2000/svg"
_MARGIN: Final = 12.0
_INK, _PALE, _LINE = "#22242a", "#8a94a3", "#5b6472"
_FONT: Final = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, Noto Sans, sans-serif"
_CONNECTIONS: Final = frozenset(
    {"sequenceFlow", "messageFlow", "association", "dataInputAssociation", "dataOutputAssociation"}
)
#: Drawn in this order, so that what stands inside is seen.
_LAYERS: Final = ("participant", "lane", "group", *sorted(SUBPROCESSES))

#: 16 × 16 signs of what a task is and what an event waits for or throws; drawn by stroke.
_SIGNS: Final[Mapping[str, str]] = {
    "userTask": "M8 2.5a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 0 1 0-5.6zM2.5 14.5c0-7 11-7 11 0z",
    "manualTask": "M2 8.5l3-4.5h5.5q1.5 1.5 0 2.5H8h5.5q1 1 0 2H13q1 1 0 2h-.5q.7 1 0 2H5L2 11.5z",
    "serviceTask": "M8 5a3 3 0 1 1 0 6a3 3 0 0 1 0-6zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2"
    "M3.4 3.4l1.5 1.5M11.1 11.1l1.5 1.5M3.4 12.6l1.5-1.5M11.1 4.9l1.5-1.5",
    "scriptTask": "M4.5 2h8q-2.5 3 0 6t0 6h-8q2.5-3 0-6t0-6zM5.5 5h5M6.5 8h5M6 11h5",
    "businessRuleTask": "M2 3h12v10.5H2zM2 6.5h12M2 10h12M6 6.5v7",
    "sendTask": "M2 4h12v8.5H2zM2 4l6 5 6-5",
    "receiveTask": "M2 4h12v8.5H2zM2 4l6 5 6-5",
    "messageEventDefinition": "M2.5 4.5h11v7.5h-11zM2.5 4.5l5.5 4.5 5.5-4.5",
    "timerEventDefinition": "M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM8 4.5V8l2.5 1.5",
    "errorEventDefinition": "M2.5 13l3-9.5 4.5 5.5 3.5-6.5-3 10-4.5-5.5z",
    "signalEventDefinition": "M8 2.5l6 10.5H2z",
    "escalationEventDefinition": "M8 2l4.5 11.5L8 9.5l-4.5 4z",
    "conditionalEventDefinition": "M4 2.5h8v11H4zM5.5 5h5M5.5 7.3h5M5.5 9.6h5M5.5 11.8h5",
    "terminateEventDefinition": "M8 3a5 5 0 1 1 0 10a5 5 0 0 1 0-10z",
    "compensateEventDefinition": "M8 4v8L3 8zM13 4v8L8 8z",
    "linkEventDefinition": "M2.5 6h6V3.5L13.5 8l-5 4.5V10h-6z",
    "cancelEventDefinition": "M3 3l10 10M13 3L3 13",
}
_GATEWAY_SIGNS: Final[Mapping[str, str]] = {
    "exclusiveGateway": "M-6 -6L6 6M6 -6L-6 6",
    "parallelGateway": "M-9 0H9M0 -9V9",
    "inclusiveGateway": "M0 -8.5A8.5 8.5 0 1 1 0 8.5A8.5 8.5 0 1 1 0 -8.5",
    "eventBasedGateway": "M0 -10A10 10 0 1 1 0 10A10 10 0 1 1 0 -10M0 -6L5.7 -1.9L3.5 4.9H-3.5L-5.7 -1.9Z",
    "complexGateway": "M-9 0H9M0 -9V9M-6 -6L6 6M6 -6L-6 6",
}
_BELOW: Final[Mapping[str, str]] = {
    "loop": "M5.5 12.8A5 5 0 1 1 9 12.9M5.5 12.8H2.5M5.5 12.8V9.8",
    "parallel": "M4 3v10M8 3v10M12 3v10",
    "sequential": "M3 4h10M3 8h10M3 12h10",
    "collapsed": "M2.5 2.5h11v11h-11zM8 5v6M5 8h6",
}


@dataclass(frozen=True)
class Marks:
    """What is shown of a case, or of anything else that happened on a diagram; ids of elements and of flows."""

    strong: frozenset[str] = frozenset()  #: was gone through
    active: frozenset[str] = frozenset()  #: is where things stand
    bad: frozenset[str] = frozenset()  #: wants looking at
    notes: Mapping[str, str] = field(default_factory=dict)  #: a few letters at the corner: how often, how long
    pale: bool = False  #: what is not marked stands back


@dataclass(frozen=True)
class _Drawn:
    """An element as the file draws it."""

    node: etree._Element
    kind: str
    shape: etree._Element
    name: str

    @property
    def id(self) -> str:
        return self.node.get("id", "")


def picture(content: bytes, file: str, names: Mapping[str, str] | None = None, marks: Marks | None = None) -> str:
    """The drawing in *content* as one ``<svg>`` element; "" where the file has none.

    *file* is its name for errors; *names* are words by element id, instead of those in the file; a pool is called
    as its process. Raises UnsafeFile.
    """
    root = parse(content, file)
    marks = marks or Marks()
    said = names or {}
    nodes = {node.get("id"): node for node in root.iter(f"{BPMN}*") if node.get("id")}
    drawn = []
    for shape in root.iter(f"{BPMNDI}BPMNShape", f"{BPMNDI}BPMNEdge"):
        node = nodes.get(shape.get("bpmnElement"))
        if node is not None:
            identity = node.get("id", "")
            name = said.get(identity) or said.get(node.get("processRef", "")) or node.get("name") or _text(node)
            drawn.append(_Drawn(node, etree.QName(node).localname, shape, name))
    if not drawn:
        return ""
    drawn.sort(key=lambda each: _LAYERS.index(each.kind) if each.kind in _LAYERS else len(_LAYERS))
    parts = [part for each in drawn for part in _part(each, nodes, marks)]
    return _sheet(drawn, parts)


def _sheet(drawn: list[_Drawn], parts: list[str]) -> str:
    boxes = [box for each in drawn for box in _extent(each)]
    left, top = min(box.x for box in boxes) - _MARGIN, min(box.y for box in boxes) - _MARGIN
    width = max(box.right for box in boxes) + _MARGIN - left
    height = max(box.bottom for box in boxes) + _MARGIN - top
    seen = f"{left:g} {top:g} {width:g} {height:g}"
    head = _tag(
        "svg", xmlns=_SVG, width=width, height=height, viewBox=seen, fill="none", font_family=_FONT, font_size=LETTER
    )
    return f"{head[:-2]}>{''.join(parts)}</svg>"


def _extent(each: _Drawn) -> Iterator[Box]:
    if box := _bounds(each.shape):
        yield box
    if label := _label(each.shape):
        yield label
    for x, y in _points(each.shape):
        yield Box(x, y, 0, 0)


def _part(each: _Drawn, nodes: Mapping[str | None, etree._Element], marks: Marks) -> Iterator[str]:
    if each.kind in _CONNECTIONS:
        yield from _connection(each, nodes, marks)
        return
    box = _bounds(each.shape)
    if box is None:
        return
    if each.kind in {"participant", "lane"}:
        yield from _band(each, box)
    elif each.kind in EVENTS:
        yield from _event(each, box, marks)
    elif each.kind in GATEWAYS:
        yield from _gateway(each, box, marks)
    elif each.kind in TASKS | SUBPROCESSES:
        yield from _activity(each, box, marks)
    else:
        yield from _artifact(each, box)
    if note := marks.notes.get(each.id):
        yield _badge(note, box)


def _band(each: _Drawn, box: Box) -> Iterator[str]:
    """A pool or a lane: its name stands on its head, at the left, or above where it is upright."""
    yield _rect(box, fill="#fff", stroke=_LINE)
    level = each.shape.get("isHorizontal") != "false"
    if each.kind == "participant":
        way = f"M{box.x + 30:g} {box.y:g}V{box.bottom:g}" if level else f"M{box.x:g} {box.y + 30:g}H{box.right:g}"
        yield _tag("path", d=way, stroke=_LINE)
    lines = balanced(each.name, (box.height if level else box.width) - 8)[:2]
    middle = Box(-box.height / 2, -15, box.height, 30) if level else Box(box.x, box.y, box.width, 30)
    turned = f"translate({box.x + 15:g} {box.centre[1]:g}) rotate(-90)" if level else None
    yield _words(lines, middle, _INK, transform=turned)


def _activity(each: _Drawn, box: Box, marks: Marks) -> Iterator[str]:
    stroke, fill, width = _colours(each.id, marks)
    dashes = "6 4" if each.node.get("triggeredByEvent") == "true" else None
    width = max(width, 3.0) if each.kind == "callActivity" else width
    yield _rect(box, rx=9, fill=fill, stroke=stroke, stroke_width=width, stroke_dasharray=dashes)
    if each.kind == "transaction":
        yield _rect(box.grown(-3), rx=7, stroke=stroke)
    opened = each.kind in SUBPROCESSES and each.shape.get("isExpanded") != "false"
    if sign := _SIGNS.get(each.kind):
        thrown = each.kind == "sendTask"
        yield _sign(sign, box.x + 5, box.y + 4, fill if thrown else stroke, fill=stroke if thrown else "none")
    lines = balanced(each.name, box.width - 12)
    most = max(1, int((box.height - 8) // LINE))
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][:-1] + "…"]
    room = Box(box.x, box.y + 4, box.width, LINE * len(lines)) if opened else box
    yield _words(lines, room, _ink(each.id, marks))
    below = list(_markers(each, opened=opened))
    for number, marker in enumerate(below):
        yield _sign(marker, box.centre[0] - 8 * len(below) + 16 * number, box.bottom - 17, stroke)


def _markers(each: _Drawn, *, opened: bool) -> Iterator[str]:
    if each.node.find(f"{BPMN}standardLoopCharacteristics") is not None:
        yield _BELOW["loop"]
    several = each.node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if several is not None:
        yield _BELOW["sequential" if several.get("isSequential") == "true" else "parallel"]
    if (each.kind in SUBPROCESSES and not opened) or each.kind == "callActivity":
        yield _BELOW["collapsed"]


def _event(each: _Drawn, box: Box, marks: Marks) -> Iterator[str]:
    stroke, fill, width = _colours(each.id, marks)
    (x, y), radius = box.centre, box.width / 2
    goes_on = each.node.get("cancelActivity") == "false" or each.node.get("isInterrupting") == "false"
    dashes = "5 3" if goes_on else None
    width = max(width, 3.0) if each.kind == "endEvent" else width
    yield _tag("circle", cx=x, cy=y, r=radius, fill=fill, stroke=stroke, stroke_width=width, stroke_dasharray=dashes)
    if each.kind not in {"startEvent", "endEvent"}:
        yield _tag("circle", cx=x, cy=y, r=radius - 3.5, stroke=stroke, stroke_dasharray=dashes)
    kinds = [etree.QName(child).localname for child in each.node.iterchildren(f"{BPMN}*")]
    for kind in [kind for kind in kinds if kind in _SIGNS][:1]:
        thrown = each.kind in {"endEvent", "intermediateThrowEvent"}
        yield _sign(_SIGNS[kind], x - 8, y - 8, stroke, fill=stroke if thrown else "none")
    yield from _caption(each, box, marks)


def _gateway(each: _Drawn, box: Box, marks: Marks) -> Iterator[str]:
    stroke, fill, width = _colours(each.id, marks)
    x, y = box.centre
    way = f"M{x:g} {box.y:g}L{box.right:g} {y:g}L{x:g} {box.bottom:g}L{box.x:g} {y:g}Z"
    yield _tag("path", d=way, fill=fill, stroke=stroke, stroke_width=width)
    moved = f"translate({x:g} {y:g})"
    yield _tag("path", d=_GATEWAY_SIGNS[each.kind], transform=moved, stroke=stroke, stroke_width=max(width, 2.2))
    yield from _caption(each, box, marks)


def _artifact(each: _Drawn, box: Box) -> Iterator[str]:
    """Annotations have a bracket, groups a dashed frame, data a sheet or a drum."""
    x, y, right, bottom = box.x, box.y, box.right, box.bottom
    if each.kind == "textAnnotation":
        yield _tag("path", d=f"M{x + 10:g} {y:g}H{x:g}V{bottom:g}H{x + 10:g}", stroke=_LINE)
        yield _words(balanced(each.name, box.width - 10), box, _INK)
        return
    if each.kind == "group":
        yield _rect(box, rx=9, stroke=_LINE, stroke_dasharray="8 4 2 4")
    elif each.kind == "dataStoreReference":
        arc = f"a{box.width / 2:g} 8 0 0 0"
        way = (
            f"M{x:g} {y + 8:g}V{bottom - 8:g}{arc} {box.width:g} 0V{y + 8:g}{arc} {-box.width:g} 0{arc} {box.width:g} 0"
        )
        yield _tag("path", d=way, fill="#fff", stroke=_LINE)
    else:
        fold = f"M{right - 10:g} {y:g}v10h10"
        way = f"M{x:g} {y:g}H{right - 10:g}L{right:g} {y + 10:g}V{bottom:g}H{x:g}Z{fold}"
        yield _tag("path", d=way, fill="#fff", stroke=_LINE)
    yield from _caption(each, box, Marks())


def _caption(each: _Drawn, box: Box, marks: Marks) -> Iterator[str]:
    """The name beside an element too small to hold it."""
    if each.name:
        label = _label(each.shape) or Box(box.centre[0] - 45, box.bottom + 3, 90, LINE)
        lines = balanced(each.name, max(label.width, 30))
        room = Box(label.x, label.y, label.width, max(label.height, LINE * len(lines)))
        yield _words(lines, room, _ink(each.id, marks))


def _connection(each: _Drawn, nodes: Mapping[str | None, etree._Element], marks: Marks) -> Iterator[str]:
    points = list(_points(each.shape))
    if len(points) < 2:  # noqa: PLR2004 -- a line has two ends
        return
    stroke, _, width = _colours(each.id, marks)
    dashes = {"sequenceFlow": None, "messageFlow": "8 5"}.get(each.kind, "2 4")
    way = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
    yield _tag("path", d=way, stroke=stroke, stroke_width=width, stroke_dasharray=dashes)
    if each.kind in {"sequenceFlow", "messageFlow"}:
        yield _arrow(points[-2], points[-1], stroke, fill=stroke if each.kind == "sequenceFlow" else "#fff")
    if each.kind == "messageFlow":
        yield _tag("circle", cx=points[0][0], cy=points[0][1], r=4, fill="#fff", stroke=stroke)
    source = nodes.get(each.node.get("sourceRef"))
    if source is not None and source.get("default") == each.id:
        yield _default(points[0], points[1], stroke)
    if each.name:
        (x1, y1), (x2, _) = points[len(points) // 2 - 1 : len(points) // 2 + 1]
        label = _label(each.shape) or Box((x1 + x2) / 2 - 40, y1 - LINE - 3, 80, LINE)
        yield _words(balanced(each.name, max(label.width, 30)), label, _ink(each.id, marks))


def _default(start: Point, after: Point, stroke: str) -> str:
    """The stroke through a flow that is taken where no other is."""
    dx, dy = _towards(start, after)
    x, y = start[0] + 9 * dx, start[1] + 9 * dy
    along, across = (4 * dx, 4 * dy), (-5 * dy, 5 * dx)
    first = (x - along[0] - across[0], y - along[1] - across[1])
    last = (x + along[0] + across[0], y + along[1] + across[1])
    return _tag("path", d=f"M{first[0]:g} {first[1]:g}L{last[0]:g} {last[1]:g}", stroke=stroke)


def _arrow(before: Point, tip: Point, stroke: str, *, fill: str) -> str:
    (dx, dy), (x, y) = _towards(before, tip), tip
    left = (x - 10 * dx + 4.5 * dy, y - 10 * dy - 4.5 * dx)
    right = (x - 10 * dx - 4.5 * dy, y - 10 * dy + 4.5 * dx)
    way = f"M{x:g} {y:g}L{left[0]:g} {left[1]:g}L{right[0]:g} {right[1]:g}Z"
    return _tag("path", d=way, fill=fill, stroke=stroke)


def _towards(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    return dx / length, dy / length


def _colours(identity: str, marks: Marks) -> tuple[str, str, float]:
    """Colour of the line, of the inside, and width: never by colour alone, what is marked has a stronger line."""
    if identity in marks.bad:
        return "#b3261e", "#fdeae8", 2.6
    if identity in marks.active:
        return "#8a5300", "#fdf1dc", 2.6
    if identity in marks.strong:
        return "#174a96", "#e8f0fc", 2.2
    return (_PALE if marks.pale else _INK), "#fff", 1.3


def _ink(identity: str, marks: Marks) -> str:
    marked = identity in marks.strong | marks.active | marks.bad
    return _INK if marked or not marks.pale else "#5b6472"


def _tag(name: str, **attributes: object) -> str:
    """An empty element; an attribute that is None is left out, ``_`` stands for ``-``."""
    said = {
        key.replace("_", "-"): f"{value:g}" if isinstance(value, float) else str(value)
        for key, value in attributes.items()
        if value is not None
    }
    return f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in said.items())}/>"


def _rect(box: Box, **attributes: object) -> str:
    return _tag("rect", x=box.x, y=box.y, width=box.width, height=box.height, **attributes)


def _sign(path: str, x: float, y: float, stroke: str, *, fill: str = "none") -> str:
    return _tag("path", d=path, transform=f"translate({x:g} {y:g})", stroke=stroke, fill=fill)


def _words(lines: Sequence[str], box: Box, colour: str, **attributes: object) -> str:
    """Lines in the middle of a box."""
    if not any(lines):
        return ""
    x, y = box.centre
    first = y - LINE * (len(lines) - 1) / 2 + LETTER * 0.36
    head = _tag("text", text_anchor="middle", fill=colour, **attributes)
    spans = (
        f'<tspan x="{x:g}" y="{first + LINE * number:g}">{escape(line)}</tspan>' for number, line in enumerate(lines)
    )
    return f"{head[:-2]}>{''.join(spans)}</text>"


def _badge(note: str, box: Box) -> str:
    width = 10 + 7.0 * len(note)
    place = Box(box.right - width / 2, box.y - 9, width, 17)
    return _rect(place, rx=8.5, fill="#174a96") + _words([note], place, "#fff", font_size=11, font_weight=600)


def _text(node: etree._Element) -> str:
    return (node.findtext(f"{BPMN}text") or "").strip()


def _bounds(shape: etree._Element) -> Box | None:
    return _box(shape.find(f"{_DC}Bounds"))


def _label(shape: etree._Element) -> Box | None:
    return _box(shape.find(f"{BPMNDI}BPMNLabel/{_DC}Bounds"))


def _box(bounds: etree._Element | None) -> Box | None:
    if bounds is None:
        return None
    x, y, width, height = (_number(bounds.get(side)) for side in ("x", "y", "width", "height"))
    return Box(x, y, width, height)


def _points(shape: etree._Element) -> Iterator[Point]:
    for point in shape.iterchildren(f"{_DI}waypoint"):
        yield _number(point.get("x")), _number(point.get("y"))


def _number(text: str | None) -> float:
    """A coordinate; one that is none, or of no sheet of paper, is 0."""
    try:
        found = float(text or 0)
    except ValueError:
        return 0.0
    return found if abs(found) < 1e6 else 0.0  # noqa: PLR2004
