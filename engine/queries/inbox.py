"""The list a working day begins with: open tasks by remaining time, and what is done."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.complaints.inbox import EVERYTHING, Filter, View
from engine.deployments import Deployment, DeploymentStore
from engine.prepared import Prepared
from engine.queries.cases import cases_that_say
from engine.queries.known import repeats
from engine.queries.recusals import not_about, not_about_person
from engine.queries.veils import veil_on, veils_over
from engine.tables import cases, people, urgency_of, user_tasks
from engine.text import Text, whole_number


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One task in a list."""

    id: int
    key: str
    case_id: int
    number: str
    title: str
    customer: str
    procedure: str
    procedure_title: Text
    element: str
    name: Text  #: of the step
    group: str
    group_name: Text
    form: str
    assignee: str  #: login, "" = nobody
    assignee_name: Text
    status: str
    opened_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    columns: tuple[tuple[str, Any], ...]  #: the procedure's own columns: field -> value
    repeats: int  #: how many earlier cases whoever complained has
    deployment: Deployment  #: that the case runs on


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a list and where the next one begins."""

    rows: tuple[InboxRow, ...]
    next: str  #: cursor, "" = this is the end


#: As the indexes of open tasks say it.
IS_OPEN: Final = user_tasks.c.status == sa.text("'open'")
_BOTH: Final = user_tasks.join(cases, cases.c.id == user_tasks.c.case_id)
#: Waiting tasks are counted up to here: nobody reads the difference, and counting must not grow with the backlog.
COUNTED: Final = 1_000
#: Those that say a text are read to be counted, so up to here only.
SAID: Final = 100
#: Before every task.
_BEGINNING: Final = (-(2**62), 0)


def inbox(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    *,
    view: View,
    now: datetime,
    where: Filter = EVERYTHING,
    cursor: str = "",
    limit: int = 50,
) -> Page:
    """The actor's tasks, the most urgent first; done ones newest first. Reads *limit* rows however many are open."""
    t = user_tasks.c
    narrowed, others = _narrowed(where, now), not_about(actor, t.case_id)
    if view is View.DONE:
        beyond = after_cursor(cursor, lambda at, last: sa.tuple_(t.ended_at, t.id) < sa.tuple_(at, last))
        scope = [t.status == "completed", t.ended_by_id == actor.person_id, others, *narrowed, *beyond]
        ordering = [t.ended_at.desc(), t.id.desc()]
        page = _page(connection, deployments, scope, ordering=ordering, order=t.ended_at, limit=limit)
        return _veiled(connection, deployments, actor, page, text=where.text)
    beyond = after_cursor(cursor, lambda at, last: sa.tuple_(t.urgency, t.id) > sa.tuple_(at, last))
    queues, source = _queues(actor, view, now), _source(where)
    if view is View.STARTED:
        queues, source = [_started_by(actor)], _BOTH
    found = most_urgent(queues, [*narrowed, *beyond], source=source, limit=limit + 1)
    scope = [t.id.in_(found)]
    page = _page(connection, deployments, scope, ordering=[t.urgency, t.id], order=t.urgency, limit=limit)
    return _veiled(connection, deployments, actor, page, text=where.text)


def how_many(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, *, view: View, where: Filter, now: datetime
) -> int:
    """How many tasks of *view* there are, up to COUNTED; of those that say a text up to SAID."""
    if where.text:  # what is covered from the actor must not be counted out either
        return len(inbox(connection, deployments, actor, view=view, where=where, now=now, limit=SAID).rows)
    narrowed = _narrowed(where, now)
    queues = [_started_by(actor)] if view is View.STARTED else _queues(actor, view, now)
    source = _source(where) if view is not View.STARTED else _BOTH
    return _counted(connection, [[*queue, *narrowed] for queue in queues], source=source)[0]


def _started_by(actor: Actor) -> list[Any]:
    """The conditions of open tasks in open cases that the actor opened."""
    here = [user_tasks.c.company_id == actor.company_id, IS_OPEN, not_about(actor, user_tasks.c.case_id)]
    own = [cases.c.company_id == actor.company_id, cases.c.started_by == actor.name, cases.c.ended_at.is_(None)]
    return [*here, *own]


def red_lane(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    *,
    now: datetime,
    until: datetime,
    limit: int,
) -> tuple[InboxRow, ...]:
    """What the actor could work on that is due before *until*, claimed or not, the most urgent first."""
    t = user_tasks.c
    queues = [*_queues(actor, View.MINE, now), *_queues(actor, View.GROUPS, now)]
    found = most_urgent(queues, [t.urgency < urgency_of(until)], limit=limit)
    page = _page(connection, deployments, [t.id.in_(found)], ordering=[t.urgency, t.id], order=t.urgency, limit=limit)
    return _veiled(connection, deployments, actor, page, text="").rows


