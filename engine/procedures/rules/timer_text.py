"""A timer says no time: the case would stop with an incident when it gets there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from engine.feel import FeelError, compile_expression
from engine.findings import Finding
from engine.procedures.data_flow import all_written
from engine.procedures.subject import Subject, error_at
from engine.procedures.words import suggestion

NEEDS = ("procedure.toml", "forms/", ".dmn")
_DURATION = re.compile(r"P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?", re.ASCII)
_CYCLE = re.compile(r"R\d{0,4}/(?:(?P<start>[^/]+)/)?(?P<every>[^/]+)", re.ASCII)
_EXAMPLES = {
    "timeDuration": "a duration such as P3D or PT2H",
    "timeDate": "a date-time such as 2026-03-02T09:00+08:00",
    "timeCycle": "a repetition such as R3/P1D",
}


def check(subject: Subject) -> Iterator[Finding]:
    deadlines, known = subject.package.deadlines, all_written(subject)
    for element in subject.diagram.elements.values():
        timer = element.timer
        if timer is None:
            continue
        text = timer.text.strip("\"'")
        if not timer.kind or not text:
            message = (
                f"expected the timer {element.id} to say a time, found none; write an ISO 8601 text or a deadline's id"
            )
            yield error_at(element, message, line=timer.line)
        elif text not in deadlines and not _is_time(timer.kind, text) and not _is_expression(timer.text, known):
            expected = f"{_EXAMPLES[timer.kind]}, the id of a deadline, or FEEL over the case's data"
            message = (
                f'expected the timer {element.id} to be {expected}, found "{text[:80]}"{suggestion(text, deadlines)}'
            )
            yield error_at(element, message, line=timer.line)


def _is_expression(text: str, known: frozenset[str]) -> bool:
    """Whether *text* is FEEL that uses only names somebody writes: a misspelt deadline would be a name as well."""
    try:
        names = compile_expression(text).names
    except FeelError:
        return False
    return bool(names) and names <= known


def _is_time(kind: str, text: str) -> bool:
    if kind == "timeDuration":
        return _DURATION.fullmatch(text) is not None
    if kind == "timeDate":
        return _is_instant(text)
    cycle = _CYCLE.fullmatch(text)
    if cycle is None or not _DURATION.fullmatch(cycle["every"]):
        return False
    return cycle["start"] is None or _is_instant(cycle["start"])


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
