"""Forms on pages: what a browser sends becomes raw answers, and ``_form.html`` gets ready words and values.

A page that shows a form calls ``read_answers`` (with ``uploads`` stored first), then ``press`` for a button inside the
form or else the engine's ``validate``, and ``form_context`` for ``{{ render(form, values, errors, ctx) }}``.
Names of inputs are the field's path behind a prefix, so that no field can be taken for a control of the page or of
another form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Any, Final

from werkzeug.datastructures import FileStorage, MultiDict

from engine.errors import FieldError
from engine.forms import (
    AnyField,
    ChoiceField,
    Condition,
    DateField,
    DateTimeField,
    FilesField,
    Form,
    NumberField,
    Option,
    RowsField,
    ShowField,
    StoredFile,
    YesNoField,
    visible_fields,
)
from engine.forms.answers import CHINA, day_limit, plain_number
from engine.forms.model import AnsweredField, BaseField
from engine.forms.trees import grouped
from engine.forms.values import read_datetime, read_number, read_yes_no
from engine.text import Text, in_language
from webapp.data_words import DataWords, data_words

PREFIX: Final = "f-"
ADD_ROW: Final = "_add_row"
REMOVE_ROW: Final = "_remove_row"
REMOVE_FILE: Final = "_remove_file"
REFRESH: Final = "_refresh"  #: without script: show the fields that the answers so far ask for
_MAX_ROWS_READ: Final = 200


def _(message: str) -> str:
    """Marks *message* for the catalogues; it is translated where it is shown."""
    return message


#: A sentence for every rule of ``FieldError``; ``%(n)s`` is its parameter.
SENTENCES: Final[Mapping[str, str]] = {
    "required": _("Please fill in this field."),
    "choose": _("Please make a choice."),
    "min_length": _("Please write at least %(n)s characters."),
    "max_length": _("Please write at most %(n)s characters."),
    "pattern": _("This does not have the expected format."),
    "number": _("Please enter a number."),
    "min": _("Please enter %(n)s or more."),
    "max": _("Please enter %(n)s or less."),
    "whole": _("Please enter a whole number."),
    "decimals": _("Please use at most %(n)s decimal places."),
    "date": _("Please enter a valid date."),
    "date_min": _("Please choose %(n)s or later."),
    "date_max": _("Please choose %(n)s or earlier."),
    "option": _("This option is no longer available. Please choose another."),
    "rows_min": _("Please add at least %(n)s."),
    "rows_max": _("Please keep at most %(n)s."),
    "files_max": _("Please keep at most %(n)s files."),
    "file_type": _("Only these kinds of file are accepted: %(n)s"),
    "file_size": _("A file may have at most %(n)s MB."),
    "file_unknown": _("A file is no longer stored. Please add it again."),
    "name_taken": _("Another field has this name already."),
    "unknown_field": _("This form has no such field."),
    "type": _("This value cannot be read."),
    "no_destination": _("The case cannot be taken there from this step."),
    "extended_in_another_unit": _(
        "More time was granted in another unit than this limit has in that version. Keep the limits."
    ),
    "cannot_be_skipped": _("This step cannot be skipped. Take the case to another step instead."),
    "only_branch": _("Nothing else goes on in this part. Take the case to another step instead."),
    "no_place": _("These steps have no place in that version: %(n)s. Say below where they go."),
    "clock_not_running": _("This time limit no longer runs."),
    "clock_paused": _("The clock stands already."),
    "clock_not_paused": _("Nobody has stopped the clock by hand."),
    "no_extension": _("The procedure allows no extension of this time limit."),
    "extension_asked": _("A request for more time is waiting for an answer already."),
    "no_more_extensions": _("More time has been granted as often as the procedure allows."),
    "nothing_to_publish": _("The draft is the same as what is in service."),
    "draft_moved": _("Somebody saved the draft meanwhile. Look at the changes below and send it again."),
    "draft_has_errors": _("It cannot be put into service: see the findings below."),
    "not_yourself": _("Please choose somebody else than yourself."),
    "recused": _("The case is about this person, who has to keep out of it."),
    "separated": _("This person had a hand in a step that the procedure keeps apart from this one."),
    "in_the_future": _("Please choose a moment in the future."),
    "after_its_begin": _("The end has to come after the beginning."),
    "too_long": _("This is longer than can be arranged. Hand the work over instead."),
    "absent_already": _("An absence is arranged for this time already."),
    "too_many_filters": _("You keep %(n)s filters already. Remove one first."),
    "urged_recently": _("Somebody has urged already. The next time is possible %(n)s working hours later."),
    "too_many_acts": _("That is more than one complaint needs in a day. Please try again tomorrow, or call us."),
    "parts_missing": _("The procedure wants these to be said first: %(n)s"),
    "no_such_case": _("No case has this number."),
    "same_case": _("This is the case itself."),
    "related_already": _("Both cases lead to each other already."),
    "not_related": _("The cases have nothing of this kind to do with each other."),
    "joined_already": _("One of both cases is joined to another case already."),
    "names_somebody": _("This says something that is to be erased. The reason stays for good: leave names out of it."),
    "case_ended": _("This case has ended. Link it instead."),
    "procedure_failed": _("The procedure cannot go on like that: %(n)s"),
}
#: What only the script says.
_SCRIPT_SENTENCES: Final[Mapping[str, str]] = {
    "draft_saved": _("Draft saved at %(n)s"),
    "draft_failed": _("The draft could not be saved"),
    "files_together": _("All new files together may have at most %(n)s MB. Please add them in turns."),
}


def read_answers(form: Form, post: MultiDict[str, str], *, prefix: str = PREFIX) -> dict[str, Any]:
    """Raw answers for ``engine.forms.validate`` from what a browser sent; everything else in *post* is left alone."""
    raw: dict[str, Any] = {}
    for one in form.fields:
        name = prefix + one.id
        if isinstance(one, RowsField):
            raw[one.id] = [_row(one, post, f"{name}.{index}") for index in _row_numbers(post, name)]
        elif isinstance(one, AnsweredField) and name in post:
            raw[one.id] = _sent(one, post, name)
    return raw


def uploads(form: Form, files: MultiDict[str, FileStorage], *, prefix: str = PREFIX) -> list[tuple[str, FileStorage]]:
    """New files with the id of their field. The page stores each and appends its id: ``raw[field].append(stored.id)``.

    At most one more than the form allows are returned, so that too many are refused without being stored.
    """
    return [
        (one.id, upload)
        for one in form.fields
        if isinstance(one, FilesField)
        for upload in [item for item in files.getlist(prefix + one.id) if item.filename][: one.max_files + 1]
    ]


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button inside the form was pressed: show it again with these answers, nothing is validated or saved."""

    raw: dict[str, Any]
    focus: str = ""  #: path of the field where the person goes on


