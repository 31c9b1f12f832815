"""What programs do with tasks beside filling them in: the same as people from a task's menu."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Response

from engine.commands import delegations, hand_overs, notices, returns, signatures
from engine.commands.context import Context
from engine.commands.customer_acts import agree_to_withdrawal, decline_withdrawal
from engine.commands.errands import DATA_KINDS, Addressee, ErrandKind, withdraw_errand
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.queries.cases import case_by_id, task_by_id
from engine.queries.errands import Errand, data_errands, errand_by_id, waiting_errands
from webapp.access import actor, for_programs, site
from webapp.api import schemas
from webapp.api.openapi import operation
from webapp.api.wire import PREFIX, answer, body_as
from webapp.data_answers import answer_about_data
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
@operation("What colleagues and customers ask of the caller and nobody has answered", schemas.Errands, errors=(401,))
def list_errands() -> Response:
    with site().database.reading(actor().company_id) as connection:
        found = waiting_errands(connection, site().deployments, actor())
    return answer(schemas.Errands(items=[_errand(each) for each in found]))


@blueprint.get("/data-errands")
@for_programs
@operation(
    "For administrators: what customers ask about their data, open or agreed to for later, the first due first",
    schemas.Errands,
    errors=(401, 403),
)
def list_data_errands() -> Response:
    if not actor().administrator or actor().auditor:
        raise NotPermitted("read_errand", "not-an-administrator")
    with site().database.reading(actor().company_id) as connection:
        found = data_errands(connection, site().deployments, actor())
    return answer(schemas.Errands(items=[_errand(each) for each in found]))


@blueprint.post("/errands/<int:errand_id>")
@for_programs
@operation(
    "Answer what one was asked, by colleagues or by a customer, or withdraw what one asked",
    schemas.Errand,
    request=schemas.ErrandAnswer,
    errors=_REFUSALS,
)
def answer_errand(errand_id: int) -> Response:
    given = body_as(schemas.ErrandAnswer)
    with site().database.reading(actor().company_id) as connection:
        kind = errand_by_id(connection, site().deployments, actor(), errand_id).kind
    site().act(actor(), lambda context: _answered(context, errand_id, kind, given))
    with site().database.reading(actor().company_id) as connection:
        return answer(_errand(errand_by_id(connection, site().deployments, actor(), errand_id)))


def _answered(context: Context, errand_id: int, kind: str, given: schemas.ErrandAnswer) -> None:
    """Carry the decision out; the engine refuses one that does not fit what was asked."""
    match given.decision:
        case "link" | "elsewhere" | "correct" | "begin" | "later":
            answer_about_data(context, errand_id, given.decision, _said(given))
        case "refuse" if kind in DATA_KINDS:
            answer_about_data(context, errand_id, given.decision, _said(given))
        case "accept" if kind == ErrandKind.WITHDRAWAL:
            agree_to_withdrawal(context, errand_id)
        case "decline" if kind == ErrandKind.WITHDRAWAL:
            decline_withdrawal(context, errand_id, reason=given.reason)
        case "accept":
            hand_overs.accept_hand_over(context, errand_id)
        case "decline":
            hand_overs.decline_hand_over(context, errand_id, reason=given.reason)
        case "sign" | "refuse":
            signatures.sign(context, errand_id, agreed=given.decision == "sign", opinion=given.reason)
        case "fill_in":
            delegations.answer_delegation(context, errand_id, given.data, answer=given.reason)
        case "note":
            notices.note_errand(context, errand_id)
        case _:
            withdraw_errand(context, errand_id, reason=given.reason)


def _said(given: schemas.ErrandAnswer) -> Mapping[str, str]:
    return {"checked": given.checked, "corrected": given.corrected, "reason": given.reason}


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
        due_at=errand.due_at,
    )
