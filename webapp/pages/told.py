"""What is kept about somebody, written out for them: a page to print, and the same as data."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from flask import Blueprint, Response, render_template, request

from engine.commands.cases import record_telling
from engine.errors import NotPermitted
from engine.history import instant
from engine.queries.about_person import KeptAbout, kept_about
from engine.queries.people import names_of
from engine.text import Text
from webapp.access import actor, case_of, for_staff, site
from webapp.case_view import who
from webapp.presentation import full_instant
from webapp.shell import company, own_time_zone, reader, words
from webapp.told_view import told_case, told_data

blueprint = Blueprint("told", __name__, url_prefix="/personal-data/report")
_MOST = 200


@blueprint.get("/<number>")
@for_staff
def show(number: str) -> str:
    """Everything that is kept about whom the case is about; ``also`` names more cases of the same person."""
    found, names = _found(number)
    look = reader(own_time_zone())
    return render_template(
        "told.html",
        number=number,
        company=words(company().name),
        made=full_instant(site().now(actor().company_id), reader=look),
        also=request.args.getlist("also"),
        cases=[told_case(each, lambda actor: who(actor, names)) for each in found],
    )


@blueprint.get("/<number>/data.json")
@for_staff
def data(number: str) -> Response:
    found, _ = _found(number)
    content = {
        "company": actor().company_id,
        "made_at": instant(site().now(actor().company_id)),
        "cases": [told_data(each) for each in found],
    }
    headers = {"Content-Disposition": f'attachment; filename="{actor().company_id}-personal-data.json"'}
    return Response(orjson.dumps(content, option=orjson.OPT_INDENT_2), mimetype="application/json", headers=headers)


def _found(number: str) -> tuple[list[KeptAbout], Mapping[str, Text]]:
    """Read, and written down in each case that it was."""
    if not actor().administrator and company().privacy.group not in actor().groups:
        raise NotPermitted("tell_person", "not-an-administrator")
    numbers = dict.fromkeys([number, *request.args.getlist("also")[:_MOST]])
    cases = [case_of(each) for each in numbers]
    if any(case.veil for case in cases):  # the person concerned has the right to all of it
        raise NotPermitted("tell_person", "confidential")
    with site().acting(actor()) as context:
        for case in cases:
            record_telling(context, case.id)
    with site().database.reading(actor().company_id) as connection:
        found = [kept_about(connection, site().deployments, case) for case in cases]
        return found, names_of(connection, actor().company_id)
