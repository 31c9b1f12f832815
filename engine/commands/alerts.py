"""Triggers: when they look, what they have noticed, and the cases that start by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.cases import Started, start_by_trigger
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.reasons import require_reason
from engine.complaints import Capacity, capacity_to_act
from engine.database import insert_for
from engine.deployments import Deployment
from engine.errors import AlreadyDone, NotFound, NotPermitted
from engine.history import append_to_company
from engine.jobs import Job
from engine.procedures import Package
from engine.procedures.package import Trigger
from engine.tables import alerts, triggers
from engine.text import in_language

#: Kind of the job that looks for one trigger.
LOOK_JOB: Final = "look"
#: When a trigger looks by itself, by the company's clocks: before office hours.
_MORNING: Final = time(6)


@dataclass(frozen=True, slots=True)
class Alert:
    """What a trigger has noticed, as it is kept."""

    key: str  #: of the value its cases have in common, "" = all together
    words: str  #: that value as the company's people read it
    mark: str
    cases: Sequence[str]
    counts: Sequence[tuple[str, int]]
    #: points: [period, value, numbers of its cases]; mean, upper, lower, signals; noticed: how many of the last points
    chart: Mapping[str, Any] | None = None


def write_triggers(context: Context, package: Package) -> None:
    """The triggers of a new version: each looks at once. Those the version no longer has are gone."""
    t = triggers.c
    own = (t.company_id == package.company.id, t.procedure == package.id)
    context.connection.execute(sa.delete(triggers).where(*own))
    rows = [
        {
            "company_id": package.company.id,
            "procedure": package.id,
            "trigger": trigger.id,
            "gathers": bool(trigger.at_least),
            "next_at": context.now,
        }
        for trigger in package.triggers.values()
    ]
    if rows:
        context.connection.execute(sa.insert(triggers), rows)


def put_look(context: Context, procedure: str, trigger_id: str, *, seen: datetime | None) -> bool:
    """Put the job that looks for a trigger and set its next time. *seen*: when it looked last, as far as one knows.

    False, and nothing changes, when another worker was quicker.
    """
    t, company_id = triggers.c, context.actor.company_id
    place = (t.company_id == company_id, t.procedure == procedure, t.trigger == trigger_id)
    found = context.connection.execute(sa.select(t.looked_at).where(*place).with_for_update(key_share=True)).first()
    if found is None or found.looked_at != seen:
        return False
    zone = context.calendars().own.time_zone
    values = {"looked_at": context.now, "next_at": _tomorrow(context.now, zone)}
    context.connection.execute(sa.update(triggers).where(*place).values(values))
    at = context.now.isoformat()
    argument = {"company": company_id, "procedure": procedure, "trigger": trigger_id, "at": at}
    context.jobs.put(context.connection, Job(LOOK_JOB, f"look:{company_id}:{procedure}:{trigger_id}:{at}", argument))
    return True


def raise_alert(context: Context, procedure: str, trigger_id: str, alert: Alert) -> int | None:
    """Keep what a trigger noticed, and start its case with it or lay it before the group that decides; its id.

    None when it was kept before. Raises NotFound, ProcedureFailed; then nothing is kept, and the next look finds it
    again.
    """
    deployment = context.deployments.current(context.connection, context.actor.company_id, procedure)
    trigger = deployment.package.triggers.get(trigger_id)
    alert_id = _keep(context, procedure, trigger_id, alert, to=trigger.to) if trigger else None
    if trigger is None or alert_id is None:
        return None
    if trigger.to:
        body = {"procedure": procedure, "alert": alert_id, "to": trigger.to}
        record_for_company(context, CompanyAction.RAISE_ALERT, trigger_id, body)
    else:
        _start(context, deployment, trigger, alert, alert_id)
    _say_trouble(context, procedure, trigger_id, "")
    return alert_id


def accept_alert(context: Context, alert_id: int) -> Started:
    """Start the process of an alert that waits for a decision. One that was dismissed may still be accepted.

    Raises NotFound, also where no version has its trigger any more, NotPermitted, AlreadyDone, ProcedureFailed.
    """
    row, capacity = _to_decide(context, alert_id, CompanyAction.ACCEPT_ALERT)
    deployment = context.deployments.current(context.connection, context.actor.company_id, row.procedure)
    trigger = deployment.package.triggers.get(row.trigger)
    if trigger is None:
        raise NotFound("trigger", row.trigger)
    alert = Alert(row.key, row.words, row.mark, row.numbers, [(period, count) for period, count in row.counts])
    started = _start(context, deployment, trigger, replace(alert, chart=row.chart), alert_id)
    _decide(context, alert_id, reason="")
    body = {"alert": alert_id, "case": started.number}
    _record(context, CompanyAction.ACCEPT_ALERT, row.trigger, body, capacity)
    return started


def dismiss_alert(context: Context, alert_id: int, *, reason: str) -> None:
    """Let nothing begin because of an alert, and keep why.

    Raises NotFound, NotPermitted, AlreadyDone, AnswersInvalid without a reason.
    """
    require_reason(reason)
    row, capacity = _to_decide(context, alert_id, CompanyAction.DISMISS_ALERT)
    if row.decided_at is not None:
        raise AlreadyDone("alert", None, row.decided_at.isoformat())
    _decide(context, alert_id, reason=reason.strip())
    body = {"alert": alert_id, "reason": reason.strip()}
    _record(context, CompanyAction.DISMISS_ALERT, row.trigger, body, capacity)


def fail_alert(context: Context, procedure: str, trigger_id: str, reason: str) -> None:
    """Make visible that what a trigger noticed could not start its case; the next look tries again."""
    _say_trouble(context, procedure, trigger_id, reason)
    body = {"procedure": procedure, "reason": reason}
    record_for_company(context, CompanyAction.SKIP_TRIGGER, trigger_id, body)


def _start(context: Context, deployment: Deployment, trigger: Trigger, alert: Alert, alert_id: int) -> Started:
    data = {
        "alert": alert_id,
        "alert_value": alert.key,
        "alert_words": alert.words,
        "alert_cases": list(alert.cases),
        "alert_counts": [f"{period}: {count}" for period, count in alert.counts] or _said(alert.chart),
    }
    title = _title(deployment.package, trigger, alert)
    started = start_by_trigger(context, deployment, trigger, title=title, data=data, alert_id=alert_id)
    context.connection.execute(sa.update(alerts).where(alerts.c.id == alert_id).values(case_id=started.case_id))
    return started


def _said(chart: Mapping[str, Any] | None) -> list[str]:
    """The points that were no chance, as the case knows them."""
    return [f"{period}: {value:g}" for period, value, _ in chart["points"][-chart["noticed"] :]] if chart else []


def _to_decide(context: Context, alert_id: int, action: CompanyAction) -> tuple[Any, Capacity]:
    """The alert, locked, and as whom the actor decides."""
    t = alerts.c
    own = (t.id == alert_id, t.company_id == context.actor.company_id, t.group_id != "")
    row = context.connection.execute(sa.select(alerts).where(*own).with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise NotFound("alert", alert_id)
    capacity = capacity_to_act(context.actor, group=row.group_id, assignee_id=None)
    if capacity.refusal == "not-in-group" and context.actor.administrator:
        capacity = Capacity()
    if capacity.refusal:
        raise NotPermitted(action.value, capacity.refusal)
    if row.case_id is not None:
        raise AlreadyDone("alert", None, row.decided_at.isoformat())
    return row, capacity


def _record(context: Context, action: CompanyAction, subject: str, body: Mapping[str, Any], capacity: Capacity) -> None:
    entry = context.entry(action, subject, body, on_behalf_of=capacity.behalf)
    append_to_company(context.connection, context.actor.company_id, [entry])


def _decide(context: Context, alert_id: int, *, reason: str) -> None:
    values = {"decided_at": context.now, "decided_by_id": context.actor.person_id, "reason": reason}
    context.connection.execute(sa.update(alerts).where(alerts.c.id == alert_id).values(values))


def _keep(context: Context, procedure: str, trigger_id: str, alert: Alert, *, to: str) -> int | None:
    """The id of the new alert, None when there is one with the same key and mark."""
    row = {
        "company_id": context.actor.company_id,
        "procedure": procedure,
        "trigger": trigger_id,
        "key": alert.key,
        "mark": alert.mark,
        "words": alert.words,
        "numbers": list(alert.cases),
        "counts": [list(each) for each in alert.counts],
        "chart": dict(alert.chart) if alert.chart else None,
        "group_id": to,
        "raised_at": context.now,
    }
    insert = insert_for(context.connection.dialect.name, alerts).values(row)
    return context.connection.execute(insert.on_conflict_do_nothing().returning(alerts.c.id)).scalar()


def _title(package: Package, trigger: Trigger, alert: Alert) -> str:
    title = in_language(trigger.title, package.company.language)
    return f"{title} · {alert.words}" if alert.words else title


def _say_trouble(context: Context, procedure: str, trigger_id: str, trouble: str) -> None:
    t = triggers.c
    place = (t.company_id == context.actor.company_id, t.procedure == procedure, t.trigger == trigger_id)
    context.connection.execute(sa.update(triggers).where(*place, t.trouble != trouble).values(trouble=trouble))


def _tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), _MORNING, zone)
