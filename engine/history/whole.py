"""Checking the whole history of a company in the database: every chain, the tree over them, and what was signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.errors import UnsafeFile
from engine.history.chain import Head, Stream, genesis
from engine.history.checkpoint import Checkpoint, read_note
from engine.history.stamps import stamped_at
from engine.history.tree import SIZE, TILE_WIDTH, grown, leaf, root
from engine.history.verification import Link, instant_of, verify_links
from engine.prepared import Prepared
from engine.tables import (
    cases,
    companies,
    history_checkpoints,
    history_events,
    history_runs,
    history_tiles,
    history_trees,
)

#: Rows fetched at once.
_PART: Final = 5000
#: Events of one stretch: what one process checks at a time.
_STRETCH: Final = 25_000
#: Stretches from which on several processes are worth the seconds that they need to start.
_WORTH_SHARING: Final = 8
_NO_LEAF: Final = bytes(SIZE)
_LARGEST: Final = 2**63 - 1


def _in_parts(columns: str, table: str, key: str) -> Prepared:
    """The company's rows of a stretch by *key*, behind the last one that was read.

    By place and as the driver gives them: making instants and rows of a million would take longer than the hashing.
    """
    behind = f"({key}) > ({', '.join(f':{name}' for name in key.split(', '))}) AND stream < :end"
    words = f"SELECT {columns} FROM {table} WHERE company_id = :company AND {behind} ORDER BY {key} LIMIT :part"  # noqa: S608
    return Prepared(sa.text(words))


_EVENTS: Final = _in_parts(
    "stream, seq, at, actor, on_behalf_of, action, subject, body, previous, hash", "history_events", "stream, seq"
)
_VALUES: Final = _in_parts("stream, seq, name, salt, value", "history_values", "stream, seq, name")
_RUNS: Final = _in_parts("stream, seq, count, first", "history_runs", "stream, seq")


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is not as it was recorded."""

    company_id: str
    label: str  #: number of the case, "" for the company's own stream and for the tree
    seq: int  #: of the event; for the tree the place of the leaf, from 0
    reason: str  #: that of a `Break`; "stream", "tree", "tile", "checkpoint", "behind" or "fork"
    message: str


