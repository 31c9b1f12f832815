"""Complaints that somebody looks at before they become cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor, FilingStatus, may_decide_filing
from engine.deployments import Deployment, DeploymentStore
from engine.errors import NotFound
from engine.procedures.intake_fields import MAIL
from engine.tables import cases, filings, people
from engine.text import Text

#: Complaints on one page.
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Filing:
    """One that is or was held."""

    id: int
    company_id: str
    procedure: str
    deployment: Deployment
    arrived_at: datetime
    status: FilingStatus
    doubts: tuple[str, ...]
    raw: Mapping[str, Any] | None  #: None when a case has it, or its time is over
    reason: str
    decided_at: datetime | None
    decided_by: Text
    number: str  #: of its case, "" = none
    by_mail: bool = False

    @property
    def mail(self) -> Mapping[str, Any] | None:
        """What the mail said that it came by; None where it came by the public page, or where its words are gone."""
        return self.raw["mail"] if self.by_mail and self.raw else None


def held_filings(connection: sa.Connection, store: DeploymentStore, actor: Actor) -> tuple[Filing, ...]:
    """What waits for *actor* to look at it, the oldest first, then what was decided lately."""
    t = filings.c
    own = (t.company_id == actor.company_id, t.status != str(FilingStatus.TAKEN))
    first = sa.case((t.status == str(FilingStatus.HELD), 0), else_=1)
    rows = connection.execute(_FILINGS.where(*own).order_by(first, t.arrived_at.desc()).limit(MOST)).all()
    found = [_filing(connection, store, row) for row in rows]
    return tuple(each for each in found if may_decide_filing(actor, each.deployment.package.start.groups))


def count_held(connection: sa.Connection, store: DeploymentStore, actor: Actor) -> int:
    """How many wait for *actor*."""
    t = filings.c
    own = (t.company_id == actor.company_id, t.status == str(FilingStatus.HELD))
    waiting = sa.select(t.procedure, sa.func.count().label("waiting")).where(*own).group_by(t.procedure)
    return sum(
        row.waiting
        for row in connection.execute(waiting)
        if may_decide_filing(actor, store.current(connection, actor.company_id, row.procedure).package.start.groups)
    )


def filing_by_id(connection: sa.Connection, store: DeploymentStore, actor: Actor, filing_id: int) -> Filing:
    """Raises NotFound, also for what is not *actor*'s to decide."""
    t = filings.c
    own = (t.id == filing_id, t.company_id == actor.company_id, t.status != str(FilingStatus.TAKEN))
    row = connection.execute(_FILINGS.where(*own)).one_or_none()
    found = _filing(connection, store, row) if row else None
    if found is None or not may_decide_filing(actor, found.deployment.package.start.groups):
        raise NotFound("filing", filing_id)
    return found


def filing_by_code(connection: sa.Connection, store: DeploymentStore, code_hash: str) -> Filing:
    """The one that its sender's code opens. Raises NotFound."""
    row = connection.execute(_FILINGS.where(filings.c.code_hash == code_hash, filings.c.code_hash != "")).one_or_none()
    if row is None:
        raise NotFound("filing", "code")
    return _filing(connection, store, row)


def _filing(connection: sa.Connection, store: DeploymentStore, row: Any) -> Filing:
    return Filing(
        id=row.id,
        company_id=row.company_id,
        procedure=row.procedure,
        deployment=store.current(connection, row.company_id, row.procedure),
        arrived_at=row.arrived_at,
        status=FilingStatus(row.status),
        doubts=tuple(row.doubts),
        raw=row.raw,
        reason=row.reason,
        decided_at=row.decided_at,
        decided_by=row.decided_by or {},
        number=row.number or "",
        by_mail=row.way == MAIL,
    )


_FILINGS: Final = sa.select(filings, cases.c.number, people.c.name.label("decided_by")).select_from(
    filings.outerjoin(cases, cases.c.id == filings.c.case_id).outerjoin(people, people.c.id == filings.c.decided_by_id)
)
