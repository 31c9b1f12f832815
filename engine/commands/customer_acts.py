"""What customers do behind the tracking link: add evidence, take back, accept or refuse the answer, reopen.

Each act lands where staff see it: the diagram hears a message where the procedure names one and the case waits for it,
else somebody gets a notice that stays in the inbox until it is accepted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction
from engine.commands.attachments import attach_to_case, said_of_files
from engine.commands.cases import intake_form, start_with
from engine.commands.context import Context
from engine.commands.errands import (
    Addressee,
    ErrandKind,
    ErrandStatus,
    LockedErrand,
    add_errand,
    end_errand,
    lock_errand,
)
from engine.commands.errors import ProcedureFailed
from engine.commands.idempotency import NO_KEY, RequestKey, recall, remember
from engine.commands.locking import LockedCase, lock_case
from engine.commands.people import login_of
from engine.commands.reasons import reason_errors, require_reason
from engine.commands.recusals import recused_from
from engine.commands.steps import apply_step, record
from engine.complaints import CUSTOMER
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, EngineError, NotPermitted
from engine.forms import FilesField
from engine.history import Entry
from engine.interpreter import MessageNotExpected, ReceiveMessage, Withdraw
from engine.procedures.customer_acts import CaseNow, possible_acts
from engine.procedures.package import CustomerAct
from engine.tables import attachments, cases, errands, history_events, people, service_requests, user_tasks

#: What a customer may do to one case in a day: more than anybody needs, less than what fills a disk or an inbox.
MOST_ACTS: Final = 20
MOST_FILES: Final = 40
_A_DAY: Final = timedelta(days=1)
#: Where the customer's own words stand in the history: as personal as a name, so sealed.
_SAID: Final = "reason"
_ACTIONS: Final[Mapping[CustomerAct, CaseAction]] = {
    CustomerAct.EVIDENCE: CaseAction.ADD_EVIDENCE,
    CustomerAct.ACCEPT: CaseAction.ACCEPT_ANSWER,
    CustomerAct.REFUSE: CaseAction.REFUSE_ANSWER,
    CustomerAct.WITHDRAW: CaseAction.ASK_WITHDRAWAL,
    CustomerAct.REOPEN: CaseAction.REOPEN_CASE,
}
_ANSWERED: Final = (str(CaseAction.ACCEPT_ANSWER), str(CaseAction.REFUSE_ANSWER))
#: Acts that may come without a word.
_WORDLESS: Final = frozenset({CustomerAct.ACCEPT})


class TooManyActs(EngineError):
    """The customer has done more to the case within a day than anybody needs to."""

    code = "too-many-acts"


@dataclass(frozen=True, slots=True)
class Acted:
    """What became of an act."""

    heard: bool = False  #: the diagram took it; else somebody has a notice
    ended: bool = False  #: the case is over
    reopened: str = ""  #: number of the case that goes on with it


def act_as_customer(
    context: Context,
    case_id: int,
    act: CustomerAct,
    *,
    said: str,
    files: Sequence[str] = (),
    idempotency_key: RequestKey = NO_KEY,
) -> Acted:
    """Do *act* with the words *said* and the uploads *files*; the same *idempotency_key* does it once.

    Raises NotFound, NotPermitted, AnswersInvalid, TooManyActs, ProcedureFailed.
    """
    if idempotency_key and (answer := recall(context, idempotency_key)) is not None:
        return Acted(**answer)
    case = lock_case(context, case_id)
    deployment = context.deployments.load(context.connection, case.deployment_id)
    if act not in acts_possible(context, case_id, deployment):
        raise NotPermitted(_ACTIONS[act].value, "not-offered")
    if act not in _WORDLESS and not files and (errors := reason_errors(said, "said")):
        raise AnswersInvalid(errors)
    require_moderation(context, case, files)
    acted = _ACTS.get(act, _tell)(context, _Act(case, deployment, act, said.strip(), tuple(files)))
    if idempotency_key:
        answer = {"heard": acted.heard, "ended": acted.ended, "reopened": acted.reopened}
        remember(context, idempotency_key, answer)
    return acted


def acts_possible(context: Context, case_id: int, deployment: Deployment) -> Mapping[CustomerAct, datetime | None]:
    """What the customer may do now, each with until when; see `possible_acts`."""
    rule, calendar = deployment.package.customer, context.calendars().own
    return possible_acts(rule, _now(context, case_id, rule.answers), now=context.now, calendar=calendar)


def agree_to_withdrawal(context: Context, errand_id: int) -> str:
    """End the case because the customer took it back; its number. Raises NotFound, AlreadyDone, NotPermitted."""
    errand = _withdrawal(context, errand_id, CaseAction.WITHDRAW_CASE)
    reason = context.connection.execute(sa.select(errands.c.reason).where(errands.c.id == errand_id)).scalar_one()
    end_errand(context, errand, ErrandStatus.DONE)
    entry = context.entry(CaseAction.WITHDRAW_CASE, "", {"errand": errand_id}, on_behalf_of=errand.capacity.behalf)
    _end(context, errand.case, errand.deployment, reason, entry)
    return errand.case.number


def decline_withdrawal(context: Context, errand_id: int, *, reason: str) -> str:
    """Let the case go on although the customer took it back; its number. The customer reads *reason*.

    Raises NotFound, AlreadyDone, NotPermitted, AnswersInvalid without a reason.
    """
    require_reason(reason)
    errand = _withdrawal(context, errand_id, CaseAction.DECLINE_WITHDRAWAL)
    end_errand(context, errand, ErrandStatus.REFUSED, answer=reason)
    body = {"errand": errand_id, "reason": reason.strip()}
    entry = context.entry(CaseAction.DECLINE_WITHDRAWAL, "", body, on_behalf_of=errand.capacity.behalf)
    record(context, errand.case, entry)
    return errand.case.number


@dataclass(frozen=True, slots=True)
class _Act:
    """One act on a locked case."""

    case: LockedCase
    deployment: Deployment
    act: CustomerAct
    said: str
    files: tuple[str, ...]

    def entry(self, context: Context, **more: Any) -> Entry:
        """The act as the history records it, the customer's words sealed."""
        body = {**({_SAID: self.said} if self.said else {}), **said_of_files(context, self.files), **more}
        entry = context.entry(_ACTIONS[self.act], "", body)
        return replace(entry, personal=entry.personal | {_SAID})


