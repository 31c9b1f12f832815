"""Sign in and out: password, and a code where the person has a second factor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from math import ceil
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import second_factor, sign_in
from engine.commands import security_keys as keys
from engine.commands.credentials import token_hash
from engine.commands.single_sign_on import providers
from engine.complaints import Actor
from engine.errors import NotFound
from engine.queries.people import all_companies, companies_of_login, person_awaiting_code
from webapp import security_keys
from webapp.access import SESSION_COOKIE, actor, for_staff, local_path, open_to_all, site
from webapp.demonstration import DEMONSTRATION_PASSWORD, demonstration_people
from webapp.pages.setup import is_empty
from webapp.shell import current_translator, words
from webapp.strangers import strangers

#: Asked where nobody has the login, so that the answer takes as long as for a wrong password.
_NO_COMPANY: Final = ""
DEVICE_COOKIE: Final = "shouwen_device"
#: For what a question on the page of sign-in is asked.
_SIGN_IN: Final = "sign-in"
_HALF_A_YEAR: Final = 180 * 24 * 3600
blueprint = Blueprint("session", __name__, url_prefix="/session")


@blueprint.get("/new")
@open_to_all
def new() -> str | Response:
    if is_empty():
        return redirect(url_for("setup.show"), 303)
    over = current_translator().gettext("The time of this audit account is over. Ask whoever appointed you.")
    problem = over if request.args.get("ended") == "audit" else None
    return sign_in_page(name=request.args.get("name", "").strip()[:200], problem=problem)


@blueprint.post("")
@open_to_all
def create() -> tuple[str, int] | tuple[str, int, dict[str, str]] | Response:
    name = request.form.get("name", "").strip()[:200]
    login, _, company = name.partition("@")
    with site().database.reading_every_company() as connection:
        companies = companies_of_login(connection, login)
    candidates = [found for found in companies if not company or found == company]
    waits: list[timedelta] = []
    for company_id in candidates:
        if token := _tried(company_id, login, request.form.get("password", "")[:1000], waits):
            return signed_in(token, company_id, login, then=local_path(request.form.get("next")))
    if not candidates:
        waits.append(_unknown(name))
    if wait := max(waits, default=timedelta()):
        shown = sign_in_page(name=name, problem=wait_words(wait))
        return shown, 429, {"Retry-After": str(ceil(wait.total_seconds()))}
    problem = current_translator().gettext("User name and password do not match. Please try again.")
    return sign_in_page(name=name, problem=problem), 422


@blueprint.post("/key")
@open_to_all
def create_by_key() -> tuple[str, int] | Response:
    """Sign in with a key alone: it knows whose it is, and touch and PIN say that it is they."""
    answer, kept = request.form.get("answer", ""), request.form.get("question", "")
    with site().database.reading_every_company() as connection:
        key = keys.key_of(connection, security_keys.credential_in(answer))
    problem = current_translator().gettext(
        "This key is not known here. Sign in with your password, then add it to your account."
    )
    if key is None:
        return sign_in_page(name="", problem=problem), 422
    customer = Actor.customer(key.company_id)
    try:
        count = security_keys.sign_count_of(site(), key, answer=answer, kept=kept, purpose=_SIGN_IN, alone=True)
    except security_keys.NotProved:
        with site().signing_in(customer) as context:
            keys.record_refused_key(context, login=key.login)
        return sign_in_page(name="", problem=problem), 422
    with site().signing_in(customer) as context:
        token = keys.sign_in_by(context, key, sign_count=count, device=request.user_agent.string)
    return signed_in(token, key.company_id, key.login, then=local_path(request.form.get("next")))


@blueprint.post("/code/key")
@open_to_all
def confirm_by_key() -> tuple[str, int] | Response:
    """The second step of signing in, by a key instead of a code."""
    found = _awaiting()
    if found is None:
        return redirect(url_for("session.new"), 303)
    company_id, login = found
    token, answer, kept = (
        request.cookies[SESSION_COOKIE], request.form.get("answer", ""), request.form.get("question", ""),
    )  # fmt: skip
    with site().database.reading_every_company() as connection:
        key = keys.key_of(connection, security_keys.credential_in(answer))
    customer = Actor.customer(company_id)
    try:
        key = security_keys.owned(key, found)
        count = security_keys.sign_count_of(
            site(), key, answer=answer, kept=kept, purpose=token_hash(token), alone=False
        )
        with site().signing_in(customer) as context:
            keys.confirm_by(context, token, key, sign_count=count)
    except NotFound:
        return redirect(url_for("session.new"), 303)
    except security_keys.NotProved:
        with site().signing_in(customer) as context:
            keys.record_refused_key(context, login=login)
        problem = current_translator().gettext("The key gave no answer that can be used. Please try again.")
        return _code_page(problem), 422
    return _known(redirect(local_path(request.form.get("next")) or url_for("inbox.show"), 303), company_id, login)


@blueprint.get("/code")
@open_to_all
def code() -> str | Response:
    return _code_page(None) if _awaiting() else redirect(url_for("session.new"), 303)


@blueprint.post("/code")
@open_to_all
def confirm() -> tuple[str, int] | tuple[str, int, dict[str, str]] | Response:
    found = _awaiting()
    if found is None:
        return redirect(url_for("session.new"), 303)
    company_id, login = found
    customer = Actor.customer(company_id)
    lane = second_factor.lane_of_codes(_device(company_id, login))
    with site().database.reading(company_id) as connection:
        wait = sign_in.wait_before(connection, company_id, login, lane, now=site().clock())
    if wait:
        return _code_page(wait_words(wait)), 429, {"Retry-After": str(ceil(wait.total_seconds()))}
    try:
        with site().signing_in(customer) as context:
            token, code = request.cookies[SESSION_COOKIE], request.form.get("code", "")[:100]
            second_factor.confirm(context, token, code, lane=lane)
    except NotFound:
        return redirect(url_for("session.new"), 303)
    except second_factor.WrongCode:
        with site().signing_in(customer) as context:
            second_factor.record_wrong_code(context, login=login, lane=lane)
        problem = current_translator().gettext("This code is not right, or was used already.")
        return _code_page(problem), 422
    return _known(redirect(local_path(request.form.get("next")) or url_for("inbox.show"), 303), company_id, login)


def give_session(response: Response, token: str) -> None:
    """Let *response* bring the cookie of a session."""
    secure = site().settings.secure_cookies
    response.set_cookie(SESSION_COOKIE, token, httponly=True, samesite="Lax", secure=secure, path="/")


@blueprint.post("/end")
@for_staff
def end() -> Response:
    with site().signing_in(actor()) as context:
        sign_in.sign_out(context, request.cookies[SESSION_COOKIE])
    response = redirect(url_for("session.new"), 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _tried(company_id: str, login: str, password: str, waits: list[timedelta]) -> str | None:
    """The new session's token when the pair is right; else why not goes to *waits* or into the history."""
    lane = _device(company_id, login)
    customer = Actor.customer(company_id)
    with site().database.reading(company_id) as connection:
        wait = sign_in.wait_before(connection, company_id, login, lane, now=site().clock())
    if wait:
        with site().signing_in(customer) as context:
            sign_in.record_turned_away(context, login=login, lane=lane)
        waits.append(wait)
        return None
    try:
        with site().database.reading(company_id) as connection:
            person_id = sign_in.verified_person(connection, company_id, login=login, password=password)
    except sign_in.WrongSignIn:
        with site().signing_in(customer) as context:
            sign_in.record_failed_sign_in(context, login=login, lane=lane)
        return None
    with site().signing_in(customer) as context:
        sign_in.forget_failures(context, login=login, lane=lane)
        return sign_in.begin_session(context, person_id, device=request.user_agent.string)


