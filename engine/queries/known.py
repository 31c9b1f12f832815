"""What is known already while a complaint comes in: earlier cases of who complains, and open ones that say the same.

Both read a bounded number of cases, however many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import log
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor, Veil, caller_number
from engine.deployments import Deployment, DeploymentStore
from engine.forms import TextAreaField, TextField
from engine.queries.recusals import not_about
from engine.queries.veils import veil_on, veils_over
from engine.search.grams import folded, pairs, words_with_digits
from engine.tables import case_links, cases, people
from engine.text import Text

#: Open cases, the newest first, that are compared with what is typed.
_COMPARED: Final = 300
#: Cases of one caller that are listed.
_MOST: Final = 20
#: Cases that say the same that are listed.
_SIMILAR: Final = 5
#: How much of what the shorter one says, rare words counting more, has to stand in the other one.
_ALIKE: Final = 0.2
#: Pieces that have to be common to both.
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A case that somebody who registers a complaint should know of."""

    id: int
    number: str
    title: str
    customer: str
    procedure: str
    procedure_title: Text
    status: str
    outcome: Text
    received_at: datetime
    ended_at: datetime | None
    data: Mapping[str, Any]
    joined: bool  #: to another case
    same: tuple[str, ...] = ()  #: numbers of orders, rooms, goods that both say


@dataclass(frozen=True, slots=True)
class CaseRelation:
    """How a case has to do with another one, seen from the first."""

    kind: str  #: LinkKind
    first: bool  #: whether this one was joined, split off or linked, and not the other one
    number: str  #: of the other one
    title: str
    status: str
    ended_at: datetime | None
    reason: str
    made_at: datetime
    made_by: str  #: login
    corrective: bool  #: whether the other one is a corrective action


def cases_of_caller(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, number: str, *, but: int | None = None
) -> tuple[KnownCase, ...]:
    """Cases of whoever has that telephone number, open ones first, then the newest; *but* one of them.

    Those whose number is kept from *actor* are left out: finding them by it would say whose they are.
    """
    caller = caller_number(number)
    if not caller:
        return ()
    c = cases.c
    scope = [c.company_id == actor.company_id, c.caller == caller, c.caller != sa.text("''"), c.id != (but or 0)]
    rows = _rows(connection, actor, scope, ordering=[c.ended_at.is_not(None), c.id.desc()], limit=_MOST)
    veils = veils_over(connection, deployments, actor, [(row.id, row.deployment_id) for row in rows])
    return tuple(
        _known(connection, deployments, row, veil_on(veils, row.id))
        for row in rows
        if veil_on(veils, row.id).names.isdisjoint(deployments.load(connection, row.deployment_id).caller_fields)
    )


def similar_cases(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    said: Sequence[str],
    *,
    but: Collection[str] = (),
) -> tuple[KnownCase, ...]:
    """Open cases that say much the same as the texts *said*, the most alike first; numbers *but* are left out."""
    typed = "\n".join(said)
    wanted, codes = pairs(typed), words_with_digits(typed)
    if len(wanted) < _FEWEST and not codes:
        return ()
    c = cases.c
    scope = [c.company_id == actor.company_id, c.ended_at.is_(None), c.number.not_in(but)]
    rows = _rows(connection, actor, scope, ordering=[c.started_at.desc(), c.id.desc()], limit=_COMPARED)
    veils = veils_over(connection, deployments, actor, [(row.id, row.deployment_id) for row in rows])
    texts = [
        _told(deployments.load(connection, row.deployment_id), veil_on(veils, row.id).known(row.data)) for row in rows
    ]
    others = [pairs(text) for text in texts]
    weights = _weights(wanted, others)
    found = []
    for row, text, other in zip(rows, texts, others, strict=True):
        plain = folded(text)
        same = tuple(code for code in codes if code in plain)
        alike = _alike(wanted, other, weights)
        if same or alike >= _ALIKE:
            found.append((bool(same), alike, row, same))
    found.sort(key=lambda each: (each[0], each[1], each[2].id), reverse=True)
    return tuple(
        _known(connection, deployments, row, veil_on(veils, row.id), same) for _, _, row, same in found[:_SIMILAR]
    )


