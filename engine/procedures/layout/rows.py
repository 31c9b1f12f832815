"""Which row of its lane every node stands in: straight runs stay straight, crossings and detours are few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.procedures.layout.geometry import Piece, Point, cross, pieces, run_together
from engine.procedures.layout.layers import Arc, longest_ahead
from engine.procedures.layout.model import Kind

#: Rows a band may have in this stage's coordinates, rows above the first one included.
_BAND: Final = 1000

_CROSSING: Final = 4.0
_THROUGH_A_NODE: Final = 7.0
_TOGETHER: Final = 3.0
_BEND: Final = 1.0
_ROW_APART: Final = 0.5
_ABOVE: Final = 0.3
_NEW_ROW: Final = 0.9
#: Beyond so many rows in a band only those near a run's neighbours are tried.
_MANY_ROWS: Final = 9
_NEAR: Final = 2
_OFF_THE_SPINE: Final = 8.0
_SWEEPS: Final = 4
#: Trials after which the search keeps what it has, so that large diagrams stay quick.
_TRIALS: Final = 2500
_LARGE: Final = 150


@dataclass(frozen=True, slots=True)
class Spot:
    """A node of the grid before it has a row."""

    id: str
    kind: Kind
    band: int
    column: int


@dataclass(frozen=True, slots=True)
class Lead:
    """A line as this stage sees it. *back* runs against the flow, *falls* starts on a boundary event."""

    id: str
    source: str
    target: str
    back: bool
    falls: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """The *row* of every spot inside its band, counted from 0 without gaps, and the *runs* that may change theirs."""

    row: Mapping[str, int]
    band: Mapping[str, int]
    column: Mapping[str, int]
    runs: tuple[tuple[str, ...], ...]

    def moved(self, node: str, to: float) -> Placed:
        """The run of *node* in row *to*, between two rows for halves; all as it is when others stand there."""
        run = next((run for run in self.runs if node in run), ())
        if not run:
            return self
        band = self.band[node]
        there = {self.column[one] for one, row in self.row.items() if row == to and self.band[one] == band}
        if not there.isdisjoint(self.column[one] for one in run):
            return self
        rows = {one: float(row) for one, row in self.row.items()} | dict.fromkeys(run, to)
        used = sorted({rows[one] for one in rows if self.band[one] == band})
        packed = {one: used.index(row) if self.band[one] == band else int(row) for one, row in rows.items()}
        return Placed(packed, self.band, self.column, self.runs)


def place_in_rows(spots: Sequence[Spot], leads: Sequence[Lead]) -> Placed:
    """Rows for all spots: as few crossings and bends as one can see before lines have their ways."""
    runs, spine = _runs(spots, [Arc(lead.id, lead.source, lead.target) for lead in leads if not lead.back])
    board = _Board(spots, leads, spine)
    for run in runs:
        board.put(run, board.best_row(run))
    trials = 0
    for _ in range(1 if len(spots) > _LARGE else _SWEEPS):
        moved = False
        for run in runs:
            if trials > _TRIALS:
                break
            before = board.row[run[0]]
            board.take(run)
            after = board.best_row(run, favourite=before)
            trials += len(board.last_tried)
            board.put(run, after)
            moved = moved or after != before
        if not moved:
            break
    free = tuple(run for run in runs if run[0] not in spine)
    bands = {spot.id: spot.band for spot in spots}
    return Placed(board.packed(), bands, {spot.id: spot.column for spot in spots}, free)


def _runs(spots: Sequence[Spot], forward: Sequence[Arc]) -> tuple[list[tuple[str, ...]], frozenset[str]]:
    """All spots cut into chains, longest first from every start, each within one band; and the spots of long ways."""
    ahead = longest_ahead([spot.id for spot in spots], forward)
    following: defaultdict[str, list[str]] = defaultdict(list)
    for arc in forward:
        following[arc.source].append(arc.target)
    position = {spot.id: at for at, spot in enumerate(spots)}
    band = {spot.id: spot.band for spot in spots}
    column = {spot.id: spot.column for spot in spots}
    entered = {arc.target for arc in forward}
    free = set(position)
    starts = sorted((spot.id for spot in spots if spot.id not in entered), key=lambda key: (-ahead[key], position[key]))
    rest = sorted(position, key=lambda key: (column[key], -ahead[key], position[key]))
    runs: list[tuple[str, ...]] = []
    spine: set[str] = set()
    covered: set[int] = set()
    for start in [*starts, *rest]:
        chain: list[str] = []
        node: str | None = start
        while node is not None and node in free:
            free.discard(node)
            chain.append(node)
            choices = [one for one in following[node] if one in free and column[one] >= column[node]]
            node = min(choices, key=lambda key: (-ahead[key], position[key]), default=None)
        runs.extend(_cut(chain, band, column))
        if covered.isdisjoint(band[node] for node in chain):
            covered.update(band[node] for node in chain)
            spine.update(chain)
    return runs, frozenset(spine)


def _cut(chain: Sequence[str], band: Mapping[str, int], column: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    run: list[str] = []
    for node in chain:
        if run and (band[node] != band[run[-1]] or column[node] == column[run[-1]]):
            yield tuple(run)
            run = []
        run.append(node)
    if run:
        yield tuple(run)


@dataclass(frozen=True, slots=True)
class _Stroke:
    """A line on the board with the columns it reaches from and to, which rule out most pairs at once."""

    pieces: tuple[Piece, ...]
    left: float
    right: float

    @classmethod
    def through(cls, points: Sequence[Point]) -> _Stroke:
        columns = [x for x, _ in points]
        return cls(tuple(pieces(points)), min(columns), max(columns))


class _Board:
    """Runs on their rows, and what a further run would cost on each row it could take."""

    def __init__(self, spots: Sequence[Spot], leads: Sequence[Lead], spine: frozenset[str]) -> None:
        self._spine = spine
        self._spot = {spot.id: spot for spot in spots}
        self._touching: defaultdict[str, list[Lead]] = defaultdict(list)
        self._split: defaultdict[str, int] = defaultdict(int)
        self._merge: defaultdict[str, int] = defaultdict(int)
        for lead in leads:
            self._touching[lead.source].append(lead)
            if lead.target != lead.source:
                self._touching[lead.target].append(lead)
            if not lead.back:
                self._split[lead.source] += 1
            self._merge[lead.target] += 1
        self.row: dict[str, int] = {}
        self.last_tried: list[int] = []
        self._cells: dict[tuple[int, int], str] = {}
        self._columns: defaultdict[int, dict[int, str]] = defaultdict(dict)
        self._used: defaultdict[int, dict[int, int]] = defaultdict(dict)
        self._lines: dict[str, _Stroke] = {}

    def put(self, run: Sequence[str], row: int) -> None:
        band = self._spot[run[0]].band
        self._used[band][row] = self._used[band].get(row, 0) + len(run)
        for node in run:
            self.row[node] = row
            self._cells[self._spot[node].column, self._y(node)] = node
            self._columns[self._spot[node].column][self._y(node)] = node
        for lead in self._leads_of(run):
            if lead.source in self.row and lead.target in self.row:
                self._lines[lead.id] = self._stroke(lead)

    def take(self, run: Sequence[str]) -> None:
        band, row = self._spot[run[0]].band, self.row[run[0]]
        self._used[band][row] -= len(run)
        if not self._used[band][row]:
            del self._used[band][row]
        for lead in self._leads_of(run):
            self._lines.pop(lead.id, None)
        for node in run:
            del self._cells[self._spot[node].column, self._y(node)]
            del self._columns[self._spot[node].column][self._y(node)]
            del self.row[node]

    def best_row(self, run: Sequence[str], favourite: int | None = None) -> int:
        used = self._used[self._spot[run[0]].band]
        low, high = min(used, default=0) - 1, max(used, default=0) + 1
        near = self._rows_near(run) if high - low > _MANY_ROWS else range(low, high + 1)
        rows = [row for row in near if self._fits(run, row)] if used else [0]
        self.last_tried = rows
        return min(rows, key=lambda row: (round(self._cost(run, row), 3), row != favourite, abs(row), -row))

    def _rows_near(self, run: Sequence[str]) -> list[int]:
        """Rows about those of the run's neighbours, so that large bands are not searched from end to end."""
        band = self._spot[run[0]].band
        ends = {end for lead in self._leads_of(run) for end in (lead.source, lead.target)} - set(run)
        here = {self.row[end] for end in ends if end in self.row and self._spot[end].band == band} or {0}
        used = self._used[band]
        rows = {row + step for row in here for step in range(-_NEAR, _NEAR + 1)}
        return sorted({row for row in rows if min(used) - 1 <= row <= max(used) + 1} | {min(used) - 1, max(used) + 1})

    def packed(self) -> dict[str, int]:
        index = {(band, row): at for band, used in self._used.items() for at, row in enumerate(sorted(used))}
        return {node: index[self._spot[node].band, row] for node, row in self.row.items()}

    def _fits(self, run: Sequence[str], row: int) -> bool:
        y = self._spot[run[0]].band * _BAND + row
        return not any((self._spot[node].column, y) in self._cells for node in run)

    def _cost(self, run: Sequence[str], row: int) -> float:
        band = self._spot[run[0]].band
        cost = 0.0 if row in self._used[band] else _NEW_ROW
        if run[0] in self._spine:
            cost += _OFF_THE_SPINE * any(
                other in self._spine and self._spot[other].band == band and at != row for other, at in self.row.items()
            )
        self.put(run, row)
        cost += self._cost_here(run, row)
        self.take(run)
        return cost

    def _cost_here(self, run: Sequence[str], row: int) -> float:
        own = {lead: self._lines[lead.id] for lead in self._leads_of(run) if lead.id in self._lines}
        keys = {lead.id for lead in own}
        cost = sum(self._price(lead, stroke) for lead, stroke in own.items())
        columns = [self._spot[node].column for node in run]
        y = self._spot[run[0]].band * _BAND + row
        for key, other in self._lines.items():
            if key not in keys:
                cost += sum(_clash(mine, other) for mine in own.values())
                cost += sum(_THROUGH_A_NODE for column in columns if _passes(other, column, y))
        strokes = list(own.values())
        return cost + sum(_clash(first, second) for at, first in enumerate(strokes) for second in strokes[at + 1 :])

    def _price(self, lead: Lead, stroke: _Stroke) -> float:
        price = _BEND * (len(stroke.pieces) - 1)
        source, target = self._spot[lead.source], self._spot[lead.target]
        if source.band == target.band and not lead.back:
            apart = self.row[lead.target] - self.row[lead.source]
            price += _ROW_APART * abs(apart) + (_ABOVE if apart < 0 else 0.0)
        elif not lead.back:
            toward = self.row[lead.source] - self.row[lead.target]
            price += 0.1 * (toward if source.band > target.band else -toward)
        if lead.falls and self._y(lead.target) <= self._y(lead.source):
            price += 2.0
        return price + _THROUGH_A_NODE * self._nodes_under(stroke, lead)

    def _stroke(self, lead: Lead) -> _Stroke:
        """The line as it would be drawn on an empty grid: straight, with one bend at a gateway, else with two."""
        x1, x2 = float(self._spot[lead.source].column), float(self._spot[lead.target].column)
        y1, y2 = float(self._y(lead.source)), float(self._y(lead.target))
        if lead.back:
            return self._way_back(lead, (x1, y1), (x2, y2))
        if y1 == y2 or x1 == x2:
            return _Stroke.through([(x1, y1), (x2, y2)])
        choices = [
            [(x1, y1), (x1 + 0.5, y1), (x1 + 0.5, y2), (x2, y2)],
            [(x1, y1), (x2 - 0.5, y1), (x2 - 0.5, y2), (x2, y2)],
        ]
        if self._merge[lead.target] > 1 and self._spot[lead.target].kind is Kind.GATEWAY:
            choices.insert(0, [(x1, y1), (x2, y1), (x2, y2)])
        if lead.falls or (self._split[lead.source] > 1 and self._spot[lead.source].kind is Kind.GATEWAY):
            choices.insert(0, [(x1, y1), (x1, y2), (x2, y2)])
        strokes = [_Stroke.through(choice) for choice in choices]
        return min(strokes, key=lambda one: self._nodes_under(one, lead) * _THROUGH_A_NODE + len(one.pieces))

    def _way_back(self, lead: Lead, start: Point, end: Point) -> _Stroke:
        """Under or over the row of one end, whichever meets less."""
        levels = [
            max(start[1], end[1]) + 0.4,
            start[1] + 0.4,
            end[1] + 0.4,
            start[1] - 0.4,
            min(start[1], end[1]) - 0.4,
        ]
        for band in sorted({self._spot[lead.source].band, self._spot[lead.target].band}):
            levels += [band * _BAND + max(self._used[band]) + 0.4, band * _BAND + min(self._used[band]) - 0.4]
        choices = [
            (_ROW_APART * abs(level - start[1]), _Stroke.through([start, (start[0], level), (end[0], level), end]))
            for level in dict.fromkeys(levels)
            if abs(level - start[1]) < _BAND / 2
        ]
        low, high = sorted((start[0], end[0]))
        others = [one for key, one in self._lines.items() if key != lead.id and one.left <= high and low <= one.right]

        def price(choice: tuple[float, _Stroke]) -> float:
            apart, stroke = choice
            through = self._nodes_under(stroke, lead) * _THROUGH_A_NODE
            return apart + through + sum(_clash(stroke, other) for other in others)

        return min(choices, key=price)[1]

    def _nodes_under(self, stroke: _Stroke, lead: Lead) -> int:
        count = 0
        for (x1, y1), (x2, y2) in stroke.pieces:
            if y1 == y2 and y1 == int(y1):
                low, high = sorted((x1, x2))
                columns = range(int(low) if low == int(low) else int(low) + 1, int(high) + 1)
                count += sum(self._cells.get((x, int(y1))) not in (None, lead.source, lead.target) for x in columns)
            elif x1 == x2 and x1 == int(x1):
                low, high = sorted((y1, y2))
                count += sum(
                    low <= y <= high and node not in (lead.source, lead.target)
                    for y, node in self._columns[int(x1)].items()
                )
        return count

    def _leads_of(self, run: Sequence[str]) -> list[Lead]:
        return list({lead.id: lead for node in run for lead in self._touching[node]}.values())

    def _y(self, node: str) -> int:
        return self._spot[node].band * _BAND + self.row[node]


def _clash(mine: _Stroke, other: _Stroke) -> float:
    if mine.right < other.left or other.right < mine.left:
        return 0.0
    cost = 0.0
    for first in mine.pieces:
        for second in other.pieces:
            if cross(first, second):
                cost += _CROSSING
            elif run_together(first, second) and first[0] != second[0] and first[1] != second[1]:
                cost += _TOGETHER
    return cost


def _passes(stroke: _Stroke, column: int, y: int) -> bool:
    return stroke.left <= column <= stroke.right and any(
        min(x1, x2) <= column <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2) for (x1, y1), (x2, y2) in stroke.pieces
    )
