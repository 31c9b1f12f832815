"""Writing a step down: state, tasks, clocks, history and jobs together. THE writer of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import Calendars
from engine.commands.acting_instead import PassedOn, passed_on
from engine.commands.actions import CaseAction
from engine.commands.clock_rows import due_by_deadline, write_clocks
from engine.commands.context import Context
from engine.commands.errors import LostRace
from engine.commands.hooks import tell_of_incident, tell_of_step
from engine.commands.locking import LockedCase, lock_case
from engine.commands.outbox import Sender, send
from engine.commands.recusals import write_recusals
from engine.commands.subscriptions import awaits_of, write_subscriptions
from engine.complaints import SYSTEM, Actor, caller_number
from engine.deployments import Deployment
from engine.history import Chained, Entry, Head, Stream, append, chain
from engine.history.recording import body_of
from engine.interpreter import (
    CaseStatus,
    CompleteUserTask,
    Fault,
    OpenTask,
    Request,
    ServiceRequest,
    Step,
    Withdraw,
)
from engine.jobs import Job
from engine.prepared import Prepared
from engine.tables import case_links, cases, errands, incidents, service_requests, urgency_of, user_tasks

_ENDED: Final = frozenset({CaseStatus.COMPLETED, CaseStatus.WITHDRAWN})
#: Kind of the job that carries out a service request.
SERVICE_JOB: Final = "service_request"


class LinkKind(StrEnum):
    """How one case has to do with another one."""

    RELATED = "related"
    JOINED = "joined"  #: it says the same as the other one, which goes on for both
    SPLIT = "split"  #: it was part of the other one


@dataclass(frozen=True, slots=True)
class OpenedTask:
    """A user task that a step opened, with the id it got."""

    id: int
    key: str
    element: str
    group: str


def opened_to_json(opened: Sequence[OpenedTask]) -> list[list[int | str]]:
    """*opened* as a stored answer keeps them: ``[id, key, element, group]`` each."""
    return [[task.id, task.key, task.element, task.group] for task in opened]


def opened_from_json(rows: Sequence[Sequence[Any]]) -> tuple[OpenedTask, ...]:
    """The tasks that `opened_to_json` wrote."""
    return tuple(OpenedTask(*row) for row in rows)


def apply_step(
    context: Context,
    case: LockedCase,
    deployment: Deployment,
    *,
    request: Request,
    step: Step,
    entry: Entry,
) -> tuple[OpenedTask, ...]:
    """Write *step* and its history; the user tasks it opened.

    Raises LostRace when the case is no longer at the revision that the step was computed from.
    """
    calendars = context.calendars(case.calendar)
    chained = chain(case.stream, case.head, [recorded(entry, deployment, request, step, calendars)])
    _write_case(context, case, deployment, step, chained)
    append(context.connection, chained)
    if deployment.package.work.respondent:
        write_recusals(context, case.id, deployment, step.data)
    _close_tasks(context, case, _closed_by_step(request, step))
    opened = insert_tasks(context, case.stream, chained.head, deployment, step)
    write_clocks(context, case.id, step, calendar=calendars.version)
    insert_requests(context, case.id, step.requests)
    _cancel_requests(context, case, step.cancelled_requests)
    write_subscriptions(context, case.id, step, before=case.awaits, revision=case.revision + 1)
    send(context, deployment.package, step, sender=Sender(case.number, case.id))
    if case.hooked:
        tell_of_step(
            context,
            case_id=case.id,
            number=case.number,
            procedure=deployment.package.id,
            seq=chained.head.seq,
            request=request,
            step=step,
        )
    if step.status in _ENDED:
        _end_joined(context, case)
    return opened


def recorded(entry: Entry, deployment: Deployment, request: Request, step: Step, calendars: Calendars) -> Entry:
    """*entry* with the request and its consequences in the body and the personal fields named."""
    body = {**entry.body, **body_of(request, step, calendar_version=calendars.version)}
    return replace(entry, body=body, personal=entry.personal | deployment.personal_names)


def record(context: Context, case: LockedCase, entry: Entry) -> Head:
    """Append *entry* to the case's history without moving the case; where the history ends now."""
    return _record(context, case.stream, case.head, [entry])


