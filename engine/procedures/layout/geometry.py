"""Boxes, points and polylines, in pixels; y grows downwards."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
#: A piece of a polyline between two neighbouring points.
Piece = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle; *x* and *y* are its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def moved(self, dx: float, dy: float) -> Box:
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def grown(self, margin: float) -> Box:
        return Box(self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin)

    def overlaps(self, other: Box) -> bool:
        """Whether the two share an area; touching borders do not."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: Box) -> bool:
        return (
            self.x <= other.x and other.right <= self.right and self.y <= other.y and other.bottom <= self.bottom
        )  # fmt: skip

    def is_cut_by(self, piece: Piece) -> bool:
        """Whether *piece* runs through the inside, not only along the border (Liang and Barsky's test)."""
        (x1, y1), (x2, y2) = piece
        enter, leave = 0.0, 1.0
        for step, low, high in ((x2 - x1, self.x - x1, self.right - x1), (y2 - y1, self.y - y1, self.bottom - y1)):
            if step == 0:
                if low >= 0 or high <= 0:
                    return False
                continue
            first, second = sorted((low / step, high / step))
            enter, leave = max(enter, first), min(leave, second)
        return enter < leave


def pieces(points: Sequence[Point]) -> list[Piece]:
    return list(itertools.pairwise(points))


def cross(first: Piece, second: Piece) -> bool:
    """Whether an upright and a level piece cross inside both; slanted pieces are not looked at."""
    for level, upright in ((first, second), (second, first)):
        (x1, y1), (x2, y2) = level
        (u1, v1), (u2, v2) = upright
        if y1 == y2 and u1 == u2 and x1 != x2 and v1 != v2:
            return min(x1, x2) < u1 < max(x1, x2) and min(v1, v2) < y1 < max(v1, v2)
    return False


def run_together(first: Piece, second: Piece) -> bool:
    """Whether two upright or two level pieces lie on the same line for more than a point."""
    (x1, y1), (x2, y2) = first
    (u1, v1), (u2, v2) = second
    if y1 == y2 == v1 == v2:
        return min(max(x1, x2), max(u1, u2)) > max(min(x1, x2), min(u1, u2))
    if x1 == x2 == u1 == u2:
        return min(max(y1, y2), max(v1, v2)) > max(min(y1, y2), min(v1, v2))
    return False


def meetings(lines: Iterable[tuple[str, Sequence[Point]]]) -> Iterator[tuple[str, str, bool]]:
    """Every two different lines that cross, once for each crossing, or share a stretch (True), by their names."""
    level: list[tuple[float, float, float, str]] = []
    upright: list[tuple[float, float, float, str]] = []
    for key, points in lines:
        for (x1, y1), (x2, y2) in itertools.pairwise(points):
            if y1 == y2 and x1 != x2:
                level.append((y1, min(x1, x2), max(x1, x2), key))
            elif x1 == x2 and y1 != y2:
                upright.append((x1, min(y1, y2), max(y1, y2), key))
    level.sort()
    heights = [piece[0] for piece in level]
    for x, top, bottom, key in upright:
        for _, left, right, other in level[bisect_right(heights, top) : bisect_left(heights, bottom)]:
            if left < x < right and other != key:
                yield key, other, False
    for some in (level, upright):
        by_place: defaultdict[float, list[tuple[float, float, str]]] = defaultdict(list)
        for place, low, high, key in some:
            by_place[place].append((low, high, key))
        for beside in by_place.values():
            for at, (low, high, key) in enumerate(beside):
                for other_low, other_high, other in beside[at + 1 :]:
                    if key != other and min(high, other_high) > max(low, other_low):
                        yield key, other, True
