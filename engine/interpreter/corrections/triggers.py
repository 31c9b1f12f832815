"""What an event waits for or tells, read from the diagram.

SpiffWorkflow's event definitions are not used: they forget the signal of an end event, take error starts for plain ones
and keep what fired inside the task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

_BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_SPIFF: Final = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"


@dataclass(frozen=True, slots=True)
class Trigger:
    """The one event definition of an event, or the message of a send or receive task."""

    kind: str = ""  #: ``"message"``, ``"timer"``, ``"signal"`` …; "" = none
    name: str = ""  #: of a message or signal, by which it is found
    code: str | None = None  #: of an error or escalation; None hears every one
    condition: str = ""  #: FEEL of a conditional event
    payload: str = ""  #: FEEL that gives what is sent along
    variable: str = ""  #: where what came along is written; "" = each key by itself
    correlation: tuple[tuple[str, str], ...] = ()  #: of a message: (correlation property id, FEEL over the data)


NO_TRIGGER: Final = Trigger()


def read_trigger(node: etree._Element) -> Trigger:
    """The trigger of an event, send task or receive task; those of its watchers and contents are not its own."""
    if (message := node.get("messageRef")) is not None:
        return _message(node, message)
    for definition in node.iterchildren():
        tag = etree.QName(definition).localname if isinstance(definition.tag, str) else ""
        if tag.endswith("EventDefinition"):
            return _read(definition, tag.removesuffix("EventDefinition"))
    return NO_TRIGGER


def _read(definition: etree._Element, kind: str) -> Trigger:
    if kind == "message":
        return _message(definition, definition.get("messageRef") or "")
    if kind == "conditional":
        return Trigger(kind, condition=(definition.findtext(f"{_BPMN}condition") or "").strip())
    if kind == "signal":
        signal = _root_element(definition, kind, definition.get("signalRef") or "")
        name = "" if signal is None else signal.get("name") or ""
        return Trigger(kind, name, payload=_word(definition, "messagePayload"), variable=_variable(definition))
    if kind in {"error", "escalation"}:
        raised = _root_element(definition, kind, definition.get(f"{kind}Ref") or "")
        return Trigger(kind, code=None if raised is None else raised.get(f"{kind}Code"))
    return Trigger(kind)


def _message(holder: etree._Element, reference: str) -> Trigger:
    message = _root_element(holder, "message", reference)
    return Trigger(
        "message",
        "" if message is None else message.get("name") or "",
        payload=_word(holder, "messagePayload"),
        variable=_variable(holder),
        correlation=_correlation(holder, reference),
    )


def _correlation(node: etree._Element, message: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (prop.get("id") or "", (retrieval.findtext("*") or "").strip())
        for prop in node.getroottree().getroot().iter(f"{_BPMN}correlationProperty")
        for retrieval in prop.iterchildren(f"{_BPMN}correlationPropertyRetrievalExpression")
        if retrieval.get("messageRef") == message
    )


def _root_element(node: etree._Element, tag: str, id_: str) -> etree._Element | None:
    elements = node.getroottree().getroot().iterchildren(f"{_BPMN}{tag}")
    return next((element for element in elements if element.get("id") == id_), None)


def _variable(holder: etree._Element) -> str:
    return _word(holder, "messageVariable")


def _word(holder: etree._Element, tag: str) -> str:
    return (holder.findtext(f"{_BPMN}extensionElements/{_SPIFF}{tag}") or "").strip()
