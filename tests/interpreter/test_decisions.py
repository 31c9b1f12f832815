from __future__ import annotations

from engine.interpreter import check_diagrams
from tests.interpreter.building import Walk, a_package, chain, element, end, start, user

SEVERITY = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="severity_file" name="severity" namespace="tests">
  <decision id="severity" name="Severity"><variable name="severity"/>
    <decisionTable id="table" hitPolicy="UNIQUE">
      <input id="i1"><inputExpression id="e1" typeRef="number"><text>amount</text></inputExpression></input>
      <output id="o1" name="severity" typeRef="string"/><output id="o2" name="limit_days" typeRef="number"/>
      <rule id="r1"><inputEntry id="c1"><text>&gt; 1000</text></inputEntry>
        <outputEntry id="a1"><text>"high"</text></outputEntry><outputEntry id="b1"><text>3</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="c2"><text>[0..1000]</text></inputEntry>
        <outputEntry id="a2"><text>"low"</text></outputEntry><outputEntry id="b2"><text>10</text></outputEntry></rule>
      <rule id="r3"><inputEntry id="c3"><text>777</text></inputEntry>
        <outputEntry id="a3"><text>"low"</text></outputEntry><outputEntry id="b3"><text>10</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""

CALL = (
    "<extensionElements><spiffworkflow:calledDecisionId>severity</spiffworkflow:calledDecisionId></extensionElements>"
)
BODY = (
    start()
    + element("businessRuleTask", "classify", CALL)
    + user("after")
    + end()
    + chain("start", "classify", "after", "end")
)


def test_a_decision_writes_its_outputs_and_says_which_rules_hit() -> None:
    walk = Walk(BODY, decisions={"severity.dmn": SEVERITY})

    step = walk.begin(amount=2500)

    assert (step.data["severity"], step.data["limit_days"]) == ("high", 3)
    (decided,) = [fact for fact in step.facts if fact.kind == "decided"]
    assert (decided.element, decided.key) == ("classify", "classify#1")
    assert decided.detail == {
        "decision": "severity",
        "rules": [1],
        "inputs": {"amount": 2500},
        "outputs": {"severity": "high", "limit_days": 3},
    }


def test_two_rules_where_one_may_hit_are_a_fault() -> None:
    walk = Walk(BODY, decisions={"severity.dmn": SEVERITY})

    step = walk.begin(amount=777)

    assert (step.fault.code, step.fault.element) == ("decision-failed", "classify")
    assert step.fault.detail == {"decision": "severity", "reason": "several-rules"}


def test_a_cell_of_python_is_refused() -> None:
    python = SEVERITY.replace(b'"high"', b"__import__('os').getpid()")

    findings = check_diagrams(a_package(BODY, decisions={"severity.dmn": python}))

    assert ("severity.dmn", "a1", "unreadable-expression") in [
        (each.file, each.element, each.rule) for each in findings
    ]
