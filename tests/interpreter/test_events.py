# ruff: noqa: A002 - an element's id is called id

from __future__ import annotations

import pytest

from engine.interpreter import Awaited, CaseStatus, MessageNotExpected, ReceiveMessage
from tests.interpreter.building import Walk, boundary, chain, element, end, flow, process, start, timer, user

MESSAGES = (
    '<message id="m_paid" name="paid"/><message id="m_other" name="other"/>'
    '<correlationProperty id="order"><correlationPropertyRetrievalExpression messageRef="m_paid">'
    "<messagePath>order_number</messagePath></correlationPropertyRetrievalExpression></correlationProperty>"
)


def message(ref: str, extension: str = "") -> str:
    inner = f"<extensionElements>{extension}</extensionElements>" if extension else ""
    return f'<messageEventDefinition messageRef="{ref}">{inner}</messageEventDefinition>'


def waiting_for(event: str) -> str:
    return process(start() + event + user("after") + end() + chain("start", "wait", "after", "end"))


CATCH = waiting_for(element("intermediateCatchEvent", "wait", message("m_paid")))


def test_a_message_is_taken_by_name_and_correlation() -> None:
    walk = Walk(MESSAGES, CATCH)
    walk.begin(order_number="7")

    walk.ask(ReceiveMessage("paid", {"order": "7"}, {"amount": 12}))

    assert walk.open == ["after"]
    assert walk.step.data == {"order_number": "7", "amount": 12}
    assert ("message_received", "wait") in walk.kinds()


@pytest.mark.parametrize(
    ("name", "correlation"),
    [("paid", {"order": "8"}), ("paid", {}), ("other", {"order": "7"}), ("unknown", {})],
)
def test_a_message_for_somebody_else_is_refused(name, correlation) -> None:
    walk = Walk(MESSAGES, CATCH)
    walk.begin(order_number="7")

    with pytest.raises(MessageNotExpected):
        walk.ask(ReceiveMessage(name, correlation, {}))


def link(tag: str, id: str, name: str) -> str:
    return element(tag, id, f'<linkEventDefinition name="{name}"/>')


def test_a_token_goes_on_where_its_link_comes_out() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "g", default="g_a") + user("a") + user("b") + link("intermediateThrowEvent", "t1", "later")
        + link("intermediateThrowEvent", "t2", "later") + link("intermediateCatchEvent", "c", "later") + user("after") + end()
        + chain("start", "g") + flow("g", "b", "x = 1") + chain("g", "a", "t1") + chain("b", "t2") + chain("c", "after", "end")
    )  # fmt: skip
    walk.begin(x=1)

    walk.do("b", seen="b")

    assert (walk.open, walk.step.data) == (["after"], {"x": 1, "seen": "b"})
    assert walk.path[-5:] == ["b_t2", "t2", "c", "c_after", "after"]


def test_links_lead_back_and_into_joins_in_every_round() -> None:
    walk = Walk(
        start() + link("intermediateCatchEvent", "again", "again") + element("exclusiveGateway", "m") + element("inclusiveGateway", "s", default="s_b")
        + user("a") + link("intermediateThrowEvent", "a_out", "done") + link("intermediateCatchEvent", "a_in", "done") + user("b")
        + element("inclusiveGateway", "j") + user("ask") + element("exclusiveGateway", "g", default="g_end") + link("intermediateThrowEvent", "back", "again") + end()
        + chain("start", "m", "s", "b", "j", "ask", "g", "end") + chain("again", "m") + flow("s", "a", "true") + flow("s", "x", "false", "s_x") + user("x")
        + chain("x", "j") + chain("a", "a_out") + chain("a_in", "j") + flow("g", "back", "more = true")
    )  # fmt: skip
    walk.begin()

    for more in (True, False):
        assert walk.open == ["a"]
        walk.do("a")
        assert walk.open == ["ask"]
        walk.do("ask", more=more)

    assert walk.step.status is CaseStatus.COMPLETED


