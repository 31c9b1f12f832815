"""Checking the whole history of a company in the database: every chain, the tree over them, and what was signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.errors import UnsafeFile
from engine.history.chain import Head, Stream, genesis
from engine.history.checkpoint import Checkpoint, read_note
from engine.history.tree import SIZE, TILE_WIDTH, grown, leaf, root
from engine.history.verification import Link, instant_of, verify_links
from engine.tables import (
    cases,
    companies,
    history_checkpoints,
    history_events,
    history_runs,
    history_tiles,
    history_trees,
    history_values,
)

#: Rows fetched at once.
_PART: Final = 5000
_IN_PARTS: Final = {"stream_results": True, "max_row_buffer": _PART}
_NO_LEAF: Final = bytes(SIZE)
_LARGEST: Final = 2**63 - 1
#: As text, so that times come as numbers: making a million instants of them would take longer than the hashing.
_EVENTS: Final = sa.text(
    "SELECT stream, seq, at, actor, on_behalf_of, action, subject, body, previous, hash FROM history_events "
    "WHERE company_id = :company ORDER BY stream, seq"
)


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


def verify_company(connection: sa.Connection, company_id: str, *, key: str = "", notes: Iterable[str] = ()) -> Report:
    """Everything that is wrong in the company's history. Reads it once, in order.

    *key* is the public key that must have signed last, "" = whichever did. *notes* are checkpoints from elsewhere,
    signed with it or a key that the history names: against them a history is wrong that was set back or made anew.
    """
    report = Report()
    leaves = _Leaves(connection, company_id)
    kept = _heads(connection, company_id)
    _check_chains(connection, company_id, kept, leaves, report)
    _check_tree(connection, company_id, leaves, report, key=key, notes=notes)
    return report


class _Leaves:
    """The leaves as the events give them, each in the place that the tree has for it."""

    def __init__(self, connection: sa.Connection, company_id: str) -> None:
        t = history_runs.c
        runs = sa.select(t.stream, t.seq, t.count, t.first).where(t.company_id == company_id)
        rows = connection.execute(runs.order_by(t.stream, t.seq), execution_options=_IN_PARTS)
        self._runs = _Groups(rows)
        size = sa.select(history_trees.c.size).where(history_trees.c.company_id == company_id)
        self.size: int = connection.execute(size).scalar() or 0
        self.found = bytearray(self.size * SIZE)
        self.displaced: list[int] = []

    def put(self, stream: int, hashes: Sequence[str]) -> None:
        """*hashes* are those of the events of *stream*, from 1."""
        for _, seq, count, first in self._runs.of(stream):
            leaves = [_leaf(each) for each in hashes[seq - 1 : seq - 1 + count]]
            if first + count > self.size:
                self.displaced.append(first)
            else:
                self.found[first * SIZE : (first + len(leaves)) * SIZE] = b"".join(leaves)

    def pass_rest(self) -> None:
        self._runs.pass_rest()

    def listed(self) -> list[bytes]:
        return [bytes(self.found[at : at + SIZE]) for at in range(0, len(self.found), SIZE)]


def _leaf(event_hash: str) -> bytes:
    try:
        return leaf(event_hash)
    except ValueError:  # no hash: its chain says so
        return _NO_LEAF


class _Groups:
    """Rows in the order of their first column, given out group by group in that order; groups may be passed over."""

    def __init__(self, rows: sa.Result[Any]) -> None:
        self._rows = chain.from_iterable(rows.partitions(_PART))
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
        """Read to the end: a server keeps what was begun."""
        self.of(_LARGEST)


def _heads(connection: sa.Connection, company_id: str) -> dict[int, tuple[str, Head]]:
    """Stream -> label and kept head."""
    c, own = cases.c, companies.c
    of_company = sa.select(sa.literal(0), sa.literal(""), own.history_seq, own.history_hash)
    of_cases = sa.select(c.id, c.number, c.history_seq, c.history_hash).where(c.company_id == company_id)
    rows = [*connection.execute(of_company.where(own.id == company_id)), *connection.execute(of_cases)]
    return {stream: (label, Head(seq, digest)) for stream, label, seq, digest in rows}


def _check_chains(
    connection: sa.Connection, company_id: str, kept: Mapping[int, tuple[str, Head]], leaves: _Leaves, report: Report
) -> None:
    v = history_values.c
    parts = connection.execute(_EVENTS, {"company": company_id}, execution_options=_IN_PARTS).partitions(_PART)
    valued = sa.select(v.stream, v.seq, v.name, v.salt, v.value).where(v.company_id == company_id)
    values = _Groups(connection.execute(valued.order_by(v.stream, v.seq), execution_options=_IN_PARTS))
    seen = set()
    for stream, group in groupby(chain.from_iterable(parts), itemgetter(0)):
        seen.add(stream)
        label, head = kept.get(stream, ("", None))
        if head is None:
            report.wrong.append(_no_case(company_id, stream))
        links = [Link(row[1], instant_of(row[2]), *row[3:]) for row in group]
        _check_chain(Stream(company_id, stream, label), head, links, _by_event(values.of(stream)), report)
        leaves.put(stream, [link.hash for link in links])
    values.pass_rest()
    leaves.pass_rest()
    for stream, (label, head) in kept.items():
        if stream not in seen and head.seq:
            _check_chain(Stream(company_id, stream, label), head, [], {}, report)
    for stream, seq in values.passed.items():
        message = f"a value is kept for event {seq} of case {stream}, which does not exist"
        report.wrong.append(Wrong(company_id, kept.get(stream, ("", None))[0], seq, "value", message))
    report.streams = len(kept)


def _check_chain(stream: Stream, head: Head | None, links: Sequence[Link], values: Any, report: Report) -> None:
    report.events += len(links)
    if head is None:
        return
    end = head if head.seq or links else genesis(stream)
    if found := verify_links(stream, links, head=end, values=values):
        report.wrong.append(Wrong(stream.company_id, stream.label, found.seq, found.reason, found.message))


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
    rows = connection.execute(sa.select(t.size, t.note, t.key).where(t.company_id == company_id).order_by(t.size)).all()
    report.checkpoints = len(rows)
    good = 0
    for row in rows:
        fault = _fault_of(row.note, row.key, row.size, read, size)
        if fault or row.key not in keys:
            message = fault or f"signed with {row.key}, which the company's history does not name"
            yield Wrong(company_id, "", good, "checkpoint", f"checkpoint {row.size}, after {good}: {message}")
        else:
            good = row.size
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
