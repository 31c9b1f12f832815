"""A letter is no Liquid template or uses values nobody gives it: it would not be sent, or would have holes."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.letters import LETTER_NAMES, LetterRefused, names_in
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import listed, suggestion

NEEDS = (".bpmn",)


def check(subject: Subject) -> Iterator[Finding]:
    known = LETTER_NAMES | _parameters(subject)
    for path, template in subject.letter_templates():
        where = ".".join(path[1:])
        try:
            used = names_in(template)
        except LetterRefused as error:
            line = f", in line {error.line} of it" if error.line else ""
            yield error_in(subject, path[0], f"{where}: {error.message}{line}; correct the template", *path[1:])
            continue
        for name in sorted({name[0] for name in used} - known):
            message = f"expected {where} to use {listed(sorted(known))}, found {name}{suggestion(name, known)}"
            yield error_in(subject, path[0], message, *path[1:])


def _parameters(subject: Subject) -> frozenset[str]:
    operators = (element.operator for element in subject.diagram.elements.values())
    return frozenset(name for operator in operators if operator for name in operator.parameters)
