"""The company's working calendar: look at it, try a time limit on it, load the yearly notice."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.calendars import (
    Calendar,
    Calendars,
    Deadline,
    DeadlineInvalid,
    Notice,
    NoticeInvalid,
    Receipt,
    Unit,
    calendar_changes,
    coming_dates,
    notice_of,
    notice_to_text,
    read_notice,
)
from engine.calendars.deadline import ENDS, ROLLS, STARTS
from engine.commands.calendars import Preview, load_notice, preview_notice, remove_notice
from engine.errors import NotFound, NotPermitted
from engine.queries.people import names_of
from engine.queries.time_limits import calendar_versions, loaded_notices, moved_dates
from engine.text import enumerated, whole_number
from webapp.access import actor, for_staff, site
from webapp.calendar_view import changes_view, hours_view, moved_view, problem_words, year_view
from webapp.presentation import moment, receipt_lines, receipt_total
from webapp.shell import company, current_translator, language, own_time_zone, reader, words
from webapp.time_limit_form import unit_words

blueprint = Blueprint("calendars", __name__, url_prefix="/calendar")

#: Years that can be looked at.
_YEARS: Final = range(2020, 2036)
#: Bytes of a notice's file; the State Council's has two thousand.
_MOST_BYTES: Final = 100_000
_UNITS: Final = tuple(unit for unit in Unit if unit is not Unit.FIELD)


@blueprint.get("")
@for_staff
def show() -> str:
    now, look = site().now(actor().company_id), reader(own_time_zone())
    today = now.astimezone(own_time_zone()).date()
    chosen = request.args.get("of", "")
    with site().database.reading(actor().company_id) as connection:
        calendars = site().deployments.calendars(connection, actor().company_id)
        versions = calendar_versions(connection, actor().company_id)
        notices = loaded_notices(connection, actor().company_id)
        names = names_of(connection, actor().company_id)
    calendar = calendars.of(chosen)
    asked = whole_number(request.args.get("year", ""))
    year = asked if asked is not None and asked in _YEARS else today.year
    before, after = (other if other in _YEARS else None for other in (year - 1, year + 1))
    return render_template(
        "calendar.html",
        year=year_view(calendar, year, today=today, reader=look),
        years=SimpleNamespace(before=before, after=after),
        hours=hours_view(calendar, reader=look),
        calendars=_choices(calendars, chosen if chosen in calendars.named else ""),
        chosen=chosen if chosen in calendars.named else "",
        loaded=year in {each.year for each in notices},
        may_change=actor().administrator,
        versions=[_version(each, names, now) for each in versions],
        trial=_trial(calendar, now),
    )


@blueprint.get("/notice")
@for_staff
def new() -> str:
    _require_administrator()
    year = whole_number(request.args.get("year", ""))
    with site().database.reading(actor().company_id) as connection:
        own = site().deployments.calendars(connection, actor().company_id).own
    text = notice_to_text(notice_of(own, year)) if year is not None and "edit" in request.args else ""
    return _notice_page(text=text, year=year)


@blueprint.post("/notice")
@for_staff
def load() -> str | tuple[str, int] | Response:
    """Show what a notice would do, and load it when that was seen."""
    _require_administrator()
    text, year = _text_sent(), whole_number(request.form.get("year", ""))
    try:
        notice = read_notice(text, year=year or None)
    except NoticeInvalid as error:
        return _notice_page(text=text, year=year, problems=[problem_words(each) for each in error.problems]), 422
    if "load" not in request.form:
        with site().acting(actor()) as context:
            preview = preview_notice(context, notice)
        return _notice_page(text=notice_to_text(notice), year=notice.year, preview=preview, notice=notice)
    keep = request.form.get("dates") == "keep"
    with site().acting(actor()) as context:
        digest = load_notice(context, notice, keep_dates=keep, note=request.form.get("note", "").strip()[:500])
    flash(current_translator().gettext("The notice is in force. Running time limits are being counted again."), "ok")
    return redirect(url_for("calendars.version", digest=digest), 303)


@blueprint.post("/notice/<int:year>/removal")
@for_staff
def remove(year: int) -> Response:
    with site().acting(actor()) as context:
        digest = remove_notice(context, year, keep_dates=False, note="")
    flash(current_translator().gettext("The notice is gone. Running time limits are being counted again."), "ok")
    return redirect(url_for("calendars.version", digest=digest), 303)


@blueprint.get("/versions/<digest>")
@for_staff
def version(digest: str) -> str:
    now, look = site().now(actor().company_id), reader(own_time_zone())
    with site().database.reading(actor().company_id) as connection:
        names = names_of(connection, actor().company_id)
        versions = calendar_versions(connection, actor().company_id)
        found = next((each for each in versions if each.digest == digest), None)
        if found is None:
            raise NotFound("calendar", digest)
        moved = moved_dates(connection, site().deployments, actor(), digest)
    return render_template(
        "calendar_version.html",
        version=_version(found, names, now),
        moved=[
            SimpleNamespace(
                number=each.number,
                title=each.title or each.number,
                limit=words(each.deadline),
                was=moved_view(each.was, look),
                due=moved_view(each.due_at, look),
            )
            for each in moved
        ],
    )


def _notice_page(
    *,
    text: str,
    year: int | None,
    problems: list[SimpleNamespace] | None = None,
    preview: Preview | None = None,
    notice: Notice | None = None,
) -> str:
    look = reader(own_time_zone())
    return render_template(
        "calendar_notice.html",
        text=text,
        year=year or "",
        problems=problems or [],
        notice=notice,
        missing=enumerated(map(words, notice.missing), language()) if notice else "",
        changes=changes_view(calendar_changes(preview.before.own, preview.after.own), reader=look) if preview else [],
        preview=None if preview is None else _preview(preview),
    )


def _preview(preview: Preview) -> SimpleNamespace:
    look = reader(own_time_zone())
    with site().database.reading(actor().company_id) as connection:
        deployments = {each.package.id: each for each in site().deployments.all_current(connection, actor().company_id)}

    def limit(procedure: str, deadline: str) -> str:
        rule = deployments[procedure].package.deadlines.get(deadline) if procedure in deployments else None
        return words(rule.title) if rule else deadline

    return SimpleNamespace(
        moves=[
            SimpleNamespace(
                number=move.case_number,
                limit=limit(move.procedure, move.deadline),
                was=moved_view(move.was, look),
                due=moved_view(move.due_at, look),
            )
            for move in preview.moves[:200]
        ],
        moved=len(preview.moves),
        looked_at=preview.looked_at,
        waiting=preview.waiting,
    )


def _text_sent() -> str:
    """The pasted text, or the file's where one was chosen: UTF-8, else the encoding Chinese offices still write."""
    upload = request.files.get("file")
    content = upload.read(_MOST_BYTES) if upload and upload.filename else b""
    if not content:
        return request.form.get("text", "")[:_MOST_BYTES]
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _choices(calendars: Calendars, chosen: str) -> list[SimpleNamespace]:
    """The company's own calendar and those of departments; none where there is only one."""
    if not calendars.named:
        return []
    gettext = current_translator().gettext
    groups = company().groups.values()
    own = SimpleNamespace(id="", words=gettext("Company"), shown=not chosen)
    return [
        own,
        *(SimpleNamespace(id=name, words=_users(name, groups), shown=name == chosen) for name in calendars.named),
    ]


