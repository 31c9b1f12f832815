"""Joins, loops and the data that runs through them."""

from __future__ import annotations

from SpiffWorkflow.util.task import TaskState

from tests.interpreter.building import boundary, chain, element, end, flow, process, start, user
from tests.interpreter.stock.running import (
    EXPERT,
    MESSAGE,
    NEWS,
    calls_of,
    do,
    error_of,
    open_task,
    ready,
    send,
    workflow,
)

PARALLEL = (
    start() + element("parallelGateway", "split") + user("a") + user("b") + element("parallelGateway", "join") + user("after")
    + end() + chain("start", "split", "a", "join", "after", "end") + chain("split", "b", "join")
)  # fmt: skip
JOIN_IN_LOOP = (
    start() + element("exclusiveGateway", "again") + element("parallelGateway", "split") + user("a") + user("b")
    + element("parallelGateway", "join") + user("judge") + element("exclusiveGateway", "g", default="g_end") + end()
    + chain("start", "again", "split", "a", "join", "judge", "g", "end") + chain("split", "b", "join") + flow("g", "again", "more")
)  # fmt: skip
LOOP = (
    start() + element("exclusiveGateway", "again") + user("work") + element("exclusiveGateway", "g", default="g_end") + end()
    + chain("start", "again", "work", "g", "end") + flow("g", "again", "more")
)  # fmt: skip


def join_in_loop_fires_early() -> bool:
    case = workflow(JOIN_IN_LOOP)
    for name in ("a", "b"):
        do(case, name)
    do(case, "judge", more=True)
    do(case, "b")
    return "judge" in ready(case)


def inclusive_join_in_loop_fires_early() -> bool:
    case = workflow(
        start() + element("exclusiveGateway", "again") + element("inclusiveGateway", "split") + user("a") + user("b")
        + element("inclusiveGateway", "join") + user("judge") + element("exclusiveGateway", "g", default="g_end") + end()
        + chain("start", "again", "split") + flow("split", "a", "True") + flow("split", "b", "True")
        + chain("a", "join", "judge", "g", "end") + chain("b", "join") + flow("g", "again", "more")
    )  # fmt: skip
    for name in ("a", "b"):
        do(case, name)
    do(case, "judge", more=True)
    do(case, "b")
    return "judge" in ready(case)


def a_late_branch_breaks_the_case() -> bool:
    case = workflow(
        process(
            start() + element("exclusiveGateway", "again") + element("parallelGateway", "split") + user("a") + user("b")
            + element("parallelGateway", "join") + element("callActivity", "call", calledElement="expert")
            + element("exclusiveGateway", "g", default="g_end") + end() + chain("start", "again", "split", "a", "join", "call", "g", "end")
            + chain("split", "b", "join") + flow("g", "again", "more")
        ),
        EXPERT,
    )  # fmt: skip
    for name in ("a", "b"):
        do(case, name)
    do(case, "review", more=True)
    do(case, "b")
    error = error_of(lambda: do(case, "a"))
    return type(error).__name__ == "TaskNotFoundException"


def a_deep_case_ends_in_silence() -> bool:
    case = workflow(LOOP)
    task = open_task(case, "work")
    for _ in range(1000):
        task.data["more"] = True
        task.run()
        (task,) = task.children
    return bool(task.state == TaskState.READY and case.is_completed())


def history_makes_every_step_dearer() -> bool:
    case = workflow(LOOP)
    do(case, "work", more=True)
    young = calls_of(lambda: do(case, "work", more=True))
    for _ in range(20):
        do(case, "work", more=True)
    return calls_of(lambda: do(case, "work", more=True)) > 3 * young


def join_loses_an_update() -> bool:
    case = workflow(PARALLEL, status="open")
    do(case, "a", status="closed")
    do(case, "b")
    return bool(open_task(case, "after").data["status"] == "open")


def a_join_cuts_a_list_short() -> bool:
    case = workflow(PARALLEL, notes=["received"])
    do(case, "a", notes=["received", "called", "answered"])
    do(case, "b")
    return bool(open_task(case, "after").data["notes"] == ["received"])


def a_deleted_value_comes_back_at_a_join() -> bool:
    case = workflow(PARALLEL, draft="old")
    del open_task(case, "a").data["draft"]
    do(case, "a")
    do(case, "b")
    return bool(open_task(case, "after").data.get("draft") == "old")


def data_of_an_earlier_round_comes_back_at_a_join() -> bool:
    case = workflow(JOIN_IN_LOOP)
    do(case, "b", draft="old")
    do(case, "a")
    del open_task(case, "judge").data["draft"]
    do(case, "judge", more=True)
    do(case, "b")
    do(case, "a")
    return bool(open_task(case, "judge").data.get("draft") == "old")


def branches_share_nested_data() -> bool:
    case = workflow(PARALLEL, case={"customer": {"name": "Li"}})
    open_task(case, "a").data["case"]["customer"]["name"] = "Wang"
    return bool(open_task(case, "b").data["case"]["customer"]["name"] == "Wang")


def data_of_a_finished_task_changes() -> bool:
    case = workflow(start() + user("a") + user("b") + end() + chain("start", "a", "b", "end"))
    done = do(case, "a", customer={"phone": {"mobile": "1"}})
    open_task(case, "b").data["customer"]["phone"]["mobile"] = "2"
    return bool(done.data == {"customer": {"phone": {"mobile": "2"}}})


def a_cancelled_call_keeps_half_of_what_it_wrote() -> bool:
    case = workflow(
        MESSAGE,
        process(
            start() + element("callActivity", "call", calledElement="expert") + boundary("stop", "call", NEWS) + user("after") + end()
            + chain("start", "call", "end") + chain("stop", "after", "end")
        ),
        EXPERT,
        case={"customer": {"name": "Li"}},
    )  # fmt: skip
    review = open_task(case, "review")
    review.data["case"]["customer"]["name"] = "Wang"
    review.data["opinion"] = "fine"
    send(case)
    after = open_task(case, "after")
    return bool(after.data["case"]["customer"]["name"] == "Wang" and "opinion" not in after.data)


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
