"""Rounds of surveys: whom they ask, and the case that asks each customer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.cases import Started, start_with
from engine.commands.context import Context
from engine.commands.locking import lock_case
from engine.commands.steps import record
from engine.database import insert_for
from engine.history.chain import canonical
from engine.tables import survey_asks, survey_rounds

_SEED_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Round:
    """One time that a survey asks customers."""

    case_id: int  #: that asked for it
    key: str  #: of its service request
    procedure: str  #: whose cases ask the customers
    survey: str
    since: datetime
    until: datetime
    seed: str
    population: Sequence[tuple[str, Sequence[str]]]  #: number, its kind; by number
    size: int  #: how many were to be drawn
    drawn: Sequence[str]


def seed_of(secret: bytes, company_id: str, number: str, key: str) -> str:
    """A seed that nobody can know or choose before the round is drawn, and the same whenever its job is done again."""
    said = canonical(["survey", company_id, number, key])
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()[:_SEED_LENGTH]


def keep_round(context: Context, found: Round) -> int | None:
    """Write down what was drawn, in the history of the case that asked for it, too; its id, None when it is there."""
    case = lock_case(context, found.case_id)
    population = [[number, list(kind)] for number, kind in found.population]
    row = {
        "company_id": context.actor.company_id,
        "case_id": found.case_id,
        "key": found.key,
        "procedure": found.procedure,
        "survey": found.survey,
        "since": found.since,
        "until": found.until,
        "seed": found.seed,
        "size": found.size,
        "population": population,
        "drawn": list(found.drawn),
        "drawn_at": context.now,
    }
    insert = insert_for(context.connection.dialect.name, survey_rounds).values(row)
    added = context.connection.execute(insert.on_conflict_do_nothing().returning(survey_rounds.c.id)).scalar()
    if added is None:
        return None
    digest = hashlib.sha256(canonical(population).encode()).hexdigest()
    body = {
        "survey": found.survey,
        "procedure": found.procedure,
        "seed": found.seed,
        "size": found.size,
        "drawn": list(found.drawn),
        "population": {"cases": len(population), "digest": digest},
    }
    record(context, case, context.entry(CaseAction.DRAW_SURVEY, found.key, body))
    return int(added)


def ask(context: Context, round_id: int, number: str, procedure: str, data: Mapping[str, Any]) -> Started | None:
    """Start the case that asks a customer about the case *number*; None when the round has asked about it before.

    Raises NotFound, ProcedureFailed.
    """
    t = survey_asks.c
    known = sa.select(t.id).where(t.round_id == round_id, t.number == number)
    if context.connection.execute(known).first() is not None:
        return None
    deployment = context.deployments.current(context.connection, context.actor.company_id, procedure)
    entry = context.entry(CaseAction.START_BY_SURVEY, number, {"round": round_id})
    started = start_with(context, deployment, data, entry=entry)
    row = {"company_id": context.actor.company_id, "round_id": round_id, "number": number, "case_id": started.case_id}
    context.connection.execute(sa.insert(survey_asks).values(row))
    return started
