"""What was set in the company, by whom, and what stood there before. For its administrators."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for

from engine.errors import NotPermitted
from engine.queries.people import names_of
from engine.queries.settings_log import Change, settings_log
from engine.text import LANGUAGES, Text, enumerated, whole_number
from webapp.access import actor, for_staff, site
from webapp.case_view import who
from webapp.presentation import moment
from webapp.shell import company, current_translator, language, own_time_zone, reader, words

blueprint = Blueprint("settings_log", __name__)


def _(message: str) -> str:
    """Marks *message* for the catalogues; it is translated where it is shown."""
    return message


_ACTIONS: Final = {
    "found_company": _("Company founded"),
    "deploy_procedure": _("Procedure put into service"),
    "ask_publication": _("Publication asked for"),
    "approve_publication": _("Publication approved"),
    "refuse_publication": _("Publication refused"),
    "adopt_calendar": _("Calendar changed"),
    "set_clock": _("Clock of the sandbox set"),
    "set_list": _("Choice list changed"),
    "withdraw_list": _("Change of a choice list withdrawn"),
    "set_numbers": _("Case numbers changed"),
    "ask_support": _("Support asks to be let in"),
    "grant_support": _("Support was let in"),
    "refuse_support": _("Support was not let in"),
    "end_support": _("Support was put out"),
    "add_person": _("Person added"),
    "change_person": _("Person changed"),
    "leave": _("Person has left"),
    "come_back": _("Person is back"),
    "give_password": _("New password given"),
    "take_second_factor": _("Second factor removed"),
    "set_provider": _("Sign-in service changed"),
    "link_identity": _("Account elsewhere linked"),
    "unlink_identity": _("Account elsewhere taken off"),
    "arrange_absence": _("Absence arranged"),
    "end_absence": _("Absence ended"),
    "create_token": _("Token for programs made"),
    "revoke_token": _("Token for programs ended"),
}
_NAMES: Final = {
    "name": _("Name"),
    "groups": _("Groups"),
    "administrator": _("Administrator"),
    "owner": _("Owner"),
    "mail": _("Mail address"),
    "department": _("Department"),
    "position": _("Job title"),
    "issuer": _("Its address (issuer)"),
    "client_id": _("Client (client_id)"),
    "enabled": _("Offered"),
    "secret_changed": _("Secret changed"),
    "version": _("Version"),
    "reason": _("Reason"),
    "for": _("For"),
    "options": _("Options"),
    "pattern": _("Pattern"),
    "codes": _("Codes of departments"),
}
_LONG: Final = 200


@blueprint.get("/people/log")
@for_staff
def show() -> str:
    if not (actor().administrator or actor().auditor) or actor().supports:
        raise NotPermitted("read_settings_log", "not-administrator")
    before = whole_number(request.args.get("before", ""))
    with site().database.reading(actor().company_id) as connection:
        found = settings_log(connection, actor().company_id, before=before)
        names = names_of(connection, actor().company_id)
    older = found and found[-1].seq > 1
    return render_template(
        "settings_log.html",
        changes=[_row(change, names) for change in found],
        next=url_for("settings_log.show", before=found[-1].seq) if older else None,
    )


def _row(change: Change, names: Mapping[str, Text]) -> SimpleNamespace:
    gettext = current_translator().gettext
    known = [name for name in {**change.before, **change.after} if name in _NAMES]
    return SimpleNamespace(
        at=moment(change.at, site().clock(), reader=reader(own_time_zone())),
        who=who(change.actor, names),
        what=gettext(_ACTIONS[change.action]),
        about=words(names[change.subject]) if change.subject in names else change.subject,
        lines=[
            SimpleNamespace(
                name=gettext(_NAMES[name]),
                before=_said(change.before[name]) if name in change.before else "",
                after=_said(change.after[name]) if name in change.after else "",
                had=name in change.before,
            )
            for name in known
        ],
    )


def _said(value: Any) -> str:
    """*value* as people read it, "" for nothing."""
    gettext = current_translator().gettext
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, Mapping):
        return words({tag: str(said) for tag, said in value.items() if tag in LANGUAGES})
    if isinstance(value, list):
        groups = company().groups
        return enumerated([words(groups[one].name) if one in groups else str(one) for one in value], language())
    return str(value)[:_LONG]
