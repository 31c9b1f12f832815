"""SpiffWorkflow's parser, made to read into our elements: every flow with its id, no recursion, nothing dropped.

SpiffWorkflow follows the flows from the start event recursively (450 elements in a row end it), sorts them by height on
the page, forgets their ids and never sees a node no flow leads to. Here each flow node is read in document order first
and wired afterwards. Only files without findings come here (``engine.interpreter.checks``).
"""

# ruff: noqa: SLF001 - SpiffWorkflow's own hooks have such names

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import EventBasedGatewayParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.task_parsers import GatewayParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.spiff.parser.event_parsers import (
    SpiffBoundaryEventParser,
    SpiffEndEventParser,
    SpiffIntermediateCatchEventParser,
    SpiffIntermediateThrowEventParser,
    SpiffReceiveTaskParser,
    SpiffSendTaskParser,
    SpiffStartEventParser,
)
from SpiffWorkflow.spiff.parser.task_spec import (
    CallActivityParser,
    ScriptTaskParser,
    SpiffTaskParser,
    SubWorkflowParser,
    UserTaskParser,
)

from engine.interpreter.corrections import activities, events, gateways
from engine.interpreter.corrections.activities import (
    Activity,
    BusinessRuleTask,
    EventSubProcess,
    Loop,
    ServiceTask,
    UserTask,
)
from engine.interpreter.corrections.events import Event
from engine.interpreter.corrections.gateways import InclusiveGateway
from engine.interpreter.corrections.nodes import Node, Sequel
from engine.interpreter.corrections.triggers import read_trigger

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"


class _DecisionParser(SpiffTaskParser):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Keeps the decision's id; SpiffWorkflow's own parser would compile the table as Python."""

    def create_task(self) -> BusinessRuleTask:
        task = BusinessRuleTask(self.spec, self.bpmn_id, **self.bpmn_attributes)
        task.decision = (self.node.findtext(f"{_BPMN}extensionElements/{_SPIFF}calledDecisionId") or "").strip()
        return task


class _ServiceTaskParser(SpiffTaskParser):  # type: ignore[misc]
    """SpiffWorkflow's fails on a parameter without a type and makes up a name for the answer."""

    def create_task(self) -> ServiceTask:
        operator = next(self.node.iter(f"{_SPIFF}serviceTaskOperator"))
        parameters = {each.get("id"): {"value": each.get("value")} for each in operator.iter(f"{_SPIFF}parameter")}
        task = ServiceTask(self.spec, self.bpmn_id, operator.get("id"), parameters, None, **self.bpmn_attributes)
        task.answer = properties_of(self.node).get("result") or operator.get("resultVariable") or ""
        return task


class _UserTaskParser(UserTaskParser):  # type: ignore[misc]
    """SpiffWorkflow's creates its own class whatever it is told to create."""

    def create_task(self) -> UserTask:
        return self.spec_class(self.spec, self.bpmn_id, **self.bpmn_attributes)  # type: ignore[no-any-return]


