"""Events in the database: append and read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.history.chain import Chained, Entry, Head, Stream, chain, content_of, genesis
from engine.prepared import Prepared
from engine.tables import companies, history_events, history_values

_INSERT_EVENT: Final = Prepared(sa.insert(history_events))
_INSERT_VALUE: Final = Prepared(sa.insert(history_values))


@dataclass(frozen=True, slots=True)
class Event:
    """One event as recorded. *body* is the hashed text; *content* the same with personal values put back."""

    seq: int
    at: datetime
    actor: str
    on_behalf_of: str
    action: str
    subject: str
    body: str
    previous: str
    hash: str
    content: Mapping[str, Any]


def append(connection: sa.Connection, chained: Chained) -> None:
    """Insert the rows of *chained*. The caller holds the stream's lock and writes the new head."""
    for event in chained.events:
        _INSERT_EVENT.execute(connection, event)
    for value in chained.values:
        _INSERT_VALUE.execute(connection, value)


def append_to_company(connection: sa.Connection, company_id: str, entries: Iterable[Entry]) -> None:
    """Append *entries* to the company's own stream, holding its row until the transaction ends."""
    row = connection.execute(
        sa.select(companies.c.history_seq, companies.c.history_hash)
        .where(companies.c.id == company_id)
        .with_for_update(key_share=True)
    ).one()
    stream = Stream(company_id, 0, "")
    head = Head(row.history_seq, row.history_hash) if row.history_seq else genesis(stream)
    chained = chain(stream, head, entries)
    append(connection, chained)
    connection.execute(
        sa.update(companies)
        .where(companies.c.id == company_id)
        .values(history_seq=chained.head.seq, history_hash=chained.head.hash)
    )


def read_events(
    connection: sa.Connection, stream: Stream, *, after: int = 0, limit: int | None = None
) -> tuple[Event, ...]:
    """The events of *stream* with a number above *after*, in order."""
    place = {"company": stream.company_id, "of_stream": stream.id, "after": after}
    every, some = _EVENTS, _SOME_EVENTS
    rows = every.rows(connection, place) if limit is None else some.rows(connection, {**place, "most": limit})
    return _events(rows, values_of(connection, stream, after=after))


def read_latest_events(
    connection: sa.Connection, stream: Stream, count: int, *, without: Collection[str] = ()
) -> tuple[Event, ...]:
    """The last *count* events of *stream*, in order, those of the actions *without* left out."""
    t = history_events
    place = (t.c.company_id == stream.company_id, t.c.stream == stream.id, t.c.action.not_in(without))
    rows = connection.execute(sa.select(t).where(*place).order_by(t.c.seq.desc()).limit(count)).all()[::-1]
    return _events(rows, values_of(connection, stream, after=rows[0].seq - 1) if rows else {})


def find_events(connection: sa.Connection, stream: Stream, *, action: str, subject: str) -> tuple[Event, ...]:
    """The events of *stream* that say that of it, in order; what was personal in them is left out."""
    t = history_events
    place = (t.c.company_id == stream.company_id, t.c.stream == stream.id)
    said = (t.c.action == action, t.c.subject == subject)
    return _events(connection.execute(sa.select(t).where(*place, *said).order_by(t.c.seq)).all(), {})


def read_events_before(
    connection: sa.Connection, stream: Stream, actions: Collection[str], *, before: int | None, limit: int
) -> tuple[Event, ...]:
    """The last *limit* events of *stream* that say one of *actions*, the newest first; *before* is a number of one.

    What was personal in them is left out.
    """
    t = history_events
    where = [t.c.company_id == stream.company_id, t.c.stream == stream.id, t.c.action.in_(actions)]
    where += [t.c.seq < before] if before is not None else []
    rows = connection.execute(sa.select(t).where(*where).order_by(t.c.seq.desc()).limit(limit)).all()
    return _events(rows, {})


def _events(rows: Iterable[Any], values: Mapping[int, Mapping[str, tuple[str, Any]]]) -> tuple[Event, ...]:
    return tuple(
        Event(
            seq=row.seq,
            at=row.at,
            actor=row.actor,
            on_behalf_of=row.on_behalf_of,
            action=row.action,
            subject=row.subject,
            body=row.body,
            previous=row.previous,
            hash=row.hash,
            content=content_of(row.body, {n: v for n, (_, v) in values.get(row.seq, {}).items()}),
        )
        for row in rows
    )


def values_of(
    connection: sa.Connection, stream: Stream, *, after: int = 0
) -> Mapping[int, Mapping[str, tuple[str, Any]]]:
    """Sealed values that still exist: event number -> name -> (salt, value)."""
    found: dict[int, dict[str, tuple[str, Any]]] = {}
    for row in _VALUES.rows(connection, {"company": stream.company_id, "of_stream": stream.id, "after": after}):
        found.setdefault(row.seq, {})[row.name] = (row.salt, row.value)
    return found


def _after(table: sa.Table) -> sa.Select[Any]:
    """The rows of a stream in *table* with a number above another."""
    t = table.c
    place = (t.company_id == sa.bindparam("company"), t.stream == sa.bindparam("of_stream"))
    return sa.select(table).where(*place, t.seq > sa.bindparam("after"))


_EVENTS: Final = Prepared(_after(history_events).order_by(history_events.c.seq))
_SOME_EVENTS: Final = Prepared(
    _after(history_events).order_by(history_events.c.seq).limit(sa.bindparam("most", type_=sa.Integer))
)
_VALUES: Final = Prepared(_after(history_values))
