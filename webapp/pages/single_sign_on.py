"""Signing in with the account that people have elsewhere, and where administrators say with which."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from cryptography.fernet import InvalidToken
from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import single_sign_on
from engine.commands.credentials import opened, sealed
from engine.commands.single_sign_on import IssuerRefused, NobodyLinked, ProviderSettings
from engine.complaints import Actor
from engine.errors import NotPermitted
from webapp.access import actor, for_staff, local_path, open_to_all, site
from webapp.openid import Attempt, Directory, ProviderFailed, new_attempt, read_attempt, way_there, who_came
from webapp.pages.session import sign_in_page, signed_in, wait_words
from webapp.shell import current_translator
from webapp.strangers import guesser, strangers

blueprint = Blueprint("single_sign_on", __name__)
_COOKIE: Final = "shouwen_attempt"
_SECONDS: Final = 600


def _(message: str) -> str:
    """Marks *message* for the catalogues; it is translated where it is shown."""
    return message


_REFUSALS: Final = {
    "unreachable": _("The sign-in service does not answer. Please sign in with your password, or try again later."),
    "unusable": _("The sign-in service gives answers that cannot be used. Please tell an administrator."),
    "not-proved": _("The sign-in service did not prove who you are. Please try again."),
    "given-up": _("You were not signed in there. Please try again."),
    "too-late": _("That took too long, or began in another browser. Please try again."),
    "no-mail": _("The sign-in service says no verified mail address of you. Please sign in with your password."),
    "nobody": _("Nobody here has this account yet. Ask an administrator to enter your mail address."),
    "several": _("Several people here have your mail address. Please tell an administrator."),
    "left": _("This account belongs to somebody who has left."),
}


def install(app: Flask) -> None:
    """Remember what services say of themselves. Plain HTTP on this machine counts where things are only tried."""
    app.extensions["sign_in_services"] = Directory(insecure_allowed=not app.extensions["site"].settings.secure_cookies)


@blueprint.get("/session/with/<company>")
@open_to_all
def begin(company: str) -> Response | tuple[str, int]:
    """To the company's service."""
    with site().database.reading(company) as connection:
        provider = single_sign_on.provider_of(connection, company, site().secret)
    if provider is None or not provider.enabled:
        abort(404)
    try:
        endpoints = _directory().endpoints(provider.issuer)
    except ProviderFailed as error:
        return _refused(company, error.reason)
    attempt = new_attempt(company, provider.issuer, then=local_path(request.args.get("next")), now=site().clock())
    response = redirect(way_there(endpoints, provider.client_id, attempt, back=_back()), 303)
    response.set_cookie(
        _COOKIE,
        sealed(attempt.to_json(), site().secret),
        max_age=_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=site().settings.secure_cookies,
        path="/session",
    )
    return response


@blueprint.get("/session/back")
@open_to_all
def back() -> Response | tuple[str, int]:
    """From the service: with a code, or with word that nobody signed in there."""
    attempt = _attempt()
    if attempt is None:
        return _shown("too-late")
    lane = f"back {guesser()}"
    if wait := strangers().wait_before(lane, site().clock()):
        return sign_in_page(name="", problem=wait_words(wait)), 429
    if not strangers().is_first(f"attempt {attempt.state}", site().clock()):
        return _shown("too-late")
    code = request.args.get("code", "")[:4000]
    if not code:
        return _refused(attempt.company, "given-up")
    with site().database.reading(attempt.company) as connection:
        provider = single_sign_on.provider_of(connection, attempt.company, site().secret)
    if provider is None or not provider.enabled or provider.issuer != attempt.issuer:
        return _refused(attempt.company, "too-late")
    try:
        endpoints = _directory().endpoints(provider.issuer)
        claimed = who_came(provider, endpoints, attempt, code=code, back=_back(), now=site().clock())
    except ProviderFailed as error:
        if error.reason == "not-proved":  # a service that is away is nobody's guess
            strangers().count(lane, site().clock())
        return _refused(attempt.company, error.reason)
    try:
        with site().signing_in(Actor.customer(attempt.company)) as context:
            token, login = single_sign_on.sign_in_with(context, claimed, device=request.user_agent.string)
    except NobodyLinked as error:
        return _refused(attempt.company, error.reason, mail=claimed.mail)
    response = signed_in(token, attempt.company, login, then=attempt.next)
    response.delete_cookie(_COOKIE, path="/session")
    return response