def _unknown(name: str) -> timedelta:
    """How long to wait for a login nobody has: it answers like one that somebody has."""
    now = site().clock()
    if wait := strangers().wait_before(name, now):
        return wait
    try:
        with site().database.reading(_NO_COMPANY) as connection:
            sign_in.verified_person(connection, _NO_COMPANY, login=name, password="")
    except sign_in.WrongSignIn:
        strangers().count(name, now)
    return timedelta()


def signed_in(token: str, company_id: str, login: str, *, then: str) -> Response:
    """Whoever has just signed in goes on to *then*, where a second factor is awaited by way of it."""
    with site().database.reading_every_company() as connection:
        awaits_code = person_awaiting_code(connection, token_hash(token)) is not None
    code_page = url_for("session.code", next=then or None)
    response = redirect(code_page if awaits_code else then or url_for("inbox.show"), 303)
    give_session(response, token)
    return response if awaits_code else _known(response, company_id, login)


def _device(company_id: str, login: str) -> str:
    """Which known browser of that person asks; "" = a stranger's."""
    return sign_in.known_device(site().secret, company_id, login, request.cookies.get(DEVICE_COOKIE, ""))


def _known(response: Response, company_id: str, login: str) -> Response:
    """Let the browser be known as one in which that person has proved everything that is asked for."""
    device = request.cookies.get(DEVICE_COOKIE, "")
    if sign_in.known_device(site().secret, company_id, login, device) == sign_in.STRANGERS:
        device = sign_in.device_cookie(site().secret, company_id, login)
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=_HALF_A_YEAR,
        httponly=True,
        samesite="Lax",
        secure=site().settings.secure_cookies,
        path="/session",
    )
    return response


