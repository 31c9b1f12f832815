"""A case costs in round 400 what it costs in round 1: counted, not timed."""

from __future__ import annotations

import sys
from collections import Counter

from engine.interpreter import WakeUp, compile_definition
from tests.interpreter.building import Walk, a_deadline, a_package
from tests.interpreter.complaint import EXPERT, MAIN, ROUND

DEADLINES = [a_deadline("triage", amount="2", unit="working_days"), a_deadline("feedback", amount="14", unit="days")]


def a_case() -> Walk:
    walk = Walk(definition=compile_definition(a_package(MAIN, EXPERT, deadlines=DEADLINES)))
    walk.begin()
    walk.do("register", amount=500, satisfied=False)
    return walk


def one_round(walk: Walk) -> None:
    for element in ROUND:
        walk.do(element, **{f"{element}_note": "seen"})


def calls_of(walk: Walk) -> int:
    """How many Python functions one round calls: a measure of work that no other program disturbs."""
    counted: Counter[str] = Counter()
    sys.setprofile(lambda frame, event, arg: counted.update([event]))
    try:
        one_round(walk)
    finally:
        sys.setprofile(None)
    return counted["call"]


def test_four_hundred_rounds_leave_state_and_work_as_they_were() -> None:
    walk = a_case()
    for _ in range(2):
        one_round(walk)
    size, calls = len(walk.step.state), calls_of(walk)

    for _ in range(400):
        one_round(walk)
        walk.facts.clear()

    assert len(walk.step.state) <= size + 40  # counters have more digits
    assert calls_of(walk) <= calls * 1.01
    assert walk.open == ["triage"]


def test_reminders_that_stay_open_do_not_grow_what_other_steps_cost() -> None:
    walk = a_case()
    walk.wait(days=2)  # one reminder stays open for good
    assert walk.open == ["notice", "triage"]
    for _ in range(3):
        one_round(walk)
    size = len(walk.step.state)

    for _ in range(60):
        one_round(walk)

    assert len(walk.step.state) <= size + 40


def test_reminders_that_come_and_go_leave_nothing_behind() -> None:
    walk = a_case()
    sizes = []
    for _ in range(30):
        walk.wait(days=2)
        walk.do("notice", noticed=True)
        one_round(walk)
        sizes.append(len(walk.step.state))

    assert max(sizes[5:]) - min(sizes[5:]) <= 40


def test_the_state_of_a_small_case_is_small() -> None:
    walk = a_case()
    one_round(walk)

    assert len(walk.step.state) < 2048


def test_what_branches_share_is_stored_once() -> None:
    from tests.interpreter.building import chain, element, end, start, user

    body = start() + element("parallelGateway", "split") + end() + chain("start", "split")
    for n in range(20):
        body += user(f"t{n}") + chain("split", f"t{n}", "end")
    walk = Walk(body)
    text = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(20_000))

    walk.begin(text=text)

    assert len(walk.step.state) < 60_000
    assert walk.ask(WakeUp()).facts == ()
