"""Random manipulations of everything that is kept, by somebody who owns the database but not the key.

Every one is found, and the finding names the event or place. ``MANIPULATIONS=10000`` runs as many.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.site import Site, signing_seed
from engine.history import Stream, whole
from engine.history.chain import event_hash
from engine.history.checkpoint import origin_of, public_key, unchecked
from engine.history.tree import grown, leaf
from engine.history.whole import Wrong, verify_company
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
from engine.worker import checkpoint
from tests.history.walked import drop_guards
from tests.support.cafe import a_complaint, a_round, do
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site

COUNT = int(os.environ.get("MANIPULATIONS", "200"))
E = history_events.c
#: What a set-back database has as it was.
TABLES = (history_events, history_values, history_runs, history_tiles, history_checkpoints, history_trees)


@dataclass
class Signed:
    """A company with three checkpoints; and what an older copy of its database held."""

    site: Site
    key: str
    notes: list[str]
    older: dict[str, list[dict[str, Any]]]
    older_heads: dict[int, tuple[int, str]]


@pytest.fixture(scope="module")
def signed(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Signed:
    clock = StandingClock()
    site = a_site(tmp_path_factory.mktemp("site"), clock=clock)
    notes, older, heads = [], {}, {}
    for number in range(3):
        case = a_complaint(site)
        a_round(site, case.case_id)
        do(site, case.case_id, "assess")
        clock.move(days=1)
        notes.append(checkpoint(site, CAFE))
        if number == 0:
            with site.database.reading(CAFE) as connection:
                older = {t.name: [dict(row._mapping) for row in connection.execute(sa.select(t))] for t in TABLES}
                rows = connection.execute(sa.select(cases.c.id, cases.c.history_seq, cases.c.history_hash)).all()
                heads = {row.id: (row.history_seq, row.history_hash) for row in rows}
                own = connection.execute(sa.select(companies.c.history_seq, companies.c.history_hash)).one()
                heads[0] = (own.history_seq, own.history_hash)
    return Signed(site, public_key(signing_seed(site.settings.keys), origin_of(CAFE)), notes, older, heads)


class Hand:
    """Somebody who changes rows, inside a transaction that is undone."""

    def __init__(self, connection: sa.Connection, chance: random.Random, signed: Signed) -> None:
        self.connection, self.chance, self.signed = connection, chance, signed
        rows = connection.execute(sa.select(cases.c.id, cases.c.number)).all()
        self.labels = {0: "", **{row.id: row.number for row in rows}}

    def events(self, stream: int) -> list[dict[str, Any]]:
        rows = self.connection.execute(sa.select(history_events).where(E.stream == stream).order_by(E.seq))
        return [dict(row._mapping) for row in rows]

    def a_stream(self, *, longer_than: int = 0) -> tuple[int, list[dict[str, Any]]]:
        while True:
            stream = self.chance.choice(list(self.labels))
            events = self.events(stream)
            if len(events) > longer_than:
                return stream, events

    def write(self, stream: int, events: list[dict[str, Any]], *, chained: bool) -> None:
        """Put *events* in the place of the stream's; *chained* with numbers, hashes and head that fit together."""
        if chained:
            events = self.chained(stream, events)
        self.connection.execute(sa.delete(history_events).where(E.stream == stream))
        if events:
            self.connection.execute(sa.insert(history_events), events)
        if chained:
            self.set_head(stream, (events[-1]["seq"], events[-1]["hash"]) if events else (0, ""))

    def chained(self, stream: int, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        of = Stream(CAFE, stream, self.labels[stream])
        previous, done = self.events(stream)[0]["previous"], []
        for seq, event in enumerate(events, start=1):
            lines = {name: event[name] for name in ("at", "actor", "on_behalf_of", "action", "subject", "body")}
            digest = event_hash(stream=of, seq=seq, previous=previous, **lines)
            done.append(event | {"seq": seq, "previous": previous, "hash": digest})
            previous = digest
        return done

    def set_head(self, stream: int, head: tuple[int, str]) -> None:
        table, key = (cases, cases.c.id == stream) if stream else (companies, companies.c.id == CAFE)
        change = {"history_seq": head[0], "history_hash": head[1]}
        self.connection.execute(sa.update(table).where(key).values(change))

    def new_tiles(self) -> None:
        """Make the tree anew from the events, in the places it has for them."""
        runs = self.connection.execute(sa.select(history_runs).order_by(history_runs.c.first)).all()
        found = {(row.stream, row.seq): row.hash for row in self.connection.execute(sa.select(history_events))}
        leaves = [leaf(found.get((r.stream, r.seq + n), "00" * 32)) for r in runs for n in range(r.count)]
        self.connection.execute(sa.delete(history_tiles))
        rows = [
            {"company_id": CAFE, "level": level, "number": number, "hashes": content}
            for (level, number), content in grown(lambda *_: b"", 0, leaves).items()
        ]
        self.connection.execute(sa.insert(history_tiles), rows)


def changed(event: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    column = chance.choice(["actor", "on_behalf_of", "action", "subject", "body", "at"])
    if column == "body":
        return event | {"body": event["body"][:-1] + (',"z":1}' if len(event["body"]) > 2 else '"z":1}')}
    if column == "at":
        return event | {"at": event["at"].replace(microsecond=(event["at"].microsecond + 1000) % 1_000_000)}
    return event | {column: event[column] + chance.choice(["x", " ", "。"])}


#: A manipulation: what is done, and what a finding must be to have located it.
Located = Callable[[Wrong], bool]


def at_event(label: str, seq: int) -> Located:
    return lambda wrong: (wrong.label, wrong.seq) == (label, seq)


def edit(hand: Hand, *, chained: bool) -> Located:
    stream, events = hand.a_stream()
    place = hand.chance.randrange(len(events))
    events[place] = changed(events[place], hand.chance)
    hand.write(stream, events, chained=chained)
    return at_event(hand.labels[stream], place + 1)


def delete(hand: Hand, *, chained: bool) -> Located:
    stream, events = hand.a_stream(longer_than=1)
    place = hand.chance.randrange(len(events) - 1)
    del events[place]
    hand.write(stream, events, chained=chained)
    # the chain misses it at the next one, the tree at its own place
    return at_event(hand.labels[stream], place + 1 if chained else place + 2)


def insert(hand: Hand, *, chained: bool) -> Located:
    stream, events = hand.a_stream()
    place = hand.chance.randrange(len(events))
    new = changed(events[place], hand.chance)
    if chained:
        hand.write(stream, [*events[:place], new, *events[place:]], chained=True)
        return at_event(hand.labels[stream], place + 1)
    beyond = {"seq": len(events) + hand.chance.choice([1, 2]), "hash": "00" * 32}
    hand.write(stream, [*events, new | beyond], chained=False)
    return at_event(hand.labels[stream], beyond["seq"])


def swap(hand: Hand, *, chained: bool) -> Located:
    stream, events = hand.a_stream(longer_than=1)
    first, second = sorted(hand.chance.sample(range(len(events)), 2))
    a, b = events[first], events[second]
    if chained:
        events[first], events[second] = b, a
    else:
        events[first], events[second] = b | {"seq": a["seq"]}, a | {"seq": b["seq"]}
    hand.write(stream, events, chained=chained)
    return at_event(hand.labels[stream], first + 1)


def truncate(hand: Hand, *, chained: bool) -> Located:
    stream, events = hand.a_stream(longer_than=1)
    kept = hand.chance.randrange(1, len(events))
    place = {"of": stream, "kept": kept}
    hand.connection.execute(sa.text("DELETE FROM history_values WHERE stream = :of AND seq > :kept"), place)
    hand.write(stream, events[:kept], chained=chained)
    return at_event(hand.labels[stream], kept + 1 if chained else kept)


def fork(hand: Hand, *, chained: bool) -> Located:
    """Edited, hashed anew, and the tree too: only what was signed speaks against it."""
    stream, events = hand.a_stream()
    place = hand.chance.randrange(len(events))
    runs = hand.connection.execute(sa.select(history_runs).where(history_runs.c.stream == stream)).all()
    position = next(r.first + place + 1 - r.seq for r in runs if r.seq <= place + 1 < r.seq + r.count)
    events[place] = changed(events[place], hand.chance)
    hand.write(stream, events, chained=True)
    hand.new_tiles()
    if not chained:  # and the checkpoints are thrown away
        hand.connection.execute(sa.delete(history_checkpoints))
        return lambda wrong: wrong.reason == "fork" and wrong.seq > position
    before = [0, *(size for size in map(size_of, hand.signed.notes) if size <= position)][-1]
    return lambda wrong: wrong.reason == "checkpoint" and wrong.seq == before


def lose_case(hand: Hand, *, chained: bool) -> Located:
    """A whole case with everything about it: no chain is left to be broken."""
    stream = hand.chance.choice([stream for stream in hand.labels if stream])
    for name in ("history_events", "history_values"):
        hand.connection.execute(sa.text(f"DELETE FROM {name} WHERE stream = :of"), {"of": stream})
    if chained:
        hand.set_head(stream, (0, ""))
    return lambda wrong: wrong.label == hand.labels[stream] and (wrong.seq == 1 or wrong.reason == "head")


def forge_value(hand: Hand, *, chained: bool) -> Located:
    rows = hand.connection.execute(sa.select(history_values)).all()
    row = hand.chance.choice(rows)
    t = history_values.c
    change = {"salt": "00" * 16} if chained else {"value": "somebody else"}
    place = (t.stream == row.stream, t.seq == row.seq, t.name == row.name)
    hand.connection.execute(sa.update(history_values).where(*place).values(change))
    return at_event(hand.labels[row.stream], row.seq)


def forge_tree(hand: Hand, *, chained: bool) -> Located:
    if chained:
        t = history_runs.c
        row = hand.chance.choice(hand.connection.execute(sa.select(history_runs)).all())
        hand.connection.execute(sa.delete(history_runs).where(t.first == row.first))
        return lambda wrong: wrong.reason == "tree" and wrong.message.startswith("place ")
    content = hand.connection.execute(sa.select(history_tiles.c.hashes)).scalar_one()
    at = hand.chance.randrange(len(content))
    forged = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    hand.connection.execute(sa.update(history_tiles).values(hashes=forged))
    return lambda wrong: wrong.reason == "tile" and f"place {at // 32} " in wrong.message


def forge_checkpoint(hand: Hand, *, chained: bool) -> Located:
    t = history_checkpoints.c
    row = hand.chance.choice(hand.connection.execute(sa.select(history_checkpoints)).all())
    at = hand.chance.randrange(len(row.note) - 1)
    note = row.note[:at] + chr(ord(row.note[at]) ^ 1) + row.note[at + 1 :]
    if chained:
        note = row.note.replace(f"\n{row.size}\n", f"\n{row.size - 1}\n")
    hand.connection.execute(sa.update(history_checkpoints).where(t.size == row.size).values(note=note))
    return lambda wrong: wrong.reason == "checkpoint" and f"checkpoint {row.size}," in wrong.message


def set_back(hand: Hand, *, chained: bool) -> Located:
    """The whole database is the copy of two days ago; everything in it fits together."""
    for table in TABLES:
        hand.connection.execute(sa.delete(table))
        hand.connection.execute(sa.insert(table), hand.signed.older[table.name])
    for stream in hand.labels:
        hand.set_head(stream, hand.signed.older_heads.get(stream, (0, "")))
    size = size_of(hand.signed.notes[0])
    return lambda wrong: wrong.reason == "behind" and wrong.seq == size


def size_of(note: str) -> int:
    return unchecked(note).size


MANIPULATIONS = (
    edit,
    delete,
    insert,
    swap,
    truncate,
    fork,
    lose_case,
    forge_value,
    forge_tree,
    forge_checkpoint,
    set_back,
)


def found(connection: sa.Connection, signed: Signed) -> list[Wrong]:
    return verify_company(connection, CAFE, key=signed.key, notes=signed.notes).wrong


def test_untouched_nothing_is_wrong(signed: Signed) -> None:
    with signed.site.database.reading(CAFE) as connection:
        report = verify_company(connection, CAFE, key=signed.key, notes=signed.notes)

    assert report.wrong == []
    assert (report.streams, report.checkpoints) == (4, 3)
    assert report.events == report.in_tree > 20


def test_it_does_not_matter_in_which_parts_it_is_read(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    with signed.site.database.reading(CAFE) as connection:
        at_once = verify_company(connection, CAFE, key=signed.key, notes=signed.notes)
        monkeypatch.setattr(whole, "_STRETCH", 1)
        monkeypatch.setattr(whole, "_PART", 2)

        assert verify_company(connection, CAFE, key=signed.key, notes=signed.notes) == at_once


@pytest.mark.parametrize("manipulation", MANIPULATIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("chained", [False, True], ids=["plainly", "cleverly"])
def test_random_manipulations_are_found_and_located(
    signed: Signed, manipulation: Callable[..., Located], *, chained: bool
) -> None:
    for seed in range(-(-COUNT // (2 * len(MANIPULATIONS)))):
        with undone(signed.site) as connection:
            hand = Hand(connection, random.Random(f"{manipulation.__name__} {chained} {seed}"), signed)
            located = manipulation(hand, chained=chained)

            wrong = found(connection, signed)

        assert any(map(located, wrong)), (seed, wrong)


class _Undo(Exception):
    pass


@contextmanager
def undone(site: Site) -> Iterator[sa.Connection]:
    """A transaction past the guards of which nothing stays."""
    with suppress(_Undo), site.database.migrating() as connection:
        drop_guards(connection)
        yield connection
        raise _Undo