def _users(name: str, groups: Any) -> str:
    """The departments that work by a calendar, its own name where none does."""
    return ", ".join(words(group.name) for group in groups if group.calendar == name) or name


def _version(found: Any, names: Any, now: datetime) -> SimpleNamespace:
    gettext = current_translator().gettext
    sources = {"package": gettext("from the procedure package"), "notice": gettext("yearly notice")}
    return SimpleNamespace(
        digest=found.digest,
        source=sources.get(found.source, found.source),
        note=found.note,
        who=words(names[found.adopted_by]) if found.adopted_by in names else gettext("System"),
        at=moment(found.adopted_at, now, reader=reader(own_time_zone())),
        cases=found.cases,
        left=found.left,
        moved=found.moved,
        in_force=found.in_force,
    )


def _trial(calendar: Calendar, now: datetime) -> SimpleNamespace:
    """What a time limit would give on the coming days, for whoever sets one."""
    given = request.args
    chosen = SimpleNamespace(
        amount=given.get("amount", "3")[:12],
        unit=given.get("unit") if given.get("unit") in set(_UNITS) else Unit.WORKING_DAYS,
        start=given.get("start") if given.get("start") in STARTS else "now",
        end=given.get("end") if given.get("end") in ENDS else "end_of_day",
        roll=given.get("roll") if given.get("roll") in ROLLS else "none",
        at=_instant(given.get("at", ""), now),
    )
    error, rows = False, []
    try:
        deadline = Deadline(
            Decimal(chosen.amount), Unit(chosen.unit), start=chosen.start, end=chosen.end, roll=chosen.roll
        )
        rows = [_dated(each) for each in coming_dates(deadline, after=chosen.at, calendar=calendar)]
    except (InvalidOperation, DeadlineInvalid):
        error = True
    chosen.at = f"{chosen.at:%Y-%m-%dT%H:%M}"
    return SimpleNamespace(chosen=chosen, rows=rows, error=error, **_words_of_choices())


def _instant(text: str, now: datetime) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=own_time_zone())
    except ValueError:
        return now.astimezone(own_time_zone()).replace(second=0, microsecond=0)


def _dated(receipt: Receipt) -> SimpleNamespace:
    look = reader(own_time_zone())
    return SimpleNamespace(
        start=moved_view(receipt.started_at, look),
        due=moved_view(receipt.due_at, look),
        provisional=receipt.provisional,
        lines=receipt_lines(receipt, reader=look),
        total=receipt_total(receipt, reader=look),
    )


def _words_of_choices() -> dict[str, list[tuple[str, str]]]:
    gettext = current_translator().gettext
    return {
        "units": [(str(unit), words(unit_words(unit))) for unit in _UNITS],
        "starts": [
            ("now", gettext("at once; whole days from the next")),
            ("same_day", gettext("the same day counts")),
            ("next_day", gettext("from the next day")),
            ("next_working_day", gettext("from the next working day")),
        ],
        "ends": [("end_of_day", gettext("end of the day")), ("same_time", gettext("same time of day"))],
        "rolls": [
            ("none", gettext("stays there")),
            ("next_working_day", gettext("moves to the next working day")),
            ("previous_working_day", gettext("moves to the working day before")),
        ],
    }


def _require_administrator() -> None:
    if not actor().administrator:
        raise NotPermitted("adopt_calendar", "not-an-administrator")
