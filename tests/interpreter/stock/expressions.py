"""Python where an expression is meant."""

from __future__ import annotations

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment

from tests.interpreter.building import chain, element, end, flow, start, timer, user
from tests.interpreter.stock.running import (
    between,
    do,
    error_of,
    never_ends,
    new_case,
    open_task,
    parsed,
    ready,
    several,
    wake,
    workflow,
)


def a_condition_is_python() -> bool:
    case = workflow(
        start() + element("exclusiveGateway", "g", default="g_b") + user("a") + user("b") + end()
        + chain("start", "g") + flow("g", "a", "__import__('os').getpid() > 0") + flow("g", "b") + chain("a", "end") + chain("b", "end")
    )  # fmt: skip
    return ready(case) == ["a"]


def a_script_is_python() -> bool:
    case = workflow(between(element("scriptTask", "x", "<script>import os; pid = os.getpid()</script>")))
    return bool(open_task(case, "after").data["pid"] > 0)


def a_timer_is_python() -> bool:
    text = "'PT0S' if __import__('os').getpid() else 'P9D'"
    case = workflow(between(element("intermediateCatchEvent", "x", timer(text))))
    wake(case)
    return ready(case) == ["after"]


def a_number_of_instances_is_python() -> bool:
    case = workflow(several("<loopCardinality>__import__('os').getpid() and 2</loopCardinality>"))
    return len(ready(case)) == 2


def an_empty_environment_is_escaped() -> bool:
    engine = PythonScriptEngine(TaskDataEnvironment({"__builtins__": {}}))
    script = "found = ().__class__.__base__.__subclasses__().__len__()"
    parser = parsed(between(element("scriptTask", "x", f"<script>{script}</script>")))
    return bool(open_task(new_case(parser, engine), "after").data["found"] > 100)


def a_script_without_end_hangs_the_worker() -> bool:
    parser = parsed(between(element("scriptTask", "x", "<script>while True:\n    n = 1</script>")))
    return never_ends(lambda: new_case(parser), lines=100_000)


def a_gateway_loop_without_end_hangs_the_worker() -> bool:
    parser = parsed(
        start() + element("exclusiveGateway", "a") + element("exclusiveGateway", "b", default="b_a") + end()
        + chain("start", "a", "b", "a") + flow("b", "end", "False")
    )  # fmt: skip
    return never_ends(lambda: new_case(parser))


def an_answer_named_like_a_function_replaces_it() -> bool:
    engine = PythonScriptEngine(TaskDataEnvironment({"limit": lambda: 10}))
    body = start() + user("a") + element("exclusiveGateway", "g", default="g_c") + user("b") + user("c") + end()
    body += chain("start", "a", "g") + flow("g", "b", "limit() > 5") + flow("g", "c")
    body += chain("b", "end") + chain("c", "end")
    case = new_case(parsed(body), engine)
    return "limit() > 5" in str(error_of(lambda: do(case, "a", limit=3)))


def an_answer_named_like_a_function_stops_every_script() -> bool:
    engine = PythonScriptEngine(TaskDataEnvironment({"limit": lambda: 10}))
    script = element("scriptTask", "x", "<script>y = 1</script>")
    body = start() + user("a") + script + end() + chain("start", "a", "x", "end")
    case = new_case(parsed(body), engine)
    return "overwrites a predefined" in str(error_of(lambda: do(case, "a", limit=3)))


def a_failed_service_is_a_name_error() -> bool:
    engine = PythonScriptEngine()
    return "'script'" in str(error_of(lambda: engine.call_service(None)))


def a_failed_script_is_a_type_error() -> bool:
    script = element("scriptTask", "x", "<script>raise KeyError(1)</script>")
    return isinstance(error_of(lambda: workflow(between(script))), TypeError)


def a_failed_script_leaves_half_its_work() -> bool:
    text = "<script>done = 1\nfailed = 1 / 0</script>"
    case = workflow(start() + user("a") + element("scriptTask", "x", text) + end() + chain("start", "a", "x", "end"))
    error = error_of(lambda: do(case, "a"))
    (script,) = case.get_tasks(spec_name="x")
    return error is not None and script.data.get("done") == 1
