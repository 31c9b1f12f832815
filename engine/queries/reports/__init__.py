"""Registers, tables of counts and figures over cases, as the companies' packages declare them.

``periods`` and ``counting`` are pure; ``facts`` reads. What is counted is FEEL over a case: its data by their names,
and ``case`` with what the platform knows of it (docs/procedure-packages.md, Reports).
"""

from engine.queries.reports.counting import (
    EVERYTHING,
    Choice,
    FigureValue,
    Table,
    Whole,
    belongs,
    count_figures,
    count_table,
    figures_by_period,
    key_of,
    many,
    values_of,
)
from engine.queries.reports.facts import CaseFacts, Scope, cases_in, page_of
from engine.queries.reports.flow import MOST_OPEN, Load, StepFigure, how_many, loads_of, step_figures, step_times
from engine.queries.reports.limits import RUN, Limits, limits_of
from engine.queries.reports.noticing import Chart, Noticed, Point, looked_at_since, noticed, points_of
from engine.queries.reports.periods import (
    Period,
    bounds,
    following,
    last_day,
    parse_period,
    period_containing,
    period_key,
    preceding,
)
from engine.queries.reports.sampling import Drawn, on_list, sampled, time_of, told
from engine.queries.reports.tallies import Counted, cases_where, counted, tallied, versions_in

__all__ = [
    "EVERYTHING",
    "MOST_OPEN",
    "RUN",
    "CaseFacts",
    "Chart",
    "Choice",
    "Counted",
    "Drawn",
    "FigureValue",
    "Limits",
    "Load",
    "Noticed",
    "Period",
    "Point",
    "Scope",
    "StepFigure",
    "Table",
    "Whole",
    "belongs",
    "bounds",
    "cases_in",
    "cases_where",
    "count_figures",
    "count_table",
    "counted",
    "figures_by_period",
    "following",
    "how_many",
    "key_of",
    "last_day",
    "limits_of",
    "loads_of",
    "looked_at_since",
    "many",
    "noticed",
    "on_list",
    "page_of",
    "parse_period",
    "period_containing",
    "period_key",
    "points_of",
    "preceding",
    "sampled",
    "step_figures",
    "step_times",
    "tallied",
    "time_of",
    "told",
    "values_of",
    "versions_in",
]
