"""What many cases together show: every trigger, what it has noticed, and exactly the cases behind it."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.alerts import accept_alert, dismiss_alert
from engine.commands.findable import record_search
from engine.complaints import refusal_to_act
from engine.errors import AnswersInvalid
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
    points_since,
    trigger_of,
    versions_since,
    watches,
)
from webapp.access import actor, for_staff, site
from webapp.alert_words import noticed_words, went_on
from webapp.corrective_view import effect_view
from webapp.presentation import Moment, moment
from webapp.report_charts import alert_charts
from webapp.shell import company, current_translator, own_time_zone, reader, words

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
    return _page(alert_id)


@blueprint.post("/<int:alert_id>/decision")
@for_staff
def decide(alert_id: int) -> str | tuple[str, int] | Response:
    """Begin the process of an alert, or dismiss it for a reason."""
    gettext = current_translator().gettext
    if request.form.get("decision") == "accept":
        started = site().act(actor(), lambda context: accept_alert(context, alert_id))
        flash(gettext("Begun as %(number)s.") % {"number": started.number}, "ok")
        return redirect(url_for("cases.show", number=started.number), 303)
    reason = request.form.get("reason", "")[:2000]
    try:
        site().act(actor(), lambda context: dismiss_alert(context, alert_id, reason=reason))
    except AnswersInvalid:
        return _page(alert_id, missing=True), 422
    flash(gettext("Dismissed. Alert, chart and your reason are kept."), "ok")
    return redirect(url_for(".show", alert_id=alert_id), 303)


def _page(alert_id: int, *, missing: bool = False) -> str:
    now = site().now(actor().company_id)
    with site().database.reading(actor().company_id) as connection:
        alert = alert_by_id(connection, site().deployments, actor().company_id, alert_id)
        found = cases_of(connection, site().deployments, actor(), alert.numbers)
        effect = effect_of(connection, site().deployments, actor(), alert, now=now)
        versions = versions_since(
            connection, site().deployments, actor().company_id, since=alert.raised_at, until=alert.ended_at or now
        )
        since = points_since(connection, site().deployments, actor(), alert, now=now)
        trigger = trigger_of(connection, site().deployments, actor().company_id, alert)
        begins = site().deployments.current(connection, actor().company_id, alert.procedure).package.title
    with site().acting(actor()) as context:
        record_search(context, {"alert": str(alert_id)}, [each.number for each in found])
    return render_template(
        "alert.html",
        alert=_alert(alert),
        cases=[_case(each) for each in found],
        effect=effect_view(effect) if effect else None,
        versions=[version_line(each) for each in versions],
        hidden=len(alert.numbers) - len(found),
        charts=alert_charts(alert, since, look=reader(own_time_zone())),
        went_on=went_on(alert, since),
        begins=words(begins) if trigger and _may_decide(alert) else "",
        may_decide=_may_decide(alert),
        missing=missing,
    )


def _may_decide(alert: KeptAlert) -> bool:
    """Whether the reader decides about it; what was dismissed can still be begun."""
    refused = refusal_to_act(actor(), group=alert.group, assignee_id=None)
    return bool(alert.group) and not alert.started and (not refused or actor().administrator)


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
        words=words(alert.words),
        count=len(alert.numbers),
        counts=alert.counts,
        raised=_moment(alert.raised_at),
        started=alert.started,
        waits=alert.waits,
        group=group_name(alert.group),
        decided=_moment(alert.decided_at) if alert.decided_at else None,
        decided_by=words(alert.decided_by),
        reason=alert.reason,
        noticed=noticed_words(alert),
        ended=_moment(alert.ended_at) if alert.ended_at else None,
    )


def group_name(group: str) -> str:
    found = company().groups.get(group)
    return words(found.name) if found else group


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
    if trigger.charts:
        return {
            "week": gettext("A point of its weekly chart that is no chance"),
            "ten_days": gettext("A point of its chart of ten days that is no chance"),
            "month": gettext("A point of its monthly chart that is no chance"),
            "quarter": gettext("A point of its quarterly chart that is no chance"),
            "half_year": gettext("A point of its half-yearly chart that is no chance"),
            "year": gettext("A point of its yearly chart that is no chance"),
        }[trigger.every]
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
