"""The first start: a company, the procedures it begins with, its first administrator."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import founding
from engine.commands.deployments import check_first
from engine.commands.people import LoginTaken, is_login
from engine.commands.sign_in import SHORTEST_PASSWORD, begin_session, password_problem
from engine.complaints import Actor
from engine.procedures import collect_files, find_packages
from engine.procedures.founding import Template, files_of, templates
from engine.queries.people import all_companies
from webapp.access import SESSION_COOKIE, open_to_all, site
from webapp.shell import current_translator, words
from webapp.strangers import strangers

blueprint = Blueprint("setup", __name__, url_prefix="/setup")
#: Before the address of whoever guesses at the code.
_BY_CODE: Final = "setup "
_ID: Final = re.compile(r"[a-z][a-z0-9-]{1,40}")
_LETTERS: Final = re.compile(r"[A-Z]{1,6}")
_FIELDS: Final = ("code", "name", "english", "id", "letters", "template", "login", "person", "password")


def _(message: str) -> str:
    """Marks *message* for the catalogues; it is translated where it is shown."""
    return message


_PROBLEMS: Final = {
    "code": _("This is not the code. The console of the server shows it, and the file setup-code of its data folder."),
    "wait": _("Too many attempts. Please wait a little and try again."),
    "name": _("Please give your company’s name."),
    "id": _("Please use small letters, digits and hyphens, a letter first: for example yuelin-stores."),
    "letters": _("Please use one to six capital letters."),
    "template": _("Please choose whose regulations you begin with."),
    "login": _("Please choose another user name: small letters and dots, for example li.min."),
    "person": _("Please give the administrator’s name."),
    "password": _("The password needs at least %(n)s characters and must not be little more than the user name."),
}


def is_empty() -> bool:
    """Whether nobody has set up this installation yet."""
    with site().database.reading_every_company() as connection:
        return not all_companies(connection)


@blueprint.get("")
@open_to_all
def show() -> str | Response:
    if not is_empty():
        return redirect(url_for("session.new"), 303)
    founding.setup_code(site().settings.var)
    return _page({}, {})


@blueprint.post("")
@open_to_all
def create() -> tuple[str, int] | Response:
    if not is_empty():
        abort(409)
    typed = {name: request.form.get(name, "").strip()[:200] for name in _FIELDS}
    typed["password"] = request.form.get("password", "")[:1000]
    if problems := _problems(typed):
        return _page(typed, problems), 422
    return _founded(typed)


def _founded(typed: dict[str, str]) -> tuple[str, int] | Response:
    template = next(one for one in _templates() if one.id == typed["template"])
    settings = site().settings
    name = {template.language: typed["name"], "en": typed["english"] or typed["name"]}
    packages = [
        files_of(
            collect_files(settings.processes, settings.forms, ref),
            id=typed["id"],
            name=name,
            letters=typed["letters"],
        )
        for ref in find_packages(settings.processes)
        if ref.company == template.id
    ]
    check_first(site(), typed["id"], packages)
    try:
        with site().acting(Actor.system(typed["id"])) as context:
            person_id = founding.found_company(
                context,
                packages,
                login=typed["login"],
                administrator={template.language: typed["person"]},
                password=typed["password"],
            )
    except LoginTaken:
        return _page(typed, {"login"}), 422
    founding.forget_setup_code(settings.var)
    with site().signing_in(Actor.customer(typed["id"])) as context:
        token = begin_session(context, person_id, device=request.user_agent.string)
    flash(
        current_translator().gettext("Your company is set up. Secure your account next."),
        "ok",
    )
    response = redirect(url_for("account.second_factor_begin"), 303)
    response.set_cookie(SESSION_COOKIE, token, httponly=True, samesite="Lax", secure=settings.secure_cookies, path="/")
    return response


def _problems(typed: dict[str, str]) -> set[str]:
    now, here = site().clock(), request.remote_addr or ""
    if strangers().wait_before(_BY_CODE + here, now):
        return {"wait"}
    if not founding.is_setup_code(site().settings.var, typed["code"]):
        strangers().count(_BY_CODE + here, now)
        return {"code"}
    wrong = {
        "name": not typed["name"],
        "id": not _ID.fullmatch(typed["id"]),
        "letters": not _LETTERS.fullmatch(typed["letters"]),
        "template": typed["template"] not in {one.id for one in _templates()},
        "login": not is_login(typed["login"]),
        "person": not typed["person"],
        "password": bool(password_problem(typed["login"] or "-", typed["password"])),
    }
    return {field for field, bad in wrong.items() if bad}


def _templates() -> tuple[Template, ...]:
    return templates(site().settings.processes)


def _page(typed: dict[str, str], problems: set[str] | dict[str, Any]) -> str:
    gettext = current_translator().gettext
    return render_template(
        "setup.html",
        typed=SimpleNamespace(**{name: typed.get(name, "") for name in _FIELDS}),
        problems={field: gettext(_PROBLEMS[field]) % {"n": SHORTEST_PASSWORD} for field in problems},
        templates=[
            SimpleNamespace(
                id=one.id,
                name=words(one.name),
                regulation=one.regulation,
                procedures=[words(title) for title in one.procedures],
                groups=one.groups,
            )
            for one in _templates()
        ],
        shortest=SHORTEST_PASSWORD,
    )
