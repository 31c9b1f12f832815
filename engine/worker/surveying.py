"""Surveys on behalf of a case: customers drawn and asked, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine.commands.services import complete_service
from engine.commands.site import Site
from engine.commands.surveys import Round, ask, keep_round, seed_of
from engine.complaints import Actor
from engine.errors import NotFound
from engine.procedures.package import Survey
from engine.queries.cases import CaseCore
from engine.queries.due import OpenRequest
from engine.queries.reports import CaseFacts, Scope, cases_in, on_list, sampled, time_of, told
from engine.queries.surveys import (
    answers_to_count,
    asked_about,
    asks_of,
    asks_since,
    list_line,
    results_of,
    round_of_request,
    rounds_of_case,
)


def ask_customers(site: Site, request: OpenRequest, case: CaseCore) -> None:
    """Draw a round of a survey once, and start a case for each customer. Done again, it goes on where it was."""
    procedure, survey_id = str(request.parameters["procedure"]), str(request.parameters["survey"])
    system = Actor.system(request.company_id)
    survey = _survey(site, request.company_id, procedure, survey_id)
    drawn = _drawn(site, request, case, procedure, survey)
    with site.acting(system) as context:
        keep_round(context, drawn)
    with site.database.reading(request.company_id) as connection:
        row = round_of_request(connection, request.case_id, request.key)
        assert row is not None, "it was written just now"
        found = _facts(site, connection, request.company_id, Scope(survey.of, row.since, row.until, survey.dated))
    drawn_cases = [found[number] for number in row.drawn if number in found]
    listed = list(
        on_list(survey, _asking(site, request, case), request.parameters.get("customers"), besides=drawn_cases)
    )
    asks = [(facts.number, facts.number, facts) for facts in drawn_cases]
    asks += [(list_line(position), case.number, facts) for position, facts in listed]
    for number, about, facts in asks:
        data = {"survey": survey_id, "survey_case": about, **told(survey, facts)}
        with site.acting(system) as context:
            ask(context, row.id, number, procedure, data)
    asked, whole = len(row.drawn) + len(listed), len(row.population) + len(listed)
    _complete(site, request, {"asked": asked, "population": whole, "listed": len(listed), "seed": row.seed})


def survey_results(site: Site, request: OpenRequest, _case: CaseCore) -> None:
    """What came back so far: of the rounds that the case asked for, or of a questionnaire within the last days."""
    procedure, company_id = str(request.parameters.get("procedure") or ""), request.company_id
    with site.database.reading(company_id) as connection:
        if procedure:
            since = site.now(company_id) - timedelta(days=int(request.parameters.get("days") or 0))
            asks = asks_since(connection, site.deployments, company_id, procedure, since)
        else:
            asks = asks_of(connection, site.deployments, company_id, rounds_of_case(connection, request.case_id))
    results = results_of(asks)
    answers = [answers_to_count(each) for each in asks if each.answered_at]
    counted = {"asked": results.asked, "answered": results.answered, "by_link": results.by_link, "open": results.open}
    _complete(site, request, {**counted, "rate": results.rate, "answers": answers})


def _survey(site: Site, company_id: str, procedure: str, survey_id: str) -> Survey:
    with site.database.reading(company_id) as connection:
        package = site.deployments.current(connection, company_id, procedure).package
    if survey_id not in package.surveys:
        raise NotFound("survey", f"{procedure}/{survey_id}")
    return package.surveys[survey_id]


def _drawn(site: Site, request: OpenRequest, case: CaseCore, procedure: str, survey: Survey) -> Round:
    company_id, now = request.company_id, site.now(request.company_id)
    since, until = time_of(survey, now, case.deployment.time_zone)
    seed = seed_of(site.secret, company_id, case.number, request.key)
    with site.database.reading(company_id) as connection:
        recent = now - survey.again_after if survey.again_after else None
        known = asked_about(connection, company_id, procedure, survey.id, since=recent)
        found = _facts(site, connection, company_id, Scope(survey.of, since, until, survey.dated)).values()
        drawn = sampled(survey, found, seed=seed, known=known)
    whom = (drawn.population, drawn.size, drawn.numbers)
    return Round(request.case_id, request.key, procedure, survey.id, since, until, seed, *whom)


def _asking(site: Site, request: OpenRequest, case: CaseCore) -> CaseFacts:
    """The case that asks as expressions see it for a customer on its list: `case` with number and title."""
    now, package = site.now(request.company_id).astimezone(case.deployment.time_zone), case.deployment.package
    context = {"case": {"number": case.number, "title": case.data.get(package.case.title)}}
    return CaseFacts(case.id, case.number, "", case.deployment, now, context, now=now, readable=context)


def _facts(site: Site, connection: sa.Connection, company_id: str, scope: Scope) -> Mapping[str, CaseFacts]:
    """The cases of *scope* by number, the latest first."""
    found = cases_in(connection, site.deployments, company_id, scope, now=site.now(company_id))
    return {each.number: each for each in found}


def _complete(site: Site, request: OpenRequest, result: Mapping[str, Any]) -> None:
    with site.acting(Actor.system(request.company_id)) as context:
        complete_service(context, request.case_id, request.key, result)
