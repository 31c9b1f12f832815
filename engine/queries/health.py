"""How an installation does: what waits, what failed, how late it is.

`health` gives figures only, across companies; `troubles` what somebody of one company has to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.deployments import DeploymentStore
from engine.errors import NotFound
from engine.queries.recusals import not_about
from engine.tables import (
    LETTER_NOT_SENT,
    attachments,
    cases,
    history_checkpoints,
    history_events,
    incidents,
    installation,
    letters,
    workers,
)
from engine.text import Text

#: Rows of one list; when these are seen to there are the next.
MOST: Final = 50
#: A worker that ticks every second is never so late.
_LATE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Health:
    """What somebody who keeps an installation running wants to know at any time."""

    open_cases: int
    due: int  #: cases whose timer or clock should have been looked at
    due_lag_seconds: float  #: how late the first of them is
    incidents: int  #: open
    letters_unsent: int  #: with an address, not taken by a mail server
    mail_failures: int  #: incidents of letters that could not be sent
    database_bytes: int
    backed_up_at: datetime | None
    verified_at: datetime | None  #: when all histories were found whole last


def health(connection: sa.Connection, *, now: datetime) -> Health:
    """*connection* has to be one that reads every company."""
    count, unsent = sa.func.count(), (letters.c.address != "") & letters.c.sent_at.is_(None)
    due = connection.execute(
        sa.select(count, sa.func.min(cases.c.next_wake_at)).where(cases.c.next_wake_at <= now)
    ).one()
    open_ones = sa.select(count).where(incidents.c.closed_at.is_(None))
    return Health(
        open_cases=connection.execute(sa.select(count).where(cases.c.ended_at.is_(None))).scalar_one(),
        due=due[0],
        due_lag_seconds=(now - due[1]).total_seconds() if due[1] else 0.0,
        incidents=connection.execute(open_ones).scalar_one(),
        letters_unsent=connection.execute(sa.select(count).select_from(letters).where(unsent)).scalar_one(),
        mail_failures=connection.execute(open_ones.where(incidents.c.code == LETTER_NOT_SENT)).scalar_one(),
        database_bytes=_size(connection),
        backed_up_at=_noted_at(connection, "last_backup"),
        verified_at=_noted_at(connection, "last_verification"),
    )


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that fires timers and does jobs."""

    name: str
    place: str  #: machine and process
    since: datetime
    seen_at: datetime


def workers_alive(connection: sa.Connection, *, now: datetime) -> tuple[Worker, ...]:
    """The workers that showed themselves of late; *connection* as for `health`."""
    t = workers.c
    statement = sa.select(t.name, t.place, t.since, t.seen_at).where(t.seen_at > now - _LATE).order_by(t.since, t.name)
    return tuple(Worker(**row) for row in connection.execute(statement).mappings())


@dataclass(frozen=True, slots=True)
class StoppedCase:
    """A case that waits for somebody to mend something other than a letter that was not sent."""

    number: str
    step: Text
    element: str
    code: str
    message: str
    since: datetime


@dataclass(frozen=True, slots=True)
class LateCase:
    """A case whose timer or clock should have been looked at long ago."""

    number: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class HeldLetter:
    """A letter that no mail server has taken."""

    id: int
    case_id: int
    number: str
    letter: str
    address: str
    subject: str
    body: str
    attempts: int
    problem: str
    next_try_at: datetime | None  #: None = somebody has to decide
    failed_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Troubles:
    """What a company's administrator has to look at, each list the oldest first and cut at `MOST`."""

    stopped: tuple[StoppedCase, ...]
    late: tuple[LateCase, ...]
    letters: tuple[HeldLetter, ...]
    files: int
    file_bytes: int
    signed_at: datetime | None  #: when the company's history was signed last
    unsigned_since: datetime | None  #: when the first thing happened that no signature covers; None = all is signed


def troubles(connection: sa.Connection, store: DeploymentStore, actor: Actor, *, now: datetime) -> Troubles:
    """What is to be looked at in the actor's company; cases that are about the actor are left out."""
    company = actor.company_id
    of_company = (cases.c.company_id == company, not_about(actor, cases.c.id))
    files = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(attachments.c.size), 0)).where(
            attachments.c.company_id == company
        )
    ).one()
    checkpoints, e = history_checkpoints.c, history_events.c
    signed = connection.execute(
        sa.select(sa.func.max(checkpoints.at)).where(checkpoints.company_id == company)
    ).scalar()
    later = () if signed is None else (e.at > signed,)
    unsigned = sa.select(sa.func.min(e.at)).where(e.company_id == company, *later)
    late = (
        sa.select(cases.c.number, cases.c.next_wake_at)
        .where(*of_company, cases.c.next_wake_at < now - _LATE)
        .order_by(cases.c.next_wake_at)
        .limit(MOST)
    )
    return Troubles(
        stopped=_stopped(connection, store, of_company),
        late=tuple(LateCase(row.number, row.next_wake_at) for row in connection.execute(late)),
        letters=_held_letters(connection, *of_company, _IS_HELD),
        files=files[0],
        file_bytes=int(files[1]),
        signed_at=signed,
        unsigned_since=connection.execute(unsigned).scalar(),
    )


def held_letter(connection: sa.Connection, actor: Actor, letter_id: int) -> HeldLetter:
    """A letter that is or was held. Raises NotFound."""
    mine = (cases.c.company_id == actor.company_id, not_about(actor, cases.c.id), letters.c.id == letter_id)
    found = _held_letters(connection, *mine, _IS_HELD | letters.c.sent_at.is_not(None))
    if not found:
        raise NotFound("letter", letter_id)
    return found[0]


def _stopped(connection: sa.Connection, store: DeploymentStore, of_company: tuple[Any, ...]) -> tuple[StoppedCase, ...]:
    i = incidents.c
    statement = (
        sa.select(cases.c.number, cases.c.deployment_id, i.element, i.code, i.message, i.opened_at)
        .join(incidents, i.case_id == cases.c.id)
        .where(*of_company, i.closed_at.is_(None), i.code != LETTER_NOT_SENT)
        .order_by(i.opened_at, i.id)
        .limit(MOST)
    )
    return tuple(
        StoppedCase(
            number=row.number,
            step=store.load(connection, row.deployment_id).package.element_names.get(row.element, {}),
            element=row.element,
            code=row.code,
            message=row.message,
            since=row.opened_at,
        )
        for row in connection.execute(statement).all()
    )


def _held_letters(connection: sa.Connection, *where: Any) -> tuple[HeldLetter, ...]:
    t = letters.c
    statement = (
        sa.select(
            t.id, t.case_id, cases.c.number, t.letter, t.address, t.subject, t.body, t.attempts, t.problem,
            t.next_try_at, t.failed_at, t.sent_at,
        )
        .join(cases, cases.c.id == t.case_id)
        .where(*where)
        .order_by(t.failed_at.is_(None), t.id)
        .limit(MOST)
    )  # fmt: skip
    return tuple(HeldLetter(**row) for row in connection.execute(statement).mappings())


_IS_HELD: Final = letters.c.failed_at.is_not(None) | letters.c.next_try_at.is_not(None)


def _noted_at(connection: sa.Connection, name: str) -> datetime | None:
    return connection.execute(sa.select(installation.c.at).where(installation.c.name == name)).scalar()


def _size(connection: sa.Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    pages, size = (connection.exec_driver_sql(f"PRAGMA {what}").scalar_one() for what in ("page_count", "page_size"))
    return int(pages * size)
