"""A case's history as people read it, and as the replay plays it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.deployments import Deployment, DeploymentStore
from engine.history import Event, Stream, read_events, read_latest_events
from engine.interpreter import FactKind, FlowElement
from engine.queries.cases import Case
from engine.tables import history_events


@dataclass(frozen=True, slots=True)
class Moment:
    """One event with what followed from it."""

    seq: int
    at: datetime
    actor: str
    on_behalf_of: str  #: login of the absent person, "" = nobody's
    action: str
    subject: str
    element: str  #: of a task's key, "" where the event concerns no element
    answers: Mapping[str, Any]  #: what the form said, empty for other events
    reason: str
    decided: tuple[Mapping[str, Any], ...]  #: {"element", "decision", "rules", "inputs", "outputs"}
    clocks: tuple[tuple[str, Mapping[str, Any]], ...]  #: (fact kind, detail)
    timers: tuple[str, ...]  #: elements of timers that fired
    letter: str
    instead: tuple[str, str, str] | None  #: groups: whose it was, who acts; and why
    hash: str


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """One move of a token."""

    at: datetime
    element: str
    key: str
    act: str  #: FactKind: entered, left, cancelled, timer_fired …
    via: str  #: sequence flow that led here, "" at a start
    actor: str
    seq: int  #: number of the event


#: Actions that record that somebody looked, which is no part of what happened.
LOOKS = frozenset({"read_case", "export_case", "tell_person"})
#: Who looked longer ago has gone on to something else.
_LATELY: Final = timedelta(minutes=10)
_MOST: Final = 50


def case_events(connection: sa.Connection, company_id: str, case: Case, *, after: int = 0) -> tuple[Event, ...]:
    """The recorded events of *case*, in order, as its reader may see them."""
    return _veiled(case, read_events(connection, Stream(company_id, case.id, case.number), after=after))


def latest_events(connection: sa.Connection, company_id: str, case: Case, count: int) -> tuple[Event, ...]:
    """The last *count* things that happened in *case*, in order; that somebody looked at it is none of them."""
    found = read_latest_events(connection, Stream(company_id, case.id, case.number), count, without=LOOKS)
    return _veiled(case, found)


def _veiled(case: Case, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """*events* without what is kept from the reader of *case*. A body that says it is left out, as that is hashed."""
    if not case.veil:
        return events
    shown = []
    for event in events:
        content = case.veil.anything(event.content)
        shown.append(event if content == event.content else replace(event, content=content, body=""))
    return tuple(shown)


def versions_of(
    connection: sa.Connection, deployments: DeploymentStore, case: Case, events: Iterable[Event]
) -> tuple[tuple[int, Deployment], ...]:
    """The versions *case* ran on, the first first, each with the number of the event from which on it did."""
    changes = [
        (event.seq, fact[-1])
        for event in events
        for fact in event.content.get("facts", ())
        if fact[0] == FactKind.MIGRATED
    ]
    if not changes:
        return ((1, case.deployment),)
    company_id = case.deployment.package.company.id
    known = {case.deployment.definition.fingerprint: case.deployment}
    for version in deployments.versions(connection, company_id, case.procedure):
        each = deployments.version(connection, company_id, case.procedure, version)
        known.setdefault(each.definition.fingerprint, each)
    begun = (1, changes[0][1]["from"])
    return tuple((seq, known[of]) for seq, of in (begun, *((seq, change["to"]) for seq, change in changes)))


def looking_now(connection: sa.Connection, actor: Actor, case: Case, *, now: datetime) -> tuple[str, ...]:
    """Logins of colleagues who looked at *case* in the last minutes, the latest first: they may be at work on it."""
    e = history_events.c
    place = (e.company_id == actor.company_id, e.stream == case.id, e.at >= now - _LATELY)
    looked = (e.action == "read_case", e.actor != actor.name)
    rows = connection.execute(sa.select(e.actor).where(*place, *looked).order_by(e.seq.desc()).limit(_MOST)).scalars()
    return tuple(dict.fromkeys(rows))


def moments(events: Iterable[Event]) -> tuple[Moment, ...]:
    """*events* taken apart for display, in their order."""
    return tuple(_moment(event) for event in events)


def replay_steps(events: Iterable[Event], flows: Mapping[str, FlowElement]) -> tuple[ReplayStep, ...]:
    """Every entering and leaving of every element, in order, each entering with the flow that led to it."""
    steps: list[ReplayStep] = []
    travelling: dict[str, str] = {}  # target -> flow taken towards it
    for event in events:
        for fact in event.content.get("facts", ()):
            kind, element, key, _ = _fact(fact)
            if kind == FactKind.FLOW and element in flows:
                travelling[flows[element].target] = element
            elif kind in _MOVES:
                via = travelling.pop(element, "") if kind == FactKind.ENTERED else ""
                steps.append(ReplayStep(event.at, element, key, kind, via, event.actor, event.seq))
    return tuple(steps)


#: What the ends of a fact mean that were cut.
_ABSENT: tuple[Any, ...] = ("", "", "", None)
_MOVES = frozenset({FactKind.ENTERED, FactKind.LEFT, FactKind.CANCELLED})


def _moment(event: Event) -> Moment:
    content = event.content
    facts = [_fact(fact) for fact in content.get("facts", ())]
    request = content.get("request", {})
    return Moment(
        seq=event.seq,
        at=event.at,
        actor=event.actor,
        on_behalf_of=event.on_behalf_of,
        action=event.action,
        subject=event.subject,
        element=event.subject.rsplit("#", 1)[0].rsplit("/", 1)[-1] if "#" in event.subject else "",
        answers=request.get("data", {}),
        reason=content.get("reason", request.get("reason", "")) or content.get("message", ""),
        decided=tuple({"element": element, **detail} for kind, element, _, detail in facts if kind == FactKind.DECIDED),
        clocks=tuple((kind, detail) for kind, _, _, detail in facts if kind.startswith("clock_")),
        timers=tuple(element for kind, element, _, _ in facts if kind == FactKind.TIMER_FIRED),
        letter=content.get("letter", ""),
        instead=(content["was"], content["to"], content["why"]) if event.action == "act_instead" else None,
        hash=event.hash,
    )


def _fact(fact: list[Any]) -> tuple[str, str, str, Mapping[str, Any]]:
    full = [*fact, *_ABSENT[len(fact) :]]
    return full[0], full[1], full[2], full[3] or {}
