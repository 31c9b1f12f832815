"""One case: the case page, the customer's view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import Calendars
from engine.complaints import CLEAR, Actor, Veil, capacity_to_act
from engine.deployments import Deployment, DeploymentStore
from engine.errors import NotFound, NotPermitted
from engine.interpreter import TaskKey, task_data
from engine.prepared import Prepared
from engine.procedures.confidential import veil_over
from engine.tables import attachments, cases, clocks, errands, incidents, letters, people, recusals, user_tasks
from engine.text import Text


@dataclass(frozen=True, slots=True)
class CaseTask:
    """One user task of a case, open or ended."""

    id: int
    key: str
    element: str
    name: Text
    group: str
    group_name: Text
    form: str
    status: str
    assignee_id: int | None  #: who claimed it
    assignee: str  #: that person's login
    assignee_name: Text
    ended_by: str  #: login
    ended_by_name: Text
    held_at: datetime | None  #: since when its answers wait for signatures
    deadline: str
    due_at: datetime | None
    opened_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseClock:
    """One round of one deadline, with how it was counted."""

    deadline: str
    title: Text
    round: int
    status: str
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    receipt: Mapping[str, Any] | None  #: as engine.calendars.receipt_to_json writes it


@dataclass(frozen=True, slots=True)
class CaseLetter:
    key: str  #: of the service request that asked for it
    letter: str
    recipient: str
    recipient_name: Text  #: empty for the customer
    address: str
    language: str
    subject: str
    body: str
    written_at: datetime
    sent_at: datetime | None
    withdrawn_at: datetime | None = None  #: since when it does not hold any more
    code_hash: str = ""  #: of the code on it, "" = it was written before there were any
    told: int = 0  #: people of the group it is for who got a copy
    read_by: int = 0  #: of these who have read it


@dataclass(frozen=True, slots=True)
class CaseFile:
    id: str
    name: str
    media_type: str
    size: int
    uploaded_at: datetime
    uploaded_by: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CaseIncident:
    code: str
    element: str
    message: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the case page shows, but for the history."""

    id: int
    number: str
    title: str
    customer: str
    caller: str  #: digits of the telephone number of who complained, "" = unknown
    procedure: str
    status: str
    outcome: str
    data: Mapping[str, Any]
    received_at: datetime
    started_at: datetime
    started_by: str
    answerable: str  #: login of who answers for it until a hand-over is accepted, "" = nobody
    hand_overs: int  #: how many were accepted
    reopens: str  #: number of the case it goes on with, "" = none
    reopened_as: str  #: number of the case that goes on with it
    ended_at: datetime | None
    history_seq: int
    state: bytes  #: the interpreter's, opaque
    deployment: Deployment
    calendars: Calendars  #: its company's, in force
    tasks: tuple[CaseTask, ...]
    clocks: tuple[CaseClock, ...]
    letters: tuple[CaseLetter, ...]
    files: tuple[CaseFile, ...]
    incidents: tuple[CaseIncident, ...]
    veil: Veil = CLEAR  #: what is kept from its reader, see `readable`

    @property
    def outcome_words(self) -> Text:
        return self.deployment.package.outcomes.get(self.outcome, {})


@dataclass(frozen=True, slots=True)
class CaseCore:
    """What a job needs to know of a case: one row of one table."""

    id: int
    number: str
    procedure: str
    data: Mapping[str, Any]
    deployment: Deployment


def case_core(connection: sa.Connection, deployments: DeploymentStore, company_id: str, case_id: int) -> CaseCore:
    """The core of the case with that id. Raises NotFound."""
    found = _CORE.rows(connection, {"case": case_id, "company": company_id})
    if not found:
        raise NotFound("case", case_id)
    row = found[0]
    return CaseCore(row.id, row.number, row.procedure, row.data, deployments.load(connection, row.deployment_id))


def case_by_number(connection: sa.Connection, deployments: DeploymentStore, company_id: str, number: str) -> Case:
    """The case with that number. Raises NotFound."""
    return _case(connection, deployments, cases.c.company_id == company_id, cases.c.number == number, key=number)


def case_by_id(connection: sa.Connection, deployments: DeploymentStore, company_id: str, case_id: int) -> Case:
    """The case with that id. Raises NotFound."""
    return _case(connection, deployments, cases.c.company_id == company_id, cases.c.id == case_id, key=case_id)


def case_by_tracking(connection: sa.Connection, deployments: DeploymentStore, tracking_hash: str) -> Case:
    """The case that a customer's code opens. Raises NotFound."""
    known = sa.or_(cases.c.tracking_hash == tracking_hash, cases.c.earlier_tracking_hash == tracking_hash)
    return _case(connection, deployments, known, key="tracking")


