"""From the bytes of a form's file to a ``Form``, or to a list of everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from engine.errors import EngineError
from engine.findings import Finding, Severity
from engine.forms.model import (
    FIELD_TYPES,
    AnsweredField,
    AnyField,
    BaseField,
    ChoiceField,
    Condition,
    Default,
    Definition,
    FilesField,
    Form,
    ListName,
    NumberField,
    Option,
    RowsField,
    YesNoField,
    check_options,
    is_given,
)
from engine.forms.yaml_tree import Path, Tree, YamlRefused, read_yaml


class FormRefused(EngineError):
    """A form's file is not a form. *findings* holds every problem with its line."""

    code = "form-refused"

    def __init__(self, name: str, findings: Sequence[Finding]) -> None:
        places = "; ".join(f"line {finding.line or '?'}: {finding.message}" for finding in findings[:5])
        super().__init__(f"expected {name} to be a form, found {len(findings)} problems: {places}")
        self.name, self.findings = name, tuple(findings)


def load_form(content: bytes, name: str, *, lists: Mapping[str, Sequence[Option]]) -> Form:
    """The form in *content*; *name* is its path for findings, *lists* what ``{from: …}`` may name.

    Raises FormRefused with every problem at once.
    """
    tree = _read(content, name)
    reader = _FormReader(tree, name, lists)
    form = reader.form()
    if form is None or reader.findings:
        raise FormRefused(name, sorted(reader.findings, key=lambda finding: finding.line or 0))
    return form


@dataclass(frozen=True, slots=True)
class Sketch:
    """A form as far as its file can be read: what somebody works on need not be right yet."""

    says: Mapping[str, Any]  #: the whole file, whatever it says
    fields: tuple[BaseField | None, ...]  #: one for each entry of ``fields``; None = it cannot be read
    findings: tuple[Finding, ...]


def sketch_form(content: bytes, name: str, *, lists: Mapping[str, Sequence[Option]]) -> Sketch:
    """The readable part of a form, with what is wrong with the rest. Raises FormRefused where nothing can be read."""
    tree = _read(content, name)
    reader = _FormReader(tree, name, lists)
    if not isinstance(tree.value, dict):
        raise FormRefused(name, [Finding("form-bad-value", Severity.ERROR, _NO_FORM, name, 1)])
    fields, _ = reader.parts()
    return Sketch(
        tree.value, tuple(each if isinstance(each, BaseField) else None for each in fields), tuple(reader.findings)
    )


def load_lists(content: bytes, name: str) -> dict[str, tuple[Option, ...]]:
    """The named lists of options in a ``lists.yaml``: list name -> options. Raises FormRefused."""
    tree = _read(content, name)
    reporter = _Reporter(tree, name)
    if not isinstance(tree.value, dict):
        reporter.report("form-bad-value", (), "expected names of lists with their options")
    lists: dict[str, tuple[Option, ...]] = {}
    for key, value in tree.value.items() if isinstance(tree.value, dict) else ():
        try:
            lists[key] = TypeAdapter(tuple[Option, ...]).validate_python(value, strict=True)
            check_options(lists[key])
        except ValidationError as error:
            reporter.report_all(error, (key,), key)
        except ValueError as error:
            reporter.report("form-bad-value", (key,), f"list {key!r}: {error}", element=key)
    if reporter.findings:
        raise FormRefused(name, reporter.findings)
    return lists


def _read(content: bytes, name: str) -> Tree:
    try:
        return read_yaml(content)
    except YamlRefused as refused:
        raise FormRefused(
            name, [Finding("form-yaml", Severity.ERROR, refused.message, name, refused.line)]
        ) from refused


_NO_FORM: Final = "expected a form with id, title and fields"
_FIELD: Final[TypeAdapter[BaseField]] = TypeAdapter(AnyField)


