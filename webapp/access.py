"""Who may reach a page. Decided before a view runs; a view that declares nothing is reachable by nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.wrappers import Response

from engine.commands.credentials import token_hash
from engine.commands.sign_in import touch_session
from engine.commands.site import Site
from engine.complaints import Actor, tracking_hash
from engine.errors import NotPermitted
from engine.procedures import Company
from engine.queries.absences import standing_in
from engine.queries.cases import (
    Case,
    CaseTask,
    case_by_id,
    case_by_number,
    case_by_tracking,
    readable,
    task_by_id,
)
from engine.queries.data_requests import ErasedCase, erased_case
from engine.queries.people import SignedIn, person_of_session, person_of_token

SESSION_COOKIE: Final = "shouwen_session"
_ACCESS: Final = "shouwen_access"
_AUDITORS: Final = "shouwen_auditors"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: What an auditor may change: their own account.
_OWN: Final = frozenset({"account", "session", "preferences"})
#: Pages' own scripts talk to these views: they answer in JSON, and never with another page.
_SCRIPTED: Final = frozenset({"drafts", "modelling"})
_SIGNED_OUT: Final = "expected somebody who is signed in"
_NO_TOKEN: Final = "expected the header “Authorization: Bearer …” with a valid token"  # noqa: S105

P = ParamSpec("P")
R = TypeVar("R")


def open_to_all(view: Callable[P, R]) -> Callable[P, R]:
    """Declares a view that needs no sign-in."""
    return _declared(view, "open")


def for_staff(view: Callable[P, R]) -> Callable[P, R]:
    """Declares a view for people who are signed in."""
    return _declared(view, "staff")


def for_programs(view: Callable[P, R]) -> Callable[P, R]:
    """Declares a view for programs with a bearer token."""
    return _declared(view, "token")


def auditors_may(view: Callable[P, R]) -> Callable[P, R]:
    """Declares a change that auditors may make too; all others are refused them before they begin."""
    setattr(view, _AUDITORS, True)
    return view


def declared_access(view: object) -> str:
    """``"open"``, ``"staff"``, ``"token"``, or "" for a view that forgot."""
    return getattr(view, _ACCESS, "")


def answers_scripts() -> bool:
    """Whether this request is a script's of one of our pages."""
    return request.blueprint in _SCRIPTED


def site() -> Site:
    """The installation that answers this request."""
    found: Site = current_app.extensions["site"]
    return found


def person() -> SignedIn | None:
    """Whoever is signed in."""
    return getattr(g, "person", None)


def actor() -> Actor:
    """Who acts in a view for staff or programs."""
    found = person()
    assert found is not None, "only views for staff and programs have an actor"
    return found.actor


def case_of(number: str) -> Case:
    """The case of the actor's company with that number. Raises NotFound, and NotPermitted for whom it is about."""
    with site().database.reading(actor().company_id) as connection:
        return readable(connection, actor(), case_by_number(connection, site().deployments, actor().company_id, number))


def case_of_code(code: str) -> Case:
    """The case that a customer's code opens. Raises NotFound."""
    with site().database.reading_every_company() as connection:
        found = case_by_tracking(connection, site().deployments, tracking_hash(code))
    about_company(found.deployment.package.company.id)
    return found


def erased_of_code(code: str) -> ErasedCase | None:
    """The case that a customer's code opened until its data were erased, None where it was none."""
    with site().database.reading_every_company() as connection:
        found = erased_case(connection, site().deployments, tracking_hash(code))
    if found is not None:
        about_company(found.deployment.package.company.id)
    return found


def about_company(company_id: str) -> None:
    """Say to whose privacy notice the foot of this public page leads."""
    g.about_company = company_id


def find_task(task_id: int) -> tuple[Case, CaseTask, Mapping[str, Any] | None]:
    """A task with its case and draft. Raises NotFound, and NotPermitted for whom the case is about."""
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        case_id, draft = task_by_id(connection, company_id, task_id)
        case = readable(connection, actor(), case_by_id(connection, site().deployments, company_id, case_id))
    return case, next(task for task in case.tasks if task.id == task_id), draft


