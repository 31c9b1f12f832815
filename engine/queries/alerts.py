"""What triggers have noticed, and the cases each alert stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.deployments import DeploymentStore
from engine.errors import NotFound
from engine.procedures.package import Trigger
from engine.queries.effects import Effect, compared
from engine.queries.recusals import not_about
from engine.queries.reports import CaseFacts, values_of
from engine.queries.veils import veil_on, veils_over
from engine.tables import alerts, cases, deployments, triggers
from engine.text import Text

#: Alerts on one page, the latest.
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class KeptAlert:
    id: int
    title: Text  #: of its trigger, {} when no version has it any more
    words: str  #: the value its cases have in common, "" for all together
    procedure: str
    trigger: str
    key: str
    numbers: tuple[str, ...]  #: of the cases it stands on
    counts: tuple[tuple[str, int], ...]
    raised_at: datetime
    started: str  #: number of the case it started
    ended_at: datetime | None  #: of that case


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a procedure that was put into service."""

    procedure: str
    title: Text
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """One trigger of a procedure in service."""

    procedure: str
    procedure_title: Text
    trigger: Trigger
    clauses: tuple[str, ...]
    looked_at: datetime | None
    trouble: str
    raised: int  #: how often it has found something


@dataclass(frozen=True, slots=True)
class AlertCase:
    number: str
    title: str
    customer: str
    received_at: datetime
    ended_at: datetime | None


def watches(connection: sa.Connection, store: DeploymentStore, company_id: str) -> tuple[Watch, ...]:
    """Every trigger of the company."""
    t, a = triggers.c, alerts.c
    rows = {
        (row.procedure, row.trigger): row
        for row in connection.execute(sa.select(triggers).where(t.company_id == company_id))
    }
    raised = {
        (row.procedure, row.trigger): row.times
        for row in connection.execute(
            sa.select(a.procedure, a.trigger, sa.func.count().label("times"))
            .where(a.company_id == company_id)
            .group_by(a.procedure, a.trigger)
        )
    }
    return tuple(
        Watch(
            procedure=deployment.package.id,
            procedure_title=deployment.package.title,
            trigger=trigger,
            clauses=tuple(each.reference for each in deployment.package.clauses if trigger.id in each.trigger),
            looked_at=rows[place].looked_at if place in rows else None,
            trouble=rows[place].trouble if place in rows else "",
            raised=raised.get(place, 0),
        )
        for deployment in store.all_current(connection, company_id)
        for trigger in deployment.package.triggers.values()
        for place in [(deployment.package.id, trigger.id)]
    )


def latest_alerts(connection: sa.Connection, store: DeploymentStore, company_id: str) -> tuple[KeptAlert, ...]:
    """The latest alerts of the company."""
    a = alerts.c
    rows = connection.execute(
        _ALERTS.where(a.company_id == company_id).order_by(a.raised_at.desc(), a.id.desc()).limit(MOST)
    )
    found = rows.all()
    return tuple(_alert(connection, store, company_id, row) for row in found)


def alerts_between(
    connection: sa.Connection, store: DeploymentStore, company_id: str, *, since: datetime, until: datetime
) -> tuple[KeptAlert, ...]:
    """The alerts raised from *since* on and before *until*, the earliest first, the latest of very many."""
    a = alerts.c
    where = (a.company_id == company_id, a.raised_at >= since, a.raised_at < until)
    found = connection.execute(_ALERTS.where(*where).order_by(a.raised_at.desc(), a.id.desc()).limit(MOST)).all()
    return tuple(_alert(connection, store, company_id, row) for row in reversed(found))


def open_alerts(connection: sa.Connection, company_id: str) -> int:
    """How many alerts have a case that is still open."""
    a, c = alerts.c, cases.c
    where = (a.company_id == company_id, c.ended_at.is_(None))
    joined = alerts.join(cases, c.id == a.case_id)
    return connection.execute(sa.select(sa.func.count()).select_from(joined).where(*where)).scalar_one()


def alert_by_id(connection: sa.Connection, store: DeploymentStore, company_id: str, alert_id: int) -> KeptAlert:
    """Raises NotFound."""
    a = alerts.c
    row = connection.execute(_ALERTS.where(a.company_id == company_id, a.id == alert_id)).first()
    if row is None:
        raise NotFound("alert", str(alert_id))
    return _alert(connection, store, company_id, row)


def alert_of_case(connection: sa.Connection, store: DeploymentStore, company_id: str, case_id: int) -> KeptAlert | None:
    """The alert that started the case."""
    a = alerts.c
    row = connection.execute(_ALERTS.where(a.company_id == company_id, a.case_id == case_id)).first()
    return _alert(connection, store, company_id, row) if row else None


