"""What programs do to the time limits of a case: the same as people on its page, and what a calendar would give."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from flask import Blueprint, Response, request

from engine.calendars import Deadline, DeadlineInvalid, Receipt, Unit, coming_dates, receipt_to_json
from engine.calendars.deadline import ENDS, ROLLS, STARTS
from engine.commands import clocks
from engine.commands.cases import record_reading
from engine.commands.reminders import accept_reminder
from engine.errors import AnswersInvalid, FieldError
from engine.queries.cases import Case, CaseClock
from engine.queries.time_limits import (
    ExtensionRequest,
    extension_request,
    extensions_of,
    open_reminders,
    requests_to_decide,
)
from engine.text import whole_number
from webapp.access import actor, case_of, for_programs, site
from webapp.api import schemas
from webapp.api.openapi import operation
from webapp.api.wire import PREFIX, answer, body_as, key_of
from webapp.shell import own_time_zone

blueprint = Blueprint("api_time_limits", __name__, url_prefix=PREFIX)

_UNITS: Final = tuple(unit for unit in Unit if unit is not Unit.FIELD)
_REFUSALS: Final = (401, 403, 404, 409)
#: Choice of a time limit -> what it usually is, and the words of its values.
_CHOICES: Final = {"start": ("now", STARTS), "end": ("end_of_day", ENDS), "roll": ("none", ROLLS)}


@blueprint.get("/cases/<number>/clocks")
@for_programs
@operation("A case's time limits, each with how its date was counted", schemas.Clocks, errors=(401, 404))
def list_clocks(number: str) -> Response:
    case = case_of(number)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="clocks")
    return answer(schemas.Clocks(items=_clocks(case)))


@blueprint.post("/cases/<number>/clocks/<deadline>/pause")
@for_programs
@operation("Let a running clock stand", schemas.ClockDetail, request=schemas.ClockPause, errors=_REFUSALS)
def pause_clock(number: str, deadline: str) -> Response:
    given, case = body_as(schemas.ClockPause), case_of(number)
    site().act(
        actor(),
        lambda context: clocks.pause_clock(context, case.id, deadline, reason=given.reason, evidence=given.evidence),
    )
    return answer(_clock_of(number, deadline))


@blueprint.post("/cases/<number>/clocks/<deadline>/resume")
@for_programs
@operation("Let a clock go on that somebody stopped", schemas.ClockDetail, request=schemas.Reason, errors=_REFUSALS)
def resume_clock(number: str, deadline: str) -> Response:
    given, case = body_as(schemas.Reason), case_of(number)
    site().act(actor(), lambda context: clocks.resume_clock(context, case.id, deadline, reason=given.reason))
    return answer(_clock_of(number, deadline))


@blueprint.post("/cases/<number>/clocks/<deadline>/extensions")
@for_programs
@operation(
    "Ask for more time; granted at once where the procedure wants nobody's approval",
    schemas.Extension,
    status=201,
    request=schemas.MoreTime,
    errors=_REFUSALS,
    idempotent=True,
)
def ask_for_extension(number: str, deadline: str) -> Response:
    given, case = body_as(schemas.MoreTime), case_of(number)
    asked = site().act(
        actor(),
        lambda context: clocks.ask_for_extension(
            context,
            case.id,
            deadline,
            amount=given.amount,
            reason=given.reason,
            idempotency_key=key_of(f"extension:{case.id}:{deadline}"),
        ),
    )
    return answer(_extension_with(asked.id), 201)


@blueprint.get("/extensions")
@for_programs
@operation("Requests for more time that the caller may decide, the oldest first", schemas.Extensions)
def list_extensions() -> Response:
    with site().database.reading(actor().company_id) as connection:
        found = requests_to_decide(connection, site().deployments, actor())
    return answer(schemas.Extensions(items=[_extension(each) for each in found]))


@blueprint.post("/extensions/<int:extension_id>/grant")
@for_programs
@operation("Grant a request for more time", schemas.Extension, request=schemas.Decision, errors=_REFUSALS)
def grant_extension(extension_id: int) -> Response:
    return _decided(extension_id, granted=True)


@blueprint.post("/extensions/<int:extension_id>/refuse")
@for_programs
@operation("Refuse a request for more time", schemas.Extension, request=schemas.Decision, errors=_REFUSALS)
def refuse_extension(extension_id: int) -> Response:
    return _decided(extension_id, granted=False)


@blueprint.get("/reminders")
@for_programs
@operation("Reminders and escalations that the caller has to accept, the oldest first", schemas.Reminders)
def list_reminders() -> Response:
    with site().database.reading(actor().company_id) as connection:
        found = open_reminders(connection, site().deployments, actor())
    items = [
        schemas.Reminder(
            id=each.id,
            case=each.number,
            title=each.title,
            deadline=dict(each.deadline),
            share=each.share,
            due_at=each.due_at,
            raised_at=each.raised_at,
        )
        for each in found
    ]
    return answer(schemas.Reminders(items=items))


@blueprint.post("/reminders/<int:reminder_id>/accept")
@for_programs
@operation("Take notice of a reminder and answer for what happens now", schemas.Accepted, errors=_REFUSALS)
def accept(reminder_id: int) -> Response:
    with site().acting(actor()) as context:
        number = accept_reminder(context, reminder_id)
    return answer(schemas.Accepted(case=number))


@blueprint.get("/calendar/trial")
@for_programs
@operation(
    "The dates that a time limit would give on the days ahead",
    schemas.Trial,
    query=("amount", "unit", "start", "end", "roll", "at", "calendar", "count"),
    errors=(401, 422),
)
def try_calendar() -> Response:
    deadline, after, count = _tried()
    with site().database.reading(actor().company_id) as connection:
        calendars = site().deployments.calendars(connection, actor().company_id)
    calendar = calendars.of(request.args.get("calendar", ""))
    try:
        found = coming_dates(deadline, after=after, calendar=calendar, count=count)
    except DeadlineInvalid as error:
        raise AnswersInvalid([FieldError(error.field, "option")]) from error
    return answer(schemas.Trial(calendar=calendar.version, items=[_trial_date(each) for each in found]))


def _tried() -> tuple[Deadline, datetime, int]:
    """The time limit that the address describes, the first start, and how many. Raises AnswersInvalid."""
    given, errors = request.args, list[FieldError]()
    chosen = {choice: given.get(choice, usual) for choice, (usual, _) in _CHOICES.items()}
    errors += [FieldError(choice, "option") for choice, (_, known) in _CHOICES.items() if chosen[choice] not in known]
    unit, count = given.get("unit", ""), whole_number(given.get("count", "10"))
    if unit not in _UNITS:
        errors.append(FieldError("unit", "option"))
    if count is None:
        errors.append(FieldError("count", "number"))
    after = _instant(given.get("at", ""), errors)
    amount = _amount(given.get("amount", ""), errors)
    if errors or count is None:
        raise AnswersInvalid(errors)
    try:
        deadline = Deadline(amount, Unit(unit), start=chosen["start"], end=chosen["end"], roll=chosen["roll"])
    except DeadlineInvalid as error:
        raise AnswersInvalid([FieldError(error.field, "number")]) from error
    return deadline, after, count


def _amount(text: str, errors: list[FieldError]) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        errors.append(FieldError("amount", "number" if text else "required"))
        return Decimal(0)


def _instant(text: str, errors: list[FieldError]) -> datetime:
    """A moment; without an offset it is the company's own time, without anything it is now."""
    now = site().now(actor().company_id)
    if not text:
        return now
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        errors.append(FieldError("at", "date"))
        return now
    return found if found.tzinfo else found.replace(tzinfo=own_time_zone())


