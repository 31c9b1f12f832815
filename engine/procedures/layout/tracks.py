"""From ways on the lattice to pixels: every line gets a track of its own, gaps grow with the tracks in them."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from engine.procedures.layout.geometry import Point, meetings
from engine.procedures.layout.routing import Vertex

_SPACING: Final = 12.0
_CLOSE: Final = 6.0
_TIGHT: Final = 2.0
#: Pixels a line keeps from the middle of a boundary event.
_EVENT_REACH: Final = 24.0
#: How far from the middle of a free cell a passing line may run.
_CELL_REACH: Final = 30.0
_ROUNDS: Final = 3
#: Lines up to which crossings are counted one by one, and how often a line is then tried elsewhere.
_MANY_WAYS: Final = 120
_TRIES: Final = 80
#: Crossings that one would rather have than two lines on one.
_TOGETHER: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """An upright or level lattice line: a gap of at least *size*, or a centre with room *before* and *after* it."""

    gap: bool
    size: float = 0.0
    before: float = 0.0
    after: float = 0.0
    lead: float = 0.0  #: pixels at the start of a gap that tracks keep free, for labels
    spacing: float = _SPACING


@dataclass(frozen=True, slots=True)
class Port:
    """Where a line may touch a node: *reach* is half the side's length, *blocked* stretches of it are taken.

    Up to *depth* pixels from the node's middle the line is hidden by the node; *pointed* is the tip of a diamond.
    """

    reach: float
    blocked: tuple[float, ...] = ()
    fixed: float | None = None
    depth: float = 0.0
    pointed: bool = False

    def hidden(self, offset: float) -> float:
        return self.depth - abs(offset) if self.pointed else self.depth


@dataclass(frozen=True, slots=True)
class Way:
    """A routed line: its corners on the lattice and the ports at its ends; None where it ends at a pool's border."""

    id: str
    corners: tuple[Vertex, ...]
    leaves: Port | None
    enters: Port | None


@dataclass(eq=False, slots=True)
class _Run:
    """One straight part of a way. *low* and *high* are lattice indices along it, *at* its pixel position across."""

    way: Way
    index: int
    level: bool
    line: int
    low: int
    high: int
    ports: tuple[Port, ...]
    port_at: tuple[int, ...]  #: lattice indices of those ends that touch a node
    start: int
    stop: int
    before: _Run | None = None
    after: _Run | None = None
    turns: list[tuple[_Run, int]] = field(default_factory=list)  #: neighbours and whether they go to lower or higher
    offset: float = 0.0
    track: int = 0


@dataclass(frozen=True, slots=True)
class Tracks:
    """Pixel positions. *x* and *y* give for each lattice line its centre, or for gaps its start and end."""

    x: tuple[tuple[float, float], ...]
    y: tuple[tuple[float, float], ...]
    points: Mapping[str, list[Point]]


def lay_tracks(ways: Sequence[Way], x_lines: Sequence[Line], y_lines: Sequence[Line]) -> Tracks:
    """Every way as points, first and last ones in the middle of their nodes' cells plus the port's offset."""
    runs = {way.id: _runs(way) for way in ways}
    by_line: dict[bool, defaultdict[int, list[_Run]]] = {True: defaultdict(list), False: defaultdict(list)}
    for way in ways:
        for run in runs[way.id]:
            by_line[run.level][run.line].append(run)
    lines = {True: y_lines, False: x_lines}
    for level, on_lines in by_line.items():
        for index, group in on_lines.items():
            if lines[level][index].gap:
                group.sort(key=lambda run: sum(direction for _, direction in run.turns))
                _pack(group)
            else:
                _centre(group)
    for _ in range(_ROUNDS):
        for level in (False, True):
            place = _Place(by_line, lines)
            for index, group in by_line[level].items():
                if lines[level][index].gap:
                    _untangle(group, place)
                    _pack(group)
                else:
                    _spread(group, place)
    if len(ways) <= _MANY_WAYS:
        knots = _Knots(runs, by_line, lines)
        knots.untie()
        knots.loosen()
    place = _Place(by_line, lines)
    points = {way.id: _points(runs[way.id], place) for way in ways}
    return Tracks(tuple(place.spans[False]), tuple(place.spans[True]), points)


