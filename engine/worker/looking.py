"""Looking for triggers: what many cases together show is noticed here, and starts its case once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.commands.alerts import Alert, fail_alert, raise_alert
from engine.commands.context import Context
from engine.commands.errors import ProcedureFailed
from engine.commands.site import Site
from engine.complaints import TRIGGER, Actor
from engine.deployments import Deployment
from engine.procedures.package import Trigger
from engine.queries.alerts import cases_alerted, chart_as_kept, points_alerted, words_for
from engine.queries.reports import Noticed, Scope, cases_in, looked_at_since, noticed
from engine.text import in_language


def look(site: Site, argument: Mapping[str, Any]) -> None:
    """Look at the cases of a trigger as of the instant of the job. Done again, it keeps nothing twice."""
    company_id, procedure, trigger_id = argument["company"], argument["procedure"], argument["trigger"]
    for alert in _found(site, company_id, procedure, trigger_id, datetime.fromisoformat(argument["at"])):
        try:
            with site.acting(Actor(company_id, TRIGGER)) as context:
                raise_alert(context, procedure, trigger_id, alert)
        except ProcedureFailed as error:
            with site.acting(Actor(company_id, TRIGGER)) as context:
                fail_alert(context, procedure, trigger_id, str(error))


def look_given_up(context: Context, argument: Mapping[str, Any], reason: str) -> None:
    fail_alert(context, argument["procedure"], argument["trigger"], reason)


def _found(site: Site, company_id: str, procedure: str, trigger_id: str, now: datetime) -> tuple[Alert, ...]:
    with site.database.reading(company_id) as connection:
        deployment = site.deployments.current(connection, company_id, procedure)
        trigger = deployment.package.triggers.get(trigger_id)
        if trigger is None:
            return ()  # a newer version has none
        zone = deployment.time_zone
        since = looked_at_since(trigger, now, zone)
        until = now + timedelta(milliseconds=1)  # what was received this very moment belongs to it
        scope = Scope(trigger.of or (procedure,), since, until, trigger.dated)
        found = cases_in(connection, site.deployments, company_id, scope, now=now)
        known = cases_alerted(connection, company_id, procedure, trigger_id, since=since)
        in_runs = points_alerted(connection, company_id, procedure, trigger_id)
        seen = noticed(trigger, found, now=now, zone=zone, known=known, in_runs=in_runs)
        watched = site.deployments.current(connection, company_id, scope.procedures[0])
        return tuple(_alert(trigger, watched, each) for each in seen)


def _alert(trigger: Trigger, watched: Deployment, seen: Noticed) -> Alert:
    chart = chart_as_kept(seen.chart) if seen.chart else None
    said = in_language(words_for(trigger, watched, seen.value), watched.package.company.language) if seen.key else ""
    return Alert(seen.key, said or seen.key, seen.mark, seen.cases, seen.counts, chart)
