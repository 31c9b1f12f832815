"""What a wrong or hostile file meets."""

# ruff: noqa: A001 - an element's id is called id

from __future__ import annotations

from lxml import etree
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser

from tests.interpreter.building import chain, definitions, element, end, flow, process, start, user
from tests.interpreter.stock.running import (
    between,
    error_of,
    new_case,
    parsed,
    workflow,
)


def a_refusal_has_no_line() -> bool:
    error = error_of(lambda: workflow(between(element("complexGateway", "x"))))
    return getattr(error, "line_number", None) == ""


def only_the_first_problem_is_told() -> bool:
    one, two = element("complexGateway", "one"), element("complexGateway", "two")
    error = error_of(lambda: workflow(start() + one + two + end() + chain("start", "one", "two", "end")))
    return getattr(error, "id", None) == "one" and "two" not in str(error)


def an_unknown_message_is_a_type_error() -> bool:
    error = error_of(lambda: workflow(between(element("sendTask", "x", messageRef="gone"))))
    return "unexpected keyword argument" in str(error)


def a_flow_to_nowhere_is_told_as_two_items() -> bool:
    error = error_of(lambda: workflow(start() + user("x") + end() + chain("start", "x", "gone")))
    return "we found two items" in str(error)


def a_broken_file_is_an_error_of_the_xml_library() -> bool:
    return isinstance(error_of(lambda: SpiffBpmnParser().add_bpmn_str(b"no xml")), etree.XMLSyntaxError)


def a_file_without_a_process_is_accepted() -> bool:
    parser = SpiffBpmnParser()
    parser.add_bpmn_str(b"<a/>")
    return parser.get_process_ids() == []


def expressions_are_not_compiled_when_they_are_read() -> bool:
    body = start() + element("exclusiveGateway", "g", default="g_b") + user("a") + user("b") + end()
    body += chain("start", "g") + flow("g", "a", "a ==") + flow("g", "b") + chain("a", "end") + chain("b", "end")
    parser = parsed(body)
    parser.get_spec("complaint")
    return "a ==" in str(error_of(lambda: new_case(parser)))


def six_hundred_tasks_in_a_row_are_too_deep() -> bool:
    ids = [f"t{n}" for n in range(600)]
    parser = parsed(start() + "".join(user(id) for id in ids) + end() + chain("start", *ids, "end"))
    return "RecursionError" in repr(error_of(lambda: parser.get_spec("complaint")))


def an_entity_is_expanded() -> bool:
    content = definitions(process(start() + element("userTask", "x", name="N") + end() + chain("start", "x", "end")))
    parser = SpiffBpmnParser()
    parser.add_bpmn_str(
        content.replace(b'"N"', b'"&e;"').replace(
            b"<definitions", b'<!DOCTYPE definitions [<!ENTITY e "expanded">]><definitions'
        )
    )
    return bool(parser.get_spec("complaint").task_specs["x"].bpmn_name == "expanded")


def a_huge_file_is_read() -> bool:
    parser = parsed(process(start() + user("x") + end() + chain("start", "x", "end") + "<textAnnotation/>" * 30_000))
    return parser.get_process_ids() == ["complaint"]