def effect_of(
    connection: sa.Connection, store: DeploymentStore, actor: Actor, alert: KeptAlert, *, now: datetime
) -> Effect | None:
    """What came before the alert and after its case ended; None while that is open, or on the day it ended."""
    trigger = trigger_of(connection, store, actor.company_id, alert)
    if trigger is None or alert.ended_at is None:
        return None
    return compared(
        connection,
        store,
        actor,
        (trigger.of or (alert.procedure,), trigger.dated),
        alike_of(alert, trigger),
        began_at=alert.raised_at,
        since=alert.ended_at,
        now=now,
    )


def trigger_of(connection: sa.Connection, store: DeploymentStore, company_id: str, alert: KeptAlert) -> Trigger | None:
    """What raised it, None when no version has that any more."""
    return store.current(connection, company_id, alert.procedure).package.triggers.get(alert.trigger)


def alike_of(alert: KeptAlert, trigger: Trigger) -> Callable[[CaseFacts], bool]:
    """Whether a case is one that the alert would have counted."""

    def alike(facts: CaseFacts) -> bool:
        return facts.holds(trigger.where) and (not trigger.by or alert.key in values_of(facts, trigger.by))

    return alike


def versions_since(
    connection: sa.Connection, store: DeploymentStore, company_id: str, *, since: datetime, until: datetime
) -> tuple[Version, ...]:
    """What was put into service from *since* on and before *until*, but first versions: those changed nothing."""
    d = deployments.c
    where = (d.company_id == company_id, d.deployed_at >= since, d.deployed_at < until, d.version > 1)
    rows = connection.execute(sa.select(d.procedure, d.version, d.deployed_at).where(*where).order_by(d.deployed_at))
    titles = {each.package.id: each.package.title for each in store.all_current(connection, company_id)}
    return tuple(Version(row.procedure, titles.get(row.procedure, {}), row.version, row.deployed_at) for row in rows)


def alerts_about(
    connection: sa.Connection, store: DeploymentStore, company_id: str, number: str
) -> tuple[KeptAlert, ...]:
    """The alerts that the case with that *number* is behind, the latest first."""
    a = alerts.c
    named = sa.cast(a.numbers, sa.Text).contains(f'"{number}"', autoescape=True)
    rows = connection.execute(_ALERTS.where(a.company_id == company_id, named).order_by(a.id.desc()).limit(MOST)).all()
    return tuple(_alert(connection, store, company_id, row) for row in rows)


def cases_of(
    connection: sa.Connection, store: DeploymentStore, actor: Actor, numbers: Sequence[str]
) -> tuple[AlertCase, ...]:
    """The cases with these numbers that the actor may know of, the earliest first."""
    c = cases.c
    where = (c.company_id == actor.company_id, c.number.in_(numbers), not_about(actor, c.id))
    columns = (c.id, c.deployment_id, c.number, c.title, c.customer, c.received_at, c.ended_at)
    rows = connection.execute(sa.select(*columns).where(*where).order_by(c.received_at, c.id)).all()
    veils = veils_over(connection, store, actor, [(row.id, row.deployment_id) for row in rows])
    found = []
    for row in rows:
        veil, fields = veil_on(veils, row.id), store.load(connection, row.deployment_id).package.case
        title, customer = veil.value(fields.title, row.title), veil.value(fields.customer, row.customer)
        found.append(AlertCase(row.number, title, customer, row.received_at, row.ended_at))
    return tuple(found)


def cases_alerted(
    connection: sa.Connection, company_id: str, procedure: str, trigger_id: str, *, since: datetime
) -> frozenset[tuple[str, str]]:
    """Key and number of every case that an alert of that trigger raised since then stands on."""
    a = alerts.c
    where = (a.company_id == company_id, a.procedure == procedure, a.trigger == trigger_id, a.raised_at >= since)
    rows = connection.execute(sa.select(a.key, a.numbers).where(*where))
    return frozenset((row.key, number) for row in rows for number in row.numbers)


def _alert(connection: sa.Connection, store: DeploymentStore, company_id: str, row: Any) -> KeptAlert:
    trigger = store.current(connection, company_id, row.procedure).package.triggers.get(row.trigger)
    return KeptAlert(
        id=row.id,
        title=trigger.title if trigger else {},
        words=row.words,
        procedure=row.procedure,
        trigger=row.trigger,
        key=row.key,
        numbers=tuple(row.numbers),
        counts=tuple((period, count) for period, count in row.counts),
        raised_at=row.raised_at,
        started=row.number or "",
        ended_at=row.ended_at,
    )


_ALERTS: Final = sa.select(alerts, cases.c.number, cases.c.ended_at).select_from(
    alerts.outerjoin(cases, cases.c.id == alerts.c.case_id)
)
