"""What a check writes on: findings, and everything one pass over the files collects."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from lxml import etree

from engine.decisions import DecisionModel
from engine.errors import UnsafeFile
from engine.findings import Finding, Severity
from engine.interpreter.checks.coverage import INSTEAD
from engine.interpreter.checks.xml import BPMN, id_of, line_of, local, named
from engine.interpreter.data import is_key
from engine.interpreter.elements import Element, Entrance, FlowElement
from engine.interpreter.expressions import Expressions
from engine.interpreter.timers import Timer
from engine.procedures.package import Package


@dataclass
class Reading:
    """Everything one pass over a package's diagrams finds."""

    findings: list[Finding] = field(default_factory=list)
    roots: dict[str, etree._Element] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, FlowElement] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)
    entrances: list[Entrance] = field(default_factory=list)
    event_sub_processes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    has_conditions: bool = False
    data_objects: dict[str, tuple[str, ...]] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    decisions: dict[str, DecisionModel] = field(default_factory=dict)
    expressions: Expressions = field(default_factory=Expressions)


@dataclass(frozen=True, slots=True)
class Place:
    file: str
    line: int | None
    element: str | None


class Sheet:
    """The reading in the making, with what one element needs to know of others."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.zone = ZoneInfo(package.company.time_zone)
        self.reading = Reading()
        self.lanes: dict[str, str] = {}
        self.used_ids: dict[str, str] = {}
        self.texts: dict[str, list[Place]] = {}
        self.calls: list[tuple[etree._Element, str]] = []
        self.links: set[str] = set()
        self.unread_decisions = False  #: a decision file cannot be read, so nobody knows what is missing
        self.messages: dict[str, str] = {}
        self.signals: dict[str, str] = {}
        self.error_codes: dict[str, str] = {}
        self.escalation_codes: dict[str, str] = {}

    def refuse(self, rule: str, node: etree._Element | None, file: str, message: str) -> None:
        self.reading.findings.append(
            Finding(rule, Severity.ERROR, message, file, None if node is None else line_of(node), id_of(node))
        )

    def unsafe(self, name: str, error: UnsafeFile) -> None:
        message = f"{name} is not read: {error.reason}. Save it again as plain XML."
        self.reading.findings.append(Finding("unsafe-file", Severity.ERROR, message, name, error.line))

    def expression(self, text: str | None, node: etree._Element, file: str) -> None:
        """Note a FEEL text to be compiled."""
        if text and text.strip():
            self.texts.setdefault(text.strip(), []).append(Place(file, line_of(node), id_of(node)))

    def claim(self, node: etree._Element, file: str) -> None:
        id_ = node.get("id")
        if not id_:
            self.refuse("element-without-id", node, file, f"A {local(node)} has no id. Give it one.")
        elif id_ in self.used_ids:
            self.refuse(
                "duplicate-id", node, file,
                f"The id {id_!r} is in {self.used_ids[id_]} already. Ids are unique in a procedure: choose another.",
            )  # fmt: skip
        else:
            self.used_ids[id_] = file

    def check_key(self, name: str, node: etree._Element, file: str) -> None:
        if name and not is_key(name):
            self.refuse(
                "not-an-identifier", node, file,
                f"{name!r} at {id_of(node)!r} is no name for data. Use letters, digits and _, beginning with a letter.",
            )  # fmt: skip

    def refuse_unknown(self, node: etree._Element, known: frozenset[str], file: str) -> None:
        """Refuse every BPMN child of *node* that is not known to mean something here."""
        for child in node:
            if isinstance(child.tag, str) and child.tag.startswith(BPMN) and local(child) not in known:
                tag = local(child)
                instead = INSTEAD.get(tag, "remove it")
                self.refuse("element-does-not-run", child, file, f"{named(child, node)} does not run: {instead}.")
