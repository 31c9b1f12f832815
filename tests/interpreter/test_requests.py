from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from engine.errors import NotFound
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
    a_deadline,
    a_package,
    chain,
    element,
    end,
    flow,
    office_calendars,
    process,
    script,
    start,
    user,
)
from tests.interpreter.complaint import EXPERT, MAIN, ROUND
from tests.interpreter.test_flatness import DEADLINES

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
        advance(each, None, StartCase({"x": [1, {"y": 2}]}), now=MONDAY, calendars=office_calendars())
        for each in (definition, again)
    ]

    assert steps[0] == steps[1]


def test_a_state_of_another_definition_is_refused() -> None:
    walk = Walk(TWO)
    walk.begin()
    other = compile_definition(a_package(TWO.replace("b", "c")))

    with pytest.raises(StateRefused) as refused:
        advance(other, walk.step.state, WakeUp(), now=MONDAY, calendars=office_calendars())
    assert refused.value.reason == "foreign"


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
        advance(walk.definition, spoil(walk.step.state), WakeUp(), now=MONDAY, calendars=office_calendars())
    assert reason == refused.value.reason


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        advance(
            compile_definition(a_package(TWO)),
            None,
            StartCase({}),
            now=datetime(2026, 3, 2),
            calendars=office_calendars(),
        )


def test_a_withdrawn_case_has_nothing_open() -> None:
    rule = a_deadline("solve", amount="5", unit="days", runs_from="case", runs_until=("b",))
    walk = Walk(TWO, deadlines=[rule])
    walk.begin(x=1)

    step = walk.ask(Withdraw("the customer takes it back"))

    assert (step.status, step.open_tasks, step.closed, step.data) == (CaseStatus.WITHDRAWN, (), ("a#1",), {"x": 1})
    assert walk.kinds()[-3:] == [("cancelled", "a"), ("ended", ""), ("clock_stopped", "")]
    with pytest.raises(TaskNotOpen):
        walk.ask(CompleteUserTask("a#1", {}))
    with pytest.raises(CaseEnded):
        walk.ask(Withdraw("again"))
    assert walk.ask(WakeUp()).facts == ()


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

    assert walk.open == ["report"]
    assert walk.step.clocks == ()


def test_a_fault_leaves_the_case_as_it_was() -> None:
    walk = Walk(
        start() + user("a") + element("exclusiveGateway", "g") + user("b") + user("c") + end()
        + chain("start", "a", "g") + flow("g", "b", "x = 1") + flow("g", "c", "x = 2") + chain("b", "end") + chain("c", "end")
    )  # fmt: skip
    before = walk.begin(y=1)

    step = walk.do("a", x=3)

    assert (step.fault.code, step.fault.element) == ("no-flow-matches", "g")
    assert (before.state, before.data, before.open_tasks, ()) == (step.state, step.data, step.open_tasks, step.facts)
    walk.do("a", x=2)
    assert walk.open == ["c"]


def test_a_script_that_fails_is_a_fault_and_leaves_nothing() -> None:
    walk = Walk(
        start() + user("a") + script("first", "1", "done") + script("x", "for i in 1..size return i", "listed") + user("b") + end()
        + chain("start", "a", "first", "x", "b", "end")
    )  # fmt: skip
    walk.begin()

    step = walk.do("a", size=99_999_999)

    assert (step.fault.code, step.fault.element, step.data) == ("expression-failed", "x", {})
    assert walk.do("a", size=2).data == {"size": 2, "done": 1, "listed": [1, 2]}


def test_a_condition_that_is_neither_true_nor_false_is_a_fault() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "g", default="g_c") + user("b") + user("c") + end()
        + chain("start", "g") + flow("g", "b", "x") + flow("g", "c") + chain("b", "end") + chain("c", "end")
    )  # fmt: skip

    step = walk.begin(x="yes")

    assert step.fault.code == "not-a-condition"


def test_a_token_that_waits_at_a_join_for_ever_is_a_fault() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "g", default="g_b") + user("a") + user("b") + element("parallelGateway", "join") + end()
        + chain("start", "g") + flow("g", "a", "x = 1") + flow("g", "b") + chain("a", "join") + chain("b", "join", "end")
    )  # fmt: skip
    walk.begin()

    step = walk.do("b")

    assert (step.fault.code, step.fault.element) == ("dead-end", "join")


def test_now_in_an_expression_is_the_steps_instant() -> None:
    walk = Walk(
        start() + user("a") + element("exclusiveGateway", "g", default="g_c") + user("b") + user("c") + end()
        + chain("start", "a", "g") + flow("g", "b", 'now() > date and time("2026-03-03T00:00:00+08:00")') + flow("g", "c")
        + chain("b", "end") + chain("c", "end")
    )  # fmt: skip
    walk.begin()
    walk.now += timedelta(days=2)

    walk.do("a")

    assert walk.open == ["b"]


def test_threads_may_share_one_definition() -> None:
    definition = compile_definition(a_package(MAIN, EXPERT, deadlines=DEADLINES))

    def run_rounds(_: int) -> tuple[bytes, object]:
        walk = Walk(definition=definition)
        walk.begin()
        walk.do("register", amount=500, satisfied=False)
        for _ in range(3):
            for element_ in ROUND:
                walk.do(element_)
        return walk.step.state, walk.step.data

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(run_rounds, range(8)))

    assert all(result == results[0] for result in results)


def test_an_unknown_process_is_not_found() -> None:
    with pytest.raises(NotFound):
        Walk(TWO).ask(StartCase({}, process="nothing"))
