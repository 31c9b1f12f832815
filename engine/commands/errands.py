"""What one person asks of another about a task: taken on, answered, withdrawn, or settled when the task ends first.

The verbs themselves stand in `hand_overs`, `delegations`, `signatures`, `returns` and `notices`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.locking import LockedCase, LockedTask, lock_case, lock_task
from engine.commands.people import login_of
from engine.commands.reasons import require_reason
from engine.commands.recusals import recused_from
from engine.commands.rights import barred_from, require_may_act, require_open, require_verb
from engine.commands.steps import record
from engine.complaints import NOBODY, Actor, Barred, Capacity, capacity_to_act
from engine.deployments import Deployment
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.procedures.package import Verb
from engine.tables import auditors, errands, memberships, people, recusals, user_tasks


class ErrandKind(StrEnum):
    """What is asked."""

    HAND_OVER = "hand_over"  #: take it over
    DELEGATION = "delegation"  #: fill it in, I complete it
    SIGNATURE = "signature"  #: say yes or no before it is completed
    COUNTERSIGNATURE = "countersignature"  #: say yes or no to the answers before the case goes on
    RETURN = "return"  #: do it again
    URGE = "urge"
    COPY = "copy"
    CUSTOMER = "customer"  #: the customer has said something
    WITHDRAWAL = "withdrawal"  #: the customer takes the complaint back: agree, or say why it has to go on
    DATA_COPY = "data_copy"  #: the customer wants to be told what is kept
    DATA_CORRECTION = "data_correction"  #: the customer wants it put right or completed
    DATA_ERASURE = "data_erasure"  #: the customer wants it erased


class ErrandStatus(StrEnum):
    """What became of it."""

    OPEN = "open"
    DONE = "done"  #: accepted, answered, signed, read or noted
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  #: by whoever asked
    SETTLED = "settled"  #: its task ended first
    OUTDATED = "outdated"  #: a signature, or its refusal, to answers that were changed since
    POSTPONED = "postponed"  #: data_erasure: agreed to, once nothing stands in its way


#: What customers ask about their data: a group answers that the company names, and any administrator.
DATA_KINDS: Final = frozenset({ErrandKind.DATA_COPY, ErrandKind.DATA_CORRECTION, ErrandKind.DATA_ERASURE})


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is asked: a person, or a group whose first member to answer answers for all; nobody = the administrators."""

    login: str = ""
    group: str = ""

    @property
    def words(self) -> str:
        """As the history names it."""
        return self.login or (f"group:{self.group}" if self.group else "administrators")


@dataclass(frozen=True, slots=True)
class Held:
    """A task of a locked case, and as whom the actor works on it."""

    case: LockedCase
    task: LockedTask
    deployment: Deployment
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class LockedErrand:
    """An open errand of a locked case, and as whom the actor answers it."""

    id: int
    kind: ErrandKind
    task: LockedTask | None
    case: LockedCase
    deployment: Deployment
    from_id: int | None
    person_id: int | None
    group: str
    was_group: str
    capacity: Capacity


def hold_task(context: Context, task_id: int, verb: Verb, *, reason: str) -> Held:
    """The task, for one of the verbs of whoever works on it.

    Raises NotFound, AlreadyDone, NotPermitted, AnswersInvalid without a reason.
    """
    require_reason(reason)
    task, case, _ = lock_task(context, task_id)
    require_open(context, task)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    capacity = require_may_act(context, case, task, deployment, verb.value)
    require_verb(deployment, task.element, verb)
    return Held(case, task, deployment, capacity)


def add_errand(
    context: Context,
    case: LockedCase,
    kind: ErrandKind,
    to: Addressee,
    *,
    task: LockedTask | None,
    from_id: int | None,
    reason: str,
    was_group: str = "",
    due_at: datetime | None = None,
) -> int:
    """Ask *to* for it; the errand's id. The caller has checked whether *to* may."""
    person_id = person_named(context, to.login) if to.login else None
    asked = {"person_id": person_id, "group_id": to.group, "reason": reason.strip(), "was_group": was_group}
    return _insert(context, case, task, kind=str(kind), from_id=from_id, due_at=due_at, **asked)


