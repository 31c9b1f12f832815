"""Activities, their instances, and what belongs to them."""

from __future__ import annotations

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from tests.interpreter.building import chain, element, end, flow, process, start, user
from tests.interpreter.stock.running import (
    ITEMS,
    between,
    do,
    error_of,
    never_ends,
    new_case,
    open_task,
    parsed,
    ready,
    several,
    workflow,
)


def a_plain_task_waits_for_a_person() -> bool:
    return ready(workflow(between(element("task", "x")))) == ["x"]


def a_service_task_nobody_implements_hangs() -> bool:
    case = new_case(parsed(between(element("serviceTask", "x")), parser_class=BpmnParser))
    (task,) = case.get_tasks(spec_name="x")
    return bool(task.state == TaskState.STARTED and not case.is_completed())


def a_receive_task_without_message_does_not_wait() -> bool:
    return ready(workflow(between(element("receiveTask", "x")))) == ["after"]


def a_process_that_calls_itself_never_ends() -> bool:
    body = (
        start() + element("callActivity", "again", calledElement="complaint") + end() + chain("start", "again", "end")
    )
    parser = parsed(body)
    return never_ends(lambda: new_case(parser))


def compensation_does_nothing() -> bool:
    case = workflow(between(element("intermediateThrowEvent", "x", "<compensateEventDefinition/>")))
    thrown = case.spec.task_specs["x"].event_definition
    return ready(case) == ["after"] and type(thrown).__name__ == "NoneEventDefinition"


def a_single_conditional_flow_is_always_taken() -> bool:
    case = workflow(
        start() + user("a") + user("b") + end() + chain("start", "a") + flow("a", "b", "False") + chain("b", "end")
    )
    do(case, "a")
    return ready(case) == ["b"]


def conditional_flows_out_of_a_task_are_refused() -> bool:
    body = start() + element("userTask", "ask", default="ask_b") + user("a") + user("b") + end()
    body += chain("start", "ask") + flow("ask", "a", "x == 1") + flow("ask", "b")
    body += chain("a", "end") + chain("b", "end")
    return isinstance(error_of(lambda: workflow(body)), ValidationException)


def a_fault_leaves_the_case_half_advanced() -> bool:
    case = workflow(
        start() + user("a") + element("exclusiveGateway", "g") + user("b") + user("c") + end() + chain("start", "a", "g")
        + flow("g", "b", "x == 1") + flow("g", "c", "x == 2") + chain("b", "end") + chain("c", "end")
    )  # fmt: skip
    error = error_of(lambda: do(case, "a", x=3))
    (gateway,) = case.get_tasks(spec_name="g")
    return bool(isinstance(error, SpiffWorkflowException) and ready(case) == [] and gateway.state == TaskState.ERROR)


def an_ad_hoc_subprocess_is_a_key_error() -> bool:
    condition = "<completionCondition>False</completionCondition>"
    error = error_of(lambda: workflow(between(element("adHocSubProcess", "x", user("one") + user("two") + condition))))
    return isinstance(error, KeyError) and error.args == ("data_objects",)


def a_null_item_hangs_a_sequence() -> bool:
    case = workflow(several(ITEMS, sequential=True), stores=["A", None, "C"])
    do(case, "x [child]")
    return ready(case) == [] and not case.is_completed()


def results_over_an_older_list_are_a_name_error() -> bool:
    counted = '<loopCardinality>2</loopCardinality><loopDataOutputRef>reports</loopDataOutputRef><outputDataItem id="report"/>'
    return isinstance(error_of(lambda: workflow(several(counted), reports=[])), NameError)


def instances_with_an_io_specification_cannot_be_read() -> bool:
    io = '<ioSpecification><dataInput id="i" name="stores"/><inputSet><dataInputRefs>i</dataInputRefs></inputSet></ioSpecification>'
    return "missing from the IO specification" in str(error_of(lambda: workflow(several(ITEMS, body=io), stores=["A"])))


def a_missing_collection_is_a_type_error() -> bool:
    return isinstance(error_of(lambda: workflow(several(ITEMS))), TypeError)


def an_item_named_like_older_data_is_refused() -> bool:
    return "already exists" in str(error_of(lambda: workflow(several(ITEMS), stores=["A"], store="B")))


def any_number_of_instances_is_started() -> bool:
    return len(ready(workflow(several("<loopCardinality>2000</loopCardinality>")))) == 2000


DATA_OBJECT = '<dataObject id="d"/><dataObjectReference id="r" dataObjectRef="d"/>'
USES_IT = "<dataInputAssociation><sourceRef>r</sourceRef></dataInputAssociation>"


def a_data_object_two_levels_up_hangs_the_parser() -> bool:
    two = element("subProcess", "two", start("ts") + user("tw", USES_IT) + end("te") + chain("ts", "tw", "te"))
    one = element("subProcess", "one", start("os") + two + end("oe") + chain("os", "two", "oe"))
    parser = parsed(start() + DATA_OBJECT + one + end() + chain("start", "one", "end"))
    return never_ends(lambda: parser.get_subprocess_specs("complaint"), lines=100_000)


def a_reference_to_no_data_object_hangs_the_parser() -> bool:
    reference = '<dataObjectReference id="r" dataObjectRef="gone"/>'
    inner = start("s") + user("w", USES_IT) + end("e") + chain("s", "w", "e")
    parser = parsed(between(element("subProcess", "x", reference + inner)))
    return never_ends(lambda: parser.get_subprocess_specs("complaint"), lines=100_000)


def a_data_store_refuses_the_whole_file() -> bool:
    return isinstance(error_of(lambda: parsed('<dataStore id="d" name="D"/>', between(user("x")))), ValidationException)


def a_lane_is_known_by_its_label() -> bool:
    lanes = '<laneSet id="l"><lane id="service" name="Customer care"><flowNodeRef>x</flowNodeRef></lane></laneSet>'
    case = workflow(process(lanes + start() + user("x") + end() + chain("start", "x", "end")))
    return bool(open_task(case, "x").task_spec.lane == "Customer care")


def what_no_flow_leads_to_is_dropped() -> bool:
    case = workflow(start() + user("x") + user("island") + end() + chain("start", "x", "end") + chain("island", "end"))
    return "island" not in case.spec.task_specs
