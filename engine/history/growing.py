"""The tree in the database: takes in what has happened since, behind the actions; signs, and proves.

One transaction at a time grows a company's tree, whoever comes second waits. Actions never touch it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from engine.database import insert_for
from engine.errors import EngineError
from engine.history.chain import Stream
from engine.history.checkpoint import Checkpoint, origin_of, public_key, sign, unchecked
from engine.history.tree import (
    ReadTile,
    consistency_path,
    grown,
    inclusion_path,
    is_consistent,
    leaf,
    root,
)
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

#: Events taken in by one transaction: on SQLite others wait for so long.
BATCH: Final = 2000
#: How much later than it says an event may be seen: the longest transaction, and clocks that were put right.
_LATE: Final = timedelta(minutes=10)


class HistoryForked(EngineError):
    """The history is not the one that was signed: restored from an older copy, or changed."""

    code = "history-forked"

    def __init__(self, company_id: str, *, signed: int, found: int) -> None:
        super().__init__(
            f"expected the history of {company_id} to begin with the {signed} events that were signed, found "
            f"{found} events" + (" or others in their place" if found >= signed else "")
        )
        self.company_id, self.signed, self.found = company_id, signed, found


@dataclass(frozen=True, slots=True)
class Proof:
    """That an event is in the tree of a checkpoint."""

    seq: int
    position: int  #: of its leaf, 0 the first
    path: tuple[bytes, ...]


def take_in(connection: sa.Connection, company_id: str, *, now: datetime, everything: bool = False) -> int:
    """Put events that are not in the tree into it, `BATCH` at most; how many. 0: there are none.

    Looks at streams with events since the last time, *everything* at all of them.
    """
    tree = _locked(connection, company_id)
    since = None if everything or tree.seen_at is None or now < tree.seen_at else tree.seen_at - _LATE
    leaves: list[bytes] = []
    runs: list[dict[str, Any]] = []
    for stream, seq, hashes in _not_taken(connection, company_id, since):
        runs.append(
            {
                "company_id": company_id,
                "first": tree.size + len(leaves),
                "stream": stream,
                "seq": seq,
                "count": len(hashes),
            }
        )
        leaves += [leaf(each) for each in hashes]
        if len(leaves) >= BATCH:
            break
    if leaves:
        connection.execute(sa.insert(history_runs), runs)
        _write_tiles(connection, company_id, tree.size, leaves)
    if leaves or tree.seen_at is None or now - tree.seen_at > _LATE:
        seen_at = now if len(leaves) < BATCH else tree.seen_at
        change = {"size": tree.size + len(leaves), "seen_at": seen_at}
        connection.execute(sa.update(history_trees).where(history_trees.c.company_id == company_id).values(change))
    return len(leaves)


def last_key(connection: sa.Connection, company_id: str) -> str:
    """The public key that signed last, "" before the first checkpoint. Holds the tree until the transaction ends."""
    key: str = _locked(connection, company_id).key
    return key


def use_key(connection: sa.Connection, company_id: str, key: str) -> None:
    connection.execute(sa.update(history_trees).where(history_trees.c.company_id == company_id).values(key=key))


def sign_tree(
    connection: sa.Connection, company_id: str, seed: bytes, *, now: datetime, known: str | None = None
) -> str:
    """The tree as it is, signed; the same note again where nothing was taken in since the last one.

    Raises HistoryForked when the tree does not begin with what *known*, a note from elsewhere, has signed.
    """
    tree = _locked(connection, company_id)
    key = public_key(seed, origin_of(company_id))
    read = tiles_of(connection, company_id)
    if known:
        before = unchecked(known)
        if before.size > tree.size or root(read, before.size) != before.root:
            raise HistoryForked(company_id, signed=before.size, found=tree.size)
    t = history_checkpoints.c
    last = connection.execute(
        sa.select(t.note).where(t.company_id == company_id, t.size == tree.size, t.key == key)
    ).scalar()
    if last is not None:
        return str(last)
    checkpoint = Checkpoint(origin_of(company_id), tree.size, root(read, tree.size), now)
    note = sign(checkpoint, seed)
    row = {"company_id": company_id, "size": tree.size, "at": now, "key": key, "note": note}
    connection.execute(sa.insert(history_checkpoints).values(row))
    return note


def last_note(connection: sa.Connection, company_id: str) -> tuple[str, str] | None:
    """The newest checkpoint of the company and the key that signed it."""
    t = history_checkpoints.c
    row = connection.execute(
        sa.select(t.note, t.key).where(t.company_id == company_id).order_by(t.size.desc()).limit(1)
    ).one_or_none()
    return (row.note, row.key) if row else None


def keep_stamp(connection: sa.Connection, company_id: str, note: str, stamp: bytes, *, at: datetime) -> None:
    """Keep what an authority answered about *note*."""
    t = history_checkpoints.c
    place = (t.company_id == company_id, t.size == unchecked(note).size, t.note == note)
    connection.execute(sa.update(history_checkpoints).where(*place).values(stamp=stamp, stamped_at=at))


def last_stamp(
    connection: sa.Connection, company_id: str, *, key: str | None = None
) -> tuple[str, bytes, datetime] | None:
    """The newest checkpoint that was stamped, its stamp, and when; only one signed with *key* where that is said."""
    t = history_checkpoints.c
    wanted = [t.company_id == company_id, t.stamp.is_not(None), *([t.key == key] if key else [])]
    found = sa.select(t.note, t.stamp, t.stamped_at).where(*wanted).order_by(t.size.desc()).limit(1)
    row = connection.execute(found).one_or_none()
    return (row.note, row.stamp, row.stamped_at) if row else None


def proofs_of(
    connection: sa.Connection, stream: Stream, size: int, *, of: Container[int] | None = None
) -> Iterator[Proof]:
    """That the events of *stream*, only those numbered *of*, are in the tree of *size* events, if they are."""
    read = tiles_of(connection, stream.company_id)
    t = history_runs.c
    place = (t.company_id == stream.company_id, t.stream == stream.id, t.first < size)
    for run in connection.execute(sa.select(t.first, t.seq, t.count).where(*place).order_by(t.seq)).all():
        for offset in range(min(run.count, size - run.first)):
            position = run.first + offset
            if of is not None and run.seq + offset not in of:
                continue
            yield Proof(run.seq + offset, position, inclusion_path(read, position, size))


def consistency_with(connection: sa.Connection, company_id: str, old: Checkpoint, new: Checkpoint) -> tuple[bytes, ...]:
    """The hashes that show *new* to go on from *old*. Raises HistoryForked when it does not."""
    if not 0 < old.size <= new.size:
        raise HistoryForked(company_id, signed=old.size, found=new.size)
    path = consistency_path(tiles_of(connection, company_id), old.size, new.size)
    if not is_consistent(old.root, old.size, new.root, new.size, path):
        raise HistoryForked(company_id, signed=old.size, found=new.size)
    return path


def tiles_of(connection: sa.Connection, company_id: str) -> ReadTile:
    """The company's tiles, each read once."""

    @lru_cache(maxsize=1024)
    def read(level: int, number: int) -> bytes:
        t = history_tiles.c
        place = (t.company_id == company_id, t.level == level, t.number == number)
        return connection.execute(sa.select(t.hashes).where(*place)).scalar() or b""

    return read