def test_a_step_says_which_messages_the_case_waits_for() -> None:
    walk = Walk(
        MESSAGES,
        process(
            start() + user("work") + boundary("told", "work", message("m_other"), interrupting=False) + user("heard") + end()
            + element("parallelGateway", "p") + element("eventBasedGateway", "g") + element("intermediateCatchEvent", "wait", message("m_paid"))
            + element("intermediateCatchEvent", "late", timer("P1D")) + chain("start", "p", "work", "end") + chain("told", "heard", "end")
            + chain("p", "g", "wait", "end") + chain("g", "late", "end")
        ),
    )  # fmt: skip

    told = Awaited("told", "message", "other", {})
    paid = Awaited("wait", "message", "paid", {"order": "7"})

    assert walk.begin(order_number="7").awaited == (told, paid)
    assert walk.ask(ReceiveMessage("other", {}, {})).awaited == (told, paid)
    assert walk.wait(days=1).awaited == (told,)
    assert walk.do("work").awaited == ()


def test_a_message_is_taken_once() -> None:
    walk = Walk(MESSAGES, CATCH)
    walk.begin(order_number="7")
    walk.ask(ReceiveMessage("paid", {"order": "7"}, {}))

    with pytest.raises(MessageNotExpected):
        walk.ask(ReceiveMessage("paid", {"order": "7"}, {}))


def test_one_message_is_for_the_one_who_has_waited_longest() -> None:
    body = (
        start() + user("work") + element("parallelGateway", "split") + element("receiveTask", "one", messageRef="m_other")
        + element("receiveTask", "two", messageRef="m_other") + user("a") + user("b") + end()
        + chain("start", "split", "work", "two", "b", "end") + chain("split", "one", "a", "end")
    )  # fmt: skip
    walk = Walk(MESSAGES, process(body))
    walk.begin()
    walk.do("work")

    walk.ask(ReceiveMessage("other", {}, {}))
    assert walk.open == ["a"]
    walk.ask(ReceiveMessage("other", {}, {}))

    assert walk.open == ["a", "b"]


def test_a_receive_task_waits_and_may_be_interrupted() -> None:
    body = start() + element("receiveTask", "wait", messageRef="m_paid") + user("after") + user("late") + end()
    body += (
        chain("start", "wait", "after", "end")
        + boundary("alarm", "wait", timer("PT1H"))
        + chain("alarm", "late", "end")
    )
    walk = Walk(MESSAGES, process(body))
    walk.begin(order_number="7")

    walk.wait(hours=1)

    assert walk.open == ["late"]


def test_an_event_variable_receives_the_message_as_a_whole() -> None:
    variable = "<spiffworkflow:messageVariable>payment</spiffworkflow:messageVariable>"
    walk = Walk(MESSAGES, waiting_for(element("intermediateCatchEvent", "wait", message("m_paid", variable))))
    walk.begin(order_number="7")

    walk.ask(ReceiveMessage("paid", {"order": "7"}, {"amount": 12}))

    assert walk.step.data["payment"] == {"amount": 12}


def test_a_sent_message_is_a_fact_with_correlation_and_payload() -> None:
    payload = "<spiffworkflow:messagePayload>{amount: total}</spiffworkflow:messagePayload>"
    body = (
        start()
        + element("intermediateThrowEvent", "tell", message("m_paid", payload))
        + end()
        + chain("start", "tell", "end")
    )
    walk = Walk(MESSAGES, process(body))

    step = walk.begin(order_number="7", total=3)

    (sent,) = [fact.detail for fact in step.facts if fact.kind == "message_sent"]
    assert [(out.element, out.name, out.correlation, out.data) for out in step.messages] == [
        ("tell", "paid", sent["correlation"], sent["data"])
    ]
    assert sent == {"name": "paid", "correlation": {"order": "7"}, "data": {"amount": 3}}
    assert CaseStatus.COMPLETED is step.status


def test_a_message_inside_the_case_reaches_the_one_that_waits() -> None:
    body = (
        start() + element("parallelGateway", "split") + element("receiveTask", "wait", messageRef="m_other") + user("a")
        + element("sendTask", "tell", messageRef="m_other") + user("after") + end()
        + chain("start", "split", "wait", "after", "end") + chain("split", "a", "tell", "end")
    )  # fmt: skip
    walk = Walk(MESSAGES, process(body))
    walk.begin()

    walk.do("a")

    assert walk.open == ["after"]
    (sent,) = [fact.detail for fact in walk.facts if fact.kind == "message_sent"]
    assert sent["taken_by"] == "wait"