def tell_group(context: Context, case: LockedCase, group: str, *, about: str) -> tuple[str, ...]:
    """Send everybody in *group* a copy from the procedure, each with a receipt of its own; their logins.

    Whoever the case is about gets none. Where nobody is in the group its copy waits for the first who will be.
    """
    t = recusals.c
    barred = set(context.connection.execute(sa.select(t.person_id).where(t.case_id == case.id)).scalars())
    told = [(person, login) for person, login in members_of(context, (group,)) if person not in barred]
    row = {
        "company_id": case.company_id,
        "case_id": case.id,
        "kind": str(ErrandKind.COPY),
        "group_id": group,
        "reason": about,
        "status": str(ErrandStatus.OPEN),
        "asked_at": context.now,
    }
    people_ids: list[int | None] = [person for person, _ in told] or [None]
    context.connection.execute(sa.insert(errands), [row | {"person_id": person} for person in people_ids])
    return tuple(login for _, login in told)


def _insert(context: Context, case: LockedCase, task: LockedTask | None, **asked: Any) -> int:
    values = {
        "company_id": case.company_id,
        "case_id": case.id,
        "task_id": task.id if task else None,
        "status": str(ErrandStatus.OPEN),
        "asked_at": context.now,
    }
    added: int = context.connection.execute(
        sa.insert(errands).values(values | asked).returning(errands.c.id)
    ).scalar_one()
    return added


def require_addressee(
    context: Context, deployment: Deployment, to: Addressee, *, barred: Barred = NOBODY
) -> int | None:
    """The id of the person asked, None for a group. Raises AnswersInvalid where *to* is nobody who may be asked."""
    if to.group:
        if to.group not in deployment.package.company.groups:
            raise AnswersInvalid([FieldError("to", "option")])
        return None
    person_id = person_named(context, to.login)
    if person_id is None:
        raise AnswersInvalid([FieldError("to", "required" if not to.login else "option")])
    if person_id == context.actor.person_id:
        raise AnswersInvalid([FieldError("to", "not_yourself")])
    if person_id in barred:
        raise AnswersInvalid([FieldError("to", barred[person_id])])
    return person_id


def barred_for(context: Context, held: Held) -> Barred:
    """Who has to keep out of the task."""
    return barred_from(context, held.case, held.task.element, held.deployment)


def lock_errand(context: Context, errand_id: int, action: str) -> LockedErrand:
    """The open errand with that id, which the actor was asked or may answer for a colleague who is away.

    Raises NotFound, AlreadyDone, NotPermitted.
    """
    row = _row(context, errand_id)
    task, case = _task_and_case(context, row)
    row = _row(context, errand_id)  # as it stands behind the lock
    if row.status != ErrandStatus.OPEN:
        raise _already_ended(context, row)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    barred = barred_from(context, case, task.element, deployment) if task else NOBODY
    found = capacity_to_act(context.actor, group=row.group_id, assignee_id=row.person_id, barred=barred)
    if row.kind in DATA_KINDS:
        found = _capacity_for_data(context, row, found)
    if found.refusal:
        raise NotPermitted(action, "not-asked" if found.refusal in {"claimed", "not-in-group"} else found.refusal)
    return LockedErrand(
        id=row.id,
        kind=ErrandKind(row.kind),
        task=task,
        case=case,
        deployment=deployment,
        from_id=row.from_id,
        person_id=row.person_id,
        group=row.group_id,
        was_group=row.was_group,
        capacity=found,
    )


def _capacity_for_data(context: Context, row: Any, found: Capacity) -> Capacity:
    """As whom the actor answers a customer's request about data: as one of the group, or as an administrator."""
    if context.actor.person_id in recused_from(context.connection, row.case_id):
        return Capacity("recused")
    if context.actor.administrator and not context.actor.auditor:
        return Capacity()
    return found if row.group_id else Capacity("not-an-administrator")


