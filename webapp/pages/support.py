"""Support of the platform: administrators let it in for hours, see what it looked at, and put it out at any time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.support import HOURS, SupportStatus, end_support, grant_support, refuse_support
from engine.errors import NotPermitted
from engine.queries.people import names_of
from engine.queries.support import SupportRequest, support_requests
from engine.text import Text, whole_number
from webapp.access import actor, for_staff, site
from webapp.case_view import who
from webapp.presentation import moment
from webapp.shell import current_translator, own_time_zone, reader

blueprint = Blueprint("support", __name__, url_prefix="/settings/support")


@blueprint.get("")
@for_staff
def show() -> str:
    if not actor().administrator:
        raise NotPermitted("grant_support", "not-an-administrator")
    with site().database.reading(actor().company_id) as connection:
        found = support_requests(connection, actor().company_id)
        names = names_of(connection, actor().company_id)
    return render_template("support.html", requests=[_row(each, names) for each in found], hours=HOURS)


@blueprint.post("/<int:request_id>")
@for_staff
def decide(request_id: int) -> Response:
    """Let it in or not."""
    gettext = current_translator().gettext
    with site().acting(actor()) as context:
        if "refuse" in request.form:
            refuse_support(context, request_id)
            flash(gettext("Support was not let in."), "ok")
        else:
            hours = whole_number(request.form.get("hours", "")) or 0
            login = grant_support(context, request_id, hours=hours)
            flash(
                gettext("Let in. The user name is %(login)s; the code is known to who asked.") % {"login": login}, "ok"
            )
    return redirect(url_for("support.show"), 303)


@blueprint.post("/<int:request_id>/end")
@for_staff
def end(request_id: int) -> Response:
    with site().acting(actor()) as context:
        end_support(context, request_id)
    flash(current_translator().gettext("Support is out."), "ok")
    return redirect(url_for("support.show"), 303)


def _row(found: SupportRequest, names: Mapping[str, Text]) -> SimpleNamespace:
    gettext = current_translator().gettext
    over = found.ends_at is not None and found.ends_at <= site().clock()
    states = {
        SupportStatus.ASKED: (gettext("asks to be let in"), "warn"),
        SupportStatus.OPEN: (gettext("its time is over"), "") if over else (gettext("is in"), "accent"),
        SupportStatus.ENDED: (gettext("ended"), ""),
        SupportStatus.REFUSED: (gettext("not let in"), ""),
    }
    return SimpleNamespace(
        id=found.id,
        who=found.who,
        reason=found.reason,
        state=states[SupportStatus(found.status)],
        asks=found.status == SupportStatus.ASKED,
        is_in=found.status == SupportStatus.OPEN and not over,
        login=found.login,
        looks=found.looks,
        asked_at=_moment(found.asked_at),
        until=_moment(found.ended_at or found.ends_at) if found.ends_at else None,
        by=who(found.decided_by, names) if found.decided_by else "",
    )


def _moment(at: datetime) -> object:
    return moment(at, site().clock(), reader=reader(own_time_zone()))
