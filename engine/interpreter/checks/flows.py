"""Sequence flows: what they join, and whether a choice has an answer in every case."""

from __future__ import annotations

from lxml import etree

from engine.interpreter.checks.coverage import ACTIVITIES, FLOW_NODES, REFUSED_NODES
from engine.interpreter.checks.sheet import Sheet
from engine.interpreter.checks.xml import BPMN, event_definitions, id_of, is_event_sub_process, link_of, local, text_of
from engine.interpreter.elements import Entrance, FlowElement


class Wiring:
    """The flow nodes of one process or sub-process and the flows between them."""

    def __init__(self, scope: etree._Element) -> None:
        self.nodes = {child.get("id") or "": child for child in scope if local(child) in FLOW_NODES | REFUSED_NODES}
        self.flows = list(scope.iterchildren(f"{BPMN}sequenceFlow"))
        self.incoming: dict[str, list[etree._Element]] = {id_: [] for id_ in self.nodes}
        self.outgoing: dict[str, list[etree._Element]] = {id_: [] for id_ in self.nodes}
        for flow in self.flows:
            self.incoming.setdefault(flow.get("targetRef") or "", []).append(flow)
            self.outgoing.setdefault(flow.get("sourceRef") or "", []).append(flow)
        self.watchers: dict[str, list[str]] = {}
        for id_, node in self.nodes.items():
            if (host := node.get("attachedToRef")) is not None:
                self.watchers.setdefault(host, []).append(id_)
        self.throwing = self._links("intermediateThrowEvent")
        self.catching = self._links("intermediateCatchEvent")

    def _links(self, kind: str) -> dict[str, list[str]]:
        """Link name -> ids of the link events of that kind, in the file's order."""
        found: dict[str, list[str]] = {}
        for id_, node in self.nodes.items():
            if local(node) == kind and (name := link_of(node)) is not None:
                found.setdefault(name, []).append(id_)
        return found

    def is_link(self, id_: str) -> bool:
        return any(id_ in ids for links in (self.throwing, self.catching) for ids in links.values())

    def reached(self) -> set[str]:
        """The nodes a token can reach from a start event."""
        found: set[str] = set()
        todo = [id_ for id_, node in self.nodes.items() if local(node) == "startEvent"]
        while todo:
            id_ = todo.pop()
            if id_ in self.nodes and id_ not in found:
                found.add(id_)
                todo += [flow.get("targetRef") or "" for flow in self.outgoing[id_]]
                todo += self.watchers.get(id_, [])
                todo += [
                    catch
                    for name, throws in self.throwing.items()
                    if id_ in throws
                    for catch in self.catching.get(name, ())
                ]
        return found


def read_flows(sheet: Sheet, wiring: Wiring, file: str) -> None:
    for flow in wiring.flows:
        sheet.claim(flow, file)
        source, target = (wiring.nodes.get(flow.get(end) or "") for end in ("sourceRef", "targetRef"))
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
    may = kind in ACTIVITIES | REFUSED_NODES or kind in {"exclusiveGateway", "inclusiveGateway"}
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


def check_start(sheet: Sheet, scope: etree._Element, wiring: Wiring, file: str) -> None:
    starts = [node for node in wiring.nodes.values() if local(node) == "startEvent"]
    plain = [node for node in starts if not list(event_definitions(node))]
    id_ = scope.get("id") or ""
    if local(scope) == "process":
        if not starts or len(plain) > 1:
            sheet.refuse(
                "one-start-event", scope, file,
                f"process {id_!r} has {len(starts)} start events, {len(plain)} of them plain. It needs one plain start "
                "event, or start events that wait for a message or signal.",
            )  # fmt: skip
        for node in starts:
            note_entrances(sheet, node, id_)
    elif len(starts) != 1:
        kind = "with a trigger" if is_event_sub_process(scope) else "without a trigger"
        sheet.refuse(
            "one-start-event", scope, file,
            f"{local(scope)} {id_of(scope)!r} has {len(starts)} start events. It needs one, {kind}.",
        )  # fmt: skip
    for node in plain or (starts if is_event_sub_process(scope) else ()):
        sheet.reading.starts[id_] = node.get("id") or ""


