"""From the bytes of a DMN file to a model or to everything that is wrong with it."""

from __future__ import annotations

from engine.decisions.checks import check_table
from engine.decisions.errors import DecisionError
from engine.decisions.model import DecisionModel, Table
from engine.decisions.problems import Problems
from engine.decisions.reader import read_model
from engine.errors import UnsafeFile
from engine.findings import Finding
from engine.safe_xml import parse


def read_decisions(content: bytes, name: str) -> DecisionModel:
    """The model in the file *name*.

    Raises UnsafeFile for what is no plain XML, DecisionError (reason ``"unreadable"``) with the place of the first
    mistake and all of them as findings.
    """
    problems = Problems(name)
    model = read_model(parse(content, name), problems)
    if problems.findings:
        first = problems.findings[0]
        raise DecisionError(
            first.message,
            reason="unreadable",
            file=name,
            line=first.line,
            element=first.element,
            findings=problems.findings,
        )
    return model


def check_decisions(content: bytes, name: str) -> list[Finding]:
    """Everything that is wrong with the file *name*, by line. Does not raise for any content."""
    problems = Problems(name)
    try:
        model = read_model(parse(content, name), problems)
    except UnsafeFile as error:
        problems.error("unsafe-file", f"The file is refused: {error.reason}; save it as plain XML.", line=error.line)
        return problems.findings
    problems.findings.extend(model.mistakes)
    for decision in model.decisions.values():
        if isinstance(decision.logic, Table):
            check_table(decision, decision.logic, problems)
    return sorted(problems.findings, key=lambda finding: finding.line or 0)
