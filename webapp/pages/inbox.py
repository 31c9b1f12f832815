"""The list a working day begins with."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.calendars import Calendar
from engine.complaints import refusal_to_act
from engine.deployments import Deployment
from engine.queries.inbox import Filter, InboxRow, Page, View, counts, inbox, overdue_count
from webapp.access import actor, for_staff, site
from webapp.due import due_of
from webapp.presentation import moment
from webapp.shell import own_calendar, reader, words
from webapp.waiting import waiting_for_me

blueprint = Blueprint("inbox", __name__)


@blueprint.get("/")
@for_staff
def show() -> str | Response:
    view = _view()
    where = Filter(
        procedure=request.args.get("procedure", ""),
        element=request.args.get("step", ""),
        text=request.args.get("text", "").strip()[:100],
    )
    now, calendar = site().now(actor().company_id), own_calendar()
    with site().database.reading(actor().company_id) as connection:
        g.counts = counts(connection, actor(), now=now)
        overdue = overdue_count(connection, actor(), now=now)
        page = inbox(
            connection,
            site().deployments,
            actor(),
            view=view,
            now=now,
            where=where,
            cursor=request.args.get("cursor", ""),
        )
        deployments = site().deployments.all_current(connection, actor().company_id)
        waiting = waiting_for_me(connection, now=now, calendar=calendar)
    context = _list_context(view, where, page, now=now, calendar=calendar)
    if request.headers.get("HX-Request-Type") == "partial":
        return render_template("_inbox_rows.html", **context)
    return render_template(
        "inbox.html",
        counts=SimpleNamespace(mine=g.counts[View.MINE], groups=g.counts[View.GROUPS], overdue=overdue),
        filters=SimpleNamespace(procedure=where.procedure, step=where.element, text=where.text),
        procedures=[(found.package.id, words(found.package.title)) for found in deployments],
        steps=_steps(deployments, where.procedure),
        **waiting,
        **context,
    )


def _view() -> View:
    tab = request.args.get("tab", "")
    if tab in set(View):
        return View(tab)
    return View.MINE


def _list_context(view: View, where: Filter, page: Page, *, now: datetime, calendar: Calendar) -> dict[str, Any]:
    arguments = {"tab": view, "procedure": where.procedure, "step": where.element, "text": where.text}
    given = {name: value for name, value in arguments.items() if value}
    return {
        "tab": str(view),
        "filtered": bool(where.procedure or where.element or where.text),
        "tasks": [_row(row, now=now, calendar=calendar) for row in page.rows],
        "next": f"{url_for('inbox.show')}?{urlencode({**given, 'cursor': page.next})}" if page.next else None,
    }


def _row(row: InboxRow, *, now: datetime, calendar: Calendar) -> SimpleNamespace:
    unclaimed = row.status == "open" and not row.assignee
    return SimpleNamespace(
        id=row.id,
        title=row.title,
        case_number=row.number,
        procedure=words(row.procedure_title),
        step=words(row.name),
        group="" if row.assignee else words(row.group_name),
        customer=row.customer,
        due=due_of(row.due_at, now=now, calendar=calendar),
        can_claim=unclaimed and not refusal_to_act(actor(), group=row.group, assignee_id=None),
        done=moment(row.ended_at, now, reader=reader(calendar.time_zone)) if row.ended_at else None,
    )


def _steps(deployments: tuple[Deployment, ...], procedure: str) -> list[tuple[str, str]]:
    """The steps people do, of the chosen procedure or of all."""
    chosen = [found for found in deployments if procedure in {"", found.package.id}]
    steps = {
        element.id: words(found.package.element_names.get(element.id, {})) or element.id
        for found in chosen
        for element in found.definition.elements.values()
        if element.kind in {"userTask", "manualTask"}
    }
    return sorted(steps.items(), key=lambda step: step[1])
