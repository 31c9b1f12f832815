"""The diagrams of a package as plain values: what stands where, without what it means.

Rules, coverage and element names read this model; the interpreter reads the XML itself. Nothing here judges: a file
that is not BPMN is refused, anything else is taken as it stands, in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, cast

from lxml import etree

from engine.errors import UnsafeFile
from engine.safe_xml import parse

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
SPIFF: Final = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"

GATEWAYS: Final = frozenset(
    {"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway"}
)
EVENTS: Final = frozenset(
    {"startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"}
)
SUBPROCESSES: Final = frozenset({"subProcess", "transaction", "adHocSubProcess"})
TASKS: Final = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "callActivity",
    }
)
FLOW_NODES: Final = GATEWAYS | EVENTS | SUBPROCESSES | TASKS

#: Where texts stand that are compiled, beside those in SpiffWorkflow's extensions.
_EXPRESSIONS: Final = (
    "conditionExpression",
    "condition",
    "script",
    "timeDate",
    "timeDuration",
    "timeCycle",
    "loopCardinality",
    "loopCondition",
    "completionCondition",
    "messagePath",
)
_ITEMS: Final = frozenset({"inputDataItem", "outputDataItem"})


@dataclass(frozen=True, slots=True)
class TimerText:
    """What stands in a timer: *kind* is ``timeDuration``, ``timeDate``, ``timeCycle``, or "" for an empty timer."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Operator:
    """The service a service task asks for; parameter values are FEEL."""

    id: str
    parameters: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Element:
    """One flow node."""

    id: str
    kind: str  #: local name of its tag, e.g. ``"userTask"``
    name: str  #: "" = none
    file: str
    line: int
    process: str  #: id of the process it stands in
    parent: str  #: id of the subprocess around it, else of the process
    lane: str = ""  #: id of its innermost lane; nodes inside a subprocess have the subprocess's lane
    properties: Mapping[str, str] = field(default_factory=dict)  #: ``spiffworkflow:properties``
    default: str = ""  #: id of the default flow
    script: str = ""
    decision: str = ""  #: ``spiffworkflow:calledDecisionId``
    called: str = ""  #: process id of a call activity
    operator: Operator | None = None
    timer: TimerText | None = None
    events: tuple[str, ...] = ()  #: event definitions, e.g. ``("timer", "message")``
    link: str = ""  #: name of the link of a link event
    message: str = ""  #: name of the message it sends or waits for
    condition: str = ""  #: FEEL of a conditional event
    payload: str = ""  #: FEEL of what goes with a message or signal
    attached_to: str = ""
    interrupting: bool = True
    triggered_by_event: bool = False
    repeats: Mapping[str, str] = field(default_factory=dict)  #: what a multi-instance activity says, by tag
    incoming: tuple[str, ...] = ()  #: flow ids, in the file's order
    outgoing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow. *condition* is None when it has none, "" when an empty one stands there."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None
    file: str
    line: int
    process: str


@dataclass(frozen=True, slots=True)
class Lane:
    id: str
    name: str
    file: str
    line: int
    process: str
    has_parts: bool  #: true when it is divided into lanes of its own


@dataclass(frozen=True, slots=True)
class Correlation:
    """How one message says the value of one correlation property: *text* is FEEL over the data."""

    property: str
    message: str  #: name
    text: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Process:
    id: str
    name: str
    file: str
    line: int
    executable: bool


Part = Process | Lane | Element | Flow


