"""What many cases together show: every trigger, what it has noticed, and exactly the cases behind it."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace

from flask import Blueprint, render_template, url_for

from engine.commands.findable import record_search
from engine.procedures.package import Trigger
from engine.queries.alerts import (
    AlertCase,
    KeptAlert,
    Version,
    Watch,
    alert_by_id,
    cases_of,
    effect_of,
    latest_alerts,
    versions_since,
    watches,
)
from webapp.access import actor, for_staff, site
from webapp.corrective_view import effect_view
from webapp.presentation import Moment, moment
from webapp.shell import current_translator, own_time_zone, reader, words

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")


@blueprint.get("")
@for_staff
def index() -> str:
    with site().database.reading(actor().company_id) as connection:
        found = latest_alerts(connection, site().deployments, actor().company_id)
        watching = watches(connection, site().deployments, actor().company_id)
    return render_template(
        "alerts.html", alerts=[_alert(each) for each in found], watches=[_watch(each) for each in watching]
    )


@blueprint.get("/<int:alert_id>")
@for_staff
def show(alert_id: int) -> str:
    now = site().now(actor().company_id)
    with site().database.reading(actor().company_id) as connection:
        alert = alert_by_id(connection, site().deployments, actor().company_id, alert_id)
        found = cases_of(connection, site().deployments, actor(), alert.numbers)
        effect = effect_of(connection, site().deployments, actor(), alert, now=now)
        versions = versions_since(
            connection, site().deployments, actor().company_id, since=alert.raised_at, until=alert.ended_at or now
        )
    with site().acting(actor()) as context:
        record_search(context, {"alert": str(alert_id)}, [each.number for each in found])
    return render_template(
        "alert.html",
        alert=_alert(alert),
        cases=[_case(each) for each in found],
        effect=effect_view(effect) if effect else None,
        versions=[version_line(each) for each in versions],
        hidden=len(alert.numbers) - len(found),
    )


def version_line(version: Version) -> SimpleNamespace:
    """A version that was put into service, and where it is compared with the one before."""
    return SimpleNamespace(
        title=words(version.title) or version.procedure,
        number=version.number,
        at=_moment(version.at),
        url=url_for("differences.show", procedure=version.procedure, before=version.number - 1, after=version.number)
        if actor().owner or actor().administrator
        else None,
    )


def _alert(alert: KeptAlert) -> SimpleNamespace:
    return SimpleNamespace(
        id=alert.id,
        title=words(alert.title) or alert.procedure,
        words=alert.words,
        count=len(alert.numbers),
        counts=alert.counts,
        raised=_moment(alert.raised_at),
        started=alert.started,
        ended=_moment(alert.ended_at) if alert.ended_at else None,
    )


def _watch(watch: Watch) -> SimpleNamespace:
    return SimpleNamespace(
        title=words(watch.trigger.title),
        procedure=words(watch.procedure_title),
        clauses="、".join(dict.fromkeys(watch.clauses)),
        rule=rule_words(watch.trigger),
        looked=_moment(watch.looked_at) if watch.looked_at else None,
        trouble=watch.trouble,
        raised=watch.raised,
    )


def rule_words(trigger: Trigger) -> str:
    """What it takes, in words."""
    gettext = current_translator().gettext
    if not trigger.rises:
        days = {"count": trigger.at_least, "days": max(1, round(trigger.within.total_seconds() / 86400))}
        return gettext("%(count)s within %(days)s days") % days
    said = {
        "month": gettext("%(count)s rises in a row, month by month"),
        "quarter": gettext("%(count)s rises in a row, quarter by quarter"),
        "half_year": gettext("%(count)s rises in a row, half year by half year"),
        "year": gettext("%(count)s rises in a row, year by year"),
    }
    return said[trigger.every] % {"count": trigger.rises}


def _case(case: AlertCase) -> SimpleNamespace:
    return SimpleNamespace(
        number=case.number,
        title=case.title,
        customer=case.customer,
        received=_moment(case.received_at),
        ended=_moment(case.ended_at) if case.ended_at else None,
    )


def _moment(at: datetime) -> Moment:
    return moment(at, site().now(actor().company_id), reader=reader(own_time_zone()))