def _trial_date(receipt: Receipt) -> schemas.TrialDate:
    return schemas.TrialDate(
        started_at=receipt.started_at,
        due_at=receipt.due_at,
        provisional=receipt.provisional,
        receipt=dict(receipt_to_json(receipt)),
    )


def _decided(extension_id: int, *, granted: bool) -> Response:
    given = body_as(schemas.Decision)
    site().act(
        actor(),
        lambda context: clocks.decide_extension(context, extension_id, granted=granted, answer=given.answer),
    )
    return answer(_extension_with(extension_id))


def _clock_of(number: str, deadline: str) -> schemas.ClockDetail:
    """The newest round of a deadline."""
    return next(clock for clock in reversed(_clocks(case_of(number))) if clock.deadline == deadline)


def _clocks(case: Case) -> list[schemas.ClockDetail]:
    with site().database.reading(actor().company_id) as connection:
        asked = extensions_of(connection, site().deployments, actor(), case.id)
    return [_clock(case, clock, asked) for clock in case.clocks]


def _clock(case: Case, clock: CaseClock, asked: Iterable[ExtensionRequest]) -> schemas.ClockDetail:
    rule = case.deployment.package.deadlines.get(clock.deadline)
    of_this = [each for each in asked if each.deadline_id == clock.deadline and each.round == clock.round]
    return schemas.ClockDetail(
        deadline=clock.deadline,
        round=clock.round,
        status=clock.status,
        started_at=clock.started_at,
        due_at=clock.due_at,
        stopped_at=clock.stopped_at,
        title=dict(clock.title),
        binding=rule.binding if rule else True,
        receipt=dict(clock.receipt) if clock.receipt else None,
        extensions=[_extension(each) for each in of_this],
    )


def _extension_with(extension_id: int) -> schemas.Extension:
    with site().database.reading(actor().company_id) as connection:
        return _extension(extension_request(connection, site().deployments, actor(), extension_id))


def _extension(found: ExtensionRequest) -> schemas.Extension:
    return schemas.Extension(
        id=found.id,
        case=found.number,
        deadline=found.deadline_id,
        round=found.round,
        amount=found.amount,
        unit=found.unit,
        reason=found.reason,
        status=found.status,
        asked_by=found.asked_login,
        asked_at=found.asked_at,
        decided_by=found.decided_login,
        decided_at=found.decided_at,
        answer=found.answer,
        was_due_at=found.was,
        due_at=found.due_at,
    )
