"""Who is away, who stands in, and what was done meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from engine.commands.absences import arrange_absence, end_absence
from engine.errors import AnswersInvalid, FieldError
from engine.forms import Form, validate
from engine.queries.absences import Absence, Deed, absences_of, done_on_behalf_of
from engine.queries.people import names_of, people_to_ask
from webapp.absence_form import absence_form
from webapp.access import actor, for_staff, site
from webapp.case_view import what_happened, who
from webapp.filled_forms import company_form_page, read_submission
from webapp.presentation import moment
from webapp.shell import current_translator, own_time_zone, reader, words

blueprint = Blueprint("absences", __name__, url_prefix="/absences")


@blueprint.get("")
@for_staff
def index() -> str:
    return _page(values=None)


@blueprint.post("")
@for_staff
def create() -> str | tuple[str, int] | Response:
    form = _form()
    submission = read_submission(form, actor())
    now = site().now(actor().company_id).astimezone(own_time_zone())
    answers = validate(form, submission.raw, given={}, today=now.date(), lists={})
    errors = answers.errors or _tried(answers.data)
    if errors:
        return _page(values=submission.raw, errors=errors), 422
    flash(current_translator().gettext("Arranged. What is done meanwhile says on whose behalf."), "ok")
    return redirect(url_for("absences.index"), 303)


@blueprint.post("/<int:absence_id>/end")
@for_staff
def end(absence_id: int) -> Response:
    with site().acting(actor()) as context:
        end_absence(context, absence_id)
    flash(current_translator().gettext("The absence has ended."), "ok")
    return redirect(url_for("absences.index"), 303)


def _form() -> Form:
    with site().database.reading(actor().company_id) as connection:
        people = people_to_ask(connection, actor().company_id)
    return absence_form(people, own="" if actor().administrator else actor().name)


def _tried(said: Mapping[str, Any]) -> Sequence[FieldError]:
    """Arrange it; what is wrong with it if the engine refuses."""
    begins_at, ends_at = (datetime.fromisoformat(said[name]) for name in ("begins_at", "ends_at"))
    try:
        with site().acting(actor()) as context:
            arrange_absence(
                context,
                login=said.get("login") or actor().name,
                substitute=said["substitute"],
                begins_at=begins_at,
                ends_at=ends_at,
                reason=said["reason"],
            )
    except AnswersInvalid as error:
        return error.errors
    return ()


def _page(*, values: Mapping[str, Any] | None, errors: Sequence[FieldError] = ()) -> str:
    now = site().now(actor().company_id)
    with site().database.reading(actor().company_id) as connection:
        absences = absences_of(connection, actor(), now=now)
        deeds = done_on_behalf_of(connection, site().deployments, actor())
        names = names_of(connection, actor().company_id)
    return render_template(
        "absences.html",
        absences=[_row(each, now=now) for each in absences],
        deeds=[_deed(each, names, now=now) for each in deeds],
        **company_form_page(_form(), values=values, errors=errors, zone=own_time_zone()),
    )


def _row(absence: Absence, *, now: datetime) -> SimpleNamespace:
    look = reader(own_time_zone())
    return SimpleNamespace(
        id=absence.id,
        who=words(absence.name),
        substitute=words(absence.substitute_name),
        begins=moment(absence.begins_at, now, reader=look),
        ends=moment(absence.ends_at, now, reader=look),
        reason=absence.reason,
        now=absence.begins_at <= now,
        can_end=absence.login == actor().name or actor().administrator,
    )


def _deed(deed: Deed, names: Mapping[str, Any], *, now: datetime) -> SimpleNamespace:
    return SimpleNamespace(
        number=deed.number,
        title=deed.title or deed.number,
        what=what_happened(deed.action, step=words(deed.step), number=deed.number),
        who=who(deed.actor, names),
        at=moment(deed.at, now, reader=reader(own_time_zone())),
    )
