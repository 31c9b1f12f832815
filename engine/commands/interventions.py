"""What an administrator does to a running case from outside its diagram, each with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from engine.commands.acting_instead import passed_on
from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.errors import ProcedureFailed
from engine.commands.locking import LockedCase, lock_case
from engine.commands.reasons import require_reason
from engine.commands.retries import let_go_on
from engine.commands.steps import apply_step
from engine.deployments import Deployment
from engine.errors import NotPermitted
from engine.interpreter import (
    CancelBranch,
    Migrate,
    MoveToken,
    Operation,
    Resume,
    Skip,
    Step,
    Suspend,
    migrate,
)
from engine.tables import cases, user_tasks

_ACTIONS: Final[Mapping[type[Operation], CaseAction]] = {
    MoveToken: CaseAction.MOVE_TOKEN,
    Skip: CaseAction.SKIP_STEP,
    CancelBranch: CaseAction.CANCEL_BRANCH,
    Suspend: CaseAction.SUSPEND_CASE,
    Resume: CaseAction.RESUME_CASE,
}


def intervene(context: Context, case_id: int, operation: Operation) -> Step:
    """Carry out *operation*; open incidents of the case count as attended to.

    Raises NotFound, NotPermitted unless the actor is an administrator, AnswersInvalid without a reason,
    OperationRefused, CaseEnded, ProcedureFailed.
    """
    action = _ACTIONS[type(operation)]
    _require_administrator(context, action)
    require_reason(operation.reason)
    case = lock_case(context, case_id)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    step = context.step(deployment, case.state, operation, context.calendars(case.calendar))
    _write(context, case, deployment, operation, step, action=action, subject=getattr(operation, "key", ""))
    return step


def migrate_case(
    context: Context,
    case_id: int,
    *,
    version: int,
    mapping: Mapping[str, str],
    reason: str,
    keep_limits: bool = False,
) -> Step:
    """Let the case go on in another version of its procedure; see `engine.interpreter.migrate`.

    Running time limits are counted again by that version's rules, unless *keep_limits*.

    Raises as `intervene` does, and MigrationRefused with everything that has no place there.
    """
    _require_administrator(context, CaseAction.MIGRATE_CASE)
    require_reason(reason)
    case = lock_case(context, case_id)
    source, target = _versions(context, case, version)
    request = Migrate(target.definition.fingerprint, mapping, reason, keep_limits=keep_limits)
    calendars = context.calendars(case.calendar)
    step = migrate(source.definition, target.definition, case.state, request, now=context.now, calendars=calendars)
    _write(context, case, target, request, step, action=CaseAction.MIGRATE_CASE, subject=f"{source.version}>{version}")
    context.connection.execute(sa.update(cases).where(cases.c.id == case.id).values(deployment_id=target.id))
    for task in step.open_tasks:
        on = passed_on(context, target.package, case.id, task) if "." in task.group else None
        context.connection.execute(
            sa.update(user_tasks)
            .where(user_tasks.c.case_id == case.id, user_tasks.c.key == task.key)
            .values(element=task.element, form=task.form, group_id=on.to if on else task.group, deadline=task.deadline)
        )
    return step


def _versions(context: Context, case: LockedCase, version: int) -> tuple[Deployment, Deployment]:
    """The version the case runs on, and the other one of the same procedure."""
    source = context.deployments.load(context.connection, case.deployment_id)
    company, procedure = context.actor.company_id, source.package.id
    return source, context.deployments.version(context.connection, company, procedure, version)


def _write(
    context: Context,
    case: LockedCase,
    deployment: Deployment,
    request: Operation | Migrate,
    step: Step,
    *,
    action: CaseAction,
    subject: str,
) -> None:
    if step.fault:
        raise ProcedureFailed(step.fault)
    apply_step(context, case, deployment, request=request, step=step, entry=context.entry(action, subject))
    let_go_on(context, case)


def _require_administrator(context: Context, action: CaseAction) -> None:
    if not context.actor.administrator:
        raise NotPermitted(action.value, "not-an-administrator")
