"""What people do to the time limits of a case, and the reminders and requests that land in their inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.calendars import Unit
from engine.commands import clocks
from engine.commands.cases import record_reading
from engine.commands.errors import ProcedureFailed
from engine.commands.reminders import accept_reminder
from engine.errors import AnswersInvalid, FieldError, NotFound
from engine.forms import validate
from engine.interpreter import OperationRefused
from engine.procedures.package import DeadlineRule
from engine.queries.cases import Case, case_by_number, readable
from engine.queries.people import names_of
from engine.queries.time_limits import ExtensionRequest, extension_request
from webapp.access import actor, case_of, for_staff, local_path, site
from webapp.clock_view import clock_rows
from webapp.filled_forms import Submission, form_page, read_submission
from webapp.presentation import moment
from webapp.shell import current_translator, reader, words
from webapp.time_limit_form import TITLES, time_limit_form, unit_words

blueprint = Blueprint("time_limits", __name__)

_VERBS: Final = frozenset({"pause", "resume", "extend"})
#: Which field is wrong, and how, when the engine refuses.
_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "clock-not-running": ("reason", "clock_not_running"),
    "clock-paused": ("reason", "clock_paused"),
    "clock-not-paused": ("reason", "clock_not_paused"),
    "clock-given": ("reason", "no_extension"),
    "clock-kept": ("reason", "no_extension"),
    "no-extension": ("reason", "no_extension"),
    "extension-asked": ("reason", "extension_asked"),
    "no-more-extensions": ("reason", "no_more_extensions"),
}


@blueprint.get("/cases/<number>/time-limits/<deadline>/<verb>")
@for_staff
def new(number: str, deadline: str, verb: str) -> str:
    case = case_of(number)
    rule = _rule(case, deadline)
    page = _page(case, rule, _known(verb, rule), values=None)
    _record_reading(case)
    return page


@blueprint.post("/cases/<number>/time-limits/<deadline>/<verb>")
@for_staff
def create(number: str, deadline: str, verb: str) -> str | tuple[str, int] | Response:
    case = case_of(number)
    rule = _rule(case, deadline)
    form = time_limit_form(_known(verb, rule), rule)
    submission = read_submission(form, actor(), case_id=case.id)
    if submission.errors or submission.pressed:
        shown = _page(case, rule, verb, values=submission.raw, errors=submission.errors, submission=submission)
        return shown, submission.status
    answers = validate(form, submission.raw, given={}, today=_today(case), lists={}, files=submission.files)
    errors = answers.errors or _tried(case, rule, verb, answers.data)
    if errors:
        return _page(case, rule, verb, values=submission.raw, errors=errors, submission=submission), 422
    flash(current_translator().gettext("Done, and written down with your reason."), "ok")
    return redirect(f"{url_for('cases.show', number=number)}#time-limits", 303)


@blueprint.get("/extensions/<int:extension_id>")
@for_staff
def decide(extension_id: int) -> str | Response:
    case, found = _request(extension_id)
    if found.status != "asked":
        return redirect(f"{url_for('cases.show', number=found.number)}#time-limits", 303)
    page = _page(case, _rule(case, found.deadline_id), "decide", values=None, asked=found)
    _record_reading(case)
    return page


def _record_reading(case: Case) -> None:
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="time limits")


@blueprint.post("/extensions/<int:extension_id>")
@for_staff
def decided(extension_id: int) -> str | tuple[str, int] | Response:
    case, found = _request(extension_id)
    rule = _rule(case, found.deadline_id)
    form = time_limit_form("decide", rule)
    submission = read_submission(form, actor(), case_id=case.id)
    answers = validate(form, submission.raw, given={}, today=_today(case), lists={})
    errors: Sequence[FieldError] = answers.errors
    if not errors:
        granted = answers.data["decision"] == "granted"
        errors = _refused(
            lambda context: clocks.decide_extension(
                context, extension_id, granted=granted, answer=answers.data["answer"]
            )
        )
    if errors:
        return _page(case, rule, "decide", values=submission.raw, errors=errors, asked=found), 422
    flash(current_translator().gettext("Done, and written down with your reason."), "ok")
    return redirect(url_for("inbox.show"), 303)


@blueprint.post("/reminders/<int:reminder_id>/acceptance")
@for_staff
def accept(reminder_id: int) -> Response:
    with site().acting(actor()) as context:
        number = accept_reminder(context, reminder_id)
    flash(current_translator().gettext("Accepted: %(number)s") % {"number": number}, "ok")
    return redirect(local_path(request.form.get("next")) or url_for("inbox.show"), 303)


def _tried(case: Case, rule: DeadlineRule, verb: str, said: Mapping[str, Any]) -> Sequence[FieldError]:
    reason = said["reason"]
    match verb:
        case "pause":
            evidence = [str(item["id"]) for item in said.get("evidence") or ()]
            return _refused(
                lambda context: clocks.pause_clock(context, case.id, rule.id, reason=reason, evidence=evidence)
            )
        case "resume":
            return _refused(lambda context: clocks.resume_clock(context, case.id, rule.id, reason=reason))
        case _:
            amount = str(said["amount"])
            return _refused(
                lambda context: clocks.ask_for_extension(context, case.id, rule.id, amount=amount, reason=reason)
            )


def _refused(command: Any) -> Sequence[FieldError]:
    """Do what was asked; what is wrong with it if the engine refuses."""
    try:
        site().act(actor(), command)
    except AnswersInvalid as error:
        return error.errors
    except OperationRefused as error:
        return [FieldError(*_REFUSALS[error.reason])]
    except ProcedureFailed as error:
        return [FieldError("reason", "procedure_failed", {"n": error.fault.message})]
    return ()


def _today(case: Case) -> date:
    return site().now(actor().company_id).astimezone(case.deployment.time_zone).date()


def _known(verb: str, rule: DeadlineRule) -> str:
    """Nobody asks for more of a date that was given: another date takes its place."""
    return abort(404) if verb not in _VERBS or (verb == "extend" and rule.unit is Unit.FIELD) else verb


def _rule(case: Case, deadline: str) -> DeadlineRule:
    rule = case.deployment.package.deadlines.get(deadline)
    if rule is None:
        raise NotFound("deadline", deadline)
    return rule


def _request(extension_id: int) -> tuple[Case, ExtensionRequest]:
    with site().database.reading(actor().company_id) as connection:
        found = extension_request(connection, site().deployments, actor(), extension_id)
        case = case_by_number(connection, site().deployments, actor().company_id, found.number)
        return readable(connection, actor(), case), found


def _page(
    case: Case,
    rule: DeadlineRule,
    verb: str,
    *,
    values: Mapping[str, Any] | None,
    errors: Sequence[FieldError] = (),
    submission: Submission | None = None,
    asked: ExtensionRequest | None = None,
) -> str:
    form = time_limit_form(verb, rule)
    shown = form_page(form, case.deployment, values=values, errors=errors, given={}, submission=submission)
    with site().database.reading(actor().company_id) as connection:
        names = names_of(connection, actor().company_id)
    rows = clock_rows(case, now=site().now(actor().company_id), names=names, reading=actor())
    clock = next((each for each in reversed(rows) if each.deadline == rule.id), None)
    return render_template(
        "time_limit.html",
        number=case.number,
        title=case.title or case.number,
        limit=words(rule.title),
        heading=words(TITLES[verb]),
        verb=verb,
        deadline=rule.id,
        clock=clock,
        extension=_shown(case, asked) if asked else None,
        **shown,
    )


def _shown(case: Case, asked: ExtensionRequest) -> SimpleNamespace:
    look = reader(case.deployment.time_zone)
    return SimpleNamespace(
        id=asked.id,
        amount=f"{asked.amount} {words(unit_words(asked.unit))}",
        reason=asked.reason,
        who=words(asked.asked_by),
        at=moment(asked.asked_at, site().now(actor().company_id), reader=look),
        own=asked.asked_by_id == actor().person_id,
    )
