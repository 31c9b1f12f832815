"""Sequence flows: what they join, and whether a choice has an answer in every case."""

from __future__ import annotations

from collections import Counter

from lxml import etree

from engine.interpreter.checks.coverage import ACTIVITIES
from engine.interpreter.checks.sheet import Sheet
from engine.interpreter.checks.xml import BPMN, id_of, local, text_of
from engine.interpreter.elements import FlowElement


def read_flows(sheet: Sheet, flows: list[etree._Element], nodes: list[etree._Element], file: str) -> None:
    by_id = {node.get("id"): node for node in nodes}
    for flow in flows:
        sheet.claim(flow, file)
        source, target = by_id.get(flow.get("sourceRef")), by_id.get(flow.get("targetRef"))
        if source is None or target is None:
            sheet.refuse(
                "flow-to-nowhere", flow, file,
                f"Flow {id_of(flow)!r} does not join two elements of the same process that run. Draw it again.",
            )  # fmt: skip
            continue
        condition = text_of(flow.find(f"{BPMN}conditionExpression"))
        default = source.get("default") == flow.get("id")
        sheet.expression(condition, flow, file)
        sheet.reading.flows[flow.get("id") or ""] = FlowElement(
            flow.get("id") or "",
            source.get("id") or "",
            target.get("id") or "",
            flow.get("name") or "",
            condition,
            default,
        )
        check_condition(sheet, flow, source, condition, file, default=default)


def check_condition(
    sheet: Sheet, flow: etree._Element, source: etree._Element, condition: str, file: str, *, default: bool
) -> None:
    kind = local(source)
    may = kind in ACTIVITIES or kind in {"exclusiveGateway", "inclusiveGateway"}
    if condition and not may:
        sheet.refuse(
            "condition-is-ignored", flow, file,
            f"A flow out of a {kind} is always taken, its condition means nothing. Put an exclusive gateway behind it.",
        )  # fmt: skip
    if condition and default:
        sheet.refuse(
            "condition-on-default", flow, file,
            f"Flow {id_of(flow)!r} is the default of {id_of(source)!r} and has a condition. Remove one of the two.",
        )  # fmt: skip


def check_start(sheet: Sheet, scope: etree._Element, nodes: list[etree._Element], file: str) -> None:
    starts = [node for node in nodes if local(node) == "startEvent"]
    if len(starts) != 1:
        sheet.refuse(
            "one-start-event", scope, file,
            f"{local(scope)} {id_of(scope)!r} has {len(starts)} start events. It needs one, without a trigger.",
        )  # fmt: skip
    else:
        sheet.reading.starts[scope.get("id") or ""] = starts[0].get("id") or ""


def check_wiring(
    sheet: Sheet, node: etree._Element, nodes: list[etree._Element], flows: list[etree._Element], file: str
) -> None:
    kind, id_ = local(node), node.get("id")
    incoming = [flow for flow in flows if flow.get("targetRef") == id_]
    outgoing = [flow for flow in flows if flow.get("sourceRef") == id_]
    if incoming and kind in {"startEvent", "boundaryEvent"}:
        sheet.refuse("flow-into-start", node, file, f"No flow may lead into the {kind} {id_!r}. Remove it.")
    if not incoming and kind not in {"startEvent", "boundaryEvent"}:
        sheet.refuse(
            "not-connected", node, file, f"No flow leads to {id_!r}, so it is never reached. Connect or remove it."
        )
    if outgoing and kind == "endEvent":
        sheet.refuse("flow-out-of-end", node, file, f"No flow may leave the end event {id_!r}. Remove it.")
    if not outgoing and kind != "endEvent":
        sheet.refuse("dead-end", node, file, f"No flow leaves {id_!r}. Lead it to an end event.")
    if (default := node.get("default")) and default not in {flow.get("id") for flow in outgoing}:
        sheet.refuse("default-is-no-flow", node, file, f"The default {default!r} of {id_!r} is no flow out of it.")
    check_choice(sheet, node, outgoing, file)
    if kind == "eventBasedGateway":
        check_event_gateway(sheet, node, nodes, flows, file)


def check_choice(sheet: Sheet, node: etree._Element, outgoing: list[etree._Element], file: str) -> None:
    kind = local(node)
    conditional = [flow for flow in outgoing if text_of(flow.find(f"{BPMN}conditionExpression"))]
    plain = [flow for flow in outgoing if flow not in conditional and flow.get("id") != node.get("default")]
    if kind in {"exclusiveGateway", "inclusiveGateway"} and len(outgoing) > 1:
        for flow in plain:
            sheet.refuse(
                "flow-without-condition", flow, file,
                f"Flow {id_of(flow)!r} out of {id_of(node)!r} has no condition. Give it one, or make it the default.",
            )  # fmt: skip
    if len(outgoing) == 1 and conditional:
        sheet.refuse(
            "condition-without-choice", conditional[0], file,
            f"The only flow out of {id_of(node)!r} has a condition: where it fails the case would stand still. "
            "Remove the condition, or add a default flow.",
        )  # fmt: skip


def check_event_gateway(
    sheet: Sheet, node: etree._Element, nodes: list[etree._Element], flows: list[etree._Element], file: str
) -> None:
    by_id = {each.get("id"): each for each in nodes}
    arrivals = Counter(flow.get("targetRef") for flow in flows)
    for flow in (flow for flow in flows if flow.get("sourceRef") == node.get("id")):
        target = by_id.get(flow.get("targetRef"))
        if target is not None and (local(target) != "intermediateCatchEvent" or arrivals[target.get("id")] > 1):
            sheet.refuse(
                "event-gateway-target", flow, file,
                f"Behind the event-based gateway {id_of(node)!r} stand message or timer catch events, each with no "
                f"other flow into it; {id_of(target)!r} is not one.",
            )  # fmt: skip
    for attribute, value in (("instantiate", "true"), ("eventGatewayType", "Parallel")):
        if node.get(attribute) == value:
            sheet.refuse(
                "element-does-not-run",
                node,
                file,
                f"{attribute}={value!r} on {id_of(node)!r} does not run: remove it.",
            )
