"""A timer says no time: the case would stop with an incident when it gets there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from engine.findings import Finding
from engine.procedures.subject import Subject, error_at
from engine.procedures.words import suggestion

NEEDS = ("procedure.toml",)
_DURATION = re.compile(r"P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?", re.ASCII)
_CYCLE = re.compile(r"R\d{0,4}/(?:(?P<start>[^/]+)/)?(?P<every>[^/]+)", re.ASCII)
_EXAMPLES = {
    "timeDuration": "a duration such as P3D or PT2H",
    "timeDate": "a date-time such as 2026-03-02T09:00+08:00",
    "timeCycle": "a repetition such as R3/P1D",
}


def check(subject: Subject) -> Iterator[Finding]:
    deadlines = subject.package.deadlines
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
        elif text not in deadlines and not _is_time(timer.kind, text):
            expected = f"{_EXAMPLES[timer.kind]}, or the id of a deadline"
            message = (
                f'expected the timer {element.id} to be {expected}, found "{text[:80]}"{suggestion(text, deadlines)}'
            )
            yield error_at(element, message, line=timer.line)


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
