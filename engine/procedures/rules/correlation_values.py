"""A message is told apart by more values than a case is looked up by: it would be refused when it is sent."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding, Severity
from engine.procedures.messages import MAX_CORRELATION
from engine.procedures.subject import Subject
from engine.procedures.words import listed

NEEDS = (".bpmn",)


def check(subject: Subject) -> Iterator[Finding]:
    correlations = subject.diagram.correlations
    for name in dict.fromkeys(each.message for each in correlations):
        values = {each.property: each for each in correlations if each.message == name}
        if len(values) > MAX_CORRELATION:
            message = (
                f'expected message "{name}" to have at most {MAX_CORRELATION} correlation properties, found '
                f"{len(values)}: {listed(values)}; keep those that find the case"
            )
            last = list(values.values())[-1]
            yield Finding("", Severity.ERROR, message, last.file, last.line, last.property)
