"""One condition is written into a diagram or a form, and every other byte stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from engine.errors import NotFound
from engine.feel import compile_expression
from engine.feel.conditions import condition_of, condition_text
from engine.forms import load_form
from engine.forms.conditions import show_if_of, structure_of
from engine.procedures import Reading, collect_files, find_packages, read_files
from engine.procedures.conditions import with_flow_condition, with_show_if
from engine.procedures.diagram import read_diagram

ROOT = Path(__file__).parents[2]
DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- kept -->
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <bpmn:process id="p" isExecutable="true">
    <bpmn:exclusiveGateway id="g" name="a &lt; b"/>
    <bpmn:sequenceFlow id="f_1" sourceRef="g" targetRef="x"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">a = 1</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f_2" sourceRef="g" targetRef="y" />
    <bpmn:sequenceFlow id="f_3" sourceRef="g" targetRef="z"><bpmn:documentation>kept</bpmn:documentation></bpmn:sequenceFlow>
    <bpmn:task id="x"/><bpmn:task id="y"/><bpmn:task id="z"/>
  </bpmn:process>
</bpmn:definitions>
"""
FORM = """
id: intake
title: { zh-Hans: 记录, en: Record }  # kept
fields:
  - { id: kind, type: yesno, label: { zh-Hans: 类别, en: Kind } }
  - { id: more, type: text, label: { zh-Hans: 更多, en: More }, show_if: { field: kind, is: true } }
  - id: last
    type: number
    label: { zh-Hans: 最后, en: Last }
    show_if:
      field: kind
      is: false
  - id: plain
    type: number
    label: { zh-Hans: 数, en: Number }
""".encode()


@cache
def readings() -> tuple[Reading, ...]:
    """Every package of ours."""
    processes, forms = ROOT / "processes", ROOT / "forms"
    return tuple(read_files(collect_files(processes, forms, ref)) for ref in find_packages(processes))


def flow_conditions() -> Iterator[tuple[Reading, str, str]]:
    for reading in readings():
        for flow in reading.diagram.flows.values():
            if flow.condition:
                yield reading, flow.id, flow.condition


def test_every_condition_of_our_procedures_means_the_same_after_the_round_trip() -> None:
    only_text = []
    number = 0
    for _, flow, text in flow_conditions():
        number += 1
        structure = condition_of(text)
        if structure is None:
            only_text.append(text)
        else:
            assert compile_expression(condition_text(structure)).tree == compile_expression(text).tree, flow

    assert number >= 350
    assert len(only_text) <= 6, only_text  # counting lists, looking into them, today


def test_every_condition_of_our_procedures_can_be_written_into_its_diagram_again() -> None:
    for reading, flow, text in flow_conditions():
        file = reading.diagram.flows[flow].file
        content = reading.package.diagrams[file]

        changed = with_flow_condition(content, flow, "never = 1 and x < 2")
        back = with_flow_condition(changed, flow, text)

        assert read_diagram({file: changed}).flows[flow].condition == "never = 1 and x < 2"
        assert read_diagram({file: back}).flows == read_diagram({file: content}).flows


def test_every_condition_of_our_forms_means_the_same_after_the_round_trip() -> None:
    number = 0
    for reading in readings():
        for form in reading.package.forms.values():
            for field in form.fields:
                if field.show_if is None:
                    continue
                number += 1
                structure = condition_of(condition_text(structure_of(field.show_if)))
                assert structure is not None
                said = show_if_of(structure)
                assert said is not None
                assert type(field.show_if).model_validate(_tuples(said)) == field.show_if

    assert number >= 300


def _tuples(said: object) -> object:
    if isinstance(said, dict):
        return {name: _tuples(part) for name, part in said.items()}
    return tuple(map(_tuples, said)) if isinstance(said, list) else said


def test_a_condition_is_replaced_and_nothing_else() -> None:
    changed = with_flow_condition(DIAGRAM, "f_1", 'a < 2 and b = "x & y"')

    assert changed == DIAGRAM.replace(b"a = 1", b'a &lt; 2 and b = "x &amp; y"')


def test_a_condition_comes_where_none_was_and_goes_again() -> None:
    for flow in ("f_2", "f_3"):
        changed = with_flow_condition(DIAGRAM, flow, "b = 2")
        assert read_diagram({"x.bpmn": changed}).flows[flow].condition == "b = 2"
        assert read_diagram({"x.bpmn": with_flow_condition(changed, flow, "")}).flows[flow].condition is None
    assert b"<bpmn:documentation>kept</bpmn:documentation>" in with_flow_condition(DIAGRAM, "f_3", "b = 2")
    assert read_diagram({"x.bpmn": with_flow_condition(DIAGRAM, "f_1", "")}).flows["f_1"].condition is None


