"""Writes drawings as diagram interchange, and the pools that lanes need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lxml import etree

from engine.procedures.layout.drawing import Drawing
from engine.procedures.layout.geometry import Box
from engine.procedures.layout.model import Kind, Lane, Sheet
from engine.procedures.layout.reading import BPMNDI, MODEL, SUBPROCESSES, local

DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
_PREFIXES: Final = {"bpmndi": BPMNDI, "dc": DC, "di": DI}
_MARGIN: Final = 40


def written(root: etree._Element, drawings: Sequence[tuple[Sheet, Drawing]]) -> list[bytes]:
    """One diagram for each sheet, to stand in *root*. Colours and other foreign attributes of old shapes survive."""
    kept = _foreign_attributes(root)
    for old in root.findall(f"{{{BPMNDI}}}BPMNDiagram"):
        root.remove(old)
    ids = {element.get("id") for element in root.iter() if isinstance(element.tag, str)}
    return [_Writer(root, sheet, drawing, kept, ids).write() for sheet, drawing in drawings]


def _page(root: etree._Element) -> etree._Element:
    """An empty element with the namespaces of *root*: what is written in it can stand in the file as it is."""
    return etree.Element(root.tag, nsmap=root.nsmap)  # type: ignore[arg-type]  # the stubs forget the default namespace


def _content(page: etree._Element) -> bytes:
    """What stands in *page*, indented as the only child of a root."""
    etree.indent(page[0], space="  ", level=1)
    whole = etree.tostring(page)
    return whole[whole.index(b">") + 1 : whole.rindex(b"</")]


def _foreign_attributes(root: etree._Element) -> dict[str, dict[str, str]]:
    kept: dict[str, dict[str, str]] = {}
    for shape in root.iter(f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge"):
        foreign = {name: value for name, value in shape.attrib.items() if str(name).startswith("{")}
        if foreign:
            kept[(shape.get("bpmnElement") or "").split(":")[-1]] = {str(k): str(v) for k, v in foreign.items()}
    return kept


class _Writer:
    def __init__(
        self,
        root: etree._Element,
        sheet: Sheet,
        drawing: Drawing,
        kept: Mapping[str, dict[str, str]],
        ids: set[str | None],
    ) -> None:
        self._page, self._sheet, self._drawing, self._kept, self._ids = _page(root), sheet, drawing, kept, ids
        self._tag = {element.get("id"): local(element) for element in root.iter() if isinstance(element.tag, str)}

    def write(self) -> bytes:
        diagram = etree.SubElement(self._page, f"{{{BPMNDI}}}BPMNDiagram", nsmap=_PREFIXES)
        diagram.set("id", self._new_id(f"diagram_{self._sheet.element}"))
        plane = etree.SubElement(diagram, f"{{{BPMNDI}}}BPMNPlane")
        plane.set("id", self._new_id(f"plane_{self._sheet.element}"))
        plane.set("bpmnElement", self._sheet.element)
        for key in self._in_order():
            self._shape(plane, key)
        for key, points in self._drawing.lines.items():
            edge = self._element(plane, "BPMNEdge", key)
            for x, y in points:
                etree.SubElement(edge, f"{{{DI}}}waypoint", x=_number(x + _MARGIN), y=_number(y + _MARGIN))
            self._label(edge, key)
        return _content(self._page)

    def _in_order(self) -> list[str]:
        """Frames before what stands in them, so that viewers paint them behind."""
        first = [key for pool in self._sheet.pools for key in _frames(pool.id, pool.lanes)]
        return [*first, *(key for key in self._drawing.shapes if key not in set(first))]

    def _shape(self, plane: etree._Element, key: str) -> None:
        shape = self._element(plane, "BPMNShape", key)
        kind = self._tag.get(key, "")
        if kind in ("participant", "lane"):
            shape.set("isHorizontal", "true")
        elif kind == "exclusiveGateway":
            shape.set("isMarkerVisible", "true")
        elif kind in SUBPROCESSES:
            shape.set("isExpanded", "true" if key in self._expanded() else "false")
        _bounds(shape, self._drawing.shapes[key])
        self._label(shape, key)

    def _expanded(self) -> set[str]:
        found: set[str] = set()
        waiting = [self._sheet]
        while waiting:
            for node in waiting.pop().nodes():
                if node.kind is Kind.FRAME and node.inside is not None:
                    found.add(node.id)
                    waiting.append(node.inside)
        return found

    def _element(self, plane: etree._Element, kind: str, key: str) -> etree._Element:
        element = etree.SubElement(plane, f"{{{BPMNDI}}}{kind}")
        element.set("id", self._new_id(f"{key}_di"))
        element.set("bpmnElement", key)
        for name, value in self._kept.get(key, {}).items():
            element.set(name, value)
        return element

    def _label(self, parent: etree._Element, key: str) -> None:
        if key in self._drawing.labels:
            _bounds(etree.SubElement(parent, f"{{{BPMNDI}}}BPMNLabel"), self._drawing.labels[key])

    def _new_id(self, wish: str) -> str:
        found, count = wish, 1
        while found in self._ids:
            count += 1
            found = f"{wish}_{count}"
        self._ids.add(found)
        return found


def _frames(pool: str | None, lanes: Sequence[Lane]) -> list[str]:
    return [*([pool] if pool else []), *(key for lane in lanes for key in _frames(lane.id, lane.lanes))]


def _bounds(parent: etree._Element, box: Box) -> None:
    etree.SubElement(
        parent, f"{{{DC}}}Bounds", x=_number(box.x + _MARGIN), y=_number(box.y + _MARGIN),
        width=_number(box.width), height=_number(box.height),
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{round(value, 1):g}"


def add_collaboration(root: etree._Element) -> bytes:
    """A pool for every process when lanes or a second process need one and the file has no collaboration.

    It stands before the first process of *root* then, and is answered as the bytes to put there; else b"".
    """
    processes = [child for child in root if local(child) == "process" and child.get("id")]
    if any(local(child) == "collaboration" for child in root):
        return b""
    with_lanes = any(
        local(lane) == "lane" for process in processes for part in process if local(part) == "laneSet" for lane in part
    )
    single = len(processes) == 1
    if not processes or (single and not with_lanes):
        return b""
    taken = {element.get("id") for element in root.iter() if isinstance(element.tag, str)}
    first = processes[0]
    page = _page(root)
    collaboration = etree.SubElement(page, f"{{{MODEL}}}collaboration")
    collaboration.set("id", _free(f"collaboration_{first.get('id')}", taken))
    for process in processes:
        participant = etree.SubElement(collaboration, f"{{{MODEL}}}participant")
        participant.set("id", _free(f"pool_{process.get('id')}", taken))
        if process.get("name"):
            participant.set("name", process.get("name") or "")
        participant.set("processRef", process.get("id") or "")
    content = _content(page)
    first.addprevious(collaboration)
    return content


def _free(wish: str, taken: set[str | None]) -> str:
    found, count = wish, 1
    while found in taken:
        count += 1
        found = f"{wish}_{count}"
    taken.add(found)
    return found
