"""A procedure package made ready to run: read once, shared by threads and cases, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from engine.decisions import Decision, DecisionModel
from engine.errors import PackageRefused
from engine.findings import Finding, Severity
from engine.interpreter.checks import Reading, read_package
from engine.interpreter.corrections import require_corrected_version
from engine.interpreter.corrections.activities import UserTask
from engine.interpreter.corrections.parser import read_processes
from engine.interpreter.elements import Element, Entrance, FlowElement
from engine.interpreter.expressions import Expressions
from engine.interpreter.timers import Timer
from engine.procedures.package import DeadlineRule, Package


@dataclass(frozen=True)
class Definition:
    """Everything the interpreter needs to run cases of one package.

    Compile once, use from any thread. *elements*, *flows* and *processes* are for everybody, the rest is ours.
    """

    elements: Mapping[str, Element]
    flows: Mapping[str, FlowElement]
    processes: Mapping[str, str]  #: process id -> name, executable ones only
    process: str  #: the process a case runs when the request names none
    digest: bytes = field(repr=False)  #: 8 bytes that tell definitions apart
    specs: Mapping[str, Any] = field(repr=False)  #: SpiffWorkflow's specification of every process and sub-process
    entrances: tuple[Entrance, ...]  #: start events by which messages and signals open cases
    starts: Mapping[str, str] = field(repr=False)  #: process or sub-process id -> its start event
    event_sub_processes: Mapping[str, tuple[str, ...]] = field(repr=False)  #: process or sub-process id -> those in it
    data_objects: Mapping[str, tuple[str, ...]] = field(repr=False)  #: scope id -> names that are its own
    has_conditions: bool = field(repr=False)  #: whether there are conditional events at all
    expressions: Expressions = field(repr=False)
    decisions: Mapping[str, DecisionModel] = field(repr=False)  #: decision id -> the model it is in
    timers: Mapping[str, Timer] = field(repr=False)  #: event id -> what it waits for
    deadlines: Mapping[str, DeadlineRule] = field(repr=False)
    calendar_of_group: Mapping[str, str] = field(repr=False)  #: group id -> the calendar its department works by
    holders: frozenset[str] = field(repr=False)  #: groups of those who hold a position in one
    instead_of: Mapping[str, str] = field(repr=False)  #: position -> group that acts where a group does not have it
    outcomes: frozenset[str] = field(repr=False)
    time_zone: ZoneInfo = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits: two definitions with the same ones run a saved state alike."""
        return self.digest.hex()

    def decision(self, decision_id: str) -> Decision:
        """The decision with that id, for those who explain what it decided. Raises KeyError."""
        found: Decision = self.decisions[decision_id].decisions[decision_id]
        return found


def compile_definition(package: Package) -> Definition:
    """*package* ready to run. Raises PackageRefused with all findings of severity error."""
    require_corrected_version()
    reading = read_package(package)
    if errors := [finding for finding in reading.findings if finding.severity is Severity.ERROR]:
        raise PackageRefused(errors)
    specs = read_processes(reading.roots)
    _assign_people(package, reading, specs)
    return Definition(
        elements=MappingProxyType(reading.elements),
        flows=MappingProxyType(reading.flows),
        processes=MappingProxyType(reading.processes),
        process=package.process,
        digest=_digest(package),
        specs=specs,
        entrances=tuple(reading.entrances),
        starts=reading.starts,
        event_sub_processes=reading.event_sub_processes,
        data_objects=reading.data_objects,
        has_conditions=reading.has_conditions,
        expressions=reading.expressions,
        decisions=reading.decisions,
        timers=reading.timers,
        deadlines=package.deadlines,
        calendar_of_group={id_: group.calendar for id_, group in package.company.groups.items() if group.calendar},
        holders=frozenset(id_ for id_, group in package.company.groups.items() if group.position),
        instead_of={id_: each.instead for id_, each in package.company.positions.items() if each.instead},
        outcomes=frozenset(package.outcomes),
        time_zone=ZoneInfo(package.company.time_zone),
    )


def check_diagrams(package: Package) -> list[Finding]:
    """All findings about the diagrams of *package*, in order of file and line. Nothing raises."""
    return list(read_package(package).findings)


def _assign_people(package: Package, reading: Reading, specs: Mapping[str, Any]) -> None:
    """Give every user task its group and deadline while the specifications are still ours alone."""
    for spec in specs.values():
        for node in spec.task_specs.values():
            if isinstance(node, UserTask):
                node.group = node.properties.get("group") or package.lanes.get(reading.elements[node.name].lane, "")
                node.due = node.properties.get("due", "")


def _digest(package: Package) -> bytes:
    """Tells packages apart that would run a saved state differently."""
    total = hashlib.sha256()
    for files in (package.diagrams, package.decisions):
        for name, content in sorted(files.items()):
            total.update(f"{name}\0{len(content)}\0".encode())
            total.update(content)
    calendars = sorted((id_, group.calendar) for id_, group in package.company.groups.items() if group.calendar)
    rules = (package.process, sorted(package.lanes.items()), sorted(package.deadlines.items()), calendars)
    total.update(repr(rules).encode())
    if positions := package.company.positions:
        held = sorted((id_, each.of, each.instead) for id_, each in positions.items())
        total.update(repr(held).encode())
    return total.digest()[:8]
