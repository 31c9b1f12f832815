"""Draws one sheet: columns, rows, ways, tracks, then frames around it all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Final

from engine.procedures.layout.geometry import Box, Point, pieces
from engine.procedures.layout.labels import flow_label, flow_label_height, flow_label_width
from engine.procedures.layout.layers import Arc, back_arcs, columns
from engine.procedures.layout.model import Kind, Lane, Link, LinkKind, Node, Pool, Sheet
from engine.procedures.layout.routing import Lattice, Side, Trip, Vertex, corners, route_all
from engine.procedures.layout.rows import Lead, Spot, place_in_rows
from engine.procedures.layout.tracks import Line, Port, Way, lay_tracks
from engine.procedures.layout.words import wrapped

HEADER: Final = 30.0
_BETWEEN_COLUMNS: Final = 50.0
_BETWEEN_ROWS: Final = 30.0
_EDGE_OF_LANE: Final = 20.0
_CLOSED_POOL: Final = 60.0
_BETWEEN_POOLS: Final = 30.0
_LABEL_WIDTH: Final = 110.0
_BOUNDARY_LABEL: Final = 76.0
_BOUNDARY_STEP: Final = 50.0
#: Events on one side of a host that need no special room, and the distance of their middles when there are more.
_EVENTS_AT_EASE: Final = 2
_BOUNDARY_STEP_NARROW: Final = 70.0
_FRAME_TOP: Final = 26.0
#: Keeps what is inside a frame clear of events on its border.
_FRAME_BOTTOM: Final = 16.0
_NOTE_GAP: Final = 20.0
_LABELLED_TRACK: Final = 24.0
_STRIP_WIDTH: Final = 900.0


@dataclass(slots=True)
class Drawing:
    """Boxes by element id, labels by element id, points by link id; (0, 0) is the upper left corner."""

    shapes: dict[str, Box] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0

    def add(self, other: Drawing, dx: float, dy: float) -> None:
        self.shapes |= {key: box.moved(dx, dy) for key, box in other.shapes.items()}
        self.labels |= {key: box.moved(dx, dy) for key, box in other.labels.items()}
        self.lines |= {key: [(x + dx, y + dy) for x, y in points] for key, points in other.lines.items()}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided otherwise than the rules of thumb do: the search for a better drawing tries such plans."""

    leaves: Mapping[str, Side] = field(default_factory=dict)  #: by link, the side of the node where it begins
    enters: Mapping[str, Side] = field(default_factory=dict)  #: by link, the side of the node where it ends
    events: Mapping[str, Side] = field(default_factory=dict)  #: by boundary event, the border it sits on
    rows: tuple[tuple[str, float], ...] = ()  #: nodes whose runs are moved to another row, one after the other
    later: Mapping[str, int] = field(default_factory=dict)  #: by node, columns further right than it must stand
    first: tuple[str, ...] = ()  #: links that choose their way before all others


@dataclass(slots=True)
class _Band:
    """A leaf lane, or a pool or surface without lanes: a strip over the full width that owns rows."""

    pool: int
    lane: str | None
    closed: bool
    rows: int = 1
    first_line: int = 0

    @property
    def last_line(self) -> int:
        return self.first_line + (0 if self.closed else 2 * self.rows)


