"""The read-only model of diagrams."""

from __future__ import annotations

from engine.procedures.diagram import Operator, TimerText, read_diagram
from tests.procedures.packages import DIAGRAM, bpmn

NESTED = """
<bpmn:process id="main" isExecutable="true">
  <bpmn:laneSet id="l"><bpmn:lane id="outer"><bpmn:flowNodeRef>inside</bpmn:flowNodeRef>
    <bpmn:childLaneSet id="c"><bpmn:lane id="inner"><bpmn:flowNodeRef>inside</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet>
  </bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="begin"/>
  <bpmn:subProcess id="inside">
    <bpmn:startEvent id="inner_start"/><bpmn:task id="work"/><bpmn:endEvent id="inner_end"/>
    <bpmn:sequenceFlow id="i1" sourceRef="inner_start" targetRef="work"/>
    <bpmn:sequenceFlow id="i2" sourceRef="work" targetRef="inner_end"/>
  </bpmn:subProcess>
  <bpmn:boundaryEvent id="reminder" attachedToRef="inside" cancelActivity="false">
    <bpmn:timerEventDefinition id="t"><bpmn:timeDuration>"P3D"</bpmn:timeDuration></bpmn:timerEventDefinition>
  </bpmn:boundaryEvent>
  <bpmn:callActivity id="ask" calledElement="expert"/>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="inside"/>
  <bpmn:sequenceFlow id="f2" sourceRef="inside" targetRef="ask"/>
  <bpmn:sequenceFlow id="f3" sourceRef="ask" targetRef="done"/>
</bpmn:process>
<bpmn:process id="expert" isExecutable="true">
  <bpmn:startEvent id="asked"/><bpmn:endEvent id="answered"/>
  <bpmn:sequenceFlow id="e1" sourceRef="asked" targetRef="answered"/>
</bpmn:process>
"""


def nested():
    return read_diagram({"nested.bpmn": bpmn(NESTED)})


def test_elements_know_what_stands_on_them() -> None:
    diagram = read_diagram({"complaint.bpmn": bpmn(DIAGRAM)})

    check = diagram.elements["check"]
    assert (check.kind, check.name, check.lane) == ("userTask", "核实", "lane_service")
    assert check.properties == {"form": "check", "due": "reply"}
    assert (check.incoming, check.outgoing) == (("f_start",), ("f_check",))
    assert diagram.elements["founded_or_not"].default == "f_rejected"
    assert diagram.flows["f_founded"].condition == "founded = true"
    assert diagram.flows["f_rejected"].condition is None
    operator = diagram.elements["tell"].operator
    assert isinstance(operator, Operator)
    assert (operator.id, operator.parameters) == ("send_letter", {"letter": '"done"', "to": '"customer"'})


def test_lines_are_those_of_the_file() -> None:
    content = bpmn(DIAGRAM)
    line = next(n for n, text in enumerate(content.decode().splitlines(), start=1) if 'id="repair"' in text)

    assert read_diagram({"complaint.bpmn": content}).elements["repair"].line == line


def test_the_innermost_lane_counts_inside_subprocesses_too() -> None:
    elements = nested().elements

    assert (elements["inside"].lane, elements["work"].lane, elements["reminder"].lane) == ("inner", "inner", "inner")


def test_parents_and_processes_are_known() -> None:
    elements = nested().elements

    assert (elements["work"].parent, elements["work"].process) == ("inside", "main")
    assert (elements["asked"].parent, elements["asked"].process) == ("expert", "expert")


def test_timers_and_boundary_events_are_read() -> None:
    reminder = nested().elements["reminder"]

    assert (reminder.attached_to, reminder.interrupting, reminder.events) == ("inside", False, ("timer",))
    assert isinstance(reminder.timer, TimerText)
    assert (reminder.timer.kind, reminder.timer.text) == ("timeDuration", '"P3D"')


def test_tokens_go_through_subprocesses_calls_and_boundary_events() -> None:
    diagram = nested()

    assert diagram.reachable("begin") == {
        "inside",
        "inner_start",
        "work",
        "inner_end",
        "reminder",
        "ask",
        "asked",
        "answered",
        "done",
    }
    assert diagram.reachable("answered") == {"done"}


def test_reading_twice_gives_the_same() -> None:
    files = {"b.bpmn": bpmn(DIAGRAM), "a.bpmn": bpmn(NESTED)}

    assert read_diagram(files) == read_diagram(dict(reversed(files.items())))


def test_an_item_has_the_name_the_interpreter_gives_it() -> None:
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics id="loop"><bpmn:loopCardinality id="n">2</bpmn:loopCardinality>'
        '<bpmn:inputDataItem id="store"/><bpmn:outputDataItem name="answer"/></bpmn:multiInstanceLoopCharacteristics>'
    )
    process = f'<bpmn:process id="p"><bpmn:userTask id="visit">{loop}</bpmn:userTask></bpmn:process>'

    repeats = read_diagram({"p.bpmn": bpmn(process)}).elements["visit"].repeats

    assert repeats == {
        "multiInstance": "",
        "loopCardinality": "2",
        "inputDataItem": "store",
        "outputDataItem": "answer",
    }


def test_the_id_around_thousands_of_elements_is_held_once() -> None:
    tasks = "".join(f'<bpmn:task id="t{number}"/>' for number in range(3))
    diagram = read_diagram(
        {"x.bpmn": bpmn(f'<bpmn:process id="{"long" * 17_500}" isExecutable="true">{tasks}</bpmn:process>')}
    )

    assert len({id(element.parent) for element in diagram.elements.values()}) == 1
