"""Complaints that somebody looks at before they become cases: taken in, or set aside with a reason."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.cases import intake_form
from engine.commands.filings import accept_filing, set_filing_aside
from engine.commands.findable import record_search
from engine.complaints import FilingStatus
from engine.errors import AnswersInvalid
from engine.forms import describe, validate
from engine.queries.filings import Filing, filing_by_id, held_filings
from webapp.access import actor, for_staff, site
from webapp.presentation import moment
from webapp.shell import current_translator, language, reader, words

blueprint = Blueprint("filings", __name__, url_prefix="/held")


@blueprint.get("")
@for_staff
def index() -> str:
    with site().database.reading(actor().company_id) as connection:
        found = held_filings(connection, site().deployments, actor())
    return render_template("filings.html", filings=[_row(each) for each in found])


@blueprint.get("/<int:filing_id>")
@for_staff
def show(filing_id: int) -> str:
    return _page(filing_id)


@blueprint.post("/<int:filing_id>")
@for_staff
def decide(filing_id: int) -> str | tuple[str, int] | Response:
    gettext = current_translator().gettext
    with site().database.reading(actor().company_id) as connection:
        found = filing_by_id(connection, site().deployments, actor(), filing_id)
    if request.form.get("decision") == "accept":
        try:
            started = site().act(actor(), lambda context: accept_filing(context, filing_id))
        except AnswersInvalid:
            flash(gettext("Its form has changed since, so it cannot be taken in. Register it by hand."), "bad")
            return _page(filing_id), 422
        flash(gettext("Taken in as %(number)s.") % {"number": started.number}, "ok")
        return redirect(url_for("filings.index"), 303)
    reason = request.form.get("reason", "")[:2000]
    try:
        site().act(actor(), lambda context: set_filing_aside(context, filing_id, reason=reason))
    except AnswersInvalid:
        return _page(filing_id, reason=reason, missing=True), 422
    if found.by_mail:
        flash(gettext("Set aside. Your reason is kept."), "ok")
    else:
        flash(gettext("Set aside. Whoever sent it reads your reason."), "ok")
    return redirect(url_for("filings.index"), 303)


def _page(filing_id: int, *, reason: str = "", missing: bool = False) -> str:
    with site().database.reading(actor().company_id) as connection:
        found = filing_by_id(connection, site().deployments, actor(), filing_id)
    with site().acting(actor()) as context:
        record_search(context, {"filing": str(filing_id)}, [])
    raw = found.raw or {}
    if found.mail is not None:
        return render_template(
            "filing.html",
            filing=_row(found),
            mail=found.mail,
            lines=[],
            files=len(found.mail["files"]),
            reason=reason,
            missing=missing,
            open=True,
        )
    form = intake_form(found.deployment, public=True)
    lists, today = found.deployment.lists, site().now(actor().company_id).astimezone(found.deployment.time_zone).date()
    data = validate(form, raw, given={}, today=today, lists=lists).data
    lines = describe(form, data, language(), lists=lists) if raw else []
    files = sum(len(raw.get(field.id) or []) for field in form.fields if field.type == "files")
    return render_template(
        "filing.html",
        filing=_row(found),
        mail=None,
        lines=lines,
        files=files,
        reason=reason,
        missing=missing,
        open=bool(raw),
    )


def _row(found: Filing) -> SimpleNamespace:
    gettext = current_translator().gettext
    said = {
        "trap": gettext("A field was filled in that people do not see"),
        "many": gettext("Many came from the same address within an hour"),
        "repeated": gettext("The same words came within a day"),
    }
    state = {
        FilingStatus.HELD: (gettext("to be looked at"), "warn"),
        FilingStatus.ACCEPTED: (gettext("taken in"), "ok"),
        FilingStatus.SET_ASIDE: (gettext("set aside"), ""),
    }
    now, zone = site().now(found.company_id), found.deployment.time_zone
    return SimpleNamespace(
        id=found.id,
        url=url_for("filings.show", filing_id=found.id),
        procedure=words(found.deployment.package.title),
        arrived=moment(found.arrived_at, now, reader=reader(zone)),
        doubts=[said.get(each, each) for each in found.doubts],
        state=state[found.status][0],
        tone=state[found.status][1],
        held=found.status is FilingStatus.HELD,
        reason=found.reason,
        by=words(found.decided_by),
        number=found.number,
        by_mail=found.by_mail,
    )