def press(form: Form, post: MultiDict[str, str], raw: Mapping[str, Any], *, prefix: str = PREFIX) -> Pressed | None:
    """What a button of the form itself (add, remove, refresh) changes, or None when the form was submitted."""
    if added := post.get(ADD_ROW):
        return _add_row(form, raw, added.removeprefix(prefix))
    if removed := post.get(REMOVE_ROW):
        path, _dot, index = removed.removeprefix(prefix).rpartition(".")
        rows = raw.get(path)
        kept = [row for number, row in enumerate(rows) if str(number) != index] if isinstance(rows, list) else rows
        return Pressed({**raw, path: kept} if kept is not None else dict(raw), path)
    if removed := post.get(REMOVE_FILE):
        path, _colon, key = removed.removeprefix(prefix).partition(":")
        files = raw.get(path)
        left = [one for one in files if one != key] if isinstance(files, list) else []
        return Pressed({**raw, path: left} if path in raw else dict(raw), path)
    return Pressed(dict(raw)) if REFRESH in post else None


@dataclass(frozen=True, slots=True)
class FormContext:
    """Everything ``_form.html`` asks for; made by ``form_context``."""

    form: Form
    language: str
    gettext: Callable[[str], str]
    today: date
    zone: tzinfo
    lists: Mapping[str, Sequence[Option]]
    given: Mapping[str, Any]
    files: Mapping[str, StoredFile]
    visible: frozenset[str]
    shown: Mapping[str, str] = field(repr=False)  #: readable values of the ``show`` fields by field id
    prefix: str = PREFIX
    focus: str = ""

    def words(self, text: Text) -> str:
        return in_language(text, self.language)

    def name(self, path: str) -> str:
        """Name and id of the input for *path*."""
        return self.prefix + path

    def options(self, one: ChoiceField) -> list[tuple[str, str]]:
        return [(option.value, self.words(option.label)) for option in one.choices(self.lists)]

    def groups(self, one: ChoiceField) -> list[tuple[str, list[tuple[str, str]]]]:
        """The same under the headings of a tree; without one all of them under ""."""
        if not isinstance(one.options, tuple) or not any(option.under for option in one.options):
            return [("", self.options(one))]
        return [
            (self.words(heading or {}), [(option.value, self.words(option.label)) for option in options])
            for heading, options in grouped(one.options)
        ]

    def condition(self, condition: Condition) -> str:
        return condition.for_browser(self.given)

    def has_conditions(self) -> bool:
        return any(getattr(one, "show_if", None) for one in self.form.fields)

    def unit(self, one: NumberField) -> str:
        return one.unit if isinstance(one.unit, str) else self.words(one.unit)

    def value(self, one: AnyField, raw: Any) -> str:
        """*raw*, typed or from the case's data, as the ``value`` of an input."""
        if raw is None or isinstance(raw, (list, tuple, dict)):
            return ""
        if isinstance(one, DateTimeField) and (moment := read_datetime(raw, self.zone)):
            return moment.strftime("%Y-%m-%dT%H:%M")
        if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            return plain_number(raw)
        return str(raw)

    def chosen(self, one: AnyField, raw: Any) -> list[str]:
        """The values of the options that are marked."""
        if isinstance(one, YesNoField):
            answer = read_yes_no(raw)
            return [] if answer is None else ["true" if answer else "false"]
        return [str(item) for item in raw] if isinstance(raw, (list, tuple)) else [] if raw is None else [str(raw)]

    def number_type(self, raw: Any) -> str:
        """Browsers drop what is no number from number inputs; a text input keeps it for the person to correct."""
        return "number" if raw in (None, "") or read_number(raw) is not None else "text"

    def number_limits(self, one: NumberField) -> dict[str, str]:
        step = "1" if one.places == 0 else f"0.{'0' * (one.places - 1)}1"
        return {"min": plain_number(one.lowest), "max": plain_number(one.highest), "step": step}

    def day_limits(self, one: DateField | DateTimeField) -> dict[str, str]:
        low, high = (day_limit(limit, self.today).isoformat() for limit in (one.min, one.max))
        return (
            {"min": f"{low}T00:00", "max": f"{high}T23:59"}
            if isinstance(one, DateTimeField)
            else {"min": low, "max": high}
        )

    def rows(self, one: RowsField, raw: Any) -> list[Mapping[str, Any]]:
        """The rows to show: those there are, and empty ones up to the fewest allowed."""
        rows = [row for row in raw if isinstance(row, Mapping)] if isinstance(raw, (list, tuple)) else []
        return rows[: one.max_rows + 1] + [{}] * max(one.fewest - len(rows), 0)

    def stored(self, raw: Any) -> list[StoredFile]:
        """The stored uploads that an answer names, as ids or as values of the data."""
        items = raw if isinstance(raw, (list, tuple)) else [] if raw is None else [raw]
        keys = dict.fromkeys(str(item.get("id") if isinstance(item, Mapping) else item) for item in items)
        return [self.files[key] for key in keys if key in self.files]

    def size(self, size: int) -> str:
        """*size* in bytes as people read it."""
        kilobytes = size / 1024
        return f"{kilobytes / 1024:.1f} MB" if kilobytes >= 1000 else f"{max(kilobytes, 1):.0f} KB"  # noqa: PLR2004

    def file_rules(self, one: FilesField) -> str:
        parts = [
            ", ".join(one.accept),
            self._fill(_("at most %(n)s files"), one.max_files),
            self._fill(_("each up to %(n)s MB"), one.max_mb),
        ]
        return self._fill(_("Accepted: %(n)s"), (", " if self.language == "en" else "，").join(filter(None, parts)))

    def add_words(self, one: RowsField) -> str:
        return self._fill(_("Add: %(n)s"), self.words(one.item_label))

    def remove_words(self, name: str) -> str:
        return self._fill(_("Remove: %(n)s"), name)

    def summary_words(self, errors: Sequence[FieldError]) -> str:
        return self._fill(_("To be corrected: %(n)s"), len(errors))

    def sentence(self, error: FieldError) -> str:
        """What is wrong and what to do, in the reader's language."""
        rule = "whole" if error.rule == "decimals" and error.params.get("n") == 0 else error.rule
        return self._fill(SENTENCES[rule], error.params.get("n", ""))

    def sentences(self, errors: Iterable[FieldError]) -> dict[str, str]:
        """Path -> sentence, the first one where a field has several."""
        found: dict[str, str] = {}
        for error in errors:
            found.setdefault(error.field, self.sentence(error))
        return found

    def label_of(self, path: str) -> str:
        """The words for the field at *path*, in rows with the row's number."""
        one, index, item = self._find(path)
        if one is None:
            return path
        if isinstance(one, RowsField) and item is not None:
            return f"{self.words(one.item_label)} {index + 1} · {self.words(item.label)}"
        return self.words(one.label)

    def target(self, path: str) -> str:
        """Id of the element where the field at *path* is corrected."""
        one, _index, item = self._find(path)
        place = item or one
        grouped = isinstance(place, ChoiceField) and place.style != "select"
        grouped |= isinstance(place, YesNoField) and place.required
        return self.name(path) + ("-1" if grouped else "")

    def script_messages(self) -> dict[str, str]:
        return {rule: self.gettext(words) for rule, words in {**SENTENCES, **_SCRIPT_SENTENCES}.items()}

    def _fill(self, message: str, n: str | int) -> str:
        return self.gettext(message) % {"n": n}

    def _find(self, path: str) -> tuple[BaseField | None, int, BaseField | None]:
        top, _dot, rest = path.partition(".")
        index, _dot, leaf = rest.partition(".")
        one = next((one for one in self.form.fields if one.id == top), None)
        items = one.fields if isinstance(one, RowsField) else ()
        return one, int(index) if index.isdecimal() else 0, next((item for item in items if item.id == leaf), None)


