"""What may be erased, what was asked for, what was erased, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor, Veil
from engine.deployments import DeploymentStore
from engine.errors import NotFound
from engine.procedures.keeping import kept_until
from engine.queries.veils import veil_on, veils_over
from engine.tables import (
    attachments,
    case_links,
    cases,
    erasure_cases,
    erasures,
    history_values,
    holds,
    letters,
    messages,
    recusals,
)
from engine.tables import deployments as deployments_table
from engine.text import Text

#: Cases shown at once.
MOST: Final = 200
#: Hashes of files and letters are sealed too, and no words of anybody.
_IS_VALUE: Final = ~history_values.c.name.startswith("sha256.")


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request, and what became of it."""

    id: int
    status: str  #: ErasureStatus
    reason: str
    asked_at: datetime
    asked_by: str  #: login, or "schedule"
    decided_at: datetime | None
    decided_by: str  #: login, "" = nobody yet
    answer: str
    cleaned_at: datetime | None
    certificate: Mapping[str, Any] | None
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErasableCase:
    """A case that somebody may want to erase, and how much of it."""

    id: int
    deployment_id: int
    number: str
    title: str
    customer: str
    procedure: str
    procedure_title: Text
    closed_at: datetime | None
    erased_at: datetime | None
    kept_until: date | None  #: None = its procedure does not say
    erases_itself: bool  #: its procedure wants it proposed when that day has come
    held: str  #: why, "" = it is not
    values: int
    letters: int
    files: int


@dataclass(frozen=True, slots=True)
class Hold:
    id: int
    number: str
    reason: str
    held_at: datetime
    held_by: str  #: login


def all_erasures(connection: sa.Connection, company_id: str) -> tuple[Erasure, ...]:
    """The company's requests, those that wait first, then the newest first."""
    t = erasures.c
    rows = connection.execute(
        sa.select(erasures).where(t.company_id == company_id).order_by(t.status != "asked", t.id.desc()).limit(MOST)
    )
    return tuple(_erasure(connection, row) for row in rows.all())


def erasure_by_id(connection: sa.Connection, company_id: str, erasure_id: int) -> Erasure:
    """Raises NotFound."""
    t = erasures.c
    own = (t.company_id == company_id, t.id == erasure_id)
    row = connection.execute(sa.select(erasures).where(*own)).one_or_none()
    if row is None:
        raise NotFound("erasure", erasure_id)
    return _erasure(connection, row)


def erasure_of_case(connection: sa.Connection, company_id: str, case_id: int) -> Erasure | None:
    """The last one that names the case and still waits or was carried out."""
    t, c = erasures.c, erasure_cases.c
    of = sa.select(t.id).select_from(sa.join(erasures, erasure_cases))
    where = (t.company_id == company_id, c.case_id == case_id, t.status.in_(["asked", "erased"]))
    found = connection.execute(of.where(*where).order_by(t.id.desc())).scalar()
    return None if found is None else erasure_by_id(connection, company_id, found)


def erasable_cases(
    connection: sa.Connection, deployments: DeploymentStore, company_id: str, numbers: tuple[str, ...]
) -> tuple[ErasableCase, ...]:
    """Those cases, in the order of their ids. What is not found is left out."""
    c = cases.c
    return _erasable(connection, deployments, c.company_id == company_id, c.number.in_(numbers[:MOST]))


def cases_about(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, text: str
) -> tuple[ErasableCase, ...]:
    """The cases in which *text* is, or stands in, a personal value that is still kept, or the customer's name.

    All of them, what is confidential included, for the person concerned has the right to all: the actor sees their
    numbers, and titles and names only as far as may be. Cases about the actor are not among them.
    """
    c, v, company_id = cases.c, history_values.c, actor.company_id
    said = (v.company_id == company_id, v.stream != 0, v.value.cast(sa.Text).contains(text, autoescape=True))
    streams = sa.select(v.stream).where(*said).distinct().limit(MOST)
    about = c.id.in_(streams) | c.customer.contains(text, autoescape=True)
    r = recusals.c
    own = sa.exists().where(r.case_id == c.id, r.person_id == actor.person_id)
    where = (c.company_id == company_id, c.erased_at.is_(None), ~own, about)
    return veiled(connection, deployments, actor, _erasable(connection, deployments, *where))


def veiled(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, found: tuple[ErasableCase, ...]
) -> tuple[ErasableCase, ...]:
    """*found* with titles and names as *actor* may read them."""
    veils = veils_over(connection, deployments, actor, [(each.id, each.deployment_id) for each in found])
    return tuple(_covered(deployments, connection, each, veil_on(veils, each.id)) for each in found)


def _covered(deployments: DeploymentStore, connection: sa.Connection, each: ErasableCase, veil: Veil) -> ErasableCase:
    fields = deployments.load(connection, each.deployment_id).package.case
    title = veil.value(fields.title, each.title)
    customer = veil.value(fields.customer, each.customer) if fields.customer else ""
    return replace(each, title=title, customer=customer)


