"""Decision tables."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException

from tests.interpreter.building import element
from tests.interpreter.stock.running import (
    between,
    error_of,
    new_case,
    open_task,
    parsed,
)


def a_table(*rules: tuple[str, str], policy: str = "UNIQUE", inner: str = "", attributes: str = "") -> bytes:
    rows = "".join(
        f'<rule id="r{n}"><inputEntry id="i{n}"><text>{escape(cell)}</text></inputEntry>'
        f'<outputEntry id="o{n}"><text>{escape(value)}</text></outputEntry></rule>'
        for n, (cell, value) in enumerate(rules)
    )
    return a_decision_file(
        f'<decision id="level" name="level"><decisionTable id="t" hitPolicy="{policy}" {attributes}>{inner}'
        '<input id="i"><inputExpression id="e"><text>amount</text></inputExpression></input>'
        f'<output id="o" name="level"/>{rows}</decisionTable></decision>'
    )


def a_decision_file(*decisions: str) -> bytes:
    namespace = "https://www.omg.org/spec/DMN/20191111/MODEL/"
    return f'<definitions xmlns="{namespace}" id="d" name="d" namespace="tests">{"".join(decisions)}</definitions>'.encode()


def decided(decision: bytes, **data: Any) -> dict[str, Any]:
    rule = element(
        "businessRuleTask",
        "x",
        "<extensionElements><spiffworkflow:calledDecisionId>level</spiffworkflow:calledDecisionId></extensionElements>",
    )
    case = new_case(parsed(between(rule), decision=decision), **data)
    outcome: dict[str, Any] = open_task(case, "after").data
    return outcome


def an_unknown_hit_policy_means_the_first_rule() -> bool:
    return bool(decided(a_table(("> 1", "10"), ("> 2", "20"), policy="BOGUS"), amount=3)["level"] == 10)


def other_hit_policies_mean_the_first_rule() -> bool:
    tables = [
        a_table(("> 1", "10"), ("> 2", "20"), policy=policy) for policy in ("PRIORITY", "RULE ORDER", "OUTPUT ORDER")
    ]
    return [decided(table, amount=3)["level"] for table in tables] == [10, 10, 10]


def unique_is_not_checked() -> bool:
    return bool(decided(a_table(("> 1", "10"), ("> 2", "20")), amount=3)["level"] == 10)


def an_aggregation_is_ignored() -> bool:
    table = a_table(("> 1", "10"), ("> 2", "20"), policy="COLLECT", attributes='aggregation="SUM"')
    return bool(decided(table, amount=3)["level"] == [10, 20])


def no_rule_leaves_no_output() -> bool:
    return "level" not in decided(a_table(("> 1", "10")), amount=0)


def a_required_decision_is_an_attribute_error() -> bool:
    base = b'<decision id="base" name="base"><literalExpression><text>1</text></literalExpression></decision>'
    required = b'<informationRequirement><requiredDecision href="#base"/></informationRequirement>'
    table = a_table(("> 1", "10")).replace(b"<decisionTable", required + b"<decisionTable")
    return "AttributeError" in repr(
        error_of(lambda: decided(table.replace(b"</definitions>", base + b"</definitions>"), amount=3))
    )


def a_literal_decision_is_an_index_error() -> bool:
    literal = a_decision_file(
        '<decision id="level" name="level"><literalExpression><text>1</text></literalExpression></decision>'
    )
    return "IndexError" in repr(error_of(lambda: decided(literal)))


def a_note_in_a_table_refuses_the_file() -> bool:
    table = a_table(("> 1", "10"), inner="<description>why</description>")
    return "Unknown type" in str(error_of(lambda: decided(table, amount=3)))


def a_range_in_a_cell_fails_when_it_runs() -> bool:
    return isinstance(error_of(lambda: decided(a_table(("[1..3]", "10")), amount=2)), WorkflowTaskException)


def a_list_in_a_cell_never_matches() -> bool:
    tables = a_table(("1,2,3", "10")), a_table(("not(5)", "10"))
    return all("level" not in decided(table, amount=2) for table in tables)


def a_cell_of_a_table_is_python() -> bool:
    return bool(decided(a_table(("> 1", "__import__('os').getpid()")), amount=3)["level"] > 0)
