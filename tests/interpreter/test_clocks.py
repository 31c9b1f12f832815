from __future__ import annotations

from datetime import datetime, timedelta

from engine.interpreter import CaseStatus, ClockStatus, Fact, StartCase, WakeUp
from engine.procedures.package import Rung
from tests.interpreter.building import (
    MONDAY,
    SHANGHAI,
    Walk,
    a_deadline,
    boundary,
    chain,
    element,
    end,
    flow,
    start,
    timer,
    user,
)

TWO_TASKS = start() + user("record") + user("reply", due="reply") + end() + chain("start", "record", "reply", "end")


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def clock_facts(walk: Walk) -> list[tuple[str, str, int]]:
    return [(str(f.kind), f.detail["clock"], f.detail["round"]) for f in walk.facts if f.kind.startswith("clock")]


def test_a_clock_starts_when_the_task_that_names_it_opens_and_stops_when_it_is_done() -> None:
    walk = Walk(TWO_TASKS, deadlines=[a_deadline("reply", amount="2", unit="working_days")])
    walk.begin()
    assert walk.step.clocks == ()

    walk.do("record")

    (clock,) = walk.step.clocks
    assert (ClockStatus.RUNNING, at(4, 18)) == (clock.status, clock.due_at)
    assert walk.step.open_tasks[0].deadline == "reply"
    walk.do("reply")
    (clock,) = walk.step.clocks
    assert (clock.status, clock.stopped_at) == (ClockStatus.MET, MONDAY)
    assert clock_facts(walk) == [("clock_started", "reply", 1), ("clock_stopped", "reply", 1)]
    assert walk.facts[-1].kind == "ended"


def test_a_case_clock_runs_from_when_the_complaint_was_received() -> None:
    rule = a_deadline("solve", amount="1", unit="days", runs_from="case", runs_until=("reply",), end="same_time")
    walk = Walk(TWO_TASKS, deadlines=[rule, a_deadline("reply", amount="9", unit="days")])

    walk.ask(StartCase({}, received_at=MONDAY - timedelta(hours=5)))

    (clock,) = walk.step.clocks
    assert MONDAY + timedelta(hours=19) == clock.due_at


def test_a_clock_may_run_from_one_element_until_another() -> None:
    rule = a_deadline("answer", amount="1", unit="hours", runs_from="record", runs_until=("reply",), end="same_time")
    walk = Walk(TWO_TASKS, deadlines=[rule, a_deadline("reply", amount="9", unit="days")])
    walk.begin()
    walk.do("record")

    walk.now += timedelta(hours=2)
    walk.do("reply")

    answer = next(clock for clock in walk.step.clocks if clock.deadline == "answer")
    assert (answer.status, answer.breached) == (ClockStatus.LATE, True)
    detail = [f.detail for f in walk.facts if f.kind == "clock_stopped" and f.detail["clock"] == "answer"]
    assert detail == [{"clock": "answer", "round": 1, "met": False}]


def test_a_clock_warns_and_is_breached_once_each_and_asks_to_be_woken_for_it() -> None:
    rule = a_deadline("reply", amount="10", unit="hours", ladder=(Rung(0.5), Rung(0.8)), end="same_time")
    walk = Walk(TWO_TASKS, deadlines=[rule])
    walk.begin()
    walk.do("record")
    assert MONDAY + timedelta(hours=5) == walk.step.next_wake

    walk.wait(hours=30)

    assert clock_facts(walk) == [
        ("clock_started", "reply", 1),
        ("clock_warned", "reply", 1),
        ("clock_warned", "reply", 1),
        ("clock_breached", "reply", 1),
    ]
    assert walk.step.next_wake is None
    assert walk.step.clocks[0].breached
    assert walk.ask(WakeUp()).facts == ()


