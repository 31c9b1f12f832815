"""Reading cases for reports: what an expression sees of each, batch by batch, as it is or as it was known on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import Calendar, working_time_between
from engine.complaints import CLEAR, Actor
from engine.deployments import Deployment, DeploymentStore
from engine.feel import Evaluation, FeelError, compile_expression
from engine.forms.trees import branch_of
from engine.history import Stream, read_events
from engine.history.replay import Known, known_on
from engine.interpreter import CaseStatus
from engine.procedures.confidential import veil_over
from engine.tables import cases, clocks, history_events, letters, people, recusals, user_tasks
from engine.text import Text

#: Cases read at a time: few enough to keep, enough that a statement for each batch costs nothing.
BATCH: Final = 500
CUSTOMER: Final = "customer"
#: Actions that change nothing a report could show.
_UNSEEN: Final = ("read_case", "claim_task", "release_task", "accept_reminder")
_HOUR: Final = timedelta(hours=1)
_MISSED: Final = frozenset({"late", "overdue"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases: of which procedures, received (or closed) from *since* on and before *until*."""

    procedures: tuple[str, ...]
    since: datetime
    until: datetime
    dated: str = "received"
    as_of: datetime | None = None  #: None = as they are now; else as they were known at that instant
    reader: Actor | None = None  #: cases about them are left out, what is confidential is covered


@dataclass(frozen=True)
class CaseFacts:
    """One case as expressions see it."""

    id: int
    number: str
    title: str
    deployment: Deployment
    dated_at: datetime
    context: Mapping[str, Any]
    now: datetime
    readable: Mapping[str, Any]  #: the context without what is kept from the reader
    count: int = 1  #: how many cases are like it, see `tallies`
    converted: dict[int, dict[str, Any]] = field(default_factory=dict, compare=False, repr=False)

    def value(self, text: str) -> Any:
        """The FEEL value of *text*, to count with; null where it asks for more than the limits."""
        return self._value(text, self.context)

    def shown(self, text: str) -> Any:
        """The same to be read: where something is kept from the reader, it is made of what they may see."""
        return self._value(text, self.readable)

    def holds(self, text: str) -> bool:
        """Whether *text* is true of the case; an empty text is true of every one."""
        return not text or self.value(text) is True

    def _value(self, text: str, context: Mapping[str, Any]) -> Any:
        try:
            known = self.converted.setdefault(id(context), {})
            return compile_expression(text).evaluate_in(Evaluation(context, now=self.now, converted=known))
        except FeelError:
            return None


def cases_in(
    connection: sa.Connection,
    deployments: DeploymentStore,
    company_id: str,
    scope: Scope,
    *,
    now: datetime,
    before: tuple[int, int] | None = None,
    only: Sequence[int] | None = None,
) -> Iterator[CaseFacts]:
    """Every case of *scope*, the latest first; *before* is ``(milliseconds, id)`` of the one to go on behind.

    *only*: ids of the cases that are wanted, a batch at most.
    """
    reading = _Reading(connection, deployments, company_id, scope, now)
    while True:
        rows = reading.rows(before, only)
        yield from reading.facts(rows)
        if len(rows) < BATCH:
            return
        before = (rows[-1].dated_ms, rows[-1].id)


def page_of(found: Iterable[CaseFacts], *, limit: int) -> tuple[tuple[CaseFacts, ...], str]:
    """The first *limit* of *found*, and the cursor of the page behind them, "" where there is none."""
    taken: list[CaseFacts] = []
    for facts in found:
        if len(taken) == limit:
            return tuple(taken), f"{round(taken[-1].dated_at.timestamp() * 1000)}.{taken[-1].id}"
        taken.append(facts)
    return tuple(taken), ""


def dated_by(scope: Scope) -> sa.Column[datetime]:
    """The instant that decides in which period a case of *scope* lies."""
    return cases.c.ended_at if scope.dated == "closed" else cases.c.received_at


