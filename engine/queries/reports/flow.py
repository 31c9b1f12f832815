"""How work goes through the steps, and who has how much of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import Calendar, working_time_between
from engine.queries.reports.facts import Scope, inside
from engine.tables import cases, people, urgency_of, user_tasks
from engine.text import Text

_HOUR: Final = timedelta(hours=1)
_SOON: Final = timedelta(days=7)
#: Tasks that are looked at for the times of steps; the latest of more.
MOST_TASKS: Final = 20_000
#: Open tasks of one person or group that are counted.
MOST_OPEN: Final = 1_000
#: Cases whose steps are looked at for the heat map of a procedure.
LATEST_CASES: Final = 500


@dataclass(frozen=True, slots=True)
class Load:
    """What one person or one group has to do. A group's tasks are those that nobody has claimed."""

    group: str  #: "" for a person
    login: str  #: "" for a group
    name: Text
    open: int
    overdue: int
    soon: int  #: due within the next seven days


@dataclass(frozen=True, slots=True)
class StepFigure:
    """How work goes through one step."""

    count: int  #: how often it was done
    mean: timedelta  #: working time
    p90: timedelta  #: nine in ten took at most so long


def how_many(connection: sa.Connection, company_id: str, scope: Scope) -> int:
    """How many cases *scope* has, counted by the database alone."""
    where = inside(company_id, scope)
    return connection.execute(sa.select(sa.func.count()).select_from(cases).where(*where)).scalar_one()


def step_times(
    connection: sa.Connection,
    company_id: str,
    procedures: Sequence[str],
    periods: Sequence[tuple[datetime, datetime]],
    *,
    calendar: Calendar,
) -> Mapping[str, Mapping[int, tuple[float, int]]]:
    """For each step and each of *periods* in which it was done: mean working hours from opened to done, how often."""
    t, c = user_tasks.c, cases.c
    where = (
        t.company_id == company_id,
        t.status == "completed",
        t.ended_at >= periods[0][0],
        t.ended_at < periods[-1][1],
        c.procedure.in_(procedures),
    )
    statement = (
        sa.select(t.element, t.opened_at, t.ended_at)
        .select_from(user_tasks.join(cases, c.id == t.case_id))
        .where(*where)
        .order_by(t.ended_at.desc())
        .limit(MOST_TASKS)
    )
    taken: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(statement):
        place = next(at for at, (since, until) in enumerate(periods) if since <= row.ended_at < until)
        hours = working_time_between(row.opened_at, row.ended_at, calendar) / _HOUR
        taken[row.element][place].append(hours)
    return {
        element: {place: (sum(hours) / len(hours), len(hours)) for place, hours in by_period.items()}
        for element, by_period in taken.items()
    }


def step_figures(
    connection: sa.Connection, company_id: str, procedure: str, *, calendar: Calendar
) -> Mapping[str, StepFigure]:
    """For each step of the procedure's latest cases how often it was done, and the working time it took."""
    t, c = user_tasks.c, cases.c
    latest = sa.select(c.id).where(c.company_id == company_id, c.procedure == procedure).order_by(c.id.desc())
    where = (t.case_id.in_(latest.limit(LATEST_CASES)), t.status == "completed")
    taken: dict[str, list[timedelta]] = defaultdict(list)
    for row in connection.execute(sa.select(t.element, t.opened_at, t.ended_at).where(*where).limit(MOST_TASKS)):
        taken[row.element].append(working_time_between(row.opened_at, row.ended_at, calendar))
    return {
        element: StepFigure(
            len(times), sum(times, timedelta()) / len(times), sorted(times)[-(-len(times) * 9 // 10) - 1]
        )
        for element, times in taken.items()
    }


def loads_of(
    connection: sa.Connection, company_id: str, *, sees: frozenset[str] | None, now: datetime
) -> tuple[Load, ...]:
    """Everybody and every group of the company with open tasks of the groups that are seen, the fullest first.

    Counts up to MOST_OPEN tasks of each, the most urgent, from an index alone.
    """
    of_groups, of_people = _loads(sees)
    asked = {"company": company_id, "now": urgency_of(now), "soon": urgency_of(now + _SOON)}
    found = [Load(row.group_id, "", {}, *_three(row)) for row in connection.execute(of_groups, asked)]
    found += [Load("", row.login, row.name or {}, *_three(row)) for row in connection.execute(of_people, asked)]
    return tuple(sorted((each for each in found if each.open), key=lambda load: (-load.open, load.group, load.login)))


@lru_cache(maxsize=64)
def _loads(sees: frozenset[str] | None) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """The statements of groups and of people; putting them together takes as long as asking."""
    t, p = user_tasks.c, people.c
    here = [t.company_id == sa.bindparam("company"), t.status == sa.text("'open'")]
    groups, persons = _leaps("groups", t.group_id, here), _leaps("persons", t.assignee_id, here)
    unclaimed = [*here, t.group_id == groups.c.value, t.assignee_id.is_(None)]
    claimed = [*here, t.assignee_id == p.id, *([] if sees is None else [t.group_id.in_(sorted(sees))])]
    of_groups = sa.select(groups.c.value.label("group_id"), *_counts(unclaimed, groups)).where(
        groups.c.value.is_not(None), sa.true() if sees is None else groups.c.value.in_(sorted(sees))
    )
    of_people = sa.select(p.login, p.name, *_counts(claimed, people)).join(persons, persons.c.value == p.id)
    return of_groups, of_people


def _leaps(name: str, column: sa.ColumnElement[Any], where: list[Any]) -> sa.CTE:
    """The different values of *column*, from one to the next by an index; the last row is null."""
    leaps = sa.select(sa.func.min(column).label("value")).where(*where).cte(name, recursive=True)
    following = sa.select(sa.func.min(column)).where(*where, column > leaps.c.value).correlate(leaps).scalar_subquery()
    return leaps.union_all(sa.select(following).where(leaps.c.value.is_not(None)))


def _counts(where: list[Any], of: sa.FromClause) -> Iterator[sa.Label[int]]:
    """How many open tasks each row of *of* has, how many are overdue, how many are by the end of the week."""
    t = user_tasks.c
    for name, until in (("open", ""), ("late", "now"), ("by_then", "soon")):
        before = [t.urgency < sa.bindparam(until)] if until else []
        some = sa.select(sa.literal(1)).where(*where, *before).limit(MOST_OPEN).correlate(of).subquery()
        yield sa.select(sa.func.count()).select_from(some).scalar_subquery().label(name)


def _three(row: sa.Row[Any]) -> tuple[int, int, int]:
    return row.open, row.late, row.by_then - row.late
