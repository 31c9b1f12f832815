"""All procedures of a demonstration as pictures; choosing one opens its company's sandbox. Nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.sign_in import begin_session
from engine.complaints import Actor
from engine.procedures.card import Card
from engine.queries.people import person_by_login
from engine.queries.procedures import all_procedure_cards
from engine.worker.sandboxes import create_sandbox, has_sandbox, sandbox_of
from webapp.access import open_to_all, site
from webapp.demonstration import ADMINISTRATOR, is_demonstration
from webapp.gallery import by_company, main_drawing
from webapp.pages.session import give_session
from webapp.shell import language, words

blueprint = Blueprint("gallery", __name__, url_prefix="/gallery")

_SOME_MINUTES = "private, max-age=600"


@blueprint.get("")
@open_to_all
def show() -> str:
    rows = by_company(_cards())
    return render_template(
        "gallery.html",
        companies=[_company(main, others) for main, others in rows],
        procedures=sum(1 + len(others) for _, others in rows),
    )


@blueprint.get("/<company>/<procedure>.svg")
@open_to_all
def picture(company: str, procedure: str) -> Response:
    if not any((card.company_id, card.procedure) == (company, procedure) for card in _cards()):
        abort(404)
    with site().database.reading(company) as connection:
        package = site().deployments.current(connection, company, procedure).package
    svg = main_drawing(package, request.args.get("language") or language())
    return Response(svg, mimetype="image/svg+xml", headers={"Cache-Control": _SOME_MINUTES})


@blueprint.post("/<company>")
@open_to_all
def try_it(company: str) -> Response:
    """Sign the visitor in as the administrator of the company's sandbox, which is made where there is none."""
    if not any(card.company_id == company for card in _cards()):
        abort(404)
    if not has_sandbox(site(), company):
        create_sandbox(site(), company)
    copy = sandbox_of(company)
    with site().database.reading(copy) as connection:
        found = person_by_login(connection, copy, ADMINISTRATOR)
    if found is None or found.actor.person_id is None:
        abort(404)
    with site().signing_in(Actor.customer(copy)) as context:
        token = begin_session(context, found.actor.person_id, device=request.user_agent.string)
    response = redirect(url_for("sandbox.show"), 303)
    give_session(response, token)
    return response


def _cards() -> tuple[Card, ...]:
    """Raises 404 where this is no demonstration."""
    if not is_demonstration(site()):
        abort(404)
    with site().database.reading_every_company() as connection:
        return all_procedure_cards(connection)


def _company(main: Card, others: Sequence[Card]) -> SimpleNamespace:
    return SimpleNamespace(
        id=main.company_id,
        name=words(main.company_name),
        industry=words(main.industry),
        title=words(main.title),
        summary=words(main.summary),
        regulation=main.regulation,
        picture=url_for("gallery.picture", company=main.company_id, procedure=main.procedure, language=language()),
        clauses=main.clauses,
        deadlines=main.deadlines,
        forms=main.forms,
        others=[words(card.title) for card in others],
    )
