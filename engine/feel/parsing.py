"""Values written as FEEL literals, read without evaluating anything."""

from __future__ import annotations

from typing import Any, Final

from engine.feel.nodes import Call, Literal, Name, Node, RangeOf, Test
from engine.feel.parser import parse_expression
from engine.feel.temporal import parse_date, parse_datetime, parse_duration, parse_time_or_none
from engine.feel.values import Range, kind_of

#: Stands for "this is no literal": null is one.
NOT_LITERAL: Final = object()

#: Kinds that make ranges. Date-times and times may need an instant for their order and are left to evaluation.
_ORDERED: Final = ("number", "string", "date", "days and time duration", "years and months duration")

_CONSTRUCTORS: Final = {
    "date": parse_date,
    "time": parse_time_or_none,
    "date and time": parse_datetime,
    "duration": parse_duration,
}


def literal_value(node: Node) -> Any:
    """The value of a literal, ``date("2026-03-02")`` and its like included, else NOT_LITERAL."""
    match node:
        case Literal(value):
            return value
        case Call(Name(name), (Literal(str() as text),), ()) if name in _CONSTRUCTORS:
            value = _CONSTRUCTORS[name](text)
            return NOT_LITERAL if value is None else value
        case _:
            return NOT_LITERAL


def literal_range(node: Node) -> Range | None:
    """The range that *node* writes with literal ends, else None."""
    match node:
        case RangeOf(low, high, low_closed, high_closed):
            first, last = literal_value(low), literal_value(high)
            if kind_of(first) not in _ORDERED or kind_of(first) != kind_of(last):
                return None
            return Range(first, last, low_closed, high_closed)
        case Test(operator, operand):
            return _half_open(operator, literal_value(operand))
        case _:
            return None


def _half_open(operator: str, bound: Any) -> Range | None:
    if bound is NOT_LITERAL or bound is None:
        return None
    match operator:
        case "<" | "<=":
            return Range(None, bound, low_closed=False, high_closed=operator == "<=")
        case ">" | ">=":
            return Range(bound, None, low_closed=operator == ">=", high_closed=False)
        case "=":
            return Range(bound, bound, low_closed=True, high_closed=True)
        case _:
            return None


def parsed_literal(text: str) -> Any:
    """The value that *text* writes, NOT_LITERAL if it is something else. Raises FeelError if it is no FEEL."""
    return literal_value(parse_expression(text, frozenset(), frozenset(_CONSTRUCTORS)))