def _record(context: Context, stream: Stream, head: Head, entries: Sequence[Entry]) -> Head:
    chained = chain(stream, head, entries)
    append(context.connection, chained)
    place = {"case": stream.id, "new_seq": chained.head.seq, "new_hash": chained.head.hash}
    _WRITE_HEAD.execute(context.connection, place)
    return chained.head


def open_incident(context: Context, case: LockedCase, fault: Fault, *, action: str, subject: str) -> None:
    """Record that something failed: an incident and an event; the case stays as it was."""
    context.connection.execute(
        sa.insert(incidents).values(
            company_id=case.company_id,
            case_id=case.id,
            code=fault.code,
            element=fault.element,
            message=fault.message,
            opened_at=context.now,
        )
    )
    body = {"code": fault.code, "element": fault.element, "message": fault.message, "during": action}
    record(context, case, context.entry(CaseAction.OPEN_INCIDENT, subject, body))
    if case.hooked:
        seq = case.head.seq + 1
        tell_of_incident(context, case_id=case.id, number=case.number, seq=seq, code=fault.code, element=fault.element)


def has_incident(context: Context, case_id: int) -> bool:
    """Whether the case waits for somebody to mend something."""
    return context.connection.execute(_OPEN_INCIDENT, {"case": case_id}).first() is not None


def case_values(deployment: Deployment, data: Mapping[str, Any]) -> Mapping[str, str]:
    """The words that name a case in lists, taken from its data."""
    fields = deployment.package.case
    return {
        "title": str(data.get(fields.title) or "")[:300],
        "customer": str(data.get(fields.customer) or "")[:200] if fields.customer else "",
        "caller": next(filter(None, (caller_number(data.get(name)) for name in deployment.caller_fields)), ""),
    }


def _write_case(context: Context, case: LockedCase, deployment: Deployment, step: Step, chained: Chained) -> None:
    ended = step.status in _ENDED
    values = {
        "revision": case.revision + 1,
        "status": str(step.status),
        "outcome": step.outcome,
        "state": step.state,
        "data": dict(step.data),
        "next_wake_at": step.next_wake,
        "ended_at": context.now if ended else None,
        "history_seq": chained.head.seq,
        "history_hash": chained.head.hash,
        "awaits": awaits_of(step),
        **case_values(deployment, step.data),
    }
    unhappy = context.now if deployment.is_unhappy(step.data, now=context.now) else None
    place = {"case": case.id, "known_revision": case.revision, "unhappy": unhappy}
    if not _WRITE_CASE.execute(context.connection, {**place, **{f"new_{name}": v for name, v in values.items()}}):
        raise LostRace(case.number)


def _end_joined(context: Context, case: LockedCase) -> None:
    """End the cases that stand still because *case* went on for them, too."""
    system = replace(context, actor=Actor(case.company_id, SYSTEM))
    for (case_id,) in _STANDING_STILL.tuples(context.connection, {"case": case.id}):
        joined = lock_case(system, case_id)
        deployment = context.deployments.load(context.connection, joined.deployment_id)
        request = Withdraw(case.number)
        step = context.step(deployment, joined.state, request, context.calendars(joined.calendar))
        entry = system.entry(CaseAction.END_JOINED, case.number)
        apply_step(system, joined, deployment, request=request, step=step, entry=entry)


def _closed_by_step(request: Request, step: Step) -> Sequence[str]:
    """Keys of the tasks that ended without a person; the one a person completed is written by its own command."""
    return [key for key in step.closed if not (isinstance(request, CompleteUserTask) and key == request.key)]


def _close_tasks(context: Context, case: LockedCase, keys: Sequence[str]) -> None:
    if keys:
        closed = (user_tasks.c.case_id == case.id, user_tasks.c.key.in_(keys), user_tasks.c.status == "open")
        waiting = errands.c.task_id.in_(sa.select(user_tasks.c.id).where(*closed)) & (errands.c.kind != "copy")
        context.connection.execute(
            sa.update(errands)
            .where(errands.c.case_id == case.id, waiting, errands.c.status == "open")
            .values(status="settled", ended_at=context.now)
        )
        context.connection.execute(
            sa.update(user_tasks).where(*closed).values(status="cancelled", ended_at=context.now, draft=None)
        )


