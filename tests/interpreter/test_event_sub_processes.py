"""Event sub-processes: they wait beside everything in their scope, and run instead of it or beside it."""

from __future__ import annotations

import pytest

from engine.interpreter import CaseStatus, ReceiveMessage, ReceiveSignal
from tests.interpreter.building import (
    Walk,
    a_deadline,
    boundary,
    chain,
    element,
    end,
    flow,
    process,
    script,
    start,
    timer,
    user,
)

ROOT = (
    '<message id="m" name="news"/><signal id="sig" name="alarm"/><error id="err" errorCode="E1"/>'
    '<escalation id="esc" escalationCode="C1"/>'
)
NEWS = '<messageEventDefinition messageRef="m"/>'
ALARM = '<signalEventDefinition signalRef="sig"/>'
RAISED = '<errorEventDefinition errorRef="err"/>'
ESCALATED = '<escalationEventDefinition escalationRef="esc"/>'
URGENT = "<conditionalEventDefinition><condition>urgent = true</condition></conditionalEventDefinition>"


def beside(trigger: str, *, interrupting: bool = True, work: str = "", id: str = "beside") -> str:  # noqa: A002
    """An event sub-process with one user task, named after it."""
    inside = work or user(f"{id}_work")
    begin = element("startEvent", f"{id}_start", trigger, isInterrupting=str(interrupting).lower())
    body = begin + inside + end(f"{id}_end") + chain(f"{id}_start", f"{id}_work", f"{id}_end")
    return element("subProcess", id, body, triggeredByEvent="true")


def a_process(*extra: str) -> str:
    return process(start() + user("a") + user("b") + end() + chain("start", "a", "b", "end") + "".join(extra))


def test_an_interrupting_event_ends_everything_else_and_the_case_ends_with_it() -> None:
    walk = Walk(ROOT, a_process(beside(NEWS)))
    walk.begin()

    walk.ask(ReceiveMessage("news", {}, {"text": "withdrawn"}))
    assert walk.open == ["beside_work"]
    step = walk.do("beside_work", done=True)

    assert (step.status, step.outcome) == (CaseStatus.COMPLETED, "beside")
    assert step.data == {"text": "withdrawn", "done": True}
    assert [kind for kind in walk.kinds() if kind[0] in ("cancelled", "message_received")] == [
        ("cancelled", "a"),
        ("message_received", "beside_start"),
    ]


def test_an_event_that_interrupts_nothing_runs_beside_and_may_come_again() -> None:
    walk = Walk(ROOT, a_process(beside(NEWS, interrupting=False)))
    walk.begin()
    for _ in range(2):
        walk.ask(ReceiveMessage("news", {}, {}))

    assert walk.open == ["a", "beside_work", "beside_work"]
    walk.do("a")
    walk.do("b")
    assert walk.step.status is CaseStatus.OPEN
    walk.do("beside_work")
    assert walk.do("beside_work").status is CaseStatus.COMPLETED


def test_what_waits_beside_keeps_nothing_open() -> None:
    walk = Walk(ROOT, a_process(beside(timer("P30D")), beside(NEWS, interrupting=False, id="other")))
    walk.begin()
    walk.do("a")

    step = walk.do("b")

    assert (step.status, step.next_wake, step.awaited) == (CaseStatus.COMPLETED, None, ())


def test_data_written_beside_and_in_the_main_part_meet() -> None:
    walk = Walk(ROOT, a_process(beside(NEWS, interrupting=False)))
    walk.begin(note="first", kept=1)
    walk.ask(ReceiveMessage("news", {}, {"news": "flood"}))
    walk.do("a", note="second")
    walk.do("beside_work", seen=True)
    assert walk.step.data == {"note": "second", "kept": 1, "news": "flood", "seen": True}

    step = walk.do("b", kept=2)

    assert step.data == {"note": "second", "kept": 2, "news": "flood", "seen": True}


def test_data_meet_when_the_main_part_ends_first() -> None:
    walk = Walk(ROOT, a_process(beside(NEWS, interrupting=False)))
    walk.begin(note="first")
    walk.ask(ReceiveMessage("news", {}, {}))
    walk.do("a", note="second")
    walk.do("b", closed=True)

    step = walk.do("beside_work", seen=True)

    assert step.data == {"note": "second", "closed": True, "seen": True}


