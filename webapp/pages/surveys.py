"""Surveys: each round with whom it drew and what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import SimpleNamespace

from flask import Blueprint, render_template, url_for

from engine.commands.findable import record_search
from engine.forms.model import ChoiceField, NumberField, YesNoField
from engine.queries.surveys import Ask, KeptRound, Results, asks_of, counted_fields, latest_rounds, round_by_id
from webapp.access import actor, for_staff, site
from webapp.presentation import Moment, long_date, moment
from webapp.shell import current_translator, own_time_zone, reader, words

blueprint = Blueprint("surveys", __name__, url_prefix="/surveys")


@blueprint.get("")
@for_staff
def index() -> str:
    with site().database.reading(actor().company_id) as connection:
        found = latest_rounds(connection, site().deployments, actor().company_id)
        declared = [
            SimpleNamespace(title=words(survey.title), regulation=deployment.package.regulation.get("title", ""))
            for deployment in site().deployments.all_current(connection, actor().company_id)
            for survey in deployment.package.surveys.values()
        ]
    return render_template("surveys.html", rounds=[_round(each) for each in found], declared=declared)


@blueprint.get("/<int:round_id>")
@for_staff
def show(round_id: int) -> str:
    with site().database.reading(actor().company_id) as connection:
        found = round_by_id(connection, site().deployments, actor().company_id, round_id)
        asks = asks_of(connection, site().deployments, actor().company_id, [round_id], reader=actor())
    with site().acting(actor()) as context:
        record_search(context, {"survey": str(round_id)}, [ask.number for ask in asks])
    return render_template(
        "survey.html",
        round=_round(found),
        asks=[_ask(each) for each in asks],
        questions=list(_questions(asks)),
        hidden=found.results.asked - len(asks),
    )


def _round(found: KeptRound) -> SimpleNamespace:
    look = reader(own_time_zone())
    return SimpleNamespace(
        url=url_for("surveys.show", round_id=found.id),
        title=words(found.title) or found.survey,
        since=long_date(found.since, reader=look),
        until=long_date(found.until, reader=look),
        drawn_at=_moment(found.drawn_at),
        asked_by=found.asked_by,
        population=found.population + found.listed,
        listed=found.listed,
        drew=found.size > 0,
        sample=found.size < found.population,
        seed=found.seed,
        **_results(found.results),
    )


def _results(results: Results) -> dict[str, object]:
    return {
        "asked": results.asked,
        "answered": results.answered,
        "by_link": results.by_link,
        "open": results.open,
        "rate": "" if results.rate is None else f"{results.rate:g}%",
    }


def _ask(ask: Ask) -> SimpleNamespace:
    gettext = current_translator().gettext
    state, tone = (gettext("not returned"), "")
    if ask.answered_at:
        state, tone = (gettext("answered by link") if ask.by_link else gettext("entered by us")), "ok"
    elif ask.ended_at is None:
        state, tone = gettext("waiting"), "warn"
    return SimpleNamespace(
        number=ask.number,
        about=ask.about,
        listed=ask.listed,
        state=state,
        tone=tone,
        asked=_moment(ask.started_at),
        answered=_moment(ask.answered_at) if ask.answered_at else None,
    )


def _questions(asks: Sequence[Ask]) -> Iterator[SimpleNamespace]:
    """What was answered, question by question: words, and (answer, how often) each, or the mean of numbers."""
    answered = [ask for ask in asks if ask.answered_at]
    fields = {field.id: (field, ask) for ask in answered for field in counted_fields(ask.deployment)}
    for name, (field, ask) in fields.items():
        given = [value for each in answered if (value := each.data.get(name)) not in (None, "", [])]
        numbers = [float(value) for value in given] if isinstance(field, NumberField) else []
        yield SimpleNamespace(
            words=words(field.label),
            count=len(given),
            mean=f"{sum(numbers) / len(numbers):.1f}" if numbers else "",
            answers=[] if isinstance(field, NumberField) else list(_options(field, ask, given)),
        )


def _options(field: ChoiceField | YesNoField, ask: Ask, given: Sequence[object]) -> Iterator[tuple[str, int]]:
    gettext = current_translator().gettext
    counts = Counter(each for value in given for each in (value if isinstance(value, list) else [value]))
    if isinstance(field, YesNoField):
        yield from ((gettext("Yes"), counts[True]), (gettext("No"), counts[False]))
        return
    for option in field.choices(ask.deployment.lists):
        if counts[option.value]:
            yield words(option.label), counts[option.value]


def _moment(at: datetime) -> Moment:
    return moment(at, site().now(actor().company_id), reader=reader(own_time_zone()))
