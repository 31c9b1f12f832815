"""What a manager looks at in the morning: open, due and overdue, who has how much, what should be looked into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import Calendar, due, receipt_from_json
from engine.complaints import Actor, Veil
from engine.deployments import DeploymentStore
from engine.queries.recusals import not_about
from engine.queries.veils import veil_on, veils_over
from engine.tables import cases, clocks, history_events, memberships, people, reminders, user_tasks
from engine.text import Text

#: Rows of one list on the board; the rest is worked off first or looked for in the lists.
MOST: Final = 50
#: How far back signals look.
SIGNAL_DAYS: Final = 90
#: A complaint of the same customer this soon after an end is a sign that it was none.
_AGAIN: Final = timedelta(days=30)
#: Nobody reads and answers a form so fast.
_HURRIED: Final = timedelta(seconds=60)
_LAST_HOUR: Final = timedelta(hours=1)
_A_DAY: Final = timedelta(days=1)
#: What is read of a case behind a signal.
_CASE: Final = (cases.c.id, cases.c.number, cases.c.title, cases.c.deployment_id)
_BY_HAND: Final = ("move_token", "skip_step", "cancel_branch")
#: Lines of a receipt that move a date because time did not count.
_GIVEN_BACK: Final = frozenset({"extended", "pause", "granted"})


#: Groups whose work is shown, None = the whole company's; see `engine.procedures.boards`.
Seen = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """The heads of the board. A paused case is late by the calendar on the wall (gross), not by its clock (net)."""

    open: int
    due_today: int
    overdue: int  #: cases with a time limit past its date: net, what pauses gave back counts
    overdue_gross: int  #: those, and the ones that only a pause or more time keeps from it
    escalations: int


@dataclass(frozen=True, slots=True)
class BoardTask:
    id: int
    number: str
    title: str
    customer: str
    step: Text
    holder: Text  #: who claimed it, else the group
    group: str
    login: str  #: of who claimed it, "" = nobody
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Escalation:
    """Something that landed in somebody's inbox and was not accepted there yet."""

    id: int
    number: str
    title: str
    limit: Text
    to: Text
    raised_at: datetime
    due_at: datetime
    own: bool  #: the reader may accept it


@dataclass(frozen=True, slots=True)
class SignalCase:
    number: str
    title: str
    at: datetime  #: of what drew attention


def numbers(
    connection: sa.Connection, actor: Actor, *, sees: Seen, now: datetime, tonight: datetime, calendar: Calendar
) -> Numbers:
    """The heads of the board of the actor's company, or of the groups that the actor *sees*."""
    company, t, k = actor.company_id, user_tasks.c, clocks.c
    running = (k.company_id == company, k.stopped_at.is_(None), cases.c.ended_at.is_(None), *_with(sees))
    given = (k.status == "paused") | (k.due_at >= now)
    not_over = sa.select(k.case_id, k.receipt).select_from(clocks.join(cases))
    rows = connection.execute(not_over.where(*running, given, k.receipt.is_not(None)))
    held = [row.case_id for row in rows if _would_be_over(row.receipt, calendar, now)]
    over = sa.select(k.case_id).select_from(clocks.join(cases)).where(*running, k.due_at < now)
    late = set(connection.execute(over).scalars())
    open_cases = (
        sa.select(sa.literal(1))
        .select_from(cases)
        .where(cases.c.company_id == company, cases.c.ended_at.is_(None), *_with(sees))
    )
    due_today = sa.select(sa.literal(1)).where(
        t.company_id == company, t.status == sa.text("'open'"), t.due_at >= now, t.due_at < tonight, *_of_groups(sees)
    )
    waiting = sa.select(sa.literal(1)).where(
        reminders.c.company_id == company, reminders.c.status == sa.text("'open'"), *_to_groups(sees)
    )
    return Numbers(
        open=_count(connection, open_cases),
        due_today=_count(connection, due_today),
        overdue=len(late),
        overdue_gross=len(late | set(held)),
        escalations=_count(connection, waiting),
    )


