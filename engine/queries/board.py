"""What a manager looks at in the morning: open, due and overdue, who has how much, what should be looked into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor, Veil
from engine.deployments import DeploymentStore
from engine.queries.inbox import IS_OPEN, most_urgent
from engine.queries.recusals import not_about, not_about_person
from engine.queries.veils import veil_on, veils_over
from engine.tables import (
    BY_HAND,
    HURRIED,
    IN_LAST_HOUR,
    cases,
    clocks,
    history_events,
    memberships,
    people,
    reminders,
    urgency_of,
    user_tasks,
)
from engine.text import Text

#: Rows of one list on the board; the rest is worked off first or looked for in the lists.
MOST: Final = 50
#: How far back signals look.
SIGNAL_DAYS: Final = 90
#: How far back unhappy customers are looked for: then it was dealt with, or the case is overdue.
UNHAPPY_DAYS: Final = 30
#: A complaint of the same customer this soon after an end is a sign that it was none.
_AGAIN: Final = timedelta(days=30)
#: The newest cases that are looked at for a customer's earlier ones.
_LATEST: Final = 2_000
#: Rows that one number is counted over: of more the board says that there are more.
COUNTED: Final = 10_000
#: Cases behind one signal that are counted and shown.
_SHOWN: Final = 500
_BY_HAND: Final = ("move_token", "skip_step", "cancel_branch")


#: Groups whose work is shown, None = the whole company's; see `engine.procedures.boards`.
Seen = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Number:
    """How many there are, counted over COUNTED rows and no more."""

    value: int
    more: bool = False  #: at least so many


@dataclass(frozen=True, slots=True)
class Numbers:
    """The heads of the board. A paused case is late by the calendar on the wall (gross), not by its clock (net)."""

    open: Number
    due_today: Number
    overdue: Number  #: cases with a time limit past its date: net, what pauses gave back counts
    overdue_gross: Number  #: those, and the ones that only a pause or more time keeps from it
    escalations: Number
    unhappy: Number  #: cases whose customers were not satisfied when they were asked last, within UNHAPPY_DAYS
    signals: Mapping[str, Number]  #: cases behind each of SIGNALS, of the last SIGNAL_DAYS


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


def numbers(connection: sa.Connection, actor: Actor, *, sees: Seen, now: datetime, tonight: datetime) -> Numbers:
    """The heads of the board of the actor's company, or of the groups that the actor *sees*."""
    signals = {_since(signal): now - timedelta(days=days_of(signal)) for signal in _SIGNALS}
    asked = {"company": actor.company_id, "person": actor.person_id, "now": now, **signals}
    due_today = {"due_from": urgency_of(now), "due_before": urgency_of(tonight)}
    row = connection.execute(_counting(sees, COUNTED), asked | due_today).mappings().one()
    counted = {name: Number(row[name], more=row[f"{name}_looked_at"] >= most) for name, most in _most(COUNTED).items()}
    return Numbers(
        **{name: counted[name] for name in (*HEADS, UNHAPPY)}, signals={name: counted[name] for name in SIGNALS}
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
    narrowed: list[Any] = [not_about(actor, t.case_id)]
    narrowed += [t.urgency >= urgency_of(since)] if since else []
    narrowed += [t.urgency < urgency_of(until)] if until else []
    if group:
        narrowed += [t.group_id == group, t.assignee_id.is_(None), *_of_groups(sees)]
        queues = _queues(actor.company_id, frozenset({group}))
    elif login:
        who = sa.select(people.c.id).where(people.c.company_id == actor.company_id, people.c.login == login)
        queues = [[t.company_id == actor.company_id, IS_OPEN, t.assignee_id == who.scalar_subquery()]]
        narrowed += _of_groups(sees)
    else:
        queues = _queues(actor.company_id, sees)
    found = most_urgent(queues, narrowed, limit=limit)
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
        .where(t.id.in_(found))
        .order_by(t.urgency, t.id)
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
    c = cases.c
    since = now - timedelta(days=days_of(signal))
    behind = _behind(signal, sees, company=actor.company_id, person=actor.person_id, since=since)
    latest = behind.order_by(sa.desc("at")).limit(_SHOWN).subquery()
    shown = sa.select(c.id, c.number, c.title, c.deployment_id, latest.c.at).join(latest, latest.c.case_id == c.id)
    rows = connection.execute(shown.order_by(latest.c.at.desc())).all()
    veils = veils_over(connection, deployments, actor, {(row.id, row.deployment_id) for row in rows})
    seen: dict[str, SignalCase] = {}
    for row in rows:
        seen.setdefault(row.number, SignalCase(row.number, veil_on(veils, row.id).text(row.title), row.at))
    return tuple(seen.values())


@lru_cache(maxsize=64)
def _counting(sees: Seen, counted: int) -> sa.Select[Any]:
    """One statement for all heads and signals: putting together and asking a dozen takes longer than counting."""
    c, t, k, r = cases.c, user_tasks.c, clocks.c, reminders.c
    company: sa.BindParameter[str] = sa.bindparam("company")
    now: sa.BindParameter[datetime] = sa.bindparam("now")
    person: sa.BindParameter[int] = sa.bindparam("person")
    queues = _queues(company, sees)
    opened = [sa.select(c.id).where(c.company_id == company, c.ended_at.is_(None))]
    if sees is not None:
        opened = [sa.select(t.case_id).where(*queue) for queue in queues]
    due_today = (t.urgency >= sa.bindparam("due_from"), t.urgency < sa.bindparam("due_before"))
    running = sa.select(k.case_id).where(k.company_id == company, k.stopped_at.is_(None), *_with(sees, k.case_id))
    found = {
        "open": opened,
        "due_today": [sa.select(t.id).where(*queue, *due_today) for queue in queues],
        "overdue": [running.where(k.due_at < now)],
        "overdue_gross": [running.where(k.wall_due_at < now)],
        "escalations": [
            sa.select(r.id).where(r.company_id == company, r.status == sa.text("'open'"), *_to_groups(sees))
        ],
    }
    for signal in _SIGNALS:
        since: sa.BindParameter[datetime] = sa.bindparam(_since(signal))
        found[signal] = [_behind(signal, sees, company=company, person=person, since=since)]
    first, *others = (_count(name, found[name], most=most) for name, most in _most(counted).items())
    every: sa.FromClause = first
    for other in others:
        every = every.join(other, sa.true())
    return sa.select(*(column for count in (first, *others) for column in count.c)).select_from(every)


def _most(counted: int) -> Mapping[str, int]:
    """Each head and signal -> the rows it is counted over."""
    return dict.fromkeys(HEADS, counted) | dict.fromkeys(_SIGNALS, _SHOWN)


def _since(signal: str) -> str:
    """What the instant is called from which on *signal* is looked for."""
    return f"{signal}_since"


def _behind(signal: str, sees: Seen, *, company: Any, person: Any, since: Any) -> sa.Select[Any]:
    """The ids of the cases behind *signal*, each as often as it happened there, with when."""
    statement, case_id = _SIGNALS[signal](company, since)
    found: sa.Select[Any] = statement.where(not_about_person(person, case_id), *_with(sees, case_id, still=False))
    return found


def days_of(signal: str) -> int:
    """How many days back *signal* looks."""
    return UNHAPPY_DAYS if signal == UNHAPPY else SIGNAL_DAYS


def _queues(company: Any, sees: Seen) -> list[list[Any]]:
    """The conditions of the company's open tasks, or of those of each group: every one of them a range of an index."""
    t = user_tasks.c
    here = [t.company_id == company, IS_OPEN]
    return [here] if sees is None else [[*here, t.group_id == group] for group in sorted(sees)] or [[sa.false()]]


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


def _with(sees: Seen, case_id: sa.ColumnElement[Any], *, still: bool = True) -> list[sa.ColumnElement[bool]]:
    """Cases in which those groups have something to do *still*, else had."""
    if sees is None:
        return []
    t = user_tasks.alias("of_groups").c
    open_ = [t.status == sa.text("'open'")] if still else []
    return [sa.exists().where(t.case_id == case_id, t.group_id.in_(sorted(sees)), *open_)]


#: A statement of case ids with when something happened, and the column that has the ids.
_Signal = tuple[sa.Select[Any], sa.ColumnElement[Any]]


def _again(company: Any, since: Any) -> _Signal:
    """Ended, and the same customer complained again within thirty days: one of the newest cases did."""
    c = cases.c
    newest = (
        sa.select(c.id, c.procedure, c.customer, c.started_at)
        .where(c.company_id == company, c.started_at >= since)
        .order_by(c.started_at.desc(), c.id.desc())
        .limit(_LATEST)
        .subquery("newest")
    )
    later, begun = newest.c, sa.type_coerce(newest.c.started_at, sa.BigInteger)
    raw = sa.type_coerce(c.ended_at, sa.BigInteger)
    same = (c.company_id == company, c.procedure == later.procedure, c.customer == later.customer, c.id != later.id)
    within = (raw < begun, raw > begun - _milliseconds(_AGAIN), c.ended_at >= since)
    joined = newest.join(cases, sa.and_(*same, *within, c.customer != sa.text("''"), c.ended_at.is_not(None)))
    return sa.select(c.id.label("case_id"), later.started_at.label("at")).select_from(joined), c.id


def _hurried(company: Any, since: Any) -> _Signal:
    """A step with a form was done within a minute of being opened."""
    t = user_tasks.c
    return sa.select(t.case_id, t.ended_at.label("at")).where(
        t.company_id == company, t.ended_at >= since, HURRIED
    ), t.case_id


def _last_hour(company: Any, since: Any) -> _Signal:
    """A time limit of a day at least was met in its last hour."""
    k = clocks.c
    met = sa.select(k.case_id, k.stopped_at.label("at"))
    return met.where(k.company_id == company, k.stopped_at >= since, IN_LAST_HOUR), k.case_id


def _unhappy(company: Any, since: Any) -> _Signal:
    """The customer said so, and has not said otherwise since."""
    c = cases.c
    said = sa.select(c.id.label("case_id"), c.unhappy_at.label("at"))
    return said.where(c.company_id == company, c.unhappy_at >= since), c.id


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def _done_by_hand(actions: Sequence[str]) -> Callable[[Any, Any], _Signal]:
    def statement(company: Any, since: Any) -> _Signal:
        h = history_events.c
        done = sa.select(h.stream.label("case_id"), h.at)
        return done.where(h.company_id == company, h.at >= since, BY_HAND, h.action.in_(actions)), h.stream

    return statement


#: Who was not satisfied is no sign of anything, but to be called.
UNHAPPY: Final = "unhappy"
#: Signal -> the cases it is about. Each says what happened, never who did it.
_SIGNALS: Final[Mapping[str, Callable[[Any, Any], _Signal]]] = {
    "again": _again,
    "hurried": _hurried,
    "last_hour": _last_hour,
    "paused": _done_by_hand(("pause_clock",)),
    "by_hand": _done_by_hand(_BY_HAND),
    UNHAPPY: _unhappy,
}
#: The signals there are, in the order they are shown; who is unhappy stands above them, with what is due.
SIGNALS: Final = tuple(signal for signal in _SIGNALS if signal != UNHAPPY)
HEADS: Final = ("open", "due_today", "overdue", "overdue_gross", "escalations")


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


def _count(name: str, statements: Sequence[sa.Select[Any]], *, most: int) -> sa.Subquery:
    """How many different ids *statements* find in their first column, looking at *most* rows of each."""
    heads = [statement.limit(most).subquery() for statement in statements]
    every = sa.union_all(*(sa.select(head.c[0].label("id")) for head in heads)).subquery()
    counts = (sa.func.count(every.c.id.distinct()).label(name), sa.func.count().label(f"{name}_looked_at"))
    return sa.select(*counts).select_from(every).subquery(f"counted_{name}")