def _tell(context: Context, act: _Act, kind: ErrandKind = ErrandKind.CUSTOMER) -> Acted:
    """Let the diagram hear of it, else somebody."""
    attach_to_case(context, act.case.id, act.files)
    if _heard(context, act):
        return Acted(heard=True)
    errand_id, to = _notify(context, act, kind)
    record(context, act.case, act.entry(context, errand=errand_id, to=to.words))
    return Acted()


def _withdraw(context: Context, act: _Act) -> Acted:
    if not act.deployment.package.customer.withdraw_ends:
        return _tell(context, act, ErrandKind.WITHDRAWAL)
    entry = replace(act.entry(context), action=CaseAction.WITHDRAW_CASE.value)
    _end(context, act.case, act.deployment, act.said, entry)
    return Acted(ended=True)


def _reopen(context: Context, act: _Act) -> Acted:
    """A new case on the newest version goes on with what was said at intake; it runs clocks of its own."""
    package = act.deployment.package
    newest = context.deployments.current(context.connection, act.case.company_id, package.id)
    known = {field.id for public in (False, True) for field in intake_form(newest, public=public).fields
             if not isinstance(field, FilesField)} - {newest.package.start.received_at}  # fmt: skip
    data = {name: value for name, value in act.case.data.items() if name in known}
    begun = replace(act.entry(context, reopens=act.case.number), action=CaseAction.START_CASE.value)
    started = start_with(context, newest, data, entry=begun)
    answers = sa.select(cases.c.answerable_id).where(cases.c.id == act.case.id).scalar_subquery()
    values = {"reopens_id": act.case.id, "answerable_id": answers}
    context.connection.execute(sa.update(cases).where(cases.c.id == started.case_id).values(values))
    attach_to_case(context, started.case_id, act.files)
    again = replace(act, case=lock_case(context, started.case_id), deployment=newest)
    _notify(context, again, ErrandKind.CUSTOMER)
    record(context, act.case, replace(act.entry(context), subject=started.number))
    return Acted(reopened=started.number)


_ACTS: Final = {CustomerAct.WITHDRAW: _withdraw, CustomerAct.REOPEN: _reopen}


def _heard(context: Context, act: _Act) -> bool:
    """Whether the case waits for the message that the procedure makes of the act; then it has it now."""
    name = act.deployment.package.customer.messages.get(act.act, "")
    asked = next((key for _, kind, awaited, key in act.case.awaits if (kind, awaited) == ("message", name)), None)
    if not name or asked is None or not asked.startswith("{"):  # what is asked at great length is kept as its hash
        return False
    request = ReceiveMessage(name, json.loads(asked), {"said": act.said} if act.said else {})
    try:
        step = context.step(act.deployment, act.case.state, request, context.calendars(act.case.calendar))
    except MessageNotExpected:
        return False
    if step.fault:
        raise ProcedureFailed(step.fault)
    entry = act.entry(context)
    entry = replace(entry, personal=entry.personal | {"said"})
    apply_step(context, act.case, act.deployment, request=request, step=step, entry=entry)
    return True


