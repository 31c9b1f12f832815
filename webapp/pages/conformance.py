"""A case beside its regulation: clause by clause, with the event that shows it; and its audit package."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, Response, render_template

from engine.commands.cases import record_reading
from engine.complaints import refusal_to_export
from engine.errors import NotPermitted
from engine.queries.people import names_of
from engine.queries.timeline import case_events, versions_of
from webapp.access import actor, case_of, for_staff, site
from webapp.audit_packages import audit_package, papers_taken
from webapp.case_record import RECORD
from webapp.conformance_view import conformance_of
from webapp.shell import language, words

blueprint = Blueprint("conformance", __name__, url_prefix="/cases")


@blueprint.get("/<number>/conformance")
@for_staff
def show(number: str) -> str:
    case, company_id = case_of(number), actor().company_id
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="conformance")
    with site().database.reading(company_id) as connection:
        names = names_of(connection, company_id)
        events = case_events(connection, company_id, case)
        versions = versions_of(connection, site().deployments, case, events)
    return render_template(
        "conformance.html",
        case=SimpleNamespace(number=number, title=case.title, procedure=words(case.deployment.package.title)),
        may_export=not refusal_to_export(actor()),
        **vars(conformance_of(case, events, names, versions)),
    )


@blueprint.get("/<number>/record")
@for_staff
def record(number: str) -> Response:
    """The record alone, to be read and printed."""
    _require_may_export(number)
    papers = papers_taken(site(), actor(), number, language=language())
    response = Response(papers[RECORD], mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{number}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<number>/audit-package")
@for_staff
def package(number: str) -> Response:
    _require_may_export(number)
    content = audit_package(site(), actor(), number, language=language())
    return Response(
        content,
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{number}.zip"', "Cache-Control": "no-store"},
    )


def _require_may_export(number: str) -> None:
    case_of(number)
    if refusal := refusal_to_export(actor()):
        raise NotPermitted("export_case", refusal)