class _Reporter:
    """Collects findings about one file."""

    def __init__(self, tree: Tree, name: str) -> None:
        self.tree, self.name = tree, name
        self.findings: list[Finding] = []

    def report(self, rule: str, path: Path, message: str, *, element: str | None = None, **params: str) -> None:
        line = self.tree.line(path)
        self.findings.append(Finding(rule, Severity.ERROR, message, self.name, line, element, params))

    def report_all(self, error: ValidationError, path: Path, element: str | None) -> None:
        details = {self._place(path, detail["loc"]): detail for detail in reversed(error.errors(include_url=False))}
        for place, detail in reversed(details.items()):
            # Where something inside is wrong, the other ways in which the whole might have been read do not matter.
            if any(other[: len(place)] == place for other in details if other != place):
                continue
            inside = ".".join(map(str, place[len(path) :])) or "the form"
            rule, message = _explain(detail, inside, self._known_keys(place))
            where = f"field {element!r}: " if element else ""
            self.report(rule, place, where + message, element=element, key=str(place[-1]) if place else "")

    def _place(self, path: Path, location: tuple[str | int, ...]) -> Path:
        """*location* of pydantic as a path in the file: names of union members do not occur there."""
        place = path
        for index, step in enumerate(location):
            value = _at(self.tree.value, place)
            last = index == len(location) - 1
            if (isinstance(value, dict) and step in value) or (isinstance(value, tuple) and isinstance(step, int)):
                place = (*place, step)
            elif last and isinstance(value, dict) and isinstance(step, str):
                place = (*place, step)  # a missing key: the line of the mapping that lacks it
        return place

    def _known_keys(self, place: Path) -> list[str]:
        """The keys that may stand beside the last one of *place*."""
        around = _at(self.tree.value, place[:-1])
        kind = around.get("type") if isinstance(around, dict) else None
        if isinstance(kind, str) and kind in FIELD_TYPES:
            return _names(FIELD_TYPES[kind])
        if len(place) == 1:
            return _names(Form)
        if "default" in place:
            return _names(Default)
        return _names(Option) if "options" in place else _names(Condition)


class _FormReader(_Reporter):
    def __init__(self, tree: Tree, name: str, lists: Mapping[str, Sequence[Option]]) -> None:
        super().__init__(tree, name)
        self._lists = lists

    def form(self) -> Form | None:
        if not isinstance(self.tree.value, dict):
            self.report("form-bad-value", (), _NO_FORM)
            return None
        return self.parts()[1]

    def parts(self) -> tuple[list[BaseField | str], Form | None]:
        """Every field or its name, and the form of the readable ones."""
        raw = self.tree.value
        fields = self._fields(raw.get("fields"))
        form = self._whole(raw, [field for field in fields if isinstance(field, BaseField)])
        self._check_together(fields)
        return fields, form

    def _fields(self, raw: Any) -> list[BaseField | str]:
        """Every field, or the id of one that is broken; each is read alone so that one fault hides no other."""
        found: list[BaseField | str] = []
        for index, item in enumerate(raw if isinstance(raw, tuple) else ()):
            try:
                found.append(_FIELD.validate_python(item, context={"lists": self._lists}))
            except ValidationError as error:
                identity = item.get("id") if isinstance(item, dict) else None
                element = identity if isinstance(identity, str) else f"#{index + 1}"
                self.report_all(error, ("fields", index), element)
                found.append(element)
        return found

    def _whole(self, raw: dict[str, Any], fields: Iterable[BaseField]) -> Form | None:
        readable = tuple(fields)
        # Faults inside the fields are reported already; with a sound field in their place only the rest is judged.
        is_list = isinstance(raw.get("fields"), tuple) and raw["fields"]
        head = {**raw, "fields": readable or (_PLACEHOLDER,)} if is_list else raw
        self._check_name(raw.get("id"))
        try:
            return Form.model_validate(head)
        except ValidationError as error:
            self.report_all(error, (), None)
            return None

    def _check_name(self, identity: Any) -> None:
        file = PurePosixPath(self.name)
        if file.suffix == ".yaml" and isinstance(identity, str) and file.stem != identity:
            message = f"expected the id {file.stem!r} as the file is called, found {identity!r}; make them the same"
            self.report("form-id-differs", ("id",), message)

    def _check_together(self, fields: Sequence[BaseField | str]) -> None:
        earlier: dict[str, BaseField | None] = {}
        for index, field in enumerate(fields):
            identity = field if isinstance(field, str) else field.id
            if identity in earlier:
                message = f"field {identity!r} occurs twice; give the second one another id"
                self.report("form-duplicate-id", ("fields", index, "id"), message, element=identity)
            self._check_condition(getattr(field, "show_if", None), index, identity, earlier)
            earlier[identity] = None if isinstance(field, str) else field

    def _check_condition(
        self, show_if: Condition | None, index: int, element: str, earlier: Mapping[str, BaseField | None]
    ) -> None:
        for part in show_if.fields() if show_if is not None else ():
            if problem := _condition_problem(part, earlier):
                message = f"field {element!r}: show_if {problem}"
                self.report("form-condition", ("fields", index, "show_if"), message, element=element)