def inside(company_id: str, scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The conditions of the cases of *scope*; nobody finds one that is about them."""
    c, r, at = cases.c, recusals.c, dated_by(scope)
    about = sa.exists().where(r.case_id == c.id, r.person_id == (scope.reader.person_id if scope.reader else None))
    where = [c.company_id == company_id, c.procedure.in_(scope.procedures), at >= scope.since, at < scope.until]
    return where if scope.reader is None else [*where, ~about]


@dataclass(frozen=True)
class _Reading:
    connection: sa.Connection
    deployments: DeploymentStore
    company_id: str
    scope: Scope
    now: datetime

    def rows(self, before: tuple[int, int] | None, only: Sequence[int] | None) -> Sequence[Any]:
        c, scope = cases.c, self.scope
        at = dated_by(scope)
        raw = sa.type_coerce(at, sa.BigInteger)
        where = inside(self.company_id, scope)
        if scope.as_of:
            where.append(c.started_at <= scope.as_of)
        if only is not None:
            where.append(c.id.in_(only))
        if before:
            where.append(sa.tuple_(raw, c.id) < sa.tuple_(*before))
        columns = [column for column in c if column is not c.state]
        statement = sa.select(*columns, raw.label("dated_ms"), at.label("dated_at")).where(*where)
        return self.connection.execute(statement.order_by(raw.desc(), c.id.desc()).limit(BATCH)).all()

    def facts(self, rows: Sequence[sa.Row[Any]]) -> Iterator[CaseFacts]:
        ids = [row.id for row in rows]
        clocks_of, done_of, answered = self._clocks(ids), self._done(ids), self._answered(ids)
        calendar = self.deployments.calendars(self.connection, self.company_id).own
        changed = self._changed(ids)
        for row in rows:
            deployment = self.deployments.load(self.connection, row.deployment_id)
            state = _State(
                row.status,
                row.outcome,
                row.data,
                row.ended_at,
                clocks_of[row.id],
                done_of[row.id],
                answered.get(row.id),
            )
            known = self._as_known(row, deployment, state) if row.id in changed else state
            if known is not None and (known.ended_at or self.scope.dated != "closed"):
                yield self._case(row, deployment, known, calendar)

    def _case(self, row: sa.Row[Any], deployment: Deployment, state: _State, calendar: Calendar) -> CaseFacts:
        seen_at = self.scope.as_of or self.now
        zone = deployment.time_zone
        context = {**state.data, "case": _facts(row, deployment, state, calendar, seen_at)}
        readable = self._readable(row, deployment, state, context)
        return CaseFacts(
            id=row.id,
            number=row.number,
            title=readable["case"]["title"],
            deployment=deployment,
            dated_at=row.dated_at,
            context=context,
            now=seen_at.astimezone(zone),
            readable=readable,
        )

    def _readable(
        self, row: sa.Row[Any], deployment: Deployment, state: _State, context: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        reader, package = self.scope.reader, deployment.package
        closed = state.ended_at is not None
        veil = CLEAR
        if reader:
            veil = veil_over(package, reader, state.data, closed=closed, working_on=(), received_at=row.received_at)
        if not veil:
            return context
        title = veil.value(package.case.title, row.title)
        customer = veil.value(package.case.customer, row.customer)
        data = veil.data(state.data)
        covered = {"title": title, "customer": customer, "branches": branches(deployment, data)}
        return {**data, "case": {**context["case"], **covered}}

    def _clocks(self, ids: Sequence[int]) -> Mapping[int, list[_Clock]]:
        t, found = clocks.c, defaultdict[int, list[_Clock]](list)
        columns = (t.case_id, t.deadline, t.round, t.status, t.started_at, t.due_at, t.stopped_at)
        statement = sa.select(*columns).where(t.case_id.in_(ids)).order_by(t.case_id, t.deadline, t.round)
        for row in self.connection.execute(statement):
            found[row.case_id].append(_Clock(row.deadline, row.status, row.started_at, row.due_at, row.stopped_at))
        return found

    def _done(self, ids: Sequence[int]) -> Mapping[int, list[_Done]]:
        t, found = user_tasks.c, defaultdict[int, list[_Done]](list)
        statement = (
            sa.select(t.case_id, t.element, t.status, t.group_id, t.opened_at, t.ended_at, people.c.name)
            .select_from(user_tasks.outerjoin(people, people.c.id == sa.func.coalesce(t.ended_by_id, t.assignee_id)))
            .where(t.case_id.in_(ids))
            .order_by(t.case_id, t.id)
        )
        for row in self.connection.execute(statement):
            found[row.case_id].append(
                _Done(row.element, row.status, row.group_id, row.opened_at, row.ended_at, row.name or {})
            )
        return found

    def _answered(self, ids: Sequence[int]) -> Mapping[int, datetime]:
        """When the customer got the first letter."""
        t = letters.c
        statement = (
            sa.select(t.case_id, sa.func.min(t.written_at).label("at"))
            .where(t.case_id.in_(ids), t.recipient == CUSTOMER)
            .group_by(t.case_id)
        )
        return {row.case_id: row.at for row in self.connection.execute(statement)}

    def _changed(self, ids: Sequence[int]) -> frozenset[int]:
        """Cases in which something happened behind the day they are looked at from."""
        if self.scope.as_of is None:
            return frozenset()
        t = history_events.c
        where = (t.company_id == self.company_id, t.stream.in_(ids), t.at > self.scope.as_of, t.action.not_in(_UNSEEN))
        return frozenset(self.connection.execute(sa.select(t.stream).where(*where).distinct()).scalars())

    def _as_known(self, row: sa.Row[Any], deployment: Deployment, state: _State) -> _State | None:
        """*state* taken back to the day it is looked at from, by playing the history up to there again."""
        as_of = self.scope.as_of
        assert as_of is not None
        events = [e for e in read_events(self.connection, Stream(self.company_id, row.id, row.number)) if e.at <= as_of]
        versions = [deployment.definition] + [
            self.deployments.version(self.connection, self.company_id, row.procedure, number).definition
            for number in self.deployments.versions(self.connection, self.company_id, row.procedure)
            if number != deployment.version
        ]
        known: Known | None = known_on(
            versions, self.deployments.all_calendars(self.connection, self.company_id), events
        )
        if known is None:
            return None
        return _State(
            status=known.status,
            outcome=known.outcome,
            data=known.data,
            ended_at=row.ended_at if row.ended_at and row.ended_at <= as_of else None,
            clocks=[_Clock(c.deadline, str(c.status), c.started_at, c.due_at, c.stopped_at) for c in known.clocks],
            tasks=[_until(task, as_of) for task in state.tasks if task.opened_at <= as_of],
            answered_at=state.answered_at if state.answered_at and state.answered_at <= as_of else None,
        )


@dataclass(frozen=True, slots=True)
class _Clock:
    deadline: str
    status: str
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Done:
    element: str
    status: str
    group: str
    opened_at: datetime
    ended_at: datetime | None
    name: Text


@dataclass(frozen=True, slots=True)
class _State:
    status: str
    outcome: str
    data: Mapping[str, Any]
    ended_at: datetime | None
    clocks: list[_Clock]
    tasks: list[_Done]
    answered_at: datetime | None


def _until(task: _Done, as_of: datetime) -> _Done:
    if task.ended_at is None or task.ended_at <= as_of:
        return task
    return replace(task, status="open", ended_at=None)


def branches(deployment: Deployment, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """Of answers chosen from a tree what they stand under, the top first, themselves last."""
    return {
        name: branch_of(data[name], options)
        for name, options in deployment.trees.items()
        if isinstance(data.get(name), str)
    }


def _facts(
    row: sa.Row[Any], deployment: Deployment, state: _State, calendar: Calendar, now: datetime
) -> Mapping[str, Any]:
    """The context ``case``. Every instant is in the company's time zone; what there is not is null."""
    zone = deployment.time_zone

    def local(at: datetime | None) -> datetime | None:
        return at.astimezone(zone) if at else None

    end = state.ended_at or now
    done = [task for task in state.tasks if task.status == "completed"]
    open_tasks = [task for task in state.tasks if task.status == "open"]
    limits = _limits(state.clocks, now, local)
    language = deployment.package.company.language
    return {
        "number": row.number,
        "title": row.title,
        "customer": row.customer,
        "procedure": row.procedure,
        "received": local(row.received_at),
        "started": local(row.started_at),
        "closed": local(state.ended_at),
        "is_closed": state.ended_at is not None,
        "status": status_of(limits, closed=state.ended_at is not None),
        "outcome": state.outcome,
        "withdrawn": state.status == CaseStatus.WITHDRAWN,
        "days": (end.astimezone(zone).date() - row.received_at.astimezone(zone).date()).days,
        "working_hours": hours_between(row.received_at, end, calendar),
        "answered": local(state.answered_at),
        "answer_hours": hours_between(row.received_at, state.answered_at, calendar) if state.answered_at else None,
        "groups": list(dict.fromkeys(task.group for task in open_tasks if task.group)),
        "steps": [task.element for task in open_tasks],
        "limits": limits,
        "on_time": is_on_time(deployment, limits, closed=state.ended_at is not None),
        "done": {task.element: local(task.ended_at) for task in done},
        "done_by": {task.element: task.name.get(language) or next(iter(task.name.values()), "") for task in done},
        "times": _times(done),
        "branches": branches(deployment, state.data),
    }


def hours_between(start: datetime, end: datetime, calendar: Calendar) -> float:
    """Working hours between both, never below nothing: a form may say that something was received later."""
    return max(0.0, round(working_time_between(start, end, calendar) / _HOUR, 2))


def _times(done: Iterable[_Done]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for task in done:
        counted[task.element] = counted.get(task.element, 0) + 1
    return counted


def _limits(found: Iterable[_Clock], now: datetime, local: Any) -> dict[str, Any]:
    """The last round of each time limit; *late* when any of its rounds was or is."""
    rounds: dict[str, list[_Clock]] = {}
    for clock in found:
        rounds.setdefault(clock.deadline, []).append(clock)
    return {
        deadline: {
            **as_told([_told(clock, now) for clock in own]),
            "started": local(own[-1].started_at),
            "due": local(own[-1].due_at),
            "stopped": local(own[-1].stopped_at),
        }
        for deadline, own in rounds.items()
    }


def _told(clock: _Clock, now: datetime) -> str:
    late = clock.status == "running" and clock.due_at is not None and clock.due_at < now
    return "overdue" if late else clock.status


def as_told(statuses: Sequence[str]) -> dict[str, Any]:
    """What a time limit says of itself after rounds with these statuses, the last of them last."""
    return {
        "status": statuses[-1],
        "late": not _MISSED.isdisjoint(statuses),
        "rounds": len(statuses),
    }


def is_on_time(deployment: Deployment, limits: Mapping[str, Any], *, closed: bool) -> bool | None:
    """False once a limit that binds was missed, true when the case has ended without that, null before or without."""
    rules = deployment.package.deadlines
    binding = [found for name, found in limits.items() if name in rules and rules[name].binding]
    if any(found["late"] for found in binding):
        return False
    decided = [found for found in binding if found["status"] == "met"]
    return True if closed and decided else None


def status_of(limits: Mapping[str, Any], *, closed: bool) -> str:
    if closed:
        return "closed"
    return "overdue" if any(found["status"] == "overdue" for found in limits.values()) else "open"
