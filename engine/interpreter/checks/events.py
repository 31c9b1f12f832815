"""Events: which definitions run where, and what each must say."""

from __future__ import annotations

from lxml import etree

from engine.interpreter.checks.coverage import (
    ACTIVITIES,
    EVENT_SUB_PROCESS,
    REFUSED_NODES,
    SUBPROCESSES,
    refused_event,
)
from engine.interpreter.checks.extensions import check_extensions
from engine.interpreter.checks.sheet import Sheet
from engine.interpreter.checks.xml import (
    BPMN,
    SPIFF,
    event_definitions,
    id_of,
    interrupts,
    is_event_sub_process,
    local,
    position_of,
    text_of,
)
from engine.interpreter.timers import Timer, parse_timer


def check_event(sheet: Sheet, node: etree._Element, host: etree._Element | None, file: str) -> None:
    """Check one event; *host* is the activity a boundary event is attached to."""
    definitions = list(event_definitions(node))
    if len(definitions) > 1:
        sheet.refuse(
            "several-triggers", node, file, f"{id_of(node)!r} has several event definitions. Draw one event for each."
        )
    for definition in definitions:
        check_definition(sheet, node, definition, file)
    if not definitions and position_of(node) in {"intermediateCatchEvent", "boundaryEvent", EVENT_SUB_PROCESS}:
        sheet.refuse(
            "event-without-trigger", node, file,
            f"{id_of(node)!r} waits for nothing. Add a timer, message, signal or condition.",
        )  # fmt: skip
    if local(node) == "boundaryEvent":
        check_boundary(sheet, node, host, definitions, file)


def check_definition(sheet: Sheet, node: etree._Element, definition: etree._Element, file: str) -> None:
    kind, trigger = position_of(node), local(definition).removesuffix("EventDefinition")
    if instead := refused_event(kind, trigger):
        sheet.refuse(
            "event-does-not-run", definition, file,
            f"A {trigger} {local(node)} ({id_of(node)!r}) does not run: {instead}.",
        )  # fmt: skip
        return
    if trigger == "error" and not interrupts(node):
        sheet.refuse(
            "error-must-interrupt",
            node,
            file,
            f"The error event {id_of(node)!r} must interrupt. Make it interrupting.",
        )
    if trigger == "timer":
        check_timer(sheet, node, definition, file)
    elif trigger == "message":
        check_message(sheet, node, definition, file)
    elif trigger in {"error", "escalation"}:
        check_code(sheet, node, definition, trigger, file)
    elif trigger == "signal":
        check_signal(sheet, node, definition, file)
    elif trigger == "conditional":
        check_conditional(sheet, node, definition, file)


def check_message(sheet: Sheet, node: etree._Element, holder: etree._Element, file: str) -> None:
    reference = holder.get("messageRef")
    if reference not in sheet.messages:
        sheet.refuse(
            "message-is-missing", node, file,
            f"{id_of(node)!r} names no message of the diagram. Choose one, so that it can be sent or awaited.",
        )  # fmt: skip
    check_cargo(sheet, node, holder, file)


def check_signal(sheet: Sheet, node: etree._Element, definition: etree._Element, file: str) -> None:
    if not sheet.signals.get(definition.get("signalRef") or ""):
        sheet.refuse(
            "signal-is-missing", node, file,
            f"{id_of(node)!r} names no signal with a name. Choose one, so that it can be thrown or heard.",
        )  # fmt: skip
    check_cargo(sheet, node, definition, file)


def check_conditional(sheet: Sheet, node: etree._Element, definition: etree._Element, file: str) -> None:
    condition = text_of(definition.find(f"{BPMN}condition"))
    if not condition:
        sheet.refuse(
            "event-without-trigger", node, file, f"{id_of(node)!r} has no condition. Write one in FEEL over the data."
        )
    sheet.expression(condition, node, file)
    sheet.reading.has_conditions = True


def check_cargo(sheet: Sheet, node: etree._Element, holder: etree._Element, file: str) -> None:
    """What is sent along, and where it is written."""
    check_extensions(sheet, holder, file)
    for tag in ("messagePayload", "messageVariable"):
        for each in holder.iterfind(f"{BPMN}extensionElements/{SPIFF}{tag}"):
            if tag == "messagePayload":
                sheet.expression(each.text, node, file)
            else:
                sheet.check_key((each.text or "").strip(), node, file)


def check_code(sheet: Sheet, node: etree._Element, definition: etree._Element, trigger: str, file: str) -> None:
    codes = sheet.error_codes if trigger == "error" else sheet.escalation_codes
    reference = definition.get(f"{trigger}Ref")
    catches = position_of(node) in {"boundaryEvent", EVENT_SUB_PROCESS}
    if (reference is None and catches) or codes.get(reference or ""):
        return
    sheet.refuse(
        "code-is-missing", node, file,
        f"{id_of(node)!r} names no {trigger} with a code. Choose one, so that it can be told from others.",
    )  # fmt: skip


def check_boundary(
    sheet: Sheet, node: etree._Element, host: etree._Element | None, definitions: list[etree._Element], file: str
) -> None:
    if host is None or local(host) not in ACTIVITIES | REFUSED_NODES or is_event_sub_process(host):
        sheet.refuse(
            "boundary-without-activity", node, file, f"{id_of(node)!r} is attached to no activity. Attach it to one."
        )
        return
    triggers = {local(definition).removesuffix("EventDefinition") for definition in definitions}
    if triggers & {"error", "escalation"} and local(host) not in SUBPROCESSES | {"callActivity"}:
        sheet.refuse(
            "boundary-never-fires", node, file,
            f"Nothing inside {id_of(host)!r} can raise what {id_of(node)!r} awaits. Attach it to a sub-process.",
        )  # fmt: skip
    quick = local(host) in {"scriptTask", "businessRuleTask", "sendTask"}
    if quick:
        sheet.refuse(
            "boundary-never-fires", node, file,
            f"{id_of(host)!r} is done at once, so {id_of(node)!r} never fires. Attach it to something that takes time.",
        )  # fmt: skip


def check_timer(sheet: Sheet, node: etree._Element, definition: etree._Element, file: str) -> None:
    texts = [
        child for kind in ("timeDate", "timeDuration", "timeCycle") for child in definition.iterfind(f"{BPMN}{kind}")
    ]
    if len(texts) != 1 or not text_of(texts[0]):
        sheet.refuse(
            "timer-without-time", node, file,
            f"{id_of(node)!r} says no time. Write an ISO 8601 text such as P3D, or the id of a deadline.",
        )  # fmt: skip
        return
    (holder,) = texts
    text = text_of(holder)
    timer = timer_of(sheet, text)
    if timer.expression:
        sheet.expression(timer.expression, node, file)
    if (local(holder) == "timeCycle") != timer.cycle:
        sheet.refuse(
            "timer-kind",
            node,
            file,
            f"{text!r} at {id_of(node)!r} does not fit {local(holder)}. Write R3/P1D for cycles only.",
        )
    elif timer.cycle and (position_of(node) not in {"boundaryEvent", EVENT_SUB_PROCESS} or interrupts(node)):
        sheet.refuse(
            "cycle-fires-once", node, file,
            f"{id_of(node)!r} can fire only once, so a cycle is in vain. Use timeDuration, or do not interrupt.",
        )  # fmt: skip
    sheet.reading.timers[node.get("id") or ""] = timer


def timer_of(sheet: Sheet, text: str) -> Timer:
    name = text.strip("\"'")
    if name in sheet.package.deadlines:
        return Timer(deadline=name)
    return parse_timer(text, sheet.zone) or Timer(expression=text.removeprefix("=").strip())
