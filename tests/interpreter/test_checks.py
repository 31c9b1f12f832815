"""What does not run is refused by name, with place and way out; everything wrong with a package at once."""

# ruff: noqa: A001, A002 - an element's id is called id

from __future__ import annotations

import pytest

from engine.errors import PackageRefused
from engine.interpreter import check_diagrams, compile_definition
from engine.interpreter.corrections.parser import ProcedureParser
from tests.interpreter.building import (
    a_deadline,
    a_package,
    boundary,
    chain,
    definitions,
    element,
    end,
    flow,
    process,
    properties,
    script,
    start,
    timer,
    user,
)

MESSAGE = '<message id="m" name="news"/>'


def between(part: str, id: str = "x") -> str:
    return process(start() + part + end() + chain("start", id, "end"))


def event(definition: str, tag: str = "intermediateCatchEvent") -> str:
    return between(element(tag, "x", definition))


def watched(event_: str, host: str = "") -> str:
    return process(
        start() + (host or user("work")) + event_ + end() + chain("start", "work", "end") + chain("x", "end")
    )


def beside(start_: str) -> str:
    """An event sub-process x beside a user task."""
    inside = element("subProcess", "x", start_ + end("e") + chain("s", "e"), triggeredByEvent="true")
    return process(start() + user("work") + inside + end() + chain("start", "work", "end"))


def throws(id: str, name: str = "there") -> str:
    return element("intermediateThrowEvent", id, f'<linkEventDefinition name="{name}"/>')


def catches(id: str, name: str = "there") -> str:
    return element("intermediateCatchEvent", id, f'<linkEventDefinition name="{name}"/>')


def loop(inner: str) -> str:
    return f"<multiInstanceLoopCharacteristics>{inner}</multiInstanceLoopCharacteristics>"