@blueprint.get("/people/sign-in-service")
@for_staff
def show() -> str:
    _require_administrator()
    return _settings_page(_kept() or ProviderSettings("", "", ""))


@blueprint.post("/people/sign-in-service")
@for_staff
def change() -> Response | tuple[str, int]:
    """Keep what was said, once the service has answered; a service that is switched off need not answer."""
    _require_administrator()
    form = request.form
    typed = ProviderSettings(
        name=form.get("name", "").strip()[:60],
        issuer=form.get("issuer", "").strip()[:300],
        client_id=form.get("client_id", "").strip()[:300],
        client_secret=form.get("client_secret", "").strip()[:1000],
        enabled=form.get("enabled") == "yes",
    )
    gettext = current_translator().gettext
    if not (typed.name and typed.issuer and typed.client_id):
        return _settings_page(typed, problem=gettext("Please fill in name, address and client.")), 422
    try:
        with site().acting(actor()) as context:
            single_sign_on.set_provider(context, typed, insecure_allowed=not site().settings.secure_cookies)
            if typed.enabled:  # what fails here undoes the change
                _directory().endpoints(typed.issuer)
    except IssuerRefused:
        problem = gettext("The address has to begin with https://, without a question mark in it.")
        return _settings_page(typed, problem=problem), 422
    except ProviderFailed as error:
        said = {"unreachable": gettext("There is no answer from this address. Nothing was changed.")}
        problem = said.get(error.reason, gettext("What answers there is no OpenID Connect service of this address."))
        return _settings_page(typed, problem=problem), 422
    flash(gettext("Saved: %(name)s") % {"name": typed.name}, "ok")
    return redirect(url_for("single_sign_on.show"), 303)


@blueprint.post("/people/<int:person_id>/identity/removal")
@for_staff
def unlink(person_id: int) -> Response:
    with site().acting(actor()) as context:
        single_sign_on.unlink(context, person_id)
    flash(current_translator().gettext("The account there opens nothing here any more."), "ok")
    return redirect(url_for("people.show", person_id=person_id), 303)


def _directory() -> Directory:
    found: Directory = current_app.extensions["sign_in_services"]
    return found


def _back() -> str:
    return f"{site().settings.base_url}{url_for('single_sign_on.back')}"


def _attempt() -> Attempt | None:
    """The attempt that this browser began, when the service answers that very one in time."""
    try:
        attempt = read_attempt(opened(request.cookies.get(_COOKIE, ""), site().secret))
    except (InvalidToken, ValueError, TypeError):
        return None
    in_time = 0 <= site().clock().timestamp() - attempt.begun <= _SECONDS
    return attempt if in_time and attempt.state == request.args.get("state", "") else None


def _refused(company: str, reason: str, *, mail: str = "") -> tuple[str, int]:
    with site().signing_in(Actor.customer(company)) as context:
        single_sign_on.record_failed(context, reason=reason, mail=mail)
    return _shown(reason)


def _shown(reason: str) -> tuple[str, int]:
    return sign_in_page(name="", problem=current_translator().gettext(_REFUSALS[reason])), 422


def _kept() -> ProviderSettings | None:
    with site().database.reading(actor().company_id) as connection:
        return single_sign_on.provider_of(connection, actor().company_id, site().secret)


def _settings_page(typed: ProviderSettings, *, problem: str | None = None) -> str:
    kept = _kept()
    return render_template(
        "sign_in_service.html",
        typed=SimpleNamespace(
            name=typed.name, issuer=typed.issuer, client_id=typed.client_id, enabled=typed.enabled, is_new=kept is None
        ),
        has_secret=bool(kept and kept.client_secret),
        back=_back(),
        problem=problem,
    )


def _require_administrator() -> None:
    if not actor().administrator:
        raise NotPermitted("set_provider", "not-administrator")
