"""What commands write into a case's history is what the case page has words for."""

from __future__ import annotations

import ast

from engine.commands.actions import CaseAction
from tests.architecture.sources import modules


def test_the_case_page_has_words_for_every_action_and_no_others() -> None:
    tree = next(tree for path, tree in modules() if path == "webapp/case_view.py")
    what = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "what_happened")
    said = next(node for node in ast.walk(what) if isinstance(node, ast.Dict) and len(node.keys) > 1)

    assert {ast.literal_eval(key) for key in said.keys if key} == {str(action) for action in CaseAction}