def extension(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"


REFUSED = [
    ("element-does-not-run", "x", between(element("task", "x")), "use a user task"),
    ("element-does-not-run", "x", between(element("complexGateway", "x")), "use an inclusive gateway"),
    ("element-does-not-run", "x", between(element("transaction", "x")), "error boundary event"),
    ("element-does-not-run", "x", between(element("adHocSubProcess", "x")), "inclusive gateway"),
    ("element-does-not-run", "x", between(user("x", "<ioSpecification/>")), "every element sees"),
    ("element-does-not-run", "x", between(user("x", "<potentialOwner/>")), "lane"),
    ("element-does-not-run", "x", between(element("userTask", "x", isForCompensation="true")), "undoing steps"),
    ("element-does-not-run", "x", between(user("x", extension("<spiffworkflow:preScript>1</spiffworkflow:preScript>"))), "script task before"),
    ("link-without-name", "x", process(start() + throws("x", "") + catches("y", "") + end() + chain("start", "x") + chain("y", "end")), "Give it one"),
    ("link-without-partner", "x", process(start() + throws("x") + end() + chain("start", "x")), "found 1 and 0"),
    ("link-without-partner", "y", process(start() + catches("y") + end() + chain("start", "end") + chain("y", "end")), "found 0 and 1"),
    ("link-without-partner", "x", process(start() + throws("x") + catches("y") + catches("z") + end() + chain("start", "x") + chain("y", "end") + chain("z", "end")), "found 1 and 2"),
    ("link-without-partner", "y", between(element("subProcess", "in", start("s") + throws("x") + chain("s", "x")) + catches("y") + chain("y", "end"), "in"), "same process or sub-process"),
    ("flow-out-of-end", "x", process(start() + throws("x") + catches("y") + end() + chain("start", "x", "end") + chain("y", "end")), "Remove"),
    ("flow-into-start", "y", process(start() + throws("x") + catches("y") + user("w") + end() + chain("start", "w", "y", "end") + flow("start", "x")), "Remove"),
    ("not-connected", "x", process(start() + user("w") + throws("x") + catches("y") + end() + chain("start", "w", "end") + chain("y", "x")), "never reached"),
    ("event-does-not-run", "x", event("<compensateEventDefinition/>", "intermediateThrowEvent"), "undoing steps"),
    ("event-does-not-run", "s", process(element("startEvent", "s", timer("P1D")) + user("x") + end() + chain("s", "x", "end")), "schedule"),
    ("event-does-not-run", "s", process(element("startEvent", "s", "<errorEventDefinition/>") + user("x") + end() + chain("s", "x", "end")), "error end event"),
    ("several-triggers", "x", MESSAGE + event(timer("P1D") + '<messageEventDefinition messageRef="m"/>'), "one event for each"),
    ("event-does-not-run", "s", process(element("startEvent", "s", "<conditionalEventDefinition><condition>a</condition></conditionalEventDefinition>") + user("x") + end() + chain("s", "x", "end")), "use a message"),
    ("event-does-not-run", "s", between(element("subProcess", "x", element("startEvent", "s", timer("P1D")) + end("e") + chain("s", "e"))), "event sub-process"),
    ("event-without-trigger", "x", event(""), "timer, message"),
    ("event-without-trigger", "x", event("<conditionalEventDefinition/>"), "FEEL"),
    ("event-without-trigger", "s", beside(element("startEvent", "s")), "timer, message"),
    ("one-start-event", "x", beside(element("startEvent", "s", timer("P1D")) + element("startEvent", "s2", timer("P1D"))), "with a trigger"),
    ("error-must-interrupt", "s", '<error id="e" errorCode="1"/>' + beside(element("startEvent", "s", '<errorEventDefinition errorRef="e"/>', isInterrupting="false")), "interrupting"),
    ("cycle-fires-once", "s", beside(element("startEvent", "s", timer("R3/P1D", "timeCycle"))), "do not interrupt"),
    ("flow-at-event-sub-process", "work_x", beside(element("startEvent", "s", timer("P1D"))).replace("</process>", flow("work", "x", "", "work_x") + "</process>"), "Remove the flow"),
    ("element-does-not-run", "x", beside(element("startEvent", "s", timer("P1D")) + "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"), "cannot be repeated"),
    ("boundary-without-activity", "b", beside(element("startEvent", "s", timer("P1D"))).replace("</process>", boundary("b", "x", timer("P1D")) + chain("b", "end") + "</process>"), "Attach it"),
    ("signal-is-missing", "x", event("<signalEventDefinition/>"), "Choose one"),
    ("signal-is-missing", "end", process(start() + user("x") + end("end", "<signalEventDefinition/>") + chain("start", "x", "end")), "Choose one"),
    ("data-object-is-missing", "d", between(user("x") + element("dataObjectReference", "d")), "Draw it there"),
    ("data-object-is-missing", "a", between(user("x", element("dataInputAssociation", "a"))), "Draw it"),
    ("element-does-not-run", "x", between(user("x", '<property name="p"/>')), "case's data"),
    ("message-is-missing", "x", event("<messageEventDefinition/>"), "Choose one"),
    ("message-is-missing", "x", between(element("receiveTask", "x")), "Choose one"),
    ("message-is-missing", "x", between(element("sendTask", "x", messageRef="nothing")), "Choose one"),
    ("timer-without-time", "x", event("<timerEventDefinition/>"), "ISO 8601"),
    ("expression-invalid", "x", event(timer("1 hour")), "not FEEL"),
    ("timer-kind", "x", event(timer("P1D", "timeCycle")), "cycles only"),
    ("timer-kind", "x", event(timer("R3/P1D")), "cycles only"),
    ("cycle-fires-once", "x", event(timer("R3/P1D", "timeCycle")), "timeDuration"),
    ("cycle-fires-once", "x", watched(boundary("x", "work", timer("R3/P1D", "timeCycle"))), "do not interrupt"),
    ("boundary-without-activity", "x", watched(boundary("x", "start", timer("P1D"))), "Attach it"),
    ("boundary-never-fires", "x", '<error id="e" errorCode="1"/>' + watched(boundary("x", "work", '<errorEventDefinition errorRef="e"/>')), "to a sub-process"),
    ("boundary-never-fires", "x", watched(boundary("x", "work", timer("P1D")), script("work", "1", "a")), "takes time"),
    ("code-is-missing", "end", process(start() + user("x") + end("end", "<errorEventDefinition/>") + chain("start", "x", "end")), "Choose one"),
    ("condition-without-choice", "f", process(start() + user("x") + end() + chain("start", "x") + flow("x", "end", "a = 1", "f")), "default flow"),
    ("condition-is-ignored", "f", process(start() + element("parallelGateway", "x") + end() + end("e2") + chain("start", "x") + flow("x", "end", "a", "f") + flow("x", "e2")), "exclusive gateway"),
    ("condition-on-default", "f", process(start() + element("exclusiveGateway", "x", default="f") + end() + end("e2") + chain("start", "x") + flow("x", "end", "a = 1", "f") + flow("x", "e2", "b = 1")), "Remove one"),
    ("flow-without-condition", "f", process(start() + element("exclusiveGateway", "x") + end() + end("e2") + chain("start", "x") + flow("x", "end", "", "f") + flow("x", "e2", "b = 1")), "default"),
    ("default-is-no-flow", "x", process(start() + element("exclusiveGateway", "x", default="nothing") + end() + chain("start", "x", "end")), "no flow out"),
    ("not-connected", "y", process(start() + user("y") + end() + chain("start", "end") + chain("y", "end")), "never reached"),
    ("dead-end", "x", process(start() + user("x") + end() + chain("start", "x") + flow("start", "end")), "end event"),
    ("flow-to-nowhere", "f", process(start() + user("x") + end() + chain("start", "x", "end") + flow("x", "nothing", "", "f")), "Draw it again"),
    ("flow-into-start", "start", process(start() + user("x") + end() + chain("start", "x", "end") + flow("x", "start")), "Remove"),
    ("flow-out-of-end", "end", process(start() + user("x") + end() + chain("start", "x", "end", "x")), "Remove"),
    ("one-start-event", "complaint", process(user("x") + end() + chain("x", "end")), "needs one"),
    ("unknown-process", "x", MESSAGE + between(element("callActivity", "x", calledElement="told")) + process(element("startEvent", "s", '<messageEventDefinition messageRef="m"/>') + end("e") + chain("s", "e"), id="told"), "plain start"),
    ("one-start-event", "complaint", process(start("a") + start("b") + user("x") + end() + chain("a", "x", "end") + flow("b", "x")), "needs one"),
    ("event-gateway-target", "f", process(start() + element("eventBasedGateway", "x") + user("y") + end() + chain("start", "x") + flow("x", "y", "", "f") + chain("y", "end")), "catch events"),
    ("how-many-instances", "x", between(user("x", loop(""))), "loopCardinality"),
    ("not-an-identifier", "x", between(user("x", loop("<loopDataInputRef>two words</loopDataInputRef>"))), "letters"),
    ("endless-loop", "x", between(user("x", "<standardLoopCharacteristics/>")), "loopMaximum"),
    ("script-without-expression", "x", between(element("scriptTask", "x", properties(result="a"))), "FEEL"),
    ("script-without-result", "x", between(element("scriptTask", "x", "<script>1</script>")), "property result"),
    ("element-twice", "x", between(element("scriptTask", "x", f"<script>1</script>{properties(result='a')}<script>2</script>")), "two of script"),
    ("element-twice", "x", between(user("x", "<standardLoopCharacteristics loopMaximum='2'><loopCondition>true</loopCondition><loopCondition>false</loopCondition></standardLoopCharacteristics>")), "two of loopCondition"),
    ("script-without-result", "x", between(script("x", "1", "_hidden")), "property result"),
    ("expression-invalid", "x", between(script("x", "import os", "a")), "not FEEL"),
    ("service-without-operator", "x", between(element("serviceTask", "x")), "operator"),
    ("unknown-decision", "x", between(element("businessRuleTask", "x")), "not in the package"),
    ("unknown-process", "x", between(element("callActivity", "x", calledElement="nothing")), "complaint"),
    ("unknown-deadline", "x", between(user("x", due="nothing")), "procedure.toml"),
    ("empty-expression", "x", between(user("x", due="= ")), "Write a FEEL expression there"),
    ("empty-expression", "x", between(user("x", group="=")), "Write a FEEL expression there"),
    ("duplicate-id", "x", between(user("x") + element("userTask", "x")), "unique"),
    ("element-does-not-run", "complaint", process(start() + user("x") + end() + chain("start", "x", "end") + "<choreographyTask/>"), "process"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "element_", "parts", "advice"), REFUSED)
def test_what_does_not_run_is_refused_with_place_and_way_out(rule, element_, parts, advice) -> None:
    package = a_package(parts)

    findings = [finding for finding in check_diagrams(package) if finding.rule == rule]

    assert findings, [(finding.rule, finding.message) for finding in check_diagrams(package)]
    assert (element_, "complaint.bpmn") == (findings[0].element, findings[0].file)
    assert findings[0].line is not None
    assert advice in findings[0].message
    with pytest.raises(PackageRefused):
        compile_definition(package)


PYTHON = "__import__('os').getpid()"
EXPRESSIONS = {
    "condition": process(start() + element("exclusiveGateway", "x", default="d") + end() + chain("start", "x") + flow("x", "end", PYTHON) + flow("x", "end", "", "d")),
    "script": between(script("x", PYTHON, "a")),
    "timer": event(timer(PYTHON)),
    "number of instances": between(user("x", loop(f"<loopCardinality>{PYTHON}</loopCardinality>"))),
    "end of instances": between(user("x", loop(f"<loopCardinality>2</loopCardinality><completionCondition>{PYTHON}</completionCondition>"))),
    "loop": between(user("x", f"<standardLoopCharacteristics><loopCondition>{PYTHON}</loopCondition></standardLoopCharacteristics>")),
    "group": between(user("x", group=f"={PYTHON}")),
    "deadline": between(user("x", due=f"={PYTHON}")),
    "parameter": between(element("serviceTask", "x", extension(f'<spiffworkflow:serviceTaskOperator id="o"><spiffworkflow:parameter id="p" value="{PYTHON}"/></spiffworkflow:serviceTaskOperator>'))),
    "payload": MESSAGE + event(f'<messageEventDefinition messageRef="m">{extension(f"<spiffworkflow:messagePayload>{PYTHON}</spiffworkflow:messagePayload>")}</messageEventDefinition>', "intermediateThrowEvent"),
    "correlation": MESSAGE + '<correlationProperty id="c"><correlationPropertyRetrievalExpression messageRef="m">' + f"<messagePath>{PYTHON}</messagePath></correlationPropertyRetrievalExpression></correlationProperty>" + between(user("x")),
}  # fmt: skip


@pytest.mark.parametrize("place", EXPRESSIONS)
def test_python_is_refused_wherever_an_expression_stands(place) -> None:
    findings = check_diagrams(a_package(EXPRESSIONS[place]))

    assert {finding.rule for finding in findings} == {"expression-invalid"}
    assert [PYTHON in finding.message for finding in findings] == [True]


def test_all_findings_come_at_once_in_order_of_lines() -> None:
    parts = process(
        "\n".join([start(), element("task", "a"), element("task", "b"), end(), chain("start", "a", "b", "end")])
    )

    with pytest.raises(PackageRefused) as refused:
        compile_definition(a_package(parts))

    named = [finding.element for finding in refused.value.findings if finding.rule == "element-does-not-run"]
    assert named == ["a", "b"]
    assert [finding.line for finding in refused.value.findings if finding.rule == "element-does-not-run"] == [3, 4]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"<a/>", "not-bpmn"),
        (b"no xml", "unsafe-file"),
        (b"", "unsafe-file"),
        (b'<!DOCTYPE a><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "unsafe-file"),
        (definitions(), "unknown-process"),
        (definitions('<process id="complaint"/>'), "unknown-process"),  # not executable: a drawing
        pytest.param(definitions("<message/>" * 30_000), "unsafe-file", id="thirty thousand elements"),
    ],
)
def test_a_file_that_is_no_procedure_is_refused(content, rule) -> None:
    package = a_package(user("x"), diagrams={"complaint.bpmn": content})

    assert rule in {finding.rule for finding in check_diagrams(package)}


