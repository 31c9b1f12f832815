"""The way of every line over a lattice of columns, rows and the gaps between them.

The lattice has an upright line through every column and every gap between columns, and a level line through every row
and every gap between rows. Gaps grow with the lines in them, so a way that avoids occupied cells cannot hit a node.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import heappop, heappush
from typing import Final

#: Where an upright and a level lattice line meet, both counted from 0. Odd upright lines are columns, even ones gaps.
Vertex = tuple[int, int]


class Side(IntEnum):
    """The sides of a node, which are also the directions a line can run in."""

    RIGHT = 0
    BOTTOM = 1
    LEFT = 2
    TOP = 3

    @property
    def opposite(self) -> Side:
        return _OPPOSITE[self]

    @property
    def level(self) -> bool:
        return self is Side.RIGHT or self is Side.LEFT


_OPPOSITE: Final = {Side.RIGHT: Side.LEFT, Side.BOTTOM: Side.TOP, Side.LEFT: Side.RIGHT, Side.TOP: Side.BOTTOM}
#: Where a line may go on from each heading: anywhere but back.
_ONWARD: Final = {heading: tuple(side for side in Side if side is not _OPPOSITE[heading]) for heading in Side}
_STEP: Final = {Side.RIGHT: (1, 0), Side.BOTTOM: (0, 1), Side.LEFT: (-1, 0), Side.TOP: (0, -1)}

# Prices, in pixels of extra length that one would rather accept.
_LENGTH_X: Final = 75
_LENGTH_Y: Final = 55
_BEND: Final = 60
_CROSSING: Final = 170
_TURN_CROSSING: Final = 45
_SHARED_CENTRE: Final = 55
_SHARED_GAP: Final = 9
_SAME_SIDE: Final = 70
_SAME_CORNER: Final = 120
_OPPOSED_SIDE: Final = 240
_THROUGH_POOL: Final = 400

#: Lines up to which a second and later look at every way is affordable.
_MANY_TRIPS: Final = 120
_UNTYING_ROUNDS: Final = 3
_UNTYING_TRIES: Final = 60


@dataclass(frozen=True, slots=True)
class Trip:
    """One line to be routed. *starts* and *ends* give each vertex where it may begin or end the price of each side."""

    id: str
    source: str
    target: str
    starts: Mapping[Vertex, Mapping[Side, int]]
    ends: Mapping[Vertex, Mapping[Side, int]]
    pointed_source: bool = False  #: a gateway or event, whose sides are points that lines should not share
    pointed_target: bool = False


@dataclass(slots=True)
class Lattice:
    """What is where: nodes, and the lines routed so far."""

    width: int
    height: int
    occupied: set[Vertex]
    rows: frozenset[int]  #: level lines that run through nodes
    closed: frozenset[int]  #: level lines that are closed pools
    _along: defaultdict[tuple[Vertex, bool], int] = field(default_factory=lambda: defaultdict(int))
    _straight: defaultdict[tuple[Vertex, bool], int] = field(default_factory=lambda: defaultdict(int))
    _turns: defaultdict[Vertex, int] = field(default_factory=lambda: defaultdict(int))
    _left: defaultdict[tuple[str, Side], int] = field(default_factory=lambda: defaultdict(int))
    _entered: defaultdict[tuple[str, Side], int] = field(default_factory=lambda: defaultdict(int))

    def route(self, trip: Trip) -> list[Vertex]:
        """The cheapest way, vertex by vertex; the lines routed afterwards keep clear of it."""
        way = self._search(trip)
        self._remember(trip, way, 1)
        return way

    def remember(self, trip: Trip, way: Sequence[Vertex]) -> None:
        self._remember(trip, way, 1)

    def forget(self, trip: Trip, way: Sequence[Vertex]) -> None:
        self._remember(trip, way, -1)

    def price(self, trip: Trip, way: Sequence[Vertex]) -> int:
        """What *way* costs among all other lines; it must not be remembered itself."""
        headings = [_heading(first, second) for first, second in itertools.pairwise(way)]
        last = len(headings) - 1
        side = headings[last].opposite
        price = trip.starts[way[0]][headings[0]] + self._leaving(trip, headings[0])
        price += trip.ends[way[-1]][side] + self._entering(trip, side)
        for at, heading in enumerate(headings):
            price += self._moving(way[at], headings[max(at - 1, 0)], heading, way[at + 1], fresh=at == 0)
            price += self._sharing(way[at], way[at + 1], heading) if 0 < at < last else 0
        return price

    def _search(self, trip: Trip) -> list[Vertex]:
        heap: list[tuple[int, int, int]] = []  # estimated price, age, step
        steps: list[tuple[Vertex, Side, int, int, bool]] = []  # vertex, heading, price, step before, arrived
        best: dict[tuple[Vertex, Side], int] = {}
        goal = next(iter(trip.ends)) if len(trip.ends) == 1 else None

        def push(vertex: Vertex, heading: Side, price: int, before: int, *, arrived: bool) -> None:
            steps.append((vertex, heading, price, before, arrived))
            ahead = _distance(vertex, goal) if goal and not arrived else 0
            heappush(heap, (price + ahead, len(steps), len(steps) - 1))

        for start, sides in trip.starts.items():
            for side, price in sides.items():
                push(start, side, price + self._leaving(trip, side), -1, arrived=False)
        while heap:
            step = heappop(heap)[2]
            vertex, heading, paid, before, arrived = steps[step]
            if arrived:
                return _way_to(steps, step)
            if before >= 0 and best.get((vertex, heading), paid) < paid:
                continue
            for turn in (heading,) if before < 0 else _ONWARD[heading]:
                following = (vertex[0] + _STEP[turn][0], vertex[1] + _STEP[turn][1])
                enter = trip.ends.get(following, {}).get(turn.opposite)
                if enter is None and (self._blocked(following) or following in trip.starts):
                    continue
                price = paid + self._moving(vertex, heading, turn, following, fresh=before < 0)
                if enter is None:
                    price += self._sharing(vertex, following, turn) if before >= 0 else 0
                    if best.get((following, turn), price + 1) <= price:
                        continue
                    best[following, turn] = price
                    push(following, turn, price, step, arrived=False)
                else:
                    push(following, turn, price + enter + self._entering(trip, turn.opposite), step, arrived=True)
        raise AssertionError(f"gaps connect all nodes, yet there is no way for {trip.id!r}")

    def _blocked(self, vertex: Vertex) -> bool:
        x, y = vertex
        return x < 0 or y < 0 or x >= self.width or y >= self.height or vertex in self.occupied

    def _moving(self, vertex: Vertex, heading: Side, turn: Side, following: Vertex, *, fresh: bool) -> int:
        price = _LENGTH_X if turn.level else _LENGTH_Y
        if following[1] in self.closed:
            price += _THROUGH_POOL
        if fresh:
            return price
        crossing = _TURN_CROSSING * self._turns[vertex]
        if turn is heading:
            return price + crossing + _CROSSING * self._straight[vertex, not turn.level]
        return (
            price + _BEND + crossing + _TURN_CROSSING * (self._straight[vertex, True] + self._straight[vertex, False])
        )

    def _sharing(self, vertex: Vertex, following: Vertex, turn: Side) -> int:
        shared = self._along[min(vertex, following), turn.level]
        centre = vertex[1] in self.rows if turn.level else vertex[0] % 2 == 1
        return shared * (_SHARED_CENTRE if centre else _SHARED_GAP)

    def _leaving(self, trip: Trip, side: Side) -> int:
        same = _SAME_CORNER if trip.pointed_source else _SAME_SIDE
        return same * self._left[trip.source, side] + _OPPOSED_SIDE * self._entered[trip.source, side]

    def _entering(self, trip: Trip, side: Side) -> int:
        same = _SAME_CORNER if trip.pointed_target else _SAME_SIDE
        return same * self._entered[trip.target, side] + _OPPOSED_SIDE * self._left[trip.target, side]

    def _remember(self, trip: Trip, way: Sequence[Vertex], sign: int) -> None:
        headings = [_heading(first, second) for first, second in itertools.pairwise(way)]
        for first, second, heading in zip(way, way[1:], headings, strict=False):
            self._along[min(first, second), heading.level] += sign
        for vertex, before, after in zip(way[1:], headings, headings[1:], strict=False):
            if before is after:
                self._straight[vertex, after.level] += sign
            else:
                self._turns[vertex] += sign
        self._left[trip.source, headings[0]] += sign
        self._entered[trip.target, headings[-1].opposite] += sign


def route_all(lattice: Lattice, trips: Sequence[Trip]) -> dict[str, list[Vertex]]:
    """A way for every trip. Small sets are routed again until lines that cross cannot be untied by trading places."""
    ways = {trip.id: lattice.route(trip) for trip in trips}
    if len(trips) > _MANY_TRIPS:
        return ways
    for trip in trips:
        lattice.forget(trip, ways[trip.id])
        ways[trip.id] = lattice.route(trip)
    for _ in range(_UNTYING_ROUNDS):
        if not _untie(lattice, trips, ways):
            break
    return ways


def _untie(lattice: Lattice, trips: Sequence[Trip], ways: dict[str, list[Vertex]]) -> bool:
    """Route each two lines that meet once more in both orders and keep what is cheapest; whether anything changed."""
    changed = False
    tries = 0
    for at, first in enumerate(trips):
        for second in trips[at + 1 :]:
            if tries >= _UNTYING_TRIES or not _meet(first, second, ways):
                continue
            old = (ways[first.id], ways[second.id])
            lattice.forget(first, old[0])
            lattice.forget(second, old[1])
            lowest, kept = _price_of_both(lattice, first, second, *old), old
            if lowest - lattice.price(first, old[0]) - lattice.price(second, old[1]) < _TURN_CROSSING:
                lattice.remember(first, old[0])
                lattice.remember(second, old[1])
                continue
            tries += 1
            for one, other in ((first, second), (second, first)):
                one_way = lattice.route(one)
                other_way = lattice.route(other)
                lattice.forget(other, other_way)
                lattice.forget(one, one_way)
                new = (one_way, other_way) if one is first else (other_way, one_way)
                price = _price_of_both(lattice, first, second, *new)
                if price < lowest:
                    lowest, kept = price, new
            ways[first.id], ways[second.id] = kept
            lattice.remember(first, kept[0])
            lattice.remember(second, kept[1])
            changed = changed or kept is not old
    return changed


def _meet(first: Trip, second: Trip, ways: Mapping[str, Sequence[Vertex]]) -> bool:
    own = {first.source, first.target} & {second.source, second.target}
    return bool(own) or not set(ways[first.id]).isdisjoint(ways[second.id])


def _price_of_both(lattice: Lattice, first: Trip, second: Trip, way: Sequence[Vertex], other: Sequence[Vertex]) -> int:
    price = lattice.price(first, way)
    lattice.remember(first, way)
    price += lattice.price(second, other)
    lattice.forget(first, way)
    return price


def corners(way: Sequence[Vertex]) -> list[Vertex]:
    """Where *way* starts, turns and ends."""
    kept = [way[0]]
    for before, vertex, after in zip(way, way[1:], way[2:], strict=False):
        if _heading(before, vertex) is not _heading(vertex, after):
            kept.append(vertex)
    return [*kept, way[-1]]


def _heading(first: Vertex, second: Vertex) -> Side:
    if first[1] == second[1]:
        return Side.RIGHT if second[0] > first[0] else Side.LEFT
    return Side.BOTTOM if second[1] > first[1] else Side.TOP


def _distance(vertex: Vertex, goal: Vertex) -> int:
    return _LENGTH_X * abs(vertex[0] - goal[0]) + _LENGTH_Y * abs(vertex[1] - goal[1])


def _way_to(steps: Sequence[tuple[Vertex, Side, int, int, bool]], step: int) -> list[Vertex]:
    way: list[Vertex] = []
    while step >= 0:
        way.append(steps[step][0])
        step = steps[step][3]
    return way[::-1]
