"""The charts of a report: its table as a Pareto chart, its numbers over the last periods, and how evenly work goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from engine.procedures.package import Report
from engine.queries.alerts import KeptAlert
from engine.queries.reports import (
    RUN,
    CaseFacts,
    Limits,
    Period,
    Point,
    Table,
    Whole,
    last_day,
    limits_of,
    parse_period,
    period_containing,
    preceding,
)
from webapp.charts import Bar, HeatCell, Series, control, heat, loads, pareto, trend
from webapp.presentation import Reader
from webapp.report_view import (
    ReportWords,
    figure_title,
    label_of,
    period_words,
    short_period,
)
from webapp.shell import current_translator

#: Months that a trend goes back, whatever the period: a year shows its seasons.
MONTHS: Final = 12
#: Weeks an XmR chart looks back.
WEEKS: Final = 26
_MOST_SERIES: Final = 4
_WEEK: Final = timedelta(weeks=1)
_FEWEST_BARS: Final = 2


def pareto_chart(table: Table, known: ReportWords, *, rows: str, link: Any) -> SimpleNamespace | None:
    """The rows of *table* by size; None where there is nothing to compare."""
    gettext = current_translator().gettext
    said = [(key, label_of(known, rows, value), table.counts[key, ""]) for key, value in table.rows]
    if len(said) < _FEWEST_BARS:
        return None
    total = sum(count for _, _, count in said)

    def tip(label: str, count: int) -> str:
        return gettext("%(label)s: %(count)s cases, %(share)s") % {
            "label": label, "count": count, "share": f"{count / total:.0%}"
        }  # fmt: skip

    bars = [Bar(label, count, tip(label, count), link(row=key)) for key, label, count in said]
    title = gettext("%(field)s: Pareto") % {"field": known.title_of(rows)}
    so_far, lines = 0, []
    for _, label, count in said:
        so_far += count
        lines.append((label, str(count), f"{count / total:.1%}", f"{so_far / total:.1%}"))
    return SimpleNamespace(
        title=title,
        about=gettext("cases; the line adds up the shares"),
        svg=pareto(bars, words=title, rest=lambda n: gettext("%(count)s others") % {"count": n}),
        newest=False,
        note="",
        heads=[known.title_of(rows), gettext("Number of cases"), gettext("Share"), gettext("Added up")],
        rows=lines,
    )


def trend_charts(
    report: Report, periods: Sequence[Period], wholes: Sequence[Whole], *, look: Reader, link: Any
) -> list[SimpleNamespace]:
    """How the report's numbers went: counts on one chart, each share with its target on another."""
    gettext = current_translator().gettext
    counted = [f for f in report.figures if f.count and not f.among and not f.of][:_MOST_SERIES]
    shares = [f for f in report.figures if f.count and f.among and not f.of]
    urls = [link(each) for each in periods]
    charts = []
    if counted or not shares:
        names = [figure_title(f) for f in counted] or [gettext("Number of cases")]
        values = [[_value(w, f.id) for w in wholes] for f in counted] or [[float(w.cases) for w in wholes]]
        charts.append(_trend(gettext("Over time"), gettext("cases"), periods, names, values, urls=urls, look=look))
    for figure in shares[:2]:
        values = [[_value(whole, figure.id) for whole in wholes]]
        if any(value is not None for value in values[0]):
            aim = (
                (float(figure.target), gettext("target %(target)s") % {"target": f"{figure.target}%"})
                if figure.target
                else None
            )
            charts.append(
                _trend(
                    figure_title(figure), "%", periods, [figure_title(figure)], values, urls=urls, look=look, target=aim
                )
            )
    return charts


