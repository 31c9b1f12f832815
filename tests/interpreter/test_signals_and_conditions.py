"""Signals, conditional events, entrances of processes, data objects."""

from __future__ import annotations

import pytest

from engine.errors import NotFound
from engine.interpreter import Awaited, CaseStatus, Entrance, ReceiveSignal, StartCase
from tests.interpreter.building import Walk, boundary, chain, element, end, flow, process, script, start, user

SIGNAL = '<signal id="sig" name="alarm"/><message id="m" name="order"/>'
ALARM = '<signalEventDefinition signalRef="sig"/>'


def condition(text: str) -> str:
    return f"<conditionalEventDefinition><condition>{text}</condition></conditionalEventDefinition>"


def test_a_signal_is_heard_by_everybody_who_waits_then_and_leaves_the_case() -> None:
    payload = (
        "<extensionElements><spiffworkflow:messagePayload>{level: 2}</spiffworkflow:messagePayload></extensionElements>"
    )
    throws = element("intermediateThrowEvent", "tell", ALARM.replace("/>", f">{payload}</signalEventDefinition>"))
    body = (
        start() + element("parallelGateway", "split") + user("a") + throws + user("on") + user("work")
        + boundary("heard", "work", ALARM) + user("react") + element("intermediateCatchEvent", "wait", ALARM) + user("waited")
        + end() + chain("start", "split", "a", "tell", "on", "end") + chain("split", "work", "end")
        + chain("heard", "react", "end") + chain("split", "wait", "waited", "end")
    )  # fmt: skip
    walk = Walk(SIGNAL, process(body))
    assert walk.begin().awaited == (Awaited("wait", "signal", "alarm", {}), Awaited("heard", "signal", "alarm", {}))

    step = walk.do("a")

    assert walk.open == ["on", "react", "waited"]
    assert [(out.element, out.name, out.data) for out in step.signals] == [("tell", "alarm", {"level": 2})]
    assert [kind for kind in walk.kinds() if kind[0].startswith("signal")] == [
        ("signal_thrown", "tell"), ("signal_received", "wait"), ("signal_received", "heard"),
    ]  # fmt: skip


def test_a_signal_at_an_end_event_is_heard_too() -> None:
    body = (
        start() + user("a") + element("endEvent", "tell", ALARM) + chain("start", "a", "tell")
    )  # fmt: skip
    walk = Walk(SIGNAL, process(body))
    walk.begin()

    step = walk.do("a")

    assert [out.name for out in step.signals] == ["alarm"]
    assert (step.status, step.outcome) == (CaseStatus.COMPLETED, "tell")


def test_a_signal_nobody_waits_for_changes_nothing() -> None:
    walk = Walk(start() + user("a") + end() + chain("start", "a", "end"))
    before = walk.begin().state

    step = walk.ask(ReceiveSignal("alarm", {"x": 1}))

    assert (step.state, step.facts) == (before, ())


def test_a_signal_behind_an_event_gateway_wins_against_the_timer() -> None:
    gateway = (
        start() + element("eventBasedGateway", "g") + element("intermediateCatchEvent", "wait", ALARM)
        + element("intermediateCatchEvent", "ready", condition("ok = true")) + user("heard") + user("met") + end()
        + chain("start", "g", "wait", "heard", "end") + chain("g", "ready", "met", "end")
    )  # fmt: skip
    walk = Walk(SIGNAL, process(gateway))
    walk.begin()
    walk.ask(ReceiveSignal("alarm"))

    assert walk.open == ["heard"]


def test_a_condition_that_holds_already_lets_the_token_pass() -> None:
    body = start() + element("intermediateCatchEvent", "wait", condition("ready")) + user("a") + end()
    walk = Walk(process(body + chain("start", "wait", "a", "end")))

    assert walk.begin(ready=True).opened[0].element == "a"
    assert ("condition_met", "wait") in walk.kinds()


def test_a_condition_sees_what_another_branch_wrote() -> None:
    body = (
        start() + element("parallelGateway", "split") + user("a") + element("intermediateCatchEvent", "wait", condition("ready"))
        + user("b") + element("parallelGateway", "join") + user("after") + end()
        + chain("start", "split", "a", "join", "after", "end") + chain("split", "wait", "b", "join")
    )  # fmt: skip
    walk = Walk(process(body))
    walk.begin()
    assert walk.open == ["a"]

    walk.do("a", ready=True)

    assert walk.open == ["b"]
    walk.do("b", ready_seen=True)
    assert walk.step.data == {"ready": True, "ready_seen": True}


