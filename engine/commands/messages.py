"""Messages from outside, delivered to the case that waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.errors import ProcedureFailed
from engine.commands.idempotency import NO_KEY, RequestKey, recall, remember
from engine.commands.locking import lock_case
from engine.commands.steps import apply_step
from engine.errors import NotFound
from engine.interpreter import MessageNotExpected, ReceiveMessage, advance
from engine.tables import cases


def receive_message(
    context: Context,
    name: str,
    *,
    correlation: Mapping[str, Any],
    data: Mapping[str, Any],
    idempotency_key: RequestKey = NO_KEY,
) -> tuple[str, str]:
    """Deliver a message; number and status of the case that took it.

    ``correlation["case"]`` may name the case; else every open case of the company is asked, the oldest first. Raises
    NotFound when none waits for it, ProcedureFailed.
    """
    if idempotency_key and (answer := recall(context, idempotency_key)) is not None:
        return answer["case"], answer["status"]
    properties = {key: value for key, value in correlation.items() if key != "case"}
    request = ReceiveMessage(name, properties, data)
    for case_id in _candidates(context, correlation.get("case")):
        case = lock_case(context, case_id)
        deployment = context.deployments.load(context.connection, case.deployment_id)
        try:
            step = advance(deployment.definition, case.state, request, now=context.now, calendar=deployment.calendar)
        except MessageNotExpected:
            continue
        if step.fault:
            raise ProcedureFailed(step.fault)
        entry = context.entry(CaseAction.RECEIVE_MESSAGE, name)
        apply_step(context, case, deployment, request=request, step=step, entry=entry)
        if idempotency_key:
            remember(context, idempotency_key, {"case": case.number, "status": str(step.status)})
        return case.number, str(step.status)
    raise NotFound("case that waits for message", name)


def _candidates(context: Context, number: Any) -> list[int]:
    c = cases.c
    where = [c.company_id == context.actor.company_id, c.status == "open"]
    if number is not None:
        where.append(c.number == str(number))
    return list(context.connection.execute(sa.select(c.id).where(*where).order_by(c.id)).scalars())
