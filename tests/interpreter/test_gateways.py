from __future__ import annotations

from itertools import permutations, product

import pytest

from engine.interpreter import CaseStatus
from tests.interpreter.building import Walk, chain, element, end, flow, process, start, user

LOOP_WITH_JOIN = (
    start()
    + element("exclusiveGateway", "again")
    + element("parallelGateway", "split")
    + user("a")
    + user("b")
    + user("c")
    + element("parallelGateway", "join")
    + user("judge")
    + element("exclusiveGateway", "satisfied", default="satisfied_end")
    + end()
    + chain("start", "again", "split", "a", "join", "judge", "satisfied", "end")
    + chain("split", "b", "join")
    + chain("split", "c", "join")
    + flow("satisfied", "again", "more = true")
)


@pytest.mark.parametrize("orders", list(product(permutations("abc"), repeat=2))[::5])
def test_a_join_in_a_loop_waits_for_all_branches_of_its_own_round(orders) -> None:
    walk = Walk(LOOP_WITH_JOIN)
    walk.begin()

    for round_, order in enumerate(orders, 1):
        for done, branch in enumerate(order):
            assert sorted(order[done:]) == walk.open
            walk.do(branch)
        assert walk.open == ["judge"]
        walk.do("judge", more=round_ < len(orders))

    assert CaseStatus.COMPLETED is walk.step.status


def test_a_late_branch_finds_the_called_process_not_begun() -> None:
    called = process(start("s") + user("review") + end("e") + chain("s", "review", "e"), id="expert")
    body = LOOP_WITH_JOIN.replace(user("judge"), element("callActivity", "judge", calledElement="expert"))
    walk = Walk(process(body), called)
    walk.begin()
    for branch in "abc":
        walk.do(branch)
    walk.do("review", more=True)

    walk.do("c")
    walk.do("b")

    assert walk.open == ["a"]
    walk.do("a")
    assert [task.key for task in walk.step.open_tasks] == ["judge/review#2"]


def test_an_exclusive_gateway_takes_the_first_flow_in_the_file_whose_condition_holds() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "choice", default="choice_c") + user("a") + user("b") + user("c") + end()
        + chain("start", "choice") + flow("choice", "b", "x > 1") + flow("choice", "a", "x > 0") + flow("choice", "c")
        + chain("a", "end") + chain("b", "end") + chain("c", "end")
    )  # fmt: skip

    walk.begin(x=5)

    assert walk.open == ["b"]


INCLUSIVE = (
    start()
    + element("inclusiveGateway", "split", default="split_d")
    + user("a") + user("a2") + user("b") + user("d")
    + element("inclusiveGateway", "join")
    + user("last")
    + end()
    + chain("start", "split") + flow("split", "a", "a = true") + flow("split", "b", "b = true") + flow("split", "d")
    + chain("a", "a2", "join") + chain("b", "join") + chain("d", "join") + chain("join", "last", "end")
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "opened"),
    [
        ({"a": True, "b": True}, ["a", "b"]),
        ({"a": True, "b": False}, ["a"]),
        ({"a": False, "b": False}, ["d"]),  # the default only when nothing else holds
    ],
)
def test_an_inclusive_gateway_takes_every_flow_whose_condition_holds(data, opened) -> None:
    walk = Walk(INCLUSIVE)

    walk.begin(**data)

    assert opened == walk.open


def test_an_inclusive_join_waits_for_branches_that_can_still_come_and_no_others() -> None:
    walk = Walk(INCLUSIVE)
    walk.begin(a=True, b=True)

    walk.do("b")
    assert walk.open == ["a"]
    walk.do("a")
    assert walk.open == ["a2"]
    walk.do("a2")

    assert walk.open == ["last"]