def end_errand(context: Context, errand: LockedErrand, status: ErrandStatus, *, answer: str = "") -> None:
    """Write what became of it."""
    context.connection.execute(
        sa.update(errands)
        .where(errands.c.id == errand.id)
        .values(
            status=str(status),
            ended_at=context.now,
            ended_by_id=context.actor.person_id,
            ended_for_id=errand.capacity.behalf_id,
            answer=answer.strip(),
        )
    )


def withdraw_errand(context: Context, errand_id: int, *, reason: str) -> str:
    """Ask no longer; the case's number. Of a hand-over, the task is again whose it was.

    Raises NotFound, AlreadyDone, AnswersInvalid without a reason, NotPermitted unless the actor asked it, and for a
    signature that submitted answers wait for.
    """
    require_reason(reason)
    row = _row(context, errand_id)
    task, case = _task_and_case(context, row)
    row = _row(context, errand_id)
    if row.status != ErrandStatus.OPEN:
        raise _already_ended(context, row)
    capacity = capacity_to_act(context.actor, group="", assignee_id=row.from_id)
    if row.from_id is None or capacity.refusal or row.kind == ErrandKind.RETURN:
        raise NotPermitted(CaseAction.WITHDRAW_ERRAND.value, "not-asked-by-you")
    if task and task.held_at is not None and row.kind == ErrandKind.COUNTERSIGNATURE:
        raise NotPermitted(CaseAction.WITHDRAW_ERRAND.value, "awaits-signature")  # taken back, then withdrawn
    values = {"status": str(ErrandStatus.WITHDRAWN), "ended_at": context.now, "ended_by_id": context.actor.person_id}
    context.connection.execute(
        sa.update(errands).where(errands.c.id == errand_id).values(values | {"answer": reason.strip()})
    )
    if task and row.kind == ErrandKind.HAND_OVER:
        give_back(context, task.id, group=row.was_group, person_id=row.from_id)
    body = {"errand": errand_id, "kind": row.kind, "reason": reason.strip()}
    subject = task.key if task else ""
    entry = context.entry(CaseAction.WITHDRAW_ERRAND, subject, body, on_behalf_of=capacity.behalf)
    record(context, case, entry)
    return case.number


def give_back(context: Context, task_id: int, *, group: str, person_id: int | None) -> None:
    """Let the task be that group's and person's again."""
    values = {"group_id": group, "assignee_id": person_id, "snoozed_until": None}
    context.connection.execute(sa.update(user_tasks).where(user_tasks.c.id == task_id).values(values))


def settle_errands(context: Context, task_ids: Sequence[int]) -> None:
    """The tasks have ended: nobody has to answer what was asked about them.

    Copies stay: they are for reading whenever somebody likes.
    """
    t = errands.c
    context.connection.execute(
        sa.update(errands)
        .where(t.task_id.in_(list(task_ids)), t.status == str(ErrandStatus.OPEN), t.kind != str(ErrandKind.COPY))
        .values(status=str(ErrandStatus.SETTLED), ended_at=context.now)
    )


def settle_joint_signatures(context: Context, task_id: int) -> None:
    """Nobody has to sign any more that the procedure asked to."""
    t = errands.c
    joint = (t.kind == str(ErrandKind.COUNTERSIGNATURE), t.from_id.is_(None), t.status == str(ErrandStatus.OPEN))
    values = {"status": str(ErrandStatus.SETTLED), "ended_at": context.now}
    context.connection.execute(sa.update(errands).where(t.task_id == task_id, *joint).values(values))


def wants_signatures(context: Context, task: LockedTask) -> bool:
    """Whether somebody who works on the task asked for signatures to its answers."""
    t = errands.c
    said = [str(status) for status in (ErrandStatus.OPEN, ErrandStatus.DONE, ErrandStatus.REFUSED)]
    counter = (t.task_id == task.id, t.kind == str(ErrandKind.COUNTERSIGNATURE), t.from_id.is_not(None))
    return context.connection.execute(sa.select(t.id).where(*counter, t.status.in_(said)).limit(1)).first() is not None