def due_cases(
    connection: sa.Connection, deployments: DeploymentStore, company_id: str, *, now: datetime, today: date
) -> tuple[ErasableCase, ...]:
    """The closed cases whose time of keeping is over, the oldest first, held ones and those asked for included.

    A version of a procedure says how long its own cases are kept. *today* is the day where the company is.
    """
    t, c = deployments_table.c, cases.c
    ids = connection.execute(sa.select(t.id).where(t.company_id == company_id)).scalars().all()
    rules = {each: deployments.load(connection, each).package.retention for each in ids}
    shortest = min((rule.months for rule in rules.values() if rule), default=None)
    if shortest is None:
        return ()
    closed = c.ended_at <= now - timedelta(days=28 * shortest)
    ruled = c.deployment_id.in_([each for each, rule in rules.items() if rule])
    where = (c.company_id == company_id, c.erased_at.is_(None), closed, ruled)
    found = _erasable(connection, deployments, *where, limit=20 * MOST)
    return tuple(each for each in found if each.kept_until is not None and each.kept_until <= today)[:MOST]


def standing_holds(connection: sa.Connection, company_id: str, case_id: int | None = None) -> tuple[Hold, ...]:
    """The legal holds that stand, of one case or all."""
    h = holds.c
    where = [h.company_id == company_id, h.released_at.is_(None)]
    if case_id is not None:
        where.append(h.case_id == case_id)
    columns = (h.id, cases.c.number, h.reason, h.held_at, h.held_by)
    of = sa.select(*columns).select_from(sa.join(holds, cases, h.case_id == cases.c.id))
    return tuple(Hold(*row) for row in connection.execute(of.where(*where).order_by(h.id)))


def related_numbers(connection: sa.Connection, company_id: str, numbers: tuple[str, ...]) -> tuple[str, ...]:
    """Numbers of the cases that those told something, were told by, or were joined with: of the same person, maybe."""
    m, k, c = messages.c, case_links.c, cases.c
    own = sa.select(c.id).where(c.company_id == company_id, c.number.in_(numbers))
    beside = sa.union(
        sa.select(m.case_id).where(m.sender_case_id.in_(own), m.case_id.is_not(None)),
        sa.select(m.sender_case_id).where(m.case_id.in_(own), m.sender_case_id.is_not(None)),
        sa.select(k.other_id).where(k.case_id.in_(own)),
        sa.select(k.case_id).where(k.other_id.in_(own)),
    )
    where = (c.company_id == company_id, c.number.not_in(numbers), c.id.in_(beside), c.erased_at.is_(None))
    return tuple(connection.execute(sa.select(c.number).where(*where).order_by(c.id).limit(MOST)).scalars())


def _erasure(connection: sa.Connection, row: Any) -> Erasure:
    named = sa.select(cases.c.number).select_from(sa.join(erasure_cases, cases))
    numbers = connection.execute(named.where(erasure_cases.c.erasure_id == row.id).order_by(cases.c.id)).scalars()
    return Erasure(
        id=row.id,
        status=row.status,
        reason=row.reason,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        answer=row.answer,
        cleaned_at=row.cleaned_at,
        certificate=row.certificate,
        numbers=tuple(numbers),
    )


def _erasable(
    connection: sa.Connection, deployments: DeploymentStore, *where: Any, limit: int = MOST
) -> tuple[ErasableCase, ...]:
    c, v, h = cases.c, history_values.c, holds.c

    def number_of(column: Any, *of: Any) -> Any:
        return sa.select(sa.func.count(column)).where(*of).scalar_subquery()

    columns = (c.id, c.number, c.title, c.customer, c.procedure, c.deployment_id, c.ended_at, c.erased_at)
    counts = (
        sa.select(h.reason).where(h.case_id == c.id, h.released_at.is_(None)).limit(1).scalar_subquery().label("held"),
        number_of(v.name, v.company_id == c.company_id, v.stream == c.id, ~v.name.startswith("sha256.")).label(
            "values"
        ),
        number_of(letters.c.id, letters.c.case_id == c.id, letters.c.body != "").label("letters"),
        number_of(attachments.c.id, attachments.c.case_id == c.id).label("files"),
    )
    rows = connection.execute(sa.select(*columns, *counts).where(*where).order_by(c.id).limit(limit)).all()
    return tuple(_case(deployments, connection, row) for row in rows)


def _case(deployments: DeploymentStore, connection: sa.Connection, row: Any) -> ErasableCase:
    deployment = deployments.load(connection, row.deployment_id)
    rule = deployment.package.retention
    until = kept_until(rule, row.ended_at.astimezone(deployment.time_zone).date()) if row.ended_at else None
    return ErasableCase(
        id=row.id,
        deployment_id=row.deployment_id,
        number=row.number,
        title=row.title,
        customer=row.customer,
        procedure=row.procedure,
        procedure_title=deployment.package.title,
        closed_at=row.ended_at,
        erased_at=row.erased_at,
        kept_until=until,
        erases_itself=rule is not None and rule.then_erase,
        held=row.held or "",
        values=row[-3],
        letters=row.letters,
        files=row.files,
    )