def form_context(
    form: Form,
    values: Mapping[str, Any],
    *,
    language: str,
    gettext: Callable[[str], str],
    given: Mapping[str, Any],
    readable: Mapping[str, Any] | None = None,
    today: date,
    lists: Mapping[str, Sequence[Option]],
    files: Mapping[str, StoredFile] | None = None,
    zone: tzinfo = CHINA,
    sources: Iterable[Form] = (),
    groups: Mapping[str, str] | None = None,
    prefix: str = PREFIX,
    focus: str = "",
) -> FormContext:
    """The context to show *form* with *values*: the proposed ones, a draft's, or the raw ones of a failed submission.

    *given* is the case's data; its fields of type ``show`` read like the fields of *sources* (the procedure's forms)
    that asked for them, or like the company's *groups* (id to name). *files* are the stored
    uploads by id. *focus* is the path of the field to start in. *readable* is *given* as the reader may see it.
    """
    said = data_words(sources, groups=groups or {}, lists=lists, language=language)
    return FormContext(
        form=form,
        language=language,
        gettext=gettext,
        today=today,
        zone=zone,
        lists=lists,
        given=given,
        files=files or {},
        visible=visible_fields(form, values, given=given),
        shown=_shown(form, given if readable is None else readable, said),
        prefix=prefix,
        focus=_first_input(form, focus),
    )


