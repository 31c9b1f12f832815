"""How fast a chain is verified, beside bare SHA-256 over the same bytes as the floor."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figures import Figure, beside
from engine.commands.site import Site
from engine.history import Entry, Event, Head, Stream, chain, genesis, read_events, values_of, verify_events
from tests.support.cafe import a_complaint, a_round
from tests.support.site import CAFE, a_site

_EVENTS = 20_000
_STREAM = Stream("harbour-cafe", 1, "HC-2026-00001")
_ANSWERS = {"founded": "yes", "name": "Chen", "remark": "y" * 80}
_BODY = {
    "request": {"kind": "complete_user_task", "key": "assess#1", "data": _ANSWERS},
    "facts": [["left", "assess", "assess#1"], ["flow", "yes"], ["entered", "reply", "reply#1"]],
    "status": "open",
}
_PLACE = {"company_id", "stream"}


def measure() -> Iterator[Figure]:
    """Events a second: chaining and verifying in memory, and a real case read from the database."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    entries = [
        Entry(at + timedelta(seconds=n), "fang.lan", "complete_task", f"assess#{n}", _BODY, frozenset({"name"}))
        for n in range(_EVENTS)
    ]
    begin = time.process_time()
    chained = chain(_STREAM, genesis(_STREAM), entries)
    spent = time.process_time() - begin
    floor = _floor([row["body"] for row in chained.events])
    yield beside("chain", _EVENTS / spent, "events/s", against="bare SHA-256", other=floor)
    events = [Event(**{k: v for k, v in row.items() if k not in _PLACE}, content={}) for row in chained.events]
    values = {row["seq"]: {row["name"]: (row["salt"], row["value"])} for row in chained.values}
    yield _verified("verify, in memory", events, chained.head, values, floor)
    yield from _from_database(floor)


def _verified(
    name: str, events: list[Event], head: Head, values: dict[int, dict[str, tuple[str, str]]], floor: float
) -> Figure:
    begin = time.process_time()
    assert verify_events(_STREAM, events, head=head, values=values) is None
    spent = time.process_time() - begin
    return beside(name, len(events) / spent, "events/s", against="bare SHA-256", other=floor)


def _from_database(floor: float) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        site = a_site(Path(folder))
        stream = _walked(site)
        begin = time.process_time()
        with site.database.reading(stream.company_id) as connection:
            events, values = read_events(connection, stream), values_of(connection, stream)
        assert verify_events(stream, events, head=None, values=values) is None
        spent = time.process_time() - begin
        site.database.close()
    yield beside("verify, read from SQLite", len(events) / spent, "events/s", against="bare SHA-256", other=floor)


def _walked(site: Site) -> Stream:
    case = a_complaint(site)
    for _ in range(50):
        a_round(site, case.case_id)
    return Stream(CAFE, case.case_id, case.number)


def _floor(bodies: list[str]) -> float:
    begin = time.process_time()
    for body in bodies:
        hashlib.sha256(body.encode()).hexdigest()
    return len(bodies) / (time.process_time() - begin)
