"""The first start: a company, the procedures it begins with, its first administrator."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import founding
from engine.commands.deployments import check_first
from engine.commands.people import LoginTaken, is_login
from engine.commands.sign_in import SHORTEST_PASSWORD, begin_session, password_problem
from engine.complaints import Actor
from engine.errors import PackageRefused
from engine.forms.values import clean_text
from engine.procedures import collect_files, find_packages
from engine.procedures.company import WEEKDAYS, calendars_of
from engine.procedures.founding import Profile, Template, files_of, templates
from engine.queries.people import all_companies
from webapp.access import SESSION_COOKIE, open_to_all, site
from webapp.calendar_view import year_view
from webapp.shell import current_translator, reader, words
from webapp.strangers import guesser, strangers

blueprint = Blueprint("setup", __name__, url_prefix="/setup")
#: Before the address of whoever guesses at the code.
_BY_CODE: Final = "setup "
_ID: Final = re.compile(r"[a-z][a-z0-9-]{1,40}")
_LETTERS: Final = re.compile(r"[A-Z]{1,6}")
_FIRST: Final = ("code", "name", "english", "id", "letters", "template")
_FIELDS: Final = (*_FIRST, "login", "person", "password")
#: Years of which the page shows the public holidays.
_YEARS: Final = 2


def _(message: str) -> str:
    """Marks *message* for the catalogues; it is translated where it is shown."""
    return message


_PROBLEMS: Final = {
    "code": _("This is not the code. The server shows it whenever it starts, in its console or journal."),
    "wait": _("Too many attempts. Please wait a little and try again."),
    "name": _("Please give your company’s name."),
    "id": _("Please use small letters, digits and hyphens, a letter first: for example yuelin-stores."),
    "letters": _("Please use one to six capital letters."),
    "template": _("Please choose whose regulations you begin with."),
    "groups": _("Every department needs a name, and no two the same."),
    "hours": _("Please write working hours such as 09:00-12:00, 13:00-18:00, one after the other; at least one day."),
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
    return _page({}, set())


@blueprint.post("")
@open_to_all
def create() -> tuple[str, int] | str | Response:
    """The first page leads to the second one, which goes back to it or founds the company."""
    if not is_empty():
        abort(409)
    typed = {name: _said_in(name)[:200] for name in _FIELDS}
    typed["password"] = request.form.get("password", "")[:1000]
    if problems := _problems(typed):
        return _page(typed, problems), 422
    template = _chosen(typed)
    if "back" in request.form:
        return _page(typed, set())
    if "found" not in request.form:
        return _second_page(typed, _Own.read(template) if _returns_to(template) else _proposed(template), set())
    own = _Own.read(template)
    if problems := _problems_of_second(typed, own):
        return _second_page(typed, own, problems), 422
    return _founded(typed, own)


def _returns_to(template: Template) -> bool:
    """Whether the second page was filled in for these regulations before."""
    return request.form.get("filled") == template.id


def _said_in(field: str) -> str:
    return clean_text(request.form.get(field, ""), multiline=False)


@dataclass(frozen=True)
class _Own:
    """What the second page asks beside the administrator."""

    groups: dict[str, str]
    hours: dict[str, str]
    second_factor: bool

    @classmethod
    def read(cls, template: Template) -> _Own:
        return cls(
            groups={id_: _said_in(f"group-{id_}")[:80] for id_ in _groups(template)},
            hours={day: _said_in(f"hours-{day}")[:80] for day in WEEKDAYS},
            second_factor="second_factor" in request.form,
        )

    def changed(self, template: Template) -> dict[str, str]:
        """Groups that are called otherwise than the template's."""
        return {id_: name for id_, name in self.groups.items() if name != _groups(template)[id_]}


def _groups(template: Template) -> dict[str, str]:
    """Names in the language of the regulations, without those of positions in them."""
    found = template.company
    return {each.id: each.name[found.language] for each in found.groups.values() if not each.of}


def _proposed(template: Template) -> _Own:
    worked = template.company.hours
    hours = {
        day: ", ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in worked.get(number, ()))
        for number, day in enumerate(WEEKDAYS, start=1)
    }
    return _Own(_groups(template), hours, second_factor=True)


