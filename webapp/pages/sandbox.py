"""A company to try things in: it is made here, and inside it its clock stands, steps and runs ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.calendars import Calendar, Deadline, Unit, due
from engine.commands.sign_in import begin_session
from engine.commands.test_clock import ClockRefused, TestClock, clock_of, run_clock, start_clock, stop_clock
from engine.complaints import Actor
from engine.errors import NotPermitted
from engine.queries.due import open_requests
from engine.queries.people import person_by_login
from engine.queries.sandbox import Happened, next_limit, what_happened
from engine.worker.sandboxes import create_sandbox, has_sandbox, sandbox_of
from webapp.access import actor, for_staff, site
from webapp.pages.session import give_session
from webapp.presentation import duration, full_instant
from webapp.shell import current_translator, own_calendar, own_time_zone, reader, words

blueprint = Blueprint("sandbox", __name__, url_prefix="/sandbox")

#: A time limit has passed when its time is over.
_JUST_AFTER: Final = timedelta(seconds=1)
_WORKING_DAY: Final = Deadline(Decimal(1), Unit.WORKING_DAYS, end="same_time")


@blueprint.get("")
@for_staff
def show() -> str:
    _require_administrator()
    clock = _clock()
    if clock is None:
        there = has_sandbox(site(), actor().company_id)
        return render_template("sandbox_new.html", there=there, name=sandbox_of(actor().company_id))
    return _page(clock)


@blueprint.post("")
@for_staff
def create() -> Response:
    _require_administrator()
    if _clock() is not None:
        abort(404)
    count = create_sandbox(site(), actor().company_id)
    said = current_translator().ngettext(
        "%(num)s procedure is in the sandbox", "%(num)s procedures are in the sandbox", count
    )
    flash(said % {"num": count}, "ok")
    return redirect(url_for("sandbox.show"), 303)


@blueprint.post("/visit")
@for_staff
def visit() -> Response:
    """Sign the administrator in there, whose account was copied from here. There is no such way back."""
    _require_administrator()
    if _clock() is not None or not has_sandbox(site(), actor().company_id):
        abort(404)
    copy = sandbox_of(actor().company_id)
    with site().database.reading(copy) as connection:
        there = person_by_login(connection, copy, actor().name)
    if there is None or there.actor.person_id is None:
        abort(404)
    with site().signing_in(Actor.customer(copy)) as context:
        token = begin_session(context, there.actor.person_id, device=request.user_agent.string)
    response = redirect(url_for("sandbox.show"), 303)
    give_session(response, token)
    return response


@blueprint.post("/clock")
@for_staff
def move() -> tuple[str, int] | Response:
    _require_administrator()
    clock = _clock() or abort(404)
    chosen = request.form.get("do", "")
    if chosen in _SWITCHES:
        with site().acting(actor()) as context:
            _SWITCHES[chosen](context, site().clock())
        return redirect(url_for("sandbox.show"), 303)
    to = _target(chosen, clock.now(site().clock()))
    if to is None:
        said = current_translator().gettext("Choose a date and time.")
        return _page(clock, problem=said, at=request.form.get("at", "")), 422
    try:
        with site().acting(actor()) as context:
            run_clock(context, site().clock(), to=to)
    except ClockRefused:
        said = current_translator().gettext(
            "The clock of a sandbox never goes back: what happened there has its dates. Choose a later time."
        )
        return _page(clock, problem=said, at=request.form.get("at", "")), 422
    return redirect(url_for("sandbox.show"), 303)


_SWITCHES: Final[dict[str, Callable[[Any, datetime], datetime]]] = {"stop": stop_clock, "start": start_clock}


def _target(chosen: str, now: datetime) -> datetime | None:
    """Where the clock is to run to; None for a time that cannot be read."""
    if chosen == "hour":
        return now + timedelta(hours=1)
    if chosen == "day":
        return _next_working_day(now, own_calendar())
    if chosen == "limit":
        with site().database.reading(actor().company_id) as connection:
            found = next_limit(connection, actor().company_id, after=now)
        return found + _JUST_AFTER if found else now
    return _instant(request.form.get("at", "")) if chosen == "until" else abort(400)


def _next_working_day(now: datetime, calendar: Calendar) -> datetime:
    """The same time of day on the next working day, within its office hours."""
    return due(_WORKING_DAY, start=now, calendar=calendar).due_at


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=own_time_zone())
    except ValueError:
        return None


def _page(clock: TestClock, *, problem: str = "", at: str = "") -> str:
    now, look = clock.now(site().clock()), reader(own_time_zone())
    with site().database.reading(actor().company_id) as connection:
        limit = next_limit(connection, actor().company_id, after=now)
        waits = open_requests(connection, actor().company_id) if clock.runs_to else 0
        summary = (
            what_happened(connection, site().deployments, actor().company_id, since=clock.ran_from, until=now)
            if clock.ran_from
            else None
        )
    return render_template(
        "sandbox.html",
        now=full_instant(now, reader=look),
        stands=clock.stands_at is not None,
        run=_run(clock, now, waits) if clock.runs_to else None,
        day=full_instant(_next_working_day(now, own_calendar()), reader=look),
        limit=full_instant(limit, reader=look) if limit else "",
        span=f"{full_instant(clock.ran_from, reader=look)} – {full_instant(now, reader=look)}"
        if clock.ran_from
        else "",
        summary=_rows(summary) if summary else [],
        problem=problem,
        at=at or f"{now.astimezone(own_time_zone()):%Y-%m-%dT%H:%M}",
        least=f"{now.astimezone(own_time_zone()):%Y-%m-%dT%H:%M}",
    )


def _run(clock: TestClock, now: datetime, waits: int) -> SimpleNamespace:
    assert clock.runs_to is not None
    assert clock.ran_from is not None
    look = reader(own_time_zone())
    return SimpleNamespace(
        to=full_instant(clock.runs_to, reader=look),
        whole=max(1, round((clock.runs_to - clock.ran_from).total_seconds())),
        gone=round((now - clock.ran_from).total_seconds()),
        left=duration(clock.runs_to - now, reader=look),
        waits=waits,
    )


def _rows(summary: Any) -> list[SimpleNamespace]:
    gettext = current_translator().gettext
    rows = [
        (gettext("Cases begun"), summary.started),
        (gettext("Cases ended"), summary.ended),
        (gettext("Tasks that came"), summary.opened),
        (gettext("Time limits that passed"), summary.passed),
        (gettext("Reminders and escalations"), summary.reminded),
        (gettext("Letters written, not sent"), summary.letters),
        (gettext("Incidents"), Happened(summary.incidents, ())),
    ]
    return [
        SimpleNamespace(said=said, count=found.count, names=[(words(name), count) for name, count in found.names])
        for said, found in rows
    ]


def _clock() -> TestClock | None:
    with site().database.reading(actor().company_id) as connection:
        return clock_of(connection, actor().company_id)


def _require_administrator() -> None:
    if not actor().administrator:
        raise NotPermitted("set_clock", "not-an-administrator")
