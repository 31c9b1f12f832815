"""What is kept about somebody, written out for them: a page to print, and the same as data."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import orjson
from flask import Blueprint, Response, render_template, request

from engine.commands.cases import record_telling
from engine.errors import NotPermitted
from engine.forms import fields_of
from engine.history import instant
from engine.queries.about_person import KeptAbout, kept_about
from engine.queries.cases import Case
from engine.queries.people import names_of
from engine.text import Text
from webapp.access import actor, case_of, for_staff, site
from webapp.case_view import case_status, group_names, what_happened, who
from webapp.data_words import data_words
from webapp.presentation import file_size, full_instant
from webapp.shell import company, language, own_time_zone, reader, words

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
        cases=[_case(each, names) for each in found],
    )


@blueprint.get("/<number>/data.json")
@for_staff
def data(number: str) -> Response:
    found, _ = _found(number)
    content = {
        "company": actor().company_id,
        "made_at": instant(site().now(actor().company_id)),
        "cases": [_data(each) for each in found],
    }
    headers = {"Content-Disposition": f'attachment; filename="{actor().company_id}-personal-data.json"'}
    return Response(orjson.dumps(content, option=orjson.OPT_INDENT_2), mimetype="application/json", headers=headers)


def _found(number: str) -> tuple[list[KeptAbout], Mapping[str, Text]]:
    """Read, and written down in each case that it was."""
    if not actor().administrator:
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


def _case(kept: KeptAbout, names: Mapping[str, Text]) -> SimpleNamespace:
    case, look = kept.case, reader(kept.case.deployment.time_zone)
    deployment = case.deployment
    said = data_words(
        deployment.package.forms.values(), groups=group_names(deployment), lists=deployment.lists, language=language()
    )

    def at(moment: Any) -> str:
        return full_instant(moment, reader=look)

    return SimpleNamespace(
        number=case.number,
        procedure=words(deployment.package.title),
        status=case_status(case.status, case.outcome_words)[0],
        received=at(case.received_at),
        closed=at(case.ended_at) if case.ended_at else "",
        erased=at(kept.erased_at) if kept.erased_at else "",
        kept_until=kept.kept_until.isoformat() if kept.kept_until else "",
        held=kept.held,
        values=[
            SimpleNamespace(
                label=said.label(each.name) or each.name,
                value=said.value(each.name, each.value) or str(each.value),
                who=who(each.actor, names),
                at=at(each.at),
            )
            for each in kept.values
        ],
        answers=[
            (label, text)
            for name, value in _other_answers(case).items()
            if (label := said.label(name)) and (text := said.value(name, value))
        ],
        letters=[
            SimpleNamespace(subject=each.subject, body=each.body, address=each.address, at=at(each.written_at))
            for each in kept.letters
        ],
        files=[
            SimpleNamespace(name=each.name, size=file_size(each.size, reader=look), at=at(each.uploaded_at))
            for each in kept.files
        ],
        looks=[
            SimpleNamespace(who=who(each.actor, names), what=what_happened(each.action, step=""), at=at(each.at))
            for each in kept.looks
        ],
    )


def _other_answers(case: Case) -> Mapping[str, Any]:
    """What the forms asked that is not kept as personal, as it stands now."""
    package = case.deployment.package
    asked = {path for form in package.forms.values() for path in fields_of(form)} - case.deployment.personal_names
    return {name: value for name, value in case.data.items() if name in asked and value not in (None, "", [])}


def _data(kept: KeptAbout) -> Mapping[str, Any]:
    case = kept.case
    return {
        "number": case.number,
        "procedure": case.procedure,
        "status": case.status,
        "received_at": instant(case.received_at),
        "closed_at": instant(case.ended_at) if case.ended_at else None,
        "erased_at": instant(kept.erased_at) if kept.erased_at else None,
        "kept_until": kept.kept_until.isoformat() if kept.kept_until else None,
        "held": kept.held,
        "values": [
            {"event": each.seq, "at": instant(each.at), "by": each.actor, "field": each.name, "value": each.value}
            for each in kept.values
        ],
        "answers": dict(_other_answers(case)),
        "letters": [
            {"written_at": instant(each.written_at), "to": each.address, "subject": each.subject, "body": each.body}
            for each in kept.letters
        ],
        "files": [
            {"name": each.name, "size": each.size, "type": each.media_type, "uploaded_at": instant(each.uploaded_at)}
            for each in kept.files
        ],
        "looked_at": [{"at": instant(each.at), "by": each.actor, "action": each.action} for each in kept.looks],
    }