def test_of_one_that_comes_again_the_last_message_counts_whichever_ends_first() -> None:
    news = '<messageEventDefinition messageRef="m"><extensionElements><spiffworkflow:messageVariable>said'
    news += "</spiffworkflow:messageVariable></extensionElements></messageEventDefinition>"
    walk = Walk(ROOT, a_process(beside(news, interrupting=False)))
    walk.begin()
    walk.ask(ReceiveMessage("news", {}, {"n": 1}))
    walk.ask(ReceiveMessage("news", {}, {"n": 2}))
    assert walk.step.data == {"said": {"n": 2}}

    walk.do("beside/beside_work#2")

    assert walk.step.data == {"said": {"n": 2}}
    walk.do("beside/beside_work#1")
    walk.do("a")
    assert walk.do("b").data == {"said": {"n": 2}}


def test_a_timer_beside_fires_once_and_a_cycle_again() -> None:
    walk = Walk(a_process(beside(timer("R3/P1D", "timeCycle"), interrupting=False)))
    walk.begin()

    walk.wait(days=2, hours=1)

    assert walk.open == ["a", "beside_work", "beside_work"]
    assert [fact.element for fact in walk.facts if fact.kind == "timer_fired"] == ["beside_start", "beside_start"]
    walk.wait(days=9)
    assert walk.open == ["a", "beside_work", "beside_work", "beside_work"]


def test_a_deadline_of_the_package_may_start_it() -> None:
    walk = Walk(a_process(beside(timer("reply"))), deadlines=[a_deadline("reply", amount="3", unit="days")])
    walk.begin()

    assert walk.wait(days=2).closed == ()
    walk.wait(days=2)

    assert walk.open == ["beside_work"]


def test_a_signal_starts_every_one_that_hears_it() -> None:
    heard = beside(ALARM, interrupting=False)
    also = beside(ALARM, interrupting=False, id="also")
    walk = Walk(ROOT, a_process(heard, also))
    walk.begin()

    walk.ask(ReceiveSignal("alarm", {"level": 3}))

    assert walk.open == ["a", "also_work", "beside_work"]
    assert walk.step.data == {"level": 3}


def test_a_condition_starts_it_when_it_becomes_true_and_again_only_after_it_was_false() -> None:
    walk = Walk(a_process(beside(URGENT, interrupting=False), user("c") + flow("b", "c") + flow("c", "end")))
    walk.begin(urgent=False)
    walk.do("a", urgent=True)
    assert walk.open == ["b", "beside_work"]
    walk.do("beside_work")
    assert walk.open == ["b"]


def test_an_error_is_caught_in_its_own_scope_before_the_activity_around() -> None:
    inner = (
        start("s") + user("try") + element("endEvent", "fails", RAISED) + chain("s", "try", "fails")
        + beside(RAISED)
    )  # fmt: skip
    outer = (
        start() + element("subProcess", "sub", inner) + boundary("caught", "sub", RAISED) + user("after") + user("outside")
        + end() + chain("start", "sub", "after", "end") + chain("caught", "outside", "end")
    )  # fmt: skip
    walk = Walk(ROOT, process(outer))
    walk.begin()
    walk.do("try", tried=1)

    assert walk.open == ["beside_work"]
    walk.do("beside_work")
    assert walk.open == ["after"]
    assert walk.step.data == {"tried": 1}


def test_an_error_raised_inside_goes_on_outwards() -> None:
    raises = user("beside_work") + element("endEvent", "fails", RAISED) + flow("beside_work", "fails")
    begin = element("startEvent", "beside_start", NEWS)
    inside = begin + raises + flow("beside_start", "beside_work")
    inner = (
        start("s") + user("try") + end("e") + chain("s", "try", "e")
        + element("subProcess", "beside", inside, triggeredByEvent="true")
        + beside(RAISED, id="never")
    )  # fmt: skip
    outer = (
        start() + element("subProcess", "sub", inner) + boundary("caught", "sub", RAISED) + user("outside") + end()
        + chain("start", "sub", "end") + chain("caught", "outside", "end")
    )  # fmt: skip
    walk = Walk(ROOT, process(outer))
    walk.begin()
    walk.ask(ReceiveMessage("news", {}, {}))
    walk.do("beside_work")

    assert walk.open == ["outside"]


