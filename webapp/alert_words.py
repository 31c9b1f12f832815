"""What a chart showed when an alert was raised, in one sentence."""

from __future__ import annotations

from engine.queries.alerts import KeptAlert
from engine.queries.reports import parse_period
from webapp.report_view import period_words
from webapp.shell import current_translator, own_time_zone, reader


def noticed_words(alert: KeptAlert) -> str:
    """Which point was no chance, and why; "" where there is no chart."""
    if alert.chart is None:
        return ""
    gettext, limits, last = current_translator().gettext, alert.chart.limits, alert.chart.points[-1]
    period = parse_period(last.period)
    said = {
        "period": period_words(period, look=reader(own_time_zone())) if period else last.period,
        "value": f"{last.value:.1f}".removesuffix(".0"),
        "lower": f"{limits.lower:.1f}",
        "upper": f"{limits.upper:.1f}",
        "mean": f"{limits.mean:.1f}",
    }
    if alert.chart.run and last.value > limits.mean:
        return gettext("%(period)s: the eighth in a row above the mean of %(mean)s") % said
    if alert.chart.run:
        return gettext("%(period)s: the eighth in a row below the mean of %(mean)s") % said
    return gettext("%(period)s: %(value)s, beyond the limits %(lower)s to %(upper)s") % said
