"""Version 1 of the API: exactly the calls of the public surface."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, current_app, jsonify, request, url_for

from engine.commands import user_tasks
from engine.commands.cases import may_start, record_reading, start
from engine.commands.interventions import intervene, migrate_case
from engine.commands.messages import receive_message
from engine.commands.signals import throw_signal
from engine.errors import NotFound
from engine.interpreter import (
    CancelBranch,
    MoveToken,
    Operation,
    Place,
    Resume,
    Skip,
    Suspend,
    TaskKey,
    places,
)
from engine.queries.cases import Case, CaseTask, task_sees
from engine.queries.inbox import InboxRow, open_tasks
from engine.queries.procedures import procedure_cards
from engine.queries.timeline import case_events
from engine.text import in_language, whole_number
from webapp.access import actor, case_of, company_of, find_task, for_programs, open_to_all, site
from webapp.api import schemas
from webapp.api.openapi import document, operation
from webapp.api.wire import PREFIX, answer, body_as, key_of
from webapp.shell import company as own_company

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
_DEFAULT_LIMIT: Final = 50
_MAX_LIMIT: Final = 200


@blueprint.get("/openapi.json")
@open_to_all
def openapi() -> Response:
    return jsonify(document(current_app, PREFIX))


@blueprint.get("/procedures")
@for_programs
@operation("The deployed procedures the caller may start", schemas.Procedures)
def procedures() -> Response:
    with site().database.reading(actor().company_id) as connection:
        found = procedure_cards(connection, actor().company_id)
    items = [
        schemas.Procedure(company=card.company_id, id=card.procedure, title=dict(card.title), version=card.version)
        for card in found
        if may_start(actor(), card.groups)
    ]
    return answer(schemas.Procedures(items=items))


@blueprint.post("/procedures/<company>/<procedure>/cases")
@for_programs
@operation(
    "Start a case with its intake form",
    schemas.NewCase,
    status=201,
    request=schemas.Answers,
    errors=(401, 403, 404, 422),
    idempotent=True,
)
def start_case(company: str, procedure: str) -> Response:
    if company != actor().company_id:
        raise NotFound("procedure", f"{company}/{procedure}")
    given = body_as(schemas.Answers)
    started = site().act(
        actor(),
        lambda context: start(context, procedure, given.data, idempotency_key=key_of(f"start:{procedure}")),
    )
    links = {
        "self": url_for("api.show_case", number=started.number),
        "history": url_for("api.history", number=started.number),
    }
    return answer(schemas.NewCase(number=started.number, id=started.case_id, links=links), 201)


@blueprint.get("/tasks")
@for_programs
@operation(
    "Open user tasks, the most urgent first",
    schemas.Tasks,
    query=("group", "assignee", "case", "cursor", "limit"),
)
def list_tasks() -> Response:
    limit = whole_number(request.args.get("limit", ""))
    with site().database.reading(actor().company_id) as connection:
        page = open_tasks(
            connection,
            site().deployments,
            actor(),
            case=request.args.get("case", ""),
            group=request.args.get("group", ""),
            assignee=request.args.get("assignee", ""),
            cursor=request.args.get("cursor", ""),
            limit=_DEFAULT_LIMIT if limit is None else min(max(limit, 1), _MAX_LIMIT),
        )
        company_of(actor(), connection)
    items = [_task(row, case=row.number, procedure=row.procedure) for row in page.rows]
    return answer(schemas.Tasks(items=items, next=page.next or None))


@blueprint.get("/tasks/<int:task_id>")
@for_programs
@operation("One task with its form and current values", schemas.TaskDetail, errors=(401, 404))
def show_task(task_id: int) -> Response:
    case, found, _ = find_task(task_id)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page=f"task {task_id}")
    task = _task(found, case=case.number, procedure=case.procedure)
    form = case.deployment.package.forms.get(task.form)
    definition = form.model_dump(mode="json", by_alias=True, exclude_none=True) if form else None
    data = case.veil.data(task_sees(case, found, now=site().now(actor().company_id)))
    return answer(schemas.TaskDetail(**task.model_dump(), form_definition=definition, data=data))


@blueprint.post("/tasks/<int:task_id>/claim")
@for_programs
@operation("Make the caller the one who works on the task", schemas.TaskDetail, errors=(401, 403, 404, 409))
def claim(task_id: int) -> Response:
    with site().acting(actor()) as context:
        user_tasks.claim(context, task_id)
    return show_task(task_id)


@blueprint.post("/tasks/<int:task_id>/release")
@for_programs
@operation("Give a claimed task back to its group", schemas.TaskDetail, errors=(401, 403, 404, 409))
def release(task_id: int) -> Response:
    with site().acting(actor()) as context:
        user_tasks.release(context, task_id)
    return show_task(task_id)


@blueprint.post("/tasks/<int:task_id>/complete")
@for_programs
@operation(
    "Submit the task's form; answers with the case's new open tasks",
    schemas.TaskDone,
    request=schemas.Answers,
    errors=(401, 403, 404, 409, 422),
    idempotent=True,
)
def complete(task_id: int) -> Response:
    given = body_as(schemas.Answers)
    done = site().act(
        actor(),
        lambda context: user_tasks.complete(
            context, task_id, given.data, idempotency_key=key_of(f"complete:{task_id}")
        ),
    )
    opened = [
        schemas.OpenedTask(id=task.id, key=task.key, element=task.element, group=task.group) for task in done.opened
    ]
    return answer(schemas.TaskDone(case=done.case_number, status=done.case_status, tasks=opened))


@blueprint.get("/cases/<number>")
@for_programs
@operation("Status, data, open tasks, clocks", schemas.CaseState, errors=(401, 404))
def show_case(number: str) -> Response:
    case = case_of(number)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="api")
    return answer(
        schemas.CaseState(
            number=case.number,
            id=case.id,
            procedure=case.procedure,
            status=case.status,
            outcome=case.outcome,
            title=case.title,
            received_at=case.received_at,
            ended_at=case.ended_at,
            data=dict(case.data),
            tasks=[
                _task(task, case=case.number, procedure=case.procedure) for task in case.tasks if task.status == "open"
            ],
            places=[schemas.Place(key=place.key, element=place.element, kind=place.kind) for place in _places(case)],
            clocks=[
                schemas.Clock(
                    deadline=clock.deadline,
                    round=clock.round,
                    status=clock.status,
                    started_at=clock.started_at,
                    due_at=clock.due_at,
                    stopped_at=clock.stopped_at,
                )
                for clock in case.clocks
            ],
        )
    )


@blueprint.get("/cases/<number>/history")
@for_programs
@operation("The events in order, with hashes", schemas.History, query=("after",), errors=(401, 404))
def history(number: str) -> Response:
    case = case_of(number)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="history")
    after = whole_number(request.args.get("after", "")) or 0
    with site().database.reading(actor().company_id) as connection:
        events = case_events(connection, actor().company_id, case, after=after)
    items = [
        schemas.HistoryEvent(
            seq=event.seq,
            at=event.at,
            actor=event.actor,
            action=event.action,
            subject=event.subject,
            content=dict(event.content),
            body=event.body,
            previous=event.previous,
            hash=event.hash,
        )
        for event in events
    ]
    return answer(schemas.History(items=items))


@blueprint.post("/cases/<number>/interventions")
@for_programs
@operation(
    "Intervene in a running case, as an administrator",
    schemas.TaskDone,
    request=schemas.Intervention,
    errors=(401, 403, 404, 409, 422),
)
def intervention(number: str) -> Response:
    given = body_as(schemas.Intervention)
    case_id = case_of(number).id
    with site().acting(actor()) as context:
        if given.operation == "migrate":
            migrate_case(
                context,
                case_id,
                version=given.version,
                mapping=given.mapping,
                reason=given.reason,
                keep_limits=given.keep_limits,
            )
        else:
            intervene(context, case_id, _operation(given))
    case = case_of(number)
    opened = [
        schemas.OpenedTask(id=task.id, key=task.key, element=task.element, group=task.group)
        for task in case.tasks
        if task.status == "open"
    ]
    return answer(schemas.TaskDone(case=case.number, status=case.status, tasks=opened))


def _operation(given: schemas.Intervention) -> Operation:
    key = TaskKey(given.key)
    match given.operation:
        case "move_token":
            return MoveToken(key, given.to, given.reason, alone=given.alone)
        case "skip":
            return Skip(key, given.reason)
        case "cancel_branch":
            return CancelBranch(key, given.reason)
        case "suspend":
            return Suspend(given.reason, stop_clocks=given.stop_clocks)
        case _:
            return Resume(given.reason)


def _places(case: Case) -> tuple[Place, ...]:
    return places(case.deployment.definition, case.state, now=site().now(actor().company_id), calendars=case.calendars)


@blueprint.post("/messages/<name>")
@for_programs
@operation(
    "Deliver a message to the case that waits for it, or keep it until one does",
    schemas.Delivered,
    request=schemas.Message,
    later=schemas.Kept,
    errors=(401, 404, 422),
    idempotent=True,
)
def message(name: str) -> Response:
    given = body_as(schemas.Message)
    if given.company != actor().company_id:
        raise NotFound("message", name)
    received = site().act(
        actor(),
        lambda context: receive_message(
            context,
            name,
            correlation=given.correlation,
            data=given.data,
            idempotency_key=key_of(f"message:{name}"),
        ),
    )
    if received.expires_at is None:
        return answer(schemas.Delivered(case=received.case, status=received.status))
    return answer(schemas.Kept(status=received.status, expires_at=received.expires_at), 202)


@blueprint.post("/signals/<name>")
@for_programs
@operation(
    "Throw a signal; answers with how many cases hear it or are opened by it",
    schemas.Thrown,
    status=202,
    request=schemas.Signal,
    errors=(401, 404, 422),
    idempotent=True,
)
def signal(name: str) -> Response:
    given = body_as(schemas.Signal)
    if given.company != actor().company_id:
        raise NotFound("signal", name)
    told = site().act(
        actor(),
        lambda context: throw_signal(context, name, data=given.data, idempotency_key=key_of(f"signal:{name}")),
    )
    return answer(schemas.Thrown(cases=told), 202)


def _task(task: InboxRow | CaseTask, *, case: str, procedure: str) -> schemas.Task:
    return schemas.Task(
        id=task.id,
        case=case,
        procedure=procedure,
        element=task.element,
        name=in_language(task.name, own_company().language),
        group=task.group,
        assignee=task.assignee or None,
        created_at=task.opened_at,
        due_at=task.due_at,
        form=task.form,
    )
