"""Events: messages, timers, signals, conditions, event sub-processes."""

# ruff: noqa: A001 - an element's id is called id

from __future__ import annotations

import time

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.util.task import TaskState

from tests.interpreter.building import boundary, chain, element, end, process, start, timer, user
from tests.interpreter.stock.running import (
    MESSAGE,
    NEWS,
    between,
    do,
    error_of,
    let_hours_pass,
    new_case,
    parsed,
    ready,
    send,
    wake,
    workflow,
)


def a_message_after_a_due_timer_takes_both_branches() -> bool:
    case = workflow(
        MESSAGE,
        process(
            start() + element("eventBasedGateway", "g") + element("intermediateCatchEvent", "paid", NEWS)
            + element("intermediateCatchEvent", "late", timer('"PT1H"')) + user("thank") + user("remind") + end()
            + chain("start", "g", "paid", "thank", "end") + chain("g", "late", "remind", "end")
        ),
    )  # fmt: skip
    let_hours_pass(case, "g")
    send(case)
    return ready(case) == ["remind", "thank"]


def an_event_gateway_before_a_task_is_an_attribute_error() -> bool:
    gateway = element("eventBasedGateway", "x") + chain("start", "x", "work", "end")
    error = error_of(lambda: workflow(start() + gateway + user("work") + end()))
    return "AttributeError" in str(error)


def two_timers_behind_an_event_gateway_share_one_instant() -> bool:
    events = "".join(
        element("intermediateCatchEvent", id, timer(text)) for id, text in (("long", '"PT9H"'), ("short", '"PT0S"'))
    )
    case = workflow(
        start() + element("eventBasedGateway", "g") + events + user("after_long") + user("after_short") + end()
        + chain("start", "g", "long", "after_long", "end") + chain("g", "short", "after_short", "end")
    )  # fmt: skip
    for _ in range(3):
        wake(case)
    return ready(case) != ["after_short"]


def a_signal_end_says_nothing() -> bool:
    case = workflow(start() + end("end", '<signalEventDefinition signalRef="s"/>') + chain("start", "end"))
    return type(case.spec.task_specs["end"].event_definition).__name__ == "NoneEventDefinition"


def link_events_end_the_path() -> bool:
    case = workflow(
        start() + element("intermediateThrowEvent", "out", '<linkEventDefinition name="l"/>')
        + element("intermediateCatchEvent", "in", '<linkEventDefinition name="l"/>') + user("work") + end()
        + chain("start", "out") + chain("in", "work", "end")
    )  # fmt: skip
    return case.is_completed() and "work" not in case.spec.task_specs


CONDITIONAL = (
    start() + element("parallelGateway", "split") + user("other") + user("after") + end()
    + element("intermediateCatchEvent", "wait", "<conditionalEventDefinition><condition>ok</condition></conditionalEventDefinition>")
    + chain("start", "split", "wait", "after", "end") + chain("split", "other", "end")
)  # fmt: skip


def a_conditional_event_waits_for_another_task_to_end() -> bool:
    case = workflow(CONDITIONAL, '<dataObject id="ok"/>')
    case.data_objects["ok"] = True
    wake(case)
    before = ready(case)
    do(case, "other")
    return before == ["other"] and ready(case) == ["after"]


def a_conditional_event_does_not_see_what_tasks_write() -> bool:
    case = workflow(CONDITIONAL, ok=False)
    do(case, "other", ok=True)
    wake(case)
    return ready(case) == [] and not case.is_completed()


def event_subprocess(definition: str) -> str:
    begin = element("startEvent", "alarm_start", definition, isInterrupting="true")
    inner = begin + user("alarm_work") + end("alarm_end") + chain("alarm_start", "alarm_work", "alarm_end")
    return element("subProcess", "alarm", inner, triggeredByEvent="true")


def an_error_event_subprocess_starts_at_once() -> bool:
    case = workflow(
        start() + user("work") + event_subprocess("<errorEventDefinition/>") + end() + chain("start", "work", "end")
    )
    return ready(case) == ["alarm_work", "work"]


def an_interrupting_event_subprocess_does_not_interrupt() -> bool:
    case = workflow(
        MESSAGE, process(start() + user("work") + event_subprocess(NEWS) + end() + chain("start", "work", "end"))
    )
    send(case)
    return ready(case) == ["alarm_work", "work"]


def a_timer_event_subprocess_holds_the_case_open() -> bool:
    case = workflow(start() + user("work") + event_subprocess(timer('"P1D"')) + end() + chain("start", "work", "end"))
    do(case, "work")
    return ready(case) == [] and not case.is_completed()


def an_event_subprocess_inside_another_is_deaf() -> bool:
    inner = start("s") + user("work") + event_subprocess(NEWS) + end("e") + chain("s", "work", "e")
    case = workflow(
        MESSAGE, process(start() + element("subProcess", "inner", inner) + end() + chain("start", "inner", "end"))
    )
    return "not waiting for" in str(error_of(lambda: send(case)))


def an_event_subprocess_changes_the_specification_of_later_cases() -> bool:
    parser = parsed(
        MESSAGE, process(start() + user("work") + event_subprocess(NEWS) + end() + chain("start", "work", "end"))
    )
    spec, others = parser.get_spec("complaint"), parser.get_subprocess_specs("complaint")
    first, second = (BpmnWorkflow(spec, others) for _ in range(2))
    for case in (first, second):
        case.do_engine_steps()
    send(first)
    third = BpmnWorkflow(spec, others)
    third.do_engine_steps()
    return len(third.tasks) > len(second.tasks)