@dataclass
class Report:
    """What was looked at, and what is wrong."""

    streams: int = 0
    events: int = 0
    in_tree: int = 0
    checkpoints: int = 0
    wrong: list[Wrong] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The streams from one on, below another one."""

    first: int
    end: int


#: Stream 0 is the company's own.
EVERYTHING: Final = Stretch(-(2**62), 2**62)


@dataclass
class Chains:
    """What the chains of a stretch are found to be."""

    streams: int = 0
    events: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    #: Place of a run in the tree, the leaves from there on, how many there should be.
    leaves: list[tuple[int, bytes, int]] = field(default_factory=list)


#: Checks the chains of those stretches against a tree of so many events.
CheckChains = Callable[[Sequence[Stretch], int], Iterable[Chains]]


def verify_company(
    connection: sa.Connection,
    company_id: str,
    *,
    key: str = "",
    notes: Iterable[str] = (),
    check_all: CheckChains | None = None,
) -> Report:
    """Everything that is wrong in the company's history. Reads it once, in order.

    *key* is the public key that must have signed last, "" = whichever did. *notes* are checkpoints from elsewhere,
    signed with it or a key that the history names: against them a history is wrong that was set back or made anew.
    *check_all* checks the chains of a long history, in views of the database that are not older than *connection*'s.
    """
    report = Report()
    size: int = connection.execute(
        sa.select(history_trees.c.size).where(history_trees.c.company_id == company_id)
    ).scalar() or 0  # fmt: skip
    stretches = _stretches(connection, company_id)
    leaves = _Leaves(size)
    here = (check_chains(connection, company_id, each, size) for each in stretches)
    for found in check_all(stretches, size) if check_all and len(stretches) >= _WORTH_SHARING else here:
        report.streams += found.streams
        report.events += found.events
        report.wrong += found.wrong
        leaves.put(found.leaves)
    _check_tree(connection, company_id, leaves, report, key=key, notes=notes)
    return report


def check_chains(connection: sa.Connection, company_id: str, stretch: Stretch, size: int) -> Chains:
    """The chains of *stretch*, and the leaves that they give a tree of *size* events.

    History only grows: in a later view there may be more of it than the tree has, which is passed over.
    """
    found = Chains()
    kept = _heads(connection, company_id, stretch)
    values = _Groups(_rows(_VALUES, connection, company_id, stretch))
    runs = _Groups(_rows(_RUNS, connection, company_id, stretch))
    seen = set()
    for stream, group in groupby(_rows(_EVENTS, connection, company_id, stretch), itemgetter(0)):
        seen.add(stream)
        label, head = kept.get(stream, ("", None))
        if head is None:
            found.wrong.append(_no_case(company_id, stream))
        links: list[Link] = [(row[1], instant_of(row[2]), *row[3:]) for row in group]
        _check_chain(Stream(company_id, stream, label), head, links, _by_event(values.of(stream)), found)
        for _, seq, count, first in runs.of(stream):
            if first < size:
                hashes = [link[-1] for link in links[seq - 1 : seq - 1 + count]]
                found.leaves.append((first, b"".join(map(_leaf, hashes)), count))
    values.pass_rest()
    for stream, (label, head) in kept.items():
        if stream not in seen and head.seq:
            _check_chain(Stream(company_id, stream, label), head, [], {}, found)
    for stream, seq in values.passed.items():
        message = f"a value is kept for event {seq} of case {stream}, which does not exist"
        found.wrong.append(Wrong(company_id, kept.get(stream, ("", None))[0], seq, "value", message))
    found.streams = len(kept)
    return found


def _stretches(connection: sa.Connection, company_id: str) -> list[Stretch]:
    """All streams, those of cases that are not there too, in parts of about as many events."""
    heads = sorted((stream, head.seq) for stream, (_, head) in _heads(connection, company_id, EVERYTHING).items())
    borders, events = [EVERYTHING.first], 0
    for stream, count in heads:
        if events >= _STRETCH:
            borders.append(stream)
            events = 0
        events += count
    return [Stretch(first, end) for first, end in pairwise([*borders, EVERYTHING.end])]


class _Leaves:
    """The leaves as the events give them, each in the place that the tree has for it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.found = bytearray(size * SIZE)
        self.displaced: list[int] = []

    def put(self, runs: Iterable[tuple[int, bytes, int]]) -> None:
        for first, leaves, count in runs:
            if first + count > self.size:
                self.displaced.append(first)
            else:
                self.found[first * SIZE : first * SIZE + len(leaves)] = leaves

    def listed(self) -> list[bytes]:
        return [bytes(self.found[at : at + SIZE]) for at in range(0, len(self.found), SIZE)]


def _leaf(event_hash: str) -> bytes:
    try:
        return leaf(event_hash)
    except ValueError:  # no hash: its chain says so
        return _NO_LEAF