def ask_again(context: Context, case: LockedCase, task: LockedTask) -> None:
    """Ask everyone once more who has signed, or refused to sign, earlier answers of the task."""
    t = errands.c
    counter = (t.task_id == task.id, t.kind == str(ErrandKind.COUNTERSIGNATURE))
    said = t.status.in_([str(ErrandStatus.DONE), str(ErrandStatus.REFUSED)])
    earlier = context.connection.execute(sa.select(errands).where(*counter, said).order_by(t.id)).all()
    context.connection.execute(sa.update(errands).where(*counter, said).values(status=str(ErrandStatus.OUTDATED)))
    for row in earlier:
        if row.from_id is not None:
            _insert(context, case, task, kind=row.kind, from_id=row.from_id, person_id=row.person_id,
                    group_id=row.group_id, reason=row.reason)  # fmt: skip


def open_kinds(context: Context, task_id: int) -> Mapping[str, str]:
    """Kind of every open errand about the task -> login of one who was asked, "" for a group."""
    t = errands.c
    rows = context.connection.execute(
        sa.select(t.kind, people.c.login)
        .select_from(errands.outerjoin(people, people.c.id == t.person_id))
        .where(t.task_id == task_id, t.status == str(ErrandStatus.OPEN))
    )
    return {row.kind: row.login or "" for row in rows}


def require_not_waiting(context: Context, task: LockedTask, action: str) -> None:
    """Raises NotPermitted while somebody was asked for something that the task waits for."""
    if task.held_at is not None:
        raise NotPermitted(action, "awaits-signature")
    waiting = open_kinds(context, task.id) if task.has_errands else {}
    for kind, reason in ((ErrandKind.DELEGATION, "delegated"), (ErrandKind.SIGNATURE, "awaits-signature")):
        if kind in waiting:
            raise NotPermitted(action, reason, by=waiting[kind])


def person_named(context: Context, login: str) -> int | None:
    """The id of the person who works in the company under that login; who audits it does not."""
    t = people.c
    audits = sa.exists().where(auditors.c.person_id == t.id)
    where = (t.company_id == context.actor.company_id, t.login == login, t.active, ~audits)
    found: int | None = context.connection.execute(sa.select(t.id).where(*where)).scalar()
    return found


def members_of(context: Context, groups: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """Id and login of every active person in one of *groups*, in the order of their logins."""
    t = people.c
    rows = context.connection.execute(
        sa.select(t.id, t.login)
        .distinct()
        .select_from(people.join(memberships, memberships.c.person_id == t.id))
        .where(t.company_id == context.actor.company_id, t.active, memberships.c.group_id.in_(list(groups)))
        .order_by(t.login)
    )
    return tuple((row.id, row.login) for row in rows)


def own_id(actor: Actor, capacity: Capacity) -> int:
    """Whose the work is: the absent person's who is represented, else the actor's."""
    found = capacity.behalf_id or actor.person_id
    assert found is not None, "only people act on tasks"
    return found


def _row(context: Context, errand_id: int) -> Any:
    t = errands.c
    found = context.connection.execute(
        sa.select(errands).where(t.id == errand_id, t.company_id == context.actor.company_id)
    ).one_or_none()
    if found is None:
        raise NotFound("errand", errand_id)
    return found


def _already_ended(context: Context, row: Any) -> AlreadyDone:
    at = row.ended_at.isoformat() if row.ended_at else None
    return AlreadyDone("errand", login_of(context, row.ended_by_id), at)


def _task_and_case(context: Context, row: Any) -> tuple[LockedTask | None, LockedCase]:
    if row.task_id is None:
        return None, lock_case(context, row.case_id)
    task, case, _ = lock_task(context, row.task_id)
    return task, case
