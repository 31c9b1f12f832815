"""What in a package's diagrams does not run, with place, reason and way out; and what the others need from the files.

One pass over the XML. Whatever is not known to run is refused by name: SpiffWorkflow ignores link events, signal ends,
conditions on a single flow, unconnected nodes and more without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from lxml import etree

from engine.decisions import DecisionError, DecisionModel, read_decisions
from engine.errors import UnsafeFile
from engine.findings import Finding, Severity
from engine.interpreter.corrections.parser import properties_of
from engine.interpreter.data import is_key
from engine.interpreter.elements import Element, FlowElement
from engine.interpreter.expressions import Expressions, compile_all
from engine.interpreter.timers import Timer, parse_timer
from engine.procedures.package import Package
from engine.safe_xml import parse

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SPIFF: Final = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"

ACTIVITIES: Final = frozenset(
    {
        "userTask", "manualTask", "scriptTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask",
        "subProcess", "callActivity",
    }
)  # fmt: skip
GATEWAYS: Final = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
EVENTS: Final = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
FLOW_NODES: Final = ACTIVITIES | GATEWAYS | EVENTS

#: Event definitions that run, by kind of event.
RUNS: Final[Mapping[str, frozenset[str]]] = {
    "startEvent": frozenset(),
    "endEvent": frozenset({"message", "error", "escalation", "terminate"}),
    "intermediateCatchEvent": frozenset({"message", "timer"}),
    "intermediateThrowEvent": frozenset({"message", "escalation"}),
    "boundaryEvent": frozenset({"message", "timer", "error", "escalation"}),
}

#: What to use instead of an event definition that does not run.
_INSTEAD_OF_EVENT: Final[Mapping[str, str]] = {
    "signal": "use a message, or an escalation inside one process",
    "conditional": "use an exclusive gateway behind the task that changes the data",
    "link": "draw the sequence flow through",
    "compensate": "draw the undoing steps as tasks behind a gateway",
    "cancel": "use an error event",
    "timer": "a process starts by a person or by a schedule of procedure.toml",
    "message": "a process starts by a person or by a schedule of procedure.toml",
    "error": "use an error end event",
    "escalation": "use a boundary event around the sub-process",
    "terminate": "use a terminate end event",
}

#: What to use instead of an element that does not run.
_INSTEAD: Final[Mapping[str, str]] = {
    "task": "use a user task, or the task type that fits",
    "complexGateway": "use an inclusive gateway",
    "transaction": "use a sub-process with an error boundary event",
    "adHocSubProcess": "use a sub-process with an inclusive gateway",
    "dataObject": "a case has one set of data that every form adds to; remove it",
    "dataObjectReference": "a case has one set of data that every form adds to; use a text annotation",
    "dataStoreReference": "keep what is needed in the case's data; use a text annotation",
    "dataStore": "keep what is needed in the case's data",
    "dataInputAssociation": "every element sees the case's data; remove it",
    "dataOutputAssociation": "every element writes to the case's data; remove it",
    "ioSpecification": "every element sees the case's data; remove it",
    "property": "keep values in the case's data",
    "potentialOwner": "put the task into a lane, or give it the property group",
    "humanPerformer": "put the task into a lane, or give it the property group",
    "performer": "put the task into a lane, or give it the property group",
    "resourceRole": "put the task into a lane, or give it the property group",
    "choreographyTask": "draw the procedure as a process",
    "preScript": "use a script task before this one",
    "postScript": "use a script task after this one",
}

_ROOT_CHILDREN: Final = frozenset(
    {
        "process", "collaboration", "message", "error", "escalation", "signal", "correlationProperty", "itemDefinition",
        "category", "documentation", "extensionElements", "relationship",
    }
)  # fmt: skip
_SCOPE_CHILDREN: Final = FLOW_NODES | {
    "sequenceFlow", "laneSet", "documentation", "extensionElements", "textAnnotation", "association", "group",
    "incoming", "outgoing", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics",
}  # fmt: skip
_NODE_CHILDREN: Final = frozenset(
    {
        "incoming", "outgoing", "documentation", "extensionElements", "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics", "script",
    }
)  # fmt: skip
_EXTENSIONS: Final = frozenset(
    {"properties", "calledDecisionId", "serviceTaskOperator", "messagePayload", "messageVariable"}
)
_LOOP_CHILDREN: Final = frozenset(
    {
        "loopCardinality", "loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem",
        "completionCondition", "loopCondition", "documentation", "extensionElements",
    }
)  # fmt: skip


@dataclass
class Reading:
    """Everything one pass over a package's diagrams finds."""

    findings: list[Finding] = field(default_factory=list)
    roots: dict[str, etree._Element] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, FlowElement] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    decisions: dict[str, DecisionModel] = field(default_factory=dict)
    expressions: Expressions = field(default_factory=Expressions)


