"""What a chart showed when an alert was raised, and how it went on, in words."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from engine.queries.alerts import KeptAlert
from engine.queries.reports import Point, bounds, parse_period
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


def went_on(alert: KeptAlert, points: Sequence[Point]) -> SimpleNamespace | None:
    """What the periods say that have closed since it was settled; None where there is no such question."""
    if alert.chart is None or alert.settled_at is None:
        return None
    gettext, chart, zone = current_translator().gettext, alert.chart, own_time_zone()
    after = [p for p in points if (found := parse_period(p.period)) and bounds(found, zone)[0] >= alert.settled_at]
    beyond = sum(chart.limits.beyond(point.value) for point in after)
    above = chart.points[-1].value > chart.limits.mean
    same_side = sum((point.value > chart.limits.mean) == above for point in after)
    if not after:
        said, tone = gettext("no period has closed since"), ""
    elif beyond:
        said, tone = gettext("beyond the limits of that time again"), "bad"
    elif same_side == len(after):
        said, tone = gettext("within the limits, still on the same side of that mean"), "warn"
    else:
        said, tone = gettext("within the limits, on both sides of that mean again"), "ok"
    mean = f"{sum(point.value for point in after) / len(after):.1f}" if after else "—"
    return SimpleNamespace(
        count=len(after),
        mean=mean,
        then=f"{chart.points[-1].value:.1f}",
        usual=f"{chart.limits.mean:.1f}",
        said=said,
        tone=tone,
    )