@dataclass(frozen=True)
class Diagram:
    """All diagrams of one package together. Mappings are in the order of file names and of lines."""

    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    lanes: Mapping[str, Lane]
    processes: Mapping[str, Process]
    drawn: frozenset[str]  #: ids that have a shape or an edge in the diagram interchange
    correlations: tuple[Correlation, ...] = ()
    duplicates: tuple[tuple[str, str, int], ...] = ()  #: (id, file, line) of what uses an id for the second time
    nameless: tuple[tuple[str, str, int], ...] = ()  #: (tag, file, line) of what has no id at all
    written: int = 0  #: characters of all expressions, times, and names and values of properties

    def of_kind(self, *kinds: str) -> Iterator[Element]:
        """The elements of these kinds, in order."""
        return (element for element in self.elements.values() if element.kind in kinds)

    def inside(self, parent: str) -> tuple[Element, ...]:
        """The elements directly inside a process or subprocess, in order."""
        return tuple(self._children.get(parent, ()))

    def after(self, element: str) -> tuple[str, ...]:
        """The elements a token can reach next: over flows, boundary events, into and out of subprocesses and calls."""
        return self._successors.get(element, ())

    def beside(self, element: str) -> tuple[str, ...]:
        """The elements a token can reach next in the same process or sub-process: over flows, events and links."""
        return self._beside.get(element, ())

    def watchers(self, element: str) -> tuple[Element, ...]:
        """The boundary events attached to an activity, in order."""
        return tuple(self._watchers.get(element, ()))

    def interrupts(self, event_sub_process: Element) -> bool:
        """Whether what goes on around an event sub-process ends when it starts."""
        return all(start.interrupting for start in self.inside(event_sub_process.id) if start.kind == "startEvent")

    def catching(self, element: Element) -> Element | None:
        """Where a token goes on from the throwing link event *element*; None if it is none, or leads nowhere."""
        if not element.link or element.kind != "intermediateThrowEvent":
            return None
        return next(
            (other for other in self.inside(element.parent) if other.link == element.link and catches_link(other)), None
        )

    def reachable(self, start: str) -> frozenset[str]:
        """Every element a token can reach from *start*, without *start* itself unless a loop leads back."""
        if start not in self._reachable:
            successors = self._successors
            seen: set[str] = set()
            todo = list(self.after(start))
            while todo:
                element = todo.pop()
                if element not in seen:
                    seen.add(element)
                    todo.extend(successors[element])
            self._reachable[start] = frozenset(seen)
        return self._reachable[start]

    @property
    def scopes(self) -> int:
        """How many processes and sub-processes have something inside."""
        return len(self._children)

    @cached_property
    def _reachable(self) -> dict[str, frozenset[str]]:
        """What `reachable` has found so far: several rules ask."""
        return {}

    @cached_property
    def _children(self) -> Mapping[str, list[Element]]:
        children: dict[str, list[Element]] = {}
        for element in self.elements.values():
            children.setdefault(element.parent, []).append(element)
        return children

    @cached_property
    def _watchers(self) -> Mapping[str, list[Element]]:
        watchers: dict[str, list[Element]] = {}
        for event in self.of_kind("boundaryEvent"):
            watchers.setdefault(event.attached_to, []).append(event)
        return watchers

    @cached_property
    def _beside(self) -> Mapping[str, tuple[str, ...]]:
        found = {}
        for element in self.elements.values():
            targets = [self.flows[flow].target for flow in element.outgoing]
            targets += [event.id for event in self.watchers(element.id)]
            if (catching := self.catching(element)) is not None:
                targets.append(catching.id)
            inside = (one for one in targets if one in self.elements and self.elements[one].parent == element.parent)
            found[element.id] = tuple(dict.fromkeys(inside))
        return found

    @cached_property
    def _successors(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {id_: [] for id_ in self.elements}
        for flow in self.flows.values():
            if flow.source in found and flow.target in self.elements:
                found[flow.source].append(flow.target)
        for element in self.elements.values():
            if element.attached_to in found:
                found[element.attached_to].append(element.id)
            if (catching := self.catching(element)) is not None:
                found[element.id].append(catching.id)
            if element.triggered_by_event:  # may start whenever something around it is under way
                for sibling in self.inside(element.parent):
                    found[sibling.id].append(element.id)
            entered = element.called if element.kind == "callActivity" else element.id
            if element.kind == "callActivity" or element.kind in SUBPROCESSES:
                self._connect_inside(found, element, entered)
        return {id_: tuple(dict.fromkeys(targets)) for id_, targets in found.items()}

    def _connect_inside(self, found: dict[str, list[str]], around: Element, entered: str) -> None:
        """A token goes from *around* to the starts inside, and from the ends inside on to what follows *around*."""
        following = [self.flows[flow].target for flow in around.outgoing]
        for inner in self.inside(entered):
            if not inner.incoming and not inner.attached_to and not catches_link(inner):
                found[around.id].append(inner.id)
            if not inner.outgoing and not inner.link:
                found[inner.id].extend(target for target in following if target in self.elements)


def catches_link(element: Element) -> bool:
    """Whether *element* is the catching end of a link: tokens come there without a flow, and do not wait."""
    return bool(element.link) and element.kind == "intermediateCatchEvent"


def read_diagram(files: Mapping[str, bytes]) -> Diagram:
    """The model of all *files* together. Raises UnsafeFile as `open_diagram` does."""
    return read_roots({name: open_diagram(content, name) for name, content in files.items()})


def open_diagram(content: bytes, name: str) -> etree._Element:
    """The root of one file.

    Raises UnsafeFile for a file that is not plain XML, with reason ``"not-bpmn"`` when its root is no BPMN definitions.
    """
    root = parse(content, name)
    if root.tag != f"{BPMN}definitions":
        raise UnsafeFile(name, "not-bpmn", line_of(root))
    return root


def read_roots(roots: Mapping[str, etree._Element]) -> Diagram:
    """The model of the files with these *roots* together."""
    reading = _Reading()
    for name, root in sorted(roots.items()):
        reading.read(name, root)
    return reading.diagram()


def text_of(node: etree._Element | None) -> str:
    """All text inside *node*, trimmed; "" for None."""
    return "" if node is None else "".join(map(str, node.itertext())).strip()


class _Reading:
    """Collects the parts of several files."""

    def __init__(self) -> None:
        self.elements: dict[str, Element] = {}
        self.flows: dict[str, Flow] = {}
        self.lanes: dict[str, Lane] = {}
        self.processes: dict[str, Process] = {}
        self.drawn: set[str] = set()
        self.correlations: list[Correlation] = []
        self.duplicates: list[tuple[str, str, int]] = []
        self.nameless: list[tuple[str, str, int]] = []
        self.written = 0
        self._lane_of: dict[str, str] = {}
        self._messages: dict[str, str] = {}  #: id -> name, of the file that is being read
        self._seen: set[str] = set()

    def diagram(self) -> Diagram:
        return Diagram(
            elements=self.elements,
            flows=self.flows,
            lanes=self.lanes,
            processes=self.processes,
            drawn=frozenset(self.drawn),
            correlations=tuple(self.correlations),
            duplicates=tuple(self.duplicates),
            nameless=tuple(self.nameless),
            written=self.written,
        )

    def read(self, file: str, root: etree._Element) -> None:
        self._messages = {node.get("id", ""): node.get("name", "") for node in root.iterchildren(f"{BPMN}message")}
        for node in root.iter(f"{BPMN}correlationPropertyRetrievalExpression"):
            owner = node.getparent()
            id_ = owner.get("id", "") if owner is not None else ""
            message = self._messages.get(node.get("messageRef", ""), "")
            text = text_of(node.find(f"{BPMN}messagePath"))
            self.correlations.append(Correlation(id_, message, text, file, line_of(node)))
        self.written += sum(len(text_of(node)) for tag in _EXPRESSIONS for node in root.iter(f"{BPMN}{tag}"))
        for node in root.iter(f"{SPIFF}*"):
            self.written += sum(map(len, ((node.text or "").strip(), node.get("name", ""), node.get("value", ""))))
        for node in root.iter(f"{BPMN}process"):
            self._process(file, node)
        for tag in ("BPMNShape", "BPMNEdge"):
            self.drawn.update(node.get("bpmnElement", "") for node in root.iter(f"{BPMNDI}{tag}"))

    def _process(self, file: str, node: etree._Element) -> None:
        if not self._take_id(file, node):
            return
        id_ = node.get("id", "")
        executable = node.get("isExecutable") == "true"
        self.processes[id_] = Process(id_, node.get("name", ""), file, line_of(node), executable)
        for lane in node.iter(f"{BPMN}lane"):
            self._lane(file, lane, id_)
        self._content(file, node, process=id_, lane="")

    def _lane(self, file: str, node: etree._Element, process: str) -> None:
        if not self._take_id(file, node):
            return
        id_ = node.get("id", "")
        parts = node.find(f"{BPMN}childLaneSet")
        self.lanes[id_] = Lane(id_, node.get("name", ""), file, line_of(node), process, has_parts=parts is not None)
        for member in node.findall(f"{BPMN}flowNodeRef"):
            self._lane_of[text_of(member)] = id_  # inner lanes come later in the file and win

    def _content(self, file: str, around: etree._Element, *, process: str, lane: str) -> None:
        flows = [node for node in around.findall(f"{BPMN}sequenceFlow") if self._take_id(file, node)]
        incoming: dict[str, list[str]] = {}
        outgoing: dict[str, list[str]] = {}
        for node in flows:
            self._flow(file, node, process)
            incoming.setdefault(node.get("targetRef", ""), []).append(node.get("id", ""))
            outgoing.setdefault(node.get("sourceRef", ""), []).append(node.get("id", ""))
        parent = around.get("id", "")  # taken once: each taking is a copy, and ids of strangers are long
        for node in around.iterchildren():
            kind = _local(node)
            if kind in FLOW_NODES and self._take_id(file, node):
                ends = (tuple(incoming.get(node.get("id", ""), ())), tuple(outgoing.get(node.get("id", ""), ())))
                element = self._element(file, node, ends, process=process, parent=parent, lane=lane)
                self.elements[element.id] = element
                if kind in SUBPROCESSES:
                    self._content(file, node, process=process, lane=element.lane)

    def _flow(self, file: str, node: etree._Element, process: str) -> None:
        condition = node.find(f"{BPMN}conditionExpression")
        self.flows[node.get("id", "")] = Flow(
            id=node.get("id", ""),
            name=node.get("name", ""),
            source=node.get("sourceRef", ""),
            target=node.get("targetRef", ""),
            condition=None if condition is None else text_of(condition),
            file=file,
            line=line_of(node),
            process=process,
        )

    def _element(
        self,
        file: str,
        node: etree._Element,
        ends: tuple[tuple[str, ...], tuple[str, ...]],
        *,
        process: str,
        parent: str,
        lane: str,
    ) -> Element:
        id_ = node.get("id", "")
        attached = node.get("attachedToRef", "")
        return Element(
            id=id_,
            kind=_local(node),
            name=node.get("name", "").strip(),
            file=file,
            line=line_of(node),
            process=process,
            parent=parent,
            lane=self._lane_of.get(id_) or self._lane_of.get(attached, lane),
            properties=_properties(node),
            default=node.get("default", ""),
            script=text_of(node.find(f"{BPMN}script")),
            decision=text_of(_extension(node, "calledDecisionId")),
            called=node.get("calledElement", ""),
            operator=_operator(node),
            timer=_timer(node),
            events=tuple(
                _local(child).removesuffix("EventDefinition")
                for child in node.iterchildren()
                if _local(child).endswith("EventDefinition")
            ),
            link=_link(node),
            message=self._messages.get(_message_ref(node), ""),
            condition=text_of(node.find(f"{BPMN}conditionalEventDefinition/{BPMN}condition")),
            payload="" if _local(node) in SUBPROCESSES else text_of(next(node.iter(f"{SPIFF}messagePayload"), None)),
            attached_to=attached,
            interrupting=node.get("cancelActivity", node.get("isInterrupting", "true")) != "false",
            triggered_by_event=node.get("triggeredByEvent") == "true",
            repeats=_repeats(node),
            incoming=ends[0],
            outgoing=ends[1],
        )

    def _take_id(self, file: str, node: etree._Element) -> bool:
        """Whether *node* has an id nobody else has; else it is noted and left out of the model."""
        id_ = node.get("id", "")
        if not id_:
            self.nameless.append((_local(node), file, line_of(node)))
        elif id_ in self._seen:
            self.duplicates.append((id_, file, line_of(node)))
        else:
            self._seen.add(id_)
            return True
        return False


def _local(node: etree._Element) -> str:
    """The tag without the BPMN namespace; "" for comments and foreign elements."""
    tag = node.tag
    return tag.removeprefix(BPMN) if isinstance(tag, str) and tag.startswith(BPMN) else ""


def line_of(node: etree._Element) -> int:
    """The 1-based line where *node* begins."""
    return cast("int | None", node.sourceline) or 1  # the stubs know no type for it


def _extension(node: etree._Element, tag: str) -> etree._Element | None:
    return node.find(f"{BPMN}extensionElements/{SPIFF}{tag}")


def _properties(node: etree._Element) -> dict[str, str]:
    found = node.findall(f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property")
    return {prop.get("name", ""): prop.get("value", "").strip() for prop in found}


def _operator(node: etree._Element) -> Operator | None:
    found = _extension(node, "serviceTaskOperator")
    if found is None:
        return None
    parameters = found.findall(f"{SPIFF}parameters/{SPIFF}parameter")
    values = {parameter.get("id", ""): parameter.get("value", "").strip() for parameter in parameters}
    return Operator(found.get("id", ""), values, line_of(found))


def _timer(node: etree._Element) -> TimerText | None:
    definition = node.find(f"{BPMN}timerEventDefinition")
    if definition is None:
        return None
    for child in definition.iterchildren():
        if _local(child) in {"timeDuration", "timeDate", "timeCycle"}:
            return TimerText(_local(child), text_of(child), line_of(child))
    return TimerText("", "", line_of(definition))


def _link(node: etree._Element) -> str:
    definition = node.find(f"{BPMN}linkEventDefinition")
    return "" if definition is None else definition.get("name", "").strip()


def _message_ref(node: etree._Element) -> str:
    definition = node.find(f"{BPMN}messageEventDefinition")
    return (node if definition is None else definition).get("messageRef", "")


def _repeats(node: etree._Element) -> dict[str, str]:
    loop = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if loop is None:
        return {}
    texts = {_local(part): text_of(part) for part in loop.iterchildren() if text_of(part)}
    items = {_local(part): _item_name(part) for part in loop.iterchildren() if _local(part) in _ITEMS}
    return {"multiInstance": "", **texts, **items}


def _item_name(part: etree._Element) -> str:
    """The name the interpreter gives an item: modellers write it into both attributes, the id is what counts."""
    return part.get("id", "") or part.get("name", "")
