"""The list a working day begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.calendars import Calendar
from engine.commands import hand_overs, notices, user_tasks
from engine.commands.context import Context
from engine.commands.errands import Addressee
from engine.commands.filters import remove_filter, save_filter
from engine.complaints import refusal_to_act
from engine.complaints.inbox import Filter, View
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, EngineError
from engine.queries.errands import copies, unread_copies
from engine.queries.filters import SavedFilter, saved_filters_of
from engine.queries.inbox import (
    COUNTED,
    SAID,
    InboxRow,
    Page,
    counts,
    inbox,
    overdue_count,
    red_lane,
)
from engine.text import whole_number
from webapp.access import actor, find_task, for_staff, site
from webapp.case_view import group_names
from webapp.data_words import data_words
from webapp.due import due_of
from webapp.errand_view import errand_rows
from webapp.errors import refusal_words
from webapp.pages.verbs import who_may_be_asked
from webapp.presentation import DueState, moment
from webapp.shell import company, current_translator, language, own_calendar, reader, words
from webapp.verb_form import addressee
from webapp.waiting import waiting_for_me

blueprint = Blueprint("inbox", __name__)
#: Tasks that one press of a button may touch.
_MOST_AT_ONCE: Final = 100
#: Tasks of the red lane; those behind them stand first in the lists.
_LANE: Final = 5
#: A working day is never further away than this, whatever the holidays.
_NEAR: Final = timedelta(days=14)


@blueprint.get("/")
@for_staff
def show() -> str | Response:
    view = _view()
    where = Filter(
        procedure=request.args.get("procedure", ""),
        element=request.args.get("step", ""),
        text=request.args.get("text", "").strip()[:100],
        late=request.args.get("late", "") == "1",
    )
    now, calendar = site().now(actor().company_id), own_calendar()
    with site().database.reading(actor().company_id) as connection:
        g.counts = counts(connection, actor(), View.MINE, View.GROUPS, now=now)
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
        unread = unread_copies(connection, actor())
        saved = saved_filters_of(connection, site().deployments, actor(), now=now)
        urgent = red_lane(connection, site().deployments, actor(), now=now, until=now + _NEAR, limit=_LANE)
    context = _list_context(view, where, page, now=now, calendar=calendar)
    if request.headers.get("HX-Request-Type") == "partial":
        return render_template("_inbox_rows.html", **context)
    return render_template(
        "inbox.html",
        counts=SimpleNamespace(mine=g.counts[View.MINE], groups=g.counts[View.GROUPS], overdue=overdue, copies=unread),
        filters=SimpleNamespace(procedure=where.procedure, step=where.element, text=where.text, late=where.late),
        procedures=[(found.package.id, words(found.package.title)) for found in deployments],
        steps=_steps(deployments, where.procedure),
        people=who_may_be_asked(),
        saved=[_saved(each, view=view, where=where) for each in saved],
        lane=_lane(urgent, now=now, calendar=calendar),
        **waiting,
        **context,
    )


@blueprint.get("/copies")
@for_staff
def copied() -> str:
    """What colleagues sent for information."""
    now, calendar = site().now(actor().company_id), own_calendar()
    with site().database.reading(actor().company_id) as connection:
        g.counts = counts(connection, actor(), View.MINE, View.GROUPS, now=now)
        found = copies(connection, site().deployments, actor())
        unread = unread_copies(connection, actor())
    return render_template(
        "copies.html",
        copies=errand_rows(found, now=now, zone=calendar.time_zone),
        counts=SimpleNamespace(mine=g.counts[View.MINE], groups=g.counts[View.GROUPS], copies=unread),
    )


@blueprint.post("/filters")
@for_staff
def save() -> Response:
    """Keep the filter that is set, under a name."""
    said = request.form
    view = View(said["tab"]) if said.get("tab") in {View.MINE, View.GROUPS, View.STARTED} else View.MINE
    where = Filter(
        procedure=said.get("procedure", "")[:100],
        element=said.get("step", "")[:100],
        text=said.get("text", "").strip()[:100],
        late=said.get("late", "") == "1",
    )
    gettext = current_translator().gettext
    try:
        with site().acting(actor()) as context:
            save_filter(context, said.get("name", ""), view=view, where=where, group=said.get("group", ""))
    except AnswersInvalid as error:
        flash(refusal_words(error), "bad")
    else:
        flash(gettext("The filter is kept. It stands above the list with how many tasks it holds."), "ok")
    return redirect(_address(view, where), 303)


@blueprint.post("/filters/<int:filter_id>/removal")
@for_staff
def remove(filter_id: int) -> Response:
    with site().acting(actor()) as context:
        remove_filter(context, filter_id)
    flash(current_translator().gettext("The filter is gone."), "ok")
    return redirect(url_for("inbox.show"), 303)


@blueprint.post("/bulk")
@for_staff
def bulk() -> str | Response:
    """Do one thing with several tasks, each in a transaction of its own, and say what became of each."""
    chosen = [found for text in request.form.getlist("task")[:_MOST_AT_ONCE] if (found := whole_number(text))]
    if not chosen:
        flash(current_translator().gettext("Choose tasks first."), "warn")
        return redirect(url_for("inbox.show", tab=_view()), 303)
    verb, reason = request.form.get("verb", ""), request.form.get("reason", "")
    to = addressee(request.form.get("to", ""))
    results = [_tried(task_id, verb, to, reason) for task_id in dict.fromkeys(chosen)]
    return render_template("bulk.html", results=results, verb=verb, back=request.form.get("back", ""))


def _tried(task_id: int, verb: str, to: Addressee, reason: str) -> SimpleNamespace:
    """What became of one task."""
    commands: Mapping[str, Callable[[Context], object]] = {
        "claim": lambda context: user_tasks.claim(context, task_id),
        "hand-over": lambda context: hand_overs.hand_over(context, task_id, to, reason=reason),
        "urging": lambda context: notices.urge(context, task_id, reason=reason),
    }
    if verb not in commands:
        abort(404)
    result = SimpleNamespace(id=task_id, step="", number="", title=f"#{task_id}", why="")
    try:
        case, task, _ = find_task(task_id)
        result.step, result.number, result.title = words(task.name), case.number, case.title or case.number
        site().act(actor(), commands[verb])
    except EngineError as error:
        result.why = refusal_words(error)
    return result


def _view() -> View:
    tab = request.args.get("tab", "")
    if tab in set(View):
        return View(tab)
    return View.MINE


def _list_context(view: View, where: Filter, page: Page, *, now: datetime, calendar: Calendar) -> dict[str, Any]:
    given = _arguments(view, where)
    return {
        "tab": str(view),
        "filtered": len(given) > 1,
        "keep": list(given.items()) if view is not View.DONE else [],
        "share_with": _own_groups(),
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
        group=_group(row),
        columns=_columns(row),
        customer=row.customer,
        repeats=row.repeats,
        due=due_of(row.due_at, now=now, calendar=calendar),
        can_claim=unclaimed and not refusal_to_act(actor(), group=row.group, assignee_id=None),
        done=moment(row.ended_at, now, reader=reader(calendar.time_zone)) if row.ended_at else None,
    )


def _arguments(view: View, where: Filter) -> dict[str, str]:
    """The view and its filter as an address says them; what is not set is left out."""
    said = {"procedure": where.procedure, "step": where.element, "text": where.text, "late": "1" if where.late else ""}
    return {"tab": str(view), **{name: value for name, value in said.items() if value}}


def _address(view: View, where: Filter) -> str:
    return f"{url_for('inbox.show')}?{urlencode(_arguments(view, where))}"


def _own_groups() -> list[tuple[str, str]]:
    return [(group.id, words(group.name)) for group in company().groups.values() if group.id in actor().groups]


def _saved(each: SavedFilter, *, view: View, where: Filter) -> SimpleNamespace:
    own = each.owner == actor().name
    return SimpleNamespace(
        id=each.id,
        name=each.name,
        url=_address(each.view, each.where),
        count=f"{each.count}+" if each.count == (SAID if each.where.text else COUNTED) else str(each.count),
        shared=bool(each.group),
        owner="" if own else words(each.owner_name),
        can_remove=own or actor().administrator,
        now=(each.view, each.where) == (view, where),
    )


def _lane(urgent: tuple[InboxRow, ...], *, now: datetime, calendar: Calendar) -> list[SimpleNamespace]:
    """Those that are over their time or have little working time left."""
    rows = [_row(row, now=now, calendar=calendar) for row in urgent]
    return [row for row in rows if row.due.state in {DueState.OVERDUE, DueState.SOON}]


def _group(row: InboxRow) -> str:
    """The group that a task waits for; of a colleague's task whose it is."""
    if not row.assignee:
        return words(row.group_name)
    return "" if row.assignee == actor().name or row.status != "open" else words(row.assignee_name)


def _columns(row: InboxRow) -> str:
    """The procedure's own columns in one line."""
    deployment = row.deployment
    said = data_words(
        deployment.package.forms.values(),
        groups=group_names(deployment),
        lists=deployment.lists,
        language=language(),
    )
    return " · ".join(
        text for name, value in row.columns if value not in (None, "", []) and (text := said.value(name, value))
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
