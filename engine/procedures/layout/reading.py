"""From BPMN XML to sheets: what is drawn, where it belongs and how large it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from engine.errors import EngineError
from engine.procedures.layout.model import Kind, Lane, Link, LinkKind, Node, Pool, Sheet
from engine.procedures.layout.words import LINE, wrapped

MODEL: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"

#: Nodes and lines one file may have; a diagram beyond that is unreadable however it is drawn.
MAX_DRAWN: Final = 3000

_EVENTS: Final = {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "implicitThrowEvent"}
_GATEWAYS: Final = {"exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway", "eventBasedGateway"}
SUBPROCESSES: Final = {"subProcess", "transaction", "adHocSubProcess"}
_TASKS: Final = {
    *("task", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask"),
    "callActivity",
}
DATA: Final = {"dataObjectReference", "dataStoreReference", "dataInput", "dataOutput"}
FLOW_NODES: Final = _EVENTS | _GATEWAYS | SUBPROCESSES | _TASKS | {"boundaryEvent"}

_EVENT_SIZE: Final = 36.0
_GATEWAY_SIZE: Final = 50.0
_TASK_HEIGHT: Final = 80.0
_TASK_WIDTHS: Final = (100.0, 120.0)
#: Pixels of a task's width and height that its icon and border keep free of words.
_TASK_PADDING: Final = 10.0
_TASK_LINES_AT_EASE: Final = 3
_DATA_SIZES: Final = {"dataStoreReference": (50.0, 50.0)}
_DATA_SIZE: Final = (36.0, 50.0)
_NOTE_WIDTH: Final = 120.0


class LayoutRefused(EngineError):
    """The file cannot be drawn. *reason* is ``"not-bpmn"``, ``"nothing-to-draw"`` or ``"too-large-to-draw"``."""

    code = "layout-refused"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"expected BPMN processes of at most {MAX_DRAWN} shapes and lines in {name!r}, found: {reason}"
        )
        self.name, self.reason = name, reason


def read_sheets(root: etree._Element, name: str) -> list[Sheet]:
    """Every surface of the file that gets its own diagram, the one people see first in front."""
    if root.tag != f"{{{MODEL}}}definitions":
        raise LayoutRefused(name, "not-bpmn")
    reader = _Reader(root)
    sheets = reader.sheets()
    if not sheets:
        raise LayoutRefused(name, "nothing-to-draw")
    if reader.drawn > MAX_DRAWN:
        raise LayoutRefused(name, "too-large-to-draw")
    return sheets


def local(element: etree._Element) -> str:
    """The tag without namespace; empty for comments, and for elements that are not BPMN's."""
    tag = element.tag
    return tag[len(MODEL) + 2 :] if isinstance(tag, str) and tag.startswith(f"{{{MODEL}}}") else ""


def children(element: etree._Element, *names: str) -> list[etree._Element]:
    return [child for child in element if local(child) in names]