def test_a_thousand_tasks_in_a_row_are_read() -> None:
    ids = [f"t{n}" for n in range(1000)]
    package = a_package(start() + "".join(user(id) for id in ids) + end() + chain("start", *ids, "end"))

    assert len(compile_definition(package).elements) == 1002


def test_a_data_object_is_known_any_number_of_levels_below() -> None:
    uses_it = "<dataInputAssociation><sourceRef>papers</sourceRef></dataInputAssociation>"
    body = user("work", uses_it)
    for level in ("three", "two", "one"):
        inside = "work" if level == "three" else {"two": "three", "one": "two"}[level]
        body = element(
            "subProcess",
            level,
            start(f"{level}_s") + body + end(f"{level}_e") + chain(f"{level}_s", inside, f"{level}_e"),
        )
    drawn = '<dataObject id="d"/><dataObjectReference id="papers" dataObjectRef="d"/>'
    package = a_package(drawn + start() + body + end() + chain("start", "one", "end"))

    assert check_diagrams(package) == []
    assert compile_definition(package).elements["work"].parent == "three"


def test_where_things_are_drawn_is_not_read() -> None:
    drawn = (
        '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"><di:BPMNPlane><di:BPMNShape bpmnElement="x">'
        '<dc:Bounds xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" x="left" y=""/></di:BPMNShape></di:BPMNPlane></di:BPMNDiagram>'
    )
    package = a_package(between(user("x")), drawn)

    assert "x" in compile_definition(package).elements


