"""What the replay plays: every move of a token on the version it happened in, and everything else that happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import url_for

from engine.calendars import BandKind, bands, receipt_from_json
from engine.deployments import Deployment
from engine.forms import describe
from engine.history import Event
from engine.interpreter import FactKind
from engine.queries.cases import Case
from engine.queries.conformance import INTERVENTIONS
from engine.queries.reports import StepFigure
from engine.queries.timeline import LOOKS, Moment, ReplayStep, moments, replay_steps
from engine.text import Text
from webapp.case_view import details_of, on_behalf, what_of
from webapp.clock_view import pause_words
from webapp.diagrams import element_names, file_names, files_of
from webapp.presentation import full_instant
from webapp.shell import current_translator, language, reader, words

#: The versions a case ran on, each with the number of the event from which on it did.
Versions = Sequence[tuple[int, Deployment]]


def course_of(
    case: Case,
    versions: Versions,
    events: Sequence[Event],
    names: Mapping[str, Text],
    figures: Mapping[str, StepFigure],
    *,
    now: datetime,
) -> Mapping[str, Any]:
    """The course of *case* as the page reads it, see templates/replay.html; *figures* are those of many cases."""
    found = {moment.seq: moment for moment in moments(events) if moment.action not in LOOKS}
    steps = _steps(versions, events, found)
    played = [(_version_at(versions, step.seq), step.element) for step in steps]
    return {
        "names": {
            name: words for _, deployment in reversed(versions) for name, words in element_names(deployment).items()
        },
        "diagrams": _diagrams(case, versions, played),
        "steps": [
            _step(step, version, on_behalf(found[step.seq], names))
            for step, (version, _) in zip(steps, played, strict=True)
        ],
        "events": {
            moment.seq: _event(replace(case, deployment=versions[_version_at(versions, moment.seq)][1]), moment)
            for moment in found.values()
        },
        "late": sorted(t.key for t in case.tasks if t.due_at and t.due_at < (t.ended_at or now)),
        "clocks": _clocks(case, names, now=now),
        "stats": {
            element: {"n": each.count, "mean": _length(each.mean), "p90": _length(each.p90)}
            for element, each in figures.items()
        },
    }


def _steps(versions: Versions, events: Sequence[Event], found: Mapping[int, Moment]) -> list[ReplayStep]:
    """The moves of every event in order; an event that moved nothing is a step of its own."""
    flows = {name: flow for _, deployment in versions for name, flow in deployment.definition.flows.items()}
    moved = {seq: list(steps) for seq, steps in groupby(replay_steps(events, flows), key=attrgetter("seq"))}
    steps: list[ReplayStep] = []
    for seq, moment in found.items():
        alone = ReplayStep(moment.at, moment.element, moment.subject, "mark", "", moment.actor, seq)
        steps += moved.get(seq) or [alone]
    return steps


def _version_at(versions: Versions, seq: int) -> int:
    """Which of *versions* an event happened on; that it went over to another one happened on the new one."""
    return sum(since <= seq for since, _ in versions) - 1


def _step(step: ReplayStep, version: int, name: str) -> Mapping[str, Any]:
    acts = {FactKind.ENTERED: "enter", "mark": "mark"}
    return {
        "t": round(step.at.timestamp() * 1000),
        "el": step.element,
        "key": step.key,
        "act": acts.get(step.act, "leave"),
        "via": step.via or None,
        "who": None if step.actor == "system" else name,
        "seq": step.seq,
        "v": version,
    }


def _event(case: Case, moment: Moment) -> Mapping[str, Any]:
    """*case* is on the version that the event happened on."""
    package = case.deployment.package
    keys = {task.key: task.form for task in case.tasks}
    form = package.forms.get(package.start.form if moment.action == "start_case" else keys.get(moment.subject, ""))
    lines = describe(form, moment.answers, language(), lists=case.deployment.lists) if form and moment.answers else ()
    return {
        "what": what_of(case, moment),
        "notes": [*_late_entry(case, moment), *details_of(case, moment)],
        "lines": [[line.label, line.value] for line in lines if line.value],
        "tone": "by-hand" if moment.action in INTERVENTIONS else "",
    }


def _late_entry(case: Case, moment: Moment) -> Iterable[str]:
    """That a complaint was written down after it had come in."""
    if moment.action.startswith("start_") and case.received_at < moment.at.replace(second=0, microsecond=0):
        look = reader(case.deployment.time_zone)
        yield current_translator().gettext("Happened %(then)s, written down %(at)s") % {
            "then": full_instant(case.received_at, reader=look),
            "at": full_instant(moment.at, reader=look),
        }


def _clocks(case: Case, names: Mapping[str, Text], *, now: datetime) -> list[Mapping[str, Any]]:
    """The time limits that ran beside, in milliseconds, with the times in which they stood."""
    return [
        {
            "name": words(clock.title),
            "from": _milliseconds(clock.started_at),
            "to": _milliseconds(until),
            "due": _milliseconds(clock.due_at) if clock.due_at else None,
            "pauses": [
                {
                    "from": _milliseconds(band.begin),
                    "to": _milliseconds(band.end),
                    "why": pause_words(case, band.reason, names),
                }
                for band in (bands(receipt_from_json(clock.receipt), until) if clock.receipt else ())
                if band.kind is BandKind.PAUSED
            ],
        }
        for clock in case.clocks
        for until in [clock.stopped_at or min(now, case.ended_at or now)]
    ]


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _length(time: timedelta) -> int:
    return round(time.total_seconds() * 1000)


def _diagrams(case: Case, versions: Versions, played: Sequence[tuple[int, str]]) -> list[Mapping[str, Any]]:
    """The drawings the case went through, version by version, in the order of the case page; one at least."""
    drawn: list[Mapping[str, Any]] = []
    for number, (_, deployment) in enumerate(versions):
        elements = deployment.definition.elements
        visited = {elements[name].file for version, name in played if version == number and name in elements}
        names, files = file_names(deployment), files_of(replace(case, deployment=deployment))
        for file in [file for file in files if file in visited] or files[:1]:
            name = names.get(file, file)
            url = url_for("cases.diagram", number=case.number, file=file, version=deployment.version)
            drawn.append({"name": _named(name, deployment, several=len(versions) > 1), "url": url, "v": number})
    return drawn


def _named(name: str, deployment: Deployment, *, several: bool) -> str:
    if not several:
        return name
    return current_translator().gettext("%(name)s, version %(version)s") % {
        "name": name,
        "version": deployment.version,
    }
