"""Where words go: on free paper, close to what they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.procedures.layout.geometry import Box, Piece, Point, pieces
from engine.procedures.layout.words import LINE, wrapped

_FLOW_WIDTHS: Final = (90.0, 64.0, 40.0)
_CLEAR: Final = 3.0
_FROM_CORNER: Final = 5.0
#: Clear of the stroke that marks a default flow.
_BESIDE: Final = 9.0


def flow_label(name: str, points: Sequence[Point], taken: Sequence[Box], lines: Sequence[Piece]) -> Box:
    """A free place for the name of a line, as near to its start as can be; if all are taken, the least bad one."""
    best: tuple[float, Box] | None = None
    for rank, box in enumerate(_beside(name, points)):
        price = 40 * sum(box.overlaps(other) for other in taken)
        price += 25 * sum(box.grown(1).is_cut_by(piece) for piece in lines) + min(rank, 20)
        if best is None or price < best[0]:
            best = (price, box)
        if price <= rank:
            break
    assert best is not None
    return best[1]


def flow_label_width(name: str) -> float:
    """Pixels the name of a line needs next to its start."""
    return wrapped(name, _FLOW_WIDTHS[0])[0] if name else 0.0


def flow_label_height(name: str) -> float:
    return wrapped(name, _FLOW_WIDTHS[0])[1] if name else 0.0


def _beside(name: str, points: Sequence[Point]) -> Iterator[Box]:
    """Places along the line, first ones first: above and below level pieces, beside upright ones."""
    for limit in _FLOW_WIDTHS:
        width, height = wrapped(name, limit)
        for (x1, y1), (x2, y2) in pieces(points):
            if y1 == y2 and abs(x2 - x1) >= width + _FROM_CORNER:
                step = 1 if x2 > x1 else -1
                room = abs(x2 - x1) - width - _FROM_CORNER
                for along in dict.fromkeys((0.0, min(room, 12.0), room / 2, room)):
                    x = x1 + _FROM_CORNER + along if step > 0 else x1 - _FROM_CORNER - along - width
                    yield Box(round(x), round(y1 - height - _CLEAR), width, height)
                    yield Box(round(x), round(y1 + _CLEAR), width, height)
            elif x1 == x2 and abs(y2 - y1) >= LINE + _FROM_CORNER:
                room = abs(y2 - y1) - height - 2 * _FROM_CORNER
                for along in dict.fromkeys((_FROM_CORNER, max(_FROM_CORNER, room / 2), max(_FROM_CORNER, room))):
                    y = y1 + along if y2 > y1 else y1 - along - height
                    yield Box(round(x1 + _BESIDE), round(y), width, height)
                    yield Box(round(x1 - _BESIDE - width), round(y), width, height)
    width, height = wrapped(name, _FLOW_WIDTHS[0])
    (x1, y1), (x2, y2) = points[0], points[1]
    yield Box(round((x1 + x2) / 2 - width / 2), round((y1 + y2) / 2 - height - _CLEAR), width, height)