class _ProcessParser(ProcessParser):  # type: ignore[misc]
    """Reads all flow nodes of one process or sub-process, then wires them."""

    def add_tasks(self) -> None:
        parsers = [self._parser_of(node) for node in self.node if self._is_flow_node(node)]
        for parser in parsers:
            self._read(parser)
        for flow in self.node.iterchildren(f"{_BPMN}sequenceFlow"):
            self._wire(flow)
        for parser in parsers:
            self._attach(parser)
        self._link(parsers)
        self._look_back_from_inclusive_joins()

    def _is_flow_node(self, node: etree._Element) -> bool:
        return self.parser._get_parser_class(node.tag)[0] is not None

    def _parser_of(self, node: etree._Element) -> Any:
        parser_class, spec_class = self.parser._get_parser_class(node.tag)
        if _link_name(node) is not None:
            parser_class, spec_class = SpiffTaskParser, events.LinkEvent
        elif is_event_sub_process(node):
            spec_class = activities.EventSubProcess
        parser = parser_class(self, spec_class, node, self.nsmap, lane=self.lane)
        # Looking for a data object two levels up SpiffWorkflow never ends; lines to data objects are only drawn here.
        parser.parse_incoming_data_references = parser.parse_outgoing_data_references = list
        return parser

    def _read(self, parser: Any) -> None:
        node: Node = parser.create_task()
        parser.task = node
        node.properties = properties_of(parser.node)
        if isinstance(node, EventSubProcess):
            _arm(node, parser.node.find(f"{_BPMN}startEvent"))
        elif isinstance(node, Event):
            node.trigger = read_trigger(parser.node)
        if isinstance(node, Activity):
            node.loop = _loop(parser.node)

    def _wire(self, flow: etree._Element) -> None:
        source: Node = self.spec.task_specs[flow.get("sourceRef")]
        target: Node = self.spec.task_specs[flow.get("targetRef")]
        condition = (flow.findtext(f"{_BPMN}conditionExpression") or "").strip()
        default = self.nodes_by_id[source.name].get("default") == flow.get("id")
        source.sequels += (Sequel(flow.get("id") or "", target.name, "" if default else condition, default),)
        target.incoming += (flow.get("id") or "",)

    def _attach(self, parser: Any) -> None:
        if (host := parser.node.get("attachedToRef")) is not None:
            activity: Node = self.spec.task_specs[host]
            activity.watchers += (parser.task.name,)

    def _link(self, parsers: list[Any]) -> None:
        links = [(parser.task, _link_name(parser.node), parser.node.tag) for parser in parsers]
        catches = {name: task.name for task, name, tag in links if tag == full_tag("intermediateCatchEvent")}
        for task, name, tag in links:
            if name is not None and tag == full_tag("intermediateThrowEvent"):
                task.sequels += (Sequel("", catches[name]),)

    def _look_back_from_inclusive_joins(self) -> None:
        predecessors = self._predecessors()
        source_of = {flow.get("id"): flow.get("sourceRef") for flow in self.node.iterchildren(f"{_BPMN}sequenceFlow")}
        for node in self.spec.task_specs.values():
            if isinstance(node, InclusiveGateway):
                node.reachable_from = {
                    flow: _sources(source_of[flow] or "", node.name, predecessors) for flow in node.incoming
                }

    def _predecessors(self) -> dict[str, set[str]]:
        """Node -> the nodes from which a token comes to it directly, over a flow or as a boundary event."""
        found: dict[str, set[str]] = {name: set() for name in self.spec.task_specs}
        for name, node in self.spec.task_specs.items():
            if isinstance(node, Node):
                for target in (*(sequel.target for sequel in node.sequels), *node.watchers):
                    found[target].add(name)
        return found


def _sources(source: str, gateway: str, predecessors: Mapping[str, set[str]]) -> frozenset[str]:
    """The nodes from which a token can come to *source* and out of it without passing *gateway*."""
    found: set[str] = set()
    todo = [source]
    while todo:
        name = todo.pop()
        if name not in found and name != gateway:
            found.add(name)
            todo += predecessors[name]
    return frozenset(found)


