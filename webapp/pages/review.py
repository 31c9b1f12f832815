"""The management review: one page for a period, made of what the company's cases, alerts, duties and versions show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any, Final

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.reports import record_print
from engine.deployments import Deployment
from engine.queries.alerts import alerts_between, effect_of, points_since, versions_since
from engine.queries.duties import duties
from engine.queries.reports import (
    FigureValue,
    Period,
    Scope,
    bounds,
    count_figures,
    counted,
    following,
    how_many,
    last_day,
    parse_period,
    period_containing,
    period_key,
    preceding,
)
from webapp.access import actor, for_staff, site
from webapp.alert_words import noticed_words, went_on
from webapp.corrective_view import effect_view
from webapp.pages.alerts import version_line
from webapp.paper import pdf_response
from webapp.presentation import moment
from webapp.report_view import figure_title, number_words, period_words
from webapp.shell import company, current_translator, language, own_time_zone, reader, words
from webapp.standard_report import STANDARD, standard_report

blueprint = Blueprint("review", __name__, url_prefix="/review")
#: Cases of one procedure that are counted; of more there is only how many.
_MOST: Final = 20_000


@dataclass(frozen=True)
class _Asked:
    period: Period
    now: datetime
    today: date
    near: date  #: a day of the period

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        return bounds(self.period, own_time_zone())


@blueprint.get("")
@for_staff
def show() -> str:
    asked = _asked()
    after = following(asked.period)
    return render_template(
        "review.html",
        **_pack(asked),
        before=url_for(".show", period=period_key(preceding(asked.period))),
        after=url_for(".show", period=period_key(after)) if after.first <= asked.today else None,
        kinds=[
            (
                url_for(".show", period=period_key(each), near=asked.near.isoformat()),
                period_words(each, look=reader(own_time_zone())),
                each == asked.period,
            )
            for each in (period_containing(kind, asked.near) for kind in ("month", "quarter", "half_year", "year"))
        ],
        paper=url_for(".paper", period=period_key(asked.period)),
    )


@blueprint.get("/pdf")
@for_staff
def paper() -> Response:
    """The same on A4."""
    asked = _asked()
    pack = _pack(asked)
    with site().acting(actor()) as context:
        record_print(context, "review", period=period_key(asked.period), rows=len(pack["procedures"]))
    made = f"{asked.now.astimezone(own_time_zone()):%Y-%m-%d %H:%M}"
    html = render_template("review_paper.html", **pack, language=language(), company=words(company().name), made=made)
    return pdf_response(html, f"{pack['period']}.pdf")


def _asked() -> _Asked:
    now = site().now(actor().company_id)
    today = now.astimezone(own_time_zone()).date()
    period = parse_period(request.args.get("period", "")) or period_containing("half_year", today)
    return _Asked(period, now, today, _near(request.args.get("near", ""), period, today))


def _near(text: str, period: Period, today: date) -> date:
    """The day whose month, quarter, half year and year are offered: the one the reader came by, else the latest."""
    latest = min(last_day(period), max(today, period.first))
    try:
        return min(max(date.fromisoformat(text), period.first), latest)
    except ValueError:
        return latest


def _pack(asked: _Asked) -> dict[str, Any]:
    """Everything the review shows."""
    since, until = asked.bounds
    store, look = site().deployments, reader(own_time_zone())
    with site().database.reading(actor().company_id) as connection:
        rows = [_procedure(connection, each, asked) for each in store.all_current(connection, actor().company_id)]
        raised = alerts_between(connection, store, actor().company_id, since=since, until=until)
        effects = {each.id: effect_of(connection, store, actor(), each, now=asked.now) for each in raised}
        went = {
            each.id: went_on(each, points_since(connection, store, actor(), each, now=asked.now))
            for each in raised
            if each.chart and each.settled_at
        }
        versions = versions_since(connection, store, actor().company_id, since=since, until=until)
        round_ = duties(connection, store, actor().company_id)
    return {
        "period": period_words(asked.period, look=look),
        "earlier": period_words(preceding(asked.period), look=look),
        "procedures": [row for row in rows if row],
        "alerts": [
            SimpleNamespace(
                id=each.id,
                title=" · ".join(part for part in (words(each.title), words(each.words)) if part),
                count=len(each.numbers),
                noticed=noticed_words(each),
                started=each.started,
                waits=each.waits,
                raised=moment(each.raised_at, asked.now, reader=look),
                ended=moment(each.ended_at, asked.now, reader=look) if each.ended_at else None,
                effect=effect_view(effect) if (effect := effects[each.id]) else None,
                went_on=went.get(each.id),
            )
            for each in raised
        ],
        "versions": [version_line(each) for each in versions],
        "missed": [
            SimpleNamespace(title=words(each.schedule.title), procedure=words(each.procedure_title), missed=each.missed)
            for each in round_
            if each.missed or each.skipped_at
        ],
        "duties": len(round_),
    }


def _procedure(connection: sa.Connection, deployment: Deployment, asked: _Asked) -> SimpleNamespace | None:
    """What a procedure's cases of the period show, beside the period before; None without any case."""
    report, zone = standard_report(deployment), own_time_zone()
    found: list[dict[str, FigureValue]] = []
    few, total = True, 0
    for each in (asked.period, preceding(asked.period)):
        scope = Scope((deployment.package.id,), *bounds(each, zone), reader=actor())
        number = how_many(connection, actor().company_id, scope)
        total, few = total or number, few and number <= _MOST
        whole = (
            counted(connection, site().deployments, actor().company_id, report, scope, now=asked.now) if few else None
        )
        values = count_figures(report, whole.found, whole.others) if whole else count_figures(report, [], {})
        found.append({each.figure.id: each for each in values})
    if not total:
        return None
    now, then = found
    look, gettext = reader(zone), current_translator().gettext

    def link(value: FigureValue, period: Period) -> str | None:
        """Where the cases behind it stand."""
        if not value.counted or value.figure.value:
            return None
        given: dict[str, Any] = {"period": period_key(period), "figure": value.figure.id, "part": "counted"}
        return f"{url_for('reports.show', procedure=deployment.package.id, report_id=STANDARD, **given)}#cases"

    def line(value: FigureValue) -> SimpleNamespace:
        before, unit = then[value.figure.id], "%" if value.is_share else words(value.figure.unit)
        of = gettext("%(counted)s of %(whole)s cases") % {"counted": value.counted, "whole": value.whole}
        return SimpleNamespace(
            title=figure_title(value.figure),
            value=number_words(value.value, look=look, unit=unit),
            url=link(value, asked.period),
            of=of if value.is_share and value.whole else "",
            earlier=number_words(before.value, look=look, unit=unit),
            earlier_url=link(before, preceding(asked.period)),
        )

    period = period_key(asked.period)
    return SimpleNamespace(
        title=words(deployment.package.title),
        url=url_for("reports.show", procedure=deployment.package.id, report_id=STANDARD, period=period),
        lines=[line(each) for each in now.values()] if few else [],
    )