def _shown(form: Form, given: Mapping[str, Any], words: DataWords) -> dict[str, str]:
    """What the case did not come by has no words and takes no place."""
    return {
        one.id: said
        for one in form.fields
        if isinstance(one, ShowField) and (said := words.value(one.source, given.get(one.source), shown_by=one))
    }


def _first_input(form: Form, path: str) -> str:
    """For a row or rows the first field in it, which can be focused; otherwise *path* itself."""
    top, _dot, index = path.partition(".")
    rows = next((one for one in form.fields if one.id == top and isinstance(one, RowsField)), None)
    return f"{top}.{index or 0}.{rows.fields[0].id}" if rows is not None else path


def _row_numbers(post: MultiDict[str, str], name: str) -> list[int]:
    pattern = re.compile(re.escape(name) + r"\.([0-9]{1,4})(?:\.|$)", re.ASCII)
    return sorted({int(found[1]) for key in post if (found := pattern.match(key))})[:_MAX_ROWS_READ]


def _row(rows: RowsField, post: MultiDict[str, str], name: str) -> dict[str, Any]:
    return {one.id: _sent(one, post, f"{name}.{one.id}") for one in rows.fields if f"{name}.{one.id}" in post}


def _sent(one: BaseField, post: MultiDict[str, str], name: str) -> str | list[str]:
    several = isinstance(one, FilesField) or (isinstance(one, ChoiceField) and one.style == "checks")
    return post.getlist(name) if several else post[name]


def _add_row(form: Form, raw: Mapping[str, Any], path: str) -> Pressed:
    rows = next((one for one in form.fields if one.id == path and isinstance(one, RowsField)), None)
    if rows is None:
        return Pressed(dict(raw))
    there = list(raw.get(path) or ())
    added = [*there, {}] if len(there) < rows.max_rows else there
    return Pressed({**raw, path: added}, f"{path}.{len(added) - 1}")
