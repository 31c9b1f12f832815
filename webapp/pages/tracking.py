"""A customer's complaint behind its link: how it is going, and what the customer may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from engine.commands.attachments import file_ids
from engine.commands.customer_acts import act_as_customer, acts_possible
from engine.commands.customer_forms import fill_in
from engine.commands.looks import record_look
from engine.complaints import Actor, tracking_code
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.forms import Form
from engine.interpreter import CaseSuspended
from engine.procedures.customer_forms import customers_form, said_for_customer
from engine.procedures.package import CustomerAct
from engine.queries.cases import Case, CaseTask, task_sees
from engine.queries.data_requests import data_requests
from engine.queries.timeline import case_events, moments
from webapp.access import case_of_code, erased_of_code, open_to_all, site
from webapp.case_view import case_status
from webapp.customer_said import carried_out, checked, customer_of, refused
from webapp.filled_forms import Submission, form_page, idempotency_key, read_submission
from webapp.letter_check import check_of
from webapp.pages.own_data import request_row
from webapp.presentation import long_date, moment
from webapp.shell import current_translator, reader, words
from webapp.tracking_form import MEANINGS, THANKS, TITLES, act_form
from webapp.tracking_view import act_links, customers_acts, form_links, promise_of, stations_of, waits_of

blueprint = Blueprint("tracking", __name__, url_prefix="/public/track")


@blueprint.get("/<code>")
@open_to_all
def show(code: str) -> str | tuple[str, int]:
    try:
        case = case_of_code(code)
    except NotFound:
        return _erased(code)
    company = case.deployment.package.company
    now = site().now(company.id)
    with site().acting(Actor.customer(company.id)) as context:
        record_look(context, case.id, page="tracking")
        acts = acts_possible(context, case.id, case.deployment)
        happened = moments(case_events(context.connection, company.id, case))
        wishes = data_requests(context.connection, company.id, case.id)
    look, name = reader(case.deployment.time_zone), words(company.name)
    status, tone = case_status(case.status, case.outcome_words)
    return render_template(
        "public_track.html",
        case=SimpleNamespace(
            number=case.number,
            company_name=name,
            title=case.title,
            status=status,
            tone=tone,
            received=moment(case.received_at, now, reader=look),
            closed=moment(case.ended_at, now, reader=look) if case.ended_at else None,
        ),
        promise=promise_of(case, now=now),
        waits=waits_of(case, name),
        asked=form_links(code, case),
        acts=act_links(code, acts, case),
        done=customers_acts(case, happened, now=now),
        goes_on=_goes_on(case),
        wishes=[request_row(code, each, case) for each in wishes],
        own_data=url_for("own_data.show", code=code),
        milestones=stations_of(case, now=now),
        letters=[
            SimpleNamespace(
                subject=letter.subject,
                at=moment(letter.written_at, now, reader=look),
                body=letter.body,
                withdrawn=long_date(letter.withdrawn_at, reader=look) if letter.withdrawn_at else "",
                check=check_of(case, letter),
            )
            for letter in reversed(case.letters)
            if letter.recipient == "customer"
        ],
    )


@blueprint.get("/<code>/forms/<element>")
@open_to_all
def form(code: str, element: str) -> str | Response:
    case = case_of_code(code)
    page = _form_page(code, case, element)
    with site().acting(customer_of(case)) as context:
        record_look(context, case.id, page=f"form {element}")
    return page


@blueprint.post("/<code>/forms/<element>")
@open_to_all
def fill(code: str, element: str) -> str | tuple[str, int] | Response:
    case = case_of_code(code)
    task = _latest_task(case, element)
    asked = _asked(case, task)
    customer = customer_of(case)
    submission = read_submission(asked, customer, case_id=case.id)
    if submission.errors or submission.pressed:
        return _form_page(code, case, element, submission=submission, errors=submission.errors), submission.status
    key = idempotency_key(f"fill:{task.id}")
    try:
        site().act(customer, lambda context: fill_in(context, case.id, element, submission.raw, idempotency_key=key))
    except AnswersInvalid as error:
        return _form_page(code, case, element, submission=submission, errors=error.errors), 422
    except CaseSuspended:
        return _form_page(code, case, element, submission=submission), 409
    except AlreadyDone:
        return _form_page(code, case_of_code(code), element), 409
    return redirect(url_for("tracking.form", code=code, element=element), 303)


@blueprint.get("/<code>/<act>")
@open_to_all
def new(code: str, act: str) -> str | Response:
    case, known = case_of_code(code), _known(act)
    with site().looking(customer_of(case)) as context:
        possible = known in acts_possible(context, case.id, case.deployment)
    return _page(code, case, known) if possible else _refused(code, case, NotPermitted(known.value, "not-offered"))


@blueprint.post("/<code>/<act>")
@open_to_all
def create(code: str, act: str) -> str | tuple[str, int] | Response:
    case, known = case_of_code(code), _known(act)
    form = act_form(known)
    submission = read_submission(form, customer_of(case))
    if submission.errors or submission.pressed:
        return _page(code, case, known, submission=submission, errors=submission.errors), submission.status
    answers = checked(form, submission, case)
    if answers.errors:
        return _page(code, case, known, submission=submission, errors=answers.errors), 422
    key, files = idempotency_key(f"customer:{case.id}:{known}"), file_ids(form, answers.data)
    said = str(answers.data.get("said") or "")
    try:
        acted, errors = carried_out(
            case,
            lambda context: act_as_customer(context, case.id, known, said=said, files=files, idempotency_key=key),
        )
    except NotPermitted as error:
        return _refused(code, case, error)
    if acted is None:
        return _page(code, case, known, submission=submission, errors=errors), 422
    flash(words(THANKS[known]), "ok")
    to = _code_of(case, acted.reopened) if acted.reopened else code
    return redirect(url_for("tracking.show", code=to), 303)


def _erased(code: str) -> tuple[str, int]:
    """What is left to say of a case whose data are gone. Raises NotFound where the code never opened one."""
    found = erased_of_code(code)
    if found is None:
        raise NotFound("case", "tracking")
    page = render_template(
        "public_erased.html",
        number=found.number,
        company_name=words(found.deployment.package.company.name),
        erased=long_date(found.erased_at, reader=reader(found.deployment.time_zone)),
    )
    return page, 410


def _form_page(
    code: str,
    case: Case,
    element: str,
    *,
    submission: Submission | None = None,
    errors: Sequence[FieldError] = (),
) -> str:
    """The form while its task waits, then what became of it."""
    task, company = _latest_task(case, element), case.deployment.package.company
    asked, now = _asked(case, task), site().now(company.id)
    is_open = task.status == "open" and case.ended_at is None
    seen = task_sees(case, task, now=now)
    shown = form_page(
        asked,
        case.deployment,
        values=submission.raw if submission else None,
        errors=errors,
        given={**seen, **_said(case, task, seen)},
        submission=submission,
    )
    return render_template(
        "public_form.html",
        heading=words(asked.title),
        company_name=words(company.name),
        number=case.number,
        title=case.title,
        state="open" if is_open else "answered" if task.status == "completed" else "over",
        ended=moment(task.ended_at, now, reader=reader(case.deployment.time_zone)) if task.ended_at else None,
        send=url_for("tracking.fill", code=code, element=element),
        back=url_for("tracking.show", code=code),
        **shown,
    )


def _latest_task(case: Case, element: str) -> CaseTask:
    """The task of *element* that was opened last; 404 where the customer fills in no such form, or not yet."""
    found = [task for task in case.tasks if task.element == element]
    if not found or element not in case.deployment.package.customer.fills:
        abort(404)
    return found[-1]


def _asked(case: Case, task: CaseTask) -> Form:
    package = case.deployment.package
    return customers_form(package.forms[task.form], package.customer.fills[task.element])


def _said(case: Case, task: CaseTask, seen: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the case says in the customer's place: fields may be shown by it."""
    now = site().now(case.deployment.package.company.id).astimezone(case.deployment.time_zone)
    return said_for_customer(case.deployment.package.customer.fills[task.element], seen, now=now)


