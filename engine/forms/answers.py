"""The one validator: what a person typed or a program sent becomes values of the case's data, or a list of faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, Final

from engine.errors import FieldError
from engine.forms.model import (
    AnsweredField,
    ChoiceField,
    DateField,
    DateTimeField,
    FilesField,
    Form,
    NumberField,
    Option,
    RowsField,
    TextAreaField,
    TextField,
    YesNoField,
)
from engine.forms.patterns import matches
from engine.forms.values import (
    MAX_MAGNITUDE,
    clean_text,
    datetime_text,
    decimal_places,
    is_empty,
    json_number,
    read_date,
    read_datetime,
    read_number,
    read_yes_no,
    text_length,
)

#: The zone of all of China; a company elsewhere passes its own.
CHINA: Final = timezone(timedelta(hours=8))
#: Twice the options that a form may have.
_MAX_CHOSEN: Final = 1000
#: How many unknown names are listed before the rest goes unmentioned.
_MAX_UNKNOWN: Final = 50


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An upload that is stored already and may be named by an answer. *size* in bytes, *type* a media type."""

    id: str
    name: str
    size: int
    type: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of one submission. Usable only when *errors* is empty."""

    data: dict[str, Any]  #: right values of shown fields by id, JSON as the format page says; null = not answered
    errors: tuple[FieldError, ...]  #: everything wrong at once, in the form's order
    raw: Mapping[str, Any] = field(default_factory=dict)  #: as it came, to show a failed submission again
    visible: frozenset[str] = frozenset()  #: ids of the fields whose condition held


@dataclass(frozen=True, slots=True)
class _Surroundings:
    today: date
    zone: tzinfo
    lists: Mapping[str, Sequence[Option]]
    files: Mapping[str, StoredFile]


class _Wrong(Exception):
    """What a checker says about one answer; never leaves this module."""

    def __init__(self, rule: str, n: str | int | None = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.params: dict[str, str | int] = {} if n is None else {"n": n}


def validate(
    form: Form,
    raw: Mapping[str, Any],
    *,
    given: Mapping[str, Any],
    today: date,
    lists: Mapping[str, Sequence[Option]],
    files: Mapping[str, StoredFile] | None = None,
    zone: tzinfo = CHINA,
) -> Answers:
    """Check *raw* by *form*; one way for browsers (text, lists of text, rows as dictionaries) and programs (JSON).

    *given* is the case's data for conditions. *lists* holds the options of ``{from: departments}``. *files* are the
    uploads that answers may name, by id. *zone* is the company's: instants without offset are meant in it, and all are
    stored in it. Answers to hidden fields are dropped unread. Names that the form does not have are errors.
    """
    if not isinstance(raw, Mapping):
        return Answers({}, (FieldError("", "type"),))
    around = _Surroundings(today, zone, lists, files or {})
    visible = visible_fields(form, raw, given=given)
    data: dict[str, Any] = {}
    errors: list[FieldError] = []
    for one in form.fields:
        if isinstance(one, AnsweredField) and one.id in visible:
            _answer(one, raw.get(one.id), path=one.id, around=around, data=data, errors=errors)
    errors += _unknown(raw, {one.id for one in form.fields if isinstance(one, AnsweredField)}, prefix="")
    return Answers(data, tuple(errors), raw, visible)


def visible_fields(form: Form, raw: Mapping[str, Any], *, given: Mapping[str, Any]) -> frozenset[str]:
    """Ids of the fields to show for these answers. One pass decides, because conditions name earlier fields only."""
    visible: set[str] = set()
    seen: dict[str, Any] = {}
    for one in form.fields:
        if one.show_if is not None and not one.show_if.holds(seen, given):
            continue
        visible.add(one.id)
        if isinstance(one, AnsweredField):
            seen[one.id] = condition_value(one, raw.get(one.id))
    return frozenset(visible)


def condition_value(one: AnsweredField, raw: Any) -> Any:
    """What conditions see of a raw answer: a readable value even where a rule refuses it, else null."""
    match one:
        case YesNoField():
            return read_yes_no(raw) if one.required else bool(read_yes_no(raw))
        case NumberField():
            number = read_number(raw)
            return None if number is None or number.adjusted() > MAX_MAGNITUDE else json_number(number)
        case DateField():
            day = read_date(raw)
            return day.isoformat() if day else None
        case ChoiceField(style="checks"):
            items = [raw] if isinstance(raw, str) else raw if isinstance(raw, (list, tuple)) else []
            return [item.strip() for item in items if isinstance(item, str) and item.strip()]
        case TextField() | TextAreaField() | ChoiceField() | DateTimeField():
            return clean_text(raw, multiline=True) or None if isinstance(raw, str) else None
        case _:
            return None


def day_limit(limit: str, today: date) -> date:
    """The day that a form's ``min`` or ``max`` means today."""
    return today if limit == "today" else date.fromisoformat(limit)


