"""Playing a case again from its recorded requests, and saying where the record and the procedure disagree. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from engine.calendars import Calendars
from engine.errors import EngineError
from engine.history.chain import canonical, content_of
from engine.history.recording import body_of, fact_to_json, request_from_json
from engine.history.records import Event
from engine.interpreter import ClockState, Definition, FactKind, Migrate, Request, Step, advance, migrate


@dataclass(frozen=True, slots=True)
class Difference:
    """The first event whose consequences are not what the procedure gives today."""

    seq: int
    message: str


def replay_case(
    definitions: Iterable[Definition], calendars: Iterable[Calendars], events: Sequence[Event]
) -> Difference | None:
    """None when every recorded request leads to the recorded facts again.

    *definitions* are the versions the case ran on, the one it runs on now first; more may be there. *calendars* are
    those that its events name; more may be there. *events* are the case's, from its first. Events without a request
    (reads, claims …) move nothing and are passed over.
    """
    for event, step in _Played([*definitions], [*calendars], events).steps():
        if not isinstance(step, Step):
            return Difference(event.seq, f"event {event.seq}: expected a request that can be played, found {step}")
        if step.fault:
            return Difference(event.seq, f"event {event.seq}: expected the step to succeed, found {step.fault.message}")
        facts = orjson.loads(canonical([fact_to_json(fact) for fact in step.facts]))
        if facts != event.content.get("facts"):
            return Difference(event.seq, _first_difference(event, facts))
        if str(step.status) != event.content.get("status"):
            found = event.content.get("status")
            return Difference(event.seq, f"event {event.seq}: recorded status {found}, played again {step.status}")
    return None


def replay_moves(
    definition: Definition, calendars: Calendars, moves: Iterable[tuple[Request, datetime, Step]]
) -> Difference | None:
    """None when *moves*, written down as events and read again, lead to the same.

    Each is what was asked, when, and what followed.
    """
    events = []
    for seq, (request, at, step) in enumerate(moves, start=1):
        body = canonical(body_of(request, step, calendar_version=calendars.version))
        events.append(Event(seq, at, "", "", "", "", body, "", "", content_of(body, {})))
    return replay_case([definition], [calendars], events)


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of a case after some of its events."""

    data: Mapping[str, Any]
    status: str
    outcome: str
    clocks: tuple[ClockState, ...]


def known_on(
    definitions: Iterable[Definition], calendars: Iterable[Calendars], events: Sequence[Event]
) -> Known | None:
    """The case after *events*, which begin with its first; None before it began.

    Raises nothing that `replay_case` would report: an event that cannot be played ends the playing, and what was known
    until then is the answer.
    """
    played = _Played([*definitions], [*calendars], events)
    last: Step | None = None
    clocks: dict[tuple[str, int], ClockState] = {}
    for _, step in played.steps():
        if not isinstance(step, Step) or step.fault:
            break
        last = step
        clocks.update({(clock.deadline, clock.round): clock for clock in step.clocks})
    if last is None:
        return None
    return Known(last.data, str(last.status), last.outcome, tuple(clocks.values()))


@dataclass(frozen=True, slots=True)
class _Played:
    """The requests of *events*, one after the other."""

    definitions: Sequence[Definition]
    calendars: Sequence[Calendars]
    events: Sequence[Event]

    def steps(self) -> Iterator[tuple[Event, Step | Exception]]:
        """Each event that moved the case with what it leads to now; the first that cannot be played is the last."""
        versions = {each.fingerprint: each for each in reversed(self.definitions)}
        counted_over = {each.version: each for each in self.calendars}
        definition = versions.get(_begun_on(self.events), [*versions.values()][-1])
        state: bytes | None = None
        for event in self.events:
            if "request" not in event.content:
                continue
            try:
                request = request_from_json(event.content["request"])
                over = counted_over[event.content["calendar"]]
                if isinstance(request, Migrate) and state is not None:
                    target = versions[request.to]
                    step = migrate(definition, target, state, request, now=event.at, calendars=over)
                    definition = target
                else:
                    step = advance(definition, state, request, now=event.at, calendars=over)
            except (EngineError, KeyError, TypeError, ValueError) as error:
                yield event, error
                return
            yield event, step
            state = step.state


def _begun_on(events: Iterable[Event]) -> str:
    """Fingerprint of the version a case began on; "" when it has never gone over to another."""
    for event in events:
        for fact in event.content.get("facts", ()):
            if fact[0] == FactKind.MIGRATED:
                return str(fact[-1]["from"])
    return ""


def _first_difference(event: Event, facts: list[Any]) -> str:
    recorded = event.content.get("facts") or []
    for position, (ours, theirs) in enumerate(zip(facts, recorded, strict=False), start=1):
        if ours != theirs:
            return f"event {event.seq}, fact {position}: recorded {theirs}, played again {ours}"
    return f"event {event.seq}: recorded {len(recorded)} facts, played again {len(facts)}"
