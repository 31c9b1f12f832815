"""What surveys asked, and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.deployments import Deployment, DeploymentStore
from engine.errors import NotFound
from engine.forms.model import ChoiceField, NumberField, YesNoField
from engine.queries.recusals import not_about
from engine.tables import cases, survey_asks, survey_rounds, user_tasks
from engine.text import Text

#: Rounds on one page, the latest.
MOST: Final = 100
#: Begins what stands in the place of a case's number for a customer on a list; no number of a case begins so.
_LINE: Final = "#"


@dataclass(frozen=True, slots=True)
class KeptRound:
    id: int
    title: Text  #: of its survey, {} when no version has it any more
    procedure: str
    survey: str
    asked_by: str  #: number of the case that asked for it
    since: datetime
    until: datetime
    seed: str
    size: int
    population: int  #: cases it was drawn from
    listed: int  #: customers whom the case that asked for it named itself
    drawn: tuple[str, ...]
    drawn_at: datetime
    results: Results


@dataclass(frozen=True, slots=True)
class Results:
    """What came back. Shares are made by whoever shows them, so that they can say of what."""

    asked: int
    answered: int
    by_link: int  #: of these by the customers themselves
    open: int  #: may still be answered

    @property
    def rate(self) -> float | None:
        """Percent that were answered, to two places; None where nobody was asked."""
        return round(100 * self.answered / self.asked, 2) if self.asked else None


@dataclass(frozen=True, slots=True)
class Ask:
    """One customer who was asked."""

    about: str  #: number of the case it is about; of a customer on a list that of the case with the list
    listed: bool  #: whether the customer stood on a list
    number: str  #: of the case that asks
    title: str
    started_at: datetime
    ended_at: datetime | None
    answered_at: datetime | None
    by_link: bool
    data: Mapping[str, Any]
    deployment: Deployment


def round_of_request(connection: sa.Connection, case_id: int, key: str) -> Any | None:
    """The row of the round that a service request drew, None before."""
    t = survey_rounds.c
    return connection.execute(sa.select(survey_rounds).where(t.case_id == case_id, t.key == key)).one_or_none()


def asked_about(
    connection: sa.Connection, company_id: str, procedure: str, survey: str, *, since: datetime | None
) -> frozenset[str]:
    """The cases that a survey asked about, from *since* on."""
    r, a = survey_rounds.c, survey_asks.c
    where = [r.company_id == company_id, r.procedure == procedure, r.survey == survey]
    if since:
        where.append(r.drawn_at >= since)
    joined = survey_asks.join(survey_rounds, r.id == a.round_id)
    return frozenset(connection.execute(sa.select(a.number).select_from(joined).where(*where)).scalars())


def latest_rounds(connection: sa.Connection, store: DeploymentStore, company_id: str) -> tuple[KeptRound, ...]:
    """The latest rounds of the company."""
    t = survey_rounds.c
    rows = connection.execute(
        _ROUNDS.where(t.company_id == company_id).order_by(t.drawn_at.desc(), t.id.desc()).limit(MOST)
    ).all()
    return _kept(connection, store, company_id, rows)


def round_by_id(connection: sa.Connection, store: DeploymentStore, company_id: str, round_id: int) -> KeptRound:
    """Raises NotFound."""
    t = survey_rounds.c
    rows = connection.execute(_ROUNDS.where(t.company_id == company_id, t.id == round_id)).all()
    if not rows:
        raise NotFound("survey", round_id)
    return _kept(connection, store, company_id, rows)[0]


def asks_of(
    connection: sa.Connection,
    store: DeploymentStore,
    company_id: str,
    round_ids: Sequence[int],
    *,
    reader: Actor | None = None,
) -> tuple[Ask, ...]:
    """Every customer whom the rounds asked, in the order they were; *reader* finds no case that is about them."""
    c, a = cases.c, survey_asks.c
    asking = cases.alias("asking")
    line = a.number.startswith(_LINE, autoescape=True)
    about = sa.case((line, asking.c.number), else_=a.number).label("about")
    joined = survey_asks.join(cases, c.id == a.case_id).join(survey_rounds, survey_rounds.c.id == a.round_id)
    joined = joined.join(asking, asking.c.id == survey_rounds.c.case_id)
    statement = sa.select(*_ASKED, about, line.label("listed")).select_from(joined)
    where = [a.company_id == company_id, a.round_id.in_(list(round_ids))]
    if reader:
        where.append(not_about(reader, c.id))
    return _asks(connection, store, connection.execute(statement.where(*where).order_by(a.id)).all())


def asks_since(
    connection: sa.Connection, store: DeploymentStore, company_id: str, procedure: str, since: datetime
) -> tuple[Ask, ...]:
    """Every customer whom cases of *procedure* asked that began at *since* or later, whoever began them."""
    c = cases.c
    statement = sa.select(*_ASKED, sa.literal("").label("about"), sa.false().label("listed"))
    where = (c.company_id == company_id, c.procedure == procedure, c.started_at >= since)
    return _asks(connection, store, connection.execute(statement.where(*where).order_by(c.id)).all())


def list_line(position: int) -> str:
    """By what a customer is known in a round who stood on the list of the case that asked."""
    return f"{_LINE}{position}"


def results_of(asks: Iterable[Ask]) -> Results:
    found = list(asks)
    answered = [ask for ask in found if ask.answered_at]
    waiting = [ask for ask in found if not ask.answered_at and ask.ended_at is None]
    return Results(len(found), len(answered), sum(ask.by_link for ask in answered), len(waiting))


def answers_to_count(ask: Ask) -> dict[str, Any]:
    """What of the customer's answers can be counted: choices, numbers, yes and no; nothing personal, no words."""
    return {field.id: ask.data.get(field.id) for field in counted_fields(ask.deployment)}