def _runs(way: Way) -> list[_Run]:
    runs: list[_Run] = []
    last = len(way.corners) - 2
    for index, (first, second) in enumerate(zip(way.corners, way.corners[1:], strict=False)):
        level = first[1] == second[1]
        along = 0 if level else 1
        ports = [(way.leaves, first[along])] if index == 0 and way.leaves else []
        ports += [(way.enters, second[along])] if index == last and way.enters else []
        low, high = sorted((first[along], second[along]))
        runs.append(
            _Run(way, index, level, first[1 - along], low, high,
                 tuple(port for port, _ in ports if port), tuple(at for _, at in ports), first[along], second[along])
        )  # fmt: skip
    for before, after in itertools.pairwise(runs):
        corner = way.corners[after.index]
        before.after, after.before = after, before
        before.turns.append((after, 1 if way.corners[after.index + 1] > corner else -1))
        after.turns.append((before, 1 if way.corners[before.index] > corner else -1))
    return runs


def _meet(one: _Run, other: _Run) -> bool:
    """Whether the two would touch on the same track. Ending at the same node from opposite sides is no touching."""
    if one.high < other.low or other.high < one.low:
        return False
    if one.high == other.low or other.high == one.low:
        at = one.high if one.high == other.low else one.low
        return not (at in one.port_at and at in other.port_at)
    return True


def _run_beside(one: _Run, other: _Run) -> bool:
    """Whether the two share more than a point of their lattice line."""
    return min(one.high, other.high) > max(one.low, other.low)


def _touch(one: _Run, other: _Run, place: _Place) -> bool:
    """Whether the two come close along their line, in pixels; ending at a node from opposite sides is not close."""
    if _run_beside(one, other):
        return True
    low, high = place.ends(one)
    other_low, other_high = place.ends(other)
    return _meet(one, other) and min(high, other_high) - max(low, other_low) > -_CLOSE


def _pack(group: Sequence[_Run]) -> None:
    """Give each run of a gap the first track behind those before it that it would touch."""
    for at, run in enumerate(group):
        run.track = max((other.track + 1 for other in group[:at] if _meet(run, other)), default=0)


def _centre(group: Sequence[_Run]) -> None:
    """Give each run on a row or column its distance from the middle; straight ones between two nodes keep it."""
    placed: list[_Run] = []
    for run in sorted(group, key=lambda one: (-_fixed(one), -len(one.ports), bool(one.turns and len(one.turns) > 1))):
        near = [other.offset for other in placed if _run_beside(run, other)]
        run.offset = _free_offset(run, near)
        placed.append(run)


def _spread(group: Sequence[_Run], place: _Place) -> None:
    """Move bending runs of a row or column to the free offset where they cross fewest of those they would touch."""
    for run in group:
        if _fixed(run) or not run.turns:
            continue
        near = [other for other in group if other is not run and _touch(run, other, place)]
        if not near:
            continue

        def crossings(offset: float, run: _Run = run, near: Sequence[_Run] = near) -> int:
            return sum(
                _crossings(run, other, place) if offset < other.offset else _crossings(other, run, place)
                for other in near
            )

        free = list(_offsets(run, [other.offset for other in near])) or [run.offset]
        best = min(free, key=crossings)
        taken = any(abs(run.offset - other.offset) < _TIGHT for other in near)
        if taken or crossings(best) < crossings(run.offset):
            run.offset = best


def _fixed(run: _Run) -> bool:
    return any(port.fixed is not None for port in run.ports)


def _free_offset(run: _Run, near: Sequence[float]) -> float:
    return next(_offsets(run, near), 0.0)


def _offsets(run: _Run, near: Sequence[float]) -> Iterator[float]:
    """Distances from the middle that keep clear of those in *near* and of what sits on the node, best ones first."""
    fixed = next((port.fixed for port in run.ports if port.fixed is not None), None)
    if fixed is not None:
        yield fixed
        return
    sign = 1 if sum(direction for _, direction in run.turns) >= 0 else -1
    reach = min((port.reach for port in run.ports), default=_CELL_REACH)
    blocked = [stretch for port in run.ports for stretch in port.blocked]
    for spacing in (_SPACING, _CLOSE, _TIGHT):
        steps = [0.0] + [k * spacing * way for k in range(1, int(reach / spacing) + 1) for way in (sign, -sign)]
        found = [
            step
            for step in steps
            if all(abs(step - other) >= spacing for other in near)
            and all(abs(step - one) >= _EVENT_REACH for one in blocked)
        ]
        yield from found
        if found and spacing is not _SPACING:
            return


