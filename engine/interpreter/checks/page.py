"""The page ``docs/bpmn.md``: what of BPMN 2.0 runs, made from the tables the check itself uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.interpreter.checks.coverage import (
    CORRECTED,
    DRAWN_DATA,
    EVENT_SUB_PROCESS,
    FLOW_NODES,
    INSTEAD,
    REFUSED_ATTRIBUTES,
    refused_event,
)

#: Where an event can stand: heading -> (kind of event, triggers that BPMN 2.0 knows there, table 10.93).
POSITIONS: Final = {
    "start": ("startEvent", ("none", "message", "timer", "conditional", "signal")),
    "catch": ("intermediateCatchEvent", ("message", "timer", "conditional", "signal", "link")),
    "boundary, interrupting": (
        "boundaryEvent",
        ("message", "timer", "error", "escalation", "conditional", "signal", "compensate", "cancel"),
    ),
    "boundary, not interrupting": ("boundaryEvent", ("message", "timer", "escalation", "conditional", "signal")),
    "event sub-process, interrupting": (
        EVENT_SUB_PROCESS,
        ("message", "timer", "error", "escalation", "conditional", "signal", "compensate"),
    ),
    "event sub-process, not interrupting": (
        EVENT_SUB_PROCESS,
        ("message", "timer", "escalation", "conditional", "signal"),
    ),
    "throw": ("intermediateThrowEvent", ("none", "message", "escalation", "signal", "link", "compensate")),
    "end": ("endEvent", ("none", "message", "error", "escalation", "signal", "compensate", "cancel", "terminate")),
}
TRIGGERS: Final = (
    "none", "message", "timer", "error", "escalation", "conditional", "signal", "link", "compensate", "cancel",
    "terminate",
)  # fmt: skip

#: Elements of BPMN 2.0 by chapter, in the order of the page.
ELEMENTS: Final = {
    "Activities": (
        "userTask", "manualTask", "scriptTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask", "task",
        "subProcess", EVENT_SUB_PROCESS, "callActivity", "transaction", "adHocSubProcess",
        "multiInstanceLoopCharacteristics", "standardLoopCharacteristics",
    ),
    "Gateways": ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"),
    "Data and people": (
        "dataObject", "dataObjectReference", "dataStoreReference", "dataInputAssociation", "dataOutputAssociation",
        "ioSpecification", "property", "potentialOwner", "humanPerformer", "performer",
    ),
}  # fmt: skip
_RUN_TOO: Final = (EVENT_SUB_PROCESS, "multiInstanceLoopCharacteristics", "standardLoopCharacteristics")


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of one thing: *instead* is "" when it runs; *note* says how, where it is our own form."""

    instead: str = ""
    note: str = ""

    def __str__(self) -> str:
        if self.instead:
            return f"refused: {self.instead}"
        return f"runs in our corrected form: {self.note}" if self.note else "runs"


def event_answer(position: str, trigger: str) -> Answer | None:
    """What becomes of an event with *trigger* at one of ``POSITIONS``; None if BPMN has no such event."""
    kind, known = POSITIONS[position]
    if trigger not in known:
        return None
    instead = "" if trigger == "none" else refused_event(kind, trigger)
    return Answer(instead, "" if instead else CORRECTED.get(trigger, ""))


def element_answer(tag: str) -> Answer:
    """What becomes of an element of BPMN that is no event."""
    if tag in FLOW_NODES | DRAWN_DATA or tag in _RUN_TOO:
        return Answer(note=CORRECTED.get(tag, ""))
    return Answer(instead=INSTEAD.get(tag, "remove it"))


def describe_coverage() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_element_tables(), *_event_table(), *_attribute_table(), _REST])


def _element_tables() -> Iterator[str]:
    for chapter, tags in ELEMENTS.items():
        yield f"\n## {chapter}\n\n| element | |\n|---|---|"
        yield from (f"| `{tag}` | {element_answer(tag)} |" for tag in tags)


def _event_table() -> Iterator[str]:
    yield "\n## Events\n\nA dash: BPMN 2.0 has no such event.\n"
    yield f"| trigger | {' | '.join(POSITIONS)} |"
    yield "|---" * (len(POSITIONS) + 1) + "|"
    for trigger in TRIGGERS:
        cells = (event_answer(position, trigger) for position in POSITIONS)
        yield f"| {trigger} | {' | '.join('–' if cell is None else _short(cell) for cell in cells)} |"
    yield "\nIn our corrected form (*):\n"
    yield from (f"- {trigger}: {CORRECTED[trigger]}" for trigger in TRIGGERS if trigger in CORRECTED)


def _short(answer: Answer) -> str:
    return "runs*" if answer.note else str(answer)


def _attribute_table() -> Iterator[str]:
    yield "\n## Attributes that are refused\n\n| attribute | runs only as | instead |\n|---|---|---|"
    yield from (f"| `{name}` | `{only}` | {instead} |" for name, (only, instead) in REFUSED_ATTRIBUTES.items())


_HEAD: Final = """# What of BPMN 2.0 runs

Diagrams are standard BPMN 2.0. Whatever does not run is refused when a package is checked, with the place and what to
use instead; nothing is ignored in silence. SpiffWorkflow 3.2.0 reads the diagrams; where its behaviour differs from the
standard or loses data it is replaced, and the tables say "in our corrected form". This page is made from the tables the
check itself uses, and a test builds one diagram for every cell."""

_REST: Final = """
An event sub-process is a `subProcess` with `triggeredByEvent="true"`; an event in another sub-process's start is
refused. A process may have several start events: at most one plain one, which people, schedules and call activities
use, and others by which a message or a signal opens a case. An event has one trigger: multiple and parallel multiple
events are refused (draw one event for each). An event with an error must interrupt; error and escalation watch over
sub-processes and call activities only, since nothing else can raise them. Pools, lanes, message flows, text
annotations, associations and groups are drawn and change nothing; lanes name the group of their tasks. Choreographies
are refused. What the flow of tokens itself may get wrong is in [rules.md](rules.md)."""