def _queues(actor: Actor, view: View, now: datetime) -> list[list[Any]]:
    """The conditions of each queue the view looks into; every one of them is a range of one index, which has it all.

    Whoever stands in for colleagues has theirs too. What somebody wants to see again later is left out until then, or
    until it is overdue; so is what is about them.
    """
    t = user_tasks.c
    here = [t.company_id == actor.company_id, IS_OPEN, not_about(actor, t.case_id)]
    if view is View.MINE:
        awake = t.snoozed_until.is_(None) | (t.snoozed_until <= now) | (t.urgency <= urgency_of(now))
        owners = [actor.person_id, *(absent.id for absent in actor.stands_in_for)]
        return [[*here, t.assignee_id == owner, awake] for owner in owners]
    groups = actor.groups.union(*(absent.groups for absent in actor.stands_in_for))
    return [[*here, t.assignee_id.is_(None), t.group_id == group] for group in ("", *sorted(groups))]


def most_urgent(
    queues: list[list[Any]],
    narrowed: list[Any],
    *,
    source: sa.FromClause = user_tasks,
    distinct: bool = False,
    limit: int | sa.BindParameter[int],
) -> sa.Select[Any]:
    """Ids of the most urgent tasks of all queues: a few from each, so that a long queue costs like a short one.

    *distinct* where a task may stand in several queues.
    """
    t = user_tasks.c
    heads = [
        sa.select(t.id, t.urgency)
        .select_from(source)
        .where(*queue, *narrowed)
        .order_by(t.urgency, t.id)
        .limit(limit)
        .subquery()
        for queue in queues
    ]
    together = sa.union if distinct else sa.union_all
    every = together(*(sa.select(head.c.id, head.c.urgency) for head in heads)).subquery()
    return sa.select(every.c.id).order_by(every.c.urgency, every.c.id).limit(limit)


def open_tasks(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    *,
    case: str = "",
    group: str = "",
    assignee: str = "",
    cursor: str = "",
    limit: int = 50,
) -> Page:
    """Open tasks the actor may see, for programs: the most urgent first.

    *case* is a number, *group* an id, *assignee* a login; "" = any.
    """
    asked = {"number": case, "group": group, "login": assignee}
    asked = {name: value for name, value in asked.items() if value}
    own = {"", *actor.groups}
    seen = _Seen.ALL if actor.administrator or group in own - {""} else _Seen.MINE if group else _Seen.GROUPS
    groups = {f"group_{n}": id_ for n, id_ in enumerate(sorted(own))} if seen is _Seen.GROUPS else {}
    at, last = _place(cursor) or _BEGINNING
    values = {"company": actor.company_id, "person": actor.person_id, "at": at, "last": last, "most": limit + 1}
    rows = _open_tasks(frozenset(asked), seen, len(groups)).rows(connection, {**values, **asked, **groups})
    shown = tuple(_row(connection, deployments, row) for row in rows[:limit])
    page = Page(shown, f"{rows[limit - 1].urgency}.{shown[-1].id}" if len(rows) > limit else "")
    return _veiled(connection, deployments, actor, page, text="")


class _Seen(Enum):
    """Which tasks a program is shown."""

    ALL = auto()
    MINE = auto()
    GROUPS = auto()  #: those of the actor's groups, and the actor's own


@cache
def _open_tasks(asked: frozenset[str], seen: _Seen, groups: int) -> Prepared:
    """What `open_tasks` asks when *asked* is narrowed and the actor has so many *groups*.

    Every queue is a range of one index; a case or a person has few tasks, among which is looked for.
    """
    t = user_tasks.c
    company: sa.BindParameter[str] = sa.bindparam("company")
    of_case = sa.select(cases.c.id).where(cases.c.company_id == company, cases.c.number == sa.bindparam("number"))
    of_login = sa.select(people.c.id).where(people.c.company_id == company, people.c.login == sa.bindparam("login"))
    narrowed = {
        "number": t.case_id == of_case.scalar_subquery(),
        "login": t.assignee_id == of_login.scalar_subquery(),
        "group": t.group_id == sa.bindparam("group"),
    }
    scope = [condition for name, condition in narrowed.items() if name in asked]
    scope += [t.company_id == company, IS_OPEN, not_about_person(sa.bindparam("person"), t.case_id)]
    scope.append(sa.tuple_(t.urgency, t.id) > sa.tuple_(_number("at"), _number("last")))
    own = [t.group_id == sa.bindparam(f"group_{n}") for n in range(groups)]
    own += [t.assignee_id == sa.bindparam("person")] if seen is not _Seen.ALL else []
    if asked & {"number", "login"}:
        scope += [sa.or_(*own)] if own else []
    else:
        queues = [[*scope, queue] for queue in own] or [scope]
        scope = [t.id.in_(most_urgent(queues, [], distinct=True, limit=_number("most")))]
    return Prepared(_LIST.where(*scope).order_by(t.urgency, t.id).limit(_number("most")))


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)