def test_a_non_interrupting_message_may_come_again_and_again() -> None:
    body = (
        start() + user("work") + boundary("news", "work", message("m_other"), interrupting=False) + user("read") + end()
    )
    walk = Walk(MESSAGES, process(body + chain("start", "work", "end") + chain("news", "read", "end")))
    walk.begin()

    walk.ask(ReceiveMessage("other", {}, {"n": 1}))
    walk.ask(ReceiveMessage("other", {}, {"n": 2}))

    assert walk.open == ["read", "read", "work"]


def test_behind_an_event_gateway_the_first_event_wins_alone() -> None:
    body = (
        start() + element("eventBasedGateway", "g") + element("intermediateCatchEvent", "paid", message("m_other"))
        + element("intermediateCatchEvent", "late", timer("PT1H")) + user("thank") + user("remind") + end()
        + chain("start", "g", "paid", "thank", "end") + chain("g", "late", "remind", "end")
    )  # fmt: skip
    walk = Walk(MESSAGES, process(body))
    walk.begin()
    walk.now = walk.step.next_wake  # due, and nobody has woken the case yet

    walk.ask(ReceiveMessage("other", {}, {}))

    assert walk.open == ["thank"]
    assert walk.step.next_wake is None


ERRORS = '<error id="e_bad" errorCode="bad"/><error id="e_worse" errorCode="worse"/><escalation id="s_up" escalationCode="up"/>'


def throwing(definition: str, event: str) -> str:
    inner = (
        start("s") + element("parallelGateway", "p") + user("a") + user("b") + end("thrown", definition) + end("e")
        + chain("s", "p", "a", "thrown") + chain("p", "b", "e")
    )  # fmt: skip
    return process(
        start() + element("subProcess", "inner", inner) + event + user("repair") + user("after") + end()
        + chain("start", "inner", "after", "end") + chain("caught", "repair", "end")
    )  # fmt: skip


def test_an_error_ends_the_subprocess_and_takes_its_data_along() -> None:
    caught = boundary("caught", "inner", '<errorEventDefinition errorRef="e_bad"/>')
    walk = Walk(ERRORS, throwing('<errorEventDefinition errorRef="e_bad"/>', caught))
    walk.begin()

    walk.do("a", reason="broken")

    assert walk.open == ["repair"]
    assert walk.step.data["reason"] == "broken"
    assert ("cancelled", "b") in walk.kinds()
    assert ("cancelled", "thrown") not in walk.kinds()


def test_an_error_nobody_catches_is_a_fault() -> None:
    caught = boundary("caught", "inner", '<errorEventDefinition errorRef="e_worse"/>')
    walk = Walk(ERRORS, throwing('<errorEventDefinition errorRef="e_bad"/>', caught))
    walk.begin()

    step = walk.do("a")

    assert (step.fault.code, step.fault.element) == ("error-not-caught", "thrown")
    assert walk.open == ["a", "b"]


@pytest.mark.parametrize(("interrupting", "opened"), [(True, ["repair"]), (False, ["b", "repair"])])
def test_an_escalation_tells_the_activity_around(interrupting, opened) -> None:
    caught = boundary("caught", "inner", '<escalationEventDefinition escalationRef="s_up"/>', interrupting=interrupting)
    walk = Walk(ERRORS, throwing('<escalationEventDefinition escalationRef="s_up"/>', caught))
    walk.begin()

    walk.do("a")

    assert opened == walk.open


def test_data_of_a_non_interrupting_branch_joins_what_the_activity_wrote() -> None:
    body = (
        start()
        + user("work")
        + boundary("alarm", "work", timer("PT1H"), interrupting=False)
        + user("note")
        + end()
        + end("noted")
    )
    walk = Walk(body + chain("start", "work", "end") + chain("alarm", "note", "noted"))
    walk.begin(status="open")
    walk.wait(hours=1)

    walk.do("work", status="closed")
    walk.do("note", note="slow")

    assert walk.step.data == {"status": "closed", "note": "slow"}
    assert walk.step.outcome == "noted"


def test_the_outcome_is_the_one_the_package_names_whatever_ends_last() -> None:
    body = (
        start()
        + user("work")
        + boundary("alarm", "work", timer("PT1H"), interrupting=False)
        + user("note")
        + end()
        + end("noted")
    )
    walk = Walk(
        body + chain("start", "work", "end") + chain("alarm", "note", "noted"), outcomes={"end": {"en": "Done"}}
    )
    walk.begin()
    walk.wait(hours=1)
    walk.do("work")

    walk.do("note")

    assert walk.step.outcome == "end"
