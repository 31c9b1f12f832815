"""What happened while the clock of a sandbox ran ahead, and where it may run to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.deployments import DeploymentStore
from engine.tables import cases, clocks, incidents, letters, reminders, user_tasks
from engine.text import Text

#: Names of each kind that a summary gives at most.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Happened:
    """One kind of thing and where it happened most, the most frequent first."""

    count: int
    names: tuple[tuple[Text, int], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that happened in a company between two instants."""

    started: Happened  #: cases, by procedure
    ended: Happened  #: cases, by procedure
    opened: Happened  #: tasks, by element
    passed: Happened  #: time limits whose date has gone by while they ran, by deadline
    reminded: Happened  #: reminders and escalations, by deadline
    letters: Happened  #: written and not sent, by letter
    incidents: int


def what_happened(
    connection: sa.Connection, deployments: DeploymentStore, company_id: str, *, since: datetime, until: datetime
) -> Summary:
    """What happened behind *since*, up to *until*."""

    def between(column: sa.ColumnElement[Any]) -> tuple[Any, ...]:
        return column > since, column <= until

    c, k, t, r, w = cases.c, clocks.c, user_tasks.c, reminders.c, letters.c
    late = (k.due_at < until, k.stopped_at.is_(None) | (k.stopped_at > k.due_at))
    named = _Names(connection, deployments, company_id)
    failed = sa.select(sa.func.count()).select_from(incidents)
    failed = failed.where(incidents.c.company_id == company_id, *between(incidents.c.opened_at))
    return Summary(
        started=named.happened(c.id, c.id, sa.literal(""), "procedure", *between(c.started_at)),
        ended=named.happened(c.id, c.id, sa.literal(""), "procedure", *between(c.ended_at)),
        opened=named.happened(t.id, t.case_id, t.element, "element", *between(t.opened_at)),
        passed=named.happened(k.case_id, k.case_id, k.deadline, "deadline", k.due_at > since, *late),
        reminded=named.happened(r.id, r.case_id, r.deadline, "deadline", *between(r.raised_at)),
        letters=named.happened(w.id, w.case_id, w.letter, "letter", *between(w.written_at), w.sent_at.is_(None)),
        incidents=connection.execute(failed).scalar_one(),
    )


def next_limit(connection: sa.Connection, company_id: str, *, after: datetime) -> datetime | None:
    """The earliest date of a running time limit behind *after*."""
    k = clocks.c
    where = (k.company_id == company_id, k.stopped_at.is_(None), k.due_at > after)
    return connection.execute(sa.select(k.due_at).where(*where).order_by(k.due_at).limit(1)).scalar()


class _Names:
    """Counts by what people call things, which the version of a case's procedure says."""

    def __init__(self, connection: sa.Connection, deployments: DeploymentStore, company_id: str) -> None:
        self._connection, self._deployments, self._company_id = connection, deployments, company_id

    def happened(self, counted: Any, case_id: Any, key: Any, kind: str, *where: Any) -> Happened:
        number = sa.func.count(counted).label("number")
        of_cases = cases if case_id is cases.c.id else sa.join(case_id.table, cases, cases.c.id == case_id)
        rows = self._connection.execute(
            sa.select(cases.c.deployment_id, key.label("key"), number)
            .select_from(of_cases)
            .where(cases.c.company_id == self._company_id, *where)
            .group_by(cases.c.deployment_id, key)
            .order_by(number.desc())
        ).all()
        names = tuple((self._name(row, kind), row.number) for row in rows[:_MOST])
        return Happened(sum(row.number for row in rows), names)

    def _name(self, row: Any, kind: str) -> Text:
        package = self._deployments.load(self._connection, row.deployment_id).package
        match kind:
            case "procedure":
                return package.title
            case "element":
                return package.element_names.get(row.key) or {"en": row.key}
            case "deadline":
                return package.deadlines[row.key].title if row.key in package.deadlines else {"en": row.key}
            case _:
                return {"en": row.key}
