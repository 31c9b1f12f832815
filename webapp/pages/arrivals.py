"""Mails that came in and what became of each; an administrator's page, because nothing in it belongs to one case."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, render_template, request

from engine.commands.findable import record_search
from engine.errors import NotPermitted
from engine.queries.arrivals import Arrival, latest_arrivals
from webapp.access import actor, for_staff, site
from webapp.presentation import moment
from webapp.shell import current_translator, own_time_zone, reader

blueprint = Blueprint("arrivals", __name__, url_prefix="/arrivals")


@blueprint.get("")
@for_staff
def index() -> str:
    if not actor().administrator:
        raise NotPermitted("read_arrivals", "not-an-administrator")
    failed = request.args.get("show") == "failed"
    with site().database.reading(actor().company_id) as connection:
        found = latest_arrivals(connection, actor().company_id, failed_only=failed)
    with site().acting(actor()) as context:
        numbers = [each.number for each in found if each.number]
        record_search(context, {"arrivals": "failed" if failed else "all"}, numbers)
    return render_template("arrivals.html", arrivals=[_row(each) for each in found], failed=failed)


def _row(found: Arrival) -> SimpleNamespace:
    gettext = current_translator().gettext
    became = {
        "case": (gettext("New case"), "ok"),
        "evidence": (gettext("Added to the case"), "ok"),
        "held": (gettext("To be looked at first"), "warn"),
        "ignored": (gettext("Ignored"), ""),
        "failed": (gettext("Could not be taken in"), "bad"),
    }
    why = {
        "many": gettext("Many came from the same address within an hour"),
        "repeated": gettext("The same words came within a day"),
        "bounce": gettext("a letter came back"),
        "auto-reply": gettext("an automatic answer"),
        "list": gettext("a mailing list or advertising"),
        "loop": gettext("one of our own letters"),
    }
    said, tone = became[found.status]
    now, look = site().now(actor().company_id), reader(own_time_zone())
    return SimpleNamespace(
        sender="" if found.number else found.sender,  # who may read what a case says is decided on its own page
        subject="" if found.number else found.subject,
        at=moment(found.arrived_at, now, reader=look),
        said=said,
        tone=tone,
        why=why.get(found.reason, found.reason),
        number=found.number,
    )
