"""Which decisions the DMN files of a package hold, so that links to them can be checked without evaluating anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from engine.errors import UnsafeFile
from engine.procedures.diagram import line_of
from engine.safe_xml import parse


@dataclass(frozen=True, slots=True)
class DecisionEntry:
    """One decision: how many rules its table has (0 without a table) and the names it writes into the data."""

    file: str
    line: int
    rules: int
    outputs: tuple[str, ...]


DecisionIndex = Mapping[str, DecisionEntry]


def decision_index(files: Mapping[str, bytes]) -> DecisionIndex:
    """Every decision of the readable *files* by id. Refused files are left out: the check of decisions names them."""
    found: dict[str, DecisionEntry] = {}
    for name, content in sorted(files.items()):
        try:
            root = parse(content, name)
        except UnsafeFile:
            continue
        for node in root.iter("{*}decision"):
            found.setdefault(node.get("id", ""), _entry(name, node))
    return found


def _entry(name: str, node: etree._Element) -> DecisionEntry:
    rules = node.findall("{*}decisionTable/{*}rule")
    outputs = node.findall("{*}decisionTable/{*}output")
    names = [output.get("name", "") for output in outputs]
    names += [variable.get("name", "") for variable in node.findall("{*}variable")]
    return DecisionEntry(name, line_of(node), len(rules), tuple(dict.fromkeys(filter(None, names))))
