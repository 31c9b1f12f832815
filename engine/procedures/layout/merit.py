"""How good a drawing is: what a reader stumbles over, in pixels of line that one would rather accept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.procedures.layout.drawing import Drawing
from engine.procedures.layout.geometry import Box, Piece, Point, meetings, pieces
from engine.procedures.layout.model import Kind, Sheet

_CROSSING: Final = 1000.0
#: Two lines on one, a line through a shape: nobody can follow these.
_HIDDEN: Final = 5000.0
_LABEL_HIT: Final = 2000.0
_BEND: Final = 60.0
#: A line that ends on the slope of a diamond instead of its tip.
_ON_A_SLOPE: Final = 80.0
#: Parallel lines that come this close for this long are hard to tell apart.
_NEAR: Final = 10.0
_LONG: Final = 20.0
_SIDE_BY_SIDE: Final = 40.0
_PIECES_AT_EASE: Final = 3
_LENGTH: Final = 0.2
_SIZE: Final = 0.6
_TOLERANCE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Merit:
    """What a drawing costs, the links and nodes that cross or hit something, worst ones first, and strained links."""

    price: float
    faulty: tuple[str, ...]
    strained: tuple[str, ...]


def merit(sheet: Sheet, drawing: Drawing) -> Merit:
    return _Judge(sheet, drawing).merit()


@dataclass(frozen=True, slots=True)
class _Line:
    id: str
    pieces: tuple[Piece, ...]
    around: Box

    @classmethod
    def through(cls, key: str, points: list[Point]) -> _Line:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        around = Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
        return cls(key, tuple(pieces(points)), around.grown(_NEAR))


class _Judge:
    def __init__(self, sheet: Sheet, drawing: Drawing) -> None:
        self._sheet, self._drawing = sheet, drawing
        self._node = {node.id: node for node in sheet.nodes()}
        self._ends = {link.id: (link.source, link.target) for link in sheet.links if link.id in drawing.lines}
        self._lines = [_Line.through(key, drawing.lines[key]) for key in self._ends]
        self._sore: defaultdict[str, float] = defaultdict(float)
        self._strained: dict[str, None] = {}
        self._price = _SIZE * (drawing.width + drawing.height)

    def merit(self) -> Merit:
        self._meetings()
        self._hits()
        self._labels()
        for line in self._lines:
            self._bends(line)
        faulty = sorted(self._sore, key=lambda key: -self._sore[key])
        return Merit(self._price + sum(self._sore.values()), tuple(faulty), tuple(self._strained))

    def _blame(self, price: float, *keys: str) -> None:
        for key in keys:
            self._sore[key] += price / len(keys)

    def _meetings(self) -> None:
        for key, met, together in meetings((line, self._drawing.lines[line]) for line in self._ends):
            self._blame(_HIDDEN if together else _CROSSING, key, met)
        for at, one in enumerate(self._lines):
            for other in self._lines[at + 1 :]:
                if one.around.overlaps(other.around):
                    close = sum(_side_by_side(first, second) for first in one.pieces for second in other.pieces)
                    self._price += close * _SIDE_BY_SIDE
                    self._strained |= {one.id: None, other.id: None} if close else {}

    def _hits(self) -> None:
        shapes = [(key, self._drawing.shapes[key]) for key in self._node if key in self._drawing.shapes]
        for line in self._lines:
            ends = self._ends[line.id]
            own = {*ends, *(self._node[end].host for end in ends if end in self._node)}
            for key, box in shapes:
                if not box.overlaps(line.around):
                    continue
                inside = line.pieces[1:-1] if key in own else line.pieces
                tight = box.grown(-4 if key in own else -_TOLERANCE)
                if any(tight.is_cut_by(piece) for piece in inside):
                    self._blame(_HIDDEN, line.id)

    def _labels(self) -> None:
        labels = [(key, self._drawing.labels[key].grown(-_TOLERANCE)) for key in self._owned_labels()]
        shapes = [(key, self._drawing.shapes[key]) for key in self._node if key in self._drawing.shapes]
        borders = [
            border for pool in self._sheet.pools for lane in pool.lanes for leaf in lane.leaves()
            if (border := self._drawing.shapes.get(leaf.id)) is not None
        ]  # fmt: skip
        for at, (key, box) in enumerate(labels):
            hits = sum(box.overlaps(other) for _, other in labels[at + 1 :])
            hits += sum(self._covers(node, shape, box) for node, shape in shapes)
            for line in self._lines:
                if line.around.overlaps(box) and any(box.is_cut_by(piece) for piece in line.pieces):
                    hits += 1
            hits += sum(box.y < edge < box.bottom for border in borders for edge in (border.y, border.bottom))
            if hits:
                self._blame(hits * _LABEL_HIT, key)

    def _owned_labels(self) -> Iterator[str]:
        yield from (key for key in [*self._node, *self._ends] if key in self._drawing.labels)

    def _covers(self, key: str, shape: Box, label: Box) -> bool:
        if not label.overlaps(shape):
            return False
        if self._node[key].kind is not Kind.GATEWAY:
            return True
        cx, cy = shape.centre
        dx = max(label.x - cx, cx - label.right, 0.0) / (shape.width / 2)
        dy = max(label.y - cy, cy - label.bottom, 0.0) / (shape.height / 2)
        return dx + dy < 1

    def _bends(self, line: _Line) -> None:
        length = sum(abs(x1 - x2) + abs(y1 - y2) for (x1, y1), (x2, y2) in line.pieces)
        self._price += _BEND * (len(line.pieces) - 1) + _LENGTH * length
        if len(line.pieces) > _PIECES_AT_EASE:
            self._strained[line.id] = None
        for end, point in zip(self._ends[line.id], (line.pieces[0][0], line.pieces[-1][1]), strict=True):
            node = self._node.get(end)
            if node is not None and node.kind is Kind.GATEWAY:
                cx, cy = self._drawing.shapes[end].centre
                if min(abs(point[0] - cx), abs(point[1] - cy)) > 1:
                    self._price += _ON_A_SLOPE
                    self._strained[line.id] = None


def _side_by_side(first: Piece, second: Piece) -> bool:
    for along in (0, 1):
        across = 1 - along
        if first[0][across] == first[1][across] and second[0][across] == second[1][across]:
            low, high = sorted((first[0][along], first[1][along]))
            other_low, other_high = sorted((second[0][along], second[1][along]))
            shared = min(high, other_high) - max(low, other_low)
            return shared > _LONG and abs(first[0][across] - second[0][across]) < _NEAR
    return False
