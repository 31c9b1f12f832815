"""A case played again, step by step."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, Response, jsonify, render_template, url_for

from engine.commands.cases import record_reading
from engine.interpreter import FactKind
from engine.queries.cases import Case
from engine.queries.people import names_of
from engine.queries.timeline import case_events, replay_steps
from webapp.access import actor, case_of, for_staff, site
from webapp.case_view import who
from webapp.diagrams import element_names, file_names, files_of
from webapp.presentation import duration, full_instant
from webapp.shell import reader, words

blueprint = Blueprint("replay", __name__, url_prefix="/cases")


@blueprint.get("/<number>/replay")
@for_staff
def show(number: str) -> str:
    case = case_of(number)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="replay")
    calendar = case.calendars.own
    end = case.ended_at or site().now(actor().company_id)
    look = reader(calendar.time_zone)
    span = f"{full_instant(case.started_at, reader=look)} – {full_instant(end, reader=look)}"
    return render_template(
        "replay.html",
        case=SimpleNamespace(
            number=case.number,
            title=case.title,
            procedure=words(case.deployment.package.title),
            span=f"{span} ({duration(end - case.started_at, reader=look)})",
        ),
        data_url=url_for("replay.steps", number=number),
        time_zone=str(calendar.time_zone),
    )


@blueprint.get("/<number>/replay/steps")
@for_staff
def steps(number: str) -> Response:
    case = case_of(number)
    now = site().now(actor().company_id)
    with site().database.reading(actor().company_id) as connection:
        names = names_of(connection, actor().company_id)
        events = case_events(connection, actor().company_id, case)
    late = {task.key for task in case.tasks if task.due_at and task.due_at < (task.ended_at or now)}
    played = replay_steps(events, case.deployment.definition.flows)
    found = [
        {
            "t": round(step.at.timestamp() * 1000),
            "el": step.element,
            "key": step.key,
            "act": "enter" if step.act == FactKind.ENTERED else "leave",
            "via": step.via or None,
            "who": None if step.actor == "system" else who(step.actor, names),
            "note": None,
        }
        for step in played
    ]
    return jsonify(
        names=element_names(case.deployment),
        diagrams=_diagrams(case, {step.element for step in played}),
        steps=found,
        late=sorted(late),
    )


def _diagrams(case: Case, played: set[str]) -> list[dict[str, str]]:
    """The drawings the case went through, in the order of the case page; the first one where nothing was played."""
    elements = case.deployment.definition.elements
    visited = {elements[element].file for element in played if element in elements}
    names = file_names(case.deployment)
    files = files_of(case)
    return [
        {"name": names.get(file, file), "url": url_for("cases.diagram", number=case.number, file=file)}
        for file in [file for file in files if file in visited] or files[:1]
    ]
