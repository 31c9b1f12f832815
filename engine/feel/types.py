"""``instance of`` and the other places where a value meets a type."""

from __future__ import annotations

from typing import Any, Final

from engine.feel.evaluation import Evaluation
from engine.feel.nodes import TypeOf
from engine.feel.values import FeelFunction, Range, kind_of

_ANY: Final = ("any", "Any")
_KNOWN: Final = frozenset((
    *_ANY, "null", "Null", "number", "string", "boolean", "date", "time", "date and time", "list", "context", "range",
    "function", "days and time duration", "years and months duration",
))  # fmt: skip


def is_known(wanted: TypeOf) -> bool:
    """True if FEEL has the type *wanted* and all its parts."""
    parts = (*wanted.arguments, *(field for _, field in wanted.fields))
    return wanted.name in _KNOWN and all(map(is_known, parts))


def is_instance(evaluation: Evaluation, value: Any, wanted: TypeOf) -> bool:
    """True if *value* is of type *wanted*. Null is of type Null and Any only."""
    if wanted.name in _ANY:
        return value is not None
    if wanted.name in ("null", "Null"):
        return value is None
    if kind_of(value) != wanted.name:
        return False
    return _has_parts(evaluation, value, wanted)


def coerced(evaluation: Evaluation, value: Any, wanted: TypeOf) -> Any:
    """*value* as *wanted* takes it: itself, the item of a list of one, or a list of it; else NO_FIT.

    Source: DMN 1.5, 10.3.2.9.4. Null fits every type.
    """
    if value is None or is_instance(evaluation, value, wanted):
        return value
    if isinstance(value, list) and len(value) == 1 and is_instance(evaluation, value[0], wanted):
        return value[0]
    if wanted.name == "list" and wanted.arguments and is_instance(evaluation, value, wanted.arguments[0]):
        return [value]
    return NO_FIT


#: What *coerced* gives for a value that is not of the type.
NO_FIT: Final = object()


def _has_parts(evaluation: Evaluation, value: Any, wanted: TypeOf) -> bool:
    match value:
        case list() if wanted.arguments:
            evaluation.charge(len(value))
            return all(item is None or is_instance(evaluation, item, wanted.arguments[0]) for item in value)
        case dict() if wanted.fields:
            return all(
                name in value and (value[name] is None or is_instance(evaluation, value[name], field))
                for name, field in wanted.fields
            )
        case Range() if wanted.arguments:
            ends = [end for end in (value.low, value.high) if end is not None]
            return all(is_instance(evaluation, end, wanted.arguments[0]) for end in ends)
        case FeelFunction() if wanted.arguments:
            return len(value.parameters) == len(wanted.arguments) - 1
        case _:
            return True
