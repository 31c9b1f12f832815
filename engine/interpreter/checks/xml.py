"""Words for looking at BPMN's XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from engine.interpreter.checks.coverage import EVENT_SUB_PROCESS, EVENTS, SUB_PROCESS_START

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SPIFF: Final = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"


def line_of(node: etree._Element) -> int | None:
    line = node.sourceline
    return line if isinstance(line, int) else None


def local(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def id_of(node: etree._Element | None) -> str | None:
    """The id of *node*, or of the nearest element around it that has one."""
    while node is not None and not node.get("id"):
        node = node.getparent()
    return None if node is None else node.get("id")


def named(child: etree._Element, around: etree._Element) -> str:
    return f"{local(child)} {child.get('id')!r}" if child.get("id") else f"{local(child)} of {id_of(around)!r}"


def text_of(node: etree._Element | None) -> str:
    return "" if node is None else (node.text or "").strip()


def event_definitions(node: etree._Element) -> Iterator[etree._Element]:
    return (child for child in node if isinstance(child.tag, str) and local(child).endswith("EventDefinition"))


def is_event_sub_process(node: etree._Element | None) -> bool:
    return node is not None and local(node) == "subProcess" and node.get("triggeredByEvent") == "true"


def interrupts(event: etree._Element) -> bool:
    """Whether a boundary event, or the start event of an event sub-process, ends what goes on."""
    attribute = "cancelActivity" if local(event) == "boundaryEvent" else "isInterrupting"
    return event.get(attribute, "true") != "false"


def position_of(event: etree._Element) -> str:
    """Where an event stands, as the tables of ``coverage`` say it."""
    if local(event) != "startEvent":
        return local(event)
    if is_event_sub_process(around := event.getparent()):
        return EVENT_SUB_PROCESS
    return local(event) if around is None or local(around) == "process" else SUB_PROCESS_START


def link_of(node: etree._Element) -> str | None:
    """The name of a link event, None for everything else."""
    definition = node.find(f"{BPMN}linkEventDefinition")
    return None if definition is None else (definition.get("name") or "").strip()


def event_tags(node: etree._Element) -> frozenset[str]:
    """Event definitions are judged one by one elsewhere."""
    return frozenset(local(child) for child in event_definitions(node)) if local(node) in EVENTS else frozenset()
