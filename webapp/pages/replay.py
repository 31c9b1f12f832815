"""A case played again, step by step."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, Response, jsonify, render_template, url_for

from engine.commands.cases import record_reading
from engine.queries.people import names_of
from engine.queries.reports import step_figures
from engine.queries.timeline import case_events, versions_of
from webapp.access import actor, case_of, for_staff, site
from webapp.papers import WHOLE
from webapp.presentation import duration, full_instant
from webapp.replay_view import course_of
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
        paper_url=url_for("papers.show", number=number, record=WHOLE, kind="pdf"),
        data_url=url_for("replay.steps", number=number),
        time_zone=str(calendar.time_zone),
    )


@blueprint.get("/<number>/replay/steps")
@for_staff
def steps(number: str) -> Response:
    case = case_of(number)
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        names = names_of(connection, company_id)
        events = case_events(connection, company_id, case)
        versions = versions_of(connection, site().deployments, case, events)
        figures = step_figures(connection, company_id, case.procedure, calendar=case.calendars.own)
    return jsonify(course_of(case, versions, events, names, figures, now=site().now(company_id)))