def cycle_reminders_vanish_with_their_task() -> bool:
    cycle = boundary("alarm", "work", timer('"R100/PT0S"', "timeCycle"), interrupting=False)
    case = workflow(
        start() + user("work") + cycle + user("remind") + end() + end("reminded")
        + chain("start", "work", "end") + chain("alarm", "remind", "reminded")
    )  # fmt: skip
    for _ in range(3):
        wake(case)
    reminders = ready(case).count("remind")
    do(case, "work")
    return reminders > 0 and "remind" not in ready(case)


def every_missed_period_of_a_cycle_fires() -> bool:
    cycle = boundary("alarm", "work", timer('"R12/2020-01-01T00:00:00+00:00/PT1H"', "timeCycle"), interrupting=False)
    case = workflow(
        start() + user("work") + cycle + user("remind") + end() + end("reminded")
        + chain("start", "work", "end") + chain("alarm", "remind", "reminded")
    )  # fmt: skip
    for _ in range(20):
        wake(case)
    return ready(case).count("remind") == 12


def an_interrupting_cycle_does_not_interrupt() -> bool:
    cycle = boundary("alarm", "work", timer('"R100/PT0S"', "timeCycle"))
    case = workflow(
        start()
        + user("work")
        + cycle
        + user("late")
        + end()
        + chain("start", "work", "end")
        + chain("alarm", "late", "end")
    )
    for _ in range(3):
        wake(case)
    return "work" in ready(case)


def a_message_sent_too_early_is_lost_inside_the_case() -> bool:
    case = workflow(
        MESSAGE,
        process(
            start() + element("intermediateThrowEvent", "tell", NEWS) + element("intermediateCatchEvent", "wait", NEWS) + end()
            + chain("start", "tell", "wait", "end")
        ),
    )  # fmt: skip
    return not case.is_completed() and len(case.get_events()) == 1


CORRELATED = (
    MESSAGE + '<correlationProperty id="order"><correlationPropertyRetrievalExpression messageRef="m">'
    "<messagePath>order_number</messagePath></correlationPropertyRetrievalExpression></correlationProperty>"
    '<collaboration id="c"><participant id="p" processRef="complaint"/><correlationKey id="k" name="order_key">'
    "<correlationPropertyRef>order</correlationPropertyRef></correlationKey></collaboration>"
)


def a_message_for_another_case_is_taken() -> bool:
    case = workflow(CORRELATED, between(element("intermediateCatchEvent", "x", NEWS)), order_number="7")
    send(case, {"order_number": "8"}, {"order_key": {"order": "8"}})
    return ready(case) == ["after"]


def one_message_is_taken_by_everybody() -> bool:
    case = workflow(
        MESSAGE,
        process(
            start() + element("parallelGateway", "split") + element("receiveTask", "one", messageRef="m") + element("receiveTask", "two", messageRef="m")
            + user("a") + user("b") + end() + chain("start", "split", "one", "a", "end") + chain("split", "two", "b", "end")
        ),
    )  # fmt: skip
    send(case)
    return ready(case) == ["a", "b"]


def of_several_start_events_the_first_wins() -> bool:
    case = workflow(
        start("one")
        + start("two")
        + user("a")
        + user("b")
        + end()
        + chain("one", "a", "end")
        + chain("two", "b", "end")
    )
    return ready(case) == ["a"]


def a_due_timer_leaves_its_task_open() -> bool:
    case = workflow(
        start() + user("work") + boundary("alarm", "work", timer('"PT1H"')) + user("late") + end()
        + chain("start", "work", "end") + chain("alarm", "late", "end")
    )  # fmt: skip
    let_hours_pass(case, "alarm")
    case.do_engine_steps()
    (alarm,) = case.get_tasks(spec_name="alarm")
    return bool(alarm.state == TaskState.READY and ready(case) == ["work"])


def a_plain_iso_duration_fails_when_the_task_opens() -> bool:
    parser = parsed(between(element("intermediateCatchEvent", "x", timer("PT1H"))))
    parser.get_spec("complaint")
    return "PT1H" in str(error_of(lambda: new_case(parser)))


def half_a_month_is_a_type_error() -> bool:
    return isinstance(
        error_of(
            lambda: TimerEventDefinition.get_timedelta_from_start(TimerEventDefinition.parse_iso_duration("P0.5M"))
        ),
        TypeError,
    )


def a_negative_duration_counts_forward() -> bool:
    return TimerEventDefinition.parse_iso_duration("-PT1H") == {"hours": 1}


def summer_time_is_that_of_the_import() -> bool:
    winter, summer = (TimerEventDefinition.get_datetime(f"2030-{month}-01T12:00:00") for month in ("01", "07"))
    return time.daylight == 1 and winter.hour == summer.hour


def a_wrong_timer_of_the_next_task_fails_this_one() -> bool:
    alarm = boundary("alarm", "b", timer("nonsense")) + chain("alarm", "end")
    case = workflow(start() + user("a") + user("b") + alarm + end() + chain("start", "a", "b", "end"))
    return "nonsense" in str(error_of(lambda: do(case, "a")))
