"""People of the company, for whoever administers it: who comes, who goes, who works in which group."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import people, people_list
from engine.commands.auditors import appoint_auditor, dismiss_auditor
from engine.commands.positions import PositionVacant
from engine.errors import AnswersInvalid, NotFound, NotPermitted
from engine.queries.people import Colleague, colleagues
from engine.sheets import MAX_ROWS, UnreadableSheet, read_sheet
from engine.text import Text
from webapp.access import actor, for_staff, site
from webapp.presentation import full_instant, moment
from webapp.shell import company, current_translator, own_time_zone, reader, words

blueprint = Blueprint("people", __name__, url_prefix="/people")
_LONGEST_NAME = 100


def _(message: str) -> str:
    """Marks *message* for the catalogues; it is translated where it is shown."""
    return message


_TABLE_PROBLEMS: Final = {
    "too-large": _("The file is too large. Please send at most five megabytes."),
    "too-many-rows": _("The table has more than %(n)s rows. Please send it in parts."),
    "empty": _("The table is empty, or no file was chosen."),
    "unreadable": _("This is no table that can be read. Please save it as xlsx or as CSV."),
    "no-login": _("The first row has no column “User name”. Please name the columns in the first row."),
    "no-name": _("The first row has no column “Name”. Please name the columns in the first row."),
}
_LINE_PROBLEMS: Final = {
    "login": _("“%(found)s” cannot be a user name: small letters, digits and dots, for example li.min."),
    "name": _("The name is missing or too long."),
    "groups": _("There is no such group: %(found)s"),
    "mail": _("This is no mail address: %(found)s"),
    "rights": _("There is no such right: %(found)s"),
    "twice": _("%(found)s stands in the table twice."),
    "left": _("%(found)s has left. Let that person come back first."),
    "too-many": _("A table may have at most %(found)s people. Please send the rest in another one."),
}


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
                profile=typed.profile,
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
                    profile=typed.profile,
                )
        except people.LastAdministrator:
            problem = _last_administrator()
        except people.StillHasWork as error:
            problem = _still_holds(found, error.tasks)
        except PositionVacant as error:
            problem = _vacant(error)
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
        return _page(found, None, problem=_still_has_work(found, error.tasks)), 409
    except PositionVacant as error:
        return _page(found, None, problem=_vacant(error)), 409
    except people.LastAdministrator:
        return _page(found, None, problem=_last_administrator()), 409
    flash(current_translator().gettext("Has left: %(name)s") % {"name": words(found.name)}, "ok")
    return redirect(url_for("people.index"), 303)


@blueprint.post("/<int:person_id>/audit")
@for_staff
def appoint(person_id: int) -> tuple[str, int] | Response:
    """Let somebody audit to the end of the day that was given."""
    found = _colleague(person_id)
    gettext = current_translator().gettext
    problem = gettext("Please say until when, and who ordered the audit.")
    try:
        last = date.fromisoformat(request.form.get("last", ""))
        ends_at = datetime.combine(last + timedelta(days=1), time(), own_time_zone())
        with site().signing_in(actor()) as context:
            appoint_auditor(context, person_id, ends_at=ends_at, mandate=request.form.get("mandate", ""))
    except (ValueError, OverflowError, AnswersInvalid):
        return _page(found, None, problem=problem), 422
    except people.StillHasWork as error:
        return _page(found, None, problem=_still_has_work(found, error.tasks)), 409
    except PositionVacant as error:
        return _page(found, None, problem=_vacant(error)), 409
    except people.LastAdministrator:
        return _page(found, None, problem=_last_administrator()), 409
    flash(gettext("Audits from now on: %(name)s") % {"name": words(found.name)}, "ok")
    return redirect(url_for("people.show", person_id=person_id), 303)


@blueprint.post("/<int:person_id>/audit/end")
@for_staff
def dismiss(person_id: int) -> Response:
    found = _colleague(person_id)
    with site().acting(actor()) as context:
        dismiss_auditor(context, person_id)
    flash(current_translator().gettext("No longer audits: %(name)s") % {"name": words(found.name)}, "ok")
    return redirect(url_for("people.show", person_id=person_id), 303)


@blueprint.post("/<int:person_id>/return")
@for_staff
def come_back(person_id: int) -> Response:
    found = _colleague(person_id)
    with site().acting(actor()) as context:
        people.come_back(context, person_id)
    flash(current_translator().gettext("Is back: %(name)s") % {"name": words(found.name)}, "ok")
    return redirect(url_for("people.show", person_id=person_id), 303)


@blueprint.get("/list")
@for_staff
def list_new() -> str:
    _require_administrator()
    return _list_page()


@blueprint.post("/list")
@for_staff
def list_shown() -> tuple[str, int] | str:
    """What the table would do; nothing is changed yet."""
    _require_administrator()
    upload = request.files.get("table")
    try:
        rows = read_sheet(upload.read() if upload else b"")
    except UnreadableSheet as error:
        return _list_page(problem=_refusal(error.reason)), 422
    if missing := people_list.headings_of(rows[0]).missing:
        return _list_page(problem=_refusal(f"no-{missing[0]}")), 422
    return _list_page(rows=rows)


@blueprint.post("/list/entry")
@for_staff
def list_entered() -> tuple[str, int] | str:
    """Do what was shown, with the same rows, counted again beside the people there are now."""
    _require_administrator()
    rows = _rows_sent(request.form.get("rows", ""))
    lines = people_list.plan_people(rows, company(), _known())
    passwords = people_list.first_passwords(lines)
    try:
        with site().acting(actor()) as context:
            added, changed = people_list.bring_people(context, lines, passwords, language=company().language)
    except people.LastAdministrator:
        return _list_page(rows=rows, problem=_last_administrator()), 409
    except people.StillHasWork as error:
        found = next(one for one in _everybody() if one.login == error.login)
        return _list_page(rows=rows, problem=_still_holds(found, error.tasks)), 409
    except PositionVacant as error:
        return _list_page(rows=rows, problem=_vacant(error)), 409
    except people.LoginTaken:  # somebody came in between: the list is shown again as it would be done now
        problem = current_translator().gettext("People have changed meanwhile. Please look at the list again.")
        return _list_page(rows=rows, problem=problem), 409
    names = {line.login: line.name for line in lines}
    return render_template(
        "people_entered.html",
        added=added,
        changed=changed,
        passwords=[(login, names[login], password) for login, (password, _hash) in sorted(passwords.items())],
    )


class _Typed(SimpleNamespace):
    """What stands in the form: login, name, english str, groups tuple of ids, administrator, owner bool, profile."""

    def __init__(
        self,
        login: str,
        name: str,
        english: str,
        groups: tuple[str, ...],
        *,
        administrator: bool,
        owner: bool,
        profile: people.Profile = people.NO_PROFILE,
    ) -> None:
        super().__init__(
            login=login,
            name=name,
            english=english,
            groups=groups,
            administrator=administrator,
            owner=owner,
            profile=profile,
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
        profile=people.Profile(*(form.get(name, "").strip()[:200] for name in ("mail", "department", "position"))),
    )


def _problem(typed: _Typed, *, login: str) -> str:
    if not login or not typed.name:
        return current_translator().gettext("Please fill in user name and name.")
    if typed.profile.mail and not people.is_mail(typed.profile.mail):
        return current_translator().gettext("This is no mail address: %(found)s") % {"found": typed.profile.mail}
    return ""


def _still_has_work(found: Colleague, tasks: int) -> str:
    return current_translator().ngettext(
        "%(name)s still works on %(n)s open task. Hand it over or give it back first.",
        "%(name)s still works on %(n)s open tasks. Hand them over or give them back first.",
        tasks,
    ) % {"name": words(found.name), "n": tasks}


def _still_holds(found: Colleague, tasks: int) -> str:
    return current_translator().ngettext(
        "%(name)s still works on %(n)s open task of a position that is taken away. Hand it over or give it back first.",
        "%(name)s still works on %(n)s open tasks of a position that is taken away. Hand them over or give them back "
        "first.",
        tasks,
    ) % {"name": words(found.name), "n": tasks}


def _vacant(error: PositionVacant) -> str:
    group = company().groups.get(error.group)
    return current_translator().ngettext(
        "Nobody else is %(position)s, and %(n)s task waits for one. Name a successor first, or hand it over.",
        "Nobody else is %(position)s, and %(n)s tasks wait for one. Name a successor first, or hand them over.",
        error.tasks,
    ) % {"position": words(group.name) if group else error.group, "n": error.tasks}


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
    names = " ".join([one.login, *one.name.values(), one.department, one.position]).lower()
    return wanted in names and (not group or group in one.groups)


def _row(one: Colleague) -> SimpleNamespace:
    groups = company().groups
    return SimpleNamespace(
        id=one.id,
        login=one.login,
        name=words(one.name),
        groups=[words(groups[group].name) for group in one.groups if group in groups],
        administrator=one.administrator,
        audits=_audit(one),
        can_sign_in=one.can_sign_in,
        second_factor=one.second_factor,
        open_tasks=one.open_tasks,
        where=" · ".join(filter(None, (one.department, one.position))),
        linked=one.linked,
        seen=moment(one.seen_at, site().clock(), reader=reader(own_time_zone())) if one.seen_at else None,
    )


def _audit(one: Colleague) -> SimpleNamespace | None:
    """Until when somebody audits, and why."""
    if one.audits_until is None:
        return None
    return SimpleNamespace(
        until=full_instant(one.audits_until, reader=reader(own_time_zone())),
        over=one.audits_until <= site().clock(),
        mandate=one.mandate,
    )


def _known() -> dict[str, people_list.Known]:
    return {
        one.login: people_list.Known(
            one.id,
            one.name,
            one.groups,
            one.administrator,
            one.owner,
            one.active,
            people.Profile(one.mail, one.department, one.position),
        )
        for one in _everybody()
    }


def _rows_sent(text: str) -> list[list[str]]:
    """The rows that the page was shown with. They are checked again; what is no table of text ends here."""
    try:
        rows = json.loads(text)
    except ValueError:
        abort(400)
    good = isinstance(rows, list) and rows and all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows)
    if not good or len(rows) > MAX_ROWS or not all(isinstance(cell, str) for row in rows for cell in row):
        abort(400)
    if people_list.headings_of(rows[0]).missing:
        abort(400)
    return [list(row) for row in rows]


def _list_page(*, rows: list[list[str]] | None = None, problem: str | None = None) -> str:
    lines = people_list.plan_people(rows, company(), _known()) if rows else ()
    groups = company().groups
    counts = Counter(line.state for line in lines)
    return render_template(
        "people_list.html",
        problem=problem,
        rows=json.dumps(rows, ensure_ascii=False) if rows else "",
        counts=counts,
        most=people_list.MAX_PEOPLE,
        lines=[
            SimpleNamespace(
                row=line.row,
                login=line.login,
                name=line.name,
                groups=[words(groups[group].name) for group in line.groups],
                administrator=line.administrator,
                owner=line.owner,
                where=" · ".join(filter(None, (line.profile.department, line.profile.position, line.profile.mail))),
                state=line.state,
                problem=current_translator().gettext(_LINE_PROBLEMS[line.problem]) % {"found": line.found}
                if line.problem
                else "",
            )
            for line in lines
        ],
        group_names=[words(group.name) for group in groups.values()],
    )


def _refusal(reason: str) -> str:
    return current_translator().gettext(_TABLE_PROBLEMS[reason]) % {"n": MAX_ROWS}


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
            profile=people.Profile(found.mail, found.department, found.position),
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