def flow_charts(found: Sequence[CaseFacts], now: datetime, *, look: Reader) -> list[SimpleNamespace]:
    """How evenly cases are brought to an end: mean working hours of what was closed each week, as XmR chart."""
    gettext = current_translator().gettext
    weeks: dict[datetime, list[float]] = {}
    local = now.astimezone(look.zone)
    monday = (local - timedelta(days=local.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    for facts in found:
        case = facts.context["case"]
        if case["closed"] is not None:
            behind = (monday + _WEEK - case["closed"]) // _WEEK
            if 0 <= behind < WEEKS:
                weeks.setdefault(monday - behind * _WEEK, []).extend([case["working_hours"]] * facts.count)
    begun = sorted(weeks)
    values = [sum(weeks[week]) / len(weeks[week]) for week in begun]
    limits = limits_of(values)
    if limits is None:
        return []
    labels = [f"{week:%m-%d}" for week in begun]
    hours = gettext("%(hours)s working hours, %(count)s cases")
    tips = [
        f"{label}: " + hours % {"hours": f"{value:.1f}", "count": len(weeks[week])}
        for label, value, week in zip(labels, values, begun, strict=True)
    ]
    title = gettext("Working hours to the end")
    return [
        SimpleNamespace(
            title=title,
            about=gettext("XmR, mean of each week; ◆ is no chance"),
            svg=control(labels, values, tips, names=limits, said=_limit_words(limits), words=title),
            newest=True,
            note=_signal_words(limits, labels),
            heads=[gettext("Week of"), gettext("Number of cases"), gettext("Working hours, mean"), gettext("Signal")],
            rows=[
                (
                    f"{week:%Y-%m-%d}",
                    str(len(weeks[week])),
                    f"{value:.1f}",
                    gettext("yes") if at in limits.signals else "",
                )
                for at, (week, value) in enumerate(zip(begun, values, strict=True))
            ],
        )
    ]


def heat_chart(
    rows: Sequence[tuple[str, Sequence[tuple[float, int] | None]]], columns: Sequence[str]
) -> SimpleNamespace | None:
    """How long steps take: mean working hours by step and month; *rows* hold (hours, how many)."""
    gettext = current_translator().gettext
    if not rows:
        return None
    title = gettext("Working hours by step")
    tip = gettext("%(step)s, %(month)s: %(hours)s working hours, done %(count)s times")
    cells = [
        (
            name,
            [
                HeatCell(
                    None if found is None else found[0],
                    "" if found is None else _hours(found[0]),
                    ""
                    if found is None
                    else tip % {"step": name, "month": month, "hours": f"{found[0]:.1f}", "count": found[1]},
                )
                for month, found in zip(columns, line, strict=True)
            ],
        )
        for name, line in rows
    ]
    return SimpleNamespace(
        title=title,
        about=gettext("mean, from being opened to being done"),
        svg=heat(cells, columns, words=title),
        newest=True,
        note="",
        heads=[gettext("Step"), *columns],
        rows=[(name, *("" if f is None else f"{f[0]:.1f}" for f in line)) for name, line in rows],
    )


def load_chart(bars: Sequence[Bar]) -> SimpleNamespace | None:
    """Who has how much to do now."""
    gettext = current_translator().gettext
    if not bars:
        return None
    title = gettext("Open tasks")
    return SimpleNamespace(
        title=title,
        about=gettext("now; in brackets and hatched: overdue"),
        svg=loads(bars, words=title),
        newest=False,
        note="",
        heads=[gettext("Who"), gettext("Open"), gettext("Overdue")],
        rows=[(bar.label, str(bar.count), str(bar.part)) for bar in bars],
    )


def alert_charts(alert: KeptAlert, since: Sequence[Point], *, look: Reader) -> list[SimpleNamespace]:
    """The chart that an alert stood on as it was then, and how its points went on."""
    if alert.chart is None:
        return []
    gettext, chart = current_translator().gettext, alert.chart
    charts = [_control(gettext("As it was when this was noticed"), chart.points, chart.limits, look=look)]
    if since:
        points = (*chart.points[-RUN:], *since)
        beyond = frozenset(at for at, point in enumerate(points) if chart.limits.beyond(point.value))
        title = gettext("Since then, against the limits of that time")
        charts.append(_control(title, points, replace(chart.limits, signals=beyond), look=look))
    return charts


def months_back(period: Period, today: date) -> list[Period]:
    """The twelve months up to the end of *period*, the earliest first; none that has not begun *today*."""
    latest = period_containing("month", min(last_day(period), today))
    return [preceding(latest, place) for place in range(MONTHS - 1, -1, -1)]


def _hours(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"  # noqa: PLR2004 -- three signs fit into a cell


def _trend(
    title: str,
    about: str,
    periods: Sequence[Period],
    names: Sequence[str],
    values: Sequence[Sequence[float | None]],
    *,
    urls: Sequence[str],
    look: Reader,
    target: tuple[float, str] | None = None,
) -> SimpleNamespace:
    said = [period_words(each, look=look) for each in periods]
    unit = "%" if about == "%" else ""

    def number(value: float | None) -> str:
        return "—" if value is None else f"{value:.1f}".removesuffix(".0") + unit

    series = [
        Series(
            name,
            tuple(line),
            tuple(f"{when}, {name}: {number(value)}" for when, value in zip(said, line, strict=True)),
            tuple(urls),
        )
        for name, line in zip(names, values, strict=True)
    ]
    gettext = current_translator().gettext
    return SimpleNamespace(
        title=title,
        about=about,
        svg=trend([short_period(each) for each in periods], series, words=title, target=target, top=100 if unit else 0),
        newest=True,
        note="",
        heads=[gettext("Period"), *names],
        rows=[(when, *(number(line[at]) for line in values)) for at, when in enumerate(said)],
    )


def _control(title: str, points: Sequence[Point], limits: Limits, *, look: Reader) -> SimpleNamespace:
    gettext = current_translator().gettext
    periods = [period for point in points if (period := parse_period(point.period))]
    said = [period_words(each, look=look) for each in periods]
    labels = [f"{each.first:%m-%d}" if each.kind == "week" else short_period(each) for each in periods]
    tip = gettext("%(period)s: %(value)s, %(count)s cases")
    values = [f"{point.value:.1f}".removesuffix(".0") for point in points]
    tips = [
        tip % {"period": when, "value": value, "count": len(point.cases)}
        for when, value, point in zip(said, values, points, strict=True)
    ]
    return SimpleNamespace(
        title=title,
        about=gettext("XmR; ◆ is no chance"),
        svg=control(labels, [p.value for p in points], tips, names=limits, said=_limit_words(limits), words=title),
        newest=True,
        note="",
        heads=[gettext("Period"), gettext("Number of cases"), gettext("Value"), gettext("Signal")],
        rows=[
            (when, str(len(point.cases)), value, gettext("yes") if at in limits.signals else "")
            for at, (when, value, point) in enumerate(zip(said, values, points, strict=True))
        ],
    )


def _value(whole: Whole, figure: str) -> float | None:
    found = next(each for each in whole.figures if each.figure.id == figure)
    return None if found.value is None else float(found.value)


def _limit_words(limits: Limits) -> tuple[str, str, str]:
    gettext = current_translator().gettext
    return (
        gettext("upper %(value)s") % {"value": f"{limits.upper:.1f}"},
        gettext("mean %(value)s") % {"value": f"{limits.mean:.1f}"},
        gettext("lower %(value)s") % {"value": f"{limits.lower:.1f}"},
    )


def _signal_words(limits: Limits, labels: Sequence[str]) -> str:
    gettext = current_translator().gettext
    if not limits.signals:
        return gettext("No signal: the ups and downs are what this process always shows.")
    weeks = "、".join(labels[at] for at in sorted(limits.signals))
    return gettext("Look into the weeks of %(weeks)s: they are beyond the limits or eight in a row on one side.") % {
        "weeks": weeks
    }