class Draughtsman:
    """One drawing of a sheet by a plan. *insides* are the drawings of its frames by the frame's id."""

    def __init__(self, sheet: Sheet, insides: Mapping[str, Drawing], plan: Plan) -> None:
        self._sheet, self._plan = sheet, plan
        self._node: dict[str, Node] = {node.id: node for node in sheet.nodes()}
        self._insides = insides
        self._size: dict[str, tuple[float, float]] = {}
        self._result = Drawing()
        self._links = list(sheet.links)

    def draw(self) -> Drawing:
        self._measure()
        self._sort_out()
        self._make_bands()
        self._place()
        self._route()
        self._measure_cells()
        self._lay()
        self._put_shapes()
        self._put_lines()
        self._put_frames()
        self._put_flow_labels()
        return self._result

    # -- what there is

    def _measure(self) -> None:
        for node in self._node.values():
            inside = self._insides.get(node.id)
            if inside is not None:
                self._size[node.id] = (max(160.0, inside.width), max(120.0, inside.height + _FRAME_TOP + _FRAME_BOTTOM))
            else:
                self._size[node.id] = (node.width, node.height)

    def _sort_out(self) -> None:
        """Who stands on the grid, who accompanies a node, who stands apart."""
        self._boundary: defaultdict[str, list[str]] = defaultdict(list)
        for node in self._node.values():
            if node.host:
                self._boundary[node.host].append(node.id)
        for host, events in self._boundary.items():
            if len(events) > _EVENTS_AT_EASE:
                width, height = self._size[host]
                self._size[host] = (max(width, len(events) * _BOUNDARY_STEP_NARROW), height)
        ends: defaultdict[str, list[Link]] = defaultdict(list)
        for link in self._links:
            ends[link.source].append(link)
            ends[link.target].append(link)
        self._guests: defaultdict[str, list[str]] = defaultdict(list)
        self._guest_links: list[Link] = []
        for node in self._node.values():
            if node.kind in (Kind.NOTE, Kind.DATA) and len(ends[node.id]) == 1:
                link = ends[node.id][0]
                other = link.target if link.source == node.id else link.source
                if other in self._node and self._node[other].kind not in (Kind.NOTE, Kind.DATA):
                    self._guests[self._node[other].host or other].append(node.id)
                    self._guest_links.append(link)
        guests = {guest for some in self._guests.values() for guest in some}
        linked = {
            self._node[end].host or end
            for link in self._links
            for end in (link.source, link.target)
            if end in self._node
        }
        linked |= set(self._guests)
        self._grid = [
            node for node in self._node.values() if node.kind is not Kind.BOUNDARY and node.id not in guests
            and (node.id in linked or node.id in self._boundary)
        ]  # fmt: skip
        on_grid = {node.id for node in self._grid}
        self._apart = [
            node for node in self._node.values()
            if node.id not in on_grid and node.id not in guests and node.kind is not Kind.BOUNDARY
        ]  # fmt: skip
        taken = {link.id for link in self._guest_links}
        self._routed = [link for link in self._links if link.id not in taken]

    def _make_bands(self) -> None:
        self._bands: list[_Band] = []
        self._band_of: dict[str, int] = {}
        self._pool_of: dict[str, int] = {pool.id: at for at, pool in enumerate(self._sheet.pools) if pool.id}
        for at, pool in enumerate(self._sheet.pools):
            leaves = [leaf for lane in pool.lanes for leaf in lane.leaves()]
            first = len(self._bands)
            self._bands += [_Band(at, leaf.id, closed=False) for leaf in leaves] or [
                _Band(at, None, closed=pool.closed)
            ]
            listed = {node: first + k for k, leaf in enumerate(leaves) for node in leaf.nodes}
            for lane in pool.lanes:
                self._claim_for_first_leaf(lane, listed, leaves, first)
            for node in pool.nodes:
                if node.id in listed:
                    self._band_of[node.id] = listed[node.id]
            self._settle_unlisted(pool, first)

    def _claim_for_first_leaf(self, lane: Lane, listed: dict[str, int], leaves: Sequence[Lane], first: int) -> None:
        own = next(lane.leaves())
        for node in lane.nodes:
            listed.setdefault(node, first + leaves.index(own))
        for inner in lane.lanes:
            self._claim_for_first_leaf(inner, listed, leaves, first)

    def _settle_unlisted(self, pool: Pool, first: int) -> None:
        """Nodes that no lane lists stand with what they are linked to, else in the first lane."""
        waiting = [node.id for node in pool.nodes if node.id not in self._band_of]
        mine = {node.id for node in pool.nodes}
        for key in waiting:
            if (host := self._node[key].host) and host in self._band_of:
                self._band_of[key] = self._band_of[host]
        for _ in range(2):
            for link in self._links:
                for one, other in ((link.source, link.target), (link.target, link.source)):
                    if one in mine and one not in self._band_of and other in mine and other in self._band_of:
                        self._band_of[one] = self._band_of[other]
        for key in waiting:
            self._band_of.setdefault(key, first)

    # -- columns and rows

    def _place(self) -> None:
        ids = [node.id for node in self._grid]
        arcs = [
            Arc(link.id, self._host(link.source), self._host(link.target))
            for link in self._routed
            if link.kind is LinkKind.SEQUENCE and link.source in self._node and link.target in self._node
        ]
        self._back = back_arcs(ids, arcs)
        forward = [arc for arc in arcs if arc.id not in self._back]
        weak = self._weak_arcs(forward)
        lengths = {arc.id: 0 for arc in weak}
        lengths |= {
            arc.id: lengths.get(arc.id, 1) + self._plan.later[arc.target]
            for arc in forward + weak
            if arc.target in self._plan.later
        }
        self._column = columns(ids, forward + weak, lengths)
        low = min(self._column.values(), default=0)
        self._column = {key: column - low for key, column in self._column.items()}
        spots = [Spot(node.id, node.kind, self._band_of[node.id], self._column[node.id]) for node in self._grid]
        leads = [
            Lead(link.id, self._host(link.source), self._host(link.target), back=link.id in self._back,
                 falls=self._node[link.source].kind is Kind.BOUNDARY)
            for link in self._routed if link.source in self._node and link.target in self._node
        ]  # fmt: skip
        leads = [
            lead
            if self._column[lead.source] <= self._column[lead.target] or lead.back
            else Lead(lead.id, lead.target, lead.source, back=False, falls=False)
            for lead in leads
        ]
        placed = place_in_rows(spots, leads)
        for node, row in self._plan.rows:
            placed = placed.moved(node, row)
        self.placed, self._row = placed, placed.row
        for one in self._grid:
            band = self._bands[self._band_of[one.id]]
            band.rows = max(band.rows, self._row[one.id] + 1)
        line = 0
        for band in self._bands:
            band.first_line = line
            line = band.last_line + 1

    def _weak_arcs(self, forward: Sequence[Arc]) -> list[Arc]:
        """Messages and dotted lines order columns too, as far as they agree with the flow."""
        following: defaultdict[str, list[str]] = defaultdict(list)
        for arc in forward:
            following[arc.source].append(arc.target)
        found: list[Arc] = []
        for link in self._routed:
            if link.kind is LinkKind.SEQUENCE or link.source not in self._node or link.target not in self._node:
                continue
            arc = Arc(link.id, self._host(link.source), self._host(link.target))
            if arc.source != arc.target and not _reaches(arc.target, arc.source, following):
                found.append(arc)
                following[arc.source].append(arc.target)
        return found

    def _host(self, key: str) -> str:
        return self._node[key].host or key

    def other_rows(self, node: str) -> list[float]:
        """Rows the run of *node* could move to, new ones between and beyond the others included."""
        if not any(node in run for run in self.placed.runs):
            return []
        rows = self._bands[self._band_of[node]].rows
        here = self._row[node]
        return sorted((k / 2 for k in range(-1, 2 * rows) if k != 2 * here), key=lambda row: (abs(row - here), row))

    # -- ways

    def _vertex(self, key: str) -> Vertex:
        band = self._bands[self._band_of[key]]
        return 2 * self._column[key] + 1, band.first_line + 2 * self._row[key] + 1

    def _route(self) -> None:
        self._width = 2 * (max(self._column.values(), default=0) + 1) + 1
        height = self._bands[-1].last_line + 1
        rows = frozenset(
            band.first_line + 2 * row + 1 for band in self._bands if not band.closed for row in range(band.rows)
        )
        closed = frozenset(band.first_line for band in self._bands if band.closed)
        occupied = {self._vertex(node.id) for node in self._grid}
        lattice = Lattice(self._width, height, occupied, rows, closed)
        self._out: defaultdict[str, int] = defaultdict(int)
        self._in: defaultdict[str, int] = defaultdict(int)
        for link in self._routed:
            if link.kind is LinkKind.SEQUENCE:
                self._out[link.source] += 1
                self._in[link.target] += 1
        self._event_side = {
            event: self._side_of_boundary(event) for events in self._boundary.values() for event in events
        }
        trips = [self._trip(link) for link in sorted(self._routed, key=self._urgency)]
        self._ways = route_all(lattice, trips)

    def _urgency(self, link: Link) -> tuple[int, int]:
        """Straight and short lines choose first, loops and messages last."""
        if link.id in self._plan.first:
            return -1, self._plan.first.index(link.id)
        if link.source not in self._node or link.target not in self._node:
            return 3, 0
        (x1, y1), (x2, y2) = self._vertex(self._host(link.source)), self._vertex(self._host(link.target))
        if link.kind is not LinkKind.SEQUENCE:
            return 3, abs(x1 - x2) + abs(y1 - y2)
        if link.id in self._back:
            return 2, abs(x1 - x2) + abs(y1 - y2)
        return (0 if y1 == y2 else 1), abs(x1 - x2) + abs(y1 - y2)

    def _side_of_boundary(self, event: str) -> Side:
        """The upper border when all lines of the event lead up, else the lower one."""
        if event in self._plan.events:
            return self._plan.events[event]
        host = self._node[event].host or event
        y = self._vertex(host)[1]
        targets = [
            self._vertex(self._host(link.target))[1]
            for link in self._routed
            if link.source == event and link.target in self._node
        ]
        return Side.TOP if targets and all(one < y for one in targets) else Side.BOTTOM

    def _trip(self, link: Link) -> Trip:
        return Trip(
            link.id, link.source, link.target, self._starts(link), self._ends(link),
            pointed_source=self._is_pointed(link.source), pointed_target=self._is_pointed(link.target),
        )  # fmt: skip

    def _is_pointed(self, key: str) -> bool:
        return key in self._node and self._node[key].kind in (Kind.GATEWAY, Kind.EVENT)

    def _starts(self, link: Link) -> dict[Vertex, dict[Side, int]]:
        if link.source not in self._node:
            return self._pool_ends(link.source)
        node = self._node[link.source]
        if node.kind is Kind.BOUNDARY:
            return {self._vertex(self._host(node.id)): {self._event_side[node.id]: 0}}
        sides = self._without_guests(node.id, self._leaving(link, node))
        return {self._vertex(node.id): _only(sides, self._plan.leaves.get(link.id))}

    def _ends(self, link: Link) -> dict[Vertex, dict[Side, int]]:
        if link.target not in self._node:
            return self._pool_ends(link.target)
        node = self._node[link.target]
        if node.kind is Kind.BOUNDARY:
            return {self._vertex(self._host(node.id)): {self._event_side[node.id]: 0}}
        sides = self._without_guests(node.id, self._entering(link, node))
        return {self._vertex(node.id): _only(sides, self._plan.enters.get(link.id))}

    def _leaving(self, link: Link, node: Node) -> dict[Side, int]:
        if link.kind is not LinkKind.SEQUENCE:
            return {Side.BOTTOM: 0, Side.TOP: 0, Side.RIGHT: 240, Side.LEFT: 240}
        if link.id in self._back:
            return {Side.BOTTOM: 0, Side.TOP: 15, Side.RIGHT: 60, Side.LEFT: 90}
        if node.kind is Kind.GATEWAY and self._out[node.id] > 1:
            return {Side.RIGHT: 0, Side.BOTTOM: 10, Side.TOP: 16}
        return {Side.RIGHT: 0, Side.BOTTOM: 120, Side.TOP: 130}

    def _entering(self, link: Link, node: Node) -> dict[Side, int]:
        if link.kind is not LinkKind.SEQUENCE:
            return {Side.TOP: 0, Side.BOTTOM: 0, Side.LEFT: 240, Side.RIGHT: 240}
        if link.id in self._back:
            return {Side.BOTTOM: 0, Side.TOP: 15, Side.LEFT: 90}
        if node.kind is Kind.GATEWAY and self._in[node.id] > 1:
            return {Side.LEFT: 0, Side.TOP: 12, Side.BOTTOM: 10}
        if node.kind is Kind.EVENT and self._in[node.id] > 1:
            return {Side.LEFT: 0, Side.TOP: 40, Side.BOTTOM: 60}
        return {Side.LEFT: 0, Side.TOP: 110, Side.BOTTOM: 110}

    def _without_guests(self, key: str, sides: dict[Side, int]) -> dict[Side, int]:
        """Notes and data stand above their node, so lines keep away from its upper side."""
        if not self._guests[key]:
            return sides
        return {side: price for side, price in sides.items() if side is not Side.TOP}

    def _pool_ends(self, pool: str) -> dict[Vertex, dict[Side, int]]:
        mine = [band for band in self._bands if band.pool == self._pool_of[pool]]
        found: dict[Vertex, dict[Side, int]] = {}
        for x in range(self._width):
            found.setdefault((x, mine[0].first_line), {})[Side.TOP] = 0
            found.setdefault((x, mine[-1].last_line), {})[Side.BOTTOM] = 0
        return found

    # -- room

    def _measure_cells(self) -> None:
        """How far every node with its labels and guests reaches from its middle, and on which side its name stands."""
        self._sides: defaultdict[str, list[Side]] = defaultdict(list)
        for link in self._routed:
            way = self._ways[link.id]
            if link.source in self._node:
                self._sides[link.source].append(_side(way[0], way[1]))
            if link.target in self._node:
                self._sides[link.target].append(_side(way[-1], way[-2]))
        self._local: dict[str, tuple[dict[str, Box], dict[str, Box]]] = {}
        self._reach: dict[str, tuple[float, float, float, float]] = {}
        for node in self._grid:
            shapes, labels = self._cell(node)
            self._local[node.id] = (shapes, labels)
            boxes = [*shapes.values(), *labels.values()]
            above, below = self._room_for_names(node.id)
            self._reach[node.id] = (
                max(-box.x for box in boxes), max(box.right for box in boxes),
                max([above, *(-box.y for box in boxes)]), max([below, *(box.bottom for box in boxes)]),
            )  # fmt: skip

    def _room_for_names(self, key: str) -> tuple[float, float]:
        """Pixels above and below the middle where the names of lines that leave upright find room in the lane."""
        half = self._size[key][1] / 2
        room = {Side.TOP: 0.0, Side.BOTTOM: 0.0}
        for link in self._routed:
            side = _side(*self._ways[link.id][:2])
            if link.name and link.source == key and side in room:
                room[side] = max(room[side], half + flow_label_height(link.name) + 12)
        return room[Side.TOP], room[Side.BOTTOM]

    def _cell(self, node: Node) -> tuple[dict[str, Box], dict[str, Box]]:
        """Boxes of a node, its boundary events, guests and their labels, around (0, 0)."""
        width, height = self._size[node.id]
        shapes = {node.id: Box(-width / 2, -height / 2, width, height)}
        labels: dict[str, Box] = {}
        if node.name and node.kind in (Kind.EVENT, Kind.GATEWAY, Kind.DATA):
            labels[node.id] = self._node_label(node, width, height)
        for event, offset in self._boundary_offsets(node.id).items():
            below = self._event_side[event] is Side.BOTTOM
            y = height / 2 if below else -height / 2
            shapes[event] = Box(offset - 18, y - 18, 36, 36)
            if self._node[event].name:
                labels[event] = self._boundary_label(node.id, event, offset, y)
        self._seat_guests(node.id, shapes, labels)
        return shapes, labels

    def _node_label(self, node: Node, width: float, height: float) -> Box:
        wide, high = wrapped(node.name, _LABEL_WIDTH)
        used = self._sides[node.id]
        above = Box(-wide / 2, -height / 2 - high - 4, wide, high)
        below = Box(-wide / 2, height / 2 + 5, wide, high)
        lower = 4 if node.kind is Kind.GATEWAY else -3
        clear = 8 if used.count(Side.TOP) == 1 else 24
        beside = Box(-wide - clear, -height / 2 - high + lower, wide, high)
        first, second = (Side.TOP, Side.BOTTOM) if node.kind is Kind.GATEWAY else (Side.BOTTOM, Side.TOP)
        boxes = {Side.TOP: above, Side.BOTTOM: below}
        if self._guests[node.id] and node.kind is Kind.GATEWAY:
            first, second = Side.BOTTOM, Side.BOTTOM
        if first not in used:
            return boxes[first]
        if second not in used and not self._guests[node.id]:
            return boxes[second]
        free = next((side for side in (Side.LEFT, Side.RIGHT) if side not in used), None)
        if node.kind is Kind.DATA and free is not None:
            return Box(-width / 2 - 5 - wide if free is Side.LEFT else width / 2 + 5, -high / 2, wide, high)
        return beside

    def _boundary_offsets(self, host: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for side in (Side.BOTTOM, Side.TOP):
            events = [event for event in self._boundary.get(host, ()) if self._event_side[event] is side]
            step = _BOUNDARY_STEP if len(events) <= _EVENTS_AT_EASE else _BOUNDARY_STEP_NARROW
            alone = self._size[host][0] / 2 - (25 if host not in self._insides else 60)
            for at, event in enumerate(events):
                found[event] = alone if len(events) == 1 else round((at - (len(events) - 1) / 2) * step)
        return found

    def _boundary_label(self, host: str, event: str, offset: float, y: float) -> Box:
        events = [one for one in self._boundary[host] if self._event_side[one] is self._event_side[event]]
        below = y > 0
        if len(events) > _EVENTS_AT_EASE:
            wide, high = wrapped(self._node[event].name, 42)
            return Box(offset - 5 - wide, y + 20 if below else y - 20 - high, wide, high)
        wide, high = wrapped(self._node[event].name, _BOUNDARY_LABEL)
        left = (len(events) == 1 and self._event_side[event] not in self._sides[host]) or (
            events[0] == event and len(events) == _EVENTS_AT_EASE
        )
        x = offset - 21 - wide if left else offset + 21
        return Box(x, y + 4 if below else y - 4 - high, wide, high)

    def _seat_guests(self, host: str, shapes: dict[str, Box], labels: dict[str, Box]) -> None:
        guests = self._guests[host]
        if not guests:
            return
        top = min(box.y for box in [*shapes.values(), *labels.values()])
        wide = sum(max(self._size[guest][0], self._guest_label(guest)[0]) for guest in guests) + 12 * (len(guests) - 1)
        x = -wide / 2
        for guest in guests:
            width, height = self._size[guest]
            label_width, label_height = self._guest_label(guest)
            room = max(width, label_width)
            bottom = top - _NOTE_GAP - label_height
            shapes[guest] = Box(x + (room - width) / 2, bottom - height, width, height)
            if label_width:
                labels[guest] = Box(
                    x + (room - label_width) / 2, bottom - height - label_height - 2, label_width, label_height
                )
            x += room + 12

    def _guest_label(self, guest: str) -> tuple[float, float]:
        name = self._node[guest].name
        return wrapped(name, _LABEL_WIDTH) if name else (0.0, 0.0)

    # -- pixels

    def _lay(self) -> None:
        ways = [self._way(link) for link in self._routed]
        self._tracks = lay_tracks(ways, self._x_lines(), self._y_lines())

    def _way(self, link: Link) -> Way:
        turned = tuple(corners(self._ways[link.id]))
        return Way(link.id, turned, self._port(link, leaving=True), self._port(link, leaving=False))

    def _port(self, link: Link, *, leaving: bool) -> Port | None:
        key = link.source if leaving else link.target
        if key not in self._node:
            return None
        way = self._ways[link.id]
        side = _side(way[0], way[1]) if leaving else _side(way[-1], way[-2])
        host = self._host(key)
        offsets = self._boundary_offsets(host)
        if key in offsets:
            half = self._size[host][0 if side.level else 1] / 2
            return Port(20, fixed=offsets[key], depth=half + self._size[key][1] / 2)
        width, height = self._size[host]
        blocked = tuple(offset for event, offset in offsets.items() if self._event_side[event] is side)
        half, depth = (height / 2, width / 2) if side.level else (width / 2, height / 2)
        if self._is_pointed(host):
            return Port(half * 0.75, blocked, depth=depth, pointed=self._node[host].kind is Kind.GATEWAY)
        return Port(half - 8, blocked, depth=depth)

    def _x_lines(self) -> list[Line]:
        count = self._width // 2
        before = [30.0] * count
        after = [30.0] * count
        for node in self._grid:
            left, right, _, _ = self._reach[node.id]
            column = self._column[node.id]
            before[column], after[column] = max(before[column], left), max(after[column], right)
        lead = [0.0] * (count + 1)
        for link in self._routed:
            if link.name:
                column, needed = self._label_room(link)
                lead[column] = max(lead[column], needed - (after[column - 1] if column else 0))
        lines: list[Line] = []
        for column in range(count + 1):
            edge = column in (0, count)
            size = _EDGE_OF_LANE if edge else _BETWEEN_COLUMNS
            lines.append(Line(gap=True, size=size, lead=max(0.0, lead[column] - (0 if edge else _BETWEEN_COLUMNS / 2))))
            if column < count:
                lines.append(Line(gap=False, before=before[column], after=after[column]))
        return lines

    def _label_room(self, link: Link) -> tuple[int, float]:
        """The gap that must be wide enough for the link's name, and pixels needed right of the column before it."""
        way = self._ways[link.id]
        if link.source not in self._node:
            return 0, 0.0
        (x1, y1), (x2, y2) = way[0], way[1]
        width = flow_label_width(link.name) + 14
        if y1 == y2 and x2 > x1:
            return (x1 + 1) // 2, self._size[link.source][0] / 2 + width
        turn, after = [*corners(way), way[-1]][1:3]
        if x1 == x2 and turn[1] == after[1] and after[0] > turn[0]:
            return (x1 + 1) // 2, width
        return 0, 0.0

    def _y_lines(self) -> list[Line]:
        labelled = {line for link in self._routed if link.name for line in self._label_lines(link)}
        lines: list[Line] = []
        for at, band in enumerate(self._bands):
            if band.closed:
                lines.append(Line(gap=False, before=_CLOSED_POOL / 2, after=_CLOSED_POOL / 2))
                continue
            for row in range(band.rows):
                mine = [node for node in self._grid if self._band_of[node.id] == at and self._row[node.id] == row]
                before = max((self._reach[node.id][2] for node in mine), default=40.0)
                after = max((self._reach[node.id][3] for node in mine), default=40.0)
                lines.append(self._gap_line(len(lines), labelled, edge=row == 0))
                lines.append(Line(gap=False, before=before, after=after))
            lines.append(self._gap_line(len(lines), labelled, edge=True))
        return lines

    def _gap_line(self, index: int, labelled: set[int], *, edge: bool) -> Line:
        size = _EDGE_OF_LANE if edge else _BETWEEN_ROWS
        return Line(gap=True, size=size, spacing=_LABELLED_TRACK if index in labelled else 12.0)

    def _label_lines(self, link: Link) -> Iterator[int]:
        """Level gaps on which the name of *link* may have to stand."""
        for first, second in list(pieces(corners(self._ways[link.id])))[:2]:
            if first[1] == second[1]:
                yield int(first[1])

    def _put_shapes(self) -> None:
        self._shift_bands()
        for node in self._grid:
            x, y = self._middle(node.id)
            shapes, labels = self._local[node.id]
            self._result.shapes |= {key: _rounded(box.moved(x, y)) for key, box in shapes.items()}
            self._result.labels |= {key: _rounded(box.moved(x, y)) for key, box in labels.items()}
        for key, inside in self._insides.items():
            if key in self._result.shapes:
                self._fill_frame(key, inside)

    def _fill_frame(self, key: str, inside: Drawing) -> None:
        box = self._result.shapes[key]
        self._result.add(inside, box.x + round((box.width - inside.width) / 2), box.y + _FRAME_TOP)

    def _shift_bands(self) -> None:
        """Room for headers on the left, for nodes that stand apart below their lane, and between pools."""
        depth = max((_depth(pool) for pool in self._sheet.pools), default=0)
        self._left = depth * HEADER
        self._right = self._tracks.x[-1][1]
        self._strips: dict[int, list[tuple[Node, Box]]] = {}
        shift = 0.0
        self._shift: list[float] = []
        self._edges: list[tuple[float, float]] = []
        for at, band in enumerate(self._bands):
            if at and self._bands[at - 1].pool != band.pool:
                shift += _BETWEEN_POOLS
            self._shift.append(shift)
            strip, strip_height = self._strip(
                [node for node in self._apart if self._band_of[node.id] == at], self._passing(band.last_line)
            )
            self._strips[at] = strip
            top, bottom = self._tracks.y[band.first_line][0] + shift, self._tracks.y[band.last_line][1] + shift
            if band.closed:
                top, bottom = top - _CLOSED_POOL / 2, bottom + _CLOSED_POOL / 2
            self._edges.append((top, bottom + strip_height))
            shift += strip_height

    def _passing(self, line: int) -> list[float]:
        """Where upright lines run past the lower end of the band that ends with *line*."""
        end = self._tracks.y[line][1]
        return [
            x1
            for points in self._tracks.points.values()
            for (x1, y1), (x2, y2) in pieces(points)
            if x1 == x2 and min(y1, y2) < end < max(y1, y2)
        ]

    def _strip(self, nodes: Sequence[Node], passing: Sequence[float]) -> tuple[list[tuple[Node, Box]], float]:
        limit = max(_STRIP_WIDTH, self._right)
        placed: list[tuple[Node, Box]] = []
        x, y, tallest = 30.0, 0.0, 0.0
        for node in nodes:
            width, height = self._size[node.id]
            name_width, name_height = (
                self._guest_label(node.id) if node.kind in (Kind.EVENT, Kind.GATEWAY, Kind.DATA) else (0.0, 0.0)
            )
            room = max(width, name_width)
            if x + room > limit and placed:
                x, y, tallest = 30.0, y + tallest + 20, 0.0
            while in_the_way := [one for one in passing if x - 10 <= one <= x + room + 10]:
                x = max(in_the_way) + 20
            placed.append((node, Box(x + (room - width) / 2, y, width, height)))
            x += room + 30
            tallest = max(tallest, height + (name_height + 5 if name_height else 0))
            self._right = max(self._right, x)
        return placed, (y + tallest + 20 if nodes else 0.0)

    def _middle(self, key: str) -> Point:
        x, y = self._vertex(key)
        return self._left + self._tracks.x[x][0], self._shift[self._band_of[key]] + self._tracks.y[y][0]

    def _moved(self, point: Point, line: int) -> Point:
        band = next(at for at, band in enumerate(self._bands) if band.first_line <= line <= band.last_line)
        return self._left + point[0], point[1] + self._shift[band]

    def _put_lines(self) -> None:
        for at, strip in self._strips.items():
            base = self._tracks.y[self._bands[at].last_line][1] + self._shift[at]
            for node, box in strip:
                place = _rounded(box.moved(self._left, base))
                self._result.shapes[node.id] = place
                wide, high = self._guest_label(node.id)
                if wide and node.kind in (Kind.EVENT, Kind.GATEWAY, Kind.DATA):
                    self._result.labels[node.id] = Box(place.x + (place.width - wide) / 2, place.bottom + 5, wide, high)
                if node.id in self._insides:
                    self._fill_frame(node.id, self._insides[node.id])
        for link in self._routed:
            turned = corners(self._ways[link.id])
            points = self._tracks.points[link.id]
            moved = [self._moved(point, vertex[1]) for point, vertex in zip(points, turned, strict=True)]
            moved[0] = self._docked(link.source, moved[0], moved[1])
            moved[-1] = self._docked(link.target, moved[-1], moved[-2])
            self._result.lines[link.id] = [(float(round(x)), float(round(y))) for x, y in moved]
        for link in self._guest_links:
            self._result.lines[link.id] = self._guest_line(link)

    def _docked(self, key: str, point: Point, following: Point) -> Point:
        """Where the line from *following* to *point*, which lies in the shape's middle, meets the shape's border."""
        if key not in self._node:
            return self._docked_at_pool(key, point, following)
        box, kind = self._result.shapes[key], self._node[key].kind
        cx, cy = box.centre
        if point[1] == following[1]:
            half = _half(kind, box.width / 2, box.height / 2, abs(point[1] - cy))
            return (cx + half if following[0] > cx else cx - half), point[1]
        half = _half(kind, box.height / 2, box.width / 2, abs(point[0] - cx))
        return point[0], (cy + half if following[1] > cy else cy - half)

    def _docked_at_pool(self, key: str, point: Point, following: Point) -> Point:
        mine = [at for at, band in enumerate(self._bands) if band.pool == self._pool_of[key]]
        top, bottom = self._edges[mine[0]][0], self._edges[mine[-1]][1]
        return point[0], (top if following[1] < top else bottom)

    def _guest_line(self, link: Link) -> list[Point]:
        guest, other = (
            (link.source, link.target)
            if self._node[link.source].kind in (Kind.NOTE, Kind.DATA)
            else (link.target, link.source)
        )
        upper, lower = self._result.shapes[guest], self._result.shapes[other]
        x = min(max(upper.centre[0], lower.x + 10), lower.right - 10)
        if self._node[other].kind in (Kind.GATEWAY, Kind.EVENT, Kind.BOUNDARY):
            x = lower.centre[0]
        start = min(max(x, upper.x + 5), upper.right - 5)
        points = [(float(round(start)), upper.bottom), (float(round(x)), lower.y)]
        return points if link.source == guest else points[::-1]

    # -- frames and names

    def _put_frames(self) -> None:
        width = self._left + self._right
        for at, pool in enumerate(self._sheet.pools):
            mine = [k for k, band in enumerate(self._bands) if band.pool == at]
            top, bottom = self._edges[mine[0]][0], self._edges[mine[-1]][1]
            if pool.id:
                self._result.shapes[pool.id] = _rounded(Box(0, top, width, bottom - top))
            for lane in pool.lanes:
                self._put_lane(lane, HEADER if pool.id else 0.0, width)
        self._result.width, self._result.height = width, self._edges[-1][1]

    def _put_lane(self, lane: Lane, left: float, right: float) -> None:
        leaves = {leaf.id for leaf in lane.leaves()}
        mine = [self._edges[at] for at, band in enumerate(self._bands) if band.lane in leaves]
        self._result.shapes[lane.id] = _rounded(Box(left, mine[0][0], right - left, mine[-1][1] - mine[0][0]))
        for inner in lane.lanes:
            self._put_lane(inner, left + HEADER, right)

    def _put_flow_labels(self) -> None:
        nodes = {*self._node}
        taken = [box for key, box in self._result.shapes.items() if key in nodes] + list(self._result.labels.values())
        lines = [piece for points in self._result.lines.values() for piece in pieces(points)]
        width = self._left + self._right
        lines += [((0.0, y), (width, y)) for edges in self._edges for y in edges]
        for link in self._routed:
            if link.name:
                box = flow_label(link.name, self._result.lines[link.id], taken, lines)
                self._result.labels[link.id] = box
                taken.append(box)


def _only(sides: dict[Side, int], wanted: Side | None) -> dict[Side, int]:
    return {wanted: 0} if wanted in sides else sides


def _depth(pool: Pool) -> int:
    def below(lanes: Iterable[Lane]) -> int:
        return max((1 + below(lane.lanes) for lane in lanes), default=0)

    return (1 if pool.id else 0) + below(pool.lanes)


def _reaches(start: str, goal: str, following: Mapping[str, Sequence[str]]) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        if node == goal:
            return True
        for other in following.get(node, ()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return False


def _side(vertex: Vertex, neighbour: Vertex) -> Side:
    """The side of the node at *vertex* that faces *neighbour*."""
    if vertex[1] == neighbour[1]:
        return Side.RIGHT if neighbour[0] > vertex[0] else Side.LEFT
    return Side.BOTTOM if neighbour[1] > vertex[1] else Side.TOP


def _half(kind: Kind, along: float, across: float, offset: float) -> float:
    """How far the border is from the middle, on a line *offset* pixels beside it."""
    if kind is Kind.GATEWAY:
        return along * max(0.0, 1 - offset / across)
    if kind in (Kind.EVENT, Kind.BOUNDARY):
        return sqrt(max(0.0, along * along - offset * offset))
    return along


def _rounded(box: Box) -> Box:
    return Box(round(box.x), round(box.y), round(box.width), round(box.height))
