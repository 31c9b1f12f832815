"""Who may do what with a task of a locked case: in which capacity, who has to keep out, which verbs its step has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from engine.commands.context import Context
from engine.commands.locking import LockedCase, LockedTask
from engine.commands.people import login_of
from engine.commands.recusals import recused_from
from engine.complaints import Barred, Capacity, capacity_to_act
from engine.deployments import Deployment
from engine.errors import AlreadyDone, NotPermitted
from engine.procedures.package import Package, StepRule, Verb
from engine.tables import errands, user_tasks

_NO_RULE: Final = StepRule()


def require_open(context: Context, task: LockedTask) -> None:
    """Raises AlreadyDone with who and when unless the task is open."""
    if task.status != "open":
        who = login_of(context, task.ended_by_id) if task.ended_by_id else None
        raise AlreadyDone("task", who, task.ended_at.isoformat() if task.ended_at else None)


def require_may_act(
    context: Context, case: LockedCase, task: LockedTask, deployment: Deployment, action: str
) -> Capacity:
    """As whom the actor works on the task. Raises NotPermitted."""
    barred = barred_from(context, case, task.element, deployment)
    found = capacity_to_act(context.actor, group=task.group, assignee_id=task.assignee_id, barred=barred)
    if found.refusal:
        by = (login_of(context, task.assignee_id) or "") if found.refusal == "claimed" else ""
        raise NotPermitted(action, found.refusal, by=by)
    return found


def require_verb(deployment: Deployment, element: str, verb: Verb) -> None:
    """Raises NotPermitted where the procedure does not let people do that with a task of *element*."""
    if verb not in deployment.package.verbs_of(element):
        raise NotPermitted(verb.value, "not-allowed-here")


def barred_from(context: Context, case: LockedCase, element: str, deployment: Deployment) -> Barred:
    """Who must have no hand in a task of *element*: whom the case is about, and whoever did what is kept separate."""
    return barred_of_task(context.connection, deployment.package, case.id, element)


def barred_of_task(connection: sa.Connection, package: Package, case_id: int, element: str) -> Barred:
    """Person id -> why that person has no hand in a task of *element*: ``"separated"`` or ``"recused"``.

    Asks the database nothing where the procedure wants neither.
    """
    apart = package.steps.get(element, _NO_RULE).separate_from
    barred = dict.fromkeys(hands_in(connection, case_id, apart), "separated") if apart else {}
    if package.work.respondent:
        barred |= dict.fromkeys(recused_from(connection, case_id), "recused")
    return barred


def hands_in(connection: sa.Connection, case_id: int, elements: Iterable[str]) -> frozenset[int]:
    """Ids of everyone who completed, answered or signed a task of one of *elements*, or was represented in that."""
    t, e = user_tasks.c, errands.c
    done = (t.case_id == case_id, t.element.in_(list(elements)))
    asked = sa.select(e.ended_by_id, e.ended_for_id).select_from(errands.join(user_tasks, t.id == e.task_id))
    rows = connection.execute(
        sa.union_all(
            sa.select(t.ended_by_id, t.ended_for_id).where(*done, t.status == "completed"),
            asked.where(
                *done,
                e.kind.in_(["delegation", "signature", "countersignature"]),
                e.status.in_(["done", "refused", "outdated"]),
            ),
        )
    )
    return frozenset(person for row in rows for person in row if person is not None)