class _Place:
    """Pixels for the tracks as they are now."""

    def __init__(
        self, by_line: Mapping[bool, Mapping[int, Sequence[_Run]]], lines: Mapping[bool, Sequence[Line]]
    ) -> None:
        self.spans: dict[bool, list[tuple[float, float]]] = {}
        self._at: dict[_Run, float] = {}
        for level, all_lines in lines.items():
            here = 0.0
            spans: list[tuple[float, float]] = []
            for index, line in enumerate(all_lines):
                group = by_line[level].get(index, ())
                if line.gap:
                    tracks = max((run.track + 1 for run in group), default=0)
                    size = max(line.size, (tracks + 1) * line.spacing)
                    for run in group:
                        self._at[run] = round(here + line.lead + size * (run.track + 1) / (tracks + 1))
                    spans.append((here, here + line.lead + size))
                    here += line.lead + size
                else:
                    middle = here + line.before
                    for run in group:
                        self._at[run] = middle + run.offset
                    spans.append((middle, middle))
                    here = middle + line.after
            self.spans[level] = spans

    def at(self, run: _Run) -> float:
        return self._at[run]

    def ends(self, run: _Run) -> tuple[float, float]:
        """Pixels where *run* begins and ends, in ascending order."""
        low, high = sorted((self.begin(run), self.finish(run)))
        return low, high

    def begin(self, run: _Run) -> float:
        return self.at(run.before) if run.before else self._middle(run, run.start)

    def finish(self, run: _Run) -> float:
        return self.at(run.after) if run.after else self._middle(run, run.stop)

    def _middle(self, run: _Run, lattice: int) -> float:
        low, high = self.spans[not run.level][lattice]
        return (low + high) / 2


def _untangle(group: list[_Run], place: _Place) -> None:
    """Order the runs of a gap so that neighbours swap places while that saves crossings."""
    for _ in range(len(group)):
        swapped = False
        for at in range(len(group) - 1):
            one, other = group[at], group[at + 1]
            if _crossings(other, one, place) < _crossings(one, other, place):
                group[at], group[at + 1] = other, one
                swapped = True
        if not swapped:
            return


def _crossings(first: _Run, second: _Run, place: _Place) -> int:
    """How often the two cross when *first* lies on the lower track."""
    low, high = place.ends(second)
    count = sum(low <= place.at(turn) <= high for turn, direction in first.turns if direction > 0)
    low, high = place.ends(first)
    return count + sum(low <= place.at(turn) <= high for turn, direction in second.turns if direction < 0)


def _points(runs: Sequence[_Run], place: _Place) -> list[Point]:
    points = [_point(runs[0], place.begin(runs[0]), place)]
    return points + [_point(run, place.finish(run), place) for run in runs]


def _point(run: _Run, along: float, place: _Place) -> Point:
    return (along, place.at(run)) if run.level else (place.at(run), along)


