"""Answers as people read them, and what an empty form proposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.forms.answers import plain_number
from engine.forms.model import (
    AnsweredField,
    BaseField,
    ChoiceField,
    DateTimeField,
    FilesField,
    Form,
    ListName,
    NumberField,
    Option,
    RowsField,
    ShowField,
    YesNoField,
)
from engine.forms.values import is_empty, read_number
from engine.text import Text, enumerated, in_language

_YES: Final[Text] = {"zh-Hans": "是", "zh-Hant": "是", "en": "Yes"}
_NO: Final[Text] = {"zh-Hans": "否", "zh-Hant": "否", "en": "No"}


@dataclass(frozen=True, slots=True)
class Line:
    """One answer to be read. Repeating rows have their lines in *rows* and an empty *value*."""

    field: str  #: path as ``fields_of`` writes it
    label: str
    value: str
    rows: tuple[tuple[Line, ...], ...] = ()


def describe(
    form: Form, answers: Mapping[str, Any], language: str, *, lists: Mapping[str, Sequence[Option]] | None = None
) -> list[Line]:
    """Every answered field that is in *answers* (values of the data) as label and readable value, in order.

    What was left empty has the value ``""``. Options that have since gone show their plain value.
    """
    return [
        _line(field, answers[field.id], path=field.id, language=language, lists=lists or {})
        for field in form.fields
        if isinstance(field, AnsweredField) and field.id in answers
    ]


def readable(
    field: BaseField, value: Any, language: str, *, lists: Mapping[str, Sequence[Option]] | None = None
) -> str:
    """*value* of the data as one readable text; rows are separated by semicolons."""
    if is_empty(value):
        return ""
    match field:
        case YesNoField() if isinstance(value, bool):
            return in_language(_YES if value else _NO, language)
        case ChoiceField() | ShowField(options=tuple() | ListName()):
            labels = {option.value: in_language(option.label, language) for option in field.labelled(lists or {})}
            chosen = value if isinstance(value, (list, tuple)) else [value]
            return enumerated((labels.get(str(item), str(item)) for item in chosen), language)
        case NumberField():
            return _number(field, value, language)
        case DateTimeField():
            return str(value)[:16].replace("T", " ")
        case FilesField() if isinstance(value, (list, tuple)):
            names = [str(item.get("name", "")) for item in value if isinstance(item, Mapping)]
            return enumerated(names, language)
        case RowsField():
            lines = _line(field, value, path=field.id, language=language, lists=lists or {}).rows
            return "; ".join(enumerated((line.value for line in row), language) for row in lines)
        case _:
            return _anything(value, language)


def initial_values(form: Form, given: Mapping[str, Any]) -> dict[str, Any]:
    """What each field starts with, from its ``default: { data: … }``; fields without one are missing.

    A default whose earlier answer is of another kind (say, rows for a text) proposes nothing.
    """
    values: dict[str, Any] = {}
    for field in form.fields:
        default = getattr(field, "default", None)
        if default is not None and _fits(field, value := given.get(default.data)):
            values[field.id] = value
    return values


def _line(field: BaseField, value: Any, *, path: str, language: str, lists: Mapping[str, Sequence[Option]]) -> Line:
    label = in_language(field.label, language)
    if not isinstance(field, RowsField):
        return Line(path, label, readable(field, value, language, lists=lists))
    rows = tuple(
        tuple(
            _line(item, row[item.id], path=f"{path}.{item.id}", language=language, lists=lists)
            for item in field.fields
            if item.id in row
        )
        for row in (value if isinstance(value, (list, tuple)) else ())
        if isinstance(row, Mapping)
    )
    return Line(path, label, "", rows)


def _number(field: NumberField, value: Any, language: str) -> str:
    number = read_number(value)
    text = str(value) if number is None else f"{number:.{field.places}f}" if field.money else plain_number(number)
    unit = field.unit if isinstance(field.unit, str) else in_language(field.unit, language)
    return f"{text} {unit}" if unit else text


def _anything(value: Any, language: str) -> str:
    if isinstance(value, bool):
        return in_language(_YES if value else _NO, language)
    if isinstance(value, (list, tuple)):
        return enumerated((_anything(item, language) for item in value), language)
    if isinstance(value, Mapping):
        return (
            str(value["name"]) if "name" in value else ", ".join(_anything(item, language) for item in value.values())
        )
    return "" if value is None else str(value)


def _fits(field: BaseField, value: Any) -> bool:
    match field:
        case YesNoField():
            return isinstance(value, bool)
        case NumberField():
            return read_number(value) is not None
        case ChoiceField(style="checks"):
            return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
        case ShowField():
            return False
        case _:
            return isinstance(value, str) and value != ""
