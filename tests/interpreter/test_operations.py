"""Operations on running cases: move, skip, cancel a branch, suspend and resume."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.interpreter import (
    CancelBranch,
    CaseStatus,
    CaseSuspended,
    CompleteUserTask,
    MoveToken,
    OperationRefused,
    ReceiveMessage,
    ReceiveSignal,
    Resume,
    Skip,
    Suspend,
    WakeUp,
    Withdraw,
    destinations,
    ends_others,
    places,
    task_data,
)
from tests.interpreter.building import (
    Walk,
    a_deadline,
    boundary,
    chain,
    element,
    end,
    flow,
    process,
    start,
    timer,
    user,
)

ROOT = '<message id="m" name="news"/><signal id="sig" name="alarm"/>'
SENDS = '<extensionElements><spiffworkflow:serviceTaskOperator id="send_letter"/></extensionElements>'
NEWS = '<messageEventDefinition messageRef="m"/>'
LINE = start() + user("a") + user("b") + user("c") + end() + chain("start", "a", "b", "c", "end")
FORK = (
    start() + user("first") + element("parallelGateway", "split") + user("a") + user("a2") + user("b")
    + element("parallelGateway", "join") + user("after") + end()
    + chain("start", "first", "split", "a", "a2", "join", "after", "end") + chain("split", "b", "join")
)  # fmt: skip


def at(walk: Walk, element_: str) -> str:
    found = places(walk.definition, walk.step.state, now=walk.now, calendars=walk.calendars)
    return next(place.key for place in found if place.element == element_)


def begun(*parts: str, **changes) -> Walk:
    walk = Walk(*parts, **changes)
    walk.begin(given=1)
    return walk


def test_a_task_goes_back_to_an_earlier_step_without_an_arrow() -> None:
    walk = begun(LINE)
    walk.do("a", said="yes")

    step = walk.ask(MoveToken(walk.key("b"), "a", "the customer called again"))

    assert (walk.open, step.closed, [task.key for task in step.opened]) == (["a"], ("b#1",), ["a#2"])
    assert step.data == {"given": 1, "said": "yes"}
    moved = step.facts[0]
    assert (moved.kind, moved.key, moved.detail) == ("moved", "b#1", {"to": "a"})
    walk.do("a")
    walk.do("b")
    assert walk.do("c").status is CaseStatus.COMPLETED


def test_one_branch_moves_and_the_join_still_waits_for_both() -> None:
    walk = begun(FORK)
    walk.do("first")
    walk.do("a", x=1)
    walk.ask(MoveToken(walk.key("a2"), "a", "again"))
    assert walk.open == ["a", "b"]
    walk.do("a", x=2)
    walk.do("a2")
    walk.do("b", y=1)

    assert walk.open == ["after"]
    assert walk.step.data == {"given": 1, "x": 2, "y": 1}


def test_going_back_before_the_fork_alone_ends_the_other_branch_and_keeps_its_work() -> None:
    walk = begun(FORK)
    walk.do("first")
    walk.do("b", y=1)
    walk.do("a", x=1)

    walk.ask(MoveToken(walk.key("a2"), "first", "wrong from the start", alone=True))

    assert walk.open == ["first"]
    assert walk.step.data == {"given": 1, "y": 1, "x": 1}
    for name in ("first", "a", "a2", "b"):
        walk.do(name)
    assert walk.open == ["after"]


def test_a_token_may_arrive_at_a_join_on_one_of_its_flows() -> None:
    walk = begun(FORK)
    walk.do("first")
    walk.ask(MoveToken(walk.key("a"), "a2_join", "not needed"))
    assert walk.open == ["b"]

    walk.do("b")

    assert walk.open == ["after"]


def test_a_token_leaves_its_sub_process_for_a_step_around_it() -> None:
    inner = start("s") + user("try") + end("e") + chain("s", "try", "e")
    walk = begun(
        start() + user("a") + element("subProcess", "sub", inner) + boundary("late", "sub", timer("P1D")) + end()
        + end("too_late") + chain("start", "a", "sub", "end") + chain("late", "too_late")
    )  # fmt: skip
    walk.do("a")
    step = walk.ask(MoveToken(walk.key("try"), "a", "asked too little"))

    assert (walk.open, step.next_wake) == (["a"], None)


@pytest.mark.parametrize("to", ["start", "nothing", "join", "late", "behind", "try"])
def test_a_token_is_not_taken_where_nothing_could_go_on(to) -> None:
    events = element("intermediateCatchEvent", "behind", timer("P1D"))
    inner = start("s") + user("try") + end("e") + chain("s", "try", "e")
    walk = begun(
        start() + user("a") + boundary("late", "a", timer("P3D")) + element("parallelGateway", "split") + user("x") + user("y")
        + element("parallelGateway", "join") + element("subProcess", "sub", inner) + element("eventBasedGateway", "g") + events
        + end() + chain("start", "a", "split", "x", "join", "sub", "g", "behind", "end") + chain("split", "y", "join")
        + chain("late", "end")
    )  # fmt: skip

    assert destinations(walk.definition, "a") == (
        "a", "split", "x", "y", "x_join", "y_join", "sub", "g", "end",
    )  # fmt: skip
    with pytest.raises(OperationRefused, match=f"{to!r}"):
        walk.ask(MoveToken(walk.key("a"), to, "why not"))


def test_skipping_a_task_goes_on_without_answers_and_meets_no_deadline() -> None:
    walk = begun(LINE, deadlines=[a_deadline("reply", amount="2", unit="days", runs_from="case", runs_until=["a"])])

    step = walk.ask(Skip(walk.key("a"), "nothing to do"))

    assert (walk.open, step.data) == (["b"], {"given": 1})
    (clock,) = step.clocks
    assert (clock.status, clock.due_at is not None) == ("cancelled", True)
    assert [str(fact.kind) for fact in step.facts[:2]] == ["skipped", "left"]


def test_skipping_a_service_withdraws_its_request_and_skipping_a_wait_stops_waiting() -> None:
    walk = begun(
        ROOT,
        process(
            start() + element("serviceTask", "ask", SENDS) + element("intermediateCatchEvent", "wait", timer("P9D"))
            + element("receiveTask", "hear", messageRef="m") + user("a") + end()
            + chain("start", "ask", "wait", "hear", "a", "end")
        ),
    )  # fmt: skip
    assert walk.ask(Skip(at(walk, "ask"), "sent by hand")).cancelled_requests == ("ask#1",)
    assert walk.ask(Skip(at(walk, "wait"), "no need to wait")).next_wake is None
    walk.ask(Skip(at(walk, "hear"), "told by phone"))

    assert walk.open == ["a"]
    assert not {"timer_fired", "message_received"} & {str(fact.kind) for fact in walk.facts}


def test_skipping_a_sub_process_ends_what_is_inside_and_keeps_what_was_written() -> None:
    inner = start("s") + user("try") + user("more") + end("e") + chain("s", "try", "more", "e")
    walk = begun(
        start() + element("subProcess", "sub", inner) + user("after") + end() + chain("start", "sub", "after", "end")
    )
    walk.do("try", tried=True)

    walk.ask(Skip(at(walk, "sub"), "enough"))

    assert walk.open == ["after"]
    assert walk.step.data == {"given": 1, "tried": True}


def test_what_only_moves_tokens_cannot_be_skipped() -> None:
    events = element("intermediateCatchEvent", "behind", timer("P1D"))
    walk = begun(
        start()
        + element("eventBasedGateway", "g")
        + events
        + user("a")
        + end()
        + chain("start", "g", "behind", "a", "end")
    )

    with pytest.raises(OperationRefused) as refusal:
        walk.ask(Skip(at(walk, "g"), "why not"))

    assert refusal.value.reason == "cannot-be-skipped"


def test_a_cancelled_branch_is_not_waited_for() -> None:
    walk = begun(FORK)
    walk.do("first")
    walk.do("a", x=1)

    walk.ask(CancelBranch(walk.key("a2"), "the expert is not needed"))
    assert walk.open == ["b"]
    walk.do("b", y=1)

    assert walk.open == ["after"]
    assert walk.step.data == {"given": 1, "x": 1, "y": 1}


def test_the_join_goes_on_at_once_when_everything_else_has_come() -> None:
    walk = begun(FORK)
    walk.do("first")
    walk.do("b")

    walk.ask(CancelBranch(walk.key("a"), "not needed"))

    assert walk.open == ["after"]


def test_a_branch_no_join_waits_for_just_ends() -> None:
    walk = begun(
        start() + element("parallelGateway", "split") + user("a") + user("b") + end() + end("end2")
        + chain("start", "split", "a", "end") + chain("split", "b", "end2")
    )  # fmt: skip
    walk.ask(CancelBranch(walk.key("a"), "not needed"))
    assert walk.open == ["b"]

    assert walk.do("b").status is CaseStatus.COMPLETED


def test_the_only_branch_is_not_cancelled() -> None:
    walk = begun(LINE)

    with pytest.raises(OperationRefused) as refusal:
        walk.ask(CancelBranch(walk.key("a"), "why not"))

    assert refusal.value.reason == "nothing-else-goes-on"


def test_an_operation_needs_a_place_where_something_goes_on() -> None:
    walk = begun(LINE)
    walk.do("a")

    for operation in (MoveToken("a#1", "c", ""), Skip("a#1", ""), CancelBranch("nothing#1", "")):
        with pytest.raises(OperationRefused) as refusal:
            walk.ask(operation)
        assert refusal.value.reason == "not-there"


def test_a_suspended_case_takes_nothing_until_it_is_resumed() -> None:
    walk = begun(
        ROOT,
        process(LINE + boundary("told", "a", NEWS, interrupting=False) + user("read") + chain("told", "read", "end")),
    )

    step = walk.ask(Suspend("the police ask us to wait"))

    assert (step.status, step.next_wake, walk.open) == (CaseStatus.SUSPENDED, None, ["a"])
    for request in (CompleteUserTask(walk.key("a"), {}), ReceiveMessage("news", {}, {})):
        with pytest.raises(CaseSuspended):
            walk.ask(request)
    assert walk.ask(Resume("they are done")).status is CaseStatus.OPEN
    assert walk.do("a").status is CaseStatus.OPEN


def test_timers_and_signals_of_a_suspended_case_come_when_it_is_resumed() -> None:
    walk = begun(
        ROOT,
        process(
            LINE + boundary("late", "a", timer("P1D"), interrupting=False) + user("remind") + chain("late", "remind", "end")
            + boundary("heard", "a", '<signalEventDefinition signalRef="sig"/>', interrupting=False) + user("react")
            + chain("heard", "react", "end")
        ),
    )  # fmt: skip
    walk.ask(Suspend("wait"))
    walk.now += timedelta(days=3)
    assert walk.ask(WakeUp()).facts == ()
    walk.ask(ReceiveSignal("alarm", {"level": 1}))
    assert walk.open == ["a"]

    walk.ask(Resume("go on"))

    assert walk.open == ["a", "react", "remind"]
    assert walk.step.data == {"given": 1, "level": 1}


@pytest.mark.parametrize(("stop_clocks", "days"), [(True, 5), (False, 2)])
def test_time_limits_of_a_suspended_case_stand_still_if_asked(stop_clocks, days) -> None:
    walk = begun(
        LINE,
        deadlines=[a_deadline("reply", amount="48", unit="hours", end="same_time", runs_from="case", runs_until=["c"])],
    )
    began = walk.now
    walk.ask(Suspend("wait", stop_clocks=stop_clocks))
    walk.now += timedelta(days=3)

    (clock,) = walk.ask(Resume("go on")).clocks

    assert clock.due_at == began + timedelta(days=days)


def test_a_pause_of_the_procedure_outlives_a_suspension() -> None:
    rule = a_deadline(
        "reply", amount="48", unit="hours", end="same_time", runs_from="case", runs_until=["c"], pauses=["a"]
    )
    walk = begun(LINE, deadlines=[rule])
    began = walk.now
    walk.ask(Suspend("wait", stop_clocks=True))
    walk.now += timedelta(days=1)
    (clock,) = walk.ask(Resume("go on")).clocks
    assert clock.status == "paused"
    walk.now += timedelta(days=1)

    (clock,) = walk.do("a").clocks

    assert clock.due_at == began + timedelta(days=4)


def test_a_suspended_case_may_be_withdrawn_and_is_suspended_once() -> None:
    walk = begun(LINE)
    walk.ask(Suspend("wait"))
    with pytest.raises(OperationRefused, match="suspended already"):
        walk.ask(Suspend("again"))
    assert walk.ask(Withdraw("paid")).status is CaseStatus.WITHDRAWN


def test_resuming_what_is_not_suspended_is_refused() -> None:
    with pytest.raises(OperationRefused, match="not suspended"):
        begun(LINE).ask(Resume("go on"))


def test_a_task_sees_its_own_branch_until_the_join() -> None:
    walk = begun(FORK)
    walk.do("first", z=0)
    walk.do("a", x=1)

    def sees(name: str) -> dict[str, object]:
        key = walk.key(name)
        return dict(task_data(walk.definition, walk.step.state, key, now=walk.now, calendars=walk.calendars))

    assert sees("a2") == {"given": 1, "z": 0, "x": 1}
    assert sees("b") == {"given": 1, "z": 0}


def test_each_of_several_instances_sees_its_own_item() -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>experts</loopDataInputRef>"
        '<inputDataItem id="expert"/></multiInstanceLoopCharacteristics>'
    )
    walk = Walk(start() + user("review", loop) + end() + chain("start", "review", "end"))
    walk.begin(experts=["Li", "Wang"])

    seen = [
        task_data(walk.definition, walk.step.state, task.key, now=walk.now, calendars=walk.calendars)["expert"]
        for task in walk.step.open_tasks
    ]

    assert seen == ["Li", "Wang"]


def test_arriving_on_a_flow_is_in_the_history() -> None:
    walk = begun(FORK)
    walk.do("first")

    step = walk.ask(MoveToken(walk.key("b"), "a2_join", "b stands for both"))

    assert [(str(fact.kind), fact.element) for fact in step.facts] == [
        ("moved", "b"), ("cancelled", "b"), ("flow", "a2_join"),
    ]  # fmt: skip


def ends(walk: Walk, here: str, to: str) -> bool:
    return ends_others(walk.definition, walk.step.state, at(walk, here), to, now=walk.now, calendars=walk.calendars)


def test_going_back_before_a_split_ends_the_branches_and_inside_a_branch_it_does_not() -> None:
    walk = begun(FORK)
    walk.do("first")
    walk.do("a")
    assert (ends(walk, "a2", "a"), ends(walk, "a2", "first")) == (False, True)

    walk.do("b")  # its token waits at the join

    assert (ends(walk, "a2", "a"), ends(walk, "a2", "first")) == (False, True)


def test_a_way_around_the_step_does_not_make_the_other_branch_begin_behind_it() -> None:
    around = (
        start() + element("parallelGateway", "split") + user("a") + element("exclusiveGateway", "x", default="x_a2")
        + user("a2") + element("exclusiveGateway", "m") + user("b") + element("parallelGateway", "join") + user("after") + end()
        + chain("start", "split", "a", "x", "a2", "m", "join", "after", "end") + flow("x", "m", "given = 2") + chain("split", "b", "join")
    )  # fmt: skip
    walk = begun(around)
    walk.do("a")
    assert ends(walk, "a2", "a") is False

    walk.do("b")

    assert ends(walk, "a2", "a") is False


def test_in_a_line_nothing_else_ends() -> None:
    walk = begun(LINE)
    walk.do("a")

    assert ends(walk, "b", "a") is False
