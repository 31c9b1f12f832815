from __future__ import annotations

import copy
import json
from datetime import date
from decimal import Decimal

import pytest

from engine.interpreter import DataRefused
from engine.interpreter.data import Values, merge
from tests.interpreter.building import Walk, boundary, chain, element, end, flow, script, start, timer, user

PARALLEL = (
    start() + element("parallelGateway", "split") + user("a") + user("b") + user("c") + element("parallelGateway", "join")
    + user("after") + end()
    + chain("start", "split", "a", "join", "after", "end") + chain("split", "b", "join") + chain("split", "c", "join")
)  # fmt: skip


def test_a_branch_that_left_a_key_alone_does_not_undo_another_branch() -> None:
    walk = Walk(PARALLEL)
    walk.begin(status="open")
    walk.do("a", status="closed")
    walk.do("b", note="b")

    walk.do("c", other="c")

    assert walk.step.data == {"status": "closed", "note": "b", "other": "c"}


def test_a_list_one_branch_made_longer_stays_long() -> None:
    walk = Walk(PARALLEL)
    walk.begin(notes=["received"])
    walk.do("a", notes=["received", "called", "answered"])
    walk.do("b")

    walk.do("c")

    assert walk.step.data == {"notes": ["received", "called", "answered"]}


def test_of_two_branches_that_write_one_key_the_later_wins() -> None:
    walk = Walk(PARALLEL)
    walk.begin(status="open")
    walk.do("b", status="from b")
    walk.do("a", status="from a")

    walk.do("c")

    assert walk.step.data["status"] == "from a"


def test_branches_do_not_see_each_other_before_the_join() -> None:
    walk = Walk(
        start() + element("parallelGateway", "split") + user("a") + user("b") + element("exclusiveGateway", "g", default="g_no")
        + user("yes") + user("no") + end()
        + chain("start", "split", "a", "end") + chain("split", "b", "g") + flow("g", "yes", "x = 1") + flow("g", "no")
        + chain("yes", "end") + chain("no", "end")
    )  # fmt: skip
    walk.begin()
    walk.do("a", x=1)

    walk.do("b")

    assert walk.open == ["no"]


def test_branches_do_not_see_each_others_edits_deep_inside_a_value() -> None:
    walk = Walk(
        start() + element("parallelGateway", "split") + user("a") + user("b") + element("exclusiveGateway", "g", default="g_no")
        + user("yes") + user("no") + end()
        + chain("start", "split", "a", "end") + chain("split", "b", "g") + flow("g", "yes", 'customer.name = "Wang"') + flow("g", "no")
        + chain("yes", "end") + chain("no", "end")
    )  # fmt: skip
    walk.begin(customer={"name": "Li"})
    walk.do("a", customer={"name": "Wang"})

    walk.do("b")

    assert walk.open == ["no"]


def test_what_a_later_round_overwrote_does_not_come_back_at_the_join() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "again") + element("parallelGateway", "split") + user("a") + user("b")
        + element("parallelGateway", "join") + user("judge") + element("exclusiveGateway", "g", default="g_end") + end()
        + chain("start", "again", "split", "a", "join", "judge", "g", "end") + chain("split", "b", "join") + flow("g", "again", "more = true")
    )  # fmt: skip
    walk.begin()
    walk.do("b", draft="old")
    walk.do("a")
    walk.do("judge", more=True, draft=None)
    walk.do("b")

    walk.do("a")

    assert walk.step.data == {"more": True, "draft": None}


def test_a_nested_join_merges_with_its_own_base() -> None:
    walk = Walk(
        start() + element("parallelGateway", "s1") + element("parallelGateway", "s2") + user("a") + user("b") + user("c")
        + element("parallelGateway", "j2") + element("parallelGateway", "j1") + user("after") + end()
        + chain("start", "s1", "s2", "a", "j2", "j1", "after", "end") + chain("s2", "b", "j2") + chain("s1", "c", "j1")
    )  # fmt: skip
    walk.begin(x=0, y=0, z=0)
    walk.do("c", z=3)
    walk.do("a", x=1)
    walk.do("b", y=2)

    assert walk.step.data == {"x": 1, "y": 2, "z": 3}
    assert walk.open == ["after"]