class ProcedureParser(BpmnParser):  # type: ignore[misc]
    """Reads BPMN into our elements. Tags that are not listed here are refused by the check before."""

    PROCESS_PARSER_CLASS = _ProcessParser

    def _add_diagram_indexes(self, bpmn: etree._Element) -> None:
        """Left out: where things are drawn means nothing here, and SpiffWorkflow fails on a place that is no number."""

    def _add_processes(self, bpmn: etree._Element, filename: str | None = None) -> None:
        """Executable processes only; SpiffWorkflow registers drawings, too, and fails on ids they share."""
        for process in bpmn.iterchildren(f"{_BPMN}process"):
            if process.get("isExecutable", "false") == "true":
                self.create_parser(process, filename)

    PARSER_CLASSES: Mapping[str, Any] = {}
    OVERRIDE_PARSER_CLASSES: Mapping[str, Any] = {
        full_tag("startEvent"): (SpiffStartEventParser, events.StartEvent),
        full_tag("endEvent"): (SpiffEndEventParser, events.EndEvent),
        full_tag("intermediateCatchEvent"): (SpiffIntermediateCatchEventParser, events.CatchEvent),
        full_tag("intermediateThrowEvent"): (SpiffIntermediateThrowEventParser, events.ThrowEvent),
        full_tag("boundaryEvent"): (SpiffBoundaryEventParser, events.BoundaryEvent),
        full_tag("eventBasedGateway"): (EventBasedGatewayParser, events.EventGateway),
        full_tag("sendTask"): (SpiffSendTaskParser, events.SendTask),
        full_tag("receiveTask"): (SpiffReceiveTaskParser, events.ReceiveTask),
        full_tag("exclusiveGateway"): (GatewayParser, gateways.ExclusiveGateway),
        full_tag("parallelGateway"): (GatewayParser, gateways.ParallelGateway),
        full_tag("inclusiveGateway"): (GatewayParser, gateways.InclusiveGateway),
        full_tag("userTask"): (_UserTaskParser, activities.UserTask),
        full_tag("manualTask"): (SpiffTaskParser, activities.ManualTask),
        full_tag("scriptTask"): (ScriptTaskParser, activities.ScriptTask),
        full_tag("serviceTask"): (_ServiceTaskParser, activities.ServiceTask),
        full_tag("businessRuleTask"): (_DecisionParser, activities.BusinessRuleTask),
        full_tag("subProcess"): (SubWorkflowParser, activities.SubProcess),
        full_tag("callActivity"): (CallActivityParser, activities.CallActivity),
    }


def read_processes(roots: Mapping[str, etree._Element]) -> dict[str, Any]:
    """SpiffWorkflow's specifications of all processes and sub-processes in *roots* (file name -> root), by id."""
    parser = ProcedureParser()
    for name, root in roots.items():
        parser.add_bpmn_xml(root, name)
    specs: dict[str, Any] = {}
    while todo := [process for process in parser.process_parsers if process not in specs]:
        for process in todo:
            specs[process] = parser.process_parsers[process].get_spec()
    return specs


def is_event_sub_process(node: etree._Element) -> bool:
    """Whether *node* is a sub-process that an event starts."""
    return node.get("triggeredByEvent") == "true"


def _arm(node: EventSubProcess, start: etree._Element) -> None:
    node.begins = start.get("id") or ""
    node.trigger = read_trigger(start)
    node.cancel_activity = start.get("isInterrupting") != "false"


def _link_name(node: etree._Element) -> str | None:
    definition = node.find(f"{_BPMN}linkEventDefinition")
    return None if definition is None else (definition.get("name") or "").strip()


def properties_of(node: etree._Element) -> dict[str, str]:
    """The ``spiffworkflow:properties`` of one element."""
    found = node.iterfind(f"{_BPMN}extensionElements/{_SPIFF}properties/{_SPIFF}property")
    return {each.get("name") or "": each.get("value") or "" for each in found}


def _loop(node: etree._Element) -> Loop | None:
    standard = node.find(f"{_BPMN}standardLoopCharacteristics")
    if standard is not None:
        maximum = standard.get("loopMaximum")
        return Loop(
            standard=True,
            condition=(standard.findtext(f"{_BPMN}loopCondition") or "").strip(),
            maximum=int(maximum) if maximum else None,
            test_before=standard.get("testBefore") == "true",
        )
    several = node.find(f"{_BPMN}multiInstanceLoopCharacteristics")
    if several is None:
        return None
    return Loop(
        sequential=several.get("isSequential") == "true",
        cardinality=(several.findtext(f"{_BPMN}loopCardinality") or "").strip(),
        collection=(several.findtext(f"{_BPMN}loopDataInputRef") or "").strip(),
        item=_item_name(several.find(f"{_BPMN}inputDataItem")),
        output_collection=(several.findtext(f"{_BPMN}loopDataOutputRef") or "").strip(),
        output_item=_item_name(several.find(f"{_BPMN}outputDataItem")),
        condition=(several.findtext(f"{_BPMN}completionCondition") or "").strip(),
    )


def _item_name(item: etree._Element | None) -> str:
    """SpiffWorkflow's modeller writes an item's name into both attributes; the id is what counts to it."""
    return "" if item is None else (item.get("id") or item.get("name") or "")
