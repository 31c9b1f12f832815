"""Functions that make one type of another, and those on booleans and null."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel.builtins.signature import Signature, takes
from engine.feel.evaluation import Evaluation
from engine.feel.numbers import number_from_text, text_of_number
from engine.feel.temporal import YearsMonths, text_of
from engine.feel.values import Range, equal


def functions() -> Mapping[str, tuple[Signature, ...]]:
    return {
        "string": (takes("from: any", text_of_value),),
        "number": (
            takes("from: number", lambda _, number: number),
            takes("from: text, grouping separator: text?, decimal separator: text?", _number),
        ),
        "not": (takes("negand: any", lambda _, value: not value if isinstance(value, bool) else None),),
        "is": (takes("value1: any, value2: any", _is),),
        "is defined": (takes("value: any", lambda _, value: value is not None),),
        "get or else": (takes("value: any, default: any", lambda _, value, other: other if value is None else value),),
    }


def text_of_value(evaluation: Evaluation, value: Any) -> str | None:
    """FEEL's text of *value*: a text is itself, a text within a list or context is quoted."""
    if value is None or isinstance(value, str):
        return value
    return _written(evaluation, value)


def _written(evaluation: Evaluation, value: Any) -> str:
    evaluation.charge(3)
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return text_of_number(value)
        case str():
            text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case date() | time() | timedelta() | YearsMonths():
            return text_of(value)
        case list():
            text = "[" + ", ".join([_written(evaluation, item) for item in value]) + "]"
        case dict():
            text = "{" + ", ".join([f"{_key(key)}: {_written(evaluation, item)}" for key, item in value.items()]) + "}"
        case Range():
            text = _range_text(evaluation, value)
        case _:
            return "function"
    evaluation.charge_text(len(text))
    return text


def _key(key: str) -> str:
    return key if _WORDS.fullmatch(key) else f'"{key}"'


#: Keys that are read as names without quotes.
_WORDS: Final = re.compile(r"[^\W\d]\w*(?:\s+[^\W\d]\w*)*")


def _range_text(evaluation: Evaluation, value: Range) -> str:
    if value.low is None:
        return f"{'<=' if value.high_closed else '<'} {_written(evaluation, value.high)}"
    if value.high is None:
        return f"{'>=' if value.low_closed else '>'} {_written(evaluation, value.low)}"
    low, high = _written(evaluation, value.low), _written(evaluation, value.high)
    return f"{'[' if value.low_closed else '('}{low}..{high}{']' if value.high_closed else ')'}"


def _number(_: Evaluation, text: str, grouping: str | None, point: str | None) -> Decimal | None:
    if grouping not in (None, " ", ",", ".") or point not in (None, ".", ",") or (grouping and grouping == point):
        return None
    plain = text.replace(grouping, "") if grouping else text
    if point:
        plain = plain.replace(point, ".")
    body = plain.removeprefix("-").removeprefix("+")
    allowed = set("0123456789.eE+-")
    if not body or body[0] not in "0123456789." or not allowed.issuperset(body):
        return None
    return number_from_text(plain)


def _is(evaluation: Evaluation, left: Any, right: Any) -> bool:
    """Same type and same value; date-times also have the same zone."""
    if getattr(left, "tzinfo", None) != getattr(right, "tzinfo", None):
        return False
    return equal(evaluation, left, right) is True
