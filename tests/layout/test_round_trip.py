"""A file comes back from the drawing as its author wrote it, to the byte, apart from the diagram interchange."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.errors import UnsafeFile
from engine.procedures.layout import LayoutRefused, layout

MODELS = sorted((Path(__file__).parents[3] / "shared/conformance/bpmn-miwg-reference").glob("*.bpmn"))

#: What four modellers leave in a file: own prefixes, single quotes, comments, CDATA, references, empty tags as pairs.
HEAD = """<?xml version='1.0' encoding="UTF-8" standalone="yes"?>
<!-- made by hand -->

<model:definitions
    xmlns:model="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda='http://camunda.org/schema/1.0/bpmn'
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:signavio="http://www.signavio.com"
    xmlns:our="urn:our-own" targetNamespace="t" id="defs" our:owner="A &amp; B" camunda:diagramRelationId='7'>
  <model:process id="p" isExecutable="true" camunda:historyTimeToLive="P30D"  >
    <model:startEvent id="s" name="Brief&#xA;da"></model:startEvent>
    <model:userTask id="u" name='Prüfen "jetzt"' camunda:assignee="${starter}" our:colour = "#ff0000">
      <model:extensionElements>
        <camunda:inputOutput><camunda:inputParameter name="a"><![CDATA[1 < 2]]></camunda:inputParameter></camunda:inputOutput>
        <zeebe:taskDefinition type="x" retries="3" />
        <signavio:signavioMetaData metaKey="bgcolor" metaValue="#ffffff"/>
        <other:thing xmlns:other="urn:other"><other:inner\tother:a='1'/>text &#8212; more</other:thing>
      </model:extensionElements>
    </model:userTask>
    <!-- the end -->
    <model:endEvent id="e"/>
    <model:sequenceFlow id="f1" sourceRef="s" targetRef="u" /><model:sequenceFlow id="f2" sourceRef="u" targetRef="e"/>
  </model:process>"""
TAIL = """
  <model:relationship id="r" type="our"><model:source>s</model:source><model:target>e</model:target></model:relationship>
</model:definitions>
<!-- after all -->
"""
DRAWN = """
  <di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" id="d"><di:BPMNPlane id="pl" bpmnElement="p">
    <di:BPMNShape id="u_di" bpmnElement="u" our:fill="#eeeeee"/></di:BPMNPlane></di:BPMNDiagram>"""
SECOND = """
  <di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" id="d2"/>"""

ANY_DIAGRAM = re.compile(rb"\s*<(?:\w+:)?BPMNDiagram\b[^>]*?(?:/>|>.*?</(?:\w+:)?BPMNDiagram>)", re.DOTALL)


def around(drawn: bytes) -> tuple[bytes, bytes]:
    """What stands before and after the diagram."""
    before, rest = drawn.split(b"<bpmndi:BPMNDiagram ")
    return before, rest.split(b"</bpmndi:BPMNDiagram>")[1]


@pytest.mark.parametrize("old", ["", DRAWN, SECOND, DRAWN + SECOND], ids=["none", "one", "an empty one", "two"])
def test_everything_around_the_drawing_keeps_its_bytes(old: str) -> None:
    where = HEAD + old + TAIL if old else HEAD + TAIL

    before, after = around(layout(where.encode()))

    if old:
        assert before == f"{HEAD}\n  ".encode()
        assert after == TAIL.encode()
    else:  # drawn at the end of the root
        assert before + after == (HEAD + TAIL).replace("</model:definitions>", "  \n</model:definitions>").encode()


def test_attributes_of_others_stay_on_the_shape_that_is_drawn_again() -> None:
    drawn = layout((HEAD + DRAWN + TAIL).encode())

    assert b'bpmnElement="u" our:fill="#eeeeee"' in drawn


def test_line_ends_and_the_mark_of_bytes_stay() -> None:
    content = b"\xef\xbb\xbf" + (HEAD + DRAWN + TAIL).replace("\n", "\r\n").encode()

    drawn = layout(content)

    assert drawn.startswith(b"\xef\xbb\xbf<?xml version='1.0'")
    assert drawn.count(b"\n") == drawn.count(b"\r\n")
    assert around(drawn)[1] == TAIL.replace("\n", "\r\n").encode()
    assert layout(drawn) == drawn


def test_a_pool_that_lanes_need_is_put_in_without_touching_the_rest() -> None:
    lanes = '<model:laneSet id="ls"><model:lane id="l"><model:flowNodeRef>u</model:flowNodeRef></model:lane></model:laneSet>'
    head = HEAD.replace('P30D"  >', f'P30D"  >{lanes}')

    drawn = layout((head + DRAWN + TAIL).encode())

    pool = re.search(rb"<model:collaboration .*?</model:collaboration>\n  ", drawn, re.DOTALL)
    assert pool is not None
    assert b'processRef="p"' in pool[0]
    assert around(drawn.replace(pool[0], b""))[0] == f"{head}\n  ".encode()
    assert layout(drawn) == drawn


@pytest.mark.skipif(not MODELS, reason="the MIWG models are not there: ../shared/conformance")
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_models_of_other_vendors_keep_their_bytes(path: Path) -> None:
    content = path.read_bytes()

    drawn = layout(content, path.name)

    added = b"" if b"collaboration" in content else re.search(rb"<(\w+:)?collaboration .*?collaboration>\s*|$", drawn, re.DOTALL)[0]  # fmt: skip
    assert ANY_DIAGRAM.sub(b"", drawn.replace(added, b"")) == ANY_DIAGRAM.sub(b"", content)
    assert layout(drawn, path.name) == drawn


def test_what_a_file_says_of_its_encoding_does_not_change_how_it_is_read() -> None:
    content = (HEAD + TAIL).replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').encode()

    assert "Prüfen".encode() in layout(content)
    with pytest.raises(UnsafeFile):
        layout(content.decode().encode("latin-1"))
    with pytest.raises((UnsafeFile, LayoutRefused)):
        layout(b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4')
