"""Corrective actions: the cases behind one, the versions it led to, and whether it helped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.deployments import DeploymentStore
from engine.procedures.package import CorrectiveRule
from engine.queries.alerts import alert_of_case, alike_of, trigger_of
from engine.queries.cases import Case
from engine.queries.effects import Effect, compared
from engine.queries.recusals import not_about
from engine.queries.reports import CaseFacts, Scope, cases_in, values_of
from engine.queries.reports.counting import NOTHING
from engine.queries.veils import veil_on, veils_over
from engine.tables import case_links, cases, deployments, publication_causes, publications
from engine.text import Text

#: Linked cases that are looked at for what they have in common.
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Change:
    """A version of a procedure that a case led to, or is to lead to."""

    publication: int
    procedure: str
    title: Text
    status: str  #: PublicationStatus
    version: int | None  #: that it became
    at: datetime  #: when that came into service, else when it was asked for


@dataclass(frozen=True, slots=True)
class Cause:
    """A case because of which a version was asked for."""

    number: str
    title: str


def changes_of(connection: sa.Connection, store: DeploymentStore, company_id: str, case_id: int) -> tuple[Change, ...]:
    """What the case led to, the latest first."""
    p, d, k = publications.c, deployments.c, publication_causes.c
    version = sa.and_(d.company_id == p.company_id, d.procedure == p.procedure, d.version == p.version)
    asked = publication_causes.join(publications, p.id == k.publication_id)
    rows = connection.execute(
        sa.select(p.id, p.procedure, p.status, p.version, p.asked_at, d.deployed_at)
        .select_from(asked.outerjoin(deployments, version))
        .where(k.case_id == case_id, k.company_id == company_id)
        .order_by(p.id.desc())
    ).all()
    return tuple(
        Change(
            publication=row.id,
            procedure=row.procedure,
            title=store.current(connection, company_id, row.procedure).package.title,
            status=row.status,
            version=row.version,
            at=row.deployed_at or row.asked_at,
        )
        for row in rows
    )


def causes_of(
    connection: sa.Connection, store: DeploymentStore, actor: Actor, publication_ids: Sequence[int]
) -> dict[int, list[Cause]]:
    """Publication -> the cases because of which it was asked for that the actor may know of."""
    c, k = cases.c, publication_causes.c
    rows = connection.execute(
        sa.select(k.publication_id, *_CAUSE)
        .select_from(publication_causes.join(cases, c.id == k.case_id))
        .where(k.publication_id.in_(publication_ids), k.company_id == actor.company_id, not_about(actor, c.id))
        .order_by(c.id)
    ).all()
    found: dict[int, list[Cause]] = {}
    for row, cause in zip(rows, _causes(connection, store, actor, rows), strict=True):
        found.setdefault(row.publication_id, []).append(cause)
    return found


def open_corrective(connection: sa.Connection, store: DeploymentStore, actor: Actor) -> list[Cause]:
    """The corrective actions that are under way, the latest first."""
    c = cases.c
    of = [each.package.id for each in store.all_current(connection, actor.company_id) if each.package.corrective]
    where = (c.company_id == actor.company_id, c.procedure.in_(of), c.ended_at.is_(None), not_about(actor, c.id))
    rows = connection.execute(sa.select(*_CAUSE).where(*where).order_by(c.id.desc()).limit(_MOST)).all()
    return _causes(connection, store, actor, rows)


_CAUSE: Final = (cases.c.id, cases.c.number, cases.c.title, cases.c.deployment_id)


def _causes(connection: sa.Connection, store: DeploymentStore, actor: Actor, rows: Sequence[Any]) -> list[Cause]:
    veils = veils_over(connection, store, actor, [(row.id, row.deployment_id) for row in rows])
    return [Cause(row.number, veil_on(veils, row.id).text(row.title)) for row in rows]


def in_place_since(connection: sa.Connection, store: DeploymentStore, case: Case) -> datetime | None:
    """Since when the measure of a corrective action is in place: its step is done, its versions are in service."""
    rule = case.deployment.package.corrective
    if rule is None:
        return None
    done = [task.ended_at for task in case.tasks if task.element in rule.done and task.status == "completed"]
    company_id = case.deployment.package.company.id
    put = [each.at for each in changes_of(connection, store, company_id, case.id) if each.version is not None]
    return max([at for at in (*done, *put) if at], default=None)


def effect_of_case(
    connection: sa.Connection, store: DeploymentStore, actor: Actor, case: Case, *, now: datetime
) -> Effect | None:
    """What came before a corrective action and since its measure is in place; None as long as there is nothing."""
    rule, since = case.deployment.package.corrective, in_place_since(connection, store, case)
    if rule is None or since is None:
        return None
    found = _alike(connection, store, actor, case, rule, now=now)
    if found is None:
        return None
    scope, alike = found
    return compared(connection, store, actor, scope, alike, began_at=case.started_at, since=since, now=now)


def _alike(
    connection: sa.Connection,
    store: DeploymentStore,
    actor: Actor,
    case: Case,
    rule: CorrectiveRule,
    *,
    now: datetime,
) -> tuple[tuple[tuple[str, ...], str], Callable[[CaseFacts], bool]] | None:
    """Which cases are like those behind *case*: those its alert would count, else those with a value in common."""
    alert = alert_of_case(connection, store, actor.company_id, case.id)
    trigger = trigger_of(connection, store, actor.company_id, alert) if alert else None
    if alert and trigger:
        return (trigger.of or (alert.procedure,), trigger.dated), alike_of(alert, trigger)
    behind = _behind(connection, store, actor, case, rule, now=now)
    if not behind:
        return None
    common = {(facts.deployment.package.id, key) for facts in behind for key in _keys(facts, rule)}

    def alike(facts: CaseFacts) -> bool:
        return any((facts.deployment.package.id, key) in common for key in _keys(facts, rule))

    return (tuple(sorted({procedure for procedure, _ in common})), "received"), alike


def _keys(facts: CaseFacts, rule: CorrectiveRule) -> list[str]:
    """What a case may have in common with others; of a procedure that knows no causes all cases are alike."""
    text = rule.like or facts.deployment.package.case.cause
    return [key for key in values_of(facts, text) if key != NOTHING] if text else ["*"]


def _behind(
    connection: sa.Connection,
    store: DeploymentStore,
    actor: Actor,
    case: Case,
    rule: CorrectiveRule,
    *,
    now: datetime,
) -> list[CaseFacts]:
    """The cases linked with it; where there is none and the rule says what cases have in common, itself."""
    linked = _linked(connection, actor, case.id)
    if not linked and rule.like:
        linked = [(case.id, case.procedure, case.received_at)]
    found = []
    for id_, procedure, received_at in linked:
        scope = Scope((procedure,), received_at, received_at + timedelta(milliseconds=1), "received", None, actor)
        at_once = cases_in(connection, store, actor.company_id, scope, now=now)
        found += [facts for facts in at_once if facts.id == id_]
    return found


def _linked(connection: sa.Connection, actor: Actor, case_id: int) -> list[tuple[int, str, datetime]]:
    t, c = case_links.c, cases.c
    other = sa.case((t.case_id == case_id, t.other_id), else_=t.case_id)
    both: Any = sa.or_(t.case_id == case_id, t.other_id == case_id)
    rows = connection.execute(
        sa.select(c.id, c.procedure, c.received_at)
        .select_from(case_links.join(cases, c.id == other))
        .where(both, t.kind == "related", t.ended_at.is_(None), not_about(actor, c.id))
        .order_by(c.id)
        .limit(_MOST)
    )
    return [(row.id, row.procedure, row.received_at) for row in rows]
