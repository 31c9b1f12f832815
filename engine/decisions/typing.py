"""DMN types: what a typeRef names, and whether a value is of it (DMN 1.5, 7.3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.decisions.model import Type
from engine.feel import Evaluation, compile_expression
from engine.feel.values import kind_of

#: typeRef without prefix -> FEEL's word. The second group is what Camunda's modellers write.
BASE_TYPES: Final[Mapping[str, str]] = {
    "string": "string",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "dateTime": "date and time",
    "date and time": "date and time",
    "dayTimeDuration": "days and time duration",
    "days and time duration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "years and months duration": "years and months duration",
    "context": "context",
    "Any": "Any",
    "any": "Any",
    "integer": "number",
    "long": "number",
    "double": "number",
}

_FROM_TEXT: Final[Mapping[str, str]] = {
    "number": "number(text)",
    "date": "date(text)",
    "time": "time(text)",
    "date and time": "date and time(text)",
    "days and time duration": "duration(text)",
    "years and months duration": "duration(text)",
}


def fitted(value: Any, wanted: Type, evaluation: Evaluation) -> Any:
    """*value* as *wanted* takes it: JSON has no dates and keeps money as text, so text becomes what it is to be."""
    if isinstance(value, str) and (conversion := _FROM_TEXT.get(wanted.name)):
        converted = compile_expression(conversion).evaluate_in(evaluation.with_names({"text": value}))
        return value if converted is None else converted
    if isinstance(value, dict) and wanted.fields:
        return {
            key: fitted(item, wanted.fields[key], evaluation) if key in wanted.fields else item
            for key, item in value.items()
        }
    if isinstance(value, list) and wanted.collection:
        return [fitted(item, _item_of(wanted), evaluation) for item in value]
    return value


def misfit(value: Any, wanted: Type, evaluation: Evaluation) -> str:
    """What *value* would have to be, in words; "" if it is of the type. Null fits every type."""
    if value is None:
        return ""
    if wanted.collection:
        if not isinstance(value, list):
            return f"a list of {wanted.name}"
        if wanted.constraint is not None and not wanted.constraint.matches_in(value, evaluation):
            return f"within {wanted.constraint.source}"
        return next(filter(None, (misfit(item, _item_of(wanted), evaluation) for item in value)), "")
    if wanted.name not in ("Any", kind_of(value)):
        return wanted.name
    if wanted.constraint is not None and not wanted.constraint.matches_in(value, evaluation):
        return f"within {wanted.constraint.source}"
    if wanted.allowed is not None and not wanted.allowed.matches_in(value, evaluation):
        return f"one of {wanted.allowed.source}"
    if isinstance(value, dict):
        parts = ((name, misfit(value.get(name), part, evaluation)) for name, part in wanted.fields.items())
        return next((f"{name} to be {problem}" for name, problem in parts if problem), "")
    return ""


def resolved(name: str | None, definitions: Callable[[str], Type | None]) -> Type | None:
    """The type *name* refers to; Any without a name, None if nothing has the name."""
    if not name:
        return Type("Any")
    plain = name.rpartition(":")[2].strip()
    return definitions(plain) or (Type(BASE_TYPES[plain]) if plain in BASE_TYPES else None)


def _item_of(collection: Type) -> Type:
    return Type(collection.name, allowed=collection.allowed, fields=collection.fields)