def _awaiting() -> tuple[str, str] | None:
    """Company and login of whoever still has to enter a code in this browser."""
    with site().database.reading_every_company() as connection:
        return person_awaiting_code(connection, token_hash(request.cookies.get(SESSION_COOKIE, "")))


def wait_words(wait: timedelta) -> str:
    """How long somebody who guessed has to wait."""
    minutes = ceil(wait.total_seconds() / 60)
    return current_translator().ngettext(
        "Too many attempts. Please wait %(n)s minute and try again.",
        "Too many attempts. Please wait %(n)s minutes and try again.",
        minutes,
    ) % {"n": minutes}


def _code_page(problem: str | None) -> str:
    target = local_path(request.values.get("next"))
    g.here = url_for("session.code", next=target or None)
    question, (company_id, login) = None, _awaiting() or ("", "")
    with site().database.reading_every_company() as connection:
        known = tuple(credential for credential, _ in keys.keys_of(connection, company_id, login))
    if known and security_keys.keys_work_at(site().settings.base_url):
        waiting = token_hash(request.cookies[SESSION_COOKIE])
        question = security_keys.ask_known_key(site(), purpose=waiting, allowed=known)
    return render_template("session_code.html", next=target, problem=problem, question=question)


def sign_in_page(*, name: str, problem: str | None) -> str:
    """Where people sign in, with what stood in the way the last time."""
    target = local_path(request.values.get("next"))
    g.here = url_for("session.new", next=target or None)
    question = None
    if security_keys.keys_work_at(site().settings.base_url):
        question = security_keys.ask_known_key(site(), purpose=_SIGN_IN)
    return render_template(
        "sign_in.html",
        question=question,
        name=name,
        next=target,
        problem=problem,
        services=_services(),
        demo=_demonstration(),
        demo_password=DEMONSTRATION_PASSWORD,
    )


def _services() -> list[SimpleNamespace]:
    """Where people of each company may sign in with an account they have elsewhere."""
    with site().database.reading_every_company() as connection:
        found = providers(connection)
        several = len(all_companies(connection)) > 1
        names = {company: site().deployments.company(connection, company).name for company, _ in found}
    return [
        SimpleNamespace(company=company, name=name, of=words(names[company]) if several else "")
        for company, name in found
    ]


def _demonstration() -> Sequence[SimpleNamespace]:
    people = groupby(demonstration_people(site()), key=lambda person: person.company)
    return [
        SimpleNamespace(
            company=words(company),
            people=[SimpleNamespace(name=person.login, role=words(person.role)) for person in of_one],
        )
        for company, of_one in people
    ]
