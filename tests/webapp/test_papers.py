"""Every printed form that a package of ours names is filled in by what its scenarios say, on PDF pages and in docx."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import render_template

from engine.deployments import Deployment
from engine.procedures import PackageRef, collect_files, find_packages, package_from_files
from engine.publishing.scenario import Action
from webapp.apart import reading_in
from webapp.papers import WHOLE, records_of, sheet_of
from webapp.story import scenarios_of
from webapp.word_files import docx_of_sheet

ROOT = Path(__file__).parents[2]
NOW = datetime.fromisoformat("2026-11-20T10:00+08:00")
#: The procedures that declare printed forms of their own.
DECLARING = [
    ref
    for ref in find_packages(ROOT / "processes")
    if "\n[records." in (ROOT / "processes" / ref.company / ref.procedure / "procedure.toml").read_text("utf-8")
]
#: Of each kind one that is also set on a page and in a docx: with copies, with a seal, in Traditional characters.
SET = ("baoji-construction/complaint", "property-complaint-tracking/complaint", "shanxi-coal-machinery/field_service")


def test_every_company_declares_the_papers_its_regulation_names() -> None:
    found = Counter(ref.company for ref in DECLARING for _ in declared(ref))

    assert (len(found), found.total()) == (29, 116)
    assert (found["baoji-construction"], found["shanxi-coal-machinery"], found["xiaolingtong-phone-script"]) == (
        7,
        11,
        1,
    )


@pytest.mark.parametrize("ref", DECLARING, ids=lambda ref: f"{ref.company}/{ref.procedure}")
def test_every_named_record_prints_for_a_demonstration_case(ref: PackageRef) -> None:
    package = package_from_files(collect_files(ROOT / "processes", ROOT / "forms", ref))
    case, found = a_case(Deployment(1, 1, package))

    with reading_in(package.company.language):
        for record in [*package.records.values(), records_of(package)[WHOLE]]:
            sheet = sheet_of(case, record, found, {}, now=NOW)
            rows = [row for part in sheet.parts for row in part.rows]
            assert any(row.table_rows or any(value for _, value in row.pairs) for row in rows), record.id
            if f"{ref.company}/{ref.procedure}" in SET:
                assert sheet.title in render_template("sheet.html", sheet=sheet)
                assert docx_of_sheet(sheet).startswith(b"PK")


def declared(ref: PackageRef) -> list[str]:
    text = (ROOT / "processes" / ref.company / ref.procedure / "procedure.toml").read_text("utf-8")
    return list(tomllib.loads(text)["records"])


def a_case(deployment: Deployment) -> tuple[Any, list[Any]]:
    """What the scenarios of the package say, each form once, as one case and its history."""
    told = list({task.form if task else "": (task, moment) for task, moment in _told(deployment)}.values())
    case = SimpleNamespace(
        number="X-1", deployment=deployment, data={}, received_at=NOW, tasks=[task for task, _ in told if task]
    )
    return case, [moment for _, moment in told]


def _told(deployment: Deployment) -> Iterator[tuple[Any, Any]]:
    forms = {element.id: element.form for element in deployment.definition.elements.values()}
    for scenario in scenarios_of(deployment).values():
        if scenario.start.form and scenario.start.by != "public":
            yield None, _moment("start_case", "", scenario.start.form)
        for step in scenario.steps:
            element = step.name.partition("#")[0]
            if step.action is Action.TASK and step.answers and step.refused is None:
                key = f"{element}#{step.number}"
                yield SimpleNamespace(key=key, form=forms[element]), _moment("complete_task", key, step.answers)


def _moment(action: str, subject: str, answers: Any) -> Any:
    return SimpleNamespace(action=action, subject=subject, answers=answers, actor="li.min", at=NOW)