def read_package(package: Package) -> Reading:
    """The reading of *package*. Never raises for what stands in its files."""
    check = _Check(package)
    check.read_decisions()
    check.read_files()
    check.check_references()
    check.compile_expressions()
    check.reading.findings.sort(key=lambda finding: (finding.file, finding.line or 0, finding.rule))
    return check.reading


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    line: int | None
    element: str | None


class _Check:
    def __init__(self, package: Package) -> None:
        self.package = package
        self.zone = ZoneInfo(package.company.time_zone)
        self.reading = Reading()
        self.lanes: dict[str, str] = {}
        self.used_ids: dict[str, str] = {}
        self.texts: dict[str, list[_Place]] = {}
        self.calls: list[tuple[etree._Element, str]] = []
        self.messages: dict[str, str] = {}
        self.error_codes: dict[str, str] = {}
        self.escalation_codes: dict[str, str] = {}

    def refuse(self, rule: str, node: etree._Element | None, file: str, message: str) -> None:
        self.reading.findings.append(
            Finding(rule, Severity.ERROR, message, file, None if node is None else _line(node), _id(node))
        )

    def unsafe(self, name: str, error: UnsafeFile) -> None:
        message = f"{name} is not read: {error.reason}. Save it again as plain XML."
        self.reading.findings.append(Finding("unsafe-file", Severity.ERROR, message, name, error.line))

    def expression(self, text: str | None, node: etree._Element, file: str) -> None:
        """Note a FEEL text to be compiled."""
        if text and text.strip():
            self.texts.setdefault(text.strip(), []).append(_Place(file, _line(node), _id(node)))

    def read_decisions(self) -> None:
        for name, content in self.package.decisions.items():
            try:
                model = read_decisions(content, name)
            except DecisionError as error:
                self.reading.findings.extend(error.findings)
                continue
            except UnsafeFile as error:
                self.unsafe(name, error)
                continue
            for decision in model.decisions:
                self.reading.decisions[decision] = model

    def read_files(self) -> None:
        for name, content in sorted(self.package.diagrams.items()):
            try:
                root = parse(content, name)
            except UnsafeFile as error:
                self.unsafe(name, error)
                continue
            self.reading.roots[name] = root
            self._read_root(root, name)

    def _read_root(self, root: etree._Element, file: str) -> None:
        if root.tag != f"{BPMN}definitions":
            self.refuse("not-bpmn", root, file, f"{file} is not BPMN 2.0: its root is {_local(root)}.")
            return
        self._refuse_unknown(root, _ROOT_CHILDREN, file)
        self._read_names(root, file)
        for lane in root.iter(f"{BPMN}lane"):
            for reference in lane.iterchildren(f"{BPMN}flowNodeRef"):
                self.lanes[(reference.text or "").strip()] = lane.get("id") or ""
        for process in root.iterchildren(f"{BPMN}process"):
            if process.get("isExecutable", "false") == "true":
                self._read_process(process, file)

    def _read_names(self, root: etree._Element, file: str) -> None:
        for message in root.iterchildren(f"{BPMN}message"):
            self.messages[message.get("id") or ""] = message.get("name") or ""
            if not message.get("name"):
                self.refuse(
                    "message-without-name", message, file, f"Message {_id(message)!r} has no name. Give it one."
                )
        for error in root.iterchildren(f"{BPMN}error"):
            self.error_codes[error.get("id") or ""] = error.get("errorCode") or ""
        for escalation in root.iterchildren(f"{BPMN}escalation"):
            self.escalation_codes[escalation.get("id") or ""] = escalation.get("escalationCode") or ""
        for retrieval in root.iter(f"{BPMN}correlationPropertyRetrievalExpression"):
            path = next((child for child in retrieval if isinstance(child.tag, str)), None)
            if path is None or not (path.text or "").strip():
                self.refuse(
                    "correlation-without-expression", retrieval, file,
                    "A correlation property has no expression. Write the FEEL that gives its value from the data.",
                )  # fmt: skip
            else:
                self.expression(path.text, retrieval, file)

    def _read_process(self, process: etree._Element, file: str) -> None:
        id_ = process.get("id") or ""
        self._claim(process, file)
        self.reading.processes[id_] = process.get("name") or id_
        self._read_scope(process, file, process=id_, lane="")

    def _read_scope(self, scope: etree._Element, file: str, *, process: str, lane: str) -> None:
        self._refuse_unknown(scope, _SCOPE_CHILDREN | _event_tags(scope), file)
        nodes = [child for child in scope if _local(child) in FLOW_NODES]
        for node in nodes:
            self._claim(node, file)
            self._note(node, scope, file, process=process, lane=lane)
        flows = list(scope.iterchildren(f"{BPMN}sequenceFlow"))
        self._read_flows(flows, nodes, file)
        self._check_start(scope, nodes, file)
        for node in nodes:
            self._check_node(node, scope, file)
            self._check_wiring(node, nodes, flows, file)
            if _local(node) == "subProcess":
                self._read_scope(node, file, process=process, lane=self.reading.elements[_id(node) or ""].lane)

    def _claim(self, node: etree._Element, file: str) -> None:
        id_ = node.get("id")
        if not id_:
            self.refuse("element-without-id", node, file, f"A {_local(node)} has no id. Give it one.")
        elif id_ in self.used_ids:
            self.refuse(
                "duplicate-id", node, file,
                f"The id {id_!r} is used in {self.used_ids[id_]} already. Ids are unique in a procedure: choose another.",
            )  # fmt: skip
        else:
            self.used_ids[id_] = file

    def _note(self, node: etree._Element, scope: etree._Element, file: str, *, process: str, lane: str) -> None:
        id_ = node.get("id") or ""
        properties = properties_of(node)
        self.reading.elements[id_] = Element(
            id=id_,
            kind=_local(node),
            name=node.get("name") or "",
            process=process,
            parent=scope.get("id") or "",
            lane=self.lanes.get(id_, lane),
            form=properties.get("form", ""),
            file=file,
            line=_line(node) or 0,
            properties=properties,
        )

    def _refuse_unknown(self, node: etree._Element, known: frozenset[str], file: str) -> None:
        """Refuse every BPMN child of *node* that is not known to mean something here."""
        for child in node:
            if isinstance(child.tag, str) and child.tag.startswith(BPMN) and _local(child) not in known:
                tag = _local(child)
                instead = _INSTEAD.get(tag, "remove it")
                self.refuse("element-does-not-run", child, file, f"{_named(child, node)} does not run: {instead}.")

    def _read_flows(self, flows: list[etree._Element], nodes: list[etree._Element], file: str) -> None:
        by_id = {node.get("id"): node for node in nodes}
        for flow in flows:
            self._claim(flow, file)
            source, target = by_id.get(flow.get("sourceRef")), by_id.get(flow.get("targetRef"))
            if source is None or target is None:
                self.refuse(
                    "flow-to-nowhere", flow, file,
                    f"Flow {_id(flow)!r} does not join two elements of the same process that run. Draw it again.",
                )  # fmt: skip
                continue
            condition = _text(flow.find(f"{BPMN}conditionExpression"))
            default = source.get("default") == flow.get("id")
            self.expression(condition, flow, file)
            self.reading.flows[flow.get("id") or ""] = FlowElement(
                flow.get("id") or "",
                source.get("id") or "",
                target.get("id") or "",
                flow.get("name") or "",
                condition,
                default,
            )
            self._check_condition(flow, source, condition, file, default=default)

    def _check_condition(
        self, flow: etree._Element, source: etree._Element, condition: str, file: str, *, default: bool
    ) -> None:
        kind = _local(source)
        may = kind in ACTIVITIES or kind in {"exclusiveGateway", "inclusiveGateway"}
        if condition and not may:
            self.refuse(
                "condition-is-ignored", flow, file,
                f"A flow out of a {kind} is always taken, its condition means nothing. Put an exclusive gateway behind it.",
            )  # fmt: skip
        if condition and default:
            self.refuse(
                "condition-on-default", flow, file,
                f"Flow {_id(flow)!r} is the default of {_id(source)!r} and has a condition. Remove one of the two.",
            )  # fmt: skip

    def _check_start(self, scope: etree._Element, nodes: list[etree._Element], file: str) -> None:
        starts = [node for node in nodes if _local(node) == "startEvent"]
        if len(starts) != 1:
            self.refuse(
                "one-start-event", scope, file,
                f"{_local(scope)} {_id(scope)!r} has {len(starts)} start events. It needs one, without a trigger.",
            )  # fmt: skip
        else:
            self.reading.starts[scope.get("id") or ""] = starts[0].get("id") or ""

    def _check_wiring(
        self, node: etree._Element, nodes: list[etree._Element], flows: list[etree._Element], file: str
    ) -> None:
        kind, id_ = _local(node), node.get("id")
        incoming = [flow for flow in flows if flow.get("targetRef") == id_]
        outgoing = [flow for flow in flows if flow.get("sourceRef") == id_]
        if incoming and kind in {"startEvent", "boundaryEvent"}:
            self.refuse("flow-into-start", node, file, f"No flow may lead into the {kind} {id_!r}. Remove it.")
        if not incoming and kind not in {"startEvent", "boundaryEvent"}:
            self.refuse(
                "not-connected", node, file, f"No flow leads to {id_!r}, so it is never reached. Connect or remove it."
            )
        if outgoing and kind == "endEvent":
            self.refuse("flow-out-of-end", node, file, f"No flow may leave the end event {id_!r}. Remove it.")
        if not outgoing and kind != "endEvent":
            self.refuse("dead-end", node, file, f"No flow leaves {id_!r}. Lead it to an end event.")
        if (default := node.get("default")) and default not in {flow.get("id") for flow in outgoing}:
            self.refuse("default-is-no-flow", node, file, f"The default {default!r} of {id_!r} is no flow out of it.")
        self._check_choice(node, outgoing, file)
        if kind == "eventBasedGateway":
            self._check_event_gateway(node, nodes, flows, outgoing, file)

    def _check_choice(self, node: etree._Element, outgoing: list[etree._Element], file: str) -> None:
        kind = _local(node)
        conditional = [flow for flow in outgoing if _text(flow.find(f"{BPMN}conditionExpression"))]
        plain = [flow for flow in outgoing if flow not in conditional and flow.get("id") != node.get("default")]
        if kind in {"exclusiveGateway", "inclusiveGateway"} and len(outgoing) > 1:
            for flow in plain:
                self.refuse(
                    "flow-without-condition", flow, file,
                    f"Flow {_id(flow)!r} out of {_id(node)!r} has no condition. Give it one, or make it the default.",
                )  # fmt: skip
        if len(outgoing) == 1 and conditional:
            self.refuse(
                "condition-without-choice", conditional[0], file,
                f"The only flow out of {_id(node)!r} has a condition: where it fails the case would stand still. "
                "Remove the condition, or add a default flow.",
            )  # fmt: skip

    def _check_event_gateway(
        self,
        node: etree._Element,
        nodes: list[etree._Element],
        flows: list[etree._Element],
        outgoing: list[etree._Element],
        file: str,
    ) -> None:
        by_id = {each.get("id"): each for each in nodes}
        arrivals = Counter(flow.get("targetRef") for flow in flows)
        for flow in outgoing:
            target = by_id.get(flow.get("targetRef"))
            if target is not None and (_local(target) != "intermediateCatchEvent" or arrivals[target.get("id")] > 1):
                self.refuse(
                    "event-gateway-target", flow, file,
                    f"Behind the event-based gateway {_id(node)!r} stand message or timer catch events, each with no "
                    f"other flow into it; {_id(target)!r} is not one.",
                )  # fmt: skip
        for attribute, value in (("instantiate", "true"), ("eventGatewayType", "Parallel")):
            if node.get(attribute) == value:
                self.refuse(
                    "element-does-not-run",
                    node,
                    file,
                    f"{attribute}={value!r} on {_id(node)!r} does not run: remove it.",
                )

    def _check_node(self, node: etree._Element, scope: etree._Element, file: str) -> None:
        kind = _local(node)
        if kind != "subProcess":
            self._refuse_unknown(node, _NODE_CHILDREN | _event_tags(node), file)
        self._check_attributes(node, file)
        self._check_extensions(node, file)
        self._check_loop(node, file)
        if kind in EVENTS:
            self._check_event(node, scope, file)
        specific = getattr(self, f"_check_{kind}", None)
        if specific is not None:
            specific(node, file)

    def _check_attributes(self, node: etree._Element, file: str) -> None:
        for attribute, harmless, instead in (
            ("isForCompensation", "false", "draw the undoing steps as tasks"),
            ("triggeredByEvent", "false", "use boundary events around a sub-process"),
            ("parallelMultiple", "false", "use a parallel gateway and one event in each branch"),
            ("startQuantity", "1", "use a parallel gateway"),
            ("completionQuantity", "1", "use a parallel gateway"),
        ):
            if node.get(attribute, harmless) != harmless:
                self.refuse(
                    "element-does-not-run", node, file,
                    f"{attribute}={node.get(attribute)!r} on {_id(node)!r} does not run: {instead}.",
                )  # fmt: skip

    def _check_extensions(self, node: etree._Element, file: str) -> None:
        for extension in node.iterfind(f"{BPMN}extensionElements/*"):
            if (
                isinstance(extension.tag, str)
                and extension.tag.startswith(SPIFF)
                and _local(extension) not in _EXTENSIONS
            ):
                instead = _INSTEAD.get(_local(extension), "remove it")
                self.refuse(
                    "element-does-not-run",
                    extension,
                    file,
                    f"{_local(extension)} of {_id(node)!r} does not run: {instead}.",
                )

        for each in node.iter(f"{SPIFF}property"):
            if not each.get("name") or each.get("value") is None:
                self.refuse(
                    "property-without-name",
                    each,
                    file,
                    f"A property of {_id(node)!r} lacks its name or value. Write both.",
                )

    def _check_loop(self, node: etree._Element, file: str) -> None:
        loop = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
        standard = node.find(f"{BPMN}standardLoopCharacteristics")
        for each in (loop, standard):
            if each is not None:
                self._refuse_unknown(each, _LOOP_CHILDREN, file)
                if _local(node) not in ACTIVITIES:
                    self.refuse(
                        "element-does-not-run", each, file, f"{_id(node)!r} is no activity and cannot be repeated."
                    )
        if standard is not None:
            self._check_standard_loop(node, standard, file)
        if loop is None:
            return
        for tag in ("loopCardinality", "completionCondition"):
            self.expression(_text(loop.find(f"{BPMN}{tag}")), node, file)
        cardinality, collection = (_text(loop.find(f"{BPMN}{tag}")) for tag in ("loopCardinality", "loopDataInputRef"))
        if bool(cardinality) == bool(collection):
            self.refuse(
                "how-many-instances", node, file,
                f"{_id(node)!r} is done several times: name a number (loopCardinality) or a list (loopDataInputRef).",
            )  # fmt: skip
        for tag in ("loopDataInputRef", "loopDataOutputRef"):
            self._check_key(_text(loop.find(f"{BPMN}{tag}")), node, file)
        for tag in ("inputDataItem", "outputDataItem"):
            item = loop.find(f"{BPMN}{tag}")
            self._check_key("" if item is None else item.get("id") or item.get("name") or "", node, file)

    def _check_standard_loop(self, node: etree._Element, loop: etree._Element, file: str) -> None:
        condition, maximum = _text(loop.find(f"{BPMN}loopCondition")), loop.get("loopMaximum")
        self.expression(condition, node, file)
        if not condition and maximum is None:
            self.refuse(
                "endless-loop",
                node,
                file,
                f"{_id(node)!r} is repeated for ever. Give it a loopCondition or loopMaximum.",
            )
        if maximum is not None and not maximum.isdecimal():
            self.refuse(
                "endless-loop", node, file, f"loopMaximum of {_id(node)!r} is {maximum!r}. Write a whole number."
            )

    def _check_key(self, name: str, node: etree._Element, file: str) -> None:
        if name and not is_key(name):
            self.refuse(
                "not-an-identifier", node, file,
                f"{name!r} at {_id(node)!r} cannot be a name in the data. Use letters, digits and _, beginning with a letter.",
            )  # fmt: skip

    def _check_userTask(self, node: etree._Element, file: str) -> None:  # noqa: N802 - the tag's name
        properties = properties_of(node)
        lane = self.reading.elements[_id(node) or ""].lane
        for text in (properties.get("group") or self.package.lanes.get(lane, ""), properties.get("due", "")):
            if text.startswith("="):
                self.expression(text[1:], node, file)
        due = properties.get("due", "")
        if due and not due.startswith("=") and due not in self.package.deadlines:
            self.refuse(
                "unknown-deadline", node, file,
                f"{_id(node)!r} is due by {due!r}, which is no deadline of procedure.toml. Add it there, or correct the name.",
            )  # fmt: skip

    _check_manualTask = _check_userTask  # noqa: N815 - the tag's name

    def _check_scriptTask(self, node: etree._Element, file: str) -> None:  # noqa: N802
        script = _text(node.find(f"{BPMN}script"))
        if not script:
            self.refuse(
                "script-without-expression", node, file, f"{_id(node)!r} has no script. Write one FEEL expression."
            )
        self.expression(script, node, file)
        result = properties_of(node).get("result", "")
        if not is_key(result):
            self.refuse(
                "script-without-result", node, file,
                f"{_id(node)!r} names no variable for its value. Add the property result with an identifier.",
            )  # fmt: skip

    def _check_serviceTask(self, node: etree._Element, file: str) -> None:  # noqa: N802
        operator = node.find(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator")
        if operator is None or not operator.get("id"):
            self.refuse(
                "service-without-operator", node, file,
                f"{_id(node)!r} names no operator. Add spiffworkflow:serviceTaskOperator with the id of one.",
            )  # fmt: skip
            return
        for parameter in operator.iter(f"{SPIFF}parameter"):
            if not parameter.get("id") or not (parameter.get("value") or "").strip():
                self.refuse(
                    "service-without-operator", parameter, file,
                    f"A parameter of {_id(node)!r} lacks its id or value. Write both; the value is FEEL.",
                )  # fmt: skip
            else:
                self.expression(parameter.get("value"), node, file)
        self._check_key(properties_of(node).get("result", "") or operator.get("resultVariable") or "", node, file)

    def _check_businessRuleTask(self, node: etree._Element, file: str) -> None:  # noqa: N802
        decision = _text(node.find(f"{BPMN}extensionElements/{SPIFF}calledDecisionId"))
        if decision not in self.reading.decisions:
            known = ", ".join(sorted(self.reading.decisions)) or "none"
            self.refuse(
                "unknown-decision", node, file,
                f"{_id(node)!r} calls decision {decision!r}, which is not in the package. Its decisions: {known}.",
            )  # fmt: skip

    def _check_callActivity(self, node: etree._Element, file: str) -> None:  # noqa: N802
        self.calls.append((node, file))

    def _check_sendTask(self, node: etree._Element, file: str) -> None:  # noqa: N802
        if node.get("instantiate") == "true":
            self.refuse(
                "element-does-not-run", node, file, f"instantiate on {_id(node)!r} does not run: use a start event."
            )
        self._check_message(node, node, file)

    _check_receiveTask = _check_sendTask  # noqa: N815

    def _check_event(self, node: etree._Element, scope: etree._Element, file: str) -> None:
        definitions = list(_event_definitions(node))
        if len(definitions) > 1:
            self.refuse(
                "several-triggers", node, file, f"{_id(node)!r} has several event definitions. Draw one event for each."
            )
        for definition in definitions:
            self._check_definition(node, definition, file)
        if not definitions and _local(node) in {"intermediateCatchEvent", "boundaryEvent"}:
            self.refuse(
                "event-without-trigger",
                node,
                file,
                f"{_id(node)!r} waits for nothing. Add a timer or message definition.",
            )
        if _local(node) == "boundaryEvent":
            self._check_boundary(node, scope, definitions, file)

    def _check_definition(self, node: etree._Element, definition: etree._Element, file: str) -> None:
        kind, trigger = _local(node), _local(definition).removesuffix("EventDefinition")
        if trigger not in RUNS[kind]:
            instead = _INSTEAD_OF_EVENT.get(trigger, "remove it")
            self.refuse(
                "event-does-not-run", definition, file, f"A {trigger} {kind} ({_id(node)!r}) does not run: {instead}."
            )
            return
        if trigger == "timer":
            self._check_timer(node, definition, file)
        elif trigger == "message":
            self._check_message(node, definition, file)
        elif trigger in {"error", "escalation"}:
            self._check_code(node, definition, trigger, file)

    def _check_message(self, node: etree._Element, holder: etree._Element, file: str) -> None:
        reference = holder.get("messageRef")
        if reference not in self.messages:
            self.refuse(
                "message-is-missing", node, file,
                f"{_id(node)!r} names no message of the diagram. Choose one, so that it can be sent or awaited.",
            )  # fmt: skip
        for tag in ("messagePayload", "messageVariable"):
            for each in holder.iterfind(f"{BPMN}extensionElements/{SPIFF}{tag}"):
                if tag == "messagePayload":
                    self.expression(each.text, node, file)
                else:
                    self._check_key((each.text or "").strip(), node, file)

    def _check_code(self, node: etree._Element, definition: etree._Element, trigger: str, file: str) -> None:
        codes = self.error_codes if trigger == "error" else self.escalation_codes
        reference = definition.get(f"{trigger}Ref")
        catches = _local(node) == "boundaryEvent"
        if (reference is None and catches) or codes.get(reference or ""):
            return
        self.refuse(
            "code-is-missing", node, file,
            f"{_id(node)!r} names no {trigger} with a code. Choose one, so that a boundary event can tell it from others.",
        )  # fmt: skip

    def _check_boundary(
        self, node: etree._Element, scope: etree._Element, definitions: list[etree._Element], file: str
    ) -> None:
        host = next((child for child in scope if child.get("id") == node.get("attachedToRef")), None)
        if host is None or _local(host) not in ACTIVITIES:
            self.refuse(
                "boundary-without-activity", node, file, f"{_id(node)!r} is attached to no activity. Attach it to one."
            )
            return
        triggers = {_local(definition).removesuffix("EventDefinition") for definition in definitions}
        if triggers & {"error", "escalation"} and _local(host) not in {"subProcess", "callActivity"}:
            self.refuse(
                "boundary-never-fires", node, file,
                f"Nothing inside {_id(host)!r} can raise what {_id(node)!r} waits for. Attach it to a sub-process or call.",
            )  # fmt: skip
        if "error" in triggers and node.get("cancelActivity") == "false":
            self.refuse(
                "error-must-interrupt",
                node,
                file,
                f"The error event {_id(node)!r} must interrupt. Make it interrupting.",
            )
        quick = _local(host) in {"scriptTask", "businessRuleTask", "sendTask", "manualTask"} - {"manualTask"}
        if quick:
            self.refuse(
                "boundary-never-fires", node, file,
                f"{_id(host)!r} is done at once, so {_id(node)!r} can never fire. Attach it to something that takes time.",
            )  # fmt: skip

    def _check_timer(self, node: etree._Element, definition: etree._Element, file: str) -> None:
        texts = [child for child in definition if isinstance(child.tag, str) and _local(child).startswith("time")]
        if len(texts) != 1 or not _text(texts[0]):
            self.refuse(
                "timer-without-time", node, file,
                f"{_id(node)!r} says no time. Write an ISO 8601 text such as P3D, or the id of a deadline.",
            )  # fmt: skip
            return
        (holder,) = texts
        text = _text(holder)
        timer = self._timer(text)
        if timer.expression:
            self.expression(timer.expression, node, file)
        if (_local(holder) == "timeCycle") != timer.cycle:
            self.refuse(
                "timer-kind",
                node,
                file,
                f"{text!r} at {_id(node)!r} does not fit {_local(holder)}. Write R3/P1D for cycles only.",
            )
        elif timer.cycle and (_local(node) != "boundaryEvent" or node.get("cancelActivity", "true") == "true"):
            self.refuse(
                "cycle-fires-once", node, file,
                f"{_id(node)!r} can fire only once, so a cycle means nothing. Use timeDuration, or a non-interrupting event.",
            )  # fmt: skip
        self.reading.timers[_id(node) or ""] = timer

    def _timer(self, text: str) -> Timer:
        name = text.strip("\"'")
        if name in self.package.deadlines:
            return Timer(deadline=name)
        return parse_timer(text, self.zone) or Timer(expression=text.removeprefix("=").strip())

    def check_references(self) -> None:
        processes = self.reading.processes
        for node, file in self.calls:
            called = node.get("calledElement")
            if called not in processes:
                self.refuse(
                    "unknown-process", node, file,
                    f"{_id(node)!r} calls {called!r}, which is no executable process of the package. "
                    f"Its processes: {', '.join(sorted(processes)) or 'none'}.",
                )  # fmt: skip
        wanted = {self.package.process: "process"}
        wanted |= {schedule.process: f"schedules.{schedule.id}" for schedule in self.package.schedules.values()}
        for process, setting in wanted.items():
            if process and process not in processes:
                self.refuse(
                    "unknown-process", None, "procedure.toml",
                    f"{setting} names {process!r}, which is no executable process of the diagrams. "
                    f"Set isExecutable on it, or name one of: {', '.join(sorted(processes)) or 'none'}.",
                )  # fmt: skip

    def compile_expressions(self) -> None:
        amounts = {rule.amount for rule in self.package.deadlines.values() if rule.amount}
        self.reading.expressions, wrong = compile_all(set(self.texts) | amounts)
        for text, problem in wrong.items():
            for place in self.texts.get(text, [_Place("procedure.toml", None, None)]):
                self.reading.findings.append(
                    Finding(
                        "expression-invalid",
                        Severity.ERROR,
                        f"{text!r} is not FEEL: {problem}.",
                        place.file,
                        place.line,
                        place.element,
                    )
                )


def _line(node: etree._Element) -> int | None:
    line = node.sourceline
    return line if isinstance(line, int) else None


def _local(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _id(node: etree._Element | None) -> str | None:
    """The id of *node*, or of the nearest element around it that has one."""
    while node is not None and not node.get("id"):
        node = node.getparent()
    return None if node is None else node.get("id")


def _named(child: etree._Element, around: etree._Element) -> str:
    return f"{_local(child)} {child.get('id')!r}" if child.get("id") else f"{_local(child)} of {_id(around)!r}"


def _text(node: etree._Element | None) -> str:
    return "" if node is None else (node.text or "").strip()


def _event_definitions(node: etree._Element) -> Iterator[etree._Element]:
    return (child for child in node if isinstance(child.tag, str) and _local(child).endswith("EventDefinition"))


def _event_tags(node: etree._Element) -> frozenset[str]:
    """Event definitions are judged one by one elsewhere."""
    return frozenset(_local(child) for child in _event_definitions(node)) if _local(node) in EVENTS else frozenset()
