"""Sign in and out."""

from __future__ import annotations

from itertools import groupby
from types import SimpleNamespace

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.people import WrongSignIn, begin_session, record_failed_sign_in, sign_out, verified_person
from engine.complaints import Actor
from engine.queries.people import companies_of_login
from webapp.access import SESSION_COOKIE, actor, for_staff, local_path, open_to_all, site
from webapp.demonstration import DEMONSTRATION_PASSWORD, demonstration_people
from webapp.shell import current_translator, words

#: Asked where nobody has the login, so that the answer takes as long as for a wrong password.
_NO_COMPANY = ""
blueprint = Blueprint("session", __name__, url_prefix="/session")


@blueprint.get("/new")
@open_to_all
def new() -> str:
    return _page(name=request.args.get("name", "").strip()[:200], problem=None)


@blueprint.post("")
@open_to_all
def create() -> tuple[str, int] | Response:
    name = request.form.get("name", "").strip()[:200]
    token = _sign_in(name, request.form.get("password", "")[:1000])
    if token is None:
        problem = current_translator().gettext("User name and password do not match. Please try again.")
        return _page(name=name, problem=problem), 422
    target = local_path(request.form.get("next")) or url_for("inbox.show")
    response = redirect(target, 303)
    response.set_cookie(
        SESSION_COOKIE, token, httponly=True, samesite="Lax", secure=site().settings.secure_cookies, path="/"
    )
    return response


@blueprint.post("/end")
@for_staff
def end() -> Response:
    with site().acting(actor()) as context:
        sign_out(context, request.cookies[SESSION_COOKIE])
    response = redirect(url_for("session.new"), 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _sign_in(name: str, password: str) -> str | None:
    """The new session's token; *name* is a login, or ``login@company`` where several companies have it."""
    login, _, company = name.partition("@")
    with site().database.reading_every_company() as connection:
        companies = companies_of_login(connection, login)
    candidates = [found for found in companies if not company or found == company]
    for company_id in candidates or [_NO_COMPANY]:
        try:
            with site().database.reading(company_id) as connection:
                person_id = verified_person(connection, company_id, login=login, password=password)
        except WrongSignIn:
            if company_id != _NO_COMPANY:
                with site().acting(Actor.customer(company_id)) as context:
                    record_failed_sign_in(context, login=login)
        else:
            with site().acting(Actor.customer(company_id)) as context:
                return begin_session(context, person_id)
    return None


def _page(*, name: str, problem: str | None) -> str:
    target = local_path(request.values.get("next"))
    g.here = url_for("session.new", next=target or None)
    people = groupby(demonstration_people(site()), key=lambda person: person.company)
    demo = [
        SimpleNamespace(
            company=words(company),
            people=[SimpleNamespace(name=person.login, role=words(person.role)) for person in of_one],
        )
        for company, of_one in people
    ]
    return render_template(
        "sign_in.html", name=name, next=target, problem=problem, demo=demo, demo_password=DEMONSTRATION_PASSWORD
    )
