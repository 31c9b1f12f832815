"""What the worker has to look after. Cases without anything due are never read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import SCHEDULE
from engine.prepared import Prepared
from engine.tables import (
    cases,
    choice_lists,
    companies,
    hook_deliveries,
    letters,
    messages,
    publications,
    schedules,
    service_requests,
    triggers,
    user_tasks,
)

#: A trigger that looks whenever cases were opened looks no sooner again: it reads all of its cases each time.
_BETWEEN_LOOKS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class DueCase:
    company_id: str
    case_id: int


@dataclass(frozen=True, slots=True)
class DueSchedule:
    company_id: str
    procedure: str
    schedule: str


@dataclass(frozen=True, slots=True)
class DueTrigger:
    company_id: str
    procedure: str
    trigger: str
    looked_at: datetime | None


@dataclass(frozen=True, slots=True)
class DueMessage:
    company_id: str
    message_id: int


@dataclass(frozen=True, slots=True)
class DueDelivery:
    company_id: str
    delivery_id: int


@dataclass(frozen=True, slots=True)
class DueLetter:
    company_id: str
    letter_id: int


@dataclass(frozen=True, slots=True)
class DuePublication:
    company_id: str
    publication_id: int


@dataclass(frozen=True, slots=True)
class DueList:
    company_id: str
    list_id: int


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A service request that waits for its job."""

    company_id: str
    case_id: int
    key: str
    operator: str
    parameters: dict[str, Any]


def sandboxes(connection: sa.Connection) -> tuple[str, ...]:
    """The companies with a clock of their own, but those whose clock runs ahead."""
    own = (companies.c.sandbox, companies.c.clock_runs_to.is_(None))
    return tuple(connection.execute(sa.select(companies.c.id).where(*own)).scalars())


def running_sandboxes(connection: sa.Connection) -> tuple[str, ...]:
    """The companies whose clock runs ahead."""
    own = (companies.c.sandbox, companies.c.clock_runs_to.is_not(None))
    return tuple(connection.execute(sa.select(companies.c.id).where(*own)).scalars())


def next_due(connection: sa.Connection, company_id: str) -> datetime | None:
    """When the worker has something to look after in that company, at the earliest."""
    (found,) = _NEXT_DUE.rows(connection, {"company": company_id})
    return min((instant for instant in vars(found).values() if instant is not None), default=None)


def due_cases(connection: sa.Connection, *, now: datetime, limit: int, company_id: str = "") -> tuple[DueCase, ...]:
    """Cases whose next timer or clock is due, the longest overdue first; of one company, else of all but sandboxes."""
    c = cases.c
    rows = connection.execute(
        sa.select(c.company_id, c.id)
        .where(c.next_wake_at <= now, _of(c.company_id, company_id))
        .order_by(c.next_wake_at)
        .limit(limit)
    )
    return tuple(DueCase(row.company_id, row.id) for row in rows)


def due_schedules(connection: sa.Connection, *, now: datetime, company_id: str = "") -> tuple[DueSchedule, ...]:
    """Schedules whose time has come; of one company, else of all but sandboxes."""
    t = schedules.c
    rows = connection.execute(
        sa.select(t.company_id, t.procedure, t.schedule)
        .where(t.next_at <= now, _of(t.company_id, company_id))
        .order_by(t.next_at)
    )
    return tuple(DueSchedule(row.company_id, row.procedure, row.schedule) for row in rows)


def due_triggers(connection: sa.Connection, *, now: datetime, company_id: str = "") -> tuple[DueTrigger, ...]:
    """Triggers whose time has come, or that look at what gathers and a case was opened; of one company or as above."""
    t, c = triggers.c, cases.c
    opened = sa.exists().where(c.company_id == t.company_id, c.started_at >= t.looked_at)
    soon = sa.and_(t.gathers, t.looked_at <= now - _BETWEEN_LOOKS, opened)
    rows = connection.execute(
        sa.select(t.company_id, t.procedure, t.trigger, t.looked_at)
        .where(sa.or_(t.next_at <= now, soon), _of(t.company_id, company_id))
        .order_by(t.company_id, t.procedure, t.trigger)
    )
    return tuple(DueTrigger(*row) for row in rows)


def due_messages(
    connection: sa.Connection, *, now: datetime, limit: int, company_id: str = ""
) -> tuple[DueMessage, ...]:
    """Messages that wait and that somebody should look after now; of one company, else of all but sandboxes."""
    t = messages.c
    where = (t.status == sa.text("'waiting'"), t.due_at <= now, _of(t.company_id, company_id))  # as the index says it
    rows = connection.execute(sa.select(t.company_id, t.id).where(*where).order_by(t.due_at).limit(limit))
    return tuple(DueMessage(row.company_id, row.id) for row in rows)


def due_letters(connection: sa.Connection, *, now: datetime, limit: int) -> tuple[DueLetter, ...]:
    """Letters that no mail server has taken yet and that should be tried again now."""
    t = letters.c
    rows = connection.execute(
        sa.select(t.company_id, t.id).where(t.next_try_at <= now).order_by(t.next_try_at).limit(limit)
    )
    return tuple(DueLetter(row.company_id, row.id) for row in rows)


def due_deliveries(connection: sa.Connection, *, now: datetime, limit: int) -> tuple[DueDelivery, ...]:
    """What a web hook did not take yet and should be tried again now."""
    d = hook_deliveries.c
    rows = connection.execute(
        sa.select(d.company_id, d.id).where(d.next_try_at <= now).order_by(d.next_try_at).limit(limit)
    )
    return tuple(DueDelivery(row.company_id, row.id) for row in rows)


