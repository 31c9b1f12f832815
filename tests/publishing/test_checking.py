"""Everything there is to say about a package, whatever it is made of."""

from __future__ import annotations

import random
import re

import pytest

from engine.procedures import package_from_files
from engine.publishing import check, coverage
from tests.procedures.packages import CLAUSES, DIAGRAM, PROCEDURE, SCENARIO, bpmn, changed, files

BROKEN_TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
  <decision id="severity" name="severity"><decisionTable hitPolicy="UNIQUE">
    <input id="i"><inputExpression id="e"><text>1 +</text></inputExpression></input><output id="o" name="severity"/>
  </decisionTable></decision></definitions>"""


def test_a_right_package_has_no_findings() -> None:
    assert check(files()) == []


def test_reader_rules_decisions_diagrams_and_scenarios_are_heard() -> None:
    content = files(
        procedure=changed(PROCEDURE, 'title = "summary"', 'title = "sumary"') + 'colour = "red"\n',
        founded=changed(SCENARIO, 'outcome = "closed"', 'outcome = "close"'),
    )
    content["severity.dmn"] = BROKEN_TABLE

    found = {(one.file, one.rule) for one in check(content)}

    assert {
        ("procedure.toml", "toml-unknown-key"),
        ("procedure.toml", "case-fields"),
        ("scenarios/founded.toml", "scenario-unknown-name"),
    } < found
    assert "severity.dmn" in {file for file, _ in found}


def test_findings_come_in_the_order_of_files_and_lines() -> None:
    content = files(clauses=CLAUSES.replace('excused = "names the law"', ""), complaint=bpmn(DIAGRAM, drawn=False))

    places = [(one.file, one.line or 0) for one in check(content)]

    assert places == sorted(places)
    assert len(places) >= 2


def test_what_two_checks_see_is_said_once() -> None:
    content = files(complaint=bpmn(changed(DIAGRAM, "founded = true", "founded == True")))

    assert [one.rule for one in check(content)] == ["feel-compiles"]


def test_no_input_makes_it_throw() -> None:
    chance = random.Random(20260302)
    for _ in range(60):
        content = files()
        path = chance.choice(sorted(content))
        damaged = bytearray(content[path])
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(damaged))
            damaged[place : place + chance.randint(0, 30)] = chance.randbytes(chance.randint(0, 4))
        content[path] = bytes(damaged)

        assert "rule-error" not in {one.rule for one in check(content)}, path


def test_empty_and_absurd_packages_have_findings() -> None:
    assert check({})
    assert check(dict.fromkeys(files(), b""))
    assert check({"../../etc/passwd": b"root"})


def test_coverage_tells_linked_excused_unlinked_and_unordered() -> None:
    more = '[[clause]]\nid = "AC-4"\nreference = "Art.4"\nsummary = { zh-Hans = "四", en = "four" }\n'
    content = files(clauses=changed(CLAUSES, 'element = ["repair", "tell"]', 'element = ["repair"]') + more)

    found = coverage(package_from_files(content))

    assert found.linked == ("AC-1", "AC-2")
    assert found.excused == ("AC-3",)
    assert found.unlinked == ("AC-4",)
    assert found.elements_without_clause == ("tell",)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (b"<a", 1),
        (b"<a/>", 1),
        (b"\xff\xfe<", None),
        (bpmn(DIAGRAM).replace(b"20100524/MODEL", b"20090524/MODEL"), 1),
        (b"<!DOCTYPE a>" + bpmn(DIAGRAM), 1),
    ],
    ids=["empty", "cut off", "no BPMN", "no UTF-8", "BPMN of another version", "declarations"],
)
def test_a_diagram_that_cannot_be_read_is_the_only_thing_said(content: bytes, line: int | None) -> None:
    found = check(files(complaint=content))

    assert [(one.file, one.rule, one.line) for one in found] == [("complaint.bpmn", "file-unsafe", line)]


def test_a_decision_that_cannot_be_read_is_not_called_missing() -> None:
    calls = '<bpmn:businessRuleTask id="repair" name="维修"><bpmn:extensionElements><spiffworkflow:calledDecisionId>severity</spiffworkflow:calledDecisionId></bpmn:extensionElements></bpmn:businessRuleTask>'
    body = re.sub(r'<bpmn:userTask id="repair".*?</bpmn:userTask>', calls, DIAGRAM, flags=re.DOTALL)
    content = files(complaint=bpmn(body), founded=None) | {"severity.dmn": b"<definitions"}

    assert [(one.file, one.rule) for one in check(content)] == [("severity.dmn", "unsafe-file")]


def test_what_stands_around_an_element_that_does_not_run_is_not_blamed() -> None:
    body = changed(DIAGRAM, '<bpmn:userTask id="repair" name="维修">', '<bpmn:task id="repair" name="维修">')
    body = re.sub(r"(<bpmn:task .*?)</bpmn:userTask>", r"\1</bpmn:task>", body, flags=re.DOTALL)

    found = check(files(complaint=bpmn(body), founded=None))

    assert {one.rule for one in found} == {"element-does-not-run", "known-properties"}
    assert {one.element for one in found} == {"repair"}


def test_a_drawing_that_is_meant_to_run_hears_everything_at_once() -> None:
    body = changed(DIAGRAM, ' isExecutable="true"', "").replace('id="check"', 'id="check" isForCompensation="true"')

    found = check(files(complaint=bpmn(body), founded=None))

    assert [(one.rule, one.element) for one in found if one.file == "complaint.bpmn"] == [
        ("element-does-not-run", "check")
    ]
    assert [one.rule for one in found if one.file == "procedure.toml"] == ["process-exists"]


def test_what_a_modeller_does_everywhere_is_said_once() -> None:
    ids = {name: f"Activity_{n:07}" for n, name in enumerate(("check", "repair", "tell", "closed", "rejected"))}
    content = bpmn(re.sub(r'"(check|repair|tell|closed|rejected)"', lambda found: f'"{ids[found[1]]}"', DIAGRAM))

    (found,) = (one for one in check(files(complaint=content)) if one.rule == "element-ids")

    assert 'found "Activity_0000000", "Activity_0000001", "Activity_0000002", "Activity_0000003", "Act' in found.message


def test_a_message_stays_short_and_keeps_its_way_out_whatever_the_id() -> None:
    found = check(files(complaint=bpmn(DIAGRAM.replace("repair", "r" * 100_000)), founded=None))

    (dead,) = (one for one in found if one.rule == "task-names")
    assert len(dead.message) == 1_003
    assert dead.message.startswith("expected user task rrrrr")
    assert dead.message.endswith("add it under [elements] in texts/en.toml")
    assert dead.element == "r" * 100_000
