"""What a duty that came round is about, counted already: the reports of its package beside its tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

import sqlalchemy as sa
from flask import url_for

from engine.complaints import SCHEDULE, TRIGGER
from engine.deployments import Deployment
from engine.procedures.package import Report
from engine.queries.alerts import KeptAlert, alert_of_case
from engine.queries.cases import Case
from engine.queries.reports import (
    CaseFacts,
    Period,
    Scope,
    bounds,
    count_figures,
    count_table,
    counted,
    how_many,
    period_containing,
    period_key,
    preceding,
)
from webapp.access import actor, site
from webapp.corrective_view import effect_figures
from webapp.report_view import Words, figure_card, period_words, table_view
from webapp.shell import current_translator, reader, words

#: Days before its end from which a period counts as the one that is being closed.
_CLOSING: Final = timedelta(days=4)
#: Cases that are counted beside a task; of more there is only the link.
_MOST: Final = 4_000
#: Columns of a table that fit beside a form.
_COLUMNS: Final = 4


def ready_figures(connection: sa.Connection, case: Case, element: str, *, now: datetime) -> list[SimpleNamespace]:
    """What stands beside a task of *element*: the effect where that is judged, then what the case was begun with."""
    rule = case.deployment.package.corrective
    judged = [effect_figures(connection, case, now=now)] if rule and element in rule.check else []
    return [*judged, *_begun_with(connection, case, now=now)]


def _begun_with(connection: sa.Connection, case: Case, *, now: datetime) -> list[SimpleNamespace]:
    """One card for each report about other procedures that the case's package declares, or the alert that started it.

    [] where people began it.
    """
    if case.started_by == TRIGGER:
        alert = alert_of_case(connection, site().deployments, actor().company_id, case.id)
        return [_alert_card(alert)] if alert else []
    if case.started_by != SCHEDULE:
        return []
    visible = [
        report
        for report in case.deployment.package.reports.values()
        if report.of and (actor().administrator or not report.groups or not actor().groups.isdisjoint(report.groups))
    ]
    return [_card(connection, case, report, now=now) for report in visible]


def _alert_card(alert: KeptAlert) -> SimpleNamespace:
    gettext, url = current_translator().gettext, url_for("alerts.show", alert_id=alert.id)

    def line(title: str, count: int, link: str | None = None) -> SimpleNamespace:
        return SimpleNamespace(title=title, value=str(count), counted_url=link, of="", left_out="", target="")

    behind = line(gettext("Cases behind this"), len(alert.numbers), url)
    figures = [behind, *(line(period, count) for period, count in alert.counts)]
    return SimpleNamespace(title=words(alert.title), period=words(alert.words), url=url, figures=figures, table=None)


def period_of_duty(report: Report, began: datetime, deployment: Deployment) -> Period:
    """The period a duty is about: the one just being closed, else the one before."""
    began = began.astimezone(deployment.time_zone)
    period = period_containing(report.every, began.date())
    closing = bounds(period, deployment.time_zone)[1] - began <= _CLOSING
    return period if closing else preceding(period)


def _card(connection: sa.Connection, case: Case, report: Report, *, now: datetime) -> SimpleNamespace:
    deployment, store = case.deployment, site().deployments
    period = period_of_duty(report, case.started_at, deployment)
    scope = Scope(report.of, *bounds(period, deployment.time_zone), report.dated, None, actor())
    look, known = reader(deployment.time_zone), Words(store.current(connection, actor().company_id, report.of[0]))
    few = how_many(connection, actor().company_id, scope) <= _MOST
    found: list[CaseFacts] = []
    others: Mapping[str, list[CaseFacts]] = {}
    if few:
        whole = counted(connection, store, actor().company_id, report, scope, now=now)
        found, others = whole.found, whole.others

    def link(**chosen: str) -> str:
        query: dict[str, Any] = {"period": period_key(period), **chosen}
        return f"{url_for('reports.show', procedure=deployment.package.id, report_id=report.id, **query)}#cases"

    figures = count_figures(report, found, others) if few else ()
    table = count_table(report, found)
    fits = table is not None and len(table.columns) <= _COLUMNS
    return SimpleNamespace(
        title=words(report.title),
        period=period_words(period, look=look),
        url=link().partition("#")[0],
        figures=[figure_card(each, look=look, link=link) for each in figures],
        table=table_view(table, known.main, rows=report.rows, across=report.across, link=link)
        if table is not None and fits and few
        else None,
    )