def due_publications(connection: sa.Connection, *, now: datetime, company_id: str = "") -> tuple[DuePublication, ...]:
    """Approved publications whose day has come; of one company, else of all but sandboxes."""
    t = publications.c
    where = (t.status == "approved", t.effective_at <= now, _of(t.company_id, company_id))
    rows = connection.execute(sa.select(t.company_id, t.id).where(*where).order_by(t.effective_at))
    return tuple(DuePublication(row.company_id, row.id) for row in rows)


def due_lists(connection: sa.Connection, *, now: datetime, company_id: str = "") -> tuple[DueList, ...]:
    """Choice lists whose day has come; of one company, else of all but sandboxes."""
    t = choice_lists.c
    where = (t.status == "waiting", t.effective_at <= now, _of(t.company_id, company_id))
    rows = connection.execute(sa.select(t.company_id, t.id).where(*where).order_by(t.effective_at))
    return tuple(DueList(row.company_id, row.id) for row in rows)


def _of(column: sa.Column[str], company_id: str) -> sa.ColumnElement[bool]:
    if company_id:
        return column == company_id
    return column.not_in(sa.select(companies.c.id).where(companies.c.sandbox))


def awaited_by(connection: sa.Connection, company_id: str, case_id: int) -> Sequence[Sequence[str]]:
    """What the case waits for, see ``cases.awaits``; empty when there is no such case."""
    where = (cases.c.company_id == company_id, cases.c.id == case_id)
    found: Sequence[Sequence[str]] | None = connection.execute(sa.select(cases.c.awaits).where(*where)).scalar()
    return found or ()


def open_requests(connection: sa.Connection, company_id: str) -> int:
    """How many service requests of the company's cases wait for their jobs."""
    t = service_requests.c
    where = (t.company_id == company_id, t.status == "open")
    return connection.execute(sa.select(sa.func.count()).select_from(service_requests).where(*where)).scalar_one()


def open_request(connection: sa.Connection, company_id: str, case_id: int, key: str) -> OpenRequest | None:
    """The service request, None when it is no longer open."""
    found = _OPEN_REQUEST.rows(connection, {"company": company_id, "case": case_id, "request": key})
    return OpenRequest(company_id, case_id, key, found[0].operator, found[0].parameters) if found else None


def unsent_letter(connection: sa.Connection, company_id: str, case_id: int, key: str) -> sa.Row[Any] | None:
    """The letter of that request, with its case's number, when it has an address and no mail server has taken it.

    None where it was withdrawn before.
    """
    t = letters.c
    unsent = (t.address != "", t.sent_at.is_(None), t.withdrawn_at.is_(None))
    return connection.execute(
        sa.select(letters, cases.c.number)
        .join(cases, cases.c.id == t.case_id)
        .where(t.company_id == company_id, t.case_id == case_id, t.key == key, *unsent)
    ).one_or_none()


def count_cases(
    connection: sa.Connection, company_id: str, procedure: str, *, field: str, value: Any, since: datetime, before: int
) -> int:
    """How many cases of the procedure, started since then and before the case *before*, have *value* in *field*."""
    c = cases.c
    rows = connection.execute(
        sa.select(c.data).where(
            c.company_id == company_id, c.procedure == procedure, c.started_at >= since, c.id < before
        )
    ).scalars()
    return sum(1 for data in rows if data.get(field) == value)


def case_statistics(
    connection: sa.Connection, company_id: str, *, since: datetime, now: datetime, procedure: str, without: int
) -> dict[str, int]:
    """``received``, ``closed``, ``open`` and ``overdue`` since then, the reporting case itself left out.

    *procedure* "" counts all procedures of the company but the cases that the calendar started.
    """
    c = cases.c
    which = c.procedure == procedure if procedure else c.started_by != SCHEDULE
    own = (c.company_id == company_id, c.id != without, which)

    def count(*where: Any) -> int:
        return connection.execute(sa.select(sa.func.count()).select_from(cases).where(*own, *where)).scalar_one()

    overdue = (
        sa.select(sa.func.count(sa.distinct(user_tasks.c.case_id)))
        .join(cases, c.id == user_tasks.c.case_id)
        .where(*own, user_tasks.c.status == "open", user_tasks.c.due_at < now)
    )
    return {
        "received": count(c.started_at >= since),
        "closed": count(c.ended_at >= since),
        "open": count(c.ended_at.is_(None)),
        "overdue": connection.execute(overdue).scalar_one(),
    }


def _earliest(column: sa.Column[Any], *where: Any) -> sa.Label[Any]:
    """Over the index of *column*, which holds no rows without one."""
    own = (column.table.c.company_id == sa.bindparam("company"), column.is_not(None), *where)
    return sa.select(column).where(*own).order_by(column).limit(1).scalar_subquery().label(column.table.name)


_R: Final = service_requests.c
_OPEN_REQUEST: Final = Prepared(
    sa.select(_R.operator, _R.parameters).where(
        _R.company_id == sa.bindparam("company"),
        _R.case_id == sa.bindparam("case"),
        _R.key == sa.bindparam("request"),
        _R.status == "open",
    )
)
_NEXT_DUE: Final = Prepared(
    sa.select(
        _earliest(cases.c.next_wake_at),
        _earliest(schedules.c.next_at),
        _earliest(triggers.c.next_at),
        _earliest(messages.c.due_at, messages.c.status == sa.text("'waiting'")),
        _earliest(publications.c.effective_at, publications.c.status == sa.text("'approved'")),
        _earliest(choice_lists.c.effective_at, choice_lists.c.status == sa.text("'waiting'")),
    )
)
