"""Conditions people can build by choosing: field, comparison, value. Text to structure and back, without loss.

A structure is JSON: ``{"all": [...]}``, ``{"any": [...]}``, ``{"not": ...}``, or one comparison
``{"field": "kind", "operator": "is", "value": "safety"}``. What an expression says beyond that stays text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.feel.nodes import All, AnyOf, Call, Compare, In, Literal, Name, Node, Path, RangeOf

Structure = Mapping[str, Any]

#: FEEL's comparison -> the word of a structure.
_WORDS: Final = {"=": "is", "!=": "is_not", "<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}
_SYMBOLS: Final = {word: symbol for symbol, word in _WORDS.items()}
#: Every word a comparison may have. ``holds`` has no value, ``in`` a list, ``between`` two.
OPERATORS: Final = (*_SYMBOLS, "in", "between", "contains", "holds")
_FIELD: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_DATED: Final = re.compile(r"(?:date|time|date and time|duration)\(\"[^\"\\]*\"\)")
#: Numbers people write out; one of more digits, or with an exponent, is no matter of choosing.
_MOST_DIGITS: Final = 30
_NUMBER: Final = re.compile(rf"-?[0-9]{{1,{_MOST_DIGITS}}}(\.[0-9]{{1,{_MOST_DIGITS}}})?")
#: Parts and levels of one condition: more is no matter of choosing.
_MOST_PARTS: Final = 50
_DEEPEST: Final = 6


def condition_of(text: str) -> Structure | None:
    """The structure of a condition, None for one that only text can say. Raises FeelError for what is no FEEL."""
    tree = compile_expression(text).tree
    found = _structure(tree)
    if found is None or _parts(found) > _MOST_PARTS:
        return None
    try:
        written = condition_text(found)
    except FeelError:
        return None
    return found if compile_expression(written).tree == tree else None


def condition_text(structure: Structure) -> str:
    """The FEEL that a structure means. Raises FeelError for what is no structure."""
    return _text(structure, level=0)


def _structure(node: Node) -> dict[str, Any] | None:
    match node:
        case All(parts):
            return _group("all", parts)
        case AnyOf(parts):
            return _group("any", parts)
        case Call(Name("not"), (part,), ()):
            inner = _structure(part)
            return None if inner is None else {"not": inner}
        case Call(Name("list contains"), (base, item), ()):
            return _compared(base, "contains", _value(item))
        case Compare(operator, left, right):
            return _compared(left, _WORDS[operator], _value(right))
        case In(value, (RangeOf(low, high, True, True),)):
            return _compared(value, "between", _values([low, high]))
        case In(value, items):
            return _compared(value, "in", _values(items))
        case Name() | Path():
            return {"field": _field(node), "operator": "holds"} if _field(node) else None
        case _:
            return None


def _group(kind: str, parts: Sequence[Node]) -> dict[str, Any] | None:
    found = [_structure(part) for part in parts]
    return None if None in found else {kind: found}


def _compared(base: Node, operator: str, value: Any) -> dict[str, Any] | None:
    field = _field(base)
    return None if not field or value is _NONE else {"field": field, "operator": operator, "value": value}


#: Stands for "no value that can be chosen": null is one.
_NONE: Final = object()


def _values(nodes: Sequence[Node]) -> Any:
    found = [_value(node) for node in nodes]
    return _NONE if _NONE in found or not found else found


def _value(node: Node) -> Any:
    match node:
        case Literal(Decimal() as number):
            return _number_value(number)
        case Literal(str() | bool() | None as value):
            return value
        case Call(Name(name), (Literal(str() as text),), ()) if _DATED.fullmatch(written := f'{name}("{text}")'):
            return {"feel": written}
        case _:
            return _NONE


def _number_value(number: Decimal) -> Any:
    if abs(number.adjusted()) > _MOST_DIGITS or not _NUMBER.fullmatch(written := format(number, "f")):
        return _NONE
    whole = number == number.to_integral_value() and abs(number) < 10**15
    return int(number) if whole else {"number": written}


def _field(node: Node) -> str:
    """The name a comparison is about, with the names inside it; "" for anything else."""
    match node:
        case Name(name):
            return name
        case Path(base, name):
            inner = _field(base)
            return f"{inner}.{name}" if inner else ""
        case _:
            return ""


def _text(structure: Any, *, level: int) -> str:
    if not isinstance(structure, Mapping) or level > _DEEPEST:
        raise _wrong(structure)
    match dict(structure):
        case {"all": [_, *_] as parts, **rest} if not rest:
            return " and ".join(_inside(part, level, {"all", "any"}) for part in parts)
        case {"any": [_, *_] as parts, **rest} if not rest:
            return " or ".join(_inside(part, level, {"any"}) for part in parts)
        case {"not": inner, **rest} if not rest:
            return f"not({_text(inner, level=level + 1)})"
        case {"field": str() as field, "operator": str() as operator} if _FIELD.fullmatch(field):
            return _comparison(field, operator, structure.get("value"))
        case _:
            raise _wrong(structure)


def _inside(part: Any, level: int, in_brackets: set[str]) -> str:
    text = _text(part, level=level + 1)
    return f"({text})" if isinstance(part, Mapping) and in_brackets & part.keys() else text


def _comparison(field: str, operator: str, value: Any) -> str:
    if operator == "holds":
        return field
    if operator == "contains":
        return f"list contains({field}, {_literal(value)})"
    if operator == "in" and isinstance(value, list) and value:
        return f"{field} in ({', '.join(map(_literal, value))})"
    if operator == "between" and isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 -- from and to
        return f"{field} in [{_literal(value[0])}..{_literal(value[1])}]"
    if operator in _SYMBOLS:
        return f"{field} {_SYMBOLS[operator]} {_literal(value)}"
    raise _wrong(operator)


def _literal(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(format(Decimal(str(value)), "f"))
        case str():
            return json.dumps(value, ensure_ascii=False)
        case {"number": str() as number}:
            return _number(number)
        case {"feel": str() as written} if _DATED.fullmatch(written):
            return written
        case _:
            raise _wrong(value)


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise _wrong(text)
    return text


def _parts(structure: Structure) -> int:
    inner = [*structure.get("all", ()), *structure.get("any", ())]
    if "not" in structure:
        inner.append(structure["not"])
    return 1 + sum(_parts(part) for part in inner)


def _wrong(found: Any) -> FeelError:
    expected = 'a condition such as {"field": "kind", "operator": "is", "value": "safety"}'
    return FeelError(f"expected {expected}, found {str(found)[:100]!r}", expected=expected, found=str(found)[:100])
