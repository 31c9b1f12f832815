"""What a customer asked about the data of a case, and what became of it: for the page behind the tracking link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.deployments import Deployment, DeploymentStore
from engine.queries.errands import DATA_KINDS
from engine.tables import cases, erasure_cases, erasures, errands


@dataclass(frozen=True, slots=True)
class DataRequest:
    """One request, and its answer."""

    wish: str  #: copy | correction | erasure
    status: str  #: ErrandStatus
    asked_at: datetime
    due_at: datetime
    ended_at: datetime | None
    answer: str  #: what the customer is told
    handed_until: datetime | None  #: until when the copy can be read behind the link
    erasure: str  #: status of the erasure that was begun, "" = none
    decided_at: datetime | None  #: about that


@dataclass(frozen=True, slots=True)
class ErasedCase:
    """What is left to say about a case whose data are gone."""

    number: str
    deployment: Deployment
    erased_at: datetime


def data_requests(connection: sa.Connection, company_id: str, case_id: int) -> tuple[DataRequest, ...]:
    """The requests about the case, the newest first."""
    t = errands.c
    where = (t.company_id == company_id, t.case_id == case_id, t.kind.in_(sorted(DATA_KINDS)))
    rows = connection.execute(sa.select(errands).where(*where).order_by(t.id.desc())).all()
    e, c = erasures.c, erasure_cases.c
    begun = connection.execute(
        sa.select(e.status, e.asked_at, e.decided_at)
        .select_from(sa.join(erasures, erasure_cases))
        .where(c.case_id == case_id)
        .order_by(e.id.desc())
    ).first()
    found = []
    for row in rows:
        of = begun if row.kind == "data_erasure" and row.status == "done" and begun else None
        if of is not None and of.asked_at < row.asked_at:
            of = None
        found.append(
            DataRequest(
                wish=row.kind.removeprefix("data_"),
                status=row.status,
                asked_at=row.asked_at,
                due_at=row.due_at,
                ended_at=row.ended_at,
                answer=row.answer,
                handed_until=row.handed_until,
                erasure=of.status if of else "",
                decided_at=of.decided_at if of else None,
            )
        )
    return tuple(found)


def erased_case(connection: sa.Connection, deployments: DeploymentStore, tracking_hash: str) -> ErasedCase | None:
    """The case that the code opened until its data were erased, None where it was none."""
    c = cases.c
    where = (c.erased_tracking_hash == tracking_hash, c.erased_at.is_not(None))
    row = connection.execute(sa.select(c.number, c.deployment_id, c.erased_at).where(*where)).one_or_none()
    if row is None:
        return None
    return ErasedCase(row.number, deployments.load(connection, row.deployment_id), row.erased_at)
