"""Registering a complaint that has come in."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from engine.commands.cases import intake_form, may_start, start
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.queries.people import SignedIn
from engine.queries.procedures import procedure_cards
from webapp.access import actor, for_staff, person, site
from webapp.filled_forms import Submission, idempotency_key, read_submission
from webapp.intake import intake_page, procedure_card
from webapp.shell import current_translator

blueprint = Blueprint("registration", __name__, url_prefix="/register")


@blueprint.get("")
@for_staff
def choose() -> str:
    with site().database.reading(actor().company_id) as connection:
        found = procedure_cards(connection, actor().company_id)
    cards = [procedure_card(card) for card in found if may_start(actor(), card.groups)]
    return render_template("procedures.html", procedures=cards)


@blueprint.get("/<company>/<procedure>")
@for_staff
def new(company: str, procedure: str) -> str:
    page = intake_page(_deployment(company, procedure), public=False, values=None, errors=())
    return render_template("register.html", **page)


@blueprint.post("/<company>/<procedure>")
@for_staff
def create(company: str, procedure: str) -> tuple[str, int] | str | Response:
    deployment = _deployment(company, procedure)
    submission = read_submission(intake_form(deployment, public=False), actor())
    if submission.errors or submission.pressed:
        return _again(deployment, submission, submission.errors), submission.status
    try:
        key = idempotency_key("register")
        started = site().act(actor(), lambda context: start(context, procedure, submission.raw, idempotency_key=key))
    except AnswersInvalid as error:
        return _again(deployment, submission, error.errors), 422
    flash(current_translator().gettext("Registered: %(number)s") % {"number": started.number}, "ok")
    mine = [task for task in started.opened if not task.group or task.group in actor().groups]
    if mine:
        return redirect(url_for("tasks.show", task_id=mine[0].id), 303)
    return redirect(url_for("cases.show", number=started.number), 303)


def _deployment(company_id: str, procedure: str) -> Deployment:
    found: SignedIn | None = person()
    if found is None or company_id != found.actor.company_id:
        abort(404)
    with site().database.reading(company_id) as connection:
        deployment = site().deployments.current(connection, company_id, procedure)
    if not may_start(actor(), deployment.package.start.groups):
        raise NotPermitted("start_case", "not-in-group")
    return deployment


def _again(deployment: Deployment, submission: Submission, errors: Sequence[FieldError]) -> str:
    """The form with what was typed, and what is wrong with it."""
    page = intake_page(deployment, public=False, values=submission.raw, errors=errors, submission=submission)
    return render_template("register.html", **page)
