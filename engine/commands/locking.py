"""Taking hold of a case: from here to the end of the transaction nobody else moves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.context import Context
from engine.errors import NotFound, NotPermitted
from engine.history import Head, Stream, genesis
from engine.prepared import Prepared
from engine.tables import cases, companies, errands, idempotency, recusals, user_tasks, web_hooks

_CASE_COLUMNS = (
    cases.c.id,
    cases.c.number,
    cases.c.deployment_id,
    cases.c.revision,
    cases.c.status,
    cases.c.state,
    cases.c.data,
    cases.c.history_seq,
    cases.c.history_hash,
    cases.c.awaits,
    sa.select(companies.c.calendar).where(companies.c.id == cases.c.company_id).scalar_subquery().label("calendar"),
    sa.exists().where(web_hooks.c.company_id == cases.c.company_id, web_hooks.c.ended_at.is_(None)).label("hooked"),
    sa.exists().where(recusals.c.case_id == cases.c.id, recusals.c.person_id == sa.bindparam("actor")).label("recused"),
)


@dataclass(frozen=True, slots=True)
class LockedCase:
    """A case whose row this transaction holds."""

    id: int
    company_id: str
    number: str
    deployment_id: int
    revision: int
    status: str
    state: bytes
    data: Mapping[str, Any]
    head: Head
    calendar: str  #: digest of its company's calendars
    awaits: Sequence[Sequence[str]]  #: its rows of subscriptions: element, trigger, name, correlation
    hooked: bool  #: whether a program is told what happens to it

    @property
    def stream(self) -> Stream:
        return Stream(self.company_id, self.id, self.number)


@dataclass(frozen=True, slots=True)
class LockedTask:
    """A user task of a locked case."""

    id: int
    key: str
    element: str
    form: str
    group: str
    assignee_id: int | None
    status: str
    ended_at: datetime | None
    ended_by_id: int | None
    held_at: datetime | None  #: since when its answers wait for signatures
    held_by_id: int | None
    has_errands: bool  #: whether anybody was ever asked something about it


def lock_case(context: Context, case_id: int) -> LockedCase:
    """The case with that id of the actor's company. Raises NotFound, and NotPermitted for whom it is about."""
    company_id = context.actor.company_id
    given = {"case": case_id, "company": company_id, "actor": context.actor.person_id}
    found = _LOCK_CASE.rows(context.connection, given)
    if not found:
        raise NotFound("case", case_id)
    return _locked(found[0], company_id)


def lock_task(
    context: Context, task_id: int, *, idempotency_key: str = ""
) -> tuple[LockedTask, LockedCase, Any | None]:
    """The task, its case, and the stored answer if *idempotency_key* was answered before.

    Raises NotFound, and NotPermitted for whom the case is about.

    One statement, because this is the most frequent action of all.
    """
    company_id = context.actor.company_id
    given = {"task": task_id, "company": company_id, "request": idempotency_key, "actor": context.actor.person_id}
    found = _LOCK_TASK.rows(context.connection, given)
    if not found:
        raise NotFound("task", task_id)
    row = found[0]
    task = LockedTask(
        id=row.task_id,
        key=row.key,
        element=row.element,
        form=row.form,
        group=row.group_id,
        assignee_id=row.assignee_id,
        status=row.task_status,
        ended_at=row.ended_at,
        ended_by_id=row.ended_by_id,
        held_at=row.held_at,
        held_by_id=row.held_by_id,
        has_errands=bool(row.has_errands),
    )
    return task, _locked(row, company_id), row.answer


def _locked(row: Any, company_id: str) -> LockedCase:
    if row.recused:
        raise NotPermitted("handle_case", "recused")
    stream = Stream(company_id, row.id, row.number)
    return LockedCase(
        id=row.id,
        company_id=company_id,
        number=row.number,
        deployment_id=row.deployment_id,
        revision=row.revision,
        status=row.status,
        state=row.state,
        data=row.data,
        head=Head(row.history_seq, row.history_hash) if row.history_seq else genesis(stream),
        calendar=row.calendar,
        awaits=row.awaits,
        hooked=bool(row.hooked),
    )


_LOCK_CASE: Final = Prepared(
    sa.select(*_CASE_COLUMNS)
    .where(cases.c.id == sa.bindparam("case"), cases.c.company_id == sa.bindparam("company"))
    .with_for_update(of=cases, key_share=True)
)
_LOCK_TASK: Final = Prepared(
    sa.select(
        *_CASE_COLUMNS,
        user_tasks.c.id.label("task_id"),
        user_tasks.c.key,
        user_tasks.c.element,
        user_tasks.c.form,
        user_tasks.c.group_id,
        user_tasks.c.assignee_id,
        user_tasks.c.status.label("task_status"),
        user_tasks.c.ended_at,
        user_tasks.c.ended_by_id,
        user_tasks.c.held_at,
        user_tasks.c.held_by_id,
        sa.exists().where(errands.c.task_id == user_tasks.c.id).label("has_errands"),
        idempotency.c.answer,
    )
    .select_from(
        user_tasks.join(cases, cases.c.id == user_tasks.c.case_id).outerjoin(
            idempotency,
            (idempotency.c.company_id == sa.bindparam("company")) & (idempotency.c.key == sa.bindparam("request")),
        )
    )
    .where(user_tasks.c.id == sa.bindparam("task"), user_tasks.c.company_id == sa.bindparam("company"))
    .with_for_update(of=cases, key_share=True)
)
