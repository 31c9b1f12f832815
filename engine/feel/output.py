"""FEEL values as JSON."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel.errors import FeelError, limit_reached
from engine.feel.limits import MAX_DATA_DEPTH, MAX_RESULT
from engine.feel.temporal import YearsMonths, text_of

#: Whole numbers up to here are JSON integers; larger ones have lost digits in most readers anyway.
_MAX_WHOLE = Decimal("1e34")


def to_json(value: Any) -> Any:
    """*value* as JSON: whole numbers int, others float; dates, times and durations ISO 8601 text.

    Raises FeelError for functions and ranges, which have no JSON, and for results beyond the limits.
    """
    return _Writer().write(value, 0)


class _Writer:
    def __init__(self) -> None:
        self._left = MAX_RESULT

    def write(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise limit_reached("values in a result", MAX_RESULT)
        if depth > MAX_DATA_DEPTH:
            raise limit_reached("levels of data", MAX_DATA_DEPTH)
        match value:
            case str():
                self._left -= len(value) // 20
                return value
            case None | bool() | int() | float():
                return value
            case Decimal():
                return _number(value)
            case datetime() | time():
                return value.isoformat()
            case date() | timedelta() | YearsMonths():
                return text_of(value)
            case list():
                return [self.write(item, depth + 1) for item in value]
            case dict():
                return {key: self.write(item, depth + 1) for key, item in value.items()}
            case _:
                raise FeelError(
                    "expected a value that can be kept, found a function or a range",
                    expected="a value",
                    found=type(value).__name__,
                    reason="syntax",
                )


def _number(number: Decimal) -> int | float:
    if number == number.to_integral_value() and abs(number) < _MAX_WHOLE:
        return int(number)
    return float(number)
