"""Checking a chain without trusting whoever keeps it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.history.chain import Head, Stream, commitment, event_hash, genesis
from engine.history.records import Event


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that is wrong in a chain."""

    seq: int
    reason: str  #: "gap", "previous", "hash", "value" or "head"
    message: str


def verify_events(
    stream: Stream,
    events: Iterable[Event],
    *,
    head: Head | None,
    values: Mapping[int, Mapping[str, tuple[str, Any]]] | None = None,
) -> Break | None:
    """None when *events* are the whole chain of *stream* up to *head*; else the first break.

    *values* are the sealed values that still exist; erased ones are simply absent and break nothing.
    """
    end = genesis(stream)
    for event in events:
        if event.seq != end.seq + 1:
            return Break(event.seq, "gap", f"expected event {end.seq + 1}, found {event.seq}")
        if event.previous != end.hash:
            return Break(event.seq, "previous", f"event {event.seq} does not follow event {end.seq}")
        if event.hash != _hash_of(stream, event) or not _is_document(event.body):
            return Break(event.seq, "hash", f"event {event.seq} was changed after it was written")
        if found := _wrong_value(event, (values or {}).get(event.seq, {})):
            return Break(event.seq, "value", f"event {event.seq}: the kept value of {found} is not the one recorded")
        end = Head(event.seq, event.hash)
    if stray := [seq for seq in values or {} if not 0 < seq <= end.seq]:
        return Break(min(stray), "value", f"a value is kept for event {min(stray)}, which does not exist")
    if head is not None and head != end:
        return Break(end.seq, "head", _wrong_end(head, end))
    return None


def _wrong_end(head: Head, end: Head) -> str:
    if head.seq == end.seq:
        return f"expected event {end.seq} to be the kept head, found another one in its place"
    return f"expected the chain to end with event {head.seq}, found {end.seq}"


def _hash_of(stream: Stream, event: Event) -> str:
    """The hash the event should have; "" when no event that we write could hold these texts."""
    try:
        return _computed(stream, event)
    except ValueError:
        return ""


def _is_document(body: str) -> bool:
    try:
        return isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        return False


def _computed(stream: Stream, event: Event) -> str:
    return event_hash(
        stream=stream,
        seq=event.seq,
        at=event.at,
        actor=event.actor,
        on_behalf_of=event.on_behalf_of,
        action=event.action,
        subject=event.subject,
        body=event.body,
        previous=event.previous,
    )


def _wrong_value(event: Event, values: Mapping[str, tuple[str, Any]]) -> str:
    sealed = dict(_sealed_in(orjson.loads(event.body)))
    for name, (salt, value) in values.items():
        if sealed.get(name) != commitment(salt, value):
            return name
    return ""


def _sealed_in(body: Any) -> Iterable[tuple[str, str]]:
    if isinstance(body, dict):
        if "$sealed" in body:
            yield str(body.get("$name")), body["$sealed"]
        else:
            for value in body.values():
                yield from _sealed_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from _sealed_in(value)
