"""Which names may be in the data when a token arrives."""

from __future__ import annotations

from engine.procedures.data_flow import data_flow
from engine.procedures.decision_index import decision_index
from engine.procedures.reader import read_files
from engine.procedures.subject import Subject
from tests.procedures.packages import DIAGRAM, bpmn, changed, files

EACH_UNIT = """
  <bpmn:subProcess id="each" name="逐一">
    <bpmn:multiInstanceLoopCharacteristics>
      <bpmn:loopDataInputRef>units</bpmn:loopDataInputRef><bpmn:inputDataItem name="unit"/>
      <bpmn:loopDataOutputRef>answers</bpmn:loopDataOutputRef><bpmn:outputDataItem name="answer"/>
    </bpmn:multiInstanceLoopCharacteristics>
    <bpmn:task id="ask" name="询问"/>
  </bpmn:subProcess>
  <bpmn:sequenceFlow id="f_each" sourceRef="repair" targetRef="each"/>
"""
GOODS_RETURNED = """
  <bpmn:intermediateCatchEvent id="returned" name="退货"><bpmn:messageEventDefinition/></bpmn:intermediateCatchEvent>
  <bpmn:sequenceFlow id="f_returned" sourceRef="check" targetRef="returned"/>
  <bpmn:sequenceFlow id="f_after" sourceRef="returned" targetRef="repair"/>
"""
END = "</bpmn:process>"


def flow_of(more: str = ""):
    reading = read_files(files(complaint=bpmn(changed(DIAGRAM, END, more + END))))
    return data_flow(Subject(reading.package, reading.diagram, decision_index(reading.package.decisions)))


def test_intake_answers_are_there_from_the_start() -> None:
    assert flow_of().names["check"] == {"number", "customer_name", "summary"}


def test_a_forms_answers_are_there_afterwards_only() -> None:
    flow = flow_of()

    assert not flow.may_have("check", "founded")
    assert flow.may_have("repair", "founded")
    assert flow.may_have("rejected", "founded")


def test_instances_know_their_item_and_what_follows_knows_the_answers() -> None:
    flow = flow_of(EACH_UNIT)

    assert flow.may_have("ask", "unit")
    assert flow.may_have("ask", "loopCounter")
    assert not flow.may_have("repair", "unit")


def test_a_message_may_bring_anything() -> None:
    flow = flow_of(GOODS_RETURNED)

    assert flow.may_have("repair", "whatever")
    assert not flow.may_have("check", "whatever")
