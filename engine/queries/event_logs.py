"""What happened in cases, as programs that look for patterns read it: one line for each step that was done.

Nothing personal of customers is in it: no texts, no fields that their forms call personal, no titles. Who did a step is
named by login, as the history names them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.deployments import Deployment, DeploymentStore
from engine.forms.model import ChoiceField, DateField, NumberField, YesNoField, answered
from engine.interpreter import FactKind
from engine.tables import cases, history_events, messages
from engine.text import Text, in_language

#: Cases read at once.
_BATCH: Final = 200
#: What a token leaves without anybody or anything having done a step.
_NO_STEPS: Final = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
#: Kinds of facts that are steps, and what XES calls the moment in their life.
_STEPS: Final[Mapping[str, str]] = {
    FactKind.LEFT: "complete",
    FactKind.ENDED: "complete",
    FactKind.SKIPPED: "manualskip",
    FactKind.CANCELLED: "withdraw",
}
_PLAIN: Final = (ChoiceField, NumberField, DateField, YesNoField)

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases: of *procedure*, "" = all, received from *since* on and before *until*."""

    procedure: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class LoggedStep:
    """One step of a case."""

    id: str  #: ``NUMBER/SEQ.PLACE``: event of its history, and place among its facts
    at: datetime
    activity: str  #: name of the element in the company's language, its id where it has none
    element: str
    key: str  #: of the visit, "" where it has none
    person: str  #: login, "customer", "system" or "schedule"
    on_behalf_of: str
    transition: str  #: life cycle of XES: complete, manualskip, withdraw


@dataclass(frozen=True, slots=True)
class LoggedCase:
    """One case with its steps in order."""

    number: str
    procedure: str
    version: int
    status: str
    outcome: str
    received_at: datetime
    ended_at: datetime | None
    attributes: Mapping[str, Scalar]  #: answers that were chosen, counted or dated
    told: tuple[str, ...]  #: numbers of the cases that took a message of it
    steps: tuple[LoggedStep, ...]


def how_many(connection: sa.Connection, company_id: str, wanted: Wanted) -> int:
    """How many cases that are."""
    where = _chosen(company_id, wanted)
    return int(connection.execute(sa.select(sa.func.count()).select_from(cases).where(*where)).scalar_one())


def logged_cases(
    connection: sa.Connection, deployments: DeploymentStore, company_id: str, wanted: Wanted
) -> Iterator[LoggedCase]:
    """The same cases, the oldest first, batch by batch."""
    c, last = cases.c, 0
    columns = (c.id, c.number, c.procedure, c.deployment_id, c.status, c.outcome, c.data, c.received_at, c.ended_at)
    statement = sa.select(*columns).where(*_chosen(company_id, wanted)).order_by(c.id).limit(_BATCH)
    while rows := connection.execute(statement.where(c.id > last)).all():
        ids = [row.id for row in rows]
        steps, told = _events(connection, company_id, ids), _told(connection, company_id, ids)
        for row in rows:
            deployment = deployments.load(connection, row.deployment_id)
            yield LoggedCase(
                number=row.number,
                procedure=row.procedure,
                version=deployment.version,
                status=row.status,
                outcome=row.outcome,
                received_at=row.received_at,
                ended_at=row.ended_at,
                attributes=_attributes(deployment, row.data),
                told=tuple(told[row.id]),
                steps=tuple(_steps(deployment, row.number, steps[row.id])),
            )
        last = ids[-1]


def _chosen(company_id: str, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    c = cases.c
    where = [c.company_id == company_id, c.received_at >= wanted.since, c.received_at < wanted.until]
    return [*where, c.procedure == wanted.procedure] if wanted.procedure else where


def _events(connection: sa.Connection, company_id: str, ids: Sequence[int]) -> Mapping[int, list[Any]]:
    e = history_events.c
    columns = (e.stream, e.seq, e.at, e.actor, e.on_behalf_of, e.body)
    where = (e.company_id == company_id, e.stream.in_(ids), e.action != "read_case")
    found = defaultdict(list)
    for row in connection.execute(sa.select(*columns).where(*where).order_by(e.stream, e.seq)):
        found[row.stream].append(row)
    return found


def _told(connection: sa.Connection, company_id: str, ids: Sequence[int]) -> Mapping[int, list[str]]:
    m = messages.c
    taken = sa.select(m.sender_case_id, cases.c.number).select_from(sa.join(messages, cases, m.case_id == cases.c.id))
    where = (m.company_id == company_id, m.sender_case_id.in_(ids))
    found = defaultdict(list)
    for sender, number in connection.execute(taken.where(*where).order_by(m.id)):
        found[sender].append(number)
    return found


def _attributes(deployment: Deployment, data: Mapping[str, Any]) -> Mapping[str, Scalar]:
    plain = {
        path
        for form in deployment.package.forms.values()
        for path, field in answered(form)
        if isinstance(field, _PLAIN) and not field.personal
    } - deployment.personal_names
    found = ((name, data.get(name)) for name in sorted(plain))
    return {name: value for name, value in found if isinstance(value, Scalar) and value != ""}


def _steps(deployment: Deployment, number: str, events: Sequence[Any]) -> Iterator[LoggedStep]:
    elements = deployment.definition.elements
    language = deployment.package.company.language
    for event in events:
        for place, fact in enumerate(orjson.loads(event.body).get("facts", ()), start=1):
            kind, element, key = (*fact[:3], "", "")[:3]
            known = elements.get(element)
            if kind not in _STEPS or (known is not None and known.kind in _NO_STEPS):
                continue
            yield LoggedStep(
                id=f"{number}/{event.seq}.{place}",
                at=event.at,
                activity=_name(deployment.package.element_names.get(element, {}), language) or element,
                element=element,
                key=key,
                person=event.actor,
                on_behalf_of=event.on_behalf_of,
                transition=_STEPS[kind],
            )


def _name(name: Text, language: str) -> str:
    return in_language(name, language) if name else ""
