"""An expression is not FEEL: the case would stop with an incident when it gets there."""

from __future__ import annotations

from collections.abc import Iterator

from engine.feel import FeelError, compile_expression
from engine.findings import Finding, Severity
from engine.procedures.expressions import feel_texts
from engine.procedures.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for found in feel_texts(subject):
        try:
            compile_expression(found.text)
        except FeelError as error:
            message = f"expected {found.use} to be FEEL, found {error}"
            params = {"expression": found.text, "suggestion": error.suggestion}
            yield Finding("", Severity.ERROR, message, found.file, found.line, found.element, params)
