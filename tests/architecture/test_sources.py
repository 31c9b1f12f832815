"""Rules about what may stand where that no import contract can hold."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.sources import ROOT, called_methods, imports, modules, templates

#: What begins or ends a transaction.
TRANSACTIONS = {"commit", "begin", "begin_nested", "begin_twophase", "rollback"}


def test_transactions_begin_and_end_in_one_module() -> None:
    found = {
        path
        for path, tree in modules()
        if "commit" in set(called_methods(tree))
        or ("sqlalchemy" in imports(tree) and TRANSACTIONS & set(called_methods(tree)))
    }

    assert found == {"engine/database.py"}


def test_the_environment_is_read_in_one_module() -> None:
    names = {"environ", "environb", "getenv", "putenv"}
    found = {
        path
        for path, tree in modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "os")
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and names & {name.name for name in node.names})
    }

    assert found == {"engine/settings.py"}


def test_only_the_interpreter_imports_spiffworkflow() -> None:
    found = {path.rsplit("/", 1)[0] for path, tree in modules() if "SpiffWorkflow" in imports(tree)}

    assert found
    assert all(path.startswith("engine/interpreter") for path in found)


def test_the_engine_knows_no_web() -> None:
    web = {"flask", "werkzeug", "jinja2", "markupsafe", "webapp"}

    assert [path for path, tree in modules() if path.startswith("engine/") and imports(tree) & web] == []


def test_the_wall_clock_is_read_in_one_module() -> None:
    found = {
        path
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"datetime.now", "datetime.utcnow", "date.today"}
    }

    # The job library counts in real time whatever our clock says; its adapter has to do so too.
    assert found - {"engine/jobs/dbos_adapter.py"} == {"engine/clock.py"}


def test_no_company_is_named_in_the_product() -> None:
    companies = [folder.name for folder in (ROOT / "processes").iterdir() if (folder / "company.toml").exists()]
    named = re.compile("|".join(map(re.escape, companies)))
    texts = [
        path
        for package in ("engine", "webapp")
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css", ".po", ".mako"}
        and not {"node_modules", "dist"} & {*path.parts}
    ]

    assert companies
    assert [path.relative_to(ROOT).as_posix() for path in texts if named.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("forbidden", "why"),
    [
        (r"\sstyle\s*=", "the policy allows no style attribute"),
        (r"<style\b", "the policy allows no inline style"),
        (r"\son[a-z]+\s*=\s*[\"']", "the policy allows no event attribute"),
        (r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", "the policy allows no inline script"),
        (r"javascript:", "the policy allows no script address"),
        (r"\|\s*safe\b|autoescape\s+false|Markup\(", "everything is escaped"),
        (r"(?:src|href)=\"(?:https?:)?//", "nothing is loaded from elsewhere"),
    ],
)
def test_templates_run_and_load_nothing_of_their_own(forbidden: str, why: str) -> None:
    found = [name for name, text in templates() if re.search(forbidden, text)]
    allowed = (
        {"report_mail.html"} if "<style" in forbidden else set()
    )  # never a page; mail programs fetch no style sheet
    assert set(found) == allowed, why


def test_every_form_that_changes_something_carries_the_token() -> None:
    for name, text in templates():
        for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
            if re.search(r'method="post"', form):
                assert "csrf_field(" in form, name