@pytest.mark.parametrize(("interrupting", "open_"), [(True, ["beside_work"]), (False, ["beside_work", "on"])])
def test_an_escalation_is_heard_beside_its_thrower(interrupting, open_) -> None:
    throws = element("intermediateThrowEvent", "tell", ESCALATED)
    walk = Walk(
        ROOT,
        process(
            start() + user("a") + throws + user("on") + end() + chain("start", "a", "tell", "on", "end")
            + beside(ESCALATED, interrupting=interrupting)
        ),
    )  # fmt: skip
    walk.begin()
    walk.do("a")

    assert walk.open == open_
    (heard,) = [fact.detail for fact in walk.facts if fact.kind == "escalated"]
    assert heard == {"code": "C1", "heard_by": "beside_start"}


def test_it_works_inside_a_sub_process_that_goes_round() -> None:
    inner = start("s") + user("try") + end("e") + chain("s", "try", "e") + beside(NEWS, interrupting=False)
    walk = Walk(
        ROOT,
        process(
            start() + element("exclusiveGateway", "again") + element("subProcess", "sub", inner)
            + element("exclusiveGateway", "g", default="g_end") + end()
            + chain("start", "again", "sub", "g", "end") + flow("g", "again", "more = true")
        ),
    )  # fmt: skip
    walk.begin()
    for turn in range(3):
        walk.ask(ReceiveMessage("news", {}, {}))
        walk.do("beside_work", **{f"seen_{turn}": True})
        walk.do("try", more=turn < 2)

    assert walk.step.status is CaseStatus.COMPLETED
    assert walk.step.data == {"seen_0": True, "seen_1": True, "seen_2": True, "more": False}


def test_an_interrupted_sub_process_goes_on_behind_it() -> None:
    inner = start("s") + user("try") + end("e") + chain("s", "try", "e") + beside(timer("P1D"))
    walk = Walk(
        process(
            start()
            + element("subProcess", "sub", inner)
            + user("after")
            + end()
            + chain("start", "sub", "after", "end")
        )
    )
    walk.begin()
    walk.wait(days=2)
    assert walk.open == ["beside_work"]

    walk.do("beside_work", late=True)

    assert walk.open == ["after"]
    assert walk.step.data == {"late": True}


def test_an_outcome_may_be_an_end_event_inside() -> None:
    walk = Walk(ROOT, a_process(beside(NEWS)), outcomes={"end": {"en": "done"}, "beside_end": {"en": "withdrawn"}})
    walk.begin()
    walk.ask(ReceiveMessage("news", {}, {}))

    assert walk.do("beside_work").outcome == "beside_end"


def test_a_terminate_inside_ends_only_itself() -> None:
    stops = user("beside_work") + element("endEvent", "stop", "<terminateEventDefinition/>")
    begin = element("startEvent", "beside_start", NEWS, isInterrupting="false")
    inside = begin + stops + chain("beside_start", "beside_work", "stop")
    walk = Walk(ROOT, a_process(element("subProcess", "beside", inside, triggeredByEvent="true")))
    walk.begin()
    walk.ask(ReceiveMessage("news", {}, {}))
    walk.do("beside_work")

    assert walk.open == ["a"]


def test_other_cases_of_the_same_definition_are_untouched() -> None:
    first = Walk(ROOT, a_process(beside(NEWS)))
    second = Walk(definition=first.definition)
    first.begin()
    first.ask(ReceiveMessage("news", {}, {}))
    second.begin()

    assert (first.open, second.open) == (["beside_work"], ["a"])


def test_a_condition_that_is_undone_at_once_fires_once() -> None:
    flips = script("beside_work", "not(urgent)", "urgent")
    walk = Walk(a_process(beside(URGENT, interrupting=False, work=flips)))

    step = walk.begin(urgent=True)

    assert (step.fault, step.data) == (None, {"urgent": False})
    assert walk.kinds().count(("condition_met", "beside_start")) == 1
