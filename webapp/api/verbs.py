"""What programs do with tasks beside filling them in: the same as people from a task's menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response

from engine.commands import delegations, hand_overs, notices, returns, signatures
from engine.commands.context import Context
from engine.commands.errands import Addressee, withdraw_errand
from engine.errors import AnswersInvalid, FieldError
from engine.queries.cases import case_by_id, task_by_id
from engine.queries.errands import Errand, errand_by_id, waiting_errands
from webapp.access import actor, for_programs, site
from webapp.api import schemas
from webapp.api.openapi import operation
from webapp.api.wire import PREFIX, answer, body_as
from webapp.verb_form import addressee

blueprint = Blueprint("api_verbs", __name__, url_prefix=PREFIX)
_REFUSALS = (401, 403, 404, 409, 422)


@blueprint.post("/tasks/<int:task_id>/verbs")
@for_programs
@operation(
    "Hand a task over, delegate it, have it signed, return it, take it back, urge, send a copy, put it off",
    schemas.TaskDone,
    request=schemas.TaskVerb,
    errors=_REFUSALS,
)
def act(task_id: int) -> Response:
    given = body_as(schemas.TaskVerb)
    site().act(actor(), lambda context: _act(context, task_id, given))
    with site().database.reading(actor().company_id) as connection:
        case_id, _ = task_by_id(connection, actor().company_id, task_id)
        case = case_by_id(connection, site().deployments, actor().company_id, case_id)
    opened = [
        schemas.OpenedTask(id=task.id, key=task.key, element=task.element, group=task.group)
        for task in case.tasks
        if task.status == "open"
    ]
    return answer(schemas.TaskDone(case=case.number, status=case.status, tasks=opened))


@blueprint.get("/errands")
@for_programs
@operation("What colleagues ask of the caller and nobody has answered", schemas.Errands, errors=(401,))
def list_errands() -> Response:
    with site().database.reading(actor().company_id) as connection:
        found = waiting_errands(connection, site().deployments, actor())
    return answer(schemas.Errands(items=[_errand(each) for each in found]))


@blueprint.post("/errands/<int:errand_id>")
@for_programs
@operation(
    "Answer what one was asked, or withdraw what one asked",
    schemas.Errand,
    request=schemas.ErrandAnswer,
    errors=_REFUSALS,
)
def answer_errand(errand_id: int) -> Response:
    given = body_as(schemas.ErrandAnswer)
    commands: dict[str, Callable[[Context], object]] = {
        "accept": lambda context: hand_overs.accept_hand_over(context, errand_id),
        "decline": lambda context: hand_overs.decline_hand_over(context, errand_id, reason=given.reason),
        "sign": lambda context: signatures.sign(context, errand_id, agreed=True, opinion=given.reason),
        "refuse": lambda context: signatures.sign(context, errand_id, agreed=False, opinion=given.reason),
        "fill_in": lambda context: delegations.answer_delegation(context, errand_id, given.data, answer=given.reason),
        "note": lambda context: notices.note_errand(context, errand_id),
        "withdraw": lambda context: withdraw_errand(context, errand_id, reason=given.reason),
    }
    site().act(actor(), commands[given.decision])
    with site().database.reading(actor().company_id) as connection:
        return answer(_errand(errand_by_id(connection, site().deployments, actor(), errand_id)))


def _act(context: Context, task_id: int, given: schemas.TaskVerb) -> None:
    to = [addressee(each) for each in given.to]
    one, reason = to[0] if to else Addressee(), given.reason
    match given.verb:
        case "hand_over":
            hand_overs.hand_over(context, task_id, one, reason=reason)
        case "delegate":
            delegations.delegate(context, task_id, one, reason=reason)
        case "sign":
            signatures.ask_signature(context, task_id, one, before=given.before, reason=reason)
        case "return":
            returns.return_task(context, task_id, given.step, reason=reason)
        case "take_back":
            returns.take_back(context, task_id, reason=reason)
        case "urge":
            notices.urge(context, task_id, reason=reason)
        case "copy":
            notices.copy_to(context, task_id, to, reason=reason)
        case _:
            notices.snooze(context, task_id, _instant(given.until), reason=reason)


def _instant(until: datetime | None) -> datetime:
    if until is None or until.tzinfo is None:
        raise AnswersInvalid([FieldError("until", "required" if until is None else "date")])
    return until


def _errand(errand: Errand) -> schemas.Errand:
    return schemas.Errand(
        id=errand.id,
        kind=errand.kind,
        status=errand.status,
        case=errand.number,
        task=errand.task_id,
        element=errand.element,
        reason=errand.reason,
        asked_at=errand.asked_at,
        ended_at=errand.ended_at,
        answer=errand.answer,
    )
