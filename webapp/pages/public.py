"""What customers see: file a complaint, keep its link, follow it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from types import SimpleNamespace

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.cases import intake_form
from engine.commands.filings import Held, Sent, file_complaint
from engine.complaints import Actor, is_shop_code, tracking_code, tracking_hash
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, FieldError, NotFound
from engine.forms import initial_values
from engine.procedures.card import Card
from engine.procedures.intake import said_by_way
from engine.procedures.intake_fields import QR, WEB
from engine.queries.filings import filing_by_code
from engine.queries.procedures import all_procedure_cards
from webapp.access import about_company, case_of_code, erased_of_code, open_to_all, site
from webapp.filled_forms import Submission, idempotency_key, read_submission
from webapp.intake import intake_page, procedure_card
from webapp.presentation import moment
from webapp.shell import current_translator, reader, words
from webapp.strangers import sender_address
from webapp.tracking_view import promise_of

#: A field that people do not see: who fills it in is a program, or a very old browser, and somebody looks first.
TRAP = "company_website"
blueprint = Blueprint("public", __name__, url_prefix="/public")


@blueprint.get("")
@open_to_all
def procedures() -> str:
    return _procedures(wanted=request.args.get("company", "").strip()[:100])


@blueprint.get("/find")
@open_to_all
def find() -> Response | tuple[str, int]:
    """From a code, or a whole link pasted instead of it, to the case."""
    typed = request.args.get("code", "").strip()[:300]
    code = typed.rstrip("/").rsplit("/", 1)[-1]
    if code and _found(code):
        return redirect(url_for("tracking.show", code=code), 303)
    problem = current_translator().gettext(
        "No complaint belongs to this code. Please check it: capital and small letters differ."
    )
    return _procedures(code=typed, problem=problem), 404


@blueprint.get("/<company>/<procedure>")
@open_to_all
def new(company: str, procedure: str) -> str:
    deployment = _deployment(company, procedure)
    shop = _shop(deployment)
    page = intake_page(deployment, public=True, values=_by_shop(deployment, shop), errors=())
    return render_template("public_intake.html", shop=shop, code=request.args.get("code", ""), **page)


@blueprint.post("/<company>/<procedure>")
@open_to_all
def create(company: str, procedure: str) -> str | tuple[str, int] | Response:
    deployment = _deployment(company, procedure)
    customer, shop = Actor.customer(company), _shop(deployment)
    submission = read_submission(intake_form(deployment, public=True), customer)
    if submission.errors or submission.pressed:
        return _again(deployment, submission, submission.errors), submission.status
    key, sent = idempotency_key("public"), Sent(sender_address(), request.form.get(TRAP, ""), QR if shop else WEB, shop)
    try:
        filed = site().act(
            customer, lambda context: file_complaint(context, procedure, submission.raw, sent, idempotency_key=key)
        )
    except AnswersInvalid as error:
        return _again(deployment, submission, error.errors), 422
    if isinstance(filed, Held):
        return redirect(url_for("public.held", code=filed.code), 303)
    return redirect(url_for("public.receipt", code=filed.tracking_code), 303)


@blueprint.get("/held/<code>")
@open_to_all
def held(code: str) -> str | Response:
    """What became of a complaint that somebody looks at first; once it is a case, that case's page."""
    with site().database.reading_every_company() as connection:
        found = filing_by_code(connection, site().deployments, tracking_hash(code))
    company = found.deployment.package.company
    about_company(company.id)
    if found.number:
        return redirect(url_for("tracking.show", code=tracking_code(site().secret, company.id, found.number)), 303)
    return render_template(
        "public_held.html",
        company_name=words(company.name),
        title=words(found.deployment.package.title),
        arrived=moment(found.arrived_at, site().now(company.id), reader=reader(found.deployment.time_zone)),
        reason=found.reason,
        again=url_for("public.new", company=company.id, procedure=found.procedure),
    )


@blueprint.get("/received/<code>")
@open_to_all
def receipt(code: str) -> Response:
    case = case_of_code(code)
    now = site().now(case.deployment.package.company.id)
    promise = promise_of(case, now=now)
    page = render_template(
        "public_receipt.html",
        receipt=SimpleNamespace(
            number=case.number,
            company_name=words(case.deployment.package.company.name),
            title=case.title,
            received=moment(case.received_at, now, reader=reader(case.deployment.time_zone)),
            track_url=f"{site().settings.base_url}{url_for('tracking.show', code=code)}",
            code=code,
            promise=promise,
        ),
    )
    return make_response(page)


def _procedures(*, wanted: str = "", code: str = "", problem: str | None = None) -> str:
    with site().database.reading_every_company() as connection:
        found = [card for card in all_procedure_cards(connection) if card.public]
    companies = [list(group) for _, group in groupby(found, key=lambda card: card.company_id)]
    cards = [
        SimpleNamespace(name=words(of_one[0].company_name), procedures=[procedure_card(card) for card in of_one])
        for of_one in companies
        if any(_answers_to(card, wanted) for card in of_one)
    ]
    return render_template(
        "public_procedures.html",
        companies=cards,
        wanted=wanted,
        several=len(companies) > 1,
        code=code,
        problem=problem,
    )


def _answers_to(card: Card, wanted: str) -> bool:
    """Whether the company or what it handles is called so, in any language: a customer knows one of the names."""
    names = [*card.company_name.values(), *card.title.values()]
    return any(wanted.casefold() in name.casefold() for name in names)


def _deployment(company: str, procedure: str) -> Deployment:
    with site().database.reading(company) as connection:
        deployment = site().deployments.current(connection, company, procedure)
    if not deployment.package.start.public:
        abort(404)
    about_company(company)
    return deployment


def _shop(deployment: Deployment) -> str:
    """The shop whose code led here; "" where none did, or somebody made one up."""
    package, given = deployment.package, request.values
    shop, code = given.get("shop", "").strip()[:100], given.get("code", "")[:100]
    genuine = is_shop_code(code, site().secret, package.company.id, package.id, shop)
    return shop if shop and package.intake.shop and genuine else ""


def _by_shop(deployment: Deployment, shop: str) -> dict[str, str] | None:
    """The answers that the shop's code gives, for the form to show."""
    if not shop:
        return None
    return {
        **initial_values(intake_form(deployment, public=True), {}),
        **said_by_way(deployment.package, QR, shop=shop),
    }


def _again(deployment: Deployment, submission: Submission, errors: Sequence[FieldError]) -> str:
    """The form with what was typed, and what is wrong with it."""
    page = intake_page(deployment, public=True, values=submission.raw, errors=errors, submission=submission)
    return render_template("public_intake.html", shop=_shop(deployment), code=request.values.get("code", ""), **page)


def _found(code: str) -> bool:
    try:
        case_of_code(code)
    except NotFound:
        return erased_of_code(code) is not None
    return True
