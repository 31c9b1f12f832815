"""Playing a case again from its recorded requests, and saying where the record and the procedure disagree. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from engine.calendars import Calendar
from engine.errors import EngineError
from engine.history.chain import canonical
from engine.history.recording import fact_to_json, request_from_json
from engine.history.records import Event
from engine.interpreter import Definition, advance


@dataclass(frozen=True, slots=True)
class Difference:
    """The first event whose consequences are not what the procedure gives today."""

    seq: int
    message: str


def replay_case(definition: Definition, calendar: Calendar, events: Iterable[Event]) -> Difference | None:
    """None when every recorded request leads to the recorded facts again.

    *events* are a case's, from its first. Events without a request (reads, claims …) move nothing and are passed over.
    """
    state: bytes | None = None
    for event in events:
        if "request" not in event.content:
            continue
        try:
            request = request_from_json(event.content["request"])
            step = advance(definition, state, request, now=event.at, calendar=calendar)
        except (EngineError, KeyError, TypeError, ValueError) as error:
            return Difference(event.seq, f"event {event.seq}: expected a request that can be played, found {error}")
        if step.fault:
            return Difference(event.seq, f"event {event.seq}: expected the step to succeed, found {step.fault.message}")
        facts = orjson.loads(canonical([fact_to_json(fact) for fact in step.facts]))
        if facts != event.content.get("facts"):
            return Difference(event.seq, _first_difference(event, facts))
        if str(step.status) != event.content.get("status"):
            found = event.content.get("status")
            return Difference(event.seq, f"event {event.seq}: recorded status {found}, played again {step.status}")
        state = step.state
    return None


def _first_difference(event: Event, facts: list[Any]) -> str:
    recorded = event.content.get("facts") or []
    for position, (ours, theirs) in enumerate(zip(facts, recorded, strict=False), start=1):
        if ours != theirs:
            return f"event {event.seq}, fact {position}: recorded {theirs}, played again {ours}"
    return f"event {event.seq}: recorded {len(recorded)} facts, played again {len(facts)}"