class _Knots:
    """Lines that cross, and other tracks and offsets for them: what saves a crossing on paper is kept."""

    def __init__(
        self,
        runs: Mapping[str, Sequence[_Run]],
        by_line: Mapping[bool, Mapping[int, list[_Run]]],
        lines: Mapping[bool, Sequence[Line]],
    ) -> None:
        self._runs, self._by_line, self._lines = runs, by_line, lines

    def untie(self) -> None:
        crossed, met = self._crossings()
        tries = 0
        while met:
            for change in self._changes(met):
                tries += 1
                undo = change()
                fewer, now = self._crossings()
                if fewer < crossed:
                    crossed, met = fewer, now
                    break
                undo()
                if tries >= _TRIES:
                    return
            else:
                return

    def loosen(self) -> None:
        """Lines that were pressed together to save a crossing go apart as far as that does not bring it back."""
        crossed, _ = self._crossings()
        for group in (group for some in self._by_line.values() for group in some.values()):
            for run in group:
                near = [one.offset for one in group if one is not run and _run_beside(run, one)]
                if _fixed(run) or not run.ports or _room(run.offset, near) >= _SPACING:
                    continue
                for offset in _offsets(run, near):
                    if _room(offset, near) <= _room(run.offset, near):
                        continue
                    undo = _shifted(run, offset)
                    if self._crossings()[0] <= crossed:
                        break
                    undo()

    def _crossings(self) -> tuple[int, list[tuple[str, str]]]:
        """How many there are, lines that share a stretch counted as many, and the ways they are between."""
        place = _Place(self._by_line, self._lines)
        count = 0
        met: dict[tuple[str, str], None] = {}
        for one, other, together in meetings((key, _seen(runs, place)) for key, runs in self._runs.items()):
            count += _TOGETHER if together else 1
            met[one, other] = None
        return count, list(met)

    def _changes(self, met: Sequence[tuple[str, str]]) -> Iterator[_Change]:
        for one, other in met:
            swaps = list(self._swaps(self._runs[one], self._runs[other]))
            yield from swaps
            yield from (partial(_both, *two) for two in itertools.combinations(swaps, 2))
        for key in dict.fromkeys(key for pair in met for key in pair):
            for run in self._runs[key]:
                group = self._by_line[run.level][run.line]
                if self._lines[run.level][run.line].gap:
                    here = group.index(run)
                    yield from (partial(_reordered, group, run, at) for at in range(len(group)) if at != here)
                elif not _fixed(run):
                    near = [one for one in group if one is not run and _run_beside(run, one)]
                    yield from (partial(_swapped, run, one) for one in near if not _fixed(one))
                    yield from (partial(_shifted, run, to) for to in _offsets(run, [one.offset for one in near]))

    def _swaps(self, mine: Sequence[_Run], theirs: Sequence[_Run]) -> Iterator[_Change]:
        """Where the two ways run beside each other: in each other's place."""
        for one, other in itertools.product(mine, theirs):
            if (one.level, one.line) != (other.level, other.line) or not _run_beside(one, other):
                continue
            group = self._by_line[one.level][one.line]
            if self._lines[one.level][one.line].gap:
                yield partial(_exchanged, group, one, other)
            elif not _fixed(one) and not _fixed(other):
                yield partial(_swapped, one, other)


#: Something done to tracks or offsets; gives what takes it back.
_Change = Callable[[], Callable[[], None]]


def _both(first: _Change, second: _Change) -> Callable[[], None]:
    undo_first, undo_second = first(), second()

    def undo() -> None:
        undo_second()
        undo_first()

    return undo


def _exchanged(group: list[_Run], one: _Run, other: _Run) -> Callable[[], None]:
    def undo() -> None:
        here, there = group.index(one), group.index(other)
        group[here], group[there] = other, one
        _pack(group)

    undo()
    return undo


def _room(offset: float, near: Sequence[float]) -> float:
    return min((abs(offset - one) for one in near), default=_SPACING)


def _reordered(group: list[_Run], run: _Run, at: int) -> Callable[[], None]:
    before = list(group)

    def undo() -> None:
        group[:] = before
        _pack(group)

    group.remove(run)
    group.insert(at, run)
    _pack(group)
    return undo


def _shifted(run: _Run, offset: float) -> Callable[[], None]:
    before = run.offset

    def undo() -> None:
        run.offset = before

    run.offset = offset
    return undo


def _swapped(run: _Run, other: _Run) -> Callable[[], None]:
    def undo() -> None:
        run.offset, other.offset = other.offset, run.offset

    undo()
    return undo


def _seen(runs: Sequence[_Run], place: _Place) -> list[Point]:
    """The points of a way without what its nodes hide."""
    points = _points(runs, place)
    first, last = runs[0], runs[-1]
    if first.way.leaves:
        points[0] = _toward(points[0], points[1], first.way.leaves.hidden(first.offset))
    if last.way.enters:
        points[-1] = _toward(points[-1], points[-2], last.way.enters.hidden(last.offset))
    return points


def _toward(point: Point, goal: Point, by: float) -> Point:
    (x, y), (u, v) = point, goal
    return (x + (by if u > x else -by), y) if y == v else (x, y + (by if v > y else -by))
