"""The builder of forms: fields arranged on the form itself, with what each one asks beside it.

The page carries the whole file; every press sends it along and gets it back with one thing changed. Nothing is kept
here until somebody saves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.drafts import DraftMoved, save_file
from engine.deployments import Deployment, DraftFiles
from engine.errors import FieldError, NotFound, PackageRefused
from engine.findings import Finding
from engine.forms import Form, FormRefused, RowsField, validate
from engine.forms.answers import CHINA
from engine.forms.arranging import Place, with_copy, with_field, with_keys, with_moved, without_field
from engine.forms.model import BaseField, PlacedField
from engine.forms.reading import Sketch, sketch_form
from engine.procedures import Reading, read_files
from engine.procedures.form_files import lists_of
from engine.procedures.intake import option_lists
from engine.text import Text, whole_number
from webapp.access import actor, for_staff, site
from webapp.editor_choices import fields_of_reading
from webapp.field_form import (
    KINDS,
    WIDTHS,
    Around,
    form_of_field,
    form_of_form,
    free_name,
    keys_of,
    new_field,
    values_of,
)
from webapp.filled_forms import form_page
from webapp.finding_words import finding_view
from webapp.form_pages import FormContext, form_context, press, read_answers
from webapp.pages.drafts import edited, findings_of
from webapp.shell import current_translator, language, words

blueprint = Blueprint("form_builder", __name__, url_prefix="/workshop/<procedure>/forms")

#: The form as a whole, where a place of a field is asked for.
WHOLE: Final = "form"
_PLACE: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?")
_NEW: Final = """\
id: {name}
title: {{ zh-Hans: "新表单", zh-Hant: "新表單", en: "New form" }}
fields:
  - {{ id: remark, type: textarea, required: true, label: {{ zh-Hans: "说明", zh-Hant: "說明", en: "Remark" }} }}
