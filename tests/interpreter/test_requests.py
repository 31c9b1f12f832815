from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from engine.interpreter import (
    CaseEnded,
    CaseStatus,
    CompleteUserTask,
    StartCase,
    StateRefused,
    TaskNotOpen,
    WakeUp,
    Withdraw,
    advance,
    compile_definition,
)
from tests.interpreter.building import (
    MONDAY,
    Walk,
    a_calendar,
    a_deadline,
    a_package,
    chain,
    element,
    end,
    flow,
    process,
    start,
    user,
)

TWO = start() + user("a") + user("b") + end() + chain("start", "a", "b", "end")


def test_completing_a_task_twice_is_refused() -> None:
    walk = Walk(TWO)
    walk.begin()
    key = walk.key("a")
    walk.do("a")

    with pytest.raises(TaskNotOpen, match="a#1"):
        walk.ask(CompleteUserTask(key, {}))


@pytest.mark.parametrize("key", ["b#1", "a#2", "start#1", "nothing", ""])
def test_completing_what_is_not_open_is_refused(key) -> None:
    walk = Walk(TWO)
    walk.begin()

    with pytest.raises(TaskNotOpen):
        walk.ask(CompleteUserTask(key, {}))


def test_the_same_call_gives_the_same_bytes() -> None:
    definition = compile_definition(a_package(TWO))
    again = compile_definition(a_package(TWO))

    steps = [
        advance(each, None, StartCase({"x": [1, {"y": 2}]}), now=MONDAY, calendar=a_calendar())
        for each in (definition, again)
    ]

    assert steps[0] == steps[1]


def test_a_state_of_another_definition_is_refused() -> None:
    walk = Walk(TWO)
    walk.begin()
    other = compile_definition(a_package(TWO.replace("b", "c")))

    with pytest.raises(StateRefused) as refused:
        advance(other, walk.step.state, WakeUp(), now=MONDAY, calendar=a_calendar())
    assert "foreign" == refused.value.reason


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda state: b"\x00" + state[1:], "old-format"),
        (lambda state: state[:-5], "damaged"),
        (lambda state: state[:20] + bytes(byte ^ 255 for byte in state[20:]), "damaged"),
        (lambda state: b"", "damaged"),
    ],
)
def test_a_state_that_cannot_be_read_is_refused(spoil, reason) -> None:
    walk = Walk(TWO)
    walk.begin()

    with pytest.raises(StateRefused) as refused:
        advance(walk.definition, spoil(walk.step.state), WakeUp(), now=MONDAY, calendar=a_calendar())
    assert reason == refused.value.reason


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        advance(
            compile_definition(a_package(TWO)), None, StartCase({}), now=datetime(2026, 3, 2), calendar=a_calendar()
        )


def test_a_withdrawn_case_has_nothing_open() -> None:
    rule = a_deadline("solve", amount="5", unit="days", runs_from="case", runs_until=("b",))
    walk = Walk(TWO, deadlines=[rule])
    walk.begin(x=1)

    step = walk.ask(Withdraw("the customer takes it back"))

    assert (CaseStatus.WITHDRAWN, (), ("a#1",), {"x": 1}) == (step.status, step.open_tasks, step.closed, step.data)
    assert [("cancelled", "a"), ("ended", ""), ("clock_stopped", "")] == walk.kinds()[-3:]
    with pytest.raises(TaskNotOpen):
        walk.ask(CompleteUserTask("a#1", {}))
    with pytest.raises(CaseEnded):
        walk.ask(Withdraw("again"))
    assert () == walk.ask(WakeUp()).facts


def test_a_case_starts_once() -> None:
    walk = Walk(TWO)
    walk.begin()

    with pytest.raises(CaseEnded):
        walk.begin()


def test_another_process_of_the_package_may_run_without_the_procedures_case_clocks() -> None:
    weekly = process(
        start("w_start") + user("report") + end("w_end") + chain("w_start", "report", "w_end"), id="weekly"
    )
    walk = Walk(process(TWO), weekly, deadlines=[a_deadline("solve", amount="5", unit="days", runs_from="case")])

    walk.ask(StartCase({}, process="weekly"))

    assert ["report"] == walk.open
    assert () == walk.step.clocks


def test_a_fault_leaves_the_case_as_it_was() -> None:
    walk = Walk(
        start() + user("a") + element("exclusiveGateway", "g") + user("b") + user("c") + end()
        + chain("start", "a", "g") + flow("g", "b", "x = 1") + flow("g", "c", "x = 2") + chain("b", "end") + chain("c", "end")
    )  # fmt: skip
    before = walk.begin(y=1)

    step = walk.do("a", x=3)

    assert ("no-flow-matches", "g") == (step.fault.code, step.fault.element)
    assert (before.state, before.data, before.open_tasks, ()) == (step.state, step.data, step.open_tasks, step.facts)
    walk.do("a", x=2)
    assert ["c"] == walk.open


def test_a_condition_that_is_neither_true_nor_false_is_a_fault() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "g", default="g_c") + user("b") + user("c") + end()
        + chain("start", "g") + flow("g", "b", "x") + flow("g", "c") + chain("b", "end") + chain("c", "end")
    )  # fmt: skip

    step = walk.begin(x="yes")

    assert "not-a-condition" == step.fault.code


def test_a_token_that_waits_at_a_join_for_ever_is_a_fault() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "g", default="g_b") + user("a") + user("b") + element("parallelGateway", "join") + end()
        + chain("start", "g") + flow("g", "a", "x = 1") + flow("g", "b") + chain("a", "join") + chain("b", "join", "end")
    )  # fmt: skip
    walk.begin()

    step = walk.do("b")

    assert ("dead-end", "join") == (step.fault.code, step.fault.element)


def test_now_in_an_expression_is_the_steps_instant() -> None:
    walk = Walk(
        start() + user("a") + element("exclusiveGateway", "g", default="g_c") + user("b") + user("c") + end()
        + chain("start", "a", "g") + flow("g", "b", 'now() > date and time("2026-03-03T00:00:00+08:00")') + flow("g", "c")
        + chain("b", "end") + chain("c", "end")
    )  # fmt: skip
    walk.begin()
    walk.now += timedelta(days=2)

    walk.do("a")

    assert ["b"] == walk.open