def test_done_at_the_very_moment_is_in_time() -> None:
    walk = Walk(TWO_TASKS, deadlines=[a_deadline("reply", amount="10", unit="hours", end="same_time")])
    walk.begin()
    walk.do("record")

    walk.wait(hours=10)
    walk.do("reply")

    assert ClockStatus.MET is walk.step.clocks[0].status


WITH_PAUSE = (
    start() + user("record") + user("ask_customer") + user("reply") + end()
    + chain("start", "record", "ask_customer", "reply", "end")
)  # fmt: skip


def test_a_clock_stands_while_a_pausing_element_is_open() -> None:
    rule = a_deadline(
        "solve",
        amount="10",
        unit="hours",
        end="same_time",
        runs_from="case",
        runs_until=("reply",),
        pauses=("ask_customer",),
    )
    walk = Walk(WITH_PAUSE, deadlines=[rule])
    walk.begin()
    walk.now += timedelta(hours=4)
    walk.do("record")
    (clock,) = walk.step.clocks
    assert (clock.status, clock.due_at) == (ClockStatus.PAUSED, None)
    assert walk.step.next_wake is None

    walk.wait(hours=100)
    walk.do("ask_customer")

    (clock,) = walk.step.clocks
    assert (ClockStatus.RUNNING, MONDAY + timedelta(hours=110)) == (clock.status, clock.due_at)
    walk.wait(hours=6)
    walk.do("reply")
    assert ClockStatus.MET is walk.step.clocks[0].status


def test_a_limit_that_changes_moves_the_running_clock() -> None:
    rule = a_deadline("solve", amount="limit_days", unit="days", runs_from="case", runs_until=("reply",))
    walk = Walk(TWO_TASKS, deadlines=[rule, a_deadline("reply", amount="90", unit="days")])
    walk.begin(limit_days=5)

    walk.do("record", limit_days=10)

    changed = [fact.detail for fact in walk.facts if fact.kind == "clock_changed"]
    assert changed == [
        {"clock": "solve", "round": 1, "due": "2026-03-12T15:59:59+00:00", "was": "2026-03-07T15:59:59+00:00"}
    ]


def test_a_clock_whose_amount_is_not_known_yet_has_no_date() -> None:
    rule = a_deadline("solve", amount="limit_days", unit="days", runs_from="case", runs_until=("reply",))
    walk = Walk(TWO_TASKS, deadlines=[rule, a_deadline("reply", amount="90", unit="days")])
    walk.begin()
    assert walk.step.clocks[0].due_at is None

    walk.do("record", limit_days=1)

    assert at(3, 23, 59).replace(second=59) == next(c for c in walk.step.clocks if c.deadline == "solve").due_at


def test_a_date_in_a_field_is_its_end_and_an_empty_field_no_date() -> None:
    rule = a_deadline("report", amount="", unit="field", field="report_due", runs_from="case", runs_until=("reply",))
    walk = Walk(TWO_TASKS, deadlines=[rule, a_deadline("reply", amount="90", unit="days")])
    walk.begin()
    assert walk.step.clocks[0].due_at is None

    walk.do("record", report_due="2026-03-10")

    assert at(10, 23, 59).replace(second=59) == next(c for c in walk.step.clocks if c.deadline == "report").due_at


def test_a_start_that_happens_again_begins_a_new_round() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "again") + user("reply", due="reply") + element("exclusiveGateway", "g", default="g_end")
        + end() + chain("start", "again", "reply", "g", "end") + flow("g", "again", "more = true"),
        deadlines=[a_deadline("reply", amount="2", unit="days")],
    )  # fmt: skip
    walk.begin()

    walk.do("reply", more=True)

    assert [(clock.round, clock.status) for clock in walk.step.clocks] == [
        (1, ClockStatus.MET),
        (2, ClockStatus.RUNNING),
    ]


