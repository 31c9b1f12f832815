"""What the case page and the replay say of a decision that was taken."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask

from engine.decisions import read_decisions
from webapp.case_view import decision_sentence

TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d">
<decision id="severity" name="severity"><decisionTable hitPolicy="COLLECT">
<input id="i"><inputExpression><text>amount</text></inputExpression></input><output id="o" name="level"/>
<rule id="r1"><inputEntry><text>&gt; 1</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>
<rule id="r2"><description>dear</description><inputEntry><text>&gt; 9</text></inputEntry>
<outputEntry><text>2</text></outputEntry></rule></decisionTable></decision></definitions>"""


@pytest.mark.parametrize(
    ("language", "rules", "sentence"),
    [
        ("en", [2], "severity, version 4: rule 2 · dear"),
        ("en", [1, 2], "severity, version 4: rule 1, 2 · dear"),
        ("en", [], "severity: no rule applies"),
        ("zh-Hans", [2], "severity（第 4 版）：适用第 2 条规则 · dear"),
    ],
)
def test_a_decision_names_its_version_and_the_rules_that_hit(app: Flask, language, rules, sentence) -> None:
    model = read_decisions(TABLE, "severity.dmn")
    deployment = SimpleNamespace(
        version=4,
        package=SimpleNamespace(element_names={}),
        definition=SimpleNamespace(decision=lambda key: model.decisions[key]),
    )
    decided = {"decision": "severity", "element": "grade", "rules": rules, "inputs": {"amount": 10}, "outputs": {}}

    with app.test_request_context(headers={"Accept-Language": language}):
        found = decision_sentence(deployment, decided)

    assert found == sentence