def test_an_inclusive_join_in_a_loop_works_in_every_round() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "again") + element("inclusiveGateway", "split", default="split_c")
        + user("a") + user("b") + user("c") + element("inclusiveGateway", "join") + user("judge")
        + element("exclusiveGateway", "enough", default="enough_end") + end()
        + chain("start", "again", "split") + flow("split", "a", "a = true") + flow("split", "b", "b = true")
        + flow("split", "c") + chain("a", "join") + chain("b", "join") + chain("c", "join", "judge", "enough", "end")
        + flow("enough", "again", "more = true")
    )  # fmt: skip
    walk.begin(a=True, b=True)

    for branches in (["b", "a"], ["a", "b"], ["a"], ["c"]):
        assert sorted(branches) == walk.open
        for branch in branches:
            walk.do(branch)
        assert walk.open == ["judge"]
        upcoming = {"a": branches in (["a", "b"], ["b", "a"]), "b": branches == ["b", "a"]}
        walk.do("judge", more=branches != ["c"], **upcoming)

    assert CaseStatus.COMPLETED is walk.step.status


def test_sixteen_parallel_blocks_in_a_row_start_with_few_tokens() -> None:
    body = start()
    before = "start"
    for n in range(16):
        body += (
            element("parallelGateway", f"s{n}") + user(f"a{n}") + user(f"b{n}") + element("parallelGateway", f"j{n}")
        )
        body += chain(before, f"s{n}", f"a{n}", f"j{n}") + chain(f"s{n}", f"b{n}", f"j{n}")
        before = f"j{n}"
    walk = Walk(body + end() + chain(before, "end"))

    walk.begin()

    assert walk.open == ["a0", "b0"]
    assert len(walk.step.state) < 400


def test_every_element_and_flow_is_in_the_facts_once_and_in_order() -> None:
    walk = Walk(LOOP_WITH_JOIN)
    walk.begin()
    walk.do("b")
    walk.do("a")
    walk.do("c")
    walk.do("judge", more=False)

    assert walk.kinds() == [
        ("entered", "start"), ("left", "start"), ("flow", "start_again"), ("entered", "again"), ("left", "again"),
        ("flow", "again_split"), ("entered", "split"), ("left", "split"), ("flow", "split_a"), ("flow", "split_b"),
        ("flow", "split_c"), ("entered", "a"), ("entered", "b"), ("entered", "c"),
        ("left", "b"), ("flow", "b_join"), ("left", "a"), ("flow", "a_join"), ("left", "c"), ("flow", "c_join"),
        ("entered", "join"), ("left", "join"), ("flow", "join_judge"), ("entered", "judge"),
        ("left", "judge"), ("flow", "judge_satisfied"), ("entered", "satisfied"), ("left", "satisfied"),
        ("flow", "satisfied_end"), ("entered", "end"), ("left", "end"), ("ended", "end"),
    ]  # fmt: skip


def test_keys_count_the_visits_of_an_element() -> None:
    walk = Walk(LOOP_WITH_JOIN)
    walk.begin()
    for branch in "abc":
        walk.do(branch)
    walk.do("judge", more=True)

    assert [task.key for task in walk.step.open_tasks] == ["a#2", "b#2", "c#2"]


def test_conditions_on_flows_out_of_a_task_choose_like_an_inclusive_gateway() -> None:
    walk = Walk(
        start() + element("userTask", "ask", default="ask_c") + user("a") + user("b") + user("c") + end()
        + chain("start", "ask") + flow("ask", "a", "x = 1") + flow("ask", "b", "x < 2") + flow("ask", "c")
        + chain("a", "end") + chain("b", "end") + chain("c", "end")
    )  # fmt: skip
    walk.begin()

    walk.do("ask", x=1)

    assert walk.open == ["a", "b"]


def test_a_condition_whose_value_has_no_end_when_written_is_a_fault_at_once() -> None:
    """Lists that hold one list twice, forty levels deep: a page of text to evaluate, a trillion words to print."""
    levels = "".join(f", a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 40))
    walk = Walk(
        start()
        + element("exclusiveGateway", "choose", default="f_no")
        + end("yes")
        + end("no")
        + chain("start", "choose")
        + flow("choose", "yes", f"{{a0: [1, 1]{levels}}}.a39", "f_yes")
        + flow("choose", "no", "", "f_no")
    )

    step = walk.begin()

    assert (step.fault.code, step.fault.element) == ("not-a-condition", "choose")
    assert len(step.fault.message) < 3_000