def tasks_of(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    *,
    sees: Seen,
    since: datetime | None = None,
    until: datetime | None = None,
    group: str = "",
    login: str = "",
    limit: int = MOST,
) -> tuple[BoardTask, ...]:
    """Open tasks of the company, the most urgent first: due from *since* and before *until*; of one group or person."""
    t = user_tasks.c
    where: list[Any] = [t.company_id == actor.company_id, t.status == sa.text("'open'")]
    where += [t.due_at >= since] if since else []
    where += [t.due_at < until] if until else []
    where += [t.group_id == group, t.assignee_id.is_(None)] if group else []
    where += [people.c.login == login] if login else []
    where += [not_about(actor, t.case_id), *_of_groups(sees)]
    c = cases.c
    rows = connection.execute(
        sa.select(
            t.id,
            t.case_id,
            t.element,
            t.group_id,
            t.due_at,
            people.c.login,
            people.c.name,
            c.number,
            c.title,
            c.customer,
            c.deployment_id,
        )
        .select_from(user_tasks.join(cases, c.id == t.case_id).outerjoin(people, people.c.id == t.assignee_id))
        .where(*where)
        .order_by(t.urgency, t.id)
        .limit(limit)
    ).all()
    veils = veils_over(connection, deployments, actor, [(row.case_id, row.deployment_id) for row in rows])
    return tuple(_task(connection, deployments, row, veil_on(veils, row.case_id)) for row in rows)


def escalations(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, *, sees: Seen
) -> tuple[Escalation, ...]:
    """What has landed in an inbox of the company and waits to be accepted, the oldest first."""
    t, c = reminders.c, cases.c
    where = (t.company_id == actor.company_id, t.status == sa.text("'open'"), *_to_groups(sees))
    rows = connection.execute(
        sa.select(reminders, c.number, c.title, c.deployment_id, people.c.name)
        .select_from(reminders.join(cases, c.id == t.case_id).outerjoin(people, people.c.id == t.person_id))
        .where(*where, not_about(actor, t.case_id))
        .order_by(t.raised_at, t.id)
        .limit(MOST)
    ).all()
    veils = veils_over(connection, deployments, actor, [(row.case_id, row.deployment_id) for row in rows])
    found = []
    for row in rows:
        package = deployments.load(connection, row.deployment_id).package
        group = package.company.groups.get(row.group_id)
        rule = package.deadlines.get(row.deadline)
        own = row.person_id == actor.person_id if row.person_id is not None else row.group_id in actor.groups
        limit, to = rule.title if rule else {}, row.name or (group.name if group else {})
        title = veil_on(veils, row.case_id).text(row.title)
        found.append(Escalation(row.id, row.number, title, limit, to, row.raised_at, row.due_at, own))
    return tuple(found)


def signal_cases(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    signal: str,
    *,
    sees: Seen,
    now: datetime,
) -> tuple[SignalCase, ...]:
    """The cases behind *signal* of the last ninety days, the latest first. Raises KeyError for an unknown one."""
    statement = _SIGNALS[signal](actor.company_id, now - timedelta(days=SIGNAL_DAYS))
    statement = statement.where(not_about(actor, cases.c.id), *_with(sees, still=False))
    rows = connection.execute(statement.order_by(sa.desc("at")).limit(500)).all()
    veils = veils_over(connection, deployments, actor, {(row.id, row.deployment_id) for row in rows})
    seen: dict[str, SignalCase] = {}
    for row in rows:
        seen.setdefault(row.number, SignalCase(row.number, veil_on(veils, row.id).text(row.title), row.at))
    return tuple(seen.values())


def _of_groups(sees: Seen) -> list[sa.ColumnElement[bool]]:
    """Tasks of those groups."""
    return [] if sees is None else [user_tasks.c.group_id.in_(sorted(sees))]


def _to_groups(sees: Seen) -> list[sa.ColumnElement[bool]]:
    """What landed with those groups or one of their people."""
    if sees is None:
        return []
    r, m = reminders.c, memberships.c
    of = sa.exists().where(m.person_id == r.person_id, m.group_id.in_(sorted(sees)))
    return [r.group_id.in_(sorted(sees)) | of]


def _with(sees: Seen, *, still: bool = True) -> list[sa.ColumnElement[bool]]:
    """Cases in which those groups have something to do *still*, else had."""
    if sees is None:
        return []
    t = user_tasks.alias("of_groups").c
    open_ = [t.status == "open"] if still else []
    return [sa.exists().where(t.case_id == cases.c.id, t.group_id.in_(sorted(sees)), *open_)]


