"""What is kept from whoever reads lists of cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from engine.complaints import CLEAR, Actor, Veil, capacity_to_act
from engine.deployments import DeploymentStore
from engine.procedures.confidential import rules_against, veil_over
from engine.tables import cases, user_tasks


def veils_over(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, of: Iterable[tuple[int, int]]
) -> Mapping[int, Veil]:
    """Case id -> its veil for *actor*; *of* are ids of cases and of their deployments. Cases kept from nobody miss.

    Asks the database nothing where no package keeps anything from the actor.
    """
    packages = {case_id: deployments.load(connection, deployment_id).package for case_id, deployment_id in of}
    veiled = [case_id for case_id, package in packages.items() if rules_against(package, actor)]
    if not veiled:
        return {}
    c = cases.c
    rows = connection.execute(sa.select(c.id, c.data, c.ended_at, c.received_at).where(c.id.in_(veiled))).all()
    steps = _steps(connection, actor, veiled)
    return {
        row.id: veil_over(
            packages[row.id],
            actor,
            row.data,
            closed=row.ended_at is not None,
            working_on=steps.get(row.id, ()),
            received_at=row.received_at,
        )
        for row in rows
    }


def veil_on(veils: Mapping[int, Veil], case_id: int) -> Veil:
    """The veil over that case."""
    return veils.get(case_id, CLEAR)


def _steps(connection: sa.Connection, actor: Actor, ids: list[int]) -> dict[int, list[str]]:
    """Case id -> the open steps that *actor* may work on there."""
    t = user_tasks.c
    statement = sa.select(t.case_id, t.element, t.group_id, t.assignee_id).where(t.case_id.in_(ids), t.status == "open")
    found: dict[int, list[str]] = {}
    for row in connection.execute(statement):
        if may_work_on(actor, row):
            found.setdefault(row.case_id, []).append(row.element)
    return found


def may_work_on(actor: Actor, task: Any) -> bool:
    """Whether the open *task* (with ``group_id`` and ``assignee_id``) is the actor's, or waits for their group."""
    return not capacity_to_act(actor, group=task.group_id, assignee_id=task.assignee_id).refusal
