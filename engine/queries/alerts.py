"""What triggers have noticed, and the cases each alert stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.deployments import Deployment, DeploymentStore
from engine.errors import NotFound
from engine.forms import readable
from engine.forms.model import ChoiceField
from engine.procedures.package import Trigger
from engine.queries.effects import Effect, compared
from engine.queries.recusals import not_about
from engine.queries.reports import (
    CaseFacts,
    Chart,
    Limits,
    Point,
    Scope,
    bounds,
    cases_in,
    parse_period,
    points_of,
    values_of,
)
from engine.queries.veils import veil_on, veils_over
from engine.tables import alerts, cases, deployments, people, triggers
from engine.text import LANGUAGES, Text

#: Alerts on one page, the latest.
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class KeptAlert:
    id: int
    title: Text  #: of its trigger, {} when no version has it any more
    words: Text  #: the value its cases have in common, as forms and groups call it; {} for all together
    procedure: str
    trigger: str
    key: str
    numbers: tuple[str, ...]  #: of the cases it stands on
    counts: tuple[tuple[str, int], ...]
    raised_at: datetime
    started: str  #: number of the case it started, "" = none
    ended_at: datetime | None  #: of that case
    chart: Chart | None = None  #: as it was when the alert was raised, of a point of a chart
    group: str = ""  #: that decides whether its case begins, "" = nobody has to
    decided_at: datetime | None = None
    decided_by: Text = field(default_factory=dict)
    reason: str = ""  #: why it was dismissed

    @property
    def waits(self) -> bool:
        """Whether somebody still has to decide."""
        return bool(self.group) and self.decided_at is None

    @property
    def settled_at(self) -> datetime | None:
        """Since when the effect can be seen: its case has ended, or nothing was to be done."""
        return self.ended_at if self.started else self.decided_at


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


def alerts_to_decide(connection: sa.Connection, store: DeploymentStore, actor: Actor) -> tuple[KeptAlert, ...]:
    """The alerts that wait for the actor, the earliest first."""
    if actor.person_id is None or actor.auditor:
        return ()
    a, groups = alerts.c, actor.groups.union(*(absent.groups for absent in actor.stands_in_for))
    where = (a.company_id == actor.company_id, a.group_id.in_(sorted(groups)), a.decided_at.is_(None))
    found = connection.execute(_ALERTS.where(*where).order_by(a.raised_at, a.id).limit(MOST)).all()
    return tuple(_alert(connection, store, actor.company_id, row) for row in found)


def open_alerts(connection: sa.Connection, company_id: str) -> int:
    """How many alerts wait for a decision or have a case that is still open."""
    a, c = alerts.c, cases.c
    undecided = sa.and_(a.group_id != "", a.decided_at.is_(None))
    where = (a.company_id == company_id, sa.or_(sa.and_(a.case_id.is_not(None), c.ended_at.is_(None)), undecided))
    joined = alerts.outerjoin(cases, c.id == a.case_id)
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
    if trigger is None or alert.settled_at is None or alert.chart:
        return None
    return compared(
        connection,
        store,
        actor,
        (trigger.of or (alert.procedure,), trigger.dated),
        alike_of(alert, trigger),
        began_at=alert.raised_at,
        since=alert.settled_at,
        now=now,
    )


def points_since(
    connection: sa.Connection, store: DeploymentStore, actor: Actor, alert: KeptAlert, *, now: datetime
) -> tuple[Point, ...]:
    """How the chart of an alert went on: its points of the closed periods behind the last one that it shows."""
    trigger = trigger_of(connection, store, actor.company_id, alert)
    last = parse_period(alert.chart.points[-1].period) if alert.chart else None
    if trigger is None or not trigger.charts or last is None or last.kind != trigger.every:
        return ()
    zone = store.current(connection, actor.company_id, alert.procedure).time_zone
    since = bounds(last, zone)[1]
    scope = Scope(trigger.of or (alert.procedure,), since, now, trigger.dated)
    found = cases_in(connection, store, actor.company_id, scope, now=now)
    return points_of(trigger, found, alert.key, since=since, now=now, zone=zone)


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


def points_alerted(
    connection: sa.Connection, company_id: str, procedure: str, trigger_id: str
) -> frozenset[tuple[str, str]]:
    """Key and period of every point that an alert about a run of that trigger stands on."""
    a = alerts.c
    where = (a.company_id == company_id, a.procedure == procedure, a.trigger == trigger_id, a.chart.is_not(None))
    latest = sa.select(a.key, a.chart).where(*where).order_by(a.id.desc()).limit(MOST)
    return frozenset(
        (row.key, period)
        for row in connection.execute(latest)
        if row.chart["noticed"] > 1
        for period, _, _ in row.chart["points"][-row.chart["noticed"] :]
    )


def chart_as_kept(chart: Chart) -> dict[str, Any]:
    """*chart* as the column has it: what an alert stood on stays as it was, whatever is corrected later."""
    limits = chart.limits
    return {
        "points": [[point.period, round(point.value, 4), list(point.cases)] for point in chart.points],
        "mean": limits.mean,
        "upper": limits.upper,
        "lower": limits.lower,
        "signals": sorted(limits.signals),
        "noticed": chart.noticed,
    }


def _chart(kept: dict[str, Any]) -> Chart:
    points = tuple(Point(period, value, tuple(numbers)) for period, value, numbers in kept["points"])
    limits = Limits(kept["mean"], kept["upper"], kept["lower"], frozenset(kept["signals"]))
    return Chart(points, limits, run=kept["noticed"] > 1)


def words_for(trigger: Trigger, watched: Deployment, value: Any) -> Text:
    """How people call *value*, which the cases of a trigger have in common; {} where forms and groups do not say."""
    package = watched.package
    for form in package.forms.values():
        for asked in form.fields:
            if isinstance(asked, ChoiceField) and asked.id == trigger.by:
                said = {tag: readable(asked, value, tag, lists=watched.lists) for tag in LANGUAGES}
                if any(said.values()):
                    return said
    group = package.company.groups.get(value) if isinstance(value, str) else None
    return group.name if group else {}


def _alert(connection: sa.Connection, store: DeploymentStore, company_id: str, row: Any) -> KeptAlert:
    deployment = store.current(connection, company_id, row.procedure)
    trigger = deployment.package.triggers.get(row.trigger)
    said: Text = {deployment.package.company.language: row.words} if row.words else {}
    if trigger and row.key:
        watched = store.current(connection, company_id, trigger.of[0]) if trigger.of else deployment
        said = words_for(trigger, watched, row.key) or said
    return KeptAlert(
        id=row.id,
        title=trigger.title if trigger else {},
        words=said,
        procedure=row.procedure,
        trigger=row.trigger,
        key=row.key,
        numbers=tuple(row.numbers),
        counts=tuple((period, count) for period, count in row.counts),
        raised_at=row.raised_at,
        started=row.number or "",
        ended_at=row.ended_at,
        chart=_chart(row.chart) if row.chart else None,
        group=row.group_id,
        decided_at=row.decided_at,
        decided_by=row.decided_by or {},
        reason=row.reason,
    )


_ALERTS: Final = sa.select(alerts, cases.c.number, cases.c.ended_at, people.c.name.label("decided_by")).select_from(
    alerts.outerjoin(cases, cases.c.id == alerts.c.case_id).outerjoin(people, people.c.id == alerts.c.decided_by_id)
)