def readable(connection: sa.Connection, actor: Actor, case: Case) -> Case:
    """*case* as *actor* may read it: what is confidential is covered. Raises NotPermitted when it is about the actor.

    Every door to a case leads through here; its history is read with `engine.queries.timeline`, which follows.
    """
    _require_not_about(connection, actor, case)
    veil = veil_over(
        case.deployment.package,
        actor,
        case.data,
        closed=case.ended_at is not None,
        working_on=[task.element for task in case.tasks if task.status == "open" and _may_work_on(actor, task)],
        received_at=case.received_at,
    )
    return _veiled(case, veil) if veil else case


def _may_work_on(actor: Actor, task: CaseTask) -> bool:
    return not capacity_to_act(actor, group=task.group, assignee_id=task.assignee_id).refusal


def _veiled(case: Case, veil: Veil) -> Case:
    package = case.deployment.package
    return replace(
        case,
        title=veil.value(package.case.title, case.title),
        customer=veil.value(package.case.customer, case.customer),
        data=veil.data(case.data),
        letters=tuple(
            replace(
                letter,
                address=veil.text(letter.address),
                subject=veil.text(letter.subject),
                body=veil.text(letter.body),
            )
            for letter in case.letters
        ),
        files=tuple(replace(file, name=veil.text(file.name)) for file in case.files if file.id not in veil.files),
        incidents=tuple(replace(each, message=veil.text(each.message)) for each in case.incidents),
        veil=veil,
    )


def _require_not_about(connection: sa.Connection, actor: Actor, case: Case) -> None:
    r = recusals.c
    about = sa.select(r.case_id).where(r.case_id == case.id, r.person_id == actor.person_id)
    if case.deployment.package.work.respondent and connection.execute(about).first():
        raise NotPermitted("read_case", "recused")


def task_sees(case: Case, task: CaseTask, *, now: datetime) -> Mapping[str, Any]:
    """The data that an open task's form is filled from: its own branch's, of several instances its own item's."""
    if task.status != "open":
        return case.data
    return task_data(case.deployment.definition, case.state, TaskKey(task.key), now=now, calendars=case.calendars)


def task_by_id(connection: sa.Connection, company_id: str, task_id: int) -> tuple[int, Mapping[str, Any] | None]:
    """The case id and the saved draft of a task. Raises NotFound."""
    t = user_tasks.c
    row = connection.execute(
        sa.select(t.case_id, t.draft).where(t.id == task_id, t.company_id == company_id)
    ).one_or_none()
    if row is None:
        raise NotFound("task", task_id)
    return row.case_id, row.draft


def cases_that_say(text: str) -> sa.ColumnElement[bool]:
    """The condition that *text* stands in a case's number, title or customer."""
    columns = (cases.c.number, cases.c.title, cases.c.customer)
    return sa.or_(*(column.icontains(text, autoescape=True) for column in columns))


def attachment(connection: sa.Connection, company_id: str, attachment_id: str) -> tuple[CaseFile, int | None]:
    """A file and the case it is bound to. Raises NotFound."""
    t = attachments.c
    row = connection.execute(
        sa.select(attachments).where(t.company_id == company_id, t.id == attachment_id)
    ).one_or_none()
    if row is None:
        raise NotFound("attachment", attachment_id)
    return _file(row), row.case_id


def _case(connection: sa.Connection, deployments: DeploymentStore, *where: Any, key: object) -> Case:
    row = connection.execute(sa.select(cases).where(*where)).one_or_none()
    if row is None:
        raise NotFound("case", key)
    deployment = deployments.load(connection, row.deployment_id)
    return Case(
        id=row.id,
        number=row.number,
        title=row.title,
        customer=row.customer,
        caller=row.caller,
        procedure=row.procedure,
        status=row.status,
        outcome=row.outcome,
        data=row.data,
        received_at=row.received_at,
        started_at=row.started_at,
        started_by=row.started_by,
        answerable=_login(connection, row.answerable_id),
        hand_overs=row.hand_overs,
        reopens=_number(connection, cases.c.id == row.reopens_id) if row.reopens_id else "",
        reopened_as=_number(connection, cases.c.reopens_id == row.id) if row.ended_at else "",
        ended_at=row.ended_at,
        history_seq=row.history_seq,
        state=row.state,
        deployment=deployment,
        calendars=deployments.calendars(connection, row.company_id),
        tasks=_tasks(connection, deployment, row.id),
        clocks=_clocks(connection, deployment, row.id),
        letters=_letters(connection, deployment, row.id),
        files=_files(connection, row.id),
        incidents=_incidents(connection, row.id),
    )


def _number(connection: sa.Connection, which: sa.ColumnElement[bool]) -> str:
    return connection.execute(sa.select(cases.c.number).where(which)).scalar() or ""


