"""One's own account: password, second factor, where one is signed in, tokens for programs."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Final

import segno
from cryptography.fernet import InvalidToken
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import second_factor, sign_in
from engine.commands import security_keys as keys
from engine.commands.credentials import opened, sealed, token_hash
from engine.commands.people import create_token, revoke_token
from engine.queries.people import sessions_of, tokens_of
from webapp import security_keys
from webapp.access import SESSION_COOKIE, actor, for_staff, person, requires_second_factor, site
from webapp.pages.session import wait_words
from webapp.presentation import moment
from webapp.shell import company, current_translator, own_time_zone, reader, words

blueprint = Blueprint("account", __name__, url_prefix="/account")


def _(message: str) -> str:
    """Marks *message* for the catalogues; it is translated where it is shown."""
    return message


_REFUSALS: Final = {
    "too-short": _("The new password needs at least %(n)s characters. Several words in a row are easy to remember."),
    "too-long": _("The new password may have at most %(n)s characters."),
    "same": _("The new password is the old one. Please choose another."),
    "is-login": _("The new password is little more than your user name. Please choose another."),
    "wrong-old": _("The old password is not right."),
    "not-repeated": _("The two new passwords differ. Please type the new one twice."),
}
_LIMITS: Final = {"too-short": sign_in.SHORTEST_PASSWORD, "too-long": sign_in.LONGEST_PASSWORD}


@blueprint.get("")
@for_staff
def show() -> str:
    return _page()


@blueprint.post("/password")
@for_staff
def change_password() -> tuple[str, int] | Response:
    new = request.form.get("new", "")[:1000]
    if wait := _wait():
        return _page(password_problem=wait_words(wait)), 429
    if new != request.form.get("again", "")[:1000]:
        return _page(password_problem=_refusal("not-repeated")), 422
    person_id = actor().person_id
    assert person_id is not None
    try:
        with site().database.reading(actor().company_id) as connection:
            password_hash = sign_in.new_password_hash(
                connection, person_id, old=request.form.get("old", "")[:1000], new=new
            )
    except sign_in.PasswordRefused as error:
        if error.reason == "wrong-old":
            _count_failure()
        return _page(password_problem=_refusal(error.reason)), 422
    with site().signing_in(actor()) as context:
        sign_in.change_password(context, password_hash, session=request.cookies[SESSION_COOKIE])
        sign_in.forget_failures(context, login=actor().name, lane=sign_in.PROOFS)
    flash(current_translator().gettext("Your password is changed; you are signed out everywhere else."), "ok")
    return redirect(url_for("account.show"), 303)


@blueprint.post("/sessions/end")
@for_staff
def sign_out_elsewhere() -> Response:
    with site().signing_in(actor()) as context:
        ended = sign_in.sign_out_elsewhere(context, request.cookies[SESSION_COOKIE])
    flash(current_translator().gettext("Signed out elsewhere: %(n)s") % {"n": ended}, "ok")
    return redirect(url_for("account.show"), 303)


@blueprint.get("/second-factor")
@for_staff
def second_factor_begin() -> str:
    return _second_factor_page(second_factor.new_secret())


@blueprint.post("/second-factor")
@for_staff
def second_factor_confirm() -> str | tuple[str, int]:
    try:
        secret = opened(request.form.get("secret", ""), site().secret)
    except InvalidToken:
        abort(400)
    if wait := _wait():
        return _second_factor_page(secret, problem=wait_words(wait)), 429
    code, old_code = request.form.get("code", "")[:20], request.form.get("old_code", "")[:40]
    try:
        with site().signing_in(actor()) as context:
            codes = second_factor.begin(context, secret=secret, code=code, old_code=old_code)
    except second_factor.WrongCode:
        _count_failure()
        problem = current_translator().gettext(
            "This code does not belong to the picture. Please enter the one your telephone shows now."
        )
        return _second_factor_page(secret, problem=problem), 422
    return render_template(
        "second_factor.html", codes=codes, picture="", secret="", sealed="", problem=None, replaces=False
    )


@blueprint.post("/second-factor/end")
@for_staff
def second_factor_end() -> tuple[str, int] | Response:
    if wait := _wait():
        return _page(code_problem=wait_words(wait)), 429
    try:
        with site().signing_in(actor()) as context:
            second_factor.end(context, code=request.form.get("code", "")[:40])
    except second_factor.WrongCode:
        _count_failure()
        problem = current_translator().gettext("This code is not right, or was used already.")
        return _page(code_problem=problem), 422
    flash(current_translator().gettext("You sign in by password alone now."), "ok")
    return redirect(url_for("account.show"), 303)


@blueprint.post("/keys")
@for_staff
def key_create() -> str | tuple[str, int] | Response:
    """Register a security key; the password proves that nobody else found the session open."""
    gettext = current_translator().gettext
    if wait := _wait():
        return _page(key_problem=wait_words(wait)), 429
    try:
        _prove_by_password()
    except sign_in.WrongSignIn:
        _count_failure()
        return _page(key_problem=gettext("The password is not right.")), 422
    try:
        found = security_keys.new_key(
            site(), answer=request.form.get("answer", ""), kept=request.form.get("question", ""), person=_whoever()
        )
        with site().signing_in(actor()) as context:
            name = request.form.get("name", "").strip()[:60] or gettext("Security key")
            codes = keys.add(
                context,
                credential=found.credential,
                public_key=found.public_key,
                sign_count=found.sign_count,
                name=name,
            )
    except (security_keys.NotProved, keys.KnownKey):
        return _page(key_problem=gettext("The key gave no answer that can be used. Please try again.")), 422
    if codes:
        return render_template(
            "second_factor.html", codes=codes, picture="", secret="", sealed="", problem=None, replaces=False
        )
    flash(gettext("You can sign in with this key from now on: %(name)s") % {"name": name}, "ok")
    return redirect(url_for("account.show"), 303)


@blueprint.post("/keys/<int:key_id>/end")
@for_staff
def key_end(key_id: int) -> tuple[str, int] | Response:
    if wait := _wait():
        return _page(key_problem=wait_words(wait)), 429
    try:
        _prove_by_password()
    except sign_in.WrongSignIn:
        _count_failure()
        return _page(key_problem=current_translator().gettext("The password is not right.")), 422
    with site().signing_in(actor()) as context:
        keys.remove(context, key_id)
    flash(current_translator().gettext("The key opens nothing any more."), "ok")
    return redirect(url_for("account.show"), 303)


@blueprint.post("/tokens")
@for_staff
def token_create() -> str:
    name = request.form.get("name", "").strip()[:100] or "token"
    with site().signing_in(actor()) as context:
        token = create_token(context, login=actor().name, name=name)
    return _page(new_token=token)


@blueprint.post("/tokens/<key>/end")
@for_staff
def token_end(key: str) -> Response:
    with site().signing_in(actor()) as context:
        revoke_token(context, key)
    flash(current_translator().gettext("The token opens nothing any more."), "ok")
    return redirect(url_for("account.show"), 303)


def _prove_by_password() -> None:
    """Raises WrongSignIn unless the password that was sent is the reader's."""
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        sign_in.verified_person(
            connection, company_id, login=actor().name, password=request.form.get("password", "")[:1000]
        )


