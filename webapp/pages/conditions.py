"""Conditions of gateways and of fields, built by choosing or written as text, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.drafts import DraftMoved, save_file
from engine.errors import NotFound
from engine.feel import FeelError
from engine.feel.conditions import condition_of, condition_text
from engine.forms.conditions import show_if_of, structure_of
from engine.procedures import Reading, read_files
from engine.procedures.conditions import with_flow_condition, with_show_if
from engine.text import whole_number
from webapp.access import actor, for_staff, site
from webapp.condition_words import builder_words
from webapp.feel_words import feel_sentence
from webapp.pages.drafts import edited
from webapp.shell import current_translator, words

blueprint = Blueprint("conditions", __name__, url_prefix="/workshop/<procedure>/conditions")


class _FormCannotSay(Exception):
    """Forms compare only with is, in, at least and at most."""


@blueprint.get("")
@for_staff
def show(procedure: str) -> str:
    return _page(procedure)


@blueprint.post("/saved")
@for_staff
def save(procedure: str) -> tuple[str, int] | Response:
    """Write one condition into its file of the draft."""
    file, part, text = (request.form.get(name, "") for name in ("file", "part", "text"))
    gettext = current_translator().gettext
    kept = edited(procedure)
    if file not in kept.files:
        raise NotFound("file", file[:200])
    try:
        content = _written(kept.files[file], file, part, text.strip())
        expected = whole_number(request.form.get("revision", "")) or 0
        site().act(actor(), lambda context: save_file(context, procedure, file, content, expected=expected))
    except FeelError as error:
        return _page(procedure, typed=text, problem=feel_sentence(error)), 422
    except _FormCannotSay:
        said = gettext("Forms compare with “is”, “is one of”, “at least” and “at most” only; choose one of these.")
        return _page(procedure, typed=text, problem=said), 422
    except DraftMoved:
        said = gettext("Somebody saved the draft meanwhile. Look at it again before you go on.")
        return _page(procedure, typed=text, problem=said), 412
    flash(gettext("Saved"), "ok")
    return redirect(url_for("conditions.show", procedure=procedure, file=file, part=part), 303)


def _written(content: bytes, file: str, part: str, text: str) -> bytes:
    """The file with that condition. Raises FeelError, NotFound."""
    if file.endswith(".bpmn"):
        if text:
            condition_of(text)  # says what is no FEEL
        return with_flow_condition(content, part, text)
    structure = condition_of(text) if text else None
    show_if = show_if_of(structure) if structure else None
    if text and show_if is None:
        raise _FormCannotSay
    return with_show_if(content, part, show_if)


def _page(procedure: str, *, typed: str | None = None, problem: str = "") -> str:
    kept = edited(procedure)
    reading = read_files(kept.files)
    found = [*_of_flows(reading), *_of_fields(reading)]
    file, part = request.values.get("file", ""), request.values.get("part", "")
    chosen = next((each for each in found if (each.file, each.part) == (file, part)), None)
    with site().database.reading(actor().company_id) as connection:
        title = words(site().deployments.current(connection, actor().company_id, procedure).package.title)
    return render_template(
        "conditions.html",
        procedure=procedure,
        title=title,
        revision=kept.revision,
        flows=[each for each in found if each.file.endswith(".bpmn")],
        fields=[each for each in found if not each.file.endswith(".bpmn")],
        chosen=chosen,
        text=typed if typed is not None else chosen.text if chosen else "",
        problem=problem,
        settings={
            "conditions": url_for("drafts.conditions", procedure=procedure),
            "choices": url_for("drafts.choices", procedure=procedure),
            "form": bool(chosen and not chosen.file.endswith(".bpmn")),
            "words": builder_words(),
        },
    )


def _of_flows(reading: Reading) -> Iterator[SimpleNamespace]:
    names = reading.package.element_names
    elements = reading.diagram.elements
    for flow in reading.diagram.flows.values():
        source = elements.get(flow.source)
        asks = (
            source is not None and source.kind in {"exclusiveGateway", "inclusiveGateway"} and source.default != flow.id
        )
        if flow.condition is None and not (asks and len(source.outgoing) > 1 if source else False):
            continue
        ends = [words(names.get(end, {})) or end for end in (flow.source, flow.target)]
        label = words(names.get(flow.id, {})) or flow.name
        yield SimpleNamespace(
            file=flow.file, part=flow.id, text=(flow.condition or "").strip(), name=" → ".join(ends), label=label
        )


def _of_fields(reading: Reading) -> Iterator[SimpleNamespace]:
    for form in reading.package.forms.values():
        for field in form.fields:
            text = condition_text(structure_of(field.show_if)) if field.show_if else ""
            file = f"forms/{form.id}.yaml"
            yield SimpleNamespace(file=file, part=field.id, text=text, name=words(form.title), label=words(field.label))
