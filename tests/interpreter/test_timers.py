# ruff: noqa: A001 - an element's id is called id

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.interpreter import CaseStatus, WakeUp
from engine.interpreter.timers import Duration, Timer, parse_timer
from tests.interpreter.building import (
    MONDAY,
    SHANGHAI,
    Walk,
    a_deadline,
    boundary,
    chain,
    element,
    end,
    start,
    timer,
    user,
)

HOUR = timedelta(hours=1)


def with_boundary(event: str) -> str:
    return (
        start() + user("work") + event + user("late") + end() + end("late_end")
        + chain("start", "work", "end") + chain("alarm", "late", "late_end")
    )  # fmt: skip


def test_an_interrupting_timer_ends_the_task_and_takes_its_way() -> None:
    walk = Walk(with_boundary(boundary("alarm", "work", timer("PT1H"))))
    walk.begin()
    assert walk.step.next_wake == MONDAY + HOUR

    step = walk.wait(hours=1)

    assert walk.open == ["late"]
    assert ("timer_fired", "alarm") in walk.kinds()
    assert ("cancelled", "work") in walk.kinds()
    assert step.next_wake is None


def test_a_timer_does_not_fire_before_its_time() -> None:
    walk = Walk(with_boundary(boundary("alarm", "work", timer("PT1H"))))
    walk.begin()

    walk.now += HOUR - timedelta(milliseconds=1)
    step = walk.ask(WakeUp())

    assert walk.open == ["work"]
    assert step.facts == ()


def test_waking_up_again_changes_nothing() -> None:
    walk = Walk(with_boundary(boundary("alarm", "work", timer("PT1H"), interrupting=False)))
    walk.begin()
    walk.now += HOUR
    first = walk.ask(WakeUp())

    again = walk.ask(WakeUp())

    assert first.state == again.state
    assert again.facts == ()
    assert walk.open == ["late", "work"]


def test_a_finished_task_takes_its_timer_along() -> None:
    walk = Walk(with_boundary(boundary("alarm", "work", timer("PT1H"))))
    walk.begin()

    walk.do("work")

    assert walk.step.next_wake is None
    assert CaseStatus.COMPLETED is walk.step.status


def test_a_cycle_keeps_its_reminders_when_the_task_is_done() -> None:
    walk = Walk(with_boundary(boundary("alarm", "work", timer("R3/PT1H", "timeCycle"), interrupting=False)))
    walk.begin()
    walk.wait(hours=2)
    assert walk.open == ["late", "late", "work"]

    walk.do("work")

    assert walk.open == ["late", "late"]
    assert CaseStatus.OPEN is walk.step.status
    walk.do("late")
    walk.do("late")
    assert CaseStatus.COMPLETED is walk.step.status


def test_a_cycle_ends_after_its_last_firing() -> None:
    walk = Walk(with_boundary(boundary("alarm", "work", timer("R3/PT1H", "timeCycle"), interrupting=False)))
    walk.begin()

    walk.wait(hours=10)

    assert walk.open == ["late", "late", "late", "work"]
    assert walk.step.next_wake is None


def test_periods_missed_while_nobody_woke_the_case_fire_once() -> None:
    walk = Walk(with_boundary(boundary("alarm", "work", timer("R/PT1H", "timeCycle"), interrupting=False)))
    walk.begin()

    walk.now += timedelta(hours=5, minutes=30)
    step = walk.ask(WakeUp())

    assert walk.open == ["late", "work"]
    assert step.next_wake == MONDAY + 6 * HOUR


def test_late_timers_fire_in_the_order_they_were_due() -> None:
    walk = Walk(
        start() + element("parallelGateway", "split") + user("a") + user("b")
        + boundary("second", "a", timer("PT3H")) + boundary("first", "b", timer("PT1H")) + end()
        + chain("start", "split", "a", "end") + chain("split", "b", "end") + chain("second", "end") + chain("first", "end")
    )  # fmt: skip
    walk.begin()

    walk.now += timedelta(days=1)
    step = walk.ask(WakeUp())

    assert [fact.element for fact in step.facts if fact.kind == "timer_fired"] == ["first", "second"]
    assert CaseStatus.COMPLETED is step.status


def test_an_intermediate_timer_holds_the_token() -> None:
    walk = Walk(
        start() + element("intermediateCatchEvent", "wait", timer('"P1D"')) + user("after") + end()
        + chain("start", "wait", "after", "end")
    )  # fmt: skip
    walk.begin()
    assert walk.open == []

    walk.wait(hours=24)

    assert walk.open == ["after"]


