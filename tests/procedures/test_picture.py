"""Pictures of diagrams: everything drawn is there, whatever is in a name stays text."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from engine.errors import UnsafeFile
from engine.procedures.layout import layout
from engine.procedures.picture import Marks, picture

SVG = "{http://www.w3.org/2000/svg}"
PROCESSES = Path(__file__).parents[2] / "processes"
HOSTILE = "&lt;script&gt;alert(1)&lt;/script&gt;"
MODEL = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
<process id="p"><startEvent id="s" name="收到投诉"/><userTask id="t" name="{HOSTILE}"><multiInstanceLoopCharacteristics/></userTask>
<boundaryEvent id="b" attachedToRef="t" cancelActivity="false"><timerEventDefinition/></boundaryEvent>
<exclusiveGateway id="g" name="属实？" default="f2"/><endEvent id="e"/><endEvent id="e2"/><endEvent id="e3"/>
<sequenceFlow id="f0" sourceRef="s" targetRef="t"/><sequenceFlow id="f1" sourceRef="t" targetRef="g"/>
<sequenceFlow id="f2" name="否" sourceRef="g" targetRef="e"/><sequenceFlow id="f3" name="是" sourceRef="g" targetRef="e2"/>
<sequenceFlow id="f4" sourceRef="b" targetRef="e3"/></process></definitions>""".encode()
MARKS = Marks(strong=frozenset({"t", "f0"}), notes={"t": "2×"}, pale=True)


def test_names_are_words_and_nothing_else() -> None:
    root = etree.fromstring(picture(layout(MODEL), "a.bpmn"))

    assert _words(root) == {"收到投诉", "<script>alert(1)</script>", "属实？", "否", "是"}
    assert {etree.QName(node).localname for node in root.iter()} == {
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "text",
        "tspan",
    } - {"g"}


def test_names_come_in_the_reader_s_language() -> None:
    root = etree.fromstring(picture(layout(MODEL), "a.bpmn", {"s": "Complaint"}))

    assert "Complaint" in _words(root)
    assert "收到投诉" not in _words(root)


def test_what_is_marked_is_strong_and_counted_and_the_rest_pale() -> None:
    drawn = layout(MODEL)
    plain = etree.fromstring(picture(drawn, "a.bpmn"))
    marked = etree.fromstring(picture(drawn, "a.bpmn", marks=MARKS))

    assert _stroked(plain, "#174a96") == 0
    assert _stroked(marked, "#174a96") == 5  # the step with its two signs; the line with its tip
    assert "2×" in _words(marked)


def test_a_file_without_a_drawing_has_no_picture() -> None:
    assert picture(MODEL, "a.bpmn") == ""


def test_coordinates_that_are_none_do_no_harm() -> None:
    drawn = layout(MODEL).replace(b'width="100"', b'width="1e308"').replace(b'x="', b'x="nan', 1)
    root = etree.fromstring(picture(drawn, "a.bpmn"))

    assert "nan" not in root.get("viewBox", "")
    assert "inf" not in root.get("viewBox", "")


def test_a_file_that_is_none_is_refused() -> None:
    with pytest.raises(UnsafeFile):
        picture(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "a.bpmn")


@pytest.mark.parametrize("path", sorted(PROCESSES.glob("*/complaint/complaint.bpmn")), ids=lambda path: path.parts[-3])
def test_every_name_of_our_procedures_can_be_read_in_their_picture(path: Path) -> None:
    content = path.read_bytes()
    root = etree.fromstring(content)
    drawn = {node.get("bpmnElement") for node in root.iter() if node.get("bpmnElement")}
    names = {(node.get("name") or "").replace(" ", "") for node in root.iter() if node.get("id") in drawn} - {""}
    read = {word.replace(" ", "") for word in _words(etree.fromstring(picture(content, path.name)))}

    assert names - read == set()


def _words(root: etree._Element) -> set[str]:
    return {"".join(node.itertext()) for node in root.iter(f"{SVG}text")}


def _stroked(root: etree._Element, colour: str) -> int:
    return sum(node.get("stroke") == colour for node in root.iter())


def test_a_pool_is_called_as_its_process_in_every_language() -> None:
    file = PROCESSES / "jianmei-aluminium" / "complaint" / "complaint.bpmn"

    drawn = _words(etree.fromstring(picture(file.read_bytes(), file.name, {"complaint": "User complaint"})))

    assert "User complaint" in drawn
    assert "用户投诉处理" not in drawn