def plain_number(number: float | Decimal) -> str:
    """*number* as people and HTML attributes write it: no exponent, no trailing zeros."""
    text = format(Decimal(str(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _answer(
    one: AnsweredField, raw: Any, *, path: str, around: _Surroundings, data: dict[str, Any], errors: list[FieldError]
) -> None:
    """Read one answer and put it into *data*, or what is wrong with it into *errors*."""
    try:
        if isinstance(one, RowsField):
            data[one.id] = _rows(one, raw, path=path, around=around, errors=errors)
        else:
            data[one.id] = _READERS[type(one)](one, raw, around)
    except _Wrong as wrong:
        errors.append(FieldError(path, wrong.rule, wrong.params))


def _rows(
    one: RowsField, raw: Any, *, path: str, around: _Surroundings, errors: list[FieldError]
) -> list[dict[str, Any]]:
    rows = () if raw is None else raw
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, Mapping) for row in rows[: one.max_rows]):
        raise _Wrong("type")
    if len(rows) < one.fewest:
        errors.append(FieldError(path, "rows_min", {"n": one.fewest}))
    if len(rows) > one.max_rows:
        errors.append(FieldError(path, "rows_max", {"n": one.max_rows}))
    values: list[dict[str, Any]] = []
    for number, row in enumerate(rows[: one.max_rows]):
        value: dict[str, Any] = {}
        for item in one.fields:
            item_path = f"{path}.{number}.{item.id}"
            _answer(item, row.get(item.id), path=item_path, around=around, data=value, errors=errors)
        errors += _unknown(row, {item.id for item in one.fields}, prefix=f"{path}.{number}.")
        values.append(value)
    return values


def _unknown(raw: Mapping[str, Any], known: set[str], *, prefix: str) -> list[FieldError]:
    names = [str(name)[:100] for name in raw if name not in known]
    return [FieldError(prefix + name, "unknown_field") for name in names[:_MAX_UNKNOWN]]


def _text(one: Any, raw: Any, _: _Surroundings) -> str | None:
    if raw is None:
        return _no_answer(one)
    if not isinstance(raw, str):
        raise _Wrong("type")
    # Normalising costs time in proportion to what was sent, so that far too much is refused before.
    if len(raw) > 4 * one.max_length + 1000:
        raise _Wrong("max_length", one.max_length)
    text = clean_text(raw, multiline=isinstance(one, TextAreaField))
    if not text:
        return _no_answer(one)
    if text_length(text) < one.min_length:
        raise _Wrong("min_length", one.min_length)
    if text_length(text) > one.max_length:
        raise _Wrong("max_length", one.max_length)
    if isinstance(one, TextField) and one.pattern is not None and not matches(one.pattern, text):
        raise _Wrong("pattern")
    return text


def _number(one: Any, raw: Any, _: _Surroundings) -> int | float | str | None:
    if is_empty(raw):
        return _no_answer(one)
    number = read_number(raw)
    if number is None:
        raise _Wrong("number" if isinstance(raw, str) else "type")
    if number < Decimal(str(one.lowest)):
        raise _Wrong("min", plain_number(one.lowest))
    if number > Decimal(str(one.highest)):
        raise _Wrong("max", plain_number(one.highest))
    if decimal_places(number) > one.places:
        raise _Wrong("decimals", one.places)
    return f"{number:.{one.places}f}" if one.money else json_number(number)


def _date(one: Any, raw: Any, around: _Surroundings) -> str | None:
    if is_empty(raw):
        return _no_answer(one)
    day = read_date(raw)
    if day is None:
        raise _Wrong("date" if isinstance(raw, str) else "type")
    _check_day(one, day, around)
    return day.isoformat()


def _datetime(one: Any, raw: Any, around: _Surroundings) -> str | None:
    if is_empty(raw):
        return _no_answer(one)
    moment = read_datetime(raw, around.zone)
    if moment is None:
        raise _Wrong("date" if isinstance(raw, str) else "type")
    _check_day(one, moment.date(), around)
    return datetime_text(moment)


def _check_day(one: DateField | DateTimeField, day: date, around: _Surroundings) -> None:
    earliest, latest = day_limit(one.min, around.today), day_limit(one.max, around.today)
    if day < earliest:
        raise _Wrong("date_min", earliest.isoformat())
    if day > latest:
        raise _Wrong("date_max", latest.isoformat())


def _choice(one: Any, raw: Any, around: _Surroundings) -> str | list[str] | None:
    values = [option.value for option in one.choices(around.lists)]
    if one.style == "checks":
        return _several(one, raw, values)
    if is_empty(raw):
        return _no_answer(one, rule="choose")
    if not isinstance(raw, str):
        raise _Wrong("type")
    if raw.strip() not in values:
        raise _Wrong("option")
    return raw.strip()


def _several(one: ChoiceField, raw: Any, values: Sequence[str]) -> list[str]:
    chosen = [raw] if isinstance(raw, str) else () if raw is None else raw
    if not isinstance(chosen, (list, tuple)) or not all(isinstance(item, str) for item in chosen[:_MAX_CHOSEN]):
        raise _Wrong("type")
    if len(chosen) > _MAX_CHOSEN:
        raise _Wrong("option")
    found = list(dict.fromkeys(item.strip() for item in chosen if item.strip()))
    if one.required and not found:
        raise _Wrong("choose")
    if any(item not in values for item in found):
        raise _Wrong("option")
    return found


def _yes_no(one: Any, raw: Any, _: _Surroundings) -> bool:
    if is_empty(raw):
        if one.required:
            raise _Wrong("choose")
        return False
    answer = read_yes_no(raw)
    if answer is None:
        raise _Wrong("option" if isinstance(raw, str) else "type")
    return answer


def _files(one: Any, raw: Any, around: _Surroundings) -> list[dict[str, str | int]]:
    named = [raw] if isinstance(raw, (str, Mapping)) else () if raw is None else raw
    if not isinstance(named, (list, tuple)):
        raise _Wrong("type")
    # One more than allowed is enough to tell; the rest is not looked at.
    ids = list(dict.fromkeys(_file_id(item) for item in named[: one.max_files * 2 + 1] if not is_empty(item)))
    if len(ids) > one.max_files or len(named) > one.max_files * 2:
        raise _Wrong("files_max", one.max_files)
    if one.required and not ids:
        raise _Wrong("required")
    return [_stored(one, around.files.get(key)) for key in ids]


def _file_id(item: Any) -> str:
    key = item.get("id") if isinstance(item, Mapping) else item
    if not isinstance(key, str):
        raise _Wrong("type")
    return key


def _stored(one: FilesField, stored: StoredFile | None) -> dict[str, str | int]:
    if stored is None:
        raise _Wrong("file_unknown")
    if one.accept and not stored.name.lower().endswith(one.accept):
        raise _Wrong("file_type", ", ".join(one.accept))
    if stored.size > one.max_mb * 1024 * 1024:
        raise _Wrong("file_size", one.max_mb)
    return {"id": stored.id, "name": stored.name, "size": stored.size, "type": stored.type}


def _no_answer(one: AnsweredField, rule: str = "required") -> str | None:
    if one.required:
        raise _Wrong(rule)
    return None


_READERS: Final[Mapping[type, Callable[[Any, Any, _Surroundings], Any]]] = {
    TextField: _text,
    TextAreaField: _text,
    NumberField: _number,
    DateField: _date,
    DateTimeField: _datetime,
    ChoiceField: _choice,
    YesNoField: _yes_no,
    FilesField: _files,
}
