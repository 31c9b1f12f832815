"""All procedures of a demonstration as pictures; choosing one opens its company's sandbox. Nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.sign_in import begin_session
from engine.complaints import Actor
from engine.deployments import Deployment
from engine.forms import Form
from engine.procedures import Package
from engine.procedures.card import Card
from engine.procedures.diagram import read_diagram
from engine.procedures.intake import option_lists
from engine.queries.people import person_by_login
from engine.queries.procedures import all_procedure_cards
from engine.worker.sandboxes import create_sandbox, has_sandbox, sandbox_of
from webapp.access import open_to_all, site
from webapp.demonstration import ADMINISTRATOR, is_demonstration
from webapp.diagrams import file_names
from webapp.form_pages import form_context
from webapp.gallery import by_company, drawing, main_drawing
from webapp.pages.session import give_session
from webapp.shell import current_translator, language, words

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


@blueprint.get("/<company>/<procedure>")
@open_to_all
def look(company: str, procedure: str) -> str:
    """One procedure with all its diagrams and its forms as they are before anybody fills them in."""
    deployment = _current(company, procedure)
    package, titles = deployment.package, file_names(deployment)
    lists, today = option_lists(package.company), site().clock().date()
    return render_template(
        "gallery_procedure.html",
        company=SimpleNamespace(id=company, name=words(package.company.name)),
        title=words(package.title),
        summary=words(package.summary),
        regulation=package.regulation.get("title", ""),
        drawings=[
            SimpleNamespace(
                title=titles.get(file, file),
                picture=url_for(
                    "gallery.picture", company=company, procedure=procedure, file=file, language=language()
                ),
            )
            for file in sorted(package.diagrams)
        ],
        forms=[
            SimpleNamespace(
                form=form,
                title=words(form.title),
                ctx=form_context(
                    form,
                    {},
                    language=language(),
                    gettext=current_translator().gettext,
                    given={},
                    today=today,
                    lists=lists,
                    prefix=f"{form.id}-",
                ),
            )
            for form in _in_order_of_use(package)
        ],
    )


def _in_order_of_use(package: Package) -> list[Form]:
    """The form that opens a case, those of the steps as they stand in the diagrams, and what is left."""
    tasks = read_diagram(package.diagrams).of_kind("userTask")
    used = [package.start.form, package.start.public_form, *(task.properties.get("form", "") for task in tasks)]
    return [package.forms[id_] for id_ in dict.fromkeys([*used, *package.forms]) if id_ in package.forms]


@blueprint.get("/<company>/<procedure>.svg")
@open_to_all
def picture(company: str, procedure: str) -> Response:
    """The diagram that cases begin in, or the one in ``file``."""
    package = _current(company, procedure).package
    file, wanted = request.args.get("file", ""), request.args.get("language") or language()
    svg = drawing(package, file, wanted) if file in package.diagrams else main_drawing(package, wanted)
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


def _current(company: str, procedure: str) -> Deployment:
    """Raises 404 for what the gallery does not show."""
    if not any((card.company_id, card.procedure) == (company, procedure) for card in _cards()):
        abort(404)
    with site().database.reading(company) as connection:
        return site().deployments.current(connection, company, procedure)


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
        look=_look(main),
        others=[SimpleNamespace(title=words(card.title), look=_look(card)) for card in others],
    )


def _look(card: Card) -> str:
    return url_for("gallery.look", company=card.company_id, procedure=card.procedure)
