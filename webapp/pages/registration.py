"""Registering a complaint that has come in: number first, then what is known already, then the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.audits import correct_finding
from engine.commands.cases import Started, intake_form, may_start, record_reading, start
from engine.commands.context import Context
from engine.commands.findable import record_search
from engine.commands.idempotency import RequestKey
from engine.commands.relations import Relation, start_related
from engine.commands.steps import LinkKind
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.forms import initial_values
from engine.queries.known import KnownCase, cases_of_caller
from engine.queries.people import SignedIn
from engine.queries.procedures import procedure_cards
from engine.text import whole_number
from webapp.access import actor, case_of, for_staff, person, site
from webapp.errors import refusal_words
from webapp.filled_forms import Submission, idempotency_key, read_submission
from webapp.form_pages import read_answers
from webapp.intake import has_poster, intake_page, procedure_card
from webapp.known_view import REASON, RELATION, chosen_relation, known_panel
from webapp.shell import current_translator, words

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
    """The empty form; with ``split`` the one of that case, from which part is split off; ``because`` of one."""
    deployment = _deployment(company, procedure)
    if origin := request.args.get("split", ""):
        case = case_of(origin)
        with site().acting(actor()) as context:
            record_reading(context, case.id, page="split")
        told = {one.id for one in intake_form(deployment, public=False).fields}
        return _page(deployment, {name: value for name, value in case.veil.known(case.data).items() if name in told})
    if origin := request.args.get("because", ""):
        case = case_of(origin)
        with site().acting(actor()) as context:
            record_reading(context, case.id, page="because")
    return _page(deployment, None)


@blueprint.post("/<company>/<procedure>/caller")
@for_staff
def caller(company: str, procedure: str) -> str:
    """The form with what is known of whoever is calling, and beside it their earlier complaints."""
    deployment = _deployment(company, procedure)
    number = request.form.get("caller", "").strip()[:30]
    with site().database.reading(actor().company_id) as connection:
        theirs = cases_of_caller(connection, site().deployments, actor(), number)
    with site().acting(actor()) as context:
        record_search(context, {"text": number}, [case.number for case in theirs])
    return _page(deployment, _filled_in(deployment, number, theirs), looked_up=True)


@blueprint.post("/<company>/<procedure>/known")
@for_staff
def known(company: str, procedure: str) -> str:
    """The panel alone, while somebody writes."""
    deployment = _deployment(company, procedure)
    raw = read_answers(intake_form(deployment, public=False), request.form)
    panel = _panel(deployment, raw)
    if panel.new:
        with site().acting(actor()) as context:
            record_search(context, {"text": panel.caller}, panel.numbers)
    return render_template("_known.html", procedure=SimpleNamespace(company=company, id=procedure), known=panel)


@blueprint.post("/<company>/<procedure>")
@for_staff
def create(company: str, procedure: str) -> tuple[str, int] | str | Response:
    deployment = _deployment(company, procedure)
    submission = read_submission(intake_form(deployment, public=False), actor())
    if submission.errors or submission.pressed:
        return _again(deployment, submission, submission.errors), submission.status
    finding = whole_number(request.form.get("finding", ""))
    relation = chosen_relation(request.form.get(RELATION, ""), request.form.get(REASON, "")) or _because_said()
    key = idempotency_key("register")
    try:
        return _started(procedure, submission.raw, relation, key, finding)
    except AnswersInvalid as error:
        if relation and error.errors[0].field in {"other", "reason"}:
            flash(refusal_words(error), "bad")
            return _again(deployment, submission, ()), 422
        return _again(deployment, submission, error.errors), 422


def _started(
    procedure: str, raw: Mapping[str, Any], relation: Relation | None, key: RequestKey, finding: int | None
) -> Response:
    """Open the case, which may be to mend what an audit found, and go to what is to be done next."""

    def act(context: Context) -> Started:
        started = (
            start_related(context, procedure, raw, relation, idempotency_key=key)
            if relation
            else start(context, procedure, raw, idempotency_key=key)
        )
        if finding:
            correct_finding(context, finding, started.case_id)
        return started

    started = site().act(actor(), act)
    flash(current_translator().gettext("Registered: %(number)s") % {"number": started.number}, "ok")
    if finding:
        return redirect(url_for("audits.finding", finding_id=finding), 303)
    if relation and relation.kind is LinkKind.JOINED:
        return redirect(url_for("cases.show", number=relation.number), 303)
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
    return _page(deployment, submission.raw, errors=errors, submission=submission)


def _page(
    deployment: Deployment,
    values: Mapping[str, Any] | None,
    *,
    errors: Sequence[FieldError] = (),
    submission: Submission | None = None,
    looked_up: bool = False,
) -> str:
    page = intake_page(deployment, public=False, values=values, errors=errors, submission=submission)
    split, because = _split(), _because()
    return render_template(
        "register.html",
        because=because,
        asks_number=bool(deployment.caller_fields) and not because,
        known=None if split or because else _panel(deployment, values or {}),
        poster=has_poster(deployment),
        number_first=not (looked_up or submission),
        split=split,
        phrases=[words(phrase) for phrase in deployment.package.company.phrases],
        **page,
    )


def _panel(deployment: Deployment, raw: Mapping[str, Any]) -> SimpleNamespace:
    sent = request.form
    shown = sent.get("shown", "").split()
    return known_panel(deployment, raw, chosen=sent.get(RELATION, ""), reason=sent.get(REASON, ""), found=shown)


def _split() -> SimpleNamespace | None:
    """The case that the new one is split off from, as the address or the form says."""
    sent = chosen_relation(request.form.get(RELATION, ""), "")
    number = sent.number if sent and sent.kind is LinkKind.SPLIT else request.args.get("split", "")
    if not number:
        return None
    case = case_of(number)
    return SimpleNamespace(number=case.number, title=case.title or case.number, reason=request.form.get(REASON, ""))


def _because() -> SimpleNamespace | None:
    """The case because of which a corrective action is begun, as the address or the form says."""
    number = request.form.get("because", "") or request.args.get("because", "")
    if not number:
        return None
    case = case_of(number)
    finding = request.form.get("finding", "") or request.args.get("finding", "")
    return SimpleNamespace(number=case.number, title=case.title or case.number, finding=whole_number(finding))


def _because_said() -> Relation | None:
    """That the new case was begun because of another one."""
    number = request.form.get("because", "")
    reason = current_translator().gettext("A corrective action was begun because of it.")
    return Relation(LinkKind.RELATED, number, reason) if number else None


def _filled_in(deployment: Deployment, number: str, theirs: Sequence[KnownCase]) -> Mapping[str, Any]:
    """What the form says of whoever is calling: the number, and name and mail as they were the last time."""
    form = intake_form(deployment, public=False)
    fields = {one.id for one in form.fields}
    latest = max(theirs, key=lambda case: case.id, default=None)
    about = deployment.package.case
    values: dict[str, Any] = dict(initial_values(form, {}))
    for name in (about.customer, about.contact_mail):
        if latest and latest.procedure == deployment.package.id and name in fields and latest.data.get(name):
            values[name] = latest.data[name]
    asked = next((name for name in deployment.caller_fields if name in fields), None)
    return {**values, asked: number} if asked else values
