"""Diagrams of other programs: kept byte for byte, drawn where a drawing is missing, refused when they are no diagrams."""

from __future__ import annotations

import pytest

from engine.errors import UnsafeFile
from engine.procedures.diagram import read_diagram
from engine.procedures.foreign import bring_in
from engine.procedures.layout import LayoutRefused

PLAIN = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:signavio="http://www.signavio.com" targetNamespace="x">
  <process id="p" isExecutable="true" camunda:historyTimeToLive="30">
    <extensionElements><signavio:signavioMetaData metaKey="vrole" metaValue="clerk"/></extensionElements>
    <startEvent id="begin"/><sequenceFlow id="f" sourceRef="begin" targetRef="work"/>
    <userTask id="work" camunda:assignee="demo"><incoming>f</incoming></userTask>
  </process>
</definitions>
"""


def test_a_file_without_drawing_is_drawn_and_keeps_foreign_extensions() -> None:
    found = bring_in(PLAIN, "x.bpmn")

    assert found.drawn
    assert read_diagram({"x.bpmn": found.content}).drawn >= {"begin", "work", "f"}
    assert b'camunda:assignee="demo"' in found.content
    assert b'<signavio:signavioMetaData metaKey="vrole" metaValue="clerk"/>' in found.content


def test_a_drawn_file_stays_byte_for_byte() -> None:
    drawn = bring_in(PLAIN, "x.bpmn").content

    again = bring_in(drawn, "x.bpmn")

    assert not again.drawn
    assert again.content == drawn


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not-well-formed"),
        (b"<html/>", "not-bpmn"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "doctype"),
        (PLAIN.replace(b"clerk", "会".encode("gb18030")), "not-utf-8"),
        (b"<a>" * 100 + b"</a>" * 100, "too-deep"),
        (b" " * 2_000_001, "too-large"),
    ],
)
def test_what_is_no_plain_diagram_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UnsafeFile) as refused:
        bring_in(content, "x.bpmn")

    assert refused.value.reason == reason


def test_a_file_without_a_process_is_refused() -> None:
    empty = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'

    with pytest.raises(LayoutRefused) as refused:
        bring_in(empty, "x.bpmn")

    assert refused.value.reason == "nothing-to-draw"
