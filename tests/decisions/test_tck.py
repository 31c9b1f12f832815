"""Every case of the DMN TCK's conformance level 2, run through the public functions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from engine.decisions import DecisionError, evaluate, read_decisions

CASES = Path(__file__).parent / "tck"
NAMESPACES = {"t": "http://www.omg.org/spec/DMN/20160719/testcase"}
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def all_cases():
    for file in sorted(CASES.glob("*/*.xml")):
        root = etree.parse(file).getroot()
        model = file.parent / root.findtext("t:modelName", namespaces=NAMESPACES)
        for case in root.findall("t:testCase", NAMESPACES):
            for result in case.findall("t:resultNode", NAMESPACES):
                yield pytest.param(model, case, result, id=f"{file.stem}-{case.get('id')}-{result.get('name')}")


@pytest.mark.parametrize(("model_file", "case", "result"), list(all_cases()))
def test_tck(model_file, case, result):
    model = read_decisions(model_file.read_bytes(), model_file.name)
    context = {node.get("name"): value_of(node) for node in case.findall("t:inputNode", NAMESPACES)}
    decision = next(found for found in model.decisions.values() if found.name == result.get("name"))

    try:
        value = evaluate(model, decision.id, context, now=NOW).value
    except DecisionError:
        value = None

    assert same(value_of(result.find("t:expected", NAMESPACES)), value)


def test_level_2_is_complete():
    results = list(all_cases())

    assert len({case.values[0] for case in results}) == 28
    assert len(results) == 126


def value_of(node):
    if (items := node.find("t:list", NAMESPACES)) is not None:
        return [value_of(item) for item in items.findall("t:item", NAMESPACES)]
    if components := node.findall("t:component", NAMESPACES):
        return {component.get("name"): value_of(component) for component in components}
    value = node.find("t:value", NAMESPACES)
    if value is None or value.get(NIL) == "true":
        return None
    match (value.get(TYPE) or "xsd:string").rpartition(":")[2]:
        case "decimal" | "double" | "integer":
            return float(Decimal(value.text))
        case "boolean":
            return value.text == "true"
        case _:
            return value.text or ""


def same(expected, found):
    """The TCK compares numbers to about the digits it writes."""
    if isinstance(expected, float) and not isinstance(found, bool) and isinstance(found, int | float):
        return found == pytest.approx(expected, rel=1e-8)
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(same(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    return expected == found and type(expected) is type(found)
