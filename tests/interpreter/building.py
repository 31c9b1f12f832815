"""Builds small procedures for the tests of the interpreter: BPMN from a few words, packages around it."""

# ruff: noqa: A002 - an element's id is called id

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from engine.calendars import Calendars, Unit, weekday_calendar
from engine.interpreter import (
    CompleteUserTask,
    Definition,
    Request,
    StartCase,
    Step,
    TaskKey,
    WakeUp,
    advance,
    compile_definition,
)
from engine.procedures.package import CaseFields, Company, DeadlineRule, Package, Start

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="tests" id="definitions"'
)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai, a working Monday


def element(tag: str, id: str, inner: str = "", **attributes: str) -> str:
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f'<{tag} id="{id}"{written}>{inner}</{tag}>'


def flow(source: str, target: str, when: str = "", id: str = "") -> str:
    condition = f"<conditionExpression>{escape(when)}</conditionExpression>" if when else ""
    return f'<sequenceFlow id="{id or f"{source}_{target}"}" sourceRef="{source}" targetRef="{target}">{condition}</sequenceFlow>'


def chain(*ids: str) -> str:
    return "".join(flow(source, target) for source, target in pairwise(ids))


def properties(**values: str) -> str:
    listed = "".join(f"<spiffworkflow:property name={quoteattr(k)} value={quoteattr(v)}/>" for k, v in values.items())
    return f"<extensionElements><spiffworkflow:properties>{listed}</spiffworkflow:properties></extensionElements>"


def start(id: str = "start") -> str:
    return element("startEvent", id)


def end(id: str = "end", inner: str = "") -> str:
    return element("endEvent", id, inner)


def user(id: str, inner: str = "", **values: str) -> str:
    return element("userTask", id, (properties(**values) if values else "") + inner)


def script(id: str, text: str, result: str) -> str:
    return element("scriptTask", id, properties(result=result) + f"<script>{escape(text)}</script>")


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<timerEventDefinition><{kind}>{escape(text)}</{kind}></timerEventDefinition>"


def boundary(id: str, host: str, inner: str, *, interrupting: bool = True) -> str:
    return element("boundaryEvent", id, inner, attachedToRef=host, cancelActivity=str(interrupting).lower())


def process(body: str, id: str = "complaint") -> str:
    return f'<process id="{id}" isExecutable="true">{body}</process>'


def definitions(*parts: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions {NAMESPACES}>{"".join(parts)}</definitions>'.encode()


def a_company() -> Company:
    return Company("acme", {"en": "Acme"}, "en", "Asia/Shanghai", "A-{seq}", "", {}, {})


def a_package(*parts: str, **changes: Any) -> Package:
    """A package whose one diagram consists of *parts*; a single part without <process> is the body of the process."""
    if not any("<process " in part for part in parts):
        parts = (process("".join(parts)),)
    values: dict[str, Any] = {
        "company": a_company(),
        "id": "complaint",
        "title": {"en": "Complaint"},
        "summary": {"en": ""},
        "process": "complaint",
        "case_number": "A-{seq}",
        "regulation": {},
        "start": Start("", ("*",)),
        "case": CaseFields(""),
        "lanes": {},
        "milestones": {},
        "outcomes": {},
        "deadlines": {},
        "schedules": {},
        "clauses": (),
        "ours": {},
        "forms": {},
        "letters": {},
        "guidance": {},
        "element_names": {},
        "diagrams": {"complaint.bpmn": definitions(*parts)},
        "decisions": {},
        "files": {},
    }
    if "deadlines" in changes:
        changes["deadlines"] = {rule.id: rule for rule in changes["deadlines"]}
    return Package(**(values | changes))


def a_deadline(id: str, **values: Any) -> DeadlineRule:
    return DeadlineRule(id=id, title={"en": id}, **(values | {"unit": Unit(values["unit"])}))


def office_calendars() -> Calendars:
    office = (time(9), time(12)), (time(13), time(18))
    return Calendars(own=weekday_calendar(dict.fromkeys(range(1, 6), office), "Asia/Shanghai"))


class Walk:
    """A case that is saved and loaded again after every step."""

    def __init__(
        self, *parts: str, definition: Definition | None = None, now: datetime = MONDAY, **changes: Any
    ) -> None:
        self.definition = definition or compile_definition(a_package(*parts, **changes))
        self.calendars = office_calendars()
        self.now = now
        self.step: Step | None = None
        self.facts: list[Any] = []

    def ask(self, request: Request, **options: Any) -> Step:
        state = None if self.step is None else self.step.state
        step = advance(self.definition, state, request, now=self.now, calendars=self.calendars, **options)
        if step.fault is None:
            self.step = step
            self.facts += step.facts
        return step

    def begin(self, **data: Any) -> Step:
        return self.ask(StartCase(data))

    def ask_data(self, data: dict[str, Any]) -> Step:
        """Begin with *data* whose keys may be anything."""
        return self.ask(StartCase(data))

    def do(self, element: str, **data: Any) -> Step:
        """Complete the open task at *element* (or with that key) that has been open longest."""
        return self.ask(CompleteUserTask(self.key(element), data))

    def key(self, element: str) -> TaskKey:
        assert self.step is not None
        keys = [task.key for task in self.step.open_tasks if element in (task.element, task.key)]
        assert keys, f"{element} is not open: {self.open}"
        return keys[0]

    def wait(self, **duration: int) -> Step:
        """Let time pass as the worker does: wake the case at every instant it asks for."""
        until = self.now + timedelta(**duration)
        while self.step and self.step.next_wake is not None and self.step.next_wake <= until:
            self.now = max(self.now, self.step.next_wake)
            self.ask(WakeUp())
        self.now = until
        return self.ask(WakeUp())

    @property
    def open(self) -> list[str]:
        assert self.step is not None
        return sorted(task.element for task in self.step.open_tasks)

    @property
    def path(self) -> list[str]:
        """Elements and flows in the order they were entered and taken."""
        return [fact.element for fact in self.facts if fact.kind in ("entered", "flow")]

    def kinds(self) -> list[tuple[str, str]]:
        return [(str(fact.kind), fact.element) for fact in self.facts]


def data_of(step: Step) -> Mapping[str, Any]:
    return step.data
