"""The report that every procedure has without declaring one: received, closed, on time, answered, satisfied."""

from __future__ import annotations

from typing import Final

from engine.deployments import Deployment
from engine.forms.model import ChoiceField
from engine.procedures.package import Column, Figure, Package, Report

#: Its id in addresses; packages cannot have it, because their ids are snake_case words.
STANDARD: Final = "-"
_UNIT: Final = {"zh-Hans": "小时", "zh-Hant": "小時", "en": "h"}


def report_of(deployment: Deployment, report_id: str) -> Report | None:
    """The report with that id, None when there is none."""
    return standard_report(deployment) if report_id == STANDARD else deployment.package.reports.get(report_id)


def standard_report(deployment: Deployment) -> Report:
    package = deployment.package
    kinds = [name for name in (cause_of(package), package.case.department, package.case.level) if name]
    shown = ["case.number", "case.received", "case.title", "case.customer", *dict.fromkeys(kinds), "case.status"]
    satisfied = package.case.satisfied
    figures = [
        Figure("received", {}, count="true"),
        Figure("closed", {}, count="case.is_closed"),
        Figure("overdue", {}, count='case.status = "overdue"'),
        Figure("on_time", {}, count="case.on_time = true", among="case.on_time != null"),
        Figure("answer", {}, mean="case.answer_hours", unit=_UNIT),
        Figure("hours", {}, mean="if case.is_closed then case.working_hours else null", unit=_UNIT),
    ]
    if satisfied:
        asked = f"({satisfied}) != null"
        figures.append(Figure("satisfied", {}, count=f"({satisfied}) = true", among=asked))
    return Report(
        id=STANDARD,
        title={},
        columns=tuple(map(Column, [*shown, "case.on_time", "case.closed", "case.outcome"])),
        rows=kinds[0] if kinds else "case.outcome",
        across=kinds[1] if len(kinds) > 1 else "case.status",
        figures=tuple(figures),
    )


def cause_of(package: Package) -> str:
    """The field that says what a case is about: as declared, else the first choice among its columns."""
    if package.case.cause:
        return package.case.cause
    choices = {field.id for form in package.forms.values() for field in form.fields if isinstance(field, ChoiceField)}
    return next((name for name in package.case.columns if name in choices), "")
