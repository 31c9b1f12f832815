"""The page of what runs agrees with what the check says about a diagram for every cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.interpreter import check_diagrams
from engine.interpreter.checks.coverage import EVENT_SUB_PROCESS
from engine.interpreter.checks.page import (
    ELEMENTS,
    POSITIONS,
    TRIGGERS,
    describe_coverage,
    element_answer,
    event_answer,
)
from tests.interpreter.building import a_package, chain, element, end, flow, process, properties, start, user

NAMED = (
    '<message id="m" name="news"/><error id="err" errorCode="1"/><escalation id="esc" escalationCode="1"/>'
    '<signal id="sig" name="alarm"/>'
)
DEFINITIONS = {
    "none": "",
    "message": '<messageEventDefinition messageRef="m"/>',
    "timer": "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>",
    "error": '<errorEventDefinition errorRef="err"/>',
    "escalation": '<escalationEventDefinition escalationRef="esc"/>',
    "conditional": "<conditionalEventDefinition><condition>a = 1</condition></conditionalEventDefinition>",
    "signal": '<signalEventDefinition signalRef="sig"/>',
    "link": '<linkEventDefinition name="there"/>',
    "compensate": "<compensateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
    "terminate": "<terminateEventDefinition/>",
}
INNER = start("s") + user("inner") + end("e") + chain("s", "inner", "e")
#: What elements need besides their tag to be right.
FILLED = {
    "subProcess": INNER,
    EVENT_SUB_PROCESS: element("startEvent", "s", DEFINITIONS["timer"]) + end("e") + chain("s", "e"),
    "scriptTask": properties(result="a") + "<script>1</script>",
    "serviceTask": '<extensionElements><spiffworkflow:serviceTaskOperator id="send_letter"/></extensionElements>',
}
DATA = '<dataObject id="o"/><dataObjectReference id="r" dataObjectRef="o"/>'
INSIDE = {"ioSpecification", "property", "potentialOwner",
          "humanPerformer", "performer"}  # fmt: skip


def diagram_of(position: str, trigger: str) -> str:
    kind, _ = POSITIONS[position]
    definition = DEFINITIONS[trigger]
    if position == "start":
        plain = start() + flow("start", "work") if trigger != "none" else ""
        return plain + element(kind, "x", definition) + user("work") + end() + chain("x", "work", "end")
    if kind == EVENT_SUB_PROCESS:
        interrupts = str(position == "event sub-process, interrupting").lower()
        event = element("startEvent", "x", definition, isInterrupting=interrupts)
        inside = element("subProcess", "beside", event + end("e") + chain("x", "e"), triggeredByEvent="true")
        return start() + user("work") + inside + end() + chain("start", "work", "end")
    if position == "end":
        return start() + user("work") + element(kind, "x", definition) + chain("start", "work", "x")
    if kind == "boundaryEvent":
        interrupts = str(position == "boundary, interrupting").lower()
        event = element(kind, "x", definition, attachedToRef="around", cancelActivity=interrupts)
        return (
            start() + element("subProcess", "around", INNER) + event + end() + chain("start", "around", "end") + chain("x", "end")
        )  # fmt: skip
    if trigger == "link":
        throws = element("intermediateThrowEvent", "x" if position == "throw" else "y", definition)
        catches = element("intermediateCatchEvent", "y" if position == "throw" else "x", definition)
        ends = ("x", "y") if position == "throw" else ("y", "x")
        return start() + throws + catches + end() + chain("start", ends[0]) + chain(ends[1], "end")
    return start() + element(kind, "x", definition) + end() + chain("start", "x", "end")


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_event_is_answered_as_the_page_says(position, trigger) -> None:
    answer = event_answer(position, trigger)

    findings = check_diagrams(a_package(NAMED, process(diagram_of(position, trigger))))

    if answer is None or answer.instead:
        assert findings
    if answer is not None:
        assert [finding.message for finding in findings if answer.instead not in finding.message] == []
        assert bool(findings) is bool(answer.instead)


@pytest.mark.parametrize("tag", [tag for tags in ELEMENTS.values() for tag in tags])
def test_every_element_is_answered_as_the_page_says(tag) -> None:
    answer = element_answer(tag)
    content = FILLED.get(tag, "")
    if tag.endswith("LoopCharacteristics"):
        count = (
            "<loopCardinality>2</loopCardinality>" if tag.startswith("multi") else "<loopCondition>a</loopCondition>"
        )
        body = user("x", f"<{tag}>{count}</{tag}>")
    elif tag in INSIDE:
        body = user("x", f"<{tag}/>")
    elif tag.endswith("Association"):
        ends = "<targetRef>p</targetRef><sourceRef>r</sourceRef>" if "Input" in tag else "<targetRef>r</targetRef>"
        made = '<property id="p" name="__targetRef_placeholder"/>' if "Input" in tag else ""
        body = DATA + user("x", f'{made}<{tag} id="a">{ends}</{tag}>')
    elif tag.startswith("data"):
        body = user("x") + (DATA if tag.startswith("dataObject") else element(tag, "y"))
    elif tag == EVENT_SUB_PROCESS:
        body = user("x") + element("subProcess", "y", content, triggeredByEvent="true")
    elif tag == "eventBasedGateway":
        event = element("intermediateCatchEvent", "y", DEFINITIONS["timer"])
        body = element(tag, "x") + event + end("late") + chain("x", "y", "late")
    else:
        references = {"calledElement": "other"} if tag == "callActivity" else {"messageRef": "m"}
        body = element(tag, "x", content, **references)
    following = () if tag == "eventBasedGateway" else ("end",)
    other = process(start("os") + user("ow") + end("oe") + chain("os", "ow", "oe"), id="other")
    body = start() + body + (end() if following else "") + chain("start", "x", *following)

    findings = [
        finding
        for finding in check_diagrams(a_package(NAMED, process(body), other))
        if finding.rule != "unknown-decision"  # the element runs, this package has no decision
    ]

    assert bool(findings) is bool(answer.instead), findings
    assert all(answer.instead in finding.message for finding in findings[:1])


def test_the_page_of_coverage_is_in_step() -> None:
    page = Path(__file__).parents[2] / "docs" / "bpmn.md"

    assert page.read_text(encoding="utf-8") == describe_coverage() + "\n"