def _login(connection: sa.Connection, person_id: int | None) -> str:
    if person_id is None:
        return ""
    return str(connection.execute(sa.select(people.c.login).where(people.c.id == person_id)).scalar_one())


_ASSIGNEE, _ENDER = people.alias("assignee"), people.alias("ender")
_TASKS: Final = sa.select(
    user_tasks,
    _ASSIGNEE.c.login,
    _ASSIGNEE.c.name.label("assignee_name"),
    _ENDER.c.login.label("ender"),
    _ENDER.c.name.label("ender_name"),
).select_from(
    user_tasks.outerjoin(_ASSIGNEE, _ASSIGNEE.c.id == user_tasks.c.assignee_id).outerjoin(
        _ENDER, _ENDER.c.id == user_tasks.c.ended_by_id
    )
)


def _tasks(connection: sa.Connection, deployment: Deployment, case_id: int) -> tuple[CaseTask, ...]:
    t = user_tasks.c
    rows = connection.execute(_TASKS.where(t.case_id == case_id).order_by(t.id))
    return tuple(_task(deployment, row) for row in rows)


def _task(deployment: Deployment, row: Any) -> CaseTask:
    package = deployment.package
    group = package.company.groups.get(row.group_id)
    return CaseTask(
        id=row.id,
        key=row.key,
        element=row.element,
        name=package.element_names.get(row.element, {}),
        group=row.group_id,
        group_name=group.name if group else {},
        form=row.form,
        status=row.status,
        assignee_id=row.assignee_id,
        assignee=row.login or "",
        assignee_name=row.assignee_name or {},
        ended_by=row.ender or "",
        ended_by_name=row.ender_name or {},
        held_at=row.held_at,
        deadline=row.deadline,
        due_at=row.due_at,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
    )


def _clocks(connection: sa.Connection, deployment: Deployment, case_id: int) -> tuple[CaseClock, ...]:
    t = clocks.c
    rows = connection.execute(sa.select(clocks).where(t.case_id == case_id).order_by(t.started_at, t.deadline, t.round))
    rules = deployment.package.deadlines
    return tuple(
        CaseClock(
            deadline=row.deadline,
            title=rules[row.deadline].title if row.deadline in rules else {},
            round=row.round,
            status=row.status,
            started_at=row.started_at,
            due_at=row.due_at,
            stopped_at=row.stopped_at,
            receipt=row.receipt,
        )
        for row in rows
    )


def _letters(connection: sa.Connection, deployment: Deployment, case_id: int) -> tuple[CaseLetter, ...]:
    t = letters.c
    e = errands.c
    copies = (e.case_id == t.case_id, e.kind == "copy", e.from_id.is_(None), e.group_id == t.recipient)
    told = sa.select(sa.func.count(e.person_id)).where(*copies, e.asked_at == t.written_at).correlate(letters)
    counts = (told.scalar_subquery().label("told"), told.where(e.status == "done").scalar_subquery().label("read_by"))
    rows = connection.execute(sa.select(letters, *counts).where(t.case_id == case_id).order_by(t.id))
    groups = deployment.package.company.groups
    return tuple(
        CaseLetter(
            key=row.key,
            letter=row.letter,
            recipient=row.recipient,
            recipient_name=groups[row.recipient].name if row.recipient in groups else {},
            address=row.address,
            language=row.language,
            subject=row.subject,
            body=row.body,
            written_at=row.written_at,
            sent_at=row.sent_at,
            withdrawn_at=row.withdrawn_at,
            code_hash=row.code_hash or "",
            told=row.told,
            read_by=row.read_by,
        )
        for row in rows
    )


def _files(connection: sa.Connection, case_id: int) -> tuple[CaseFile, ...]:
    t = attachments.c
    rows = connection.execute(sa.select(attachments).where(t.case_id == case_id).order_by(t.uploaded_at, t.id))
    return tuple(_file(row) for row in rows)


def _file(row: Any) -> CaseFile:
    return CaseFile(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        uploaded_at=row.uploaded_at,
        uploaded_by=row.uploaded_by,
        sha256=row.sha256,
    )


def _incidents(connection: sa.Connection, case_id: int) -> tuple[CaseIncident, ...]:
    t = incidents.c
    rows = connection.execute(sa.select(incidents).where(t.case_id == case_id, t.closed_at.is_(None)).order_by(t.id))
    return tuple(CaseIncident(row.code, row.element, row.message, row.opened_at) for row in rows)


_CORE: Final = Prepared(
    sa.select(cases.c.id, cases.c.number, cases.c.procedure, cases.c.data, cases.c.deployment_id).where(
        cases.c.id == sa.bindparam("case"), cases.c.company_id == sa.bindparam("company")
    )
)