def test_everything_the_check_lets_through_has_a_parser() -> None:
    from engine.interpreter.checks.coverage import FLOW_NODES
    from engine.interpreter.checks.xml import BPMN

    assert {f"{BPMN}{tag}" for tag in FLOW_NODES} == set(ProcedureParser.OVERRIDE_PARSER_CLASSES)


def test_a_definition_says_what_stands_where() -> None:
    lanes = '<laneSet id="l"><lane id="service"><flowNodeRef>inner</flowNodeRef></lane></laneSet>'
    inner = element(
        "subProcess", "inner", start("s") + user("work", form="report") + end("e") + chain("s", "work", "e")
    )
    definition = compile_definition(a_package(lanes + start() + inner + end() + chain("start", "inner", "end")))

    work = definition.elements["work"]
    assert (
        work.kind,
        work.process,
        work.parent,
        work.lane,
        work.form,
    ) == ("userTask", "complaint", "inner", "service", "report")
    assert (definition.flows["start_inner"].source, definition.flows["start_inner"].target) == ("start", "inner")
    assert definition.processes == {"complaint": "complaint"}


def test_text_annotations_and_foreign_extensions_are_no_reason_to_refuse() -> None:
    package = a_package(
        start() + user("x", '<extensionElements><f:note xmlns:f="urn:foreign">hi</f:note></extensionElements>')
        + end() + chain("start", "x", "end") + '<textAnnotation id="note"/><association id="a" sourceRef="x" targetRef="note"/>'
    )  # fmt: skip

    assert check_diagrams(package) == []


@pytest.mark.parametrize(
    ("pause", "advice"), [("late", "Name gate instead"), ("choice", "Name the task or event that waits")]
)
def test_a_pause_at_an_element_nothing_waits_at_is_refused(pause, advice) -> None:
    rule = a_deadline("solve", amount="5", unit="days", runs_from="case", runs_until=("work",), pauses=(pause,))
    package = a_package(
        start() + user("work") + element("exclusiveGateway", "choice") + element("eventBasedGateway", "gate")
        + element("intermediateCatchEvent", "late", timer("P1D")) + end() + chain("start", "work", "choice", "gate", "late", "end"),
        deadlines=[rule],
    )  # fmt: skip

    (finding,) = check_diagrams(package)

    assert ("pause-never-begins", pause) == (finding.rule, finding.element)
    assert advice in finding.message
