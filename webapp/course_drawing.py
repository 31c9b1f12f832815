"""A diagram with the course of one case on it, as SVG that stands alone: for paper, where no script draws."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree
from markupsafe import Markup, escape

from engine.history import Event
from engine.interpreter import FactKind
from engine.procedures.diagram import BPMN, BPMNDI, EVENTS, GATEWAYS
from engine.safe_xml import parse

_DC: Final = "{http://www.omg.org/spec/DD/20100524/DC}"
_DI: Final = "{http://www.omg.org/spec/DD/20100524/DI}"
_ROOM: Final = 12  #: around the drawing
_EM: Final = 11  #: of its letters
_SIGNS: Final[Mapping[str, str]] = {"exclusiveGateway": "×", "parallelGateway": "+", "inclusiveGateway": "○"}
_OPEN: Final = 200  #: a sub-process that is wider shows what is inside, its name stands on top
_FONT: Final = "Noto Sans CJK SC, Noto Sans, sans-serif"

Point = tuple[float, float]


@dataclass(frozen=True)
class Course:
    """What a case did on a diagram."""

    visits: Counter[str] = field(default_factory=Counter)  #: element -> how many times the case was there
    flows: Counter[str] = field(default_factory=Counter)  #: sequence flow -> how many times it was taken
    by_hand: frozenset[str] = frozenset()  #: elements that somebody skipped or took the case away from


def course_on(events: Iterable[Event]) -> Course:
    """The course that *events* tell."""
    visits: Counter[str] = Counter()
    flows: Counter[str] = Counter()
    by_hand = set()
    for event in events:
        for kind, *rest in event.content.get("facts", ()):
            element = rest[0] if rest else ""
            if kind == FactKind.ENTERED:
                visits[element] += 1
            elif kind == FactKind.FLOW:
                flows[element] += 1
            elif kind in {FactKind.SKIPPED, FactKind.MOVED}:
                by_hand.add(element)
    return Course(visits, flows, frozenset(by_hand))


def drawn(xml: bytes, file: str, course: Course, names: Mapping[str, str]) -> Markup:
    """The drawing in *file* whose content is *xml*, "" where it has no picture.

    What the case came through is strong and counted, the rest is pale.
    """
    root = parse(xml, file)
    kinds = {each.get("id", ""): etree.QName(each).localname for each in root.iter(f"{BPMN}*")}
    said = {each.get("id", ""): each.get("name", "") for each in root.iter(f"{BPMN}*")} | dict(names)
    shapes = [(each.get("bpmnElement", ""), _bounds(each)) for each in root.iter(f"{BPMNDI}BPMNShape")]
    edges = [(each.get("bpmnElement", ""), _points(each), _label(each)) for each in root.iter(f"{BPMNDI}BPMNEdge")]
    if not shapes:
        return Markup()
    parts = [part for name, points, label in edges for part in _edge(name, points, label, course, said)]
    for name, box in sorted(shapes, key=lambda shape: -shape[1][2] * shape[1][3]):
        parts[:0] = _frame(box, said.get(name, "")) if kinds.get(name) in {"participant", "lane"} else ()
        parts += _shape(name, kinds.get(name, ""), box, course, said)
    left = min(box[0] for _, box in shapes) - _ROOM
    top = min(box[1] for _, box in shapes) - _ROOM
    right = max([box[0] + box[2] for _, box in shapes] + [x for _, points, _ in edges for x, _ in points]) + _ROOM
    bottom = max([box[1] + box[3] for _, box in shapes] + [y for _, points, _ in edges for _, y in points]) + 3 * _ROOM
    width, height = right - left, bottom - top
    size = Markup('viewBox="{} {} {} {}" width="{}" height="{}"').format(left, top, width, height, width, height)
    svg = Markup('<svg xmlns="http://www.w3.org/2000/svg" {} font-family="{}">{}</svg>')
    return svg.format(size, _FONT, Markup().join(parts))


def _edge(
    name: str, points: list[Point], label: Point | None, course: Course, said: Mapping[str, str]
) -> Iterator[Markup]:
    times = course.flows[name]
    way = " ".join(f"{x:g},{y:g}" for x, y in points)
    colour, width = ("#000", 2) if times else ("#999", 0.8)
    yield Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="{}"/>').format(way, colour, width)
    if len(points) > 1:
        yield _head(points[-2], points[-1], colour)
    if words := said.get(name, ""):
        x, y = label or _middle(points)
        yield _text(words, x, y, room=96, colour=colour if times else "#777")


def _frame(box: tuple[float, float, float, float], words: str) -> tuple[Markup, ...]:
    """A pool or lane: its name stands upright at its left."""
    x, y, width, height = box
    frame = Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="none" stroke="#888" stroke-width=".8"/>')
    text = Markup('<text transform="translate({} {}) rotate(-90)" text-anchor="middle" font-size="{}">{}</text>')
    return frame.format(x, y, width, height), text.format(x + 19, y + height / 2, _EM, words)


def _shape(
    name: str, kind: str, box: tuple[float, float, float, float], course: Course, said: Mapping[str, str]
) -> Iterator[Markup]:
    x, y, width, height = box
    times, words = course.visits[name], said.get(name, "")
    look = Markup('fill="{}" stroke="{}" stroke-width="{}"').format(
        "#e8e8e8" if times else "#fff",
        "#000" if times else "#999",
        2.4 if kind == "endEvent" else 1.6 if times else 0.9,
    )
    ink = "#000" if times else "#777"
    if kind in {"participant", "lane"}:
        return
    if kind in EVENTS:
        radius = width / 2
        yield Markup('<circle cx="{}" cy="{}" r="{}" {}/>').format(x + radius, y + radius, radius, look)
        yield _text(words, x + radius, y + height + _EM, room=96, colour=ink)
    elif kind in GATEWAYS:
        middle, half = x + width / 2, y + height / 2
        corners = f"{middle:g},{y:g} {x + width:g},{half:g} {middle:g},{y + height:g} {x:g},{half:g}"
        yield Markup('<polygon points="{}" {}/>').format(corners, look)
        yield _line(_SIGNS.get(kind, ""), x + width / 2, y + height / 2 + 7, size=20, colour=ink)
        yield _text(words, x + width / 2, y + height + _EM, room=110, colour=ink)
    elif kind in {"textAnnotation", "dataObjectReference", "dataStoreReference", "group", "messageFlow"}:
        yield _text(words, x + width / 2, y + _EM, room=width, colour="#777")
    else:
        yield Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="8" {}/>').format(x, y, width, height, look)
        lines = len(wrapped(words, width - 10))
        top = y + _EM + 4 if width > _OPEN else y + height / 2 - (lines - 1) * _EM * 0.65 + 4
        yield _text(words, x + width / 2, top, room=width - 10, colour=ink)
    if times > 1 and kind not in GATEWAYS:
        yield _line(f"{times}×", x + width - 2, y - 3, size=10, colour="#000")
    if name in course.by_hand:
        yield _line("✋︎", x + 6, y - 3, size=11, colour="#000")


def _text(words: str, x: float, y: float, *, room: float, colour: str) -> Markup:
    return Markup().join(
        _line(line, x, y + number * _EM * 1.3, size=_EM, colour=colour)
        for number, line in enumerate(wrapped(words, room))
    )


def _line(words: str, x: float, y: float, *, size: float, colour: str) -> Markup:
    text = Markup('<text x="{}" y="{}" text-anchor="middle" font-size="{}" fill="{}">{}</text>')
    return text.format(round(x, 1), round(y, 1), size, colour, escape(words))


def wrapped(words: str, room: float) -> list[str]:
    """*words* in lines no wider than *room*: Chinese may break anywhere, other words where a blank stands."""
    lines, line = [], ""
    for piece in _pieces(words):
        if line.strip() and _width(line + piece.rstrip()) > room:
            lines.append(line.strip())
            line = ""
        line += piece
    return [*lines, line.strip()] if line.strip() else lines


def _pieces(words: str) -> Iterator[str]:
    piece = ""
    for letter in words.replace("\n", " "):
        piece += letter
        if letter == " " or _wide(letter):
            yield piece
            piece = ""
    if piece:
        yield piece


def _width(words: str) -> float:
    return sum(_EM if _wide(letter) else _EM * 0.55 for letter in words)


def _wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _head(before: Point, tip: Point, colour: str) -> Markup:
    """The head of an arrow."""
    (x0, y0), (x, y) = before, tip
    length = max(((x - x0) ** 2 + (y - y0) ** 2) ** 0.5, 0.1)
    ux, uy = (x - x0) / length * 8, (y - y0) / length * 8
    left, right = (x - ux - uy / 2.4, y - uy + ux / 2.4), (x - ux + uy / 2.4, y - uy - ux / 2.4)
    corners = f"{x:g},{y:g} {left[0]:.1f},{left[1]:.1f} {right[0]:.1f},{right[1]:.1f}"
    return Markup('<polygon points="{}" fill="{}"/>').format(corners, colour)


def _middle(points: list[Point]) -> Point:
    if len(points) < 2:  # noqa: PLR2004 -- the two ends of a line
        return points[0] if points else (0.0, 0.0)
    (x0, y0), (x1, y1) = points[0], points[1]
    return (x0 + x1) / 2, (y0 + y1) / 2 - 4


def _bounds(shape: etree._Element) -> tuple[float, float, float, float]:
    box = shape.find(f"{_DC}Bounds")
    if box is None:
        return (0.0, 0.0, 0.0, 0.0)
    x, y, width, height = (float(box.get(name, "0")) for name in ("x", "y", "width", "height"))
    return x, y, width, height


def _points(edge: etree._Element) -> list[Point]:
    return [(float(each.get("x", "0")), float(each.get("y", "0"))) for each in edge.findall(f"{_DI}waypoint")]


def _label(edge: etree._Element) -> Point | None:
    box = edge.find(f"{BPMNDI}BPMNLabel/{_DC}Bounds")
    if box is None:
        return None
    x, y, width = (float(box.get(name, "0")) for name in ("x", "y", "width"))
    return x + width / 2, y + _EM
