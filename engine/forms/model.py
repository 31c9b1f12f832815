"""What a form is: the definitions behind ``docs/procedure-packages.md``, Forms. Immutable once read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from engine.forms.patterns import MAX_LENGTH, pattern_problem
from engine.forms.trees import leaves, tree_problem, with_ways
from engine.forms.values import MAX_MAGNITUDE, NUMBER, json_number, read_date, read_number
from engine.text import LANGUAGES

#: The one list of options that is not in a file: the company's groups with ``department = true``.
DEPARTMENTS: Final = "departments"
#: Words that FEEL keeps for itself; a field of this name could not be used in any condition of a diagram.
_FEEL_WORDS: Final = frozenset(
    {"and", "between", "else", "every", "external", "false", "for", "function", "if", "in", "instance", "not", "null"}
    | {"of", "or", "return", "satisfies", "some", "then", "true"}
)
_MAX_OPTIONS: Final = 500
_GIVEN: Final = re.compile(r"given\.[a-z][a-z0-9_]{0,59}", re.ASCII)

Width = Literal[3, 4, 6, 8, 12]
Limit = Annotated[float, Field(ge=-(10**15), le=10**15, allow_inf_nan=False)]


def _field_id(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", value, re.ASCII):
        raise ValueError("expected small letters, digits and _, a letter first, at most 60")
    if value in _FEEL_WORDS:
        raise ValueError("this word belongs to the expression language; choose another id")
    return value


def _words(value: dict[str, str]) -> dict[str, str]:
    if unknown := [tag for tag in value if tag not in LANGUAGES]:
        raise ValueError(f"expected the languages {', '.join(LANGUAGES)}, found {_some(unknown)}")
    if not value.get("en", "").strip():
        raise ValueError("expected words in 'en' too")
    if not any(value.get(tag, "").strip() for tag in ("zh-Hans", "zh-Hant")):
        raise ValueError("expected words in 'zh-Hans' (or 'zh-Hant') too")
    return value


def _day(value: str) -> str:
    if value != "today" and read_date(value) is None:
        raise ValueError("expected 'today' or a date like 2026-01-31")
    return value


FieldId = Annotated[str, AfterValidator(_field_id)]
Label = Annotated[dict[str, Annotated[str, Field(max_length=500)]], AfterValidator(_words)]
Day = Annotated[str, AfterValidator(_day)]


class Definition(BaseModel):
    """Common to all parts: nothing unknown, nothing converted silently, never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Option(Definition):
    """One thing to choose. *value* goes into the data, *label* is for people."""

    value: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
    label: Label
    under: Annotated[str, Field(max_length=100)] = ""  #: value of the option it stands under, which is a heading then
    gone: bool = False  #: nobody chooses it any more; where it was chosen it still reads


