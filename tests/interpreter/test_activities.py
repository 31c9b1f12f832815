# ruff: noqa: A002 - an element's id is called id

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.interpreter import Budget, CaseStatus, CompleteService, StartCase, TaskNotOpen, WakeUp
from tests.interpreter.building import Walk, boundary, chain, element, end, flow, process, script, start, timer, user


def several(id: str, inner: str, *, sequential: bool = False, tag: str = "userTask", body: str = "") -> str:
    loop = f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">{inner}</multiInstanceLoopCharacteristics>'
    return element(tag, id, loop + body)


def collection(name: str, item: str, output: str = "", output_item: str = "") -> str:
    text = f'<loopDataInputRef>{name}</loopDataInputRef><inputDataItem id="{item}"/>'
    if output:
        text += f'<loopDataOutputRef>{output}</loopDataOutputRef><outputDataItem id="{output_item}"/>'
    return text


#: Asks about store A only.
ASK_BACK = (
    start("s") + element("exclusiveGateway", "which", default="which_ask_other") + user("ask_a") + user("ask_other") + end("e")
    + chain("s", "which") + flow("which", "ask_a", 'store = "A"') + flow("which", "ask_other")
    + chain("ask_a", "e") + chain("ask_other", "e")
)  # fmt: skip


def between(activity: str, id: str) -> str:
    return start() + activity + user("after") + end() + chain("start", id, "after", "end")


def test_a_script_stores_the_value_of_its_expression() -> None:
    walk = Walk(between(script("sum", "sum([1, 2, amount])", "total"), "sum"))

    walk.begin(amount=3)

    assert walk.step.data["total"] == 6


SERVICE = element(
    "serviceTask",
    "tell",
    '<extensionElements><spiffworkflow:serviceTaskOperator id="send_letter"><spiffworkflow:parameters>'
    '<spiffworkflow:parameter id="letter" value="&quot;findings&quot;"/>'
    '<spiffworkflow:parameter id="to" type="str" value="customer_mail"/>'
    "</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator><spiffworkflow:properties>"
    '<spiffworkflow:property name="result" value="sent"/></spiffworkflow:properties></extensionElements>',
)


def test_a_service_task_asks_and_waits_for_the_answer() -> None:
    walk = Walk(between(SERVICE, "tell"))

    step = walk.begin(customer_mail="li@example.org")

    (request,) = step.requests
    assert (request.key, request.element, request.operator) == ("tell#1", "tell", "send_letter")
    assert request.parameters == {"letter": "findings", "to": "li@example.org"}
    assert walk.open == []

    step = walk.ask(CompleteService(request.key, {"id": 7}))

    assert walk.open == ["after"]
    assert step.data["sent"] == {"id": 7}
    assert step.requests == ()


def test_a_service_request_is_answered_once() -> None:
    walk = Walk(between(SERVICE, "tell"))
    (request,) = walk.begin(customer_mail="x").requests
    walk.ask(CompleteService(request.key))

    with pytest.raises(TaskNotOpen):
        walk.ask(CompleteService(request.key))


def test_an_interrupted_service_task_takes_its_request_back() -> None:
    walk = Walk(between(SERVICE, "tell") + boundary("alarm", "tell", timer("PT1H")) + chain("alarm", "after"))
    walk.begin(customer_mail="x")

    walk.now += timedelta(hours=1)
    step = walk.ask(WakeUp())

    assert step.cancelled_requests == ("tell#1",)
    assert walk.open == ["after"]


def test_a_subprocess_works_on_the_data_and_gives_it_back() -> None:
    inside = element("subProcess", "inner", start("s") + user("work") + end("e") + chain("s", "work", "e"))
    walk = Walk(between(inside, "inner"))
    walk.begin(x=1)
    assert [task.key for task in walk.step.open_tasks] == ["inner/work#1"]

    walk.do("work", x=2, y=3)

    assert walk.step.data == {"x": 2, "y": 3}
    assert walk.open == ["after"]


def test_a_called_process_has_the_path_of_its_call() -> None:
    called = process(start("s") + user("review") + end("e") + chain("s", "review", "e"), id="expert")
    walk = Walk(process(between(element("callActivity", "ask_expert", calledElement="expert"), "ask_expert")), called)
    walk.begin()

    assert [task.key for task in walk.step.open_tasks] == ["ask_expert/review#1"]
    walk.do("review", opinion="fine")

    assert walk.step.data["opinion"] == "fine"
    assert ("left", "ask_expert") in walk.kinds()