def _page(
    code: str,
    case: Case,
    act: CustomerAct,
    *,
    submission: Submission | None = None,
    errors: Sequence[FieldError] = (),
) -> str:
    shown = form_page(
        act_form(act),
        case.deployment,
        values=submission.raw if submission else None,
        errors=errors,
        given={},
        submission=submission,
    )
    return render_template(
        "public_act.html",
        heading=words(TITLES[act]),
        meaning=words(MEANINGS[act]),
        number=case.number,
        title=case.title,
        send=url_for("tracking.create", code=code, act=act.value),
        back=url_for("tracking.show", code=code),
        grave=act is CustomerAct.WITHDRAW,
        **shown,
    )


def _refused(code: str, case: Case, error: NotPermitted) -> Response:
    said = current_translator().gettext("This is no longer possible for this complaint. Its page says what is.")
    return refused(case, error, words=said, to=url_for("tracking.show", code=code), tone="bad")


def _known(act: str) -> CustomerAct:
    try:
        return CustomerAct(act)
    except ValueError:
        abort(404)


def _code_of(case: Case, number: str) -> str:
    return tracking_code(site().secret, case.deployment.package.company.id, number)


def _goes_on(case: Case) -> SimpleNamespace | None:
    """The case that goes on with this one: number, url."""
    if not case.reopened_as:
        return None
    url = url_for("tracking.show", code=_code_of(case, case.reopened_as))
    return SimpleNamespace(number=case.reopened_as, url=url)
