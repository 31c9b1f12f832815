"""Which cases a survey asks about: all of a time, or a sample that a seed draws. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel import FeelError, to_json
from engine.history.check import draw
from engine.procedures.package import Survey
from engine.procedures.surveys import MOST_ASKED
from engine.queries.reports.counting import NOTHING, key_of
from engine.queries.reports.facts import CaseFacts
from engine.queries.reports.periods import bounds, period_containing, preceding


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample, and everything to draw it again."""

    population: tuple[tuple[str, tuple[str, ...]], ...]  #: number, its kind; by number
    size: int
    numbers: tuple[str, ...]


def time_of(survey: Survey, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant whose cases *survey* asks about at *now*, and the first behind them."""
    if not survey.every:
        return now - survey.within, now + timedelta(milliseconds=1)  # what was closed this very moment belongs to it
    return bounds(preceding(period_containing(survey.every, now.astimezone(zone).date())), zone)


def sampled(survey: Survey, found: Iterable[CaseFacts], *, seed: str, known: frozenset[str]) -> Drawn:
    """What *seed* draws of the cases *found* (the latest first) that *survey* is about and that are not *known*.

    Of several cases of one customer the latest is asked about; all of them are known when one is.
    """
    asked_for = [facts for facts in found if facts.holds(survey.where)]
    seen = {_customer(survey, facts) for facts in asked_for if facts.number in known} - {""}
    population: dict[str, tuple[str, ...]] = {}
    for facts in asked_for:
        customer = _customer(survey, facts)
        if facts.number in known or customer in seen:
            continue
        seen |= {customer} - {""}
        population[facts.number] = (key_of(facts.value(survey.by)),) if survey.by else ()
    in_order = tuple(sorted(population.items()))
    size = min(survey.at_most, max(survey.at_least, math.ceil(round(len(in_order) * survey.share / 100, 6))))
    return Drawn(in_order, size, tuple(draw(in_order, seed, size)))


def on_list(
    survey: Survey, asking: CaseFacts, customers: Any, *, besides: Iterable[CaseFacts]
) -> Iterator[tuple[int, CaseFacts]]:
    """Who stands on the list *customers* of the case *asking*: the line, from 1, and what expressions see of it.

    A customer is asked once: nobody who stood there before, or whom the round asks *besides*. Lines that say nothing
    are left out, and whatever stands behind the most that a round asks.
    """
    seen = {_customer(survey, facts) for facts in besides} - {""}
    lines = customers if isinstance(customers, list) else []
    for position, line in enumerate(lines[:MOST_ASKED], start=1):
        if not isinstance(line, Mapping) or not any(value not in (None, "", []) for value in line.values()):
            continue
        context = {**asking.context, **line}
        facts = replace(asking, context=context, readable=context)
        customer = _customer(survey, facts)
        if customer not in seen:
            seen |= {customer} - {""}
            yield position, facts


def told(survey: Survey, facts: CaseFacts) -> Mapping[str, Any]:
    """What the questionnaire knows of the case that it asks about; what has no JSON is null."""
    return {name: _json(facts.value(text)) for name, text in survey.data.items()}


def _customer(survey: Survey, facts: CaseFacts) -> str:
    """By what the customer is known again, "" = not at all."""
    key = key_of(facts.value(survey.customer)) if survey.customer else NOTHING
    return "" if key == NOTHING else key


def _json(value: Any) -> Any:
    try:
        return to_json(value)
    except FeelError:
        return None
