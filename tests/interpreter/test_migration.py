"""A running case goes on in another version of its procedure."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.calendars import weekday_calendar
from engine.interpreter import (
    CaseEnded,
    CaseStatus,
    ExtendClock,
    Migrate,
    MigrationProblem,
    MigrationRefused,
    OperationRefused,
    PauseClock,
    ReceiveMessage,
    ResumeClock,
    StartCase,
    Step,
    compile_definition,
    migrate,
    migration_problems,
)
from tests.interpreter.building import (
    Walk,
    a_deadline,
    a_package,
    boundary,
    chain,
    element,
    end,
    process,
    start,
    timer,
    user,
)

LINE = start() + user("a") + user("b") + end() + chain("start", "a", "b", "end")
LONGER = start() + user("a") + user("b") + user("c") + end() + chain("start", "a", "b", "c", "end")
RENAMED = start() + user("record") + user("b") + end() + chain("start", "record", "b", "end")


def carried_over(
    walk: Walk, *parts: str, mapping: dict[str, str] | None = None, keep_limits: bool = False, **changes
) -> Step:
    """Take the case of *walk* over to another version; the walk goes on there."""
    target = compile_definition(a_package(*parts, **changes))
    request = Migrate(target.fingerprint, mapping or {}, "the regulation has changed", keep_limits=keep_limits)
    step = migrate(walk.definition, target, walk.step.state, request, now=walk.now, calendars=walk.calendars)
    assert step.fault is None
    walk.definition, walk.step = target, step
    walk.facts += step.facts
    return step


def begun(*parts: str, **changes) -> Walk:
    walk = Walk(*parts, **changes)
    walk.begin(given=1)
    return walk


def test_a_case_goes_on_where_it_stood() -> None:
    walk = begun(LINE)
    walk.do("a", said="yes")

    step = carried_over(walk, LONGER)

    assert (walk.open, step.opened, step.closed) == (["b"], (), ())
    assert [(task.key, task.element) for task in step.open_tasks] == [("b#1", "b")]
    assert step.data == {"given": 1, "said": "yes"}
    walk.do("b")
    assert walk.open == ["c"]
    assert walk.do("c").status is CaseStatus.COMPLETED


def test_a_renamed_element_keeps_its_key_and_the_next_visit_has_its_own() -> None:
    walk = begun(LINE)

    step = carried_over(walk, RENAMED, mapping={"a": "record"})

    assert [(task.key, task.element) for task in step.open_tasks] == [("a#1", "record")]
    walk.do("a#1", said="yes")
    assert walk.open == ["b"]


def test_everything_without_a_place_is_told_at_once() -> None:
    body = (
        start() + element("parallelGateway", "split") + user("a") + user("b") + user("c") + element("parallelGateway", "join")
        + end() + chain("start", "split", "a", "join", "end") + chain("split", "b", "join") + chain("split", "c", "join")
    )  # fmt: skip
    walk = begun(body)
    walk.do("a")
    other = (
        start() + element("parallelGateway", "split") + element("manualTask", "b") + user("d") + element("parallelGateway", "join")
        + end() + chain("start", "split", "b", "join", "end") + chain("split", "d", "join")
    )  # fmt: skip
    target = compile_definition(a_package(other))
    problems = (
        MigrationProblem("element-gone", "c"),
        MigrationProblem("flow-gone", "a_join"),
        MigrationProblem("kind-differs", "b", "manualTask"),
    )

    found = migration_problems(walk.definition, target, walk.step.state, {})
    with pytest.raises(MigrationRefused, match=r"'c' \(element-gone\)"):
        carried_over(walk, other)

    assert sorted(found, key=lambda problem: problem.code) == list(problems)
    assert migration_problems(walk.definition, target, walk.step.state, {"b": "d", "c": "d", "a_join": "b_join"}) == ()


def test_clocks_and_timers_run_on_from_their_starts() -> None:
    rule = a_deadline("reply", amount="3", unit="days", end="same_time", runs_from="case", runs_until=["b"])
    watched = boundary("late", "a", timer("P2D"))
    walk = begun(LINE + watched + chain("late", "end"), deadlines=[rule])
    began = walk.now
    walk.now += timedelta(days=1)

    step = carried_over(walk, LONGER + watched + chain("late", "end"), deadlines=[rule])

    (clock,) = step.clocks
    assert (clock.started_at, clock.due_at) == (began, began + timedelta(days=3))
    assert step.next_wake == began + timedelta(days=2)
    assert [str(fact.kind) for fact in step.facts] == ["migrated"]


def test_a_deadline_with_another_rule_is_counted_anew_from_its_old_start() -> None:
    def reply(days: str):
        return a_deadline("reply", amount=days, unit="days", end="same_time", runs_from="case", runs_until=["b"])

    walk = begun(LINE, deadlines=[reply("5")])
    began = walk.now
    walk.now += timedelta(days=1)

    step = carried_over(walk, LINE, deadlines=[reply("3")])

    (clock,) = step.clocks
    assert clock.due_at == began + timedelta(days=3)
    assert [str(fact.kind) for fact in step.facts] == ["migrated", "clock_changed"]


def reply(amount: str, unit: str = "days", **more):
    return a_deadline("reply", amount=amount, unit=unit, end="same_time", runs_from="case", runs_until=["b"], **more)


def extended(amount: str) -> ExtendClock:
    return ExtendClock("reply", amount, "ana: a part is missing")


def test_a_limit_that_is_kept_goes_on_through_pauses_and_more_time_in_its_own_unit() -> None:
    walk = begun(LINE, deadlines=[reply("5")])
    began = walk.now
    walk.now += timedelta(days=1)

    step = carried_over(walk, LINE, deadlines=[reply("3", roll="next_working_day")], keep_limits=True)

    (clock,) = step.clocks
    assert clock.due_at == began + timedelta(days=5)
    assert clock.receipt is not None
    assert clock.receipt.kept == "the regulation has changed"
    assert [(str(fact.kind), fact.detail.get("due")) for fact in step.facts[1:]] == [
        ("clock_kept", (began + timedelta(days=5)).isoformat())
    ]
    walk.ask(PauseClock("reply", "ana: waiting"))
    walk.now += timedelta(days=2)
    walk.ask(ResumeClock("reply", "ana: it came"))
    (clock,) = walk.ask(extended("1")).clocks
    assert clock.due_at == began + timedelta(days=8)


def test_the_next_round_runs_by_the_new_limit() -> None:
    again = start() + user("a") + user("b") + chain("start", "a", "b", "a")
    by_task = {"unit": "days", "end": "same_time", "runs_from": "a", "runs_until": ["b"]}
    walk = begun(again, deadlines=[a_deadline("reply", amount="5", **by_task)])
    walk.do("a")
    carried_over(walk, again, deadlines=[a_deadline("reply", amount="3", **by_task)], keep_limits=True)
    walk.do("b")

    step = walk.do("a")

    assert [(clock.round, clock.due_at) for clock in step.clocks if clock.status == "running"] == [
        (2, walk.now + timedelta(days=3))
    ]


def test_what_was_kept_once_stays_when_the_next_version_keeps_it_and_goes_when_it_is_counted_again() -> None:
    walk = begun(LINE, deadlines=[reply("5")])
    began = walk.now
    carried_over(walk, LINE, deadlines=[reply("3")], keep_limits=True)
    (clock,) = carried_over(walk, LINE, deadlines=[reply("2")], keep_limits=True).clocks
    assert clock.due_at == began + timedelta(days=5)

    (clock,) = carried_over(walk, LINE, deadlines=[reply("2")]).clocks

    assert clock.due_at == began + timedelta(days=2)
    assert clock.receipt is not None
    assert clock.receipt.kept == ""


def test_a_limit_in_another_unit_is_no_measure_for_more_time_that_was_granted() -> None:
    walk = begun(LINE, deadlines=[reply("5")])
    walk.ask(extended("2"))

    with pytest.raises(OperationRefused, match="more time granted in days, while its limit is in hours now"):
        carried_over(walk, LINE, deadlines=[reply("100", "hours")])

    (clock,) = carried_over(walk, LINE, deadlines=[reply("100", "hours")], keep_limits=True).clocks
    assert clock.due_at == walk.now + timedelta(days=7)
    with pytest.raises(OperationRefused, match="its limit is an earlier one, in days"):
        walk.ask(extended("2"))


def test_a_new_calendar_of_the_limit_counts_when_it_is_counted_again() -> None:
    walk = begun(LINE, deadlines=[reply("2", "working_days")])
    walk.calendars = replace(
        walk.calendars, named={"shop": weekday_calendar({7: ((time(9), time(18)),)}, "Asia/Shanghai")}
    )

    (clock,) = carried_over(walk, LINE, deadlines=[reply("2", "working_days", calendar="shop")]).clocks

    assert clock.due_at is not None
    assert clock.due_at.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat() == "2026-03-15"


def test_a_deadline_that_is_gone_is_cancelled_with_its_date() -> None:
    rule = a_deadline("reply", amount="3", unit="days", end="same_time", runs_from="case", runs_until=["b"])
    walk = begun(LINE, deadlines=[rule])

    (clock,) = carried_over(walk, LINE).clocks

    assert (clock.status, clock.due_at) == ("cancelled", walk.now + timedelta(days=3))


def test_new_boundary_events_begin_to_wait_and_old_ones_stop() -> None:
    walk = begun(LINE + boundary("late", "a", timer("P1D")) + chain("late", "end"))
    walk.now += timedelta(hours=12)

    step = carried_over(walk, LINE + boundary("very_late", "a", timer("P5D")) + chain("very_late", "end"))

    assert step.next_wake == walk.now + timedelta(days=5)


def test_a_new_event_sub_process_hears_and_one_that_is_gone_does_not() -> None:
    def beside(name: str) -> str:
        begin = element("startEvent", f"{name}_start", f'<messageEventDefinition messageRef="m_{name}"/>')
        body = begin + user(f"{name}_work") + end(f"{name}_end") + chain(f"{name}_start", f"{name}_work", f"{name}_end")
        return element("subProcess", name, body, triggeredByEvent="true")

    messages = '<message id="m_x" name="x"/><message id="m_y" name="y"/>'
    walk = begun(messages, process(LINE + beside("x")))

    step = carried_over(walk, messages, process(LINE + beside("y")))

    assert [waits.name for waits in step.awaited] == ["y"]
    walk.ask(ReceiveMessage("y", {}, {}))
    assert walk.open == ["y_work"]


def test_what_has_come_does_not_wait_again() -> None:
    def beside(id_: str, minutes: int) -> str:
        begin = element("startEvent", f"{id_}_s", timer(f"PT{minutes}M"), isInterrupting=str(id_ == "instead").lower())
        body = begin + user(f"{id_}_work") + end(f"{id_}_e") + chain(f"{id_}_s", f"{id_}_work", f"{id_}_e")
        return element("subProcess", id_, body, triggeredByEvent="true")

    late = boundary("late", "a", timer("PT1M"), interrupting=False) + user("hurry") + chain("late", "hurry", "end")
    inner = start("s") + user("c") + end("e") + chain("s", "c", "e") + beside("instead", 1) + beside("never", 9)
    walk = begun(process(LINE + late + beside("also", 1)), process(inner, id="other"))
    other = Walk(definition=walk.definition)
    other.ask(StartCase({}, process="other"))
    for each in (walk, other):
        each.wait(minutes=1)

        carried_over(each, process(LINE + late + beside("also", 1)), process(inner, id="other"))

    assert (walk.open, walk.step.next_wake) == (["a", "also_work", "hurry"], None)
    assert (other.open, other.step.next_wake) == (["instead_work"], None)


def test_groups_and_forms_are_those_of_the_new_version() -> None:
    walk = begun(start() + user("a", group="front") + end() + chain("start", "a", "end"))

    step = carried_over(walk, start() + user("a", group="experts", form="opinion") + end() + chain("start", "a", "end"))

    assert [(task.group, task.form) for task in step.open_tasks] == [("experts", "opinion")]


def test_what_is_inside_sub_processes_and_instances_goes_over() -> None:
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"

    def nested(name: str, inner: str) -> str:
        body = start("s") + user("try", loop) + user(inner) + end("e") + chain("s", "try", inner, "e")
        return start() + element("subProcess", name, body) + end() + chain("start", name, "end")

    walk = begun(nested("sub", "after"))
    walk.do("try")

    carried_over(walk, nested("work", "later"), mapping={"sub": "work"})

    assert walk.open == ["try"]
    walk.do("try")
    assert walk.open == ["later"]
    assert walk.do("later").status is CaseStatus.COMPLETED


def test_an_event_gateway_waits_for_what_the_new_version_has() -> None:
    def choice(*events: tuple[str, str]) -> str:
        drawn = "".join(element("intermediateCatchEvent", id_, timer(text)) for id_, text in events)
        ways = "".join(chain("g", id_, "end") for id_, _ in events)
        return start() + element("eventBasedGateway", "g") + drawn + end() + chain("start", "g") + ways

    walk = begun(choice(("short", "P1D"), ("gone", "PT1H")))
    began = walk.now
    walk.now += timedelta(minutes=5)

    step = carried_over(walk, choice(("short", "P1D"), ("added", "PT2H")))

    assert step.next_wake == began + timedelta(hours=2, minutes=5)
    assert walk.wait(hours=3).outcome == "end"
    assert ("timer_fired", "added") in walk.kinds()


def test_what_a_join_has_received_goes_over_with_the_branch_data() -> None:
    def fork(join: str) -> str:
        return (
            start() + element("parallelGateway", "split") + user("a") + user("b") + element("parallelGateway", join) + user("after")
            + end() + chain("start", "split", "a", join, "after", "end") + chain("split", "b", join)
        )  # fmt: skip

    walk = begun(fork("join"))
    walk.do("a", x=1)

    carried_over(walk, fork("meet"), mapping={"join": "meet", "a_join": "a_meet"})
    walk.do("b", y=2)

    assert walk.open == ["after"]
    assert walk.step.data == {"given": 1, "x": 1, "y": 2}


def test_an_ended_case_stays_where_it_is() -> None:
    walk = begun(LINE)
    walk.do("a")
    walk.do("b")

    with pytest.raises(CaseEnded):
        carried_over(walk, LONGER)


def test_a_case_that_cannot_go_on_there_stays_as_it_was() -> None:
    body = (
        start()
        + user("a")
        + element("exclusiveGateway", "g", default="g_end")
        + end()
        + chain("start", "a", "g", "end")
    )
    walk = begun(body)
    target = compile_definition(a_package(start() + user("a", group="=1 + 1") + end() + chain("start", "a", "end")))

    request = Migrate(target.fingerprint, {}, "")
    step = migrate(walk.definition, target, walk.step.state, request, now=walk.now, calendars=walk.calendars)

    assert step.fault is not None
    assert (step.fault.code, step.state) == ("expression-failed", walk.step.state)