def test_what_an_ended_branch_wrote_is_in_the_data_at_the_end() -> None:
    walk = Walk(
        start() + element("parallelGateway", "split") + user("main") + user("side") + end() + end("side_end")
        + chain("start", "split", "main", "end") + chain("split", "side", "side_end")
    )  # fmt: skip
    walk.begin(kept=1, both=0)
    walk.do("side", note="side", both="side")

    assert walk.step.data == {"kept": 1, "note": "side", "both": "side"}
    walk.do("main", both="main")

    assert walk.step.data == {"kept": 1, "note": "side", "both": "main"}


def test_a_reminder_that_is_open_does_not_bring_back_what_was_true_when_it_came() -> None:
    inner = element(
        "subProcess", "inner", start("s") + user("one") + user("two") + end("e") + chain("s", "one", "two", "e")
    )
    remind = boundary("remind", "inner", timer("R/P1D", "timeCycle"), interrupting=False)
    body = start() + inner + remind + user("call") + end()
    walk = Walk(body + chain("start", "inner", "end") + chain("remind", "call", "end"))
    walk.begin()
    walk.wait(days=1)
    walk.do("one", status="seen")
    walk.wait(days=1)

    walk.do("two", status="closed")

    assert walk.open == ["call", "call"]
    assert walk.step.data == {"status": "closed"}
    walk.do("call")
    assert walk.do("call").data == {"status": "closed"}


def test_nothing_handed_in_is_changed_or_shared_with_the_answer() -> None:
    walk = Walk(PARALLEL)
    given = {"customer": {"name": "Li", "phones": ["1"]}}
    before = copy.deepcopy(given)

    step = walk.begin(**given)
    step.data["customer"]["phones"].append("2")

    assert before == given
    walk.do("a")
    assert walk.step.data["customer"]["phones"] == ["1"]


def test_the_data_of_an_earlier_step_stays_as_it_was() -> None:
    walk = Walk(PARALLEL)
    earlier = walk.begin(customer={"phone": {"mobile": "1"}})

    walk.do("a", customer={"phone": {"mobile": "2"}})

    assert earlier.data == {"customer": {"phone": {"mobile": "1"}}}


@pytest.mark.parametrize("key", ["typename", "self", "id", "state", "data", "投诉人"])
def test_keys_that_hurt_elsewhere_are_harmless(key) -> None:
    walk = Walk(PARALLEL)

    walk.begin(**{key: {"typename": "BpmnEvent"}}) if key != "self" else walk.ask_data({key: {"typename": "BpmnEvent"}})
    walk.do("a")

    assert walk.step.data[key] == {"typename": "BpmnEvent"}


def test_a_value_named_like_a_function_does_not_replace_it() -> None:
    walk = Walk(
        start()
        + user("a")
        + script("count_them", "count([1, 2, 3])", "found")
        + user("b")
        + end()
        + chain("start", "a", "count_them", "b", "end")
    )
    walk.begin()

    walk.do("a", count=5)

    assert walk.step.data == {"count": 5, "found": 3}


@pytest.mark.parametrize("key", ["_hidden", "two words", "", "1st", "a.b"])
def test_keys_that_are_no_identifiers_are_refused(key) -> None:
    with pytest.raises(DataRefused):
        Walk(PARALLEL).ask_data({key: 1})


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan").__class__, b"bytes", {1: "one"}, Decimal(1)])
def test_values_that_are_no_json_are_refused(value) -> None:
    with pytest.raises(DataRefused):
        Walk(PARALLEL).ask_data({"x": value})


def test_a_date_or_a_pair_is_json_from_the_first_step_on() -> None:
    walk = Walk(PARALLEL)

    step = walk.begin(due=date(2026, 3, 2), pair=(1, 2))

    assert step.data == {"due": "2026-03-02", "pair": [1, 2]}
    assert walk.do("a").data == {"due": "2026-03-02", "pair": [1, 2]}


@pytest.mark.parametrize(
    ("branches", "merged", "why"),
    [
        ([(2, {"a": 1}), (3, {"a": 1, "b": 2})], '{"a": 1, "b": 2}', "an addition stays"),
        ([(2, {"a": True}), (3, {"a": 1})], '{"a": true}', "1 and true are different values"),
        ([(2, {"a": 1.0}), (3, {"a": 1})], '{"a": 1.0}', "so are 1 and 1.0"),
        ([(2, {"a": 2}), (3, {"a": 3})], '{"a": 3}', "the later writing counts"),
        ([(3, {"a": 3}), (2, {"a": 2})], '{"a": 3}', "in whatever order the branches come"),
    ],
)
def test_merging(branches, merged, why) -> None:
    base = Values({"a": 1}, {"a": 1})

    assert merged == json.dumps(merge(base.rewritten(values, number) for number, values in branches)), why
