"""People of the company, for whoever administers it: who comes, who goes, who works in which group."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import people
from engine.errors import NotFound, NotPermitted
from engine.queries.people import Colleague, colleagues
from engine.text import Text
from webapp.access import actor, for_staff, site
from webapp.presentation import moment
from webapp.shell import company, current_translator, own_time_zone, reader, words

blueprint = Blueprint("people", __name__, url_prefix="/people")
_LONGEST_NAME = 100


@blueprint.get("")
@for_staff
def index() -> str:
    wanted, group = request.args.get("text", "").strip()[:100].lower(), request.args.get("group", "")
    everybody = _everybody()
    shown = [one for one in everybody if _fits(one, wanted, group)]
    return render_template(
        "people.html",
        people=[_row(one) for one in shown if one.active],
        left=[_row(one) for one in shown if not one.active],
        filters=SimpleNamespace(text=wanted, group=group),
        groups=_group_choices(),
        filtered=bool(wanted or group),
    )


@blueprint.get("/new")
@for_staff
def new() -> str:
    _require_administrator()
    return _page(None, _Typed("", "", "", (), administrator=False, owner=False))


@blueprint.post("/new")
@for_staff
def create() -> str | tuple[str, int] | Response:
    typed = _typed()
    if problem := _problem(typed, login=request.form.get("login", "").strip()):
        return _page(None, typed, problem=problem), 422
    try:
        with site().acting(actor()) as context:
            _require_administrator()
            person_id = people.add_person(
                context,
                login=typed.login,
                name=typed.text(),
                groups=typed.groups,
                administrator=typed.administrator,
                owner=typed.owner,
            )
            password = people.give_password(context, person_id)
    except people.LoginTaken:
        problem = current_translator().gettext("This user name is taken, or cannot be one. Please choose another.")
        return _page(None, typed, problem=problem), 422
    return _page(_colleague(person_id), None, password=password)


@blueprint.get("/<int:person_id>")
@for_staff
def show(person_id: int) -> str:
    return _page(_colleague(person_id), None)


@blueprint.post("/<int:person_id>")
@for_staff
def change(person_id: int) -> str | tuple[str, int] | Response:
    typed, found = _typed(), _colleague(person_id)
    problem = _problem(typed, login=found.login)
    if not problem:
        try:
            with site().acting(actor()) as context:
                people.change_person(
                    context,
                    person_id,
                    name=typed.text(),
                    groups=typed.groups,
                    administrator=typed.administrator,
                    owner=typed.owner,
                )
        except people.LastAdministrator:
            problem = _last_administrator()
    if problem:
        return _page(found, typed, problem=problem), 422
    flash(current_translator().gettext("Saved: %(name)s") % {"name": typed.name}, "ok")
    return redirect(url_for("people.index"), 303)


@blueprint.post("/<int:person_id>/password")
@for_staff
def give_password(person_id: int) -> str:
    with site().acting(actor()) as context:
        password = people.give_password(context, person_id)
    return _page(_colleague(person_id), None, password=password)


@blueprint.post("/<int:person_id>/second-factor/removal")
@for_staff
def take_second_factor(person_id: int) -> Response:
    with site().acting(actor()) as context:
        people.take_second_factor(context, person_id)
    flash(current_translator().gettext("Signs in by password alone now."), "ok")
    return redirect(url_for("people.show", person_id=person_id), 303)


@blueprint.post("/<int:person_id>/departure")
@for_staff
def leave(person_id: int) -> tuple[str, int] | Response:
    found = _colleague(person_id)
    try:
        with site().acting(actor()) as context:
            people.leave(context, person_id)
    except people.StillHasWork as error:
        problem = current_translator().ngettext(
            "%(name)s still works on %(n)s open task. Hand it over or give it back first.",
            "%(name)s still works on %(n)s open tasks. Hand them over or give them back first.",
            error.tasks,
        ) % {"name": words(found.name), "n": error.tasks}
        return _page(found, None, problem=problem), 409
    except people.LastAdministrator:
        return _page(found, None, problem=_last_administrator()), 409
    flash(current_translator().gettext("Has left: %(name)s") % {"name": words(found.name)}, "ok")
    return redirect(url_for("people.index"), 303)


@blueprint.post("/<int:person_id>/return")
@for_staff
def come_back(person_id: int) -> Response:
    found = _colleague(person_id)
    with site().acting(actor()) as context:
        people.come_back(context, person_id)
    flash(current_translator().gettext("Is back: %(name)s") % {"name": words(found.name)}, "ok")
    return redirect(url_for("people.show", person_id=person_id), 303)


class _Typed(SimpleNamespace):
    """What stands in the form: login, name and english str, groups tuple of ids, administrator and owner bool."""

    def __init__(
        self, login: str, name: str, english: str, groups: tuple[str, ...], *, administrator: bool, owner: bool
    ) -> None:
        super().__init__(
            login=login, name=name, english=english, groups=groups, administrator=administrator, owner=owner
        )

    def text(self) -> Text:
        own = company().language
        return {own: self.name, **({"en": self.english} if self.english and own != "en" else {})}


def _typed() -> _Typed:
    form, known = request.form, company().groups
    return _Typed(
        form.get("login", "").strip()[:_LONGEST_NAME],
        form.get("name", "").strip()[:_LONGEST_NAME],
        form.get("english", "").strip()[:_LONGEST_NAME],
        tuple(group for group in form.getlist("group") if group in known),
        administrator=form.get("administrator") == "yes",
        owner=form.get("owner") == "yes",
    )


def _problem(typed: _Typed, *, login: str) -> str:
    if not login or not typed.name:
        return current_translator().gettext("Please fill in user name and name.")
    return ""


def _last_administrator() -> str:
    return current_translator().gettext("This is the only administrator. Make somebody else an administrator first.")


def _require_administrator() -> None:
    if not actor().administrator:
        raise NotPermitted("administer_people", "not-administrator")


def _everybody() -> tuple[Colleague, ...]:
    _require_administrator()
    with site().database.reading(actor().company_id) as connection:
        return colleagues(connection, actor().company_id)


def _colleague(person_id: int) -> Colleague:
    found = next((one for one in _everybody() if one.id == person_id), None)
    if found is None:
        raise NotFound("person", person_id)
    return found


def _fits(one: Colleague, wanted: str, group: str) -> bool:
    names = " ".join([one.login, *one.name.values()]).lower()
    return wanted in names and (not group or group in one.groups)


def _row(one: Colleague) -> SimpleNamespace:
    groups = company().groups
    return SimpleNamespace(
        id=one.id,
        login=one.login,
        name=words(one.name),
        groups=[words(groups[group].name) for group in one.groups if group in groups],
        administrator=one.administrator,
        can_sign_in=one.can_sign_in,
        second_factor=one.second_factor,
        open_tasks=one.open_tasks,
        seen=moment(one.seen_at, site().clock(), reader=reader(own_time_zone())) if one.seen_at else None,
    )


def _group_choices() -> list[tuple[str, str]]:
    return [(group.id, words(group.name)) for group in company().groups.values()]


def _page(
    found: Colleague | None, typed: _Typed | None, *, problem: str | None = None, password: str | None = None
) -> str:
    own = company().language
    if typed is None:
        assert found is not None
        typed = _Typed(
            found.login,
            found.name.get(own) or words(found.name),
            found.name.get("en", "") if own != "en" else "",
            found.groups,
            administrator=found.administrator,
            owner=found.owner,
        )
    return render_template(
        "person.html",
        person=_row(found) if found else None,
        active=found.active if found else True,
        own=found is not None and found.id == actor().person_id,
        typed=typed,
        groups=_group_choices(),
        asks_english=own != "en",
        problem=problem,
        password=password,
    )