def _whoever() -> str:
    """The reader, as questions for keys name them."""
    return f"{actor().company_id} {actor().name}"


def _wait() -> timedelta:
    """How long whoever is signed in has to wait before proving once more who they are."""
    with site().database.reading(actor().company_id) as connection:
        return sign_in.wait_before(connection, actor().company_id, actor().name, sign_in.PROOFS, now=site().clock())


def _count_failure() -> None:
    with site().signing_in(actor()) as context:
        sign_in.record_failed_sign_in(context, login=actor().name, lane=sign_in.PROOFS)


def _refusal(reason: str) -> str:
    return current_translator().gettext(_REFUSALS[reason]) % {"n": _LIMITS.get(reason, "")}


def _page(
    *,
    password_problem: str | None = None,
    code_problem: str | None = None,
    key_problem: str | None = None,
    new_token: str | None = None,
) -> str:
    found, look, now = person(), reader(own_time_zone()), site().clock()
    assert found is not None
    assert found.actor.person_id is not None
    here = token_hash(request.cookies[SESSION_COOKIE])[:16]
    with site().database.reading(actor().company_id) as connection:
        sessions = sessions_of(connection, found.actor.person_id)
        tokens = tokens_of(connection, found.actor.person_id)
        own_keys = keys.keys_of(connection, actor().company_id, actor().name)
        has_telephone = second_factor.has_telephone(connection, found.actor.person_id)
    question = None
    if security_keys.keys_work_at(site().settings.base_url):
        question = security_keys.ask_new_key(
            site(),
            person=_whoever(),
            login=actor().name,
            name=words(found.name),
            company=words(company().name),
            known=tuple(credential for credential, _ in own_keys),
        )
    return render_template(
        "account.html",
        login=actor().name,
        name=words(found.name),
        must_change=found.password_given,
        must_secure=not found.second_factor and requires_second_factor(found),
        telephone=has_telephone,
        question=question,
        keys=[
            SimpleNamespace(
                id=key.id, name=key.name, used=moment(key.used_at, now, reader=look) if key.used_at else None
            )
            for _, key in own_keys
        ],
        key_problem=key_problem,
        password_problem=password_problem,
        code_problem=code_problem,
        new_token=new_token,
        shortest=sign_in.SHORTEST_PASSWORD,
        sessions=[
            SimpleNamespace(
                here=one.key == here,
                device=_browser(one.device),
                since=moment(one.created_at, now, reader=look),
                seen=moment(one.seen_at, now, reader=look),
            )
            for one in sessions
        ],
        tokens=[
            SimpleNamespace(key=one.key, name=one.name, since=moment(one.created_at, now, reader=look))
            for one in tokens
        ],
    )


def _second_factor_page(secret: str, *, problem: str | None = None) -> str:
    found = person()
    assert found is not None
    address = second_factor.address_of(secret, login=actor().name, company=words(company().name))
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")
    shown = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    kept = sealed(secret, site().secret)
    return render_template(
        "second_factor.html",
        picture=picture,
        secret=shown,
        sealed=kept,
        problem=problem,
        codes=(),
        replaces=found.second_factor,
    )


def _browser(device: str) -> str:
    """Browser and system out of what a browser says of itself, as far as people tell them apart."""
    browsers = (("Edg/", "Edge"), ("MicroMessenger", "WeChat"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    browser = next((name for mark, name in browsers if mark in device), "Safari" if "Safari/" in device else "")
    system = next((name for name in systems if name in device), "")
    return " · ".join(part for part in (browser, system) if part) or device[:40]
