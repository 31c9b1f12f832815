"""Runs cases of the DMN Technology Compatibility Kit: ``python -m tests.support.tck FOLDER`` prints a table.

A folder has, anywhere below it, models and ``*-test-*.xml`` files beside them. A result node is one case. An expected
error is null here: FEEL has no other answer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine.decisions import DecisionError, evaluate
from engine.decisions.problems import Problems
from engine.decisions.reader import read_model
from engine.errors import EngineError
from engine.feel import Evaluation, FeelError, compile_expression, to_json
from engine.safe_xml import parse

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMESPACES = {"t": "http://www.omg.org/spec/DMN/20160719/testcase"}
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
#: XML Schema type -> the FEEL that reads its text.
READ = {"date": "date(text)", "time": "time(text)", "dateTime": "date and time(text)", "duration": "duration(text)"}


@dataclass(frozen=True)
class Case:
    folder: str
    name: str
    model: Path
    node: str  #: what is evaluated
    inputs: dict[str, Any]
    expected: Any


@dataclass(frozen=True)
class Row:
    """How one folder did."""

    folder: str
    passed: int
    cases: int
    failed: tuple[str, ...]  #: names of the cases and what was found


def cases(folder: Path) -> Iterator[Case]:
    """Every case below *folder*, in the order of the files."""
    for file in sorted(folder.rglob("*.xml")):
        root = etree.parse(file).getroot()
        if etree.QName(root).localname != "testCases":
            continue
        model = file.parent / (root.findtext("t:modelName", namespaces=NAMESPACES) or "")
        for case in root.findall("t:testCase", NAMESPACES):
            inputs = {node.get("name"): value_of(node) for node in case.findall("t:inputNode", NAMESPACES)}
            for result in case.findall("t:resultNode", NAMESPACES):
                node = case.get("invocableName") or result.get("name")
                expected = result.find("t:expected", NAMESPACES)
                yield Case(
                    folder=file.parent.name,
                    name=f"{file.stem}-{case.get('id')}-{result.get('name')}",
                    model=model,
                    node=node,
                    inputs=inputs,
                    expected=None if expected is None else value_of(expected),
                )


def run(folder: Path) -> list[Row]:
    """One row a folder that has cases."""
    found: dict[str, list[tuple[Case, Any]]] = {}
    for case in cases(folder):
        found.setdefault(case.folder, []).append((case, outcome(case)))
    return [
        Row(
            folder=name,
            passed=sum(same(case.expected, value) for case, value in results),
            cases=len(results),
            failed=tuple(
                f"{case.name}: expected {case.expected!r}, found {value!r}"
                for case, value in results
                if not same(case.expected, value)
            ),
        )
        for name, results in sorted(found.items())
    ]


def outcome(case: Case) -> Any:
    """What the case's node gives, null where it fails. A model that says some things wrong is used all the same."""
    try:
        model = read_model(parse(case.model.read_bytes(), case.model.name), Problems(case.model.name))
        nodes = {one.name: key for key, one in (*model.services.items(), *model.decisions.items())}
        return evaluate(model, nodes[case.node], case.inputs, now=NOW).value
    except (DecisionError, KeyError, EngineError, FeelError):
        return None


def value_of(node: etree._Element) -> Any:
    """The value that a node of a test file writes, as FEEL's JSON has it."""
    if (items := node.find("t:list", NAMESPACES)) is not None:
        return [value_of(item) for item in items.findall("t:item", NAMESPACES)]
    if components := node.findall("t:component", NAMESPACES):
        return {component.get("name"): value_of(component) for component in components}
    value = node.find("t:value", NAMESPACES)
    if value is None or value.get(NIL) == "true":
        return None
    kind = (value.get(TYPE) or "xsd:string").rpartition(":")[2]
    text = value.text or ""
    if kind in READ:
        return to_json(compile_expression(READ[kind]).evaluate_in(Evaluation({"text": text.strip()}, now=NOW)))
    match kind:
        case "decimal" | "double" | "integer" | "float":
            return float(Decimal(text))
        case "boolean":
            return text.strip() == "true"
        case _:
            return text


def same(expected: Any, found: Any) -> bool:
    """Whether both are one value; numbers to about the digits the kit writes."""
    if isinstance(expected, float) and isinstance(found, int | float) and not isinstance(found, bool):
        return abs(found - expected) <= 1e-8 * max(1.0, abs(expected))
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(same(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    return bool(expected == found) and type(expected) is type(found)


def table(rows: list[Row]) -> str:
    """The rows as Markdown, with a sum."""
    lines = ["| cases | passed | of |", "|---|---|---|"]
    lines += [f"| {row.folder} | {row.passed} | {row.cases} |" for row in rows]
    passed, count = sum(row.passed for row in rows), sum(row.cases for row in rows)
    lines.append(f"| **all** | **{passed}** | **{count}** ({passed / count:.1%}) |" if count else "| none | 0 | 0 |")
    return "\n".join(lines)


def main(folder: Path) -> int:
    found = run(folder)
    failed = "".join(f"- {line}\n" for row in found for line in row.failed)
    sys.stdout.write(f"{table(found)}\n{failed}")
    return 0 if found and not failed else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
