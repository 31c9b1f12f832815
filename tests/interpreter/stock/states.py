"""Saved states, and cases moved to another version."""

from __future__ import annotations

import json
from datetime import date

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.util.diff import diff_workflow, migrate_workflow
from SpiffWorkflow.spiff.serializer import DEFAULT_CONFIG

from tests.interpreter.building import boundary, chain, element, end, start, timer, user
from tests.interpreter.stock.running import (
    EXPERT,
    LONG_AGO,
    between,
    do,
    error_of,
    let_hours_pass,
    new_case,
    open_task,
    parsed,
    ready,
    saved,
    wake,
    workflow,
)


def a_finished_task_can_be_done_again() -> bool:
    case = workflow(start() + user("a") + user("b") + end() + chain("start", "a", "b", "end"))
    done = do(case, "a")
    return error_of(done.run) is None


def finished_calls_are_kept() -> bool:
    case = workflow(between(element("callActivity", "x", calledElement="expert")), EXPERT)
    do(case, "review")
    return ready(case) == ["after"] and len(case.subprocesses) == 1


def a_reordered_state_loses_its_data() -> bool:
    case = workflow(start() + user("a") + user("b") + end() + chain("start", "a", "b", "end"), amount=5)
    do(case, "a", note="seen")
    serializer, text = saved(case)
    state = json.loads(text)
    state["tasks"] = dict(reversed(state["tasks"].items()))
    return open_task(serializer.deserialize_json(json.dumps(state)), "b").data == {}


def types_change_when_a_case_is_saved() -> bool:
    case = workflow(start() + user("a") + end() + chain("start", "a", "end"), pair=(1, 2), counts={1: "one"})
    serializer, text = saved(case)
    data = open_task(serializer.deserialize_json(text), "a").data
    return bool(data == {"pair": [1, 2], "counts": {"1": "one"}})


def a_date_makes_a_case_unsaveable() -> bool:
    case = workflow(start() + user("a") + end() + chain("start", "a", "end"), due=date(2026, 3, 2))
    return isinstance(error_of(lambda: saved(case)), TypeError)


def every_case_carries_its_diagram() -> bool:
    case = workflow(start() + user("a") + end() + chain("start", "a", "end"))
    _, text = saved(case)
    return "task_specs" in json.loads(text)["spec"]


def a_value_named_typename_spoils_the_saved_case() -> bool:
    case = workflow(start() + user("a") + end() + chain("start", "a", "end"), customer={"typename": "Foo"})
    serializer, text = saved(case)
    return isinstance(error_of(lambda: serializer.deserialize_json(text)), TypeError)


def a_value_named_self_stops_a_call() -> bool:
    parser = parsed(between(element("callActivity", "x", calledElement="expert")), EXPERT)
    return "multiple values for argument 'self'" in str(error_of(lambda: new_case(parser, self=1)))


def an_imported_module_is_nothing_after_saving() -> bool:
    case = workflow(between(element("scriptTask", "x", "<script>import math</script>")))
    serializer, text = saved(case)
    return open_task(serializer.deserialize_json(text), "after").data == {"math": None}


def moved(case: BpmnWorkflow, version: str) -> BpmnWorkflow:
    parser = parsed(version)
    spec, others = parser.get_spec("complaint"), parser.get_subprocess_specs("complaint")
    registry = BpmnWorkflowSerializer.configure(DEFAULT_CONFIG)
    diff, _ = diff_workflow(registry, case, spec, others)
    migrate_workflow(diff, case, spec)
    case.do_engine_steps()
    return case


def a_new_version_starts_deadlines_again() -> bool:
    body = start() + element("intermediateCatchEvent", "wait", timer('"PT5H"')) + end() + chain("start", "wait", "end")
    case = workflow(body)
    let_hours_pass(case, "wait")
    (waiting,) = moved(case, body).get_tasks(spec_name="wait")
    return bool(waiting.internal_data["event_value"] != LONG_AGO)


def a_new_version_loses_what_the_open_task_holds() -> bool:
    body = start() + user("a") + end() + chain("start", "a", "end")
    case = workflow(body)
    open_task(case, "a").data["draft"] = "half done"
    return "draft" not in open_task(moved(case, body), "a").data


def a_new_version_does_not_watch_the_open_task() -> bool:
    body = start() + user("a") + end() + chain("start", "a", "end")
    alarm = boundary("alarm", "a", timer('"PT0S"'), interrupting=False)
    watched = body + alarm + user("late") + chain("alarm", "late", "end")
    case = moved(workflow(body), watched)
    for _ in range(3):
        wake(case)
    return ready(case) == ["a"]


def a_new_version_without_the_open_task_breaks_the_case() -> bool:
    case = workflow(start() + user("a") + user("b") + user("c") + end() + chain("start", "a", "b", "c", "end"))
    do(case, "a")
    case = moved(case, start() + user("a") + user("c") + end() + chain("start", "a", "c", "end"))
    serializer, text = saved(case)
    return ready(case) == ["b"] and error_of(lambda: serializer.deserialize_json(text)) is not None
