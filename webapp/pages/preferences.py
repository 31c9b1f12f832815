"""What a reader chooses for himself: language and colours."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from engine.commands.people import set_language as remember_language
from engine.text import LANGUAGES
from webapp.access import actor, local_path, open_to_all, person, site
from webapp.shell import LANGUAGE_COOKIE, THEME_COOKIE

blueprint = Blueprint("preferences", __name__, url_prefix="/preferences")
_ONE_YEAR = 365 * 24 * 3600


@blueprint.post("/language")
@open_to_all
def set_language() -> Response:
    language = request.form.get("language", "")
    response = _back()
    if language in LANGUAGES:
        _keep(response, LANGUAGE_COOKIE, language)
        if person():
            with site().acting(actor()) as context:
                remember_language(context, language)
    return response


@blueprint.post("/theme")
@open_to_all
def set_theme() -> Response:
    theme = request.form.get("theme", "")
    response = _back()
    if theme in {"light", "dark"}:
        _keep(response, THEME_COOKIE, theme)
    return response


def _back() -> Response:
    return redirect(local_path(request.form.get("next")) or url_for("public.procedures"), 303)


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_ONE_YEAR, httponly=True, samesite="Lax", secure=site().settings.secure_cookies
    )
