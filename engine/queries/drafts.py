"""What a process owner sees: procedures, their versions with open cases, drafts and their saves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.deployments import Draft, draft_of
from engine.interpreter import CaseStatus
from engine.procedures.card import Card, card_from_json
from engine.tables import cases, deployments, draft_saves, procedures


@dataclass(frozen=True, slots=True)
class OwnedProcedure:
    """One procedure in the list of the workshop."""

    card: Card
    open_cases: int
    draft: Draft | None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a procedure that is or was in service."""

    version: int
    deployed_at: datetime
    deployed_by: str  #: login, or "system"
    open_cases: int


@dataclass(frozen=True, slots=True)
class Save:
    """One save of a draft that can be taken back to."""

    revision: int
    path: str  #: the file that was written, "" where the draft was begun or taken back
    restored: str  #: ``"version 3"`` or ``"save 17"``, "" for an ordinary save
    saved_at: datetime
    saved_by: str  #: login


def owned_procedures(connection: sa.Connection, company_id: str) -> tuple[OwnedProcedure, ...]:
    """The company's procedures in the order of their ids."""
    t = procedures.c
    statement = sa.select(t.procedure, t.card).where(t.company_id == company_id).order_by(t.procedure)
    open_cases = _open_cases(connection, company_id)
    return tuple(
        OwnedProcedure(
            card=card_from_json(row.card),
            open_cases=sum(number for (procedure, _), number in open_cases.items() if procedure == row.procedure),
            draft=draft_of(connection, company_id, row.procedure),
        )
        for row in connection.execute(statement)
    )


def versions_of(connection: sa.Connection, company_id: str, procedure: str) -> tuple[Version, ...]:
    """All versions of a procedure, the newest first."""
    t = deployments.c
    open_cases = _open_cases(connection, company_id)
    statement = (
        sa.select(t.id, t.version, t.deployed_at, t.deployed_by)
        .where(t.company_id == company_id, t.procedure == procedure)
        .order_by(t.version.desc())
    )
    return tuple(
        Version(row.version, row.deployed_at, row.deployed_by, open_cases.get((procedure, row.id), 0))
        for row in connection.execute(statement)
    )


def saves_of(connection: sa.Connection, company_id: str, procedure: str, *, limit: int) -> tuple[Save, ...]:
    """The newest saves of the procedure's draft, the newest first."""
    t = draft_saves.c
    statement = (
        sa.select(t.revision, t.path, t.restored, t.saved_at, t.saved_by)
        .where(t.company_id == company_id, t.procedure == procedure)
        .order_by(t.revision.desc())
        .limit(limit)
    )
    return tuple(Save(*row) for row in connection.execute(statement))


def _open_cases(connection: sa.Connection, company_id: str) -> Mapping[tuple[str, int], int]:
    """(procedure, deployment id) -> cases that run on it."""
    t = cases.c
    statement = (
        sa.select(t.procedure, t.deployment_id, sa.func.count().label("number"))
        .where(t.company_id == company_id, t.status == str(CaseStatus.OPEN))
        .group_by(t.procedure, t.deployment_id)
    )
    return {(row.procedure, row.deployment_id): row.number for row in connection.execute(statement)}
