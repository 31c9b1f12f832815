"""A report or trigger uses a name that no form and no step writes, or a figure that is not there: it counts nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.feel import FeelError, compile_expression
from engine.findings import Finding
from engine.procedures.data_flow import all_written
from engine.procedures.package import Report
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import some, suggestion

NEEDS = ("procedure.toml", "forms/", ".dmn", ".bpmn")
FILE = "procedure.toml"
#: What the platform itself knows of a case.
CASE = "case"


def check(subject: Subject) -> Iterator[Finding]:
    known = all_written(subject) | {CASE}
    for id_, report in subject.package.reports.items():
        if not report.of:  # another procedure's names stand in its own package
            unknown = sorted({name for text in _over_cases(report) for name in _names(text)} - known)
            if unknown:
                hint = suggestion(unknown[0], known) if len(unknown) == 1 else ""
                message = f"expected report {id_} to use names that its cases have, found {some(unknown)}{hint}"
                yield error_in(subject, FILE, message, "reports", id_)
        ids = {figure.id for figure in report.figures}
        for figure in report.figures:
            if missing := sorted(_names(figure.value) - ids):
                message = (
                    f"expected figure {figure.id} of report {id_} to be calculated from its figures, "
                    f"found {some(missing)}{suggestion(missing[0], ids)}"
                )
                yield error_in(subject, FILE, message, "reports", id_, "figures", figure.id)
    for id_, trigger in subject.package.triggers.items():
        said = (trigger.where, trigger.by, trigger.distinct, trigger.mean, trigger.count)
        names = {name for text in said for name in _names(text)}
        if not trigger.of and (unknown := sorted(names - known)):
            message = f"expected trigger {id_} to use names that its cases have, found {some(unknown)}"
            yield error_in(subject, FILE, message, "triggers", id_)
    if unknown := sorted(_names(subject.package.case.satisfied) - known):
        message = f"expected case.satisfied to use names that its cases have, found {some(unknown)}"
        yield error_in(subject, FILE, message, "case", "satisfied")


def _over_cases(report: Report) -> Iterator[str]:
    """Every expression of *report* that sees a case of its procedures."""
    yield from (report.where, report.rows, report.across, *(column.show for column in report.columns))
    for figure in report.figures:
        if not figure.of:
            yield from (figure.count, figure.among, figure.sum, figure.mean)


def _names(text: str) -> frozenset[str]:
    try:
        return compile_expression(text).names if text else frozenset()
    except FeelError:  # a finding of its own
        return frozenset()
