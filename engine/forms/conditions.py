"""When a field is shown, as the structure that conditions are built from (``engine.feel.conditions``), and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine.forms.model import Condition

#: Word of a structure -> key of ``show_if``.
_KEYS: Final = {"is": "is", "in": "in", "at_least": "gte", "at_most": "lte"}


def structure_of(condition: Condition) -> dict[str, Any]:
    """The structure of a form's condition; every one has one."""
    for kind, parts in (("all", condition.all), ("any", condition.any)):
        if parts is not None:
            return {kind: [structure_of(part) for part in parts]}
    given = condition.model_fields_set
    if {"gte", "lte"} <= given:
        return _compared(condition, "between", [_number(condition.gte), _number(condition.lte)])
    if "gte" in given:
        return _compared(condition, "at_least", _number(condition.gte))
    if "lte" in given:
        return _compared(condition, "at_most", _number(condition.lte))
    if condition.in_ is not None:
        return _compared(condition, "in", list(condition.in_))
    return _compared(condition, "is", condition.is_)


def show_if_of(structure: Mapping[str, Any]) -> dict[str, Any] | None:
    """What ``show_if`` has to say for that structure; None where forms cannot say it."""
    for kind in ("all", "any"):
        if kind in structure:
            parts = [show_if_of(part) for part in structure[kind]]
            return None if None in parts else {kind: parts}
    field, operator, value = (structure.get(name) for name in ("field", "operator", "value"))
    key, said = _KEYS.get(str(operator)), _plain(value)
    if said is _NONE:
        return None
    if operator == "between" and isinstance(said, list):
        return {"field": field, "gte": said[0], "lte": said[1]}
    return None if key is None else {"field": field, key: said}


#: Stands for "forms cannot say it": null is a value.
_NONE: Final = object()


def _plain(value: Any) -> Any:
    """A value of a structure as forms write it: numbers are numbers; days and durations cannot be said."""
    match value:
        case list():
            said = [_plain(part) for part in value]
            return _NONE if _NONE in said else said
        case {"number": str() as number}:
            return _number(float(number)) if "." in number else int(number)
        case {"feel": _}:
            return _NONE
        case _:
            return value


def _compared(condition: Condition, operator: str, value: Any) -> dict[str, Any]:
    return {"field": condition.field, "operator": operator, "value": value}


def _number(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value
