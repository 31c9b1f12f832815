"""FEEL where SpiffWorkflow would run Python: every expression of a package is compiled once and evaluated from here."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from engine.feel import Expression, FeelError, compile_expression, to_json
from engine.interpreter.errors import ProcedureFault

_SHORT: Final = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, 120, 120


def shown(value: Any) -> str:
    """*value* in a message, cut short: lists that hold one list twice, level upon level, have no end when written."""
    return _SHORT.repr(value)


@dataclass(frozen=True, slots=True)
class Expressions:
    """The compiled expressions of one definition by their text."""

    compiled: Mapping[str, Expression] = field(default_factory=dict)

    def value(self, text: str, context: Mapping[str, Any], *, element: str, now: datetime) -> Any:
        """The FEEL value of *text*. Raises ProcedureFault ``expression-failed`` that names *element*."""
        try:
            return self.compiled[text].evaluate(context, now=now)
        except FeelError as error:
            raise ProcedureFault(
                "expression-failed", element, f"expected {text!r} to have a value, found: {error}", {"expression": text}
            ) from error

    def json(self, text: str, context: Mapping[str, Any], *, element: str, now: datetime) -> Any:
        """The value of *text* as JSON, ready for a case's data."""
        value = self.value(text, context, element=element, now=now)
        try:
            return to_json(value)
        except FeelError as error:
            raise ProcedureFault(
                "expression-failed", element, f"expected {text!r} to give data, found: {error}", {"expression": text}
            ) from error

    def holds(self, text: str, context: Mapping[str, Any], *, element: str, now: datetime) -> bool:
        """Whether condition *text* is true; null counts as false, anything else is a fault ``not-a-condition``."""
        value = self.value(text, context, element=element, now=now)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise ProcedureFault(
            "not-a-condition",
            element,
            f"expected {text!r} to be true or false, found {shown(value)}",
            {"expression": text},
        )


def compile_all(texts: set[str]) -> tuple[Expressions, dict[str, str]]:
    """The expressions that compile, and for each text what is wrong with it."""
    compiled: dict[str, Expression] = {}
    wrong: dict[str, str] = {}
    for text in texts:
        try:
            compiled[text] = compile_expression(text)
        except FeelError as error:
            wrong[text] = str(error)
            continue
        if mistakes := compiled[text].mistakes:
            wrong[text] = str(mistakes[0])
    return Expressions(compiled), wrong
