"""Run by test_defects.py in a process of its own: prints which defects the uncorrected SpiffWorkflow still has, as JSON."""

# ruff: noqa: A001 - an element's id is called id

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from tests.interpreter.building import boundary, chain, definitions, element, end, flow, process, start, timer, user

PARALLEL = (
    start() + element("parallelGateway", "split") + user("a") + user("b") + element("parallelGateway", "join") + user("after")
    + end() + chain("start", "split", "a", "join", "after", "end") + chain("split", "b", "join")
)  # fmt: skip


def workflow(body: str, data: dict[str, Any] | None = None) -> BpmnWorkflow:
    parser = SpiffBpmnParser()
    parser.add_bpmn_str(definitions(process(body)))
    started = BpmnWorkflow(parser.get_spec("complaint"), parser.get_subprocess_specs("complaint"))
    started.task_tree.data.update(data or {})
    started.do_engine_steps()
    return started


def ready(started: BpmnWorkflow) -> list[str]:
    return sorted(task.task_spec.name for task in started.get_tasks(state=TaskState.READY, manual=True))


def do(started: BpmnWorkflow, name: str, **data: Any) -> Any:
    task = next(task for task in started.get_tasks(state=TaskState.READY, manual=True) if task.task_spec.name == name)
    task.data.update(data)
    task.run()
    started.do_engine_steps()
    return task


def join_in_loop_fires_early() -> bool:
    started = workflow(
        start() + element("exclusiveGateway", "again") + element("parallelGateway", "split") + user("a") + user("b")
        + element("parallelGateway", "join") + user("judge") + element("exclusiveGateway", "g", default="g_end") + end()
        + chain("start", "again", "split", "a", "join", "judge", "g", "end") + chain("split", "b", "join")
        + flow("g", "again", "more")
    )  # fmt: skip
    for name in ("a", "b"):
        do(started, name)
    do(started, "judge", more=True)
    do(started, "b")
    return "judge" in ready(started)


def join_loses_an_update() -> bool:
    started = workflow(PARALLEL, {"status": "open"})
    do(started, "a", status="closed")
    after = do(started, "b")
    (joined,) = started.get_tasks(state=TaskState.READY, manual=True)
    return after is not None and joined.data["status"] == "open"


def branches_share_nested_data() -> bool:
    started = workflow(PARALLEL, {"case": {"customer": {"name": "Li"}}})
    tasks = {task.task_spec.name: task for task in started.get_tasks(state=TaskState.READY, manual=True)}
    tasks["a"].data["case"]["customer"]["name"] = "Wang"
    return tasks["b"].data["case"]["customer"]["name"] == "Wang"


def prediction_doubles_with_each_parallel_block() -> bool:
    def tasks(blocks: int) -> int:
        body, before = start(), "start"
        for n in range(blocks):
            body += (
                element("parallelGateway", f"s{n}")
                + user(f"a{n}")
                + user(f"b{n}")
                + element("parallelGateway", f"j{n}")
            )
            body += chain(before, f"s{n}", f"a{n}", f"j{n}") + chain(f"s{n}", f"b{n}", f"j{n}")
            before = f"j{n}"
        return len(workflow(body + end() + chain(before, "end")).tasks)

    return tasks(8) > 3 * tasks(6)


def cycle_reminders_vanish_with_their_task() -> bool:
    cycle = boundary("alarm", "work", timer('"R100/PT0S"', "timeCycle"), interrupting=False)
    started = workflow(
        start() + user("work") + cycle + user("remind") + end() + end("reminded")
        + chain("start", "work", "end") + chain("alarm", "remind", "reminded")
    )  # fmt: skip
    for _ in range(3):
        started.refresh_timers()
        started.do_engine_steps()
    reminders = ready(started).count("remind")
    do(started, "work")
    return reminders > 0 and "remind" not in ready(started)


def two_timers_behind_an_event_gateway_share_one_instant() -> bool:
    events = "".join(
        element("intermediateCatchEvent", id, timer(text)) for id, text in (("long", '"PT9H"'), ("short", '"PT0S"'))
    )
    started = workflow(
        start() + element("eventBasedGateway", "g") + events + user("after_long") + user("after_short") + end()
        + chain("start", "g", "long", "after_long", "end") + chain("g", "short", "after_short", "end")
    )  # fmt: skip
    for _ in range(3):
        started.refresh_timers()
        started.do_engine_steps()
    return ready(started) != ["after_short"]


def link_events_end_the_path() -> bool:
    started = workflow(
        start() + element("intermediateThrowEvent", "out", '<linkEventDefinition name="l"/>')
        + element("intermediateCatchEvent", "in", '<linkEventDefinition name="l"/>') + user("work") + end()
        + chain("start", "out") + chain("in", "work", "end")
    )  # fmt: skip
    return "work" not in started.spec.task_specs


def a_condition_is_python() -> bool:
    started = workflow(
        start() + element("exclusiveGateway", "g", default="g_b") + user("a") + user("b") + end()
        + chain("start", "g") + flow("g", "a", "__import__('os').getpid() > 0") + flow("g", "b") + chain("a", "end") + chain("b", "end")
    )  # fmt: skip
    return ready(started) == ["a"]


def a_single_conditional_flow_is_always_taken() -> bool:
    started = workflow(
        start() + user("a") + user("b") + end() + chain("start", "a") + flow("a", "b", "False") + chain("b", "end")
    )
    do(started, "a")
    return ready(started) == ["b"]


def a_signal_end_says_nothing() -> bool:
    started = workflow(start() + end("end", '<signalEventDefinition signalRef="s"/>') + chain("start", "end"))
    return type(started.spec.task_specs["end"].event_definition).__name__ == "NoneEventDefinition"


DEFECTS: tuple[Callable[[], bool], ...] = (
    join_in_loop_fires_early,
    join_loses_an_update,
    branches_share_nested_data,
    prediction_doubles_with_each_parallel_block,
    cycle_reminders_vanish_with_their_task,
    two_timers_behind_an_event_gateway_share_one_instant,
    link_events_end_the_path,
    a_condition_is_python,
    a_single_conditional_flow_is_always_taken,
    a_signal_end_says_nothing,
)


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    found: dict[str, object] = {}
    for defect in DEFECTS:
        try:
            found[defect.__name__] = defect()
        except Exception as error:  # noqa: BLE001 - a different behaviour is an answer, too
            found[defect.__name__] = f"{type(error).__name__}: {error}"
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main()
