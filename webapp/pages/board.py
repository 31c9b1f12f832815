"""The morning board of a manager, what comes round, and what should be looked into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, abort, render_template, request, url_for

from engine.calendars import Calendar
from engine.commands.findable import record_search
from engine.queries import board
from engine.queries.alerts import open_alerts
from engine.queries.board import BoardTask
from engine.queries.duties import Duty, duties, missed_duties
from engine.queries.reports import Load, loads_of
from webapp.access import actor, for_staff, site
from webapp.charts import Bar
from webapp.due import due_of
from webapp.presentation import moment
from webapp.report_charts import load_chart
from webapp.shell import company, current_translator, own_calendar, own_time_zone, reader, words

blueprint = Blueprint("board", __name__)
#: Bars of the load: the fullest.
_LOADS: Final = 14


@blueprint.get("/board")
@for_staff
def show() -> str:
    now, calendar = site().now(actor().company_id), own_calendar()
    tonight = _tonight(now)
    with site().database.reading(actor().company_id) as connection:
        store = site().deployments
        numbers = board.numbers(connection, actor(), now=now, tonight=tonight, calendar=calendar)
        overdue = board.tasks_of(connection, store, actor(), until=now)
        today = board.tasks_of(connection, store, actor(), since=now, until=tonight)
        raised = board.escalations(connection, store, actor())
        loads = loads_of(connection, actor().company_id, now=now)
        alerts = open_alerts(connection, actor().company_id)
        missed = missed_duties(connection, store, actor().company_id)
        signals = {name: len(board.signal_cases(connection, actor(), name, now=now)) for name in board.SIGNALS}
    if shown := [*(task.number for task in (*overdue, *today)), *(each.number for each in raised)]:
        _record_shown({"board": "today"}, shown)
    look = reader(own_time_zone())
    return render_template(
        "board.html",
        numbers=numbers,
        alerts=alerts,
        missed=missed,
        overdue=[_row(task, now, calendar) for task in overdue],
        today=[_row(task, now, calendar) for task in today],
        escalations=[
            SimpleNamespace(
                id=each.id,
                number=each.number,
                title=each.title,
                limit=words(each.limit),
                to=words(each.to),
                raised=moment(each.raised_at, now, reader=look),
                due=due_of(each.due_at, now=now, calendar=calendar),
                own=each.own,
            )
            for each in raised
        ],
        load=load_chart([_bar(load) for load in loads[:_LOADS]]),
        signals=[
            SimpleNamespace(name=name, words=_signal_words()[name], count=count, url=url_for(".signal", name=name))
            for name, count in signals.items()
        ],
        days=board.SIGNAL_DAYS,
    )


@blueprint.get("/board/tasks")
@for_staff
def tasks() -> str:
    """The open tasks of one person, or those of one group that nobody has claimed."""
    now, calendar = site().now(actor().company_id), own_calendar()
    group, login = request.args.get("group", ""), request.args.get("login", "")
    if bool(group) == bool(login):
        abort(404)
    with site().database.reading(actor().company_id) as connection:
        found = board.tasks_of(connection, site().deployments, actor(), group=group, login=login, limit=200)
    _record_shown({"board": group or login}, [each.number for each in found])
    known = company().groups.get(group)
    name = words(known.name) if known else words(found[0].holder) if found else login
    return render_template("board_tasks.html", who=name, tasks=[_row(task, now, calendar) for task in found])


@blueprint.get("/board/signals/<name>")
@for_staff
def signal(name: str) -> str:
    if name not in board.SIGNALS:
        abort(404)
    now, look = site().now(actor().company_id), reader(own_time_zone())
    with site().database.reading(actor().company_id) as connection:
        found = board.signal_cases(connection, actor(), name, now=now)
    _record_shown({"board": name}, [each.number for each in found])
    lines = [
        SimpleNamespace(number=each.number, title=each.title, at=moment(each.at, now, reader=look)) for each in found
    ]
    return render_template("board_signal.html", words=_signal_words()[name], days=board.SIGNAL_DAYS, cases=lines)


@blueprint.get("/duties")
@for_staff
def duty_list() -> str:
    now = site().now(actor().company_id)
    with site().database.reading(actor().company_id) as connection:
        found = duties(connection, site().deployments, actor().company_id)
    return render_template("duties.html", duties=[_duty(each, now) for each in found])


def _tonight(now: datetime) -> datetime:
    """Midnight by the company's clocks."""
    zone = own_time_zone()
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)


def _row(task: BoardTask, now: datetime, calendar: Calendar) -> SimpleNamespace:
    return SimpleNamespace(
        id=task.id,
        number=task.number,
        title=task.title,
        customer=task.customer,
        step=words(task.step),
        holder=words(task.holder),
        due=due_of(task.due_at, now=now, calendar=calendar),
    )


def _bar(load: Load) -> Bar:
    gettext = current_translator().gettext
    known = company().groups.get(load.group)
    label = words(known.name) if known else words(load.name) or gettext("nobody yet")
    said = {"who": label, "open": load.open, "overdue": load.overdue}
    tip = gettext("%(who)s: %(open)s open, %(overdue)s overdue") % said
    anybody = load.group or load.login
    url = url_for(".tasks", group=load.group or None, login=load.login or None) if anybody else None
    return Bar(label, load.open, tip, url, load.overdue)


def _signal_words() -> dict[str, str]:
    gettext = current_translator().gettext
    return {
        "again": gettext("Ended, and the same customer complained again within thirty days"),
        "hurried": gettext("A form was filled in within a minute of its step being opened"),
        "last_hour": gettext("A time limit was met in its last hour"),
        "paused": gettext("A time limit was stopped by hand"),
        "by_hand": gettext("A case was moved, skipped or cut short by hand"),
    }


def _duty(duty: Duty, now: datetime) -> SimpleNamespace:
    gettext, look = current_translator().gettext, reader(own_time_zone())
    every = {
        "day": gettext("every day"),
        "week": gettext("every week"),
        "ten_days": gettext("every ten days"),
        "month": gettext("every month"),
        "quarter": gettext("every quarter"),
        "half_year": gettext("every half year"),
        "year": gettext("every year"),
    }[duty.schedule.every]
    return SimpleNamespace(
        title=words(duty.schedule.title),
        procedure=words(duty.procedure_title),
        clauses="、".join(dict.fromkeys(duty.clauses)),
        every=every,
        next=moment(duty.next_at, now, reader=look) if duty.next_at else None,
        done=SimpleNamespace(number=duty.last_done.number, at=moment(duty.last_done.ended_at, now, reader=look))
        if duty.last_done and duty.last_done.ended_at
        else None,
        waiting=SimpleNamespace(number=duty.waiting.number, at=moment(duty.waiting.started_at, now, reader=look))
        if duty.waiting
        else None,
        missed=duty.missed,
        skipped=moment(duty.skipped_at, now, reader=look) if duty.skipped_at else None,
    )


def _record_shown(asked: Mapping[str, str], numbers: Sequence[str]) -> None:
    """Write down whose cases were shown; looking at work of others is a search."""
    with site().acting(actor()) as context:
        record_search(context, asked, numbers)