def test_a_date_in_the_past_passes_at_once() -> None:
    walk = Walk(
        start() + element("intermediateCatchEvent", "wait", timer("2020-01-01", "timeDate")) + user("after") + end()
        + chain("start", "wait", "after", "end")
    )  # fmt: skip

    walk.begin()

    assert walk.open == ["after"]


def event_gateway(*events: tuple[str, str]) -> str:
    body = start() + element("eventBasedGateway", "wait_for") + end() + chain("start", "wait_for")
    for id, inner in events:
        body += (
            element("intermediateCatchEvent", id, inner)
            + user(f"after_{id}")
            + chain("wait_for", id, f"after_{id}", "end")
        )
    return body


def test_of_two_timers_behind_an_event_gateway_the_earlier_wins() -> None:
    walk = Walk(event_gateway(("long", timer("PT2H")), ("short", timer("PT1H"))))
    walk.begin()

    walk.wait(hours=5)

    assert walk.open == ["after_short"]
    assert walk.path == [
        "start",
        "start_wait_for",
        "wait_for",
        "wait_for_short",
        "short",
        "short_after_short",
        "after_short",
    ]


def test_a_timer_may_be_a_deadline_of_the_package() -> None:
    walk = Walk(
        with_boundary(boundary("alarm", "work", timer("reply"))),
        deadlines=[a_deadline("reply", amount="2", unit="working_days", runs_from="nothing")],
    )

    walk.begin()

    assert datetime(2026, 3, 4, 18, 0, tzinfo=SHANGHAI) == walk.step.next_wake


def test_a_timer_may_be_feel_over_the_data() -> None:
    walk = Walk(with_boundary(boundary("alarm", "work", timer('= if urgent then "PT1H" else "P1D"'))))

    walk.begin(urgent=True)

    assert walk.step.next_wake == MONDAY + HOUR


def test_a_timer_without_a_time_is_a_fault() -> None:
    walk = Walk(with_boundary(boundary("alarm", "work", timer("= nothing_here"))))

    step = walk.begin()

    assert (step.fault.code, step.fault.element) == ("timer-without-date", "alarm")


def test_a_timer_that_starts_itself_again_at_once_is_stopped() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "g") + element("intermediateCatchEvent", "wait", timer("PT0S"))
        + element("exclusiveGateway", "h", default="h_g") + end()
        + chain("start", "g", "wait", "h", "g") + element("sequenceFlow", "out", "<conditionExpression>done = true</conditionExpression>", sourceRef="h", targetRef="end")
    )  # fmt: skip

    step = walk.begin()

    assert step.fault.code == "step-budget"


@pytest.mark.parametrize(
    ("text", "timer_"),
    [
        ("PT1H", Timer(after=Duration(0, HOUR))),
        ("'PT1H'", Timer(after=Duration(0, HOUR))),
        ("P1Y2M", Timer(after=Duration(14))),
        ("P1W", Timer(after=Duration(0, timedelta(days=7)))),
        ("2026-03-02", Timer(at=datetime(2026, 3, 1, 16, tzinfo=UTC))),
        ("2026-03-02T09:00", Timer(at=datetime(2026, 3, 2, 1, tzinfo=UTC))),
        ("2026-03-02T09:00+08:00", Timer(at=datetime(2026, 3, 2, 1, tzinfo=UTC))),
        ("R3/PT1H", Timer(after=Duration(0, HOUR), repeats=2, cycle=True)),
        ("R/P1D", Timer(after=Duration(0, timedelta(days=1)), repeats=None, cycle=True)),
        ("R2/2026-03-02T09:00+08:00/P1D", Timer(after=Duration(0, timedelta(days=1)), at=datetime(2026, 3, 2, 1, tzinfo=UTC), repeats=1, cycle=True)),
        ("P", None),
        ("PT", None),
        ("-PT1H", None),
        ("P0.5M", None),
        ("R3/PT0S", None),
        ("R0/PT1H", None),
        ("P99999999Y", None),
        ("P9999Y", None),
        ("R/PT1S", None),
        ("0001-01-01", None),
        ("tomorrow", None),
    ],
)  # fmt: skip
def test_reading_a_timer(text, timer_) -> None:
    assert timer_ == parse_timer(text, ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2030-01-01T12:00", datetime(2030, 1, 1, 11, tzinfo=UTC)),
        ("2030-07-01T12:00", datetime(2030, 7, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_local_time_has_the_offset_of_its_own_date(text, instant) -> None:
    assert Timer(at=instant) == parse_timer(text, ZoneInfo("Europe/Berlin"))


def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    start_ = datetime(2026, 1, 31, 9, tzinfo=SHANGHAI)

    assert datetime(2026, 2, 28, 9, tzinfo=SHANGHAI) == Duration(1).after(start_, SHANGHAI)