def _profile(typed: dict[str, str], own: _Own) -> Profile:
    template = _chosen(typed)
    return Profile(
        id=typed["id"],
        name={template.language: typed["name"], "en": typed["english"] or typed["name"]},
        letters=typed["letters"],
        groups=own.changed(template),
        hours=own.hours,
        second_factor="administrators" if own.second_factor else "",
    )


def _founded(typed: dict[str, str], own: _Own) -> tuple[str, int] | Response:
    template = _chosen(typed)
    settings = site().settings
    packages = [
        files_of(collect_files(settings.processes, settings.forms, ref), _profile(typed, own))
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
        return _second_page(typed, own, {"login"}), 422
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
    now, here = site().clock(), guesser()
    if strangers().wait_before(_BY_CODE + here, now):
        return {"wait"}
    if not founding.is_setup_code(site().secret, typed["code"]):
        strangers().count(_BY_CODE + here, now)
        return {"code"}
    wrong = {
        "name": not typed["name"],
        "id": not _ID.fullmatch(typed["id"]),
        "letters": not _LETTERS.fullmatch(typed["letters"]),
        "template": typed["template"] not in {one.id for one in _templates()},
    }
    return {field for field, bad in wrong.items() if bad}


def _problems_of_second(typed: dict[str, str], own: _Own) -> set[str]:
    names = list(own.groups.values())
    wrong = {
        "groups": "" in names or len(set(names)) < len(names),
        "hours": not _is_week(typed, own),
        "login": not is_login(typed["login"]),
        "person": not typed["person"],
        "password": bool(password_problem(typed["login"] or "-", typed["password"])),
    }
    return {field for field, bad in wrong.items() if bad}


def _is_week(typed: dict[str, str], own: _Own) -> bool:
    """Whether a calendar can be made of the hours as they are typed."""
    folder = site().settings.processes / typed["template"]
    files = {"company.toml": (folder / "company.toml").read_bytes(), "procedure.toml": b""}
    try:
        files_of(files, replace(_profile(typed, own), groups={}))
    except PackageRefused:
        return False
    return True


def _chosen(typed: dict[str, str]) -> Template:
    return next(one for one in _templates() if one.id == typed["template"])


def _templates() -> tuple[Template, ...]:
    return templates(site().settings.processes)


def _page(typed: dict[str, str], problems: set[str]) -> str:
    second = [*_FIELDS[len(_FIRST) : -1], *(name for name in request.form if name.startswith(("group-", "hours-")))]
    return render_template(
        "setup.html",
        kept={name: _said_in(name) for name in (*second, "second_factor", "filled") if name in request.form},
        typed=SimpleNamespace(**{name: typed.get(name, "") for name in _FIRST}),
        problems=_said(problems),
        templates=[
            SimpleNamespace(
                id=one.id,
                name=words(one.name),
                regulation=one.regulation,
                procedures=[words(title) for title in one.procedures],
            )
            for one in _templates()
        ],
    )


def _second_page(typed: dict[str, str], own: _Own, problems: set[str]) -> str:
    template = _chosen(typed)
    calendar = calendars_of(template.company).own
    look = reader(ZoneInfo(template.company.time_zone))
    today = site().clock().astimezone(look.zone).date()
    names = get_day_names("wide", locale=look.locale)
    return render_template(
        "setup_company.html",
        typed=SimpleNamespace(**{name: typed.get(name, "") for name in _FIELDS}),
        problems=_said(problems),
        kept={**{name: typed[name] for name in _FIRST}, "filled": template.id},
        groups=[SimpleNamespace(id=id_, name=name, usual=_groups(template)[id_]) for id_, name in own.groups.items()],
        hours=[SimpleNamespace(id=day, name=names[at], spans=own.hours[day]) for at, day in enumerate(WEEKDAYS)],
        years=[year_view(calendar, today.year + more, today=today, reader=look) for more in range(_YEARS)],
        number=f"{typed['letters']}-{today.year}-00001",
        second_factor=own.second_factor,
        shortest=SHORTEST_PASSWORD,
    )


def _said(problems: Iterable[str]) -> dict[str, str]:
    gettext = current_translator().gettext
    return {field: gettext(_PROBLEMS[field]) % {"n": SHORTEST_PASSWORD} for field in problems}