class _Groups:
    """Rows in the order of their first column, given out group by group in that order; groups may be passed over."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._next: Any = next(self._rows, None)
        self.passed: dict[int, int] = {}  #: those passed over, and the second column of their first row

    def of(self, key: int) -> list[Any]:
        found = []
        while self._next is not None and self._next[0] <= key:
            if self._next[0] == key:
                found.append(self._next)
            else:
                self.passed.setdefault(self._next[0], self._next[1])
            self._next = next(self._rows, None)
        return found

    def pass_rest(self) -> None:
        self.of(_LARGEST)


def _rows(statement: Prepared, connection: sa.Connection, company_id: str, stretch: Stretch) -> Iterator[Any]:
    """What it finds in *stretch*, part by part."""
    place = {"company": company_id, "end": stretch.end, "part": _PART}
    stream, seq, name = stretch.first - 1, _LARGEST, ""
    while True:
        found = statement.tuples(connection, {**place, "stream": stream, "seq": seq, "name": name})
        yield from found
        if len(found) < _PART:
            return
        stream, seq, name = found[-1][:3]


def _heads(connection: sa.Connection, company_id: str, stretch: Stretch) -> dict[int, tuple[str, Head]]:
    """Stream -> label and kept head."""
    c, own = cases.c, companies.c
    of_company = sa.select(sa.literal(0), sa.literal(""), own.history_seq, own.history_hash)
    of_cases = sa.select(c.id, c.number, c.history_seq, c.history_hash).where(c.company_id == company_id)
    here = of_cases.where(c.id >= stretch.first, c.id < stretch.end)
    rows = [*connection.execute(here)]
    if stretch.first <= 0 < stretch.end:
        rows += connection.execute(of_company.where(own.id == company_id))
    return {stream: (label, Head(seq, digest)) for stream, label, seq, digest in rows}


def _check_chain(stream: Stream, head: Head | None, links: Sequence[Link], values: Any, found: Chains) -> None:
    found.events += len(links)
    if head is None:
        return
    end = head if head.seq or links else genesis(stream)
    if broken := verify_links(stream, links, head=end, values=values):
        found.wrong.append(Wrong(stream.company_id, stream.label, broken.seq, broken.reason, broken.message))


def _no_case(company_id: str, stream: int) -> Wrong:
    return Wrong(company_id, "", 0, "stream", f"expected a case {stream}, found only its events")


def _by_event(rows: Iterable[Any]) -> dict[int, dict[str, tuple[str, Any]]]:
    found: dict[int, dict[str, tuple[str, Any]]] = {}
    for _, seq, name, salt, value in rows:
        found.setdefault(seq, {})[name] = (salt, value)
    return found


def _check_tree(
    connection: sa.Connection,
    company_id: str,
    leaves: _Leaves,
    report: Report,
    *,
    key: str,
    notes: Iterable[str],
) -> None:
    report.in_tree = leaves.size
    tiles = grown(lambda _level, _number: b"", 0, leaves.listed())
    t = history_tiles.c
    stored_rows = connection.execute(sa.select(t.level, t.number, t.hashes).where(t.company_id == company_id))
    stored = {(row.level, row.number): row.hashes for row in stored_rows}

    def read(level: int, number: int) -> bytes:
        return tiles.get((level, number), b"")

    keys = {*_keys(connection, company_id), *filter(None, [key])}
    wrong = list(_wrong_checkpoints(connection, company_id, read, leaves.size, report, key=key, keys=keys))
    wrong += _against(company_id, read, leaves.size, notes, keys)
    misplaced = list(_differences(connection, company_id, tiles, stored))
    signed_differs = any(each.reason in {"checkpoint", "fork"} for each in wrong)
    for each in misplaced:
        report.wrong.append(each if signed_differs or each.reason == "tile" else _only_tile(each))
    report.wrong += wrong
    if leaves.displaced:
        place = min(leaves.displaced)
        report.wrong.append(
            Wrong(company_id, "", place, "tree", f"expected {leaves.size} places, found one at {place}")
        )


def _differences(
    connection: sa.Connection,
    company_id: str,
    ours: Mapping[tuple[int, int], bytes],
    stored: Mapping[tuple[int, int], bytes],
) -> Iterator[Wrong]:
    """Where the kept tiles are not the ones that the events give."""
    for level, number in sorted(ours.keys() | stored.keys()):
        mine, theirs = ours.get((level, number), b""), stored.get((level, number), b"")
        if mine == theirs:
            continue
        if level:
            yield Wrong(company_id, "", number, "tile", f"tile {level}/{number} is not the one of the events below it")
            continue
        for offset in range(max(len(mine), len(theirs)) // SIZE):
            here = slice(offset * SIZE, (offset + 1) * SIZE)
            if mine[here] != theirs[here]:
                yield _misplaced(connection, company_id, number * TILE_WIDTH + offset, gone=mine[here] == _NO_LEAF)


def _misplaced(connection: sa.Connection, company_id: str, place: int, *, gone: bool) -> Wrong:
    t = history_runs.c
    of_place = sa.select(t.stream, t.seq, t.first).where(t.company_id == company_id, t.first <= place)
    run = connection.execute(of_place.order_by(t.first.desc()).limit(1)).one_or_none()
    if run is None:
        return Wrong(company_id, "", place, "tree", f"place {place} of the tree: no event")
    seq = run.seq + place - run.first
    number = connection.execute(sa.select(cases.c.number).where(cases.c.id == run.stream)).scalar()
    whose = f"case {run.stream}" if run.stream and number is None else number or "the company"
    what = "is gone" if gone else "is not the one that was taken in"
    return Wrong(company_id, number or "", seq, "tree", f"place {place} of the tree: event {seq} of {whose} {what}")


def _only_tile(wrong: Wrong) -> Wrong:
    """The events are what was signed: it is the kept tile that was changed."""
    return Wrong(wrong.company_id, wrong.label, wrong.seq, "tile", f"{wrong.message}, or its tile was changed")


def _wrong_checkpoints(
    connection: sa.Connection, company_id: str, read: Any, size: int, report: Report, *, key: str, keys: set[str]
) -> Iterator[Wrong]:
    t = history_checkpoints.c
    columns = (t.size, t.note, t.key, t.stamp)
    rows = connection.execute(sa.select(*columns).where(t.company_id == company_id).order_by(t.size)).all()
    report.checkpoints = len(rows)
    good = 0
    for row in rows:
        fault = _fault_of(row.note, row.key, row.size, read, size)
        if fault or row.key not in keys:
            message = fault or f"signed with {row.key}, which the company's history does not name"
            yield Wrong(company_id, "", good, "checkpoint", f"checkpoint {row.size}, after {good}: {message}")
        else:
            good = row.size
        if row.stamp is not None and (fault := _fault_of_stamp(row.stamp, row.note)):
            yield Wrong(company_id, "", row.size, "checkpoint", f"the time stamp of checkpoint {row.size}: {fault}")
    if rows and key and rows[-1].key != key:
        yield Wrong(
            company_id, "", rows[-1].size, "checkpoint", f"expected {key} to have signed last, found {rows[-1].key}"
        )
    if (rows[-1].size if rows else 0) > size:
        yield Wrong(company_id, "", size, "behind", f"expected {rows[-1].size} events in the tree, found {size}")


def _fault_of(note: str, key: str, size: int, read: Any, in_tree: int) -> str:
    try:
        checkpoint = read_note(note, key)
    except UnsafeFile as error:
        return error.reason
    if checkpoint.size != size:
        return f"its note is one of {checkpoint.size} events"
    return "" if size > in_tree else _fault_of_root(checkpoint, read)


def _fault_of_stamp(stamp: bytes, note: str) -> str:
    try:
        stamped_at(stamp, note)
    except UnsafeFile as error:
        return error.reason
    return ""


def _fault_of_root(checkpoint: Checkpoint, read: Any) -> str:
    return "" if root(read, checkpoint.size) == checkpoint.root else "other events were signed than those found"


def _against(company_id: str, read: Any, size: int, notes: Iterable[str], keys: set[str]) -> Iterator[Wrong]:
    for note in notes:
        try:
            checkpoint = read_note(note, *keys)
        except UnsafeFile as error:
            yield Wrong(company_id, "", 0, "checkpoint", f"a checkpoint from elsewhere: {error.reason}")
            continue
        when = f"{checkpoint.at:%Y-%m-%d %H:%M}Z"
        if checkpoint.size > size:
            message = f"expected the {checkpoint.size} events that were signed at {when}, found {size}: an older copy"
            yield Wrong(company_id, "", size, "behind", message)
        elif fault := _fault_of_root(checkpoint, read):
            yield Wrong(company_id, "", checkpoint.size, "fork", f"the {checkpoint.size} events of {when}: {fault}")


def _keys(connection: sa.Connection, company_id: str) -> set[str]:
    """The keys that the company's own history names."""
    t = history_events.c
    bodies = sa.select(t.body).where(t.company_id == company_id, t.stream == 0, t.action == "use_key")
    return {str(orjson.loads(body).get("key")) for body in connection.execute(bodies).scalars()}