def test_a_clock_the_case_ends_without_is_cancelled() -> None:
    rule = a_deadline("solve", amount="5", unit="days", runs_from="case", runs_until=("never",))
    walk = Walk(start() + user("record") + end() + chain("start", "record", "end"), deadlines=[rule])
    walk.begin()

    step = walk.do("record")

    assert (step.status, step.clocks[0].status) == (CaseStatus.COMPLETED, ClockStatus.CANCELLED)
    assert Fact("clock_stopped", detail={"clock": "solve", "round": 1, "met": False, "cancelled": True}) in step.facts
    assert step.next_wake is None


def test_a_clock_runs_on_when_its_task_is_interrupted() -> None:
    walk = Walk(
        start() + user("reply", due="reply") + boundary("alarm", "reply", timer("PT1H")) + user("take_over", due="reply") + end()
        + chain("start", "reply", "end") + chain("alarm", "take_over", "end"),
        deadlines=[a_deadline("reply", amount="2", unit="hours", end="same_time")],
    )  # fmt: skip
    walk.begin()
    walk.wait(hours=1)
    assert (walk.step.clocks[0].round, walk.step.clocks[0].status) == (1, ClockStatus.RUNNING)

    walk.do("take_over")

    assert ClockStatus.MET is walk.step.clocks[0].status


def test_a_task_may_compute_which_deadline_it_names() -> None:
    walk = Walk(
        start() + user("reply", due='= if severe then "fast" else "slow"') + end() + chain("start", "reply", "end"),
        deadlines=[a_deadline("fast", amount="1", unit="days"), a_deadline("slow", amount="9", unit="days")],
    )

    walk.begin(severe=True)

    assert [clock.deadline for clock in walk.step.clocks] == ["fast"]
    assert walk.step.open_tasks[0].deadline == "fast"


def test_an_amount_that_is_no_number_is_a_fault_that_names_the_deadline() -> None:
    rule = a_deadline("solve", amount="limit", unit="days", runs_from="case")
    walk = Walk(TWO_TASKS, deadlines=[rule, a_deadline("reply", amount="1", unit="days")])

    step = walk.begin(limit="soon")

    assert (step.fault.code, step.fault.element) == ("deadline-uncountable", "solve")


def test_a_fault_leaves_the_clocks_as_they_were() -> None:
    rule = a_deadline("solve", amount="limit", unit="days", runs_from="case", runs_until=("reply",))
    walk = Walk(TWO_TASKS, deadlines=[rule, a_deadline("reply", amount="1", unit="days")])
    before = walk.begin(limit=3)

    step = walk.do("record", limit="soon")

    assert step.fault.code == "deadline-uncountable"
    assert (step.state, step.next_wake) == (before.state, before.next_wake)
    assert [(clock.deadline, clock.due_at) for clock in step.clocks] == [("solve", before.clocks[0].due_at)]


def test_a_new_date_in_the_answer_that_stops_a_clock_does_not_save_the_old_one() -> None:
    rule = a_deadline("report", amount="", unit="field", field="report_due", runs_from="case", runs_until=("record",))
    walk = Walk(TWO_TASKS, deadlines=[rule, a_deadline("reply", amount="90", unit="days")])
    walk.begin(report_due="2026-03-03")
    walk.wait(days=3)

    walk.do("record", report_due="2026-03-20")

    assert next(clock for clock in walk.step.clocks if clock.deadline == "report").status is ClockStatus.LATE


def test_a_clock_that_is_given_more_time_after_its_breach_can_be_breached_again() -> None:
    rule = a_deadline("report", amount="", unit="field", field="report_due", runs_from="case", runs_until=("reply",))
    walk = Walk(TWO_TASKS, deadlines=[rule, a_deadline("reply", amount="90", unit="days")])
    walk.begin(report_due="2026-03-03")
    walk.wait(days=3)
    walk.do("record", report_due="2026-03-10")
    assert not next(clock for clock in walk.step.clocks if clock.deadline == "report").breached

    walk.wait(days=10)

    assert clock_facts(walk).count(("clock_breached", "report", 1)) == 2
