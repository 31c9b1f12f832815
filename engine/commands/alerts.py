"""Triggers: when they look, what they have noticed, and the cases that start by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.cases import Started, start_by_trigger
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.database import insert_for
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
            "gathers": not trigger.rises,
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


def raise_alert(context: Context, procedure: str, trigger_id: str, alert: Alert) -> Started | None:
    """Keep what a trigger noticed and start its case with it. None when it was kept before: it starts one case.

    Raises NotFound, ProcedureFailed; then nothing is kept, and the next look finds it again.
    """
    deployment = context.deployments.current(context.connection, context.actor.company_id, procedure)
    trigger = deployment.package.triggers.get(trigger_id)
    alert_id = _keep(context, procedure, trigger_id, alert) if trigger else None
    if trigger is None or alert_id is None:
        return None
    data = {
        "alert": alert_id,
        "alert_value": alert.key,
        "alert_words": alert.words,
        "alert_cases": list(alert.cases),
        "alert_counts": [f"{period}: {count}" for period, count in alert.counts],
    }
    title = _title(deployment.package, trigger, alert)
    started = start_by_trigger(context, deployment, trigger, title=title, data=data, alert_id=alert_id)
    t = alerts.c
    context.connection.execute(sa.update(alerts).where(t.id == alert_id).values(case_id=started.case_id))
    _say_trouble(context, procedure, trigger_id, "")
    return started


def fail_alert(context: Context, procedure: str, trigger_id: str, reason: str) -> None:
    """Make visible that what a trigger noticed could not start its case; the next look tries again."""
    _say_trouble(context, procedure, trigger_id, reason)
    body = {"procedure": procedure, "reason": reason}
    record_for_company(context, CompanyAction.SKIP_TRIGGER, trigger_id, body)


def _keep(context: Context, procedure: str, trigger_id: str, alert: Alert) -> int | None:
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