def counted_fields(deployment: Deployment) -> tuple[ChoiceField | NumberField | YesNoField, ...]:
    """The questions whose answers can be counted."""
    package, elements = deployment.package, deployment.definition.elements
    names = [elements[each].form for each in package.customer.fills if each in elements]
    fields = [field for name in names if name in package.forms for field in package.forms[name].fields]
    return tuple(
        field for field in fields if isinstance(field, ChoiceField | NumberField | YesNoField) and not field.personal
    )


def rounds_of_case(connection: sa.Connection, case_id: int) -> tuple[int, ...]:
    """The ids of the rounds that a case asked for."""
    return tuple(connection.execute(sa.select(survey_rounds.c.id).where(survey_rounds.c.case_id == case_id)).scalars())


def _kept(
    connection: sa.Connection, store: DeploymentStore, company_id: str, rows: Sequence[Any]
) -> tuple[KeptRound, ...]:
    titles = {
        (deployment.package.id, survey.id): survey.title
        for deployment in store.all_current(connection, company_id)
        for survey in deployment.package.surveys.values()
    }
    return tuple(
        KeptRound(
            id=row.id,
            title=titles.get((row.procedure, row.survey), {}),
            procedure=row.procedure,
            survey=row.survey,
            asked_by=row.asked_by,
            since=row.since,
            until=row.until,
            seed=row.seed,
            size=row.size,
            population=len(row.population),
            listed=sum(ask.listed for ask in asks),
            drawn=tuple(row.drawn),
            drawn_at=row.drawn_at,
            results=results_of(asks),
        )
        for row in rows
        for asks in [asks_of(connection, store, company_id, [row.id])]
    )


def _asks(connection: sa.Connection, store: DeploymentStore, rows: Sequence[Any]) -> tuple[Ask, ...]:
    done = _answers(connection, [row.id for row in rows])
    return tuple(_ask(store.load(connection, row.deployment_id), row, done.get(row.id, ())) for row in rows)


def _answers(connection: sa.Connection, ids: Sequence[int]) -> Mapping[int, Sequence[Any]]:
    t = user_tasks.c
    found: dict[int, list[Any]] = {}
    columns = (t.case_id, t.element, t.ended_at, t.ended_by_id)
    done = sa.select(*columns).where(t.case_id.in_(ids), t.status == "completed").order_by(t.id)
    for row in connection.execute(done):
        found.setdefault(row.case_id, []).append(row)
    return found


def _ask(deployment: Deployment, row: Any, done: Sequence[Any]) -> Ask:
    answer = next((each for each in done if each.element in deployment.package.customer.fills), None)
    return Ask(
        about=row.about,
        listed=bool(row.listed),
        number=row.number,
        title=row.title,
        started_at=row.started_at,
        ended_at=row.ended_at,
        answered_at=answer.ended_at if answer else None,
        by_link=answer is not None and answer.ended_by_id is None,
        data=row.data,
        deployment=deployment,
    )


_C = cases.c
_ASKED: Final = (_C.id, _C.number, _C.title, _C.started_at, _C.ended_at, _C.data, _C.deployment_id)
_ROUNDS: Final = sa.select(survey_rounds, cases.c.number.label("asked_by")).select_from(
    survey_rounds.join(cases, cases.c.id == survey_rounds.c.case_id)
)
