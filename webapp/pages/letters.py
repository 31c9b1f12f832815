"""Anybody with a letter in hand asks whether it is genuine, and still says what was written."""

from __future__ import annotations

import hashlib
import hmac
from math import ceil
from types import SimpleNamespace

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.looks import record_look
from engine.complaints import ANYBODY, Actor, letter_hash, plain_letter_code
from engine.errors import NotFound
from engine.queries.letters import CheckedLetter, letter_by_code
from webapp.access import about_company, open_to_all, site
from webapp.pages.session import wait_words
from webapp.presentation import full_instant, long_date
from webapp.shell import reader, words
from webapp.strangers import sender_address, strangers

blueprint = Blueprint("letters", __name__, url_prefix="/public/letters")


@blueprint.get("")
@open_to_all
def index() -> str | Response:
    """Where the code on a letter is typed."""
    typed = request.args.get("code", "").strip()[:300]
    if not typed:
        return render_template("public_letters.html", typed="", state="")
    code = plain_letter_code(typed)
    if not code:
        return _not_found(typed, "mistyped")
    return redirect(url_for("letters.show", code=code), 303)


@blueprint.get("/<code>")
@open_to_all
def show(code: str) -> str | Response:
    plain = plain_letter_code(code)
    if not plain:
        return _not_found(code[:300], "mistyped")
    if plain != code:
        return redirect(url_for("letters.show", code=plain), 303)
    lane = _lane()
    if lane and (wait := strangers().wait_before(lane, site().clock())):
        page = render_template("public_letters.html", typed=plain, state="wait", problem=wait_words(wait))
        return make_response(page, 429, {"Retry-After": str(ceil(wait.total_seconds()))})
    try:
        with site().database.reading_every_company() as connection:
            letter = letter_by_code(connection, site().deployments, letter_hash(plain))
    except NotFound:
        if lane:
            strangers().count(lane, site().clock())
        return _not_found(plain, "unknown")
    company = letter.deployment.package.company
    about_company(company.id)
    with site().acting(Actor(company.id, ANYBODY)) as context:
        record_look(context, letter.case_id, page=f"letter {letter.place} by its code")
    response = make_response(render_template("public_letter.html", code=plain, letter=_view(letter)))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _lane() -> str:
    """Whose guesses are counted together; "" where nobody can tell, and one guesser would make everybody wait.

    The privacy notice says that no address is kept: only a figure made from it with a secret is.
    """
    address = sender_address()
    return hmac.new(site().secret, f"letter\n{address}".encode(), hashlib.sha256).hexdigest() if address else ""


def _not_found(typed: str, state: str) -> Response:
    return make_response(render_template("public_letters.html", typed=typed, state=state), 404)


def _view(letter: CheckedLetter) -> SimpleNamespace:
    company, look = letter.deployment.package.company, reader(letter.deployment.time_zone)
    return SimpleNamespace(
        state=str(letter.state),
        sandbox=letter.sandbox,
        company=words(company.name),
        number=letter.number,
        procedure=words(letter.deployment.package.title),
        written=long_date(letter.written_at, reader=look),
        language=letter.language,
        inside=letter.inside,
        to=letter.to,
        subject=letter.subject,
        body=letter.body,
        erased=long_date(letter.erased_at, reader=look) if letter.erased_at else "",
        withdrawn=long_date(letter.withdrawn_at, reader=look) if letter.withdrawn_at else "",
        later=long_date(letter.later_at, reader=look) if letter.later_at else "",
        event=letter.event,
        event_hash=letter.event_hash,
        signed=full_instant(letter.signed_at, reader=look) if letter.signed_at else "",
        stamped=full_instant(letter.stamped_at, reader=look) if letter.stamped_at else "",
        checked=full_instant(site().now(company.id), reader=look),
    )