def relations_of(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, case_id: int
) -> tuple[CaseRelation, ...]:
    """The cases that *case_id* has to do with, the latest said first; those about *actor* are left out."""
    t = case_links.c
    first = t.case_id == case_id
    other = sa.case((first, t.other_id), else_=t.case_id)
    rows = connection.execute(
        sa.select(
            t.kind, first.label("first"), t.reason, t.made_at, cases.c.id, cases.c.deployment_id, cases.c.number,
            cases.c.title, cases.c.status, cases.c.ended_at, people.c.login,
        )
        .select_from(case_links.join(cases, cases.c.id == other).join(people, people.c.id == t.made_by_id))
        .where(sa.or_(first, t.other_id == case_id), t.ended_at.is_(None), not_about(actor, cases.c.id))
        .order_by(t.id.desc())
    ).all()  # fmt: skip
    veils = veils_over(connection, deployments, actor, [(row.id, row.deployment_id) for row in rows])
    return tuple(
        CaseRelation(
            kind=row.kind,
            first=bool(row.first),
            number=row.number,
            title=veil_on(veils, row.id).text(row.title),
            status=row.status,
            ended_at=row.ended_at,
            reason=veil_on(veils, row.id).text(row.reason),
            made_at=row.made_at,
            made_by=row.login,
            corrective=deployments.load(connection, row.deployment_id).package.corrective is not None,
        )
        for row in rows
    )


@cache
def repeats() -> sa.ScalarSelect[Any]:
    """How many earlier cases whoever complained in a row of ``cases`` has, for a list of cases."""
    earlier, c = cases.alias("earlier"), cases.c
    same = (earlier.c.company_id == c.company_id, earlier.c.caller == c.caller, earlier.c.caller != sa.text("''"))
    return sa.select(sa.func.count()).where(*same, earlier.c.id < c.id).correlate(cases).scalar_subquery()


@cache
def is_joined() -> sa.ColumnElement[bool]:
    """Whether a row of ``cases`` was joined to another case."""
    t = case_links.c
    return sa.exists().where(t.case_id == cases.c.id, t.kind == "joined", t.ended_at.is_(None))


def told_fields(deployment: Deployment) -> tuple[str, ...]:
    """The answers of the intake forms in which people tell what happened: texts that name nobody."""
    begin, forms = deployment.package.start, deployment.package.forms
    names = dict.fromkeys(
        one.id
        for form in (begin.form, begin.public_form)
        if form in forms
        for one in forms[form].fields
        if isinstance(one, TextField | TextAreaField) and not one.personal
    )
    return tuple(names)


def _told(deployment: Deployment, data: Mapping[str, Any]) -> str:
    return "\n".join(str(data[name]) for name in told_fields(deployment) if data.get(name))


def _weights(wanted: Collection[str], others: Sequence[Collection[str]]) -> Mapping[str, float]:
    """How much each piece says: what stands in every other case says little."""
    among = Counter(piece for other in others for piece in other)
    return {piece: log(1 + len(others) / max(among[piece], 1)) for piece in {*wanted, *among}}


def _alike(wanted: set[str], other: set[str], weights: Mapping[str, float]) -> float:
    common = wanted & other
    if len(common) < _FEWEST:
        return 0
    return _sum(common, weights) / min(_sum(wanted, weights), _sum(other, weights))


def _sum(pieces: Iterable[str], weights: Mapping[str, float]) -> float:
    return sum(weights[piece] for piece in pieces)


def _rows(
    connection: sa.Connection, actor: Actor, scope: Sequence[Any], *, ordering: Sequence[Any], limit: int
) -> Sequence[Any]:
    statement = (
        sa.select(*_COLUMNS, is_joined().label("joined"))
        .where(*scope, not_about(actor, cases.c.id))
        .order_by(*ordering)
        .limit(limit)
    )
    return connection.execute(statement).all()


_COLUMNS: Final = tuple(
    cases.c[name]
    for name in (
        "id", "number", "title", "customer", "procedure", "deployment_id", "status", "outcome", "received_at",
        "ended_at", "data",
    )
)  # fmt: skip


def _known(
    connection: sa.Connection, deployments: DeploymentStore, row: Any, veil: Veil, same: tuple[str, ...] = ()
) -> KnownCase:
    package = deployments.load(connection, row.deployment_id).package
    return KnownCase(
        id=row.id,
        number=row.number,
        title=veil.value(package.case.title, row.title),
        customer=veil.value(package.case.customer, row.customer),
        procedure=row.procedure,
        procedure_title=package.title,
        status=row.status,
        outcome=package.outcomes.get(row.outcome, {}),
        received_at=row.received_at,
        ended_at=row.ended_at,
        data=veil.known(row.data),
        joined=bool(row.joined),
        same=same,
    )