def test_a_field_is_shown_on_another_condition_and_nothing_else_changes() -> None:
    wanted = {"all": [{"field": "kind", "is": True}, {"field": "more", "in": ["yes", "多", "a: b"]}]}

    for field in ("last", "plain"):
        changed = with_show_if(FORM, field, wanted)
        form = load_form(changed, "forms/intake.yaml", lists={})
        shown = next(each for each in form.fields if each.id == field).show_if
        assert shown is not None
        assert structure_of(shown) == {
            "all": [
                {"field": "kind", "operator": "is", "value": True},
                {"field": "more", "operator": "in", "value": ["yes", "多", "a: b"]},
            ]
        }
        assert b"# kept" in changed
        assert [each.id for each in form.fields] == ["kind", "more", "last", "plain"]


def test_a_field_loses_its_condition_wherever_it_was_written() -> None:
    for field in ("more", "last"):
        changed = with_show_if(FORM, field, None)
        form = load_form(changed, "forms/intake.yaml", lists={})
        assert next(each for each in form.fields if each.id == field).show_if is None
    assert with_show_if(FORM, "plain", None) == FORM
    assert with_show_if(FORM, "more", {"field": "kind", "is": False}) == FORM.replace(b"is: true }", b"is: false }")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("last >= 1.5", b"{ field: last, gte: 1.5 }"),
        ("last in [0.5..2]", b"{ field: last, gte: 0.5, lte: 2 }"),
        ("last in (1.5, 2)", b"{ field: last, in: [1.5, 2] }"),
    ],
)
def test_decimals_come_back_from_a_form_as_numbers(text: str, shown: bytes) -> None:
    structure = condition_of(text)
    assert structure is not None

    changed = with_show_if(FORM, "plain", show_if_of(structure))

    assert b"    show_if: " + shown in changed
    form = load_form(changed, "forms/intake.yaml", lists={})
    condition = next(each for each in form.fields if each.id == "plain").show_if
    assert condition is not None
    assert condition_text(structure_of(condition)) == text


@pytest.mark.parametrize(
    "text", ['a >= date("2026-01-01")', 'a in (1, date("2026-01-01"))', 'b = 1 and a = duration("P1D")']
)
def test_forms_cannot_compare_with_days(text: str) -> None:
    structure = condition_of(text)

    assert structure is not None
    assert show_if_of(structure) is None


@pytest.mark.parametrize(
    "decoy",
    [
        b'<bpmn:sequenceFlow id="f_0" name="a > b" sourceRef="g" targetRef="x"/>',
        b'<!-- <bpmn:sequenceFlow id="f_1" sourceRef="g" targetRef="x"/> -->',
        b'<bpmn:sequenceFlow x:id="f_1" id="f_0" sourceRef="g" targetRef="x"/>',
        b"""<bpmn:sequenceFlow id="f_0" name='id="f_1"' sourceRef="g" targetRef="x"/>""",
        b'<bpmn:documentation><![CDATA[<bpmn:sequenceFlow id="f_1"/>]]></bpmn:documentation>',
    ],
)
def test_a_condition_never_comes_to_another_way_that_looks_like_it(decoy: bytes) -> None:
    diagram = DIAGRAM.replace(b"    <bpmn:sequenceFlow", b"    " + decoy + b"\n    <bpmn:sequenceFlow", 1)

    assert with_flow_condition(diagram, "f_1", "a = 2") == diagram.replace(b"a = 1", b"a = 2")


def test_a_way_with_an_arrow_in_its_name_and_a_commented_condition_gets_its_own() -> None:
    written = b'name="a > b"><!-- <bpmn:conditionExpression>old</bpmn:conditionExpression> --><bpmn:conditionExpression'
    diagram = DIAGRAM.replace(b"><bpmn:conditionExpression", b" " + written)

    assert with_flow_condition(diagram, "f_1", "a = 2") == diagram.replace(b"a = 1", b"a = 2")


@pytest.mark.parametrize("shown", ["{ field: kind, is: true }", "\n      field: kind\n      is: true"])
def test_a_condition_that_stands_first_leaves_the_dash_of_its_field(shown: str) -> None:
    first = FORM.replace(b"  - id: plain", f"  - show_if: {shown}\n    id: plain".encode())

    assert with_show_if(first, "plain", None) == FORM


def test_what_is_not_there_gets_no_condition() -> None:
    with pytest.raises(NotFound):
        with_flow_condition(DIAGRAM, "f_9", "a = 1")
    with pytest.raises(NotFound):
        with_show_if(FORM, "nobody", None)