"""
_ROW: Final = 12  #: columns


@dataclass(frozen=True)
class _Work:
    """The form as it stands on the page."""

    name: str
    content: bytes
    kept: DraftFiles
    reading: Reading  #: of the draft with it
    sketch: Sketch
    lists: Mapping[str, Sequence[Any]]

    @property
    def says(self) -> Sequence[Any]:
        found = self.sketch.says.get("fields")
        return found if isinstance(found, tuple) else ()

    def at(self, place: str) -> Mapping[str, Any]:
        """What the file says of the field at *place*; of the whole form otherwise."""
        if place == WHOLE:
            return self.sketch.says
        top, _, inner = place.partition(".")
        found = _nth(self.says, top)
        if inner and isinstance(found, Mapping):
            found = _nth(found.get("fields"), inner)
        if not isinstance(found, Mapping):
            raise NotFound("field", place[:20])
        return found

    def field(self, place: str) -> BaseField | None:
        """The field at *place* where it can be read."""
        if place == WHOLE:
            return None
        top, _, inner = place.partition(".")
        found: BaseField | None = _nth(self.sketch.fields, top)
        return _nth(found.fields, inner) if inner and isinstance(found, RowsField) else None if inner else found

    def beside(self, place: str) -> list[str]:
        """Names of the fields around *place*."""
        says = self.says if "." not in place else self.at(place.partition(".")[0]).get("fields", ())
        return [str(each.get("id")) for each in says if isinstance(each, Mapping)]


@blueprint.get("/<form>")
@for_staff
def show(procedure: str, form: str) -> str:
    kept = edited(procedure)
    content = kept.files.get(_path(form), new_form(form))
    return _page(procedure, kept, form, content, chosen=request.args.get("field", WHOLE))


def new_form(name: str) -> bytes:
    """A form as somebody begins with it."""
    return _NEW.format(name=name).encode()


@blueprint.post("/<form>")
@for_staff
def work(procedure: str, form: str) -> str | tuple[str, int] | Response:
    """Do one thing: first what was answered about the chosen field, then ``do``, e.g. ``move:3:1`` or ``save``."""
    kept = edited(procedure)
    content = request.form.get("content", "").replace("\r\n", "\n").encode(errors="replace")
    found = _read(form, content, kept)
    if not isinstance(found, _Work):
        return _page(procedure, kept, form, content, chosen=WHOLE), 422
    of = request.form.get("of", "")
    if of:
        found, answers = _answered(found, of)
        if answers:
            return _page(procedure, kept, form, found.content, chosen=of, answers=answers), answers.status
    verb, _, rest = request.form.get("do", "look").partition(":")
    if verb == "save":
        return _save(procedure, found, of or WHOLE)
    content, chosen = _VERBS.get(verb, _look)(found, rest.split(":"), of or WHOLE)
    return _page(procedure, kept, form, content, chosen=chosen)


# ---- what can be done -----------------------------------------------------------------------------------------------


def _look(found: _Work, _said: list[str], of: str) -> tuple[bytes, str]:
    return found.content, of


def _choose(found: _Work, said: list[str], _of: str) -> tuple[bytes, str]:
    return found.content, said[0]


def _add(found: _Work, said: list[str], of: str) -> tuple[bytes, str]:
    """``add:number`` behind the chosen field, ``add:number:3`` so that it stands there."""
    kind = said[0] if said[0] in KINDS else "text"
    if len(said) > 1:
        place = said[1]
    elif of == WHOLE:
        place = str(len(found.says))
    else:
        place = _next(of)
    if "." in place and not KINDS[kind].in_rows:
        place = _next(place.partition(".")[0])
    fields, index = _inside(place)
    if not isinstance(_value(found, fields), tuple):  # a form, or rows, without any
        return with_keys(found.content, fields[:-1], {"fields": [new_field(kind, ())]}), place
    index = min(index, len(_value(found, fields)))
    place = ".".join([*map(str, fields[1:-1:2]), str(index)])
    return with_field(found.content, fields, index, new_field(kind, found.beside(place))), place


def _move(found: _Work, said: list[str], of: str) -> tuple[bytes, str]:
    """``move:3:1``: the field at 3 comes to stand at 1, counted without itself."""
    place, to = said[0], whole_number(said[1] if len(said) > 1 else "")
    fields, index = _inside(place)
    there = _value(found, fields)
    if to is None or not isinstance(there, tuple):
        return found.content, of
    to = min(to, len(there) - 1)
    return with_moved(found.content, (*fields, index), to), _beside(place, to)


def _step(found: _Work, said: list[str], of: str) -> tuple[bytes, str]:
    """``step:up:3``: one row up or down, one place left or right."""
    way, place = said[0], said[1] if len(said) > 1 else of
    fields, index = _inside(place)
    there = _value(found, fields)
    if not isinstance(there, tuple) or not 0 <= index < len(there):
        return found.content, of
    to = stepped([_width(each) for each in there], index, way)
    return with_moved(found.content, (*fields, index), to), _beside(place, to)


def _copy(found: _Work, said: list[str], _of: str) -> tuple[bytes, str]:
    place = said[0]
    name = free_name(str(found.at(place).get("id", "field")), found.beside(place))
    fields, index = _inside(place)
    return with_copy(found.content, (*fields, index), name), _next(place)


def _remove(found: _Work, said: list[str], of: str) -> tuple[bytes, str]:
    place = said[0]
    fields, index = _inside(place)
    left = len(_value(found, fields) or ()) - 1
    if left < 1:
        return found.content, of
    return without_field(found.content, (*fields, index)), _beside(place, min(index, left - 1))


def _widen(found: _Work, said: list[str], of: str) -> tuple[bytes, str]:
    """``width:4:3``: the field at 3 takes four of twelve columns."""
    width, place = whole_number(said[0]), said[1] if len(said) > 1 else of
    if width not in WIDTHS:
        return found.content, place
    return with_keys(found.content, _place(place), {"width": width if width < _ROW else None}), place


_VERBS: Final = {
    "choose": _choose,
    "add": _add,
    "move": _move,
    "step": _step,
    "copy": _copy,
    "remove": _remove,
    "width": _widen,
}


def stepped(widths: Sequence[int], index: int, way: str) -> int:
    """Where a field comes to stand that moves one step among fields of these widths."""
    rows = _rows(widths)
    row = next(number for number, each in enumerate(rows) if index in each)
    match way:
        case "up":
            return rows[row - 1][0] if row else 0
        case "down":
            return rows[row + 1][-1] if row + 1 < len(rows) else len(widths) - 1
        case "left":
            return max(0, index - 1)
        case _:
            return min(len(widths) - 1, index + 1)


def _rows(widths: Sequence[int]) -> list[list[int]]:
    """The fields of each row, as a grid of twelve columns fills up."""
    rows: list[list[int]] = []
    free = 0
    for index, width in enumerate(widths):
        if width > free:
            rows.append([])
            free = _ROW
        rows[-1].append(index)
        free -= width
    return rows


def _save(procedure: str, found: _Work, chosen: str) -> str | tuple[str, int] | Response:
    expected, gettext = whole_number(request.form.get("revision", "")) or 0, current_translator().gettext
    path, content = _path(found.name), found.content
    try:
        site().act(actor(), lambda context: save_file(context, procedure, path, content, expected=expected))
    except DraftMoved:
        said = gettext("Somebody saved the draft meanwhile. Look at it again before you go on.")
        return _page(procedure, found.kept, found.name, content, chosen=chosen, problem=said), 412
    except PackageRefused as error:
        said = error.findings[0].message
        return _page(procedure, found.kept, found.name, content, chosen=chosen, problem=said), 422
    field = None if chosen == WHOLE else chosen
    return redirect(url_for("form_builder.show", procedure=procedure, form=found.name, field=field), 303)


# ---- what is asked about the chosen field ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Answers:
    """Answers that are shown again."""

    raw: Mapping[str, Any]
    errors: tuple[FieldError, ...]
    focus: str = ""

    @property
    def status(self) -> int:
        return 422 if self.errors else 200


def _answered(found: _Work, of: str) -> tuple[_Work, _Answers | None]:
    """The form with what was answered about *of*; the answers where something is wrong with them."""
    asked, _ = _asked(found, of)
    raw = read_answers(asked, request.form, prefix=_PREFIX)
    if pressed := press(asked, request.form, raw, prefix=_PREFIX):
        return found, _Answers(pressed.raw, (), pressed.focus)
    answers = validate(
        asked, raw, given={}, today=site().now(actor().company_id).date(), lists={}, files={}, zone=CHINA
    )
    errors = list(answers.errors)
    named = answers.data.get("id")
    if of != WHOLE and named != found.at(of).get("id") and named in found.beside(of):
        errors.append(FieldError("id", "name_taken"))
    if errors:
        return found, _Answers(raw, tuple(errors))
    keys = keys_of(found.at(of), answers.data, asked)
    if not keys:
        return found, None
    content = with_keys(found.content, () if of == WHOLE else _place(of), keys)
    again = _read(found.name, content, found.kept)
    assert isinstance(again, _Work), "what was written can be read"
    return again, None


_PREFIX: Final = "p-"


def _asked(found: _Work, of: str) -> tuple[Form, dict[str, Any]]:
    """The form about *of* and what it begins with."""
    if of == WHOLE:
        return form_of_form(), values_of(found.sketch.says, Around())
    around = _around(found, of)
    says = found.at(of)
    return form_of_field(says, found.field(of), around), values_of(says, around)


def _around(found: _Work, of: str) -> Around:
    index = int(of.partition(".")[0])
    known: dict[str, Text] = {}
    for each in fields_of_reading(found.reading):
        if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", each["id"]):
            label = f"{each['label']} ({each['id']})" if each["label"] != each["id"] else each["id"]
            known[each["id"]] = dict.fromkeys(("zh-Hans", "zh-Hant", "en"), label)
    earlier = [each for each in found.sketch.fields[:index] if each is not None]
    return Around(earlier, list(known.items()), found.lists, in_rows="." in of)


# ---- the page -------------------------------------------------------------------------------------------------------


def _page(
    procedure: str,
    kept: DraftFiles,
    name: str,
    content: bytes,
    *,
    chosen: str,
    answers: _Answers | None = None,
    problem: str = "",
) -> str:
    found = _read(name, content, kept)
    path = _path(name)
    with site().database.reading(actor().company_id) as connection:
        title = words(site().deployments.current(connection, actor().company_id, procedure).package.title)
    page: dict[str, Any] = {
        "procedure": SimpleNamespace(id=procedure, title=title),
        "name": name,
        "file": path,
        "text": content.decode(errors="replace"),
        "revision": whole_number(request.form.get("revision", "")) if request.method == "POST" else kept.revision,
        "changed": content != kept.files.get(path),
        "unsaved": content != kept.files.get(path, new_form(name)),
        "recovery": f"{actor().company_id}/{actor().name}:{procedure}:{name}",
        "problem": problem,
        "palette": [SimpleNamespace(id=each.id, icon=each.icon, name=words(each.name)) for each in KINDS.values()],
    }
    if not isinstance(found, _Work):
        return render_template("form_builder.html", **page, broken=[finding_view(each) for each in found], tiles=[])
    if chosen != WHOLE and not _there(found, chosen):
        chosen = WHOLE
    own = [each for each in findings_of(procedure, {**kept.files, path: content}) if each.file == path]
    shown = [each for each in found.sketch.fields if each is not None]
    placeholder = {"id": "form", "title": {"en": "-", "zh-Hans": "-"}, "fields": tuple(shown)}
    whole = Form.model_validate(placeholder) if shown else None
    deployment = Deployment(0, 0, found.reading.package)
    asked, values = _asked(found, chosen)
    if answers:
        values = {**values, **answers.raw}
    package = found.reading.package
    tried = package.forms.get(name)
    return render_template(
        "form_builder.html",
        **page,
        broken=[],
        title=_said(found.sketch.says.get("title")),
        intro=_said(found.sketch.says.get("intro")),
        chosen=chosen,
        tiles=_tiles(found, chosen, own),
        canvas=_canvas(whole, deployment) if whole else None,
        whole=WHOLE,
        place=SimpleNamespace(**_of_chosen(found, chosen)),
        asked=asked,
        values=values,
        errors=answers.errors if answers else (),
        ctx=_asking(asked, values, answers),
        findings=[finding_view(each) for each in own],
        tried=form_page(tried, deployment, values=None, errors=(), given={}) if tried else None,
    )


def _read(name: str, content: bytes, kept: DraftFiles) -> _Work | list[Finding]:
    """The form on the page; what is wrong where it is no form at all."""
    reading = read_files({**kept.files, _path(name): content})
    named = lists_of(kept.files, [])
    company = option_lists(reading.package.company)
    try:
        sketch = sketch_form(content, _path(name), lists={**named, **company})
    except FormRefused as error:
        return list(error.findings)
    return _Work(name, content, kept, reading, sketch, named)


def _tiles(found: _Work, chosen: str, findings: Sequence[Finding]) -> list[SimpleNamespace]:
    return [
        _tile(str(index), says, found.field(str(index)), chosen, findings, last=index == len(found.says) - 1)
        for index, says in enumerate(found.says)
    ]


def _tile(
    place: str, says: Any, field: BaseField | None, chosen: str, findings: Sequence[Finding], *, last: bool
) -> SimpleNamespace:
    said: Mapping[str, Any] = says if isinstance(says, Mapping) else {}
    kind = KINDS.get(str(said.get("type")))
    inner = said.get("fields") if kind and kind.id == "rows" else ()
    inner = inner if isinstance(inner, tuple) else ()
    name = str(said.get("id", ""))
    fields = field.fields if isinstance(field, RowsField) else ()
    return SimpleNamespace(
        place=place,
        name=name,
        kind=words(kind.name) if kind else str(said.get("type", "?")),
        icon=kind.icon if kind else "circle-alert",
        label=_said(said.get("label")) or name or place,
        width=_width(said),
        one=field,
        conditional=bool(said.get("show_if")),
        chosen=place == chosen,
        first=place.rpartition(".")[2] == "0",
        last=last,
        problems=[finding_view(each) for each in findings if name and each.element == name],
        inner=[
            _tile(f"{place}.{n}", each, _nth(fields, str(n)), chosen, (), last=n == len(inner) - 1)
            for n, each in enumerate(inner)
        ],
    )


def _of_chosen(found: _Work, chosen: str) -> dict[str, Any]:
    """What the panel says above the questions."""
    if chosen == WHOLE:
        return {"title": current_translator().gettext("The form"), "icon": "file-text", "conditional": False}
    says = found.at(chosen)
    kind = KINDS.get(str(says.get("type")))
    return {
        "title": words(kind.name) if kind else str(says.get("type", "?")),
        "icon": kind.icon if kind else "circle-alert",
        "conditional": "." not in chosen and isinstance(found.field(chosen), PlacedField),
        "name": str(says.get("id", "")),
    }


def _canvas(whole: Form, deployment: Deployment) -> FormContext:
    ctx: FormContext = form_page(whole, deployment, values=None, errors=(), given={})["ctx"]
    return replace(ctx, prefix="c-")  # the same form stands below, to be filled in


def _asking(asked: Form, values: Mapping[str, Any], answers: _Answers | None) -> FormContext:
    return form_context(
        asked,
        values,
        language=language(),
        gettext=current_translator().gettext,
        given={},
        today=site().now(actor().company_id).date(),
        lists={},
        prefix=_PREFIX,
        focus=answers.focus if answers else "",
    )


def _said(value: Any) -> str:
    return words(value) if isinstance(value, Mapping) and all(isinstance(each, str) for each in value.values()) else ""


# ---- places ---------------------------------------------------------------------------------------------------------


def _path(form: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,59}", form):
        raise NotFound("file", form[:100])
    return f"forms/{form}.yaml"


def _place(place: str) -> Place:
    """``3.1`` as keys and places of the file. Raises NotFound."""
    if not _PLACE.fullmatch(place):
        raise NotFound("field", place[:20])
    found: list[str | int] = []
    for index in place.split("."):
        found += ["fields", int(index)]
    return tuple(found)


def _inside(place: str) -> tuple[Place, int]:
    """The list that holds *place*, and where in it."""
    found = _place(place)
    return found[:-1], int(found[-1])


def _beside(place: str, index: int) -> str:
    around, dot, _ = place.rpartition(".")
    return f"{around}{dot}{index}"


def _next(place: str) -> str:
    return _beside(place, _inside(place)[1] + 1)


def _value(found: _Work, fields: Place) -> Any:
    value: Any = found.sketch.says
    for step in fields:
        inside = isinstance(step, int) and isinstance(value, tuple) and 0 <= step < len(value)
        if not inside and not (isinstance(value, Mapping) and step in value):
            return None
        value = value[step]
    return value


def _there(found: _Work, place: str) -> bool:
    return bool(_PLACE.fullmatch(place)) and isinstance(_value(found, _place(place)), Mapping)


def _nth(values: Any, index: str) -> Any:
    number = int(index)
    return values[number] if isinstance(values, tuple | list) and number < len(values) else None


def _width(says: Any) -> int:
    width = says.get("width", _ROW) if isinstance(says, Mapping) else _ROW
    return width if width in WIDTHS else _ROW