class _Reader:
    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._collapsed = _collapsed_ids(root)
        self._apart: list[Sheet] = []
        self._drawn_without_pool: set[str] = set()
        self.drawn = 0

    def sheets(self) -> list[Sheet]:
        processes = {_id(process): process for process in children(self._root, "process") if _id(process)}
        sheets = [self._collaboration(one, processes) for one in children(self._root, "collaboration") if _id(one)]
        shown = {
            _ref(participant, "processRef")
            for one in children(self._root, "collaboration")
            for participant in children(one, "participant")
        }
        for key, process in processes.items():
            if key not in shown | self._drawn_without_pool:
                sheets.append(self._surface(process, lanes=True))
        return [sheet for sheet in sheets if sheet.pools] + self._apart

    def _collaboration(self, collaboration: etree._Element, processes: dict[str, etree._Element]) -> Sheet:
        pools: list[Pool] = []
        for participant in children(collaboration, "participant"):
            process = processes.get(_ref(participant, "processRef"))
            if not _id(participant):
                continue
            if process is None or not any(local(child) in FLOW_NODES | {"laneSet"} for child in process):
                pools.append(Pool(_id(participant), (), closed=True))
                self.drawn += 1
            else:
                pools.append(Pool(_id(participant), tuple(self._nodes(process)), self._lanes(process)))
        shown = [
            processes[key]
            for participant in children(collaboration, "participant")
            if (key := _ref(participant, "processRef")) in processes
        ]
        notes = tuple(self._notes(collaboration))
        if notes and pools:
            first = next((at for at, pool in enumerate(pools) if not pool.closed), None)
            if first is not None:
                pool = pools[first]
                pools[first] = Pool(pool.id, pool.nodes + notes, pool.lanes)
        met = {_ref(link, end) for link in children(collaboration, "messageFlow") for end in ("sourceRef", "targetRef")}
        for process in processes.values():
            if process not in shown and any(_id(inner) in met for inner in process.iter()):
                pools.append(Pool(None, tuple(self._nodes(process)), self._lanes(process)))
                shown.append(process)
                self._drawn_without_pool.add(_id(process))
        return self._sheet(_id(collaboration), pools, [collaboration, *shown])

    def _surface(self, container: etree._Element, *, lanes: bool) -> Sheet:
        pool = Pool(None, tuple(self._nodes(container)), self._lanes(container) if lanes else ())
        return self._sheet(_id(container), [pool], [container])

    def _sheet(self, element: str, pools: list[Pool], containers: list[etree._Element]) -> Sheet:
        ends = {pool.id: pool.id for pool in pools if pool.id}
        known = {node.id for pool in pools for node in pool.nodes}
        for container in containers:
            ends |= _owners(container, known)
        links = [link for container in containers for link in self._links(container, ends)]
        self.drawn += len(links)
        return Sheet(element, tuple(pools), tuple(links))

    def _nodes(self, container: etree._Element) -> Iterator[Node]:
        hosts = {_id(child) for child in children(container, *SUBPROCESSES, *_TASKS)}
        for child in [*container, *_data_of(container)]:
            if _id(child) and (node := self._node(child, hosts)) is not None:
                self.drawn += 1
                yield node
        yield from self._notes(container)

    def _node(self, element: etree._Element, hosts: set[str]) -> Node | None:
        kind, key, name = local(element), _id(element), (element.get("name") or "").strip()
        if kind == "boundaryEvent" and element.get("attachedToRef", "") in hosts:
            return Node(key, Kind.BOUNDARY, name, _EVENT_SIZE, _EVENT_SIZE, host=element.get("attachedToRef"))
        if kind in _EVENTS or kind == "boundaryEvent":
            return Node(key, Kind.EVENT, name, _EVENT_SIZE, _EVENT_SIZE)
        if kind in _GATEWAYS:
            return Node(key, Kind.GATEWAY, name, _GATEWAY_SIZE, _GATEWAY_SIZE)
        if kind in SUBPROCESSES and any(local(child) in FLOW_NODES for child in element):
            inside = self._surface(element, lanes=False)
            if key not in self._collapsed:
                return Node(key, Kind.FRAME, name, 0, 0, inside=inside)
            self._apart.append(inside)
        if kind in SUBPROCESSES or kind in _TASKS:
            return Node(key, Kind.TASK, name, *_task_size(name))
        if kind in DATA:
            return Node(key, Kind.DATA, name, *_DATA_SIZES.get(kind, _DATA_SIZE))
        return None

    def _notes(self, container: etree._Element) -> Iterator[Node]:
        for element in children(container, "textAnnotation"):
            if _id(element):
                self.drawn += 1
                text = " ".join(
                    "".join(str(piece) for piece in part.itertext()) for part in children(element, "text")
                ).strip()
                width, height = wrapped(text, _NOTE_WIDTH - 16)
                yield Node(_id(element), Kind.NOTE, "", min(_NOTE_WIDTH, max(60, width + 16)), max(30, height + 10))

    def _lanes(self, process: etree._Element) -> tuple[Lane, ...]:
        return tuple(lane for lane_set in children(process, "laneSet")[:1] for lane in _lanes_of(lane_set))

    def _links(self, container: etree._Element, ends: dict[str, str]) -> Iterator[Link]:
        for element in container:
            kind = _LINKS.get(local(element))
            source, target = ends.get(_ref(element, "sourceRef")), ends.get(_ref(element, "targetRef"))
            if kind and _id(element) and source and target:
                yield Link(_id(element), kind, source, target, (element.get("name") or "").strip())
        yield from self._data_links(container, ends)

    def _data_links(self, container: etree._Element, ends: dict[str, str]) -> Iterator[Link]:
        for activity in container:
            for element in children(activity, "dataInputAssociation"):
                source = next((ends.get((ref.text or "").strip()) for ref in children(element, "sourceRef")), None)
                if _id(element) and source and _id(activity) in ends:
                    yield Link(_id(element), LinkKind.DOTTED, source, ends[_id(activity)])
            for element in children(activity, "dataOutputAssociation"):
                target = next((ends.get((ref.text or "").strip()) for ref in children(element, "targetRef")), None)
                if _id(element) and target and _id(activity) in ends:
                    yield Link(_id(element), LinkKind.DOTTED, ends[_id(activity)], target)