def insert_tasks(
    context: Context, stream: Stream, head: Head, deployment: Deployment, step: Step
) -> tuple[OpenedTask, ...]:
    """Insert the step's new user tasks of the case whose history, *stream*, ends at *head*.

    What waits for a position that nobody may act in goes to whoever acts instead, and the history says so.
    """
    due = due_by_deadline(step.clocks)
    opened: list[OpenedTask] = []
    passed: list[PassedOn] = []
    for task in step.opened:
        if "." in task.group and (on := passed_on(context, deployment.package, stream.id, task)):
            task, passed = replace(task, group=on.to), [*passed, on]  # noqa: PLW2901 -- from here on it is theirs
        (made,) = _INSERT_TASK.rows(context.connection, _task_row(context, stream.id, task, due.get(task.deadline)))
        opened.append(OpenedTask(made.id, task.key, task.element, task.group))
    if passed:
        system = replace(context, actor=Actor.system(stream.company_id))
        said = [
            system.entry(CaseAction.ACT_INSTEAD, each.key, {"was": each.was, "to": each.to, "why": each.why})
            for each in passed
        ]
        _record(context, stream, head, said)
    return tuple(opened)


def _task_row(context: Context, case_id: int, task: OpenTask, due_at: datetime | None) -> dict[str, Any]:
    return {
        "company_id": context.actor.company_id,
        "case_id": case_id,
        "key": task.key,
        "element": task.element,
        "form": task.form,
        "group_id": task.group,
        "status": "open",
        "deadline": task.deadline,
        "due_at": due_at,
        "urgency": urgency_of(due_at),
        "opened_at": context.now,
    }


def insert_requests(context: Context, case_id: int, requests: Sequence[ServiceRequest]) -> None:
    """Open the step's service requests and put a job for each."""
    if not requests:
        return
    company_id = context.actor.company_id
    rows = [
        {
            "case_id": case_id,
            "key": request.key,
            "company_id": company_id,
            "element": request.element,
            "operator": request.operator,
            "parameters": dict(request.parameters),
            "status": "open",
            "opened_at": context.now,
        }
        for request in requests
    ]
    context.connection.execute(sa.insert(service_requests), rows)
    for request in requests:
        argument = {"company": company_id, "case": case_id, "key": request.key}
        context.jobs.put(context.connection, Job(SERVICE_JOB, f"service:{case_id}:{request.key}", argument))


def _cancel_requests(context: Context, case: LockedCase, keys: Sequence[str]) -> None:
    if keys:
        context.connection.execute(
            sa.update(service_requests)
            .where(service_requests.c.case_id == case.id, service_requests.c.key.in_(keys))
            .values(status="cancelled", ended_at=context.now)
        )


_CASE_NAMES: Final = (
    "revision", "status", "outcome", "state", "data", "next_wake_at", "ended_at", "history_seq", "history_hash",
    "title", "customer", "caller", "awaits",
)  # fmt: skip
_UNHAPPY: Final = sa.bindparam("unhappy", type_=cases.c.unhappy_at.type)
_WRITE_CASE: Final = Prepared(
    sa.update(cases)
    .where(cases.c.id == sa.bindparam("case"), cases.c.revision == sa.bindparam("known_revision"))
    .values(
        {name: sa.bindparam(f"new_{name}", type_=cases.c[name].type) for name in _CASE_NAMES}
        | {"unhappy_at": sa.case((_UNHAPPY.is_not(None), sa.func.coalesce(cases.c.unhappy_at, _UNHAPPY)))}
    )
)
_WRITE_HEAD: Final = Prepared(
    sa.update(cases)
    .where(cases.c.id == sa.bindparam("case"))
    .values(history_seq=sa.bindparam("new_seq"), history_hash=sa.bindparam("new_hash"))
)
_STANDING_STILL: Final = Prepared(
    sa.select(case_links.c.case_id)
    .select_from(case_links.join(cases, cases.c.id == case_links.c.case_id))
    .where(case_links.c.other_id == sa.bindparam("case"), case_links.c.kind == str(LinkKind.JOINED))
    .where(case_links.c.ended_at.is_(None), cases.c.ended_at.is_(None))
)
_OPEN_INCIDENT: Final = sa.select(incidents.c.id).where(
    incidents.c.case_id == sa.bindparam("case"), incidents.c.closed_at.is_(None)
)
_INSERT_TASK: Final = Prepared(sa.insert(user_tasks).returning(user_tasks.c.id))