def _veiled(connection: sa.Connection, deployments: DeploymentStore, actor: Actor, page: Page, *, text: str) -> Page:
    """*page* as *actor* may read it; what said *text* only where it is covered is not on it."""
    veils = veils_over(connection, deployments, actor, [(row.case_id, row.deployment.id) for row in page.rows])
    if not any(veils.values()):
        return page
    rows = []
    for row in page.rows:
        veil, columns = veil_on(veils, row.case_id), dict(row.columns)
        shown = replace(
            row,
            title=veil.value(row.deployment.package.case.title, row.title),
            customer=veil.value(row.deployment.package.case.customer, row.customer),
            columns=tuple(veil.data(columns).items()),
        )
        if text.lower() in f"{shown.number}\n{shown.title}\n{shown.customer}".lower():
            rows.append(shown)
    return Page(tuple(rows), page.next)


def counts(connection: sa.Connection, actor: Actor, *views: View, now: datetime) -> Mapping[View, int]:
    """How many tasks wait in each of *views*, up to COUNTED: `View.MINE` or `View.GROUPS`."""
    queues = {view: _queues(actor, view, now) for view in views}
    return dict(zip(queues, _counted(connection, *queues.values()), strict=True))


def overdue_count(connection: sa.Connection, actor: Actor, *, now: datetime) -> int:
    """How many of the actor's own tasks are past their time, up to COUNTED."""
    late = user_tasks.c.urgency < urgency_of(now)
    return _counted(connection, [[*queue, late] for queue in _queues(actor, View.MINE, now)])[0]


def _counted(connection: sa.Connection, *lists: list[list[Any]], source: sa.FromClause = user_tasks) -> tuple[int, ...]:
    """How many tasks each of *lists* of queues has, up to COUNTED of each queue."""

    def count(queue: list[Any]) -> sa.ScalarSelect[int]:
        some = sa.select(sa.literal(1)).select_from(source).where(*queue).limit(COUNTED).subquery()
        return sa.select(sa.func.count()).select_from(some).scalar_subquery()

    sums = [functools.reduce(operator.add, map(count, queues)) for queues in lists]
    return tuple(connection.execute(sa.select(*sums)).one())


def _source(where: Filter) -> sa.FromClause:
    """Where tasks narrowed by *where* are read from: the case only where something is asked of it."""
    return _BOTH if where.procedure or where.case or where.text else user_tasks


def _narrowed(where: Filter, now: datetime | None = None) -> list[Any]:
    found: list[Any] = []
    if where.late and now:
        found.append(user_tasks.c.urgency < urgency_of(now))
    if where.procedure:
        found.append(cases.c.procedure == where.procedure)
    if where.element:
        found.append(user_tasks.c.element == where.element)
    if where.case:
        found.append(cases.c.number == where.case)
    if where.text:
        found.append(cases_that_say(where.text))
    return found


def after_cursor(cursor: str, beyond: Callable[[Any, int], Any]) -> list[Any]:
    """The condition of rows behind *cursor*, which is "<order>.<id>"; a cursor that nobody gave out is ignored."""
    place = _place(cursor)
    return [beyond(sa.literal(place[0], sa.BigInteger), place[1])] if place else []


def _place(cursor: str) -> tuple[int, int] | None:
    """What *cursor* says; None when nobody gave it out."""
    first, _, second = cursor.partition(".")
    at, last = whole_number(first), whole_number(second)
    return None if at is None or last is None else (at, last)


_LIST: Final = sa.select(
    user_tasks,
    cases.c.number,
    cases.c.title,
    cases.c.customer,
    cases.c.procedure,
    cases.c.deployment_id,
    cases.c.data,
    repeats().label("repeats"),
    people.c.login,
    people.c.name.label("assignee_name"),
).select_from(_BOTH.outerjoin(people, people.c.id == user_tasks.c.assignee_id))


def _page(
    connection: sa.Connection,
    deployments: DeploymentStore,
    scope: list[Any],
    *,
    ordering: list[Any],
    order: Any,
    limit: int,
) -> Page:
    rows = connection.execute(
        _LIST.add_columns(sa.type_coerce(order, sa.BigInteger).label("position"))
        .where(*scope)
        .order_by(*ordering)
        .limit(limit + 1)
    ).all()
    shown = [_row(connection, deployments, row) for row in rows[:limit]]
    following = f"{rows[limit - 1].position}.{rows[limit - 1].id}" if len(rows) > limit else ""
    return Page(tuple(shown), following)


def _row(connection: sa.Connection, deployments: DeploymentStore, row: Any) -> InboxRow:
    deployment = deployments.load(connection, row.deployment_id)
    package = deployment.package
    group = package.company.groups.get(row.group_id)
    return InboxRow(
        id=row.id,
        key=row.key,
        case_id=row.case_id,
        number=row.number,
        title=row.title,
        customer=row.customer,
        procedure=row.procedure,
        procedure_title=package.title,
        element=row.element,
        name=package.element_names.get(row.element, {}),
        group=row.group_id,
        group_name=group.name if group else {},
        form=row.form,
        assignee=row.login or "",
        assignee_name=row.assignee_name or {},
        status=row.status,
        opened_at=row.opened_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        columns=tuple((name, row.data.get(name)) for name in package.case.columns),
        repeats=row.repeats,
        deployment=deployment,
    )
