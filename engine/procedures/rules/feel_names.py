"""An expression uses a name that nothing before it writes: it would see null and take the wrong way in silence."""

from __future__ import annotations

from collections.abc import Iterator

from engine.feel import FeelError, compile_expression
from engine.findings import Finding, Severity
from engine.procedures.data_flow import DataFlow, data_flow, written_by
from engine.procedures.expressions import FeelText, feel_texts
from engine.procedures.subject import Subject
from engine.procedures.words import some, suggestion

NEEDS = ("forms/", ".dmn", ".bpmn")


def check(subject: Subject) -> Iterator[Finding]:
    flow = data_flow(subject)
    for found in feel_texts(subject):
        if found.names_at not in subject.diagram.elements or found.names_at in flow.unsure:
            continue
        known = _known(subject, flow, found)
        if unknown := sorted(_names(found.text) - known):
            hint = suggestion(unknown[0], known) if len(unknown) == 1 else ""
            message = (
                f"expected something before to write what {found.use} uses, found nothing that writes {some(unknown)}"
                f"{hint or '; ask for it earlier or remove it'}"
            )
            yield Finding("", Severity.WARNING, message, found.file, found.line, found.element)


def _known(subject: Subject, flow: DataFlow, found: FeelText) -> frozenset[str]:
    before = flow.names[found.names_at]
    return before | written_by(subject, subject.diagram.elements[found.names_at]) if found.names_after else before


def _names(text: str) -> frozenset[str]:
    try:
        return compile_expression(text).names
    except FeelError:  # a finding of its own
        return frozenset()
