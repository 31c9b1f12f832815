"""Cases as a whole: start, wake, look at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.answers import checked
from engine.commands.attachments import attach_to_case, file_ids, said_of_files
from engine.commands.clock_rows import write_clocks
from engine.commands.context import Context
from engine.commands.errors import ProcedureFailed
from engine.commands.hooks import tell_of_step
from engine.commands.idempotency import NO_KEY, RequestKey, recall, remember
from engine.commands.locking import lock_case
from engine.commands.numbers import next_number
from engine.commands.outbox import Sender, send
from engine.commands.recusals import write_recusals
from engine.commands.steps import (
    OpenedTask,
    apply_step,
    case_values,
    insert_requests,
    insert_tasks,
    open_incident,
    opened_from_json,
    opened_to_json,
    record,
    recorded,
)
from engine.commands.subscriptions import awaits_of, write_subscriptions
from engine.complaints import Actor, tracking_code, tracking_hash
from engine.deployments import Deployment
from engine.errors import NotFound, NotPermitted
from engine.forms import Form
from engine.history import Entry, Head, Stream, append, chain, genesis
from engine.interpreter import CaseStatus, Fault, StartCase, Step, WakeUp
from engine.prepared import Prepared
from engine.procedures.intake import received_at, said_by_way
from engine.procedures.intake_fields import WEB, without_staff_fields
from engine.procedures.package import Trigger
from engine.tables import cases


@dataclass(frozen=True, slots=True)
class Started:
    """A new case."""

    case_id: int
    number: str
    tracking_code: str  #: shown once; the database keeps only its hash
    opened: tuple[OpenedTask, ...]
    status: str = "open"  #: a case may end in its first step


def start(
    context: Context,
    procedure: str,
    raw: Mapping[str, Any],
    *,
    idempotency_key: RequestKey = NO_KEY,
    public: bool = False,
    received: datetime | None = None,
    way: str = WEB,
    shop: str = "",
) -> Started:
    """Open a case of *procedure* with its intake form.

    *public*: a customer files it, with the public form; *way* says how, and *shop* whose code led there. *received*:
    when it truly arrived, where the form does not say so. The same *idempotency_key* gives the same case. Raises
    NotFound, NotPermitted, AnswersInvalid with every wrong field, ProcedureFailed.
    """
    if idempotency_key and (answer := recall(context, idempotency_key)) is not None:
        code = tracking_code(context.secret, context.actor.company_id, answer["number"])
        return Started(
            answer["case_id"], answer["number"], code, opened_from_json(answer["opened"]), answer.get("status", "open")
        )
    deployment = context.deployments.current(context.connection, context.actor.company_id, procedure)
    _require_may_start(context.actor, deployment, public=public)
    form = intake_form(deployment, public=public)
    data = checked(context, deployment, form, raw, case=None, given={})
    if public:
        data = {**data, **said_by_way(deployment.package, way, shop=shop)}
    request = StartCase(data, received_at=received_at(deployment.package, data, now=context.now) or received)
    files = file_ids(form, data)
    entry = context.entry(CaseAction.START_CASE, body=said_of_files(context, files))
    started = _open_case(context, deployment, request, entry=entry)
    attach_to_case(context, started.case_id, files)
    if idempotency_key:
        remember(context, idempotency_key, _to_json(started))
    return started


def start_with(
    context: Context,
    deployment: Deployment,
    data: Mapping[str, Any],
    *,
    entry: Entry,
    received_at: datetime | None = None,
) -> Started:
    """Open a case with *data* that no form was filled in for: of an earlier case or a mail. Raises ProcedureFailed."""
    return _open_case(context, deployment, StartCase(data, received_at=received_at), entry=entry)


def start_by_schedule(context: Context, deployment: Deployment, *, process: str, title: str) -> Started:
    """Open a case that nobody asked for but the calendar. Raises ProcedureFailed."""
    data = {deployment.package.case.title: title} if deployment.package.case.title else {}
    request = StartCase(data, process=process)
    return _open_case(context, deployment, request, entry=context.entry(CaseAction.START_BY_SCHEDULE))


def start_by_trigger(
    context: Context, deployment: Deployment, trigger: Trigger, *, title: str, data: Mapping[str, Any], alert_id: int
) -> Started:
    """Open a case that many others together ask for; *data* says what was noticed. Raises ProcedureFailed."""
    named = {deployment.package.case.title: title} if deployment.package.case.title else {}
    entry = context.entry(CaseAction.START_BY_TRIGGER, trigger.id, {"alert": alert_id})
    return _open_case(context, deployment, StartCase({**named, **data}, process=trigger.process), entry=entry)


def start_by_event(context: Context, procedure: str, event: str, data: Mapping[str, Any], *, entry: Entry) -> Started:
    """Open a case of *procedure* by the message or signal, saying *data*, that its start event *event* waits for.

    Raises NotFound when the newest deployment has no such event, ProcedureFailed.
    """
    deployment = context.deployments.current(context.connection, context.actor.company_id, procedure)
    element = deployment.definition.elements.get(event)
    if element is None:
        raise NotFound("start event", f"{procedure}/{event}")
    return _open_case(context, deployment, StartCase(data, process=element.process, event=event), entry=entry)


def wake(context: Context, case_id: int) -> bool:
    """Let the timers and clocks that are due fire. True when something happened. May be repeated harmlessly."""
    case = lock_case(context, case_id)
    if case.status != CaseStatus.OPEN:
        return False
    deployment = context.deployments.load(context.connection, case.deployment_id)
    request = WakeUp()
    step = context.step(deployment, case.state, request, context.calendars(case.calendar))
    if step.fault:
        open_incident(context, case, step.fault, action=CaseAction.WAKE_UP, subject="")
        # A timer that fails would fail again at every tick; somebody has to look first.
        context.connection.execute(sa.update(cases).where(cases.c.id == case.id).values(next_wake_at=None))
        return True
    if not step.facts:
        write_subscriptions(context, case.id, step, before=case.awaits, revision=case.revision)  # older ones have none
        values = {"next_wake_at": step.next_wake, "awaits": awaits_of(step)}
        context.connection.execute(sa.update(cases).where(cases.c.id == case.id).values(values))
        return False
    entry = context.entry(CaseAction.WAKE_UP)
    apply_step(context, case, deployment, request=request, step=step, entry=entry)
    return True


def stop_waking(context: Context, case_id: int, reason: str) -> None:
    """Open an incident because the case cannot even be woken, and let it rest until somebody has looked."""
    case = lock_case(context, case_id)
    open_incident(context, case, Fault("cannot-wake", "", reason), action=CaseAction.WAKE_UP, subject="")
    context.connection.execute(sa.update(cases).where(cases.c.id == case.id).values(next_wake_at=None))


def record_reading(context: Context, case_id: int, *, page: str) -> None:
    """Write into the case's history that the actor looked at it. Raises NotFound."""
    case = lock_case(context, case_id)
    record(context, case, context.entry(CaseAction.READ_CASE, page))