def test_a_condition_at_the_boundary_interrupts_once_it_holds() -> None:
    body = (
        start() + element("parallelGateway", "split") + user("a") + user("work") + boundary("big", "work", condition("amount > 100"))
        + user("expert") + end() + chain("start", "split", "a", "end") + chain("split", "work", "end") + chain("big", "expert", "end")
    )  # fmt: skip
    walk = Walk(process(body))
    walk.begin(amount=5)
    assert walk.open == ["a", "work"]

    walk.do("a", amount=500)

    assert walk.open == ["expert"]


def test_conditions_that_make_each_other_true_for_ever_are_a_fault() -> None:
    body = (
        start() + element("exclusiveGateway", "again") + element("intermediateCatchEvent", "wait", condition("n &gt;= 0"))
        + script("count", "n + 1", "n") + end() + element("exclusiveGateway", "g", default="g_again")
        + chain("start", "again", "wait", "count", "g", "again") + flow("g", "end", "n < 0")
    )  # fmt: skip
    step = Walk(process(body)).begin(n=0)

    assert step.fault is not None
    assert step.fault.code == "step-budget"


ENTRANCES = (
    process(start() + user("a") + end() + chain("start", "a", "end")),
    process(
        element("startEvent", "ordered", '<messageEventDefinition messageRef="m"/>')
        + element("startEvent", "alarmed", ALARM)
        + user("handle") + end("handled") + chain("ordered", "handle", "handled") + flow("alarmed", "handle"),
        id="orders",
    ),
)  # fmt: skip


def test_messages_and_signals_open_cases_by_their_start_events() -> None:
    walk = Walk(SIGNAL, *ENTRANCES)

    assert walk.definition.entrances == (
        Entrance("message", "order", "orders", "ordered"),
        Entrance("signal", "alarm", "orders", "alarmed"),
    )
    step = walk.ask(StartCase({"item": "cement"}, process="orders", event="ordered"))
    assert (walk.open, step.data) == (["handle"], {"item": "cement"})
    assert ("message_received", "ordered") in walk.kinds()
    assert walk.do("handle").status is CaseStatus.COMPLETED


@pytest.mark.parametrize(("process_", "event"), [("orders", ""), ("orders", "nothing"), ("complaint", "ordered")])
def test_a_case_is_opened_only_by_a_start_event_of_its_process(process_, event) -> None:
    with pytest.raises(NotFound):
        Walk(SIGNAL, *ENTRANCES).ask(StartCase({}, process=process_, event=event))


def test_data_objects_of_a_sub_process_end_with_it() -> None:
    inner = (
        '<dataObject id="draft"/><dataObjectReference id="draft_ref" dataObjectRef="draft"/>'
        + start("s") + script("write", "1", "draft")
        + user("work", '<dataInputAssociation id="reads"><sourceRef>draft_ref</sourceRef></dataInputAssociation>')
        + end("e") + chain("s", "write", "work", "e")
    )  # fmt: skip
    body = start() + element("subProcess", "sub", inner) + user("after") + end() + chain("start", "sub", "after", "end")
    walk = Walk(process(body))
    walk.begin(draft="outer", other=2)
    assert walk.step.data == {"draft": 1, "other": 2}

    walk.do("work", note="seen")

    assert walk.step.data == {"draft": "outer", "other": 2, "note": "seen"}


def test_data_objects_of_an_interrupted_sub_process_end_with_it() -> None:
    inner = '<dataObject id="draft"/>' + start("s") + script("write", "1", "draft") + user("work") + end("e")
    sub = element("subProcess", "sub", inner + chain("s", "write", "work", "e"))
    body = start() + sub + boundary("heard", "sub", ALARM) + user("react") + end()
    walk = Walk(SIGNAL, process(body + chain("start", "sub", "end") + chain("heard", "react", "end")))
    walk.begin(draft="outer")

    walk.ask(ReceiveSignal("alarm"))

    assert (walk.open, walk.step.data) == (["react"], {"draft": "outer"})


def test_a_data_object_of_the_process_is_what_the_case_began_with() -> None:
    walk = Walk('<dataObject id="order"/>' + start() + user("a") + end() + chain("start", "a", "end"))

    assert walk.begin(order=7).data == {"order": 7}
