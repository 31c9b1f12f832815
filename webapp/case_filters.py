"""What a list of cases is narrowed by, as addresses say it. The same for pages and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.deployments import Deployment
from engine.queries.people import names_of
from engine.queries.search import CaseFilter, State
from webapp.access import actor, site
from webapp.shell import own_time_zone, words

#: Names of what may be given, in the order of the form.
NAMES: Final = ("text", "status", "procedure", "step", "clause", "person", "outcome", "since", "until")
#: Those that the list shows only when asked for more.
MORE: Final = ("step", "clause", "person", "outcome", "since", "until")
_LONGEST: Final = 100

#: (value, words) of each choice of a select.
Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be chosen where the reader chooses; in the reader's words, ordered by them."""

    procedures: Choices
    steps: Choices
    clauses: Choices  #: value is "procedure/clause"
    outcomes: Choices
    people: Choices


def given_filters(arguments: Mapping[str, str]) -> dict[str, str]:
    """What *arguments* say, without what is empty or nobody's filter."""
    found = {name: arguments.get(name, "").strip()[:_LONGEST] for name in NAMES}
    return {name: value for name, value in found.items() if value}


def case_filter(connection: sa.Connection, given: Mapping[str, str]) -> CaseFilter:
    """*given* as the query takes it. What nobody knows narrows nothing."""
    zone = own_time_zone()
    status, clause = given.get("status", ""), given.get("clause", "")
    deployments = site().deployments.all_current(connection, actor().company_id) if clause else ()
    elements = _elements(deployments, clause) if clause else ()
    step = given.get("step", "")
    return CaseFilter(
        text=given.get("text", ""),
        state=State(status) if status in set(State) else None,
        procedure=given.get("procedure", "") or clause.partition("/")[0],
        outcome=given.get("outcome", ""),
        elements=(step,) if step else elements,
        person=given.get("person", ""),
        since=_midnight(given.get("since", ""), zone),
        until=_midnight(given.get("until", ""), zone, days=1),
    )


def choices(connection: sa.Connection, procedure: str) -> Choice:
    """What may be chosen for *procedure*, or for all."""
    company_id = actor().company_id
    deployments = site().deployments.all_current(connection, company_id)
    chosen = [found for found in deployments if procedure in {"", found.package.id}]
    packages = [found.package for found in chosen]
    people = {login: words(name) for login, name in names_of(connection, company_id).items()}
    return Choice(
        procedures=[(found.package.id, words(found.package.title)) for found in deployments],
        steps=_steps(chosen),
        clauses=[
            (f"{package.id}/{clause.id}", f"{clause.reference} {words(clause.summary)}")
            for package in packages
            for clause in package.clauses
            if clause.element
        ],
        outcomes=_sorted({end: words(said) for package in packages for end, said in package.outcomes.items()}),
        people=_sorted(people),
    )


def _steps(deployments: Sequence[Deployment]) -> Choices:
    """The steps that people do."""
    return _sorted(
        {
            element.id: words(found.package.element_names.get(element.id, {})) or element.id
            for found in deployments
            for element in found.definition.elements.values()
            if element.kind in {"userTask", "manualTask"}
        }
    )


def _sorted(named: Mapping[str, str]) -> Choices:
    return sorted(named.items(), key=lambda choice: choice[1])


def _elements(deployments: Sequence[Deployment], clause: str) -> tuple[str, ...]:
    """The steps that carry out that clause; one that is no step where there is none."""
    procedure, _, name = clause.partition("/")
    found = [
        element
        for deployment in deployments
        for known in deployment.package.clauses
        if (deployment.package.id, known.id) == (procedure, name)
        for element in known.element
    ]
    return tuple(found) or ("",)


def _midnight(day: str, zone: ZoneInfo, *, days: int = 0) -> datetime | None:
    """The beginning of that day, or of one so many *days* later; None for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=days), time(), zone)
    except (ValueError, OverflowError):
        return None
