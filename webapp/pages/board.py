"""The morning board of a manager, what comes round, and what should be looked into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, abort, render_template, request, url_for

from engine.calendars import Calendar
from engine.commands.findable import record_search
from engine.procedures.boards import Board, board_of
from engine.queries import board
from engine.queries.alerts import open_alerts
from engine.queries.board import BoardTask, Number
from engine.queries.duties import Duty, duties, missed_duties
from engine.queries.people import people_of_groups
from engine.queries.reports import MOST_OPEN, Load, loads_of
from engine.text import enumerated
from webapp.access import actor, for_staff, site
from webapp.charts import Bar
from webapp.due import due_of
from webapp.pages.verbs import who_may_be_asked
from webapp.presentation import moment
from webapp.report_charts import load_chart
from webapp.shell import company, current_translator, language, own_calendar, own_time_zone, reader, words

blueprint = Blueprint("board", __name__)
#: Bars of the load: the fullest.
_LOADS: Final = 14
#: Tasks that are shown side by side, the most urgent.
_MOST_TASKS: Final = 200


@blueprint.get("/board")
@for_staff
def show() -> str:
    now, calendar, shown = site().now(actor().company_id), own_calendar(), _shown()
    tonight, sees = _tonight(now), shown.sees
    with site().database.reading(actor().company_id) as connection:
        store = site().deployments
        numbers = board.numbers(connection, actor(), sees=sees, now=now, tonight=tonight)
        overdue = board.tasks_of(connection, store, actor(), sees=sees, until=now)
        today = board.tasks_of(connection, store, actor(), sees=sees, since=now, until=tonight)
        raised = board.escalations(connection, store, actor(), sees=sees)
        loads = loads_of(connection, actor().company_id, sees=sees, now=now)
        alerts = open_alerts(connection, actor().company_id)
        missed = missed_duties(connection, store, actor().company_id)
    if numbers_shown := [*(task.number for task in (*overdue, *today)), *(each.number for each in raised)]:
        _record_shown({"board": "today"}, numbers_shown)
    look = reader(own_time_zone())
    return render_template(
        "board.html",
        scope=shown.words,
        of=shown.of,
        choices=shown.choices,
        numbers=SimpleNamespace(**{name: _counted(getattr(numbers, name)) for name in (*board.HEADS, board.UNHAPPY)}),
        alerts=alerts,
        missed=missed,
        overdue=[_row(task, now, calendar, shown.board) for task in overdue],
        today=[_row(task, now, calendar, shown.board) for task in today],
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
            SimpleNamespace(
                name=name, words=_signal_words()[name], count=_counted(count), url=url_for(".signal", name=name)
            )
            for name, count in numbers.signals.items()
        ],
        days=board.SIGNAL_DAYS,
        unhappy_days=board.UNHAPPY_DAYS,
    )


@blueprint.get("/board/work")
@for_staff
def work() -> str:
    """Who has what, side by side: everybody of the groups that are shown, and what nobody has claimed."""
    now, calendar, shown = site().now(actor().company_id), own_calendar(), _shown()
    store, company_id = site().deployments, actor().company_id
    with site().database.reading(company_id) as connection:
        found = board.tasks_of(connection, store, actor(), sees=shown.sees, limit=_MOST_TASKS)
        loads = loads_of(connection, company_id, sees=shown.sees, now=now)
        members = people_of_groups(connection, company_id, shown.sees)
    if found:
        _record_shown({"board": "work"}, [each.number for each in found])
    busy = {load.login for load in loads}
    idle = [Load("", login, name, 0, 0, 0) for login, name in members if login not in busy]
    rows: dict[str, list[SimpleNamespace]] = {}
    for task in found:
        place = f"person:{task.login}" if task.login else f"group:{task.group}"
        rows.setdefault(place, []).append(_row(task, now, calendar, shown.board))
    columns = [_column(place, load, rows) for place, load in enumerate([*loads, *idle])]
    movable = not actor().auditor and any(row.movable for each in rows.values() for row in each)
    return render_template(
        "board_work.html",
        columns=columns,
        people=who_may_be_asked() if movable else [],
        movable=movable,
        scope=shown.words,
        choices=shown.choices,
    )


@blueprint.get("/board/tasks")
@for_staff
def tasks() -> str:
    """The open tasks of one person, or those of one group that nobody has claimed."""
    now, calendar, shown = site().now(actor().company_id), own_calendar(), _shown()
    group, login = request.args.get("group", ""), request.args.get("login", "")
    if bool(group) == bool(login):
        abort(404)
    with site().database.reading(actor().company_id) as connection:
        found = board.tasks_of(
            connection, site().deployments, actor(), sees=shown.sees, group=group, login=login, limit=200
        )
    _record_shown({"board": group or login}, [each.number for each in found])
    known = company().groups.get(group)
    name = words(known.name) if known else words(found[0].holder) if found else login
    return render_template(
        "board_tasks.html", who=name, tasks=[_row(task, now, calendar, shown.board) for task in found]
    )


@blueprint.get("/board/signals/<name>")
@for_staff
def signal(name: str) -> str:
    if name not in {*board.SIGNALS, board.UNHAPPY}:
        abort(404)
    now, look = site().now(actor().company_id), reader(own_time_zone())
    sees = _shown().sees
    with site().database.reading(actor().company_id) as connection:
        found = board.signal_cases(connection, site().deployments, actor(), name, sees=sees, now=now)
    _record_shown({"board": name}, [each.number for each in found])
    lines = [
        SimpleNamespace(number=each.number, title=each.title, at=moment(each.at, now, reader=look)) for each in found
    ]
    return render_template(
        "board_signal.html",
        words=_signal_words()[name],
        days=board.days_of(name),
        unhappy=name == board.UNHAPPY,
        cases=lines,
    )


@blueprint.get("/duties")
@for_staff
def duty_list() -> str:
    now = site().now(actor().company_id)
    with site().database.reading(actor().company_id) as connection:
        found = duties(connection, site().deployments, actor().company_id)
    return render_template("duties.html", duties=[_duty(each, now) for each in found])


@dataclass(frozen=True)
class _Shown:
    """Whose work is shown: what the reader may see, or the one group of it that was chosen."""

    board: Board
    sees: frozenset[str] | None
    of: str
    words: str
    choices: list[tuple[str, str, bool]]


def _shown() -> _Shown:
    allowed, gettext, own = board_of(company(), actor()), current_translator().gettext, company().groups
    of = request.args.get("of", "")
    if of and (of not in own or not allowed.covers(of)):
        abort(404)
    groups = [group for group in own.values() if allowed.covers(group.id)]
    whole = gettext("The whole company")
    everything = whole if allowed.sees is None else gettext("All my groups")
    choices = [("", everything, not of), *((each.id, words(each.name), each.id == of) for each in groups)]
    said = gettext("What is open with %(groups)s now.")
    if of:
        sentence = said % {"groups": words(own[of].name)}
    elif allowed.sees is None:
        sentence = gettext("What is open in the whole company now.")
    else:
        sentence = said % {"groups": enumerated([words(each.name) for each in groups], language())}
    return _Shown(allowed, frozenset({of}) if of else allowed.sees, of, sentence, choices if len(groups) > 1 else [])


def _column(place: int, load: Load, rows: Mapping[str, Sequence[SimpleNamespace]]) -> SimpleNamespace:
    gettext, known = current_translator().gettext, company().groups.get(load.group)
    to = f"person:{load.login}" if load.login else f"group:{load.group}"
    about = gettext("%(open)s open, %(overdue)s overdue, %(soon)s due within 7 days")
    name = words(known.name) if known else words(load.name) or gettext("nobody yet")
    return SimpleNamespace(
        id=f"column-{place}",
        to=to if load.login or known else "",
        name=gettext("%(group)s, not claimed") % {"group": name} if known else name,
        about=about % {"open": _up_to(load.open), "overdue": _up_to(load.overdue), "soon": load.soon},
        tasks=rows.get(to, ()),
    )


def _tonight(now: datetime) -> datetime:
    """Midnight by the company's clocks."""
    zone = own_time_zone()
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)


def _row(task: BoardTask, now: datetime, calendar: Calendar, allowed: Board) -> SimpleNamespace:
    return SimpleNamespace(
        id=task.id,
        number=task.number,
        title=task.title,
        customer=task.customer,
        step=words(task.step),
        holder=words(task.holder),
        due=due_of(task.due_at, now=now, calendar=calendar),
        movable=_is_movable(task, allowed),
    )


def _is_movable(task: BoardTask, allowed: Board) -> bool:
    """Whether the reader may hand it over: it is theirs, or stands on a board that they move."""
    own = task.login == actor().name if task.login else task.group in actor().groups
    return own or allowed.may_move(task.group)


def _counted(number: Number) -> str:
    return f"{number.value}+" if number.more else str(number.value)


def _up_to(count: int) -> str:
    return f"{count}+" if count == MOST_OPEN else str(count)


def _bar(load: Load) -> Bar:
    gettext = current_translator().gettext
    known = company().groups.get(load.group)
    label = words(known.name) if known else words(load.name) or gettext("nobody yet")
    said = {"who": label, "open": _up_to(load.open), "overdue": _up_to(load.overdue)}
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
        "unhappy": gettext("Unhappy customers"),
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
