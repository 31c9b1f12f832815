"""A letter uses data that no form or step writes: there would be a hole in it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.data_flow import all_written
from engine.procedures.letters import LetterRefused, names_in
from engine.procedures.subject import Subject, warning_in
from engine.procedures.words import suggestion

NEEDS = ("forms/", ".bpmn", ".dmn")
_DATA = "data"


def check(subject: Subject) -> Iterator[Finding]:
    known = all_written(subject)
    for path, template in subject.letter_templates():
        for name in sorted(_data_names(template) - known):
            where = ".".join(path[1:])
            message = f"expected {where} to use data that a form or step writes, found {name}{suggestion(name, known)}"
            yield warning_in(subject, path[0], message, *path[1:])


def _data_names(template: str) -> frozenset[str]:
    try:
        used = names_in(template)
    except LetterRefused:  # a finding of its own
        return frozenset()
    return frozenset(name[1] for name in used if name[0] == _DATA and len(name) > 1)
