"""Activities: attributes, extensions, loops, and what each kind of task needs."""

from __future__ import annotations

import re

from lxml import etree

from engine.interpreter.checks.coverage import ACTIVITIES, LOOP_CHILDREN, REFUSED_ATTRIBUTES
from engine.interpreter.checks.events import check_message
from engine.interpreter.checks.sheet import Sheet
from engine.interpreter.checks.xml import BPMN, SPIFF, id_of, is_event_sub_process, local, text_of
from engine.interpreter.corrections.parser import properties_of
from engine.interpreter.data import is_key


def check_attributes(sheet: Sheet, node: etree._Element, file: str) -> None:
    for attribute, (harmless, instead) in REFUSED_ATTRIBUTES.items():
        if node.get(attribute, harmless) != harmless:
            sheet.refuse(
                "element-does-not-run", node, file,
                f"{attribute}={node.get(attribute)!r} on {id_of(node)!r} does not run: {instead}.",
            )  # fmt: skip


def check_loop(sheet: Sheet, node: etree._Element, file: str) -> None:
    loop = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    standard = node.find(f"{BPMN}standardLoopCharacteristics")
    for each in (loop, standard):
        if each is not None:
            sheet.refuse_unknown(each, LOOP_CHILDREN, file)
            if local(node) not in ACTIVITIES or is_event_sub_process(node):
                sheet.refuse("element-does-not-run", each, file, f"{id_of(node)!r} cannot be repeated.")
    if standard is not None:
        check_standard_loop(sheet, node, standard, file)
    if loop is None:
        return
    for tag in ("loopCardinality", "completionCondition"):
        sheet.expression(text_of(loop.find(f"{BPMN}{tag}")), node, file)
    cardinality, collection = (text_of(loop.find(f"{BPMN}{tag}")) for tag in ("loopCardinality", "loopDataInputRef"))
    if bool(cardinality) == bool(collection):
        sheet.refuse(
            "how-many-instances", node, file,
            f"{id_of(node)!r} is done several times: name a number (loopCardinality) or a list (loopDataInputRef).",
        )  # fmt: skip
    for tag in ("loopDataInputRef", "loopDataOutputRef"):
        sheet.check_key(text_of(loop.find(f"{BPMN}{tag}")), node, file)
    for tag in ("inputDataItem", "outputDataItem"):
        item = loop.find(f"{BPMN}{tag}")
        sheet.check_key("" if item is None else item.get("id") or item.get("name") or "", node, file)


def check_standard_loop(sheet: Sheet, node: etree._Element, loop: etree._Element, file: str) -> None:
    condition, maximum = text_of(loop.find(f"{BPMN}loopCondition")), loop.get("loopMaximum")
    sheet.expression(condition, node, file)
    if not condition and maximum is None:
        sheet.refuse(
            "endless-loop",
            node,
            file,
            f"{id_of(node)!r} is repeated for ever. Give it a loopCondition or loopMaximum.",
        )
    if maximum is not None and not re.fullmatch("[0-9]{1,6}", maximum):
        sheet.refuse(
            "endless-loop", node, file, f"loopMaximum of {id_of(node)!r} is {maximum!r}. Write a whole number."
        )


def check_user_task(sheet: Sheet, node: etree._Element, file: str) -> None:
    properties = properties_of(node)
    lane = sheet.reading.elements[node.get("id") or ""].lane
    for text in (properties.get("group") or sheet.package.lanes.get(lane, ""), properties.get("due", "")):
        if text.startswith("=") and not text[1:].strip():
            sheet.refuse(
                "empty-expression", node, file,
                f"{id_of(node)!r} has an = with nothing behind it. Write a FEEL expression there, or a plain name.",
            )  # fmt: skip
        elif text.startswith("="):
            sheet.expression(text[1:], node, file)
    due = properties.get("due", "")
    if due and not due.startswith("=") and due not in sheet.package.deadlines:
        sheet.refuse(
            "unknown-deadline", node, file,
            f"{id_of(node)!r} is due by {due!r}, no deadline of procedure.toml. Add it there, or correct the name.",
        )  # fmt: skip


def check_script_task(sheet: Sheet, node: etree._Element, file: str) -> None:
    script = text_of(node.find(f"{BPMN}script"))
    if not script:
        sheet.refuse(
            "script-without-expression", node, file, f"{id_of(node)!r} has no script. Write one FEEL expression."
        )
    sheet.expression(script, node, file)
    result = properties_of(node).get("result", "")
    if not is_key(result):
        sheet.refuse(
            "script-without-result", node, file,
            f"{id_of(node)!r} names no variable for its value. Add the property result with an identifier.",
        )  # fmt: skip


def check_service_task(sheet: Sheet, node: etree._Element, file: str) -> None:
    operator = node.find(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator")
    if operator is None or not operator.get("id"):
        sheet.refuse(
            "service-without-operator", node, file,
            f"{id_of(node)!r} names no operator. Add spiffworkflow:serviceTaskOperator with the id of one.",
        )  # fmt: skip
        return
    for parameter in operator.iter(f"{SPIFF}parameter"):
        if not parameter.get("id") or not (parameter.get("value") or "").strip():
            sheet.refuse(
                "service-without-operator", parameter, file,
                f"A parameter of {id_of(node)!r} lacks its id or value. Write both; the value is FEEL.",
            )  # fmt: skip
        else:
            sheet.expression(parameter.get("value"), node, file)
    sheet.check_key(properties_of(node).get("result", "") or operator.get("resultVariable") or "", node, file)


def check_business_rule_task(sheet: Sheet, node: etree._Element, file: str) -> None:
    decision = text_of(node.find(f"{BPMN}extensionElements/{SPIFF}calledDecisionId"))
    if decision not in sheet.reading.decisions and not sheet.unread_decisions:
        known = ", ".join(sorted(sheet.reading.decisions)) or "none"
        sheet.refuse(
            "unknown-decision", node, file,
            f"{id_of(node)!r} calls decision {decision!r}, which is not in the package. Its decisions: {known}.",
        )  # fmt: skip


def check_call_activity(sheet: Sheet, node: etree._Element, file: str) -> None:
    sheet.calls.append((node, file))


def check_message_task(sheet: Sheet, node: etree._Element, file: str) -> None:
    if node.get("instantiate") == "true":
        sheet.refuse(
            "element-does-not-run", node, file, f"instantiate on {id_of(node)!r} does not run: use a start event."
        )
    check_message(sheet, node, node, file)


#: What each kind needs besides what all need.
CHECKS = {
    "userTask": check_user_task,
    "manualTask": check_user_task,
    "scriptTask": check_script_task,
    "serviceTask": check_service_task,
    "businessRuleTask": check_business_rule_task,
    "callActivity": check_call_activity,
    "sendTask": check_message_task,
    "receiveTask": check_message_task,
}
