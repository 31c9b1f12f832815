"""``instance of`` and the other places where a value meets a type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, Final

from engine.feel.evaluation import Evaluation
from engine.feel.nodes import TypeOf
from engine.feel.values import FeelFunction, Range, kind_of

_ANY: Final = ("any", "Any")
_KNOWN: Final = frozenset((
    *_ANY, "null", "Null", "number", "string", "boolean", "date", "time", "date and time", "list", "context", "range",
    "function", "days and time duration", "years and months duration",
))  # fmt: skip


class NamedTypes:
    """Types that a file defines, by name. Hashed once: thousands of its cells are compiled with them."""

    __slots__ = ("_by_name", "_hash")

    def __init__(self, by_name: Mapping[str, TypeOf]) -> None:
        self._by_name = by_name
        self._hash = hash(frozenset(by_name.items()))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedTypes) and self._by_name == other._by_name

    def resolve(self, wanted: TypeOf) -> TypeOf | None:
        """*wanted* in FEEL's own words; None if nothing has the name of it or of one of its parts."""
        if found := self._by_name.get(wanted.name):
            return found
        arguments = [self.resolve(argument) for argument in wanted.arguments]
        fields = [(name, self.resolve(field)) for name, field in wanted.fields]
        if wanted.name not in _KNOWN or None in arguments or any(field is None for _, field in fields):
            return None
        return TypeOf(
            wanted.name, tuple(filter(None, arguments)), tuple((name, field) for name, field in fields if field)
        )


NO_TYPES: Final = NamedTypes({})


def is_instance(evaluation: Evaluation, value: Any, wanted: TypeOf) -> bool:
    """True if *value* is of type *wanted*. Null is of type Null and Any only."""
    evaluation.charge(2)
    if wanted.name in _ANY:
        return value is not None
    if wanted.name in ("null", "Null"):
        return value is None
    if kind_of(value) != wanted.name:
        return False
    return _has_parts(evaluation, value, wanted)


def coerced(evaluation: Evaluation, value: Any, wanted: TypeOf) -> Any:
    """*value* as *wanted* takes it: itself, the item of a list of one, a list of it, a date's midnight; else null.

    Source: DMN 1.5, 10.3.2.9.4.
    """
    if value is None or is_instance(evaluation, value, wanted):
        return value
    if wanted.name == "list":
        fits = wanted.arguments and is_instance(evaluation, value, wanted.arguments[0])
        return [value] if fits else None
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if is_instance(evaluation, value, wanted):
        return value
    if wanted.name == "date and time" and kind_of(value) == "date":
        return datetime.combine(value, time(), tzinfo=UTC)
    return None


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
