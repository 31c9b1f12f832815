"""What people do to the time limits of a running case: stop, let go on, ask for more time, grant it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.attachments import attach_to_case
from engine.commands.context import Context
from engine.commands.errors import ProcedureFailed
from engine.commands.idempotency import NO_KEY, RequestKey, recall, remember
from engine.commands.locking import LockedCase, lock_case
from engine.commands.people import login_of
from engine.commands.reasons import reason_errors, require_reason
from engine.commands.steps import apply_step, record
from engine.deployments import Deployment
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.interpreter import ClockOperation, ExtendClock, OperationRefused, PauseClock, ResumeClock
from engine.jobs import Job
from engine.procedures.package import DeadlineRule, ExtensionRule
from engine.tables import clocks, extensions, user_tasks

#: Kind of the job that writes a letter nobody in the diagram asked for.
LETTER_JOB: Final = "letter"
_RUNNING: Final = clocks.c.stopped_at.is_(None)


@dataclass(frozen=True, slots=True)
class Extension:
    """A request for more time, and what became of it."""

    id: int
    status: str  #: asked, granted or refused


def pause_clock(context: Context, case_id: int, deadline: str, *, reason: str, evidence: Sequence[str] = ()) -> None:
    """Let a running clock stand; *evidence* are ids of uploads that show why.

    Raises NotFound, NotPermitted, AnswersInvalid without a reason, OperationRefused, CaseEnded, CaseSuspended.
    """
    require_reason(reason)
    case, deployment, rule = _taken(context, case_id, deadline)
    _require_may_pause(context, rule, CaseAction.PAUSE_CLOCK)
    attach_to_case(context, case.id, evidence)
    operation = PauseClock(deadline, _signed(context, reason))
    _carry_out(context, case, deployment, operation, action=CaseAction.PAUSE_CLOCK, body={"evidence": list(evidence)})


def resume_clock(context: Context, case_id: int, deadline: str, *, reason: str) -> None:
    """Let a clock go on that somebody stopped. Raises as `pause_clock` does."""
    require_reason(reason)
    case, deployment, rule = _taken(context, case_id, deadline)
    _require_may_pause(context, rule, CaseAction.RESUME_CLOCK)
    operation = ResumeClock(deadline, _signed(context, reason))
    _carry_out(context, case, deployment, operation, action=CaseAction.RESUME_CLOCK, body={})


def ask_for_extension(
    context: Context, case_id: int, deadline: str, *, amount: str, reason: str, idempotency_key: RequestKey = NO_KEY
) -> Extension:
    """Ask for *amount* more, in the deadline's unit; granted at once where the procedure wants nobody's approval.

    The same *idempotency_key* gives the same answer without asking again.
    Raises NotFound, NotPermitted, AnswersInvalid (no reason, an amount beyond what the procedure allows),
    OperationRefused where the procedure allows none or a request is open.
    """
    case, deployment, rule = _taken(context, case_id, deadline)
    if idempotency_key and (before := recall(context, idempotency_key)) is not None:
        return Extension(**before)
    result = _ask(context, case, deployment, rule, amount=amount, reason=reason)
    if idempotency_key:
        remember(context, idempotency_key, asdict(result))
    return result


def decide_extension(context: Context, extension_id: int, *, granted: bool, answer: str) -> Extension:
    """Grant or refuse a request for more time, with the reason. Who asked does not decide.

    Raises NotFound, NotPermitted, AlreadyDone, AnswersInvalid without a reason, OperationRefused.
    """
    require_reason(answer, "answer")
    t = extensions.c
    own = (t.id == extension_id, t.company_id == context.actor.company_id)
    found = context.connection.execute(sa.select(extensions).where(*own)).one_or_none()
    if found is None:
        raise NotFound("extension", extension_id)
    case, deployment, rule = _taken(context, found.case_id, found.deadline)
    request = context.connection.execute(sa.select(extensions).where(*own)).one()  # as it stands behind the lock
    if request.status != "asked":
        who = login_of(context, request.decided_by_id)
        raise AlreadyDone("extension", who, request.decided_at.isoformat() if request.decided_at else None)
    _require_decides(context, request)
    body = {
        "deadline": request.deadline,
        "amount": request.amount,
        "extension": extension_id,
        "reason": request.reason,
        "answer": answer.strip(),
    }
    if not granted:
        _decide(context, extension_id, {"status": "refused", "answer": answer.strip()})
        record(context, case, context.entry(CaseAction.REFUSE_EXTENSION, request.deadline, body))
        return Extension(extension_id, "refused")
    reason = f"{request.reason} · {answer.strip()}"
    _grant(context, case, deployment, rule, extension_id, amount=request.amount, reason=reason, body=body)
    return Extension(extension_id, "granted")


def may_pause(context_groups: frozenset[str], rule: DeadlineRule, *, administrator: bool) -> bool:
    """Whether somebody in those groups may stop and start the clock of *rule* by hand."""
    return administrator or not context_groups.isdisjoint(rule.paused_by)


def _taken(context: Context, case_id: int, deadline: str) -> tuple[LockedCase, Deployment, DeadlineRule]:
    case = lock_case(context, case_id)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    rule = deployment.package.deadlines.get(deadline)
    if rule is None:
        raise NotFound("deadline", deadline)
    return case, deployment, rule


def _ask(
    context: Context, case: LockedCase, deployment: Deployment, rule: DeadlineRule, *, amount: str, reason: str
) -> Extension:
    allowed, deadline = rule.extension, rule.id
    if allowed is None:
        raise OperationRefused("no-extension", deadline, "a procedure that allows no extension")
    person_id = _require_works_on(context, case, CaseAction.ASK_EXTENSION)
    running = _round(context, case, deadline)
    more = _amount(context, case, running, rule, allowed, amount=amount, reason=reason)
    values = {
        "company_id": case.company_id,
        "case_id": case.id,
        "deadline": deadline,
        "round": running.round,
        "amount": str(more),
        "reason": reason.strip(),
        "group_id": allowed.approved_by,
        "status": "asked",
        "asked_at": context.now,
        "asked_by_id": person_id,
        "was": running.due_at,
    }
    added = context.connection.execute(sa.insert(extensions).values(values).returning(extensions.c.id)).scalar_one()
    body = {"deadline": deadline, "amount": str(more), "reason": reason.strip(), "extension": added}
    if allowed.approved_by:
        record(context, case, context.entry(CaseAction.ASK_EXTENSION, deadline, body))
        return Extension(added, "asked")
    _grant(context, case, deployment, rule, added, amount=str(more), reason=reason, body=body)
    return Extension(added, "granted")


def _carry_out(
    context: Context,
    case: LockedCase,
    deployment: Deployment,
    operation: ClockOperation,
    *,
    action: CaseAction,
    body: Mapping[str, Any],
) -> None:
    step = context.step(deployment, case.state, operation, context.calendars(case.calendar))
    if step.fault:
        raise ProcedureFailed(step.fault)
    entry = context.entry(action, operation.deadline, body)
    apply_step(context, case, deployment, request=operation, step=step, entry=entry)


def _grant(
    context: Context,
    case: LockedCase,
    deployment: Deployment,
    rule: DeadlineRule,
    extension_id: int,
    *,
    amount: str,
    reason: str,
    body: Mapping[str, Any],
) -> None:
    assert rule.extension is not None, "nobody could have asked"
    operation = ExtendClock(rule.id, amount, _signed(context, reason))
    _carry_out(context, case, deployment, operation, action=CaseAction.GRANT_EXTENSION, body=body)
    due_at = _round(context, case, rule.id).due_at
    _decide(context, extension_id, {"status": "granted", "answer": body.get("answer", ""), "due_at": due_at})
    if rule.extension.letter:
        key = f"extension:{extension_id}"
        values = {"due": _local_date(deployment, due_at), "reason": body["reason"]}
        argument = {"company": case.company_id, "case": case.id, "key": key}
        argument |= {"letter": rule.extension.letter, "values": values}
        context.jobs.put(context.connection, Job(LETTER_JOB, f"letter:{case.id}:{key}", argument))


def _local_date(deployment: Deployment, due_at: datetime | None) -> str:
    return due_at.astimezone(deployment.time_zone).date().isoformat() if due_at else ""


def _decide(context: Context, extension_id: int, values: Mapping[str, Any]) -> None:
    decided = {"decided_at": context.now, "decided_by_id": context.actor.person_id, **values}
    context.connection.execute(sa.update(extensions).where(extensions.c.id == extension_id).values(decided))


def _round(context: Context, case: LockedCase, deadline: str) -> Any:
    """The running round of a deadline. Raises OperationRefused when there is none."""
    t = clocks.c
    statement = sa.select(t.round, t.due_at).where(t.case_id == case.id, t.deadline == deadline, _RUNNING)
    found = context.connection.execute(statement).one_or_none()
    if found is None:
        raise OperationRefused("clock-not-running", deadline, "no clock that runs")
    return found


def _amount(
    context: Context,
    case: LockedCase,
    running: Any,
    rule: DeadlineRule,
    allowed: ExtensionRule,
    *,
    amount: str,
    reason: str,
) -> Decimal:
    """The amount asked for. Raises AnswersInvalid with everything that is wrong."""
    t = extensions.c
    where = (t.case_id == case.id, t.deadline == rule.id, t.round == running.round, t.status.in_(["asked", "granted"]))
    earlier = context.connection.execute(sa.select(t.amount, t.status).where(*where)).all()
    if any(row.status == "asked" for row in earlier):
        raise OperationRefused("extension-asked", rule.id, "a request that nobody has answered yet")
    if len(earlier) >= allowed.times:
        raise OperationRefused("no-more-extensions", rule.id, f"{len(earlier)} of {allowed.times} granted")
    left = Decimal(allowed.most) - sum(Decimal(row.amount) for row in earlier)
    errors = reason_errors(reason, "reason")
    try:
        more = Decimal(amount.strip())
    except InvalidOperation:
        raise AnswersInvalid([FieldError("amount", "number" if amount.strip() else "required"), *errors]) from None
    if rule.unit.whole_days and more != more.to_integral_value():
        errors.insert(0, FieldError("amount", "decimals", {"n": 0}))
    elif not more.is_finite() or more <= 0:
        errors.insert(0, FieldError("amount", "min", {"n": 1}))
    elif more > left:
        errors.insert(0, FieldError("amount", "max", {"n": f"{left.normalize():f}"}))
    if errors:
        raise AnswersInvalid(errors)
    return more


def _require_may_pause(context: Context, rule: DeadlineRule, action: CaseAction) -> None:
    actor = context.actor
    if not may_pause(actor.groups, rule, administrator=actor.administrator):
        raise NotPermitted(action.value, "not-in-group")


def _require_works_on(context: Context, case: LockedCase, action: CaseAction) -> int:
    """The person's id, if an open task of the case is theirs or their group's."""
    actor, t = context.actor, user_tasks.c
    theirs = (t.group_id.in_(sorted(actor.groups)) & t.assignee_id.is_(None)) | (t.assignee_id == actor.person_id)
    statement = sa.select(t.id).where(t.case_id == case.id, t.status == "open", theirs).limit(1)
    if actor.person_id is None or (not actor.administrator and context.connection.execute(statement).first() is None):
        raise NotPermitted(action.value, "not-in-group")
    return actor.person_id


def _require_decides(context: Context, request: Any) -> None:
    actor = context.actor
    if actor.person_id == request.asked_by_id:
        raise NotPermitted(CaseAction.GRANT_EXTENSION.value, "own-request")
    if not actor.administrator and request.group_id not in actor.groups:
        raise NotPermitted(CaseAction.GRANT_EXTENSION.value, "not-in-group")


def _signed(context: Context, reason: str) -> str:
    """Who and why, as the receipt of a date keeps it."""
    return f"{context.actor.name}: {reason.strip()}"
