"""procedure.toml names an element the diagrams do not have: a milestone, outcome or clock would never happen."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import suggestion

NEEDS = (".bpmn",)
FILE = "procedure.toml"
#: What ``runs_from`` says when a clock runs from the receipt of the complaint.
FROM_RECEIPT = "case"


def check(subject: Subject) -> Iterator[Finding]:
    elements = subject.diagram.elements
    ends = {element.id for element in subject.diagram.of_kind("endEvent")}
    for path, name in _references(subject):
        if name not in elements:
            hint = suggestion(name, elements)
            message = f'expected {".".join(path)} to name an element of the diagrams, found "{name}"{hint}'
            yield error_in(subject, FILE, message, *path)
    for name in subject.package.outcomes:
        if name not in ends:
            message = f'expected [outcomes] to name end events, found "{name}"{suggestion(name, ends)}'
            yield error_in(subject, FILE, message, "outcomes", name)


def _references(subject: Subject) -> Iterator[tuple[tuple[str, ...], str]]:
    for name in subject.package.milestones:
        yield ("milestones", name), name
    for id_, rule in subject.package.deadlines.items():
        if rule.runs_from not in {"", FROM_RECEIPT}:
            yield ("deadlines", id_, "runs_from"), rule.runs_from
        for name in rule.runs_until:
            yield ("deadlines", id_, "runs_until"), name
        for name in rule.pauses:
            yield ("deadlines", id_, "pauses"), name
