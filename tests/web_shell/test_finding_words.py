"""What checks find is said in the reader's language, for every rule there is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, g

from engine import findings
from engine.findings import Finding, Severity
from engine.procedures.rules import all_rules
from webapp.finding_words import finding_view

ENGINE = Path(findings.__file__).parent
#: Functions that are given a rule's name first.
RAISING = {"Finding", "refuse", "wrong", "report", "error_at", "error", "warning"}
#: Reasons of the same shape that are no rules of a check.
OTHERS = {"processing-instruction", "too-deep", "too-many-attributes", "too-many-elements"}


def test_every_rule_has_words_in_chinese(chinese: None) -> None:
    english = {}
    for rule in {*_rules(), *all_rules()} - OTHERS:
        facts = dict.fromkeys(
            ("rule_number", "column", "expected", "found", "other", "example", "decision", "row"), "1"
        )
        finding = Finding(
            rule,
            Severity.ERROR,
            "expected words; write them",
            "a.bpmn",
            params=facts | {"wanted": "1", "base": "1", "now": "2"},
        )
        view = finding_view(finding)
        if not re.search("[一-鿿]", view["message"]) or not re.search("[一-鿿]", view["way_out"]):
            english[rule] = view["message"], view["way_out"]

    assert english == {}


def test_names_of_the_engine_s_sentence_are_said_behind_ours(chinese: None) -> None:
    said = 'expected a form for user task check, found "facts", which does not exist; did you mean "fact"?'
    view = finding_view(Finding("user-task-form", Severity.ERROR, said, "complaint.bpmn", 12, "check"))

    assert view["message"] == "步骤没有指定表单，或者表单不存在：“facts”"
    assert view["way_out"] == "在属性里选一张表单，或新建同名表单。"


def test_readers_of_english_get_the_engine_s_own_sentence(english: None) -> None:
    said = "'check' is due by 'soon', no deadline of procedure.toml; add it there"
    view = finding_view(Finding("unknown-deadline", Severity.ERROR, said, "complaint.bpmn", 12, "check"))

    assert (view["message"], view["way_out"]) == (said.rpartition("; ")[0], "add it there")


@pytest.fixture
def chinese() -> Iterator[None]:
    yield from _reading("zh-Hans")


@pytest.fixture
def english() -> Iterator[None]:
    yield from _reading("en")


def _reading(language: str) -> Iterator[None]:
    with Flask("words").test_request_context("/", headers={"Accept-Language": language}):
        g.language = language
        yield


def _rules() -> Iterator[str]:
    """Every name of a rule that stands in the engine's code."""
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in RAISING:
                said = (each.value for each in node.args[:2] if isinstance(each, ast.Constant))
                yield from (rule for rule in said if isinstance(rule, str) and re.fullmatch(r"[a-z]+(-[a-z]+)+", rule))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