def test_an_interrupted_subprocess_keeps_what_was_written_inside() -> None:
    inside = element(
        "subProcess", "inner", start("s") + user("one") + user("two") + end("e") + chain("s", "one", "two", "e")
    )
    walk = Walk(between(inside, "inner") + boundary("alarm", "inner", timer("PT1H")) + chain("alarm", "after"))
    walk.begin()
    walk.do("one", found="crack")

    walk.wait(hours=1)

    assert walk.open == ["after"]
    assert walk.step.data["found"] == "crack"
    assert ("cancelled", "two") in walk.kinds()


def test_an_interrupted_call_keeps_all_of_what_was_written_inside() -> None:
    called = process(start("s") + user("one") + user("two") + end("e") + chain("s", "one", "two", "e"), id="expert")
    call = element("callActivity", "call", calledElement="expert")
    walk = Walk(
        process(between(call, "call") + boundary("alarm", "call", timer("PT1H")) + chain("alarm", "after")), called
    )
    walk.begin(customer={"name": "Li"})
    walk.do("one", customer={"name": "Wang"}, opinion="fine")

    walk.wait(hours=1)

    assert (walk.open, walk.step.data) == (["after"], {"customer": {"name": "Wang"}, "opinion": "fine"})


def test_parallel_instances_collect_results_in_the_order_of_the_items() -> None:
    walk = Walk(between(several("visit", collection("stores", "store", "reports", "report")), "visit"))
    walk.begin(stores=["A", None, "C"])
    assert [task.key for task in walk.step.open_tasks] == ["visit#1", "visit#2", "visit#3"]

    walk.do("visit#3", report="c")
    walk.do("visit#1", report="a")
    walk.do("visit#2", report="b")

    assert walk.step.data == {"stores": ["A", None, "C"], "reports": ["a", "b", "c"]}
    assert walk.open == ["after"]


def test_parallel_instances_without_a_result_list_merge_what_they_wrote() -> None:
    walk = Walk(between(several("visit", collection("stores", "store")), "visit"))
    walk.begin(stores=["A", "B"], status="open")
    walk.do("visit#2", status="seen")

    walk.do("visit#1", note="n")

    assert walk.step.data == {"stores": ["A", "B"], "status": "seen", "note": "n"}


def test_sequential_instances_follow_one_another_and_null_items_do_not_hang() -> None:
    walk = Walk(between(several("visit", collection("stores", "store", "reports", "report"), sequential=True), "visit"))
    walk.begin(stores=[None, "B"])
    assert [task.key for task in walk.step.open_tasks] == ["visit#1"]

    walk.do("visit", report=1)
    assert [task.key for task in walk.step.open_tasks] == ["visit#2"]
    walk.do("visit", report=2)

    assert walk.step.data["reports"] == [1, 2]


@pytest.mark.parametrize("how_many", ["<loopCardinality>2</loopCardinality>", collection("stores", "store")])
@pytest.mark.parametrize("sequential", [True, False])
def test_results_replace_an_older_list_of_their_name(how_many, sequential) -> None:
    results = '<loopDataOutputRef>reports</loopDataOutputRef><outputDataItem id="report"/>'
    walk = Walk(between(several("visit", how_many + results, sequential=sequential), "visit"))
    walk.begin(stores=["A", "B"], reports=["of last year"])

    walk.do("visit", report=1)
    walk.do("visit", report=2)

    assert walk.step.data == {"stores": ["A", "B"], "reports": [1, 2]}


@pytest.mark.parametrize("sequential", [True, False])
def test_an_item_hides_data_of_its_name_until_the_instances_are_done(sequential) -> None:
    walk = Walk(
        between(
            several(
                "visit",
                collection("stores", "store", "reports", "report"),
                sequential=sequential,
                tag="subProcess",
                body=ASK_BACK,
            ),
            "visit",
        )
    )
    walk.begin(stores=["A"], store="headquarters")
    assert walk.open == ["ask_a"]

    walk.do("ask_a", report="a")

    assert walk.step.data == {"stores": ["A"], "store": "headquarters", "reports": ["a"]}


@pytest.mark.parametrize("stores", [None, "A", {"A": 1}, 3])
def test_a_collection_that_is_no_list_is_a_fault(stores) -> None:
    walk = Walk(between(several("visit", collection("stores", "store")), "visit"))

    step = walk.begin(stores=stores)

    assert (step.fault.code, step.fault.element) == ("not-a-list", "visit")


def test_a_collection_that_is_not_there_is_a_fault() -> None:
    walk = Walk(between(several("visit", collection("stores", "store")), "visit"))

    step = walk.begin()

    assert (step.fault.code, step.fault.message) == (
        "not-a-list",
        "expected 'stores' to hold a list for 'visit', found None",
    )


def test_no_items_pass_at_once_with_an_empty_result() -> None:
    walk = Walk(between(several("visit", collection("stores", "store", "reports", "report")), "visit"))

    walk.begin(stores=[])

    assert walk.open == ["after"]
    assert walk.step.data["reports"] == []