def note_entrances(sheet: Sheet, node: etree._Element, process: str) -> None:
    """Note by which message or signal the start event *node* opens cases."""
    for definition in event_definitions(node):
        for trigger, names in (("message", sheet.messages), ("signal", sheet.signals)):
            if local(definition) == f"{trigger}EventDefinition":
                name = names.get(definition.get(f"{trigger}Ref") or "", "")
                sheet.reading.entrances.append(Entrance(trigger, name, process, node.get("id") or ""))


def check_links(sheet: Sheet, wiring: Wiring, file: str) -> None:
    for name, ids in (*wiring.throwing.items(), *wiring.catching.items()):
        node = wiring.nodes[ids[0]]
        if not name:
            sheet.refuse("link-without-name", node, file, f"The link event {ids[0]!r} has no link name. Give it one.")
        elif len(wiring.catching.get(name, ())) != 1 or name not in wiring.throwing:
            sheet.refuse(
                "link-without-partner", node, file,
                f"Link {name!r} ({ids[0]!r}) needs a throw event, and exactly one catch event, of its name in the same "
                f"process or sub-process; found {len(wiring.throwing.get(name, ()))} and "
                f"{len(wiring.catching.get(name, ()))}. Draw them, or correct the names.",
            )  # fmt: skip


def check_wiring(sheet: Sheet, wiring: Wiring, file: str) -> None:
    reached = wiring.reached()
    for id_, node in wiring.nodes.items():
        if is_event_sub_process(node):
            _check_stands_alone(sheet, node, wiring, file)
            continue
        if id_ not in reached and local(node) not in {"startEvent", "boundaryEvent"}:
            sheet.refuse(
                "not-connected", node, file, f"No flow leads to {id_!r}, so it is never reached. Connect or remove it."
            )
        _check_ends(sheet, node, wiring, file)


def _check_stands_alone(sheet: Sheet, node: etree._Element, wiring: Wiring, file: str) -> None:
    for flow in (*wiring.incoming[node.get("id") or ""], *wiring.outgoing[node.get("id") or ""]):
        sheet.refuse(
            "flow-at-event-sub-process", flow, file,
            f"The event sub-process {id_of(node)!r} is started by its event, no flow leads to it or leaves it. "
            "Remove the flow.",
        )  # fmt: skip


def _check_ends(sheet: Sheet, node: etree._Element, wiring: Wiring, file: str) -> None:
    kind, id_ = local(node), node.get("id") or ""
    incoming, outgoing = wiring.incoming[id_], wiring.outgoing[id_]
    is_link = wiring.is_link(id_)
    if incoming and (kind in {"startEvent", "boundaryEvent"} or (is_link and kind == "intermediateCatchEvent")):
        sheet.refuse("flow-into-start", node, file, f"No flow may lead into the {kind} {id_!r}. Remove it.")
    ends = kind == "endEvent" or (is_link and kind == "intermediateThrowEvent")
    if outgoing and ends:
        sheet.refuse("flow-out-of-end", node, file, f"No flow may leave the {kind} {id_!r}. Remove it.")
    if not outgoing and not ends:
        sheet.refuse("dead-end", node, file, f"No flow leaves {id_!r}. Lead it to an end event.")
    if (default := node.get("default")) and default not in {flow.get("id") for flow in outgoing}:
        sheet.refuse("default-is-no-flow", node, file, f"The default {default!r} of {id_!r} is no flow out of it.")
    check_choice(sheet, node, outgoing, file)
    if kind == "eventBasedGateway":
        check_event_gateway(sheet, node, wiring, file)


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


def check_event_gateway(sheet: Sheet, node: etree._Element, wiring: Wiring, file: str) -> None:
    for flow in wiring.outgoing[node.get("id") or ""]:
        target = wiring.nodes.get(flow.get("targetRef") or "")
        if target is None:
            continue
        if local(target) != "intermediateCatchEvent" or len(wiring.incoming[target.get("id") or ""]) > 1:
            sheet.refuse(
                "event-gateway-target", flow, file,
                f"Behind the event-based gateway {id_of(node)!r} stand catch events that wait, each with no other flow "
                f"into it; {id_of(target)!r} is not one.",
            )  # fmt: skip
    for attribute, value in (("instantiate", "true"), ("eventGatewayType", "Parallel")):
        if node.get(attribute) == value:
            sheet.refuse(
                "element-does-not-run",
                node,
                file,
                f"{attribute}={value!r} on {id_of(node)!r} does not run: remove it.",
            )