_PLACEHOLDER: Final = {"id": "placeholder", "type": "section", "label": {"zh-Hans": "-", "en": "-"}}


def _condition_problem(part: Condition, earlier: Mapping[str, BaseField | None]) -> str | None:
    """Why a comparison can never be right, or None, also where the earlier field itself is broken (None)."""
    name = part.field or ""
    if is_given(name):
        return None
    if name not in earlier:
        known = [*earlier, *(f"given.{one}" for one in earlier)]
        return f"expected an earlier field or given.<name>, found {name!r}{_guess(name, known)}"
    field = earlier[name]
    if field is None:
        return None
    if not isinstance(field, AnsweredField) or isinstance(field, (FilesField, RowsField)):
        return f"names {name!r}, which is no field that conditions can compare"
    if (part.gte is not None or part.lte is not None) and not isinstance(field, NumberField):
        return f"compares {name!r} by size, which only numbers have"
    expected = part.in_ if part.in_ is not None else (part.is_,) if "is_" in part.model_fields_set else ()
    return next((problem for value in expected if (problem := _value_problem(field, value))), None)


def _value_problem(field: BaseField, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(field, YesNoField):
        return None if isinstance(value, bool) else f"expected true or false for {field.id!r}, found {value!r}"
    if isinstance(field, NumberField):
        sound = isinstance(value, (int, float)) and not isinstance(value, bool)
        return None if sound else f"expected a number for {field.id!r}, found {value!r}"
    if not isinstance(value, str):
        return f"expected text for {field.id!r}, found {value!r}; put it in quotes"
    if isinstance(field, ChoiceField) and not isinstance(field.options, ListName):
        values = [option.value for option in field.choices({})]
        if value not in values:
            return f"expected an option of {field.id!r}, found {value!r}{_guess(value, values)}"
    return None


def _explain(detail: ErrorDetails, key: str, known: Sequence[str]) -> tuple[str, str]:
    """Rule and sentence for one of pydantic's errors about *key*; *known* are the keys that may stand there."""
    found = _short(detail.get("input"))
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            guess = _guess(key.rpartition(".")[2], known)
            return "form-unknown-key", f"{key!r} is not known here{guess or '; delete it'}"
        case "missing":
            return "form-missing-key", f"{key!r} is missing; add it"
        case "union_tag_not_found":
            return "form-missing-key", f"'type' is missing; add one of: {', '.join(FIELD_TYPES)}"
        case "union_tag_invalid":
            kind = str(context.get("tag", ""))
            allowed = str(context.get("expected_tags", "")).replace("'", "")
            guess = _guess(kind, allowed.split(", "))
            return "form-unknown-type", f"there is no type {kind!r} here{guess}; there are: {allowed}"
        case "value_error":
            return "form-bad-value", f"{key}: {context.get('error', detail['msg'])}"
        case "literal_error":
            allowed = str(context.get("expected", ""))
            words = allowed.replace(" or ", ", ").replace("'", "").split(", ")
            return "form-bad-value", f"{key}: expected {allowed}, found {found}{_guess(str(detail['input']), words)}"
        case "too_short":
            return "form-bad-value", f"{key}: expected at least {context.get('min_length')} entries, found {found}"
        case "too_long":
            return "form-bad-value", f"{key}: expected at most {context.get('max_length')} entries, found more"
        case kind:
            expected = _EXPECTED.get(kind) or detail["msg"].removeprefix("Input should be ")
            return "form-bad-value", f"{key}: expected {expected}, found {found}"


_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "text (in quotes if it looks like a number or true)",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "tuple_type": "a list",
    "dict_type": "a table, e.g. { zh-Hans: …, en: … }",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def _names(definition: type[Definition]) -> list[str]:
    return [field.alias or name for name, field in definition.model_fields.items()]


def _guess(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word[:80], list(known)[:600], n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004 -- one line of a message


def _at(value: Any, path: Path) -> Any:
    for step in path:
        inside = isinstance(step, int) and step < len(value) if isinstance(value, tuple) else False
        if not inside and not (isinstance(value, dict) and step in value):
            return None
        value = value[step]
    return value
