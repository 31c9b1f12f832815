"""``instance of`` and the other places where a value meets a type."""

from __future__ import annotations

from typing import Any, Final

from engine.feel.evaluation import Evaluation
from engine.feel.nodes import TypeOf
from engine.feel.values import FeelFunction, Range, kind_of

_ANY: Final = ("any", "Any")


def is_instance(evaluation: Evaluation, value: Any, wanted: TypeOf) -> bool:
    """True if *value* is of type *wanted*. Null is of type Null and Any only."""
    if wanted.name in _ANY:
        return value is not None
    if wanted.name in ("null", "Null"):
        return value is None
    if kind_of(value) != wanted.name:
        return False
    return _has_parts(evaluation, value, wanted)


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