class Condition(Definition):
    """When a field is shown: one comparison of an earlier field, or ``all``/``any`` of more conditions."""

    field: str | None = None
    is_: str | bool | int | float | None = Field(None, alias="is")
    in_: tuple[str | bool | int | float, ...] | None = Field(None, alias="in", min_length=1, max_length=200)
    gte: Limit | None = None
    lte: Limit | None = None
    all: tuple[Condition, ...] | None = Field(None, min_length=1, max_length=20)
    any: tuple[Condition, ...] | None = Field(None, min_length=1, max_length=20)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Condition:
        given = self.model_fields_set
        comparisons = given & {"is_", "in_", "gte", "lte"}
        groups = given & {"all", "any"}
        alone = len(groups) == 1 and len(given) == 1
        compared = "field" in given and (len(comparisons) == 1 or comparisons == {"gte", "lte"}) and not groups
        if not alone and not compared:
            raise ValueError("expected 'field' with one of is, in, gte, lte, or 'all' or 'any' alone")
        return self

    def holds(self, answers: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
        """Whether it is true. *answers* as ``condition_value`` makes them; what is not there counts as null."""
        if self.all is not None:
            return all(part.holds(answers, given) for part in self.all)
        if self.any is not None:
            return any(part.holds(answers, given) for part in self.any)
        name = self.field or ""
        return self._compare(given.get(name[6:]) if name.startswith("given.") else answers.get(name))

    def for_browser(self, given: Mapping[str, Any]) -> str:
        """The condition as JSON for the page. Data of the case is decided here and does not leave the server."""
        return json.dumps(self._resolved(given), ensure_ascii=False, separators=(",", ":"))

    def fields(self) -> Iterator[Condition]:
        """Every comparison in it, itself included."""
        if self.field is not None:
            yield self
        for part in (*(self.all or ()), *(self.any or ())):
            yield from part.fields()

    def _compare(self, value: Any) -> bool:
        if self.in_ is not None:
            return any(_same(value, expected) for expected in self.in_)
        if "is_" in self.model_fields_set:
            return _same(value, self.is_)
        number = None if isinstance(value, (list, dict)) else _number(value)
        if number is None:
            return False
        return (self.gte is None or number >= self.gte) and (self.lte is None or number <= self.lte)

    def _resolved(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for name, parts in (("all", self.all), ("any", self.any)):
            if parts is not None:
                return {name: [part._resolved(given) for part in parts]}  # noqa: SLF001 -- its own kind
        if self.field is not None and self.field.startswith("given."):
            return {"all" if self.holds({}, given) else "any": []}
        return {
            type(self).model_fields[name].alias or name: getattr(self, name) for name in sorted(self.model_fields_set)
        }


def _same(value: Any, expected: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_same(item, expected) for item in value)
    if isinstance(expected, bool) or isinstance(value, bool) or expected is None or value is None:
        return value is expected
    if isinstance(expected, (int, float)):
        return _number(value) == expected
    return bool(value == expected)


def _number(value: Any) -> int | float | None:
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    number = read_number(value)
    return None if number is None or number.adjusted() > MAX_MAGNITUDE else json_number(number)


class Default(Definition):
    """What an empty field proposes: an answer given earlier in the case."""

    data: FieldId


class BaseField(Definition):
    id: FieldId
    label: Label
    hint: Label | None = None
    width: Width = 12  #: of twelve columns


class PlacedField(BaseField):
    show_if: Condition | None = None


class AnsweredField(PlacedField):
    required: bool = False
    personal: bool = False  #: kept apart from the history's hashes, so that it can be erased


class SectionField(PlacedField):
    """A heading."""

    type: Literal["section"]


class ListName(Definition):
    """Options that stay a name until the form is used."""

    from_: str = Field(alias="from")


class ShowField(PlacedField):
    """Read only: an answer given earlier, by default the one of the same id, or what a table or script computed.

    *options* say how computed values read. An answer that a form asked for reads as that form says.
    """

    type: Literal["show"]
    data: FieldId | None = None
    options: tuple[Option, ...] | ListName | None = None

    @field_validator("options", mode="before")
    @classmethod
    def _look_up(cls, value: Any, info: ValidationInfo) -> Any:
        return None if value is None else _looked_up(value, info)

    @field_validator("options")
    @classmethod
    def _values_differ(cls, value: tuple[Option, ...] | ListName | None) -> tuple[Option, ...] | ListName | None:
        if isinstance(value, tuple):
            check_options(value)
        return value

    @property
    def source(self) -> str:
        """The name in the case's data."""
        return self.data or self.id

    def labelled(self, lists: Mapping[str, Sequence[Option]]) -> Sequence[Option]:
        """The values with a label of their own; *lists* as for ``ChoiceField.choices``."""
        return _labelled(self.options, lists) if self.options else ()


class TextField(AnsweredField):
    type: Literal["text"]
    min_length: int = Field(0, ge=0, le=4000)
    max_length: int = Field(200, ge=1, le=4000)
    pattern: str | None = Field(None, min_length=1, max_length=200)
    inputmode: Literal["text", "tel", "email", "numeric", "decimal", "url"] | None = None
    autocomplete: Literal["off", "name", "tel", "email", "organization", "street-address", "postal-code"] | None = None
    default: Default | None = None

    @field_validator("pattern")
    @classmethod
    def _is_portable(cls, value: str | None) -> str | None:
        if value is not None and (problem := pattern_problem(value)):
            raise ValueError(f"the pattern {problem}")
        return value

    @model_validator(mode="after")
    def _lengths_fit(self) -> TextField:
        if self.pattern is not None and self.max_length > MAX_LENGTH:
            raise ValueError(f"expected max_length of at most {MAX_LENGTH} where there is a pattern")
        _in_order(self.min_length, self.max_length, "min_length", "max_length")
        return self


class TextAreaField(AnsweredField):
    type: Literal["textarea"]
    min_length: int = Field(0, ge=0, le=20_000)
    max_length: int = Field(4000, ge=1, le=20_000)
    default: Default | None = None

    @model_validator(mode="after")
    def _lengths_fit(self) -> TextAreaField:
        _in_order(self.min_length, self.max_length, "min_length", "max_length")
        return self


class NumberField(AnsweredField):
    """A number; with *money* its value in the data is decimal text with exactly *decimals* places."""

    type: Literal["number"]
    min: Limit | None = None
    max: Limit | None = None
    decimals: int | None = Field(None, ge=0, le=6)
    unit: Annotated[str, Field(max_length=20)] | Label = ""
    money: bool = False
    default: Default | None = None

    @property
    def places(self) -> int:
        """Digits after the point: 0, for money 2, unless the form says otherwise."""
        return self.decimals if self.decimals is not None else 2 if self.money else 0

    @property
    def lowest(self) -> float:
        return self.min if self.min is not None else -self._bound

    @property
    def highest(self) -> float:
        return self.max if self.max is not None else self._bound

    @property
    def _bound(self) -> int:
        # Fifteen digits survive in every JSON number; a limit that the browser knows too keeps both in step.
        return int(10 ** (15 - self.places) - 1)

    @model_validator(mode="after")
    def _limits_fit(self) -> NumberField:
        for name, limit in (("min", self.min), ("max", self.max)):
            # Browsers count steps from min: with more places than allowed no answer would be right.
            if limit is not None and round(limit, self.places) != limit:
                raise ValueError(f"expected {name} with at most {self.places} decimals, found {limit}")
            if limit is not None and abs(limit) > self._bound:
                raise ValueError(f"expected {name} between {-self._bound} and {self._bound}, found {limit}")
        _in_order(self.lowest, self.highest, "min", "max")
        return self


class DateField(AnsweredField):
    type: Literal["date"]
    min: Day = "1900-01-01"
    max: Day = "2199-12-31"
    default: Default | None = None


class DateTimeField(AnsweredField):
    """An instant, to the minute. *min* and *max* are days; the whole day counts."""

    type: Literal["datetime"]
    min: Day = "1900-01-01"
    max: Day = "2199-12-31"
    default: Default | None = None


class ChoiceField(AnsweredField):
    """One of several options; with style ``checks`` any number of them."""

    type: Literal["choice"]
    style: Literal["select", "radio", "checks"] = "select"
    options: tuple[Option, ...] | ListName
    default: Default | None = None

    @field_validator("options", mode="before")
    @classmethod
    def _look_up(cls, value: Any, info: ValidationInfo) -> Any:
        return _looked_up(value, info)

    @field_validator("options")
    @classmethod
    def _values_differ(cls, value: tuple[Option, ...] | ListName) -> tuple[Option, ...] | ListName:
        if isinstance(value, tuple):
            check_options(value)
        return value

    def choices(self, lists: Mapping[str, Sequence[Option]]) -> Sequence[Option]:
        """What can be chosen; *lists* holds the departments where the field asks for them."""
        return _choices(self.options, lists)

    def labelled(self, lists: Mapping[str, Sequence[Option]]) -> Sequence[Option]:
        """Everything that may stand in the data: headings and what is gone too, each with the way to it."""
        return _labelled(self.options, lists)


def _looked_up(value: Any, info: ValidationInfo) -> Any:
    """Put the options of a named list in place; only the departments stay a name."""
    if not isinstance(value, dict):
        return _options(value)
    name = value.get("from")
    lists: Mapping[str, Sequence[Option]] = (info.context or {}).get("lists", {})
    if set(value) != {"from"} or not isinstance(name, str):
        raise ValueError("expected a list of options or { from: name of a list }")
    if name == DEPARTMENTS:
        return ListName.model_validate(value)
    if name not in lists:
        raise ValueError(f"expected the name of a list, found {name!r}; there are: {_some([DEPARTMENTS, *lists])}")
    return tuple(lists[name])


def _choices(options: tuple[Option, ...] | ListName, lists: Mapping[str, Sequence[Option]]) -> Sequence[Option]:
    return lists.get(options.from_, ()) if isinstance(options, ListName) else leaves(options)


def _labelled(options: tuple[Option, ...] | ListName, lists: Mapping[str, Sequence[Option]]) -> Sequence[Option]:
    return lists.get(options.from_, ()) if isinstance(options, ListName) else with_ways(options)


def _options(value: Any) -> Any:
    if not isinstance(value, (tuple, list)):
        raise ValueError("expected a list of options or { from: name of a list }")  # noqa: TRY004 -- pydantic's way
    return tuple(value)


def check_options(options: Sequence[Option]) -> None:
    """Raise ValueError unless there are 1 to 500, each value occurs once and those under others make a tree."""
    if not 1 <= len(options) <= _MAX_OPTIONS:
        raise ValueError(f"expected 1 to {_MAX_OPTIONS} options, found {len(options)}")
    values = [option.value for option in options]
    if twice := {value for value in values if values.count(value) > 1}:
        raise ValueError(f"expected every value once, found more of: {_some(sorted(twice))}")
    if problem := tree_problem(options):
        raise ValueError(problem)
    if not leaves(options):
        raise ValueError("expected an option that can be chosen, found only headings and what is gone")


class YesNoField(AnsweredField):
    """True or false. Required means that one of them must be chosen; otherwise a box that is empty means false."""

    type: Literal["yesno"]
    default: Default | None = None


class FilesField(AnsweredField):
    type: Literal["files"]
    accept: tuple[Annotated[str, Field(pattern=r"^\.[a-z0-9]{1,10}$")], ...] = Field((), max_length=30)
    max_files: int = Field(10, ge=1, le=20)
    max_mb: int = Field(20, ge=1, le=100)


ItemField = Annotated[
    TextField | TextAreaField | NumberField | DateField | DateTimeField | ChoiceField | YesNoField,
    Field(discriminator="type"),
]


class RowsField(AnsweredField):
    """The same few fields as often as needed. Required means at least one row."""

    type: Literal["rows"]
    item_label: Label
    min_rows: int = Field(0, ge=0, le=100)
    max_rows: int = Field(50, ge=1, le=100)
    fields: tuple[ItemField, ...] = Field(min_length=1, max_length=20)

    @property
    def fewest(self) -> int:
        return max(self.min_rows, int(self.required))

    @model_validator(mode="after")
    def _rows_fit(self) -> RowsField:
        _in_order(self.fewest, self.max_rows, "min_rows", "max_rows")
        ids = [field.id for field in self.fields]
        if twice := {one for one in ids if ids.count(one) > 1}:
            raise ValueError(f"expected every field once, found more of: {_some(sorted(twice))}")
        if conditional := [field.id for field in self.fields if field.show_if or getattr(field, "default", None)]:
            raise ValueError(f"fields of rows have no show_if and no default; take it from: {_some(conditional)}")
        return self


AnyField = Annotated[
    SectionField
    | ShowField
    | TextField
    | TextAreaField
    | NumberField
    | DateField
    | DateTimeField
    | ChoiceField
    | YesNoField
    | FilesField
    | RowsField,
    Field(discriminator="type"),
]
#: The word after ``type:`` and what it means.
FIELD_TYPES: Final[Mapping[str, type[BaseField]]] = {
    "section": SectionField,
    "show": ShowField,
    "text": TextField,
    "textarea": TextAreaField,
    "number": NumberField,
    "date": DateField,
    "datetime": DateTimeField,
    "choice": ChoiceField,
    "yesno": YesNoField,
    "files": FilesField,
    "rows": RowsField,
}


class Form(Definition):
    """One form. Made by ``load_form``, which also checks what only all fields together can tell."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")
    title: Label
    intro: Label | None = None  #: a sentence above the fields
    fields: tuple[AnyField, ...] = Field(min_length=1, max_length=200)


def looks_back(form: Form) -> bool:
    """Whether what is asked depends on the case's data."""
    conditions = (field.show_if for field in form.fields if field.show_if is not None)
    return any(is_given(part.field or "") for condition in conditions for part in condition.fields())


def fields_of(form: Form) -> tuple[str, ...]:
    """Ids of everything that is answered, in order; fields of rows follow as ``"products.quantity"``."""
    return tuple(path for path, _ in answered(form))


def personal_fields(form: Form) -> frozenset[str]:
    """Ids of the answers to keep apart, as ``fields_of`` writes them. Personal rows include their fields."""
    return frozenset(path for path, field in answered(form) if field.personal)


def phone_fields(form: Form) -> tuple[str, ...]:
    """Ids of the fields that ask for a telephone number."""
    return tuple(one.id for one in form.fields if isinstance(one, TextField) and one.inputmode == "tel")


def answered(form: Form) -> Iterator[tuple[str, AnsweredField]]:
    """Every field with an answer and its path."""
    for field in form.fields:
        if isinstance(field, AnsweredField):
            yield field.id, field
        if isinstance(field, RowsField):
            for item in field.fields:
                path = f"{field.id}.{item.id}"
                yield path, item.model_copy(update={"personal": True}) if field.personal else item


def is_given(name: str) -> bool:
    """Whether a condition's field name means data of the case."""
    return _GIVEN.fullmatch(name) is not None


def _in_order(low: float, high: float, low_name: str, high_name: str) -> None:
    if low > high:
        raise ValueError(f"expected {low_name} not above {high_name}, found {low} and {high}")


def _some(words: Sequence[str]) -> str:
    shown = words[:10]
    return ", ".join(shown) + (" …" if len(words) > len(shown) else "")