def test_a_completion_condition_ends_the_other_instances() -> None:
    condition = "<completionCondition>numberOfCompletedInstances &gt;= 2</completionCondition>"
    walk = Walk(between(several("vote", "<loopCardinality>size</loopCardinality>" + condition), "vote"))
    walk.begin(size=3)
    walk.do("vote#1")
    assert walk.open == ["vote", "vote"]

    step = walk.do("vote#3")

    assert walk.open == ["after"]
    assert tuple(sorted(step.closed)) == ("vote#2", "vote#3")
    assert ("cancelled", "vote") in walk.kinds()


def test_an_instance_that_others_end_early_keeps_what_it_wrote() -> None:
    body = start("ps") + user("one") + user("two") + end("pe") + chain("ps", "one", "two", "pe")
    enough = (
        "<loopCardinality>2</loopCardinality><completionCondition>numberOfCompletedInstances = 1</completionCondition>"
    )
    walk = Walk(between(several("visits", enough, tag="subProcess", body=body), "visits"))
    walk.begin()
    walk.do("visits/one#1", found="crack")
    walk.do("visits/one#2")

    walk.do("visits/two#2", closed=True)

    assert walk.open == ["after"]
    assert walk.step.data == {"found": "crack", "closed": True}


def test_a_boundary_timer_watches_all_instances_together() -> None:
    walk = Walk(
        between(several("visit", collection("stores", "store")), "visit")
        + boundary("alarm", "visit", timer("PT1H"))
        + chain("alarm", "after")
    )
    walk.begin(stores=["A", "B"])
    walk.do("visit", seen=True)

    walk.wait(hours=1)

    assert walk.open == ["after"]
    assert walk.step.data["seen"] is True


def test_several_subprocesses_at_a_time_have_keys_of_their_own() -> None:
    body = start("s") + user("look") + end("e") + chain("s", "look", "e")
    walk = Walk(
        between(several("store", collection("stores", "name", "seen", "look_at"), tag="subProcess", body=body), "store")
    )
    walk.begin(stores=["A", "B"])
    assert [task.key for task in walk.step.open_tasks] == ["store/look#1", "store/look#2"]

    walk.do("store/look#2", look_at="b")
    walk.do("store/look#1", look_at="a")

    assert walk.step.data["seen"] == ["a", "b"]


def test_a_standard_loop_repeats_while_its_condition_holds() -> None:
    loop = '<standardLoopCharacteristics loopMaximum="5"><loopCondition>again = true</loopCondition></standardLoopCharacteristics>'
    walk = Walk(between(element("userTask", "call", loop), "call"))
    walk.begin()
    walk.do("call", again=True)
    assert [task.key for task in walk.step.open_tasks] == ["call#2"]

    walk.do("call", again=False)

    assert walk.open == ["after"]


def test_too_many_instances_are_a_fault() -> None:
    walk = Walk(between(several("visit", "<loopCardinality>2000</loopCardinality>"), "visit"))

    step = walk.begin()

    assert (step.fault.code, step.fault.element) == ("step-budget", "visit")
    assert "found 2000" in step.fault.message


def test_a_process_that_calls_itself_for_ever_is_a_fault() -> None:
    walk = Walk(
        start()
        + element("callActivity", "self_call", calledElement="complaint")
        + end()
        + chain("start", "self_call", "end")
    )

    step = walk.begin()

    assert (step.fault.code, step.fault.element) == ("step-budget", "self_call")


def test_a_loop_without_a_person_is_a_fault_that_names_an_element_of_it() -> None:
    walk = Walk(
        start() + element("exclusiveGateway", "g") + script("count", "1", "x") + element("exclusiveGateway", "h", default="h_g")
        + end() + chain("start", "g", "count", "h", "g")
        + element("sequenceFlow", "out", "<conditionExpression>false</conditionExpression>", sourceRef="h", targetRef="end")
    )  # fmt: skip

    step = walk.ask(StartCase({}), budget=Budget(engine_tasks=50))

    assert step.fault.code == "step-budget"
    assert step.fault.element in {"g", "count", "h"}


def test_the_group_is_the_lanes_unless_the_task_says_otherwise() -> None:
    lanes = (
        '<laneSet id="lanes"><lane id="lane_service"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef></lane>'
        '<lane id="lane_department"><flowNodeRef>c</flowNodeRef></lane></laneSet>'
    )
    walk = Walk(
        lanes
        + start()
        + user("a", form="intake")
        + user("b", group="=helper")
        + user("c")
        + end()
        + chain("start", "a", "b", "c", "end"),
        lanes={"lane_service": "customer_service", "lane_department": "=department"},
    )
    walk.begin(department="quality", helper="legal")

    assert [(task.group, task.form) for task in walk.step.open_tasks] == [("customer_service", "intake")]
    walk.do("a")
    assert [task.group for task in walk.step.open_tasks] == ["legal"]
    walk.do("b")
    assert [task.group for task in walk.step.open_tasks] == ["quality"]


