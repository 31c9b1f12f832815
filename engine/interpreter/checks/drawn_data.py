"""Data objects and the lines to them: drawn names for what is in the case's data."""

from __future__ import annotations

from lxml import etree

from engine.interpreter.checks.sheet import Sheet
from engine.interpreter.checks.xml import BPMN, id_of, text_of


def check_data_objects(sheet: Sheet, scope: etree._Element, file: str) -> None:
    """Check the data objects drawn in *scope*, and note which names end with it."""
    objects = [node.get("id") or "" for node in scope.iterchildren(f"{BPMN}dataObject")]
    sheet.reading.data_objects[scope.get("id") or ""] = tuple(objects)
    for node in scope.iterchildren(f"{BPMN}dataObject", f"{BPMN}dataObjectReference"):
        sheet.claim(node, file)
    for node in scope.iterchildren(f"{BPMN}dataObjectReference"):
        if node.get("dataObjectRef") not in _around(node, "dataObject"):
            sheet.refuse(
                "data-object-is-missing", node, file,
                f"{id_of(node)!r} refers to data object {node.get('dataObjectRef')!r}, which is not drawn in the same "
                "process or sub-process, or around it. Draw it there, or remove the reference.",
            )  # fmt: skip


def check_data_associations(sheet: Sheet, node: etree._Element, file: str) -> None:
    """Check the lines between the element *node* and data objects."""
    for tag, end in (("dataInputAssociation", "sourceRef"), ("dataOutputAssociation", "targetRef")):
        for association in node.iterchildren(f"{BPMN}{tag}"):
            sheet.refuse_unknown(association, _ASSOCIATION, file)
            reference = text_of(association.find(f"{BPMN}{end}"))
            if reference not in _around(association, "dataObjectReference"):
                sheet.refuse(
                    "data-object-is-missing", association, file,
                    f"A line at {id_of(node)!r} ends at {reference!r}, which is no data object around it. Draw it "
                    "again, or remove it.",
                )  # fmt: skip
    ends = {text_of(end) for end in node.iterfind(f"{BPMN}dataInputAssociation/{BPMN}targetRef")}
    for made in node.iterchildren(f"{BPMN}property"):
        if made.get("id") not in ends:  # a modeller adds one that only holds the line's other end
            sheet.refuse(
                "element-does-not-run", made, file,
                f"property {made.get('id')!r} of {id_of(node)!r} does not run: keep values in the case's data.",
            )  # fmt: skip


_ASSOCIATION = frozenset({"sourceRef", "targetRef", "documentation", "extensionElements"})


def _around(node: etree._Element, tag: str) -> set[str]:
    """Ids of the *tag* elements drawn in the scopes around *node*."""
    return {each.get("id") or "" for scope in node.iterancestors() for each in scope.iterchildren(f"{BPMN}{tag}")}