def _again(company: str, since: datetime) -> sa.Select[Any]:
    """Ended, and the same customer complained again within thirty days."""
    c, later = cases.c, cases.alias("later")
    raw = sa.type_coerce(c.ended_at, sa.BigInteger)
    begun = sa.type_coerce(later.c.started_at, sa.BigInteger)
    soon = begun < raw + round(_AGAIN.total_seconds() * 1000)
    both = (later.c.company_id == company, later.c.procedure == c.procedure, later.c.customer == c.customer)
    return (
        sa.select(*_CASE, later.c.started_at.label("at"))
        .select_from(cases.join(later, sa.and_(*both, begun > raw, soon, later.c.id != c.id)))
        .where(c.company_id == company, c.customer != "", c.ended_at >= since)
    )


def _hurried(company: str, since: datetime) -> sa.Select[Any]:
    """A step with a form was done within a minute of being opened."""
    c, t = cases.c, user_tasks.c
    took = sa.type_coerce(t.ended_at, sa.BigInteger) - sa.type_coerce(t.opened_at, sa.BigInteger)
    return (
        sa.select(*_CASE, t.ended_at.label("at"))
        .select_from(cases.join(user_tasks, t.case_id == c.id))
        .where(
            c.company_id == company,
            t.status == "completed",
            t.form != "",
            t.ended_at >= since,
            t.ended_by_id.is_not(None),
        )
        .where(took < round(_HURRIED.total_seconds() * 1000))
    )


def _last_hour(company: str, since: datetime) -> sa.Select[Any]:
    """A time limit of a day at least was met in its last hour."""
    c, k = cases.c, clocks.c
    started, due_at, stopped = (sa.type_coerce(each, sa.BigInteger) for each in (k.started_at, k.due_at, k.stopped_at))
    near = sa.and_(due_at - stopped < _milliseconds(_LAST_HOUR), due_at - started > _milliseconds(_A_DAY))
    return (
        sa.select(*_CASE, k.stopped_at.label("at"))
        .select_from(cases.join(clocks, k.case_id == c.id))
        .where(c.company_id == company, k.status == "met", k.stopped_at >= since, near)
    )


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def _done_by_hand(actions: Sequence[str]) -> Any:
    def statement(company: str, since: datetime) -> sa.Select[Any]:
        c, h = cases.c, history_events.c
        joined = sa.and_(h.company_id == c.company_id, h.stream == c.id)
        return (
            sa.select(*_CASE, h.at)
            .select_from(cases.join(history_events, joined))
            .where(c.company_id == company, h.at >= since, h.action.in_(actions))
        )

    return statement


#: Signal -> the cases it is about, as a statement of (*_CASE, at). Each says what happened, never who did it.
_SIGNALS: Final[Mapping[str, Any]] = {
    "again": _again,
    "hurried": _hurried,
    "last_hour": _last_hour,
    "paused": _done_by_hand(("pause_clock",)),
    "by_hand": _done_by_hand(_BY_HAND),
}
#: The signals there are, in the order they are shown.
SIGNALS: Final = tuple(_SIGNALS)


def _would_be_over(receipt: Mapping[str, Any], calendar: Calendar, now: datetime) -> bool:
    """Whether the date would have passed without what pauses and extensions gave back, over the company's calendar."""
    if not any(line["kind"] in _GIVEN_BACK for line in receipt["lines"]) and "paused" not in receipt:
        return False
    told = receipt_from_json(receipt)
    return due(told.deadline, start=told.started_at, calendar=calendar).due_at < now


def _task(connection: sa.Connection, deployments: DeploymentStore, row: Any, veil: Veil) -> BoardTask:
    package = deployments.load(connection, row.deployment_id).package
    group = package.company.groups.get(row.group_id)
    return BoardTask(
        id=row.id,
        number=row.number,
        title=veil.value(package.case.title, row.title),
        customer=veil.value(package.case.customer, row.customer),
        step=package.element_names.get(row.element, {}),
        holder=row.name or (group.name if group else {}),
        group=row.group_id,
        login=row.login or "",
        due_at=row.due_at,
    )


def _count(connection: sa.Connection, statement: sa.Select[Any]) -> int:
    counted = sa.select(sa.func.count()).select_from(statement.subquery())
    return int(connection.execute(counted).scalar_one())
