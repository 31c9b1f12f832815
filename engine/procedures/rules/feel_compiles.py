"""An expression is not FEEL or calls what does not exist: the case would stop, or take a wrong way in silence."""

from __future__ import annotations

from collections.abc import Iterator

from engine.feel import FeelError, compile_expression
from engine.findings import Finding, Severity
from engine.procedures.expressions import feel_texts
from engine.procedures.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for found in feel_texts(subject):
        for error in _mistakes(found.text):
            message = f"expected {found.use} to be FEEL, found {error}"
            params = {"expression": found.text, "suggestion": error.suggestion}
            yield Finding("", Severity.ERROR, message, found.file, found.line, found.element, params)


def _mistakes(text: str) -> tuple[FeelError, ...]:
    try:
        return compile_expression(text).mistakes
    except FeelError as error:
        return (error,)