def _end(context: Context, case: LockedCase, deployment: Deployment, reason: str, entry: Entry) -> None:
    request = Withdraw(reason)
    step = context.step(deployment, case.state, request, context.calendars(case.calendar))
    entry = replace(entry, personal=entry.personal | {_SAID, "withdrawn"})  # the customer's words, wherever they stand
    apply_step(context, case, deployment, request=request, step=step, entry=entry)


def _notify(context: Context, act: _Act, kind: ErrandKind) -> tuple[int, Addressee]:
    to = _who_hears(context, act)
    return add_errand(context, act.case, kind, to, task=None, from_id=None, reason=act.said), to


def _who_hears(context: Context, act: _Act) -> Addressee:
    """Whom the procedure names, else who answers for the case, who registers such cases, or has a task of it."""
    package, connection = act.deployment.package, context.connection
    if package.customer.tell:
        return Addressee(group=package.customer.tell)
    out = recused_from(connection, act.case.id) if package.work.respondent else frozenset()
    answers = (cases.c.id == act.case.id, people.c.active, people.c.id.not_in(sorted(out)))
    found = connection.execute(
        sa.select(people.c.login).join(cases, cases.c.answerable_id == people.c.id).where(*answers)
    ).scalar()
    if found:
        return Addressee(login=found)
    if named := [group for group in package.start.groups if group in package.company.groups]:
        return Addressee(group=named[0])
    t = user_tasks.c
    latest = sa.case((t.status == "open", 0), else_=1), t.id.desc()
    task = connection.execute(
        sa.select(t.group_id, t.assignee_id).where(t.case_id == act.case.id).order_by(*latest).limit(1)
    ).first()
    if task and task.group_id:
        return Addressee(group=task.group_id)
    if task and task.assignee_id and task.assignee_id not in out:
        return Addressee(login=login_of(context, task.assignee_id) or "")
    return Addressee(group=next(iter(package.company.groups)))


def _withdrawal(context: Context, errand_id: int, action: CaseAction) -> LockedErrand:
    errand = lock_errand(context, errand_id, action.value)
    if errand.kind is not ErrandKind.WITHDRAWAL:
        raise NotPermitted(action.value, "not-asked")
    return errand


def require_moderation(context: Context, case: LockedCase, files: Sequence[str]) -> None:
    """Raises TooManyActs for what no honest customer would do, and a disk would not like."""
    e, a, since = history_events.c, attachments.c, context.now - _A_DAY
    done = sa.select(sa.func.count()).where(
        e.company_id == case.company_id, e.stream == case.id, e.actor == CUSTOMER, e.at > since,
        e.action.in_([*(str(action) for action in _ACTIONS.values()), str(CaseAction.ASK_DATA)]),
    )  # fmt: skip
    kept = sa.select(sa.func.count()).where(a.case_id == case.id, a.uploaded_by == CUSTOMER, a.uploaded_at > since)
    acts, stored = (context.connection.execute(each).scalar_one() for each in (done, kept))
    if acts >= MOST_ACTS or (files and stored + len(files) > MOST_FILES):
        raise TooManyActs(f"expected at most {MOST_ACTS} acts and {MOST_FILES} files in a day, found more")


def _now(context: Context, case_id: int, answers: Sequence[str]) -> CaseNow:
    c, e = cases.c, errands.c
    again = sa.select(sa.func.count()).where(c.reopens_id == case_id)
    asked = sa.select(sa.func.count()).where(
        e.case_id == case_id, e.kind == str(ErrandKind.WITHDRAWAL), e.status == str(ErrandStatus.OPEN)
    )
    row = context.connection.execute(
        sa.select(c.ended_at, again.scalar_subquery().label("again"), asked.scalar_subquery().label("asked")).where(
            c.id == case_id, c.company_id == context.actor.company_id
        )
    ).one()
    return CaseNow(row.ended_at, _has_answer(context, case_id, answers), bool(row.asked), bool(row.again))


def _has_answer(context: Context, case_id: int, answers: Sequence[str]) -> bool:
    """Whether one of *answers* was done and the customer has said neither yes nor no to it since."""
    if not answers:
        return False
    t, r, e = user_tasks.c, service_requests.c, history_events.c
    tasks = sa.select(sa.func.max(t.ended_at)).where(
        t.case_id == case_id, t.element.in_(answers), t.status == "completed"
    )
    services = sa.select(sa.func.max(r.ended_at)).where(
        r.case_id == case_id, r.element.in_(answers), r.status == "completed"
    )
    said = sa.select(sa.func.max(e.at)).where(
        e.company_id == context.actor.company_id, e.stream == case_id, e.action.in_(_ANSWERED)
    )
    task, service, answered = (context.connection.execute(each).scalar() for each in (tasks, services, said))
    given = max((at for at in (task, service) if at), default=None)
    return given is not None and (answered is None or answered < given)