def local_path(target: str | None) -> str:
    """*target* when it is a path of this site, else "": a link must not send people elsewhere after sign-in."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith("//")
        or "\\" in target
        or not target.isprintable()
    ):
        return ""
    parts = urlsplit(target)
    return "" if parts.scheme or parts.netloc else target


def install(app: Flask) -> None:
    """Check every request before its view."""
    app.before_request(_decide)


def _decide() -> Response | None:
    if request.endpoint == "static":
        return None
    if request.endpoint is None or "\0" in request.path:  # the answer is an error; its page still knows who reads it
        g.person = _by_session()
        return None if request.endpoint is None else abort(404)
    declared = declared_access(current_app.view_functions[request.endpoint])
    if declared == "token":
        g.person = _by_token()
        _refuse_auditors(g.person)
        return None if g.person else abort(401, _NO_TOKEN, www_authenticate=WWWAuthenticate("bearer"))
    found = _by_session()
    g.person = found if found and _in_time(found) else None
    if declared == "open":
        return None
    if found and not g.person:
        return redirect(url_for("session.new", ended="audit"), 303)
    _refuse_auditors(g.person)
    if declared == "staff" and g.person:
        return _account_first(g.person)
    if declared == "staff" and answers_scripts():
        return abort(401, _SIGNED_OUT)
    if declared == "staff":
        return redirect(url_for("session.new", next=_way_back() or None), 303)
    return abort(403)


def _refuse_auditors(found: SignedIn | None) -> None:
    """Auditors change nothing but their own account. Raises NotPermitted."""
    if found is None or not found.actor.auditor or request.method in _SAFE or request.blueprint in _OWN:
        return
    endpoint = request.endpoint or ""
    if found.actor.supports or not getattr(current_app.view_functions[endpoint], _AUDITORS, False):
        raise NotPermitted(endpoint.rpartition(".")[2], "auditor")


def _in_time(found: SignedIn) -> bool:
    """Whether the time of somebody who may only audit is not over; everybody else's never is."""
    return found.actor.audits_until is None or site().clock() < found.actor.audits_until


def _account_first(found: SignedIn) -> Response | None:
    """Who was given a password, or has to have a second factor, sees to that before anything else."""
    makes_token = request.endpoint == "account.token_create"  # it would open everything without password and code
    if request.blueprint in {"account", "session"} and not makes_token:
        return None
    if found.password_given or (not found.second_factor and requires_second_factor(found)):
        return redirect(url_for("account.show"), 303)
    return None


def company_of(whoever: Actor, connection: sa.Connection | None = None) -> Company:
    """The company of whoever is signed in, read once a request: through *connection* where one is open already."""
    if "company" not in g:
        with nullcontext(connection) if connection else site().database.reading(whoever.company_id) as reading:
            g.company = site().deployments.company(reading, whoever.company_id)
    found: Company = g.company
    return found


def requires_second_factor(found: SignedIn) -> bool:
    """Whether this installation or the company lets *found* sign in only with a second factor."""
    asked = {site().settings.second_factor, company_of(found.actor).second_factor}
    return "everybody" in asked or ("administrators" in asked and found.actor.administrator)


def _way_back() -> str:
    """Where to go on after signing in: this page, or the one whose form was sent after its session had ended."""
    if request.method == "GET":
        return local_path(request.full_path.rstrip("?"))
    came_from = urlsplit(request.referrer or "")
    return local_path(came_from.path) if came_from.netloc == request.host else ""


def _by_session() -> SignedIn | None:
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    settings, now = site().settings, site().clock()
    with site().database.reading_every_company() as connection:
        found = person_of_session(
            connection,
            token_hash(token),
            now=now,
            idle=timedelta(minutes=settings.session_idle_minutes),
            longest=timedelta(hours=settings.session_hours),
        )
        found = _standing_in(connection, found)
    if found and found.seen_at and now - found.seen_at > timedelta(minutes=1):
        with site().signing_in(found.actor) as context:
            touch_session(context, token)
    return found


def _by_token() -> SignedIn | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        return None
    with site().database.reading_every_company() as connection:
        found = _standing_in(connection, person_of_token(connection, token_hash(token.strip())))
    return found if found and _in_time(found) else None


def _standing_in(connection: sa.Connection, found: SignedIn | None) -> SignedIn | None:
    """Whoever was found, with the colleagues whom they stand in for now."""
    if found is None or not found.substitutes:
        return found
    now = site().clocks.now(connection, found.actor.company_id, site().clock())
    return replace(found, actor=standing_in(connection, found.actor, now=now))


def _declared(view: Callable[P, R], kind: str) -> Callable[P, R]:
    @wraps(view)
    def declared(*args: P.args, **kwargs: P.kwargs) -> R:
        return view(*args, **kwargs)

    setattr(declared, _ACCESS, kind)
    return declared