def test_terminating_ends_every_other_branch() -> None:
    walk = Walk(
        start() + element("parallelGateway", "split") + user("a") + user("b") + end("stop", "<terminateEventDefinition/>") + end()
        + chain("start", "split", "a", "stop") + chain("split", "b", "end")
    )  # fmt: skip
    walk.begin()

    step = walk.do("a", reason="enough")

    assert (step.status, step.outcome, step.closed) == (CaseStatus.COMPLETED, "stop", ("a#1", "b#1"))
    assert step.data["reason"] == "enough"


def test_terminating_inside_a_subprocess_ends_only_that() -> None:
    inside = element(
        "subProcess",
        "inner",
        start("s") + element("parallelGateway", "p") + user("a") + user("b") + end("stop", "<terminateEventDefinition/>") + end("e")
        + chain("s", "p", "a", "stop") + chain("p", "b", "e"),
    )  # fmt: skip
    walk = Walk(between(inside, "inner"))
    walk.begin()

    walk.do("a")

    assert walk.open == ["after"]


FORKED = (
    start("s") + element("parallelGateway", "p") + user("a") + user("a2") + user("b") + end("stop", "<terminateEventDefinition/>")
    + end("e") + chain("s", "p", "a", "a2", "e") + chain("p", "b", "stop")
)  # fmt: skip
INSIDE = element("subProcess", "inner", FORKED)
CALL = element("callActivity", "inner", calledElement="called")


@pytest.mark.parametrize(
    "parts", [(process(between(INSIDE, "inner")),), (process(between(CALL, "inner")), process(FORKED, id="called"))]
)
def test_terminating_keeps_what_the_other_branches_wrote(parts) -> None:
    walk = Walk(*parts)
    walk.begin(plan="none", status="open")
    walk.do("a", plan="ours", status="planned")

    walk.do("b", status="stopped", reason="enough")

    assert walk.open == ["after"]
    assert walk.step.data == {"plan": "ours", "status": "stopped", "reason": "enough"}


def test_terminating_keeps_what_was_written_inside_an_activity_and_by_ended_branches() -> None:
    part = element(
        "subProcess", "part", start("ps") + user("one") + user("two") + end("pe") + chain("ps", "one", "two", "pe")
    )
    walk = Walk(
        start() + element("parallelGateway", "p") + part + user("side") + user("b") + end("stop", "<terminateEventDefinition/>")
        + end() + end("side_end") + chain("start", "p", "part", "end") + chain("p", "side", "side_end") + chain("p", "b", "stop")
    )  # fmt: skip
    walk.begin()
    walk.do("one", found="crack")
    walk.do("side", note="seen")

    step = walk.do("b")

    assert (step.status, step.data) == (CaseStatus.COMPLETED, {"found": "crack", "note": "seen"})


@pytest.mark.parametrize("sequential", [True, False])
def test_terminating_keeps_what_instances_wrote_that_are_not_done(sequential) -> None:
    body = start("ps") + user("one") + user("two") + end("pe") + chain("ps", "one", "two", "pe")
    visits = several("visits", collection("stores", "store"), sequential=sequential, tag="subProcess", body=body)
    walk = Walk(
        start() + element("parallelGateway", "p") + visits + user("b") + end("stop", "<terminateEventDefinition/>") + end()
        + chain("start", "p", "visits", "end") + chain("p", "b", "stop")
    )  # fmt: skip
    walk.begin(stores=["n", "s"])
    walk.do("one", found="crack")
    assert walk.step.data == {"stores": ["n", "s"], "found": "crack"}

    step = walk.do("b")

    assert (step.status, step.data) == (CaseStatus.COMPLETED, {"stores": ["n", "s"], "found": "crack"})


def test_a_manual_task_is_a_task_without_a_form() -> None:
    walk = Walk(between(element("manualTask", "pack"), "pack"))

    walk.begin()

    assert walk.open == ["pack"]


@pytest.mark.parametrize(
    ("budget", "found"), [(Budget(seconds=0.0), "seconds"), (Budget(live_tokens=1), "tokens"), (Budget(instances=2), "instances"), (Budget(state_bytes=500), "bytes")]
)  # fmt: skip
def test_each_limit_of_a_step_is_a_fault(budget, found) -> None:
    walk = Walk(between(several("visit", "<loopCardinality>3</loopCardinality>"), "visit"))

    step = walk.ask(StartCase({}), budget=budget)

    assert step.fault.code == "step-budget"
    assert found in step.fault.message