def _locked(connection: sa.Connection, company_id: str) -> Any:
    """The row of the company's tree, made where there is none."""
    t = history_trees
    row = sa.select(t.c.size, t.c.seen_at, t.c.key).where(t.c.company_id == company_id).with_for_update()
    found = connection.execute(row).one_or_none()
    if found is None:
        make = insert_for(connection.dialect.name, t).values(company_id=company_id)
        connection.execute(make.on_conflict_do_nothing())
        found = connection.execute(row).one()
    return found


def _not_taken(
    connection: sa.Connection, company_id: str, since: datetime | None
) -> Iterator[tuple[int, int, list[str]]]:
    """The events that are not in the tree: stream, number of the first, hashes in order."""
    behind = _behind(connection, company_id) if since is None else _touched(connection, company_id, since)
    for stream, taken in behind:
        place = {"company": company_id, "of": stream, "after": taken}
        if hashes := _without_gap(_HASHES.rows(connection, place), taken):
            yield stream, taken + 1, hashes


def _without_gap(rows: Sequence[Any], taken: int) -> list[str]:
    """A gap is no business of the tree: verifying names it, and what stands behind it is not taken in."""
    return [row.hash for seq, row in enumerate(rows, start=taken + 1) if row.seq == seq]


def _touched(connection: sa.Connection, company_id: str, since: datetime) -> Iterable[tuple[int, int]]:
    """Streams with an event since then, and up to which number they are in the tree."""
    e, r = history_events.c, history_runs.c
    found = sa.select(e.stream).where(e.company_id == company_id, e.at >= since).distinct().subquery()
    taken = sa.select(sa.func.max(r.seq + r.count - 1)).where(r.company_id == company_id, r.stream == found.c.stream)
    rows = connection.execute(sa.select(found.c.stream, taken.scalar_subquery()).order_by(found.c.stream))
    return [(stream, seq or 0) for stream, seq in rows]


def _behind(connection: sa.Connection, company_id: str) -> Iterable[tuple[int, int]]:
    """All streams whose head is beyond what is in the tree."""
    r = history_runs.c
    ends = sa.select(r.stream, sa.func.max(r.seq + r.count - 1)).where(r.company_id == company_id).group_by(r.stream)
    taken = {row[0]: row[1] for row in connection.execute(ends)}
    own = sa.select(sa.literal(0), companies.c.history_seq).where(companies.c.id == company_id)
    of_cases = sa.select(cases.c.id, cases.c.history_seq).where(cases.c.company_id == company_id)
    heads = [*connection.execute(own), *connection.execute(of_cases.order_by(cases.c.id))]
    return [(stream, taken.get(stream, 0)) for stream, head in heads if head > taken.get(stream, 0)]


def _write_tiles(connection: sa.Connection, company_id: str, size: int, leaves: Sequence[bytes]) -> None:
    rows = [
        {"company_id": company_id, "level": level, "number": number, "hashes": content}
        for (level, number), content in grown(tiles_of(connection, company_id), size, leaves).items()
    ]
    write = insert_for(connection.dialect.name, history_tiles)
    keys = ["company_id", "level", "number"]
    connection.execute(write.on_conflict_do_update(index_elements=keys, set_={"hashes": write.excluded.hashes}), rows)


_HASHES: Final = Prepared(
    sa.select(history_events.c.seq, history_events.c.hash)
    .where(
        history_events.c.company_id == sa.bindparam("company"),
        history_events.c.stream == sa.bindparam("of"),
        history_events.c.seq > sa.bindparam("after"),
    )
    .order_by(history_events.c.seq)
    .limit(BATCH)
)
