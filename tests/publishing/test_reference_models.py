"""The reference models of the BPMN Model Interchange Working Group, as strangers' files: refused with everything said.

The models stand beside the project under their own licence (``../shared/conformance/bpmn-miwg-reference``).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from engine.findings import Finding
from engine.publishing import check
from tests.procedures.packages import PROCEDURE, changed, files
from tests.support.cost import cost_of

MODELS = sorted((Path(__file__).parents[3] / "shared/conformance/bpmn-miwg-reference").glob("*.bpmn"))
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"

pytestmark = pytest.mark.skipif(not MODELS, reason="the MIWG models are not there: ../shared/conformance")
each_model = pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)


def findings_of(content: bytes) -> list[Finding]:
    """What the gate says about *content*, in a package that names its first process."""
    process = etree.fromstring(content).find(f"{BPMN}process").get("id")
    procedure = changed(PROCEDURE, 'process = "complaint"', f'process = "{process}"')
    return check(files(complaint=content, procedure=procedure))


def executable(content: bytes) -> bytes:
    root = etree.fromstring(content)
    for process in root.iter(f"{BPMN}process"):
        process.set("isExecutable", "true")
    return etree.tostring(root)


def about_the_diagram(found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.file == "complaint.bpmn"]


@each_model
@pytest.mark.parametrize("prepare", [bytes, executable])
def test_every_model_is_refused_with_places_and_ways_out(path: Path, prepare) -> None:
    everything, took = cost_of(lambda: findings_of(prepare(path.read_bytes())))
    found = about_the_diagram(everything)

    assert took < 2
    assert len(found) > 2
    assert [one for one in found if not one.line or not one.element] == []
    assert [one.message for one in found if not re.search(r"[.;:] \S", one.message)] == []
    assert "rule-error" not in {one.rule for one in found}


@each_model
def test_nothing_is_said_twice_of_one_element(path: Path) -> None:
    found = about_the_diagram(findings_of(executable(path.read_bytes())))

    places = [(one.rule, one.line, one.element, one.message) for one in found]
    assert len(places) == len(set(places))
    assert [one for one in found if one.rule in {"flow-to-nowhere", "boundary-without-activity"}] == []


@each_model
def test_a_drawing_hears_at_once_what_it_would_hear_when_executable(path: Path) -> None:
    content = path.read_bytes()
    first = etree.fromstring(content).find(f"{BPMN}process")
    inside = {node.get("id") for node in first.iter() if node.get("id")} - {first.get("id")}

    drawn, meant = (
        {(one.rule, one.element) for one in findings_of(each) if one.element in inside}
        for each in (content, executable(content))
    )

    assert meant - drawn == set()


def test_three_plain_tasks_are_three_things_that_do_not_run() -> None:
    (path,) = [path for path in MODELS if path.stem == "A.1.0"]

    found = about_the_diagram(findings_of(executable(path.read_bytes())))

    assert [one.rule for one in found if one.rule not in {"element-ids", "element-clause"}] == 3 * [
        "element-does-not-run"
    ]
    assert [one.line for one in found if one.rule == "element-clause"] == [
        one.line for one in found if one.rule == "element-does-not-run"
    ]