_LINKS: Final = {"sequenceFlow": LinkKind.SEQUENCE, "messageFlow": LinkKind.MESSAGE, "association": LinkKind.DOTTED}


def _id(element: etree._Element) -> str:
    return element.get("id") or ""


def _ref(element: etree._Element, name: str) -> str:
    """The id a reference means; its namespace prefix, if any, is not part of it."""
    return (element.get(name) or "").split(":")[-1]


def _collapsed_ids(root: etree._Element) -> set[str]:
    """Subprocesses that the file's old diagram shows closed."""
    shapes = root.iter(f"{{{BPMNDI}}}BPMNShape")
    return {_ref(shape, "bpmnElement") for shape in shapes if shape.get("isExpanded") == "false"}


def _data_of(container: etree._Element) -> list[etree._Element]:
    """Data inputs and outputs of the container itself, which stand one level deeper than other nodes."""
    return [
        data for inner in children(container, "ioSpecification") for data in children(inner, "dataInput", "dataOutput")
    ]


def _owners(container: etree._Element, known: set[str]) -> dict[str, str]:
    """For every id inside *container* the node of this sheet that shows it or hides it inside."""
    owners: dict[str, str] = {}
    for child in [*container, *_data_of(container)]:
        if _id(child) not in known:
            continue
        for inner in child.iter():
            if local(inner) in FLOW_NODES | DATA | {"textAnnotation", "dataInput", "dataOutput"} and _id(inner):
                owners[_id(inner)] = _id(child)
        owners[_id(child)] = _id(child)
    return owners


def _lanes_of(lane_set: etree._Element) -> Iterator[Lane]:
    for lane in children(lane_set, "lane"):
        if _id(lane):
            nodes = tuple((ref.text or "").strip() for ref in children(lane, "flowNodeRef"))
            yield Lane(
                _id(lane), nodes, tuple(one for inner in children(lane, "childLaneSet") for one in _lanes_of(inner))
            )


def _task_size(name: str) -> tuple[float, float]:
    narrow, wide = _TASK_WIDTHS
    if wrapped(name, narrow - _TASK_PADDING)[1] <= wrapped("字" * _TASK_LINES_AT_EASE, 12)[1]:
        return narrow, _TASK_HEIGHT
    lines = (wrapped(name, wide - _TASK_PADDING)[1] - 2) // LINE
    return wide, _TASK_HEIGHT + max(0.0, lines - _TASK_LINES_AT_EASE) * LINE