def record_export(context: Context, case_id: int, papers: Mapping[str, str]) -> None:
    """Write into the case's history that the actor took its audit package. Raises NotFound.

    *papers* are what was written for people, file name -> SHA-256: sealed, for nobody should be able to try what an
    erased one said.
    """
    case = lock_case(context, case_id)
    entry = context.entry(CaseAction.EXPORT_CASE, body={"papers": dict(papers)})
    record(context, case, replace(entry, personal=frozenset(papers)))


def record_telling(context: Context, case_id: int) -> None:
    """Write into the case's history that all it keeps about the person concerned was written out. Raises NotFound."""
    case = lock_case(context, case_id)
    record(context, case, context.entry(CaseAction.TELL_PERSON))


def intake_form(deployment: Deployment, *, public: bool) -> Form:
    """The form a case is opened with; customers are not asked what only colleagues know."""
    begin = deployment.package.start
    form = deployment.package.forms[(begin.public_form if public else "") or begin.form]
    return without_staff_fields(form) if public else form


def may_start(actor: Actor, groups: Collection[str]) -> bool:
    """Whether *actor* may register a case that *groups* may register; "*" is everyone of the company."""
    return actor.person_id is not None and not actor.auditor and ("*" in groups or not actor.groups.isdisjoint(groups))


def _require_may_start(actor: Actor, deployment: Deployment, *, public: bool) -> None:
    if public and not deployment.package.start.public:
        raise NotPermitted("start_case", "not-public")
    if not public and not may_start(actor, deployment.package.start.groups):
        raise NotPermitted("start_case", "not-in-group")


def _open_case(context: Context, deployment: Deployment, request: StartCase, *, entry: Entry) -> Started:
    calendars = context.calendars()
    step = context.step(deployment, None, request, calendars)
    if step.fault:
        raise ProcedureFailed(step.fault)
    number = next_number(context, deployment, step.data)
    code = tracking_code(context.secret, context.actor.company_id, number)
    entry = recorded(entry, deployment, request, step, calendars)
    stream, head = _insert_case(context, deployment, request, step, number=number, code=code, entry=entry)
    case_id = stream.id
    if deployment.package.work.respondent:
        write_recusals(context, case_id, deployment, step.data)
    opened = insert_tasks(context, stream, head, deployment, step)
    write_clocks(context, case_id, step, calendar=calendars.version)
    insert_requests(context, case_id, step.requests)
    write_subscriptions(context, case_id, step, before=(), revision=1)
    send(context, deployment.package, step, sender=Sender(number, case_id))
    tell_of_step(
        context, case_id=case_id, number=number, procedure=deployment.package.id, seq=1, request=None, step=step
    )
    return Started(case_id, number, code, opened, str(step.status))


def _insert_case(
    context: Context, deployment: Deployment, request: StartCase, step: Step, *, number: str, code: str, entry: Entry
) -> tuple[Stream, Head]:
    company_id = context.actor.company_id
    stream = Stream(company_id, 0, number)
    chained = chain(stream, genesis(stream), [entry])
    row = {
        "company_id": company_id,
        "number": number,
        "procedure": deployment.package.id,
        "deployment_id": deployment.id,
        "revision": 1,
        "status": str(step.status),
        "outcome": step.outcome,
        "state": step.state,
        "data": dict(step.data),
        "received_at": request.received_at or context.now,
        "started_at": context.now,
        "started_by": context.actor.name,
        "ended_at": None if step.status is CaseStatus.OPEN else context.now,
        "next_wake_at": step.next_wake,
        "tracking_hash": tracking_hash(code),
        "history_seq": chained.head.seq,
        "history_hash": chained.head.hash,
        "awaits": awaits_of(step),
        "unhappy_at": context.now if deployment.is_unhappy(step.data, now=context.now) else None,
        "answerable_id": context.actor.person_id if deployment.package.work.first_contact else None,
        **case_values(deployment, step.data),
    }
    (inserted,) = _INSERT_CASE.rows(context.connection, row)
    case_id: int = inserted.id
    append(context.connection, chained.of(case_id))
    return replace(stream, id=case_id), chained.head


def _to_json(started: Started) -> Mapping[str, Any]:
    return {
        "case_id": started.case_id,
        "number": started.number,
        "opened": opened_to_json(started.opened),
        "status": started.status,
    }


_INSERT_CASE: Final = Prepared(sa.insert(cases).returning(cases.c.id))
