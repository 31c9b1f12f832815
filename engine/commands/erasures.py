"""Erasing personal data: asked for by one administrator, confirmed by another, and never what has to be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.erasing import Erased, erase_personal, names_somebody
from engine.commands.holds import require_administrator
from engine.commands.locking import lock_case
from engine.commands.reasons import require_reason
from engine.complaints import SCHEDULE
from engine.deployments import Deployment
from engine.errors import AlreadyDone, AnswersInvalid, EngineError, FieldError, NotFound, NotPermitted
from engine.history.chain import canonical, instant
from engine.jobs import Job
from engine.procedures.keeping import kept_until
from engine.tables import cases, erasure_cases, erasures, holds, messages

#: Kind of the job that cleans files, search index and free space of the database.
CLEANING_JOB: Final = "clean_erasure"
#: Cases of one request: what one transaction erases while others wait.
MOST_CASES: Final = 200


class ErasureStatus(StrEnum):
    """Where a request stands."""

    ASKED = "asked"  #: another administrator has to confirm it
    ERASED = "erased"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a case cannot be erased now."""

    number: str
    why: str  #: open, held, kept, erased, message: a message of it waits to be taken
    until: date | None = None  #: kept: the first day on which it can be
    reason: str = ""  #: held: why


class ErasureRefused(EngineError):
    """Some of the cases must not be erased now. *obstacles* names every one of them."""

    code = "erasure-refused"

    def __init__(self, obstacles: Collection[Obstacle]) -> None:
        said = ", ".join(
            f"{each.number} {each.why}" + (f" until {each.until}" if each.until else "") for each in obstacles
        )
        super().__init__(f"expected cases whose data may go, found: {said or 'none'}")
        self.obstacles = tuple(obstacles)


def ask_erasure(context: Context, case_ids: Iterable[int], *, reason: str) -> int:
    """Ask another administrator to let everything personal in those cases be erased; the request's id.

    Raises NotPermitted unless an administrator or the calendar asks, AnswersInvalid without a reason or with one that
    says something of what is to be erased, NotFound,
    ErasureRefused, AlreadyDone where a request for one of them waits already.
    """
    if context.actor.name != SCHEDULE:
        require_administrator(context, CompanyAction.ASK_ERASURE)
    return begin_erasure(context, case_ids, reason=reason)


def begin_erasure(context: Context, case_ids: Iterable[int], *, reason: str) -> int:
    """The same by whoever a customer's request was answered by: the caller has checked that they may."""
    require_reason(reason)
    wanted = sorted(set(case_ids))[:MOST_CASES]
    if found := obstacles(context, wanted):
        raise ErasureRefused(found)
    if not wanted:
        raise NotFound("case", "")
    _require_none_waiting(context, wanted)
    _require_nameless(context, wanted, reason, "reason")
    row = {
        "company_id": context.actor.company_id,
        "status": str(ErasureStatus.ASKED),
        "reason": reason,
        "asked_at": context.now,
        "asked_by": context.actor.name,
    }
    made = context.connection.execute(sa.insert(erasures).values(row).returning(erasures.c.id))
    erasure_id: int = made.scalar_one()
    places = [{"erasure_id": erasure_id, "case_id": each, "company_id": row["company_id"]} for each in wanted]
    context.connection.execute(sa.insert(erasure_cases), places)
    body = {"erasure": erasure_id, "cases": _numbers(context, wanted), "reason": reason}
    record_for_company(context, CompanyAction.ASK_ERASURE, f"erasure {erasure_id}", body)
    return erasure_id


def confirm_erasure(context: Context, erasure_id: int, *, answer: str) -> None:
    """Erase what another administrator asked for: from here on nobody can read it again.

    A company whose company.toml says ``four_eyes = false`` lets administrators confirm their own. Raises NotPermitted,
    NotFound, AlreadyDone, AnswersInvalid without a reason, and ErasureRefused when a case must be kept by now.
    """
    require_administrator(context, CompanyAction.CONFIRM_ERASURE)
    require_reason(answer, "answer")
    row = _lock(context, erasure_id)
    company = context.deployments.company(context.connection, context.actor.company_id)
    if company.four_eyes and row.asked_by == context.actor.name:
        raise NotPermitted(CompanyAction.CONFIRM_ERASURE.value, "own-request")
    wanted = cases_of_erasure(context.connection, erasure_id)
    _require_nameless(context, wanted, answer, "answer")
    if found := obstacles(context, wanted):
        raise ErasureRefused(found)
    erased = [erase_personal(context, lock_case(context, each), erasure_id=erasure_id) for each in wanted]
    certificate = _certificate(context, row, erased, answer=answer)
    _decide(context, erasure_id, ErasureStatus.ERASED, answer, certificate=certificate)
    body = {"erasure": erasure_id, "cases": [each.number for each in erased], "reason": answer}
    body["certificate"] = digest_of_certificate(certificate)
    record_for_company(context, CompanyAction.CONFIRM_ERASURE, f"erasure {erasure_id}", body)
    argument = {"company": context.actor.company_id, "erasure": erasure_id}
    context.jobs.put(context.connection, Job(CLEANING_JOB, f"clean:{erasure_id}", argument))


def refuse_erasure(context: Context, erasure_id: int, *, answer: str) -> None:
    """Say why it shall not be erased. Raises as `confirm_erasure`."""
    _end(context, erasure_id, ErasureStatus.REFUSED, answer, action=CompanyAction.REFUSE_ERASURE)


def withdraw_erasure(context: Context, erasure_id: int, *, answer: str) -> None:
    """Take a request back; any administrator may. Raises as `confirm_erasure`."""
    _end(context, erasure_id, ErasureStatus.WITHDRAWN, answer, action=CompanyAction.WITHDRAW_ERASURE)


def finish_cleaning(context: Context, erasure_id: int) -> None:
    """Write down that nothing of it lies about in files, index and free space any more. The second time is nothing."""
    t = erasures.c
    own = (t.company_id == context.actor.company_id, t.id == erasure_id, t.cleaned_at.is_(None))
    done = context.connection.execute(sa.update(erasures).where(*own).values(cleaned_at=context.now))
    if done.rowcount:
        record_for_company(context, CompanyAction.CLEAN_ERASURE, f"erasure {erasure_id}", {"erasure": erasure_id})


def obstacles(context: Context, case_ids: Collection[int]) -> tuple[Obstacle, ...]:
    """Everything that stands in the way of erasing those cases now. Raises NotFound."""
    c = cases.c
    columns = (c.id, c.number, c.deployment_id, c.ended_at, c.erased_at)
    where = (c.company_id == context.actor.company_id, c.id.in_(case_ids))
    rows = context.connection.execute(sa.select(*columns).where(*where).order_by(c.id)).all()
    if missing := set(case_ids) - {row.id for row in rows}:
        raise NotFound("case", min(missing))
    return tuple(found for row in rows if (found := _obstacle(context, row)) is not None)


def _obstacle(context: Context, row: Any) -> Obstacle | None:
    deployment = context.deployments.load(context.connection, row.deployment_id)
    if row.erased_at is not None:
        return Obstacle(row.number, "erased")
    if row.ended_at is None:
        return Obstacle(row.number, "open")
    h, m = holds.c, messages.c
    held = sa.select(h.reason).where(h.case_id == row.id, h.released_at.is_(None)).order_by(h.id)
    if (reason := context.connection.execute(held).scalar()) is not None:
        return Obstacle(row.number, "held", reason=reason)
    until = _kept_until(deployment, row)
    if until is not None and context.now.astimezone(deployment.time_zone).date() < until:
        return Obstacle(row.number, "kept", until=until)
    waits = sa.select(m.id).where((m.sender_case_id == row.id) | (m.to_case_id == row.id), m.status == "waiting")
    if context.connection.execute(waits.limit(1)).first() is not None:
        return Obstacle(row.number, "message")
    return None


def _kept_until(deployment: Deployment, row: Any) -> date | None:
    return kept_until(deployment.package.retention, row.ended_at.astimezone(deployment.time_zone).date())


def cases_of_erasure(connection: sa.Connection, erasure_id: int) -> tuple[int, ...]:
    """Ids of the cases that a request names."""
    t = erasure_cases.c
    return tuple(
        connection.execute(sa.select(t.case_id).where(t.erasure_id == erasure_id).order_by(t.case_id)).scalars()
    )


def digest_of_certificate(certificate: Mapping[str, Any]) -> str:
    """SHA-256 of a certificate as canonical JSON: the event that confirmed the erasure has it."""
    return hashlib.sha256(canonical(certificate).encode()).hexdigest()


def _certificate(context: Context, row: Any, erased: Collection[Erased], *, answer: str) -> Mapping[str, Any]:
    return {
        "format": "shouwen-erasure/1",
        "company": context.actor.company_id,
        "erasure": row.id,
        "asked": {"by": row.asked_by, "at": instant(row.asked_at), "reason": row.reason},
        "confirmed": {"by": context.actor.name, "at": instant(context.now), "reason": answer},
        "cases": [_said(each) for each in erased],
    }


def _said(erased: Erased) -> Mapping[str, Any]:
    said = asdict(erased)
    said["seals"] = [list(each) for each in erased.seals]
    said["mentions"] = list(erased.mentions)
    said["before"], said["after"] = (dict(zip(("seq", "hash"), said[end], strict=True)) for end in ("before", "after"))
    return said


def _require_none_waiting(context: Context, case_ids: Collection[int]) -> None:
    e, c = erasures.c, erasure_cases.c
    waiting = (c.case_id.in_(case_ids), e.status == ErasureStatus.ASKED.value)
    of = sa.select(e.id, e.asked_by, e.asked_at).select_from(sa.join(erasures, erasure_cases)).where(*waiting)
    if row := context.connection.execute(of.order_by(e.id)).first():
        raise AlreadyDone(f"erasure {row.id}", row.asked_by, row.asked_at.isoformat())


def _require_nameless(context: Context, case_ids: Iterable[int], text: str, field: str) -> None:
    """Why something is erased stays in history and certificate for good: it must not say what is to be erased."""
    if any(names_somebody(context, lock_case(context, each), text) for each in case_ids):
        raise AnswersInvalid([FieldError(field, "names_somebody")])


def _numbers(context: Context, case_ids: Collection[int]) -> list[str]:
    c = cases.c
    return list(context.connection.execute(sa.select(c.number).where(c.id.in_(case_ids)).order_by(c.id)).scalars())


def _lock(context: Context, erasure_id: int) -> Any:
    """The request's row, held until the transaction ends. Raises NotFound, AlreadyDone."""
    t = erasures.c
    own = (t.company_id == context.actor.company_id, t.id == erasure_id)
    row = context.connection.execute(sa.select(erasures).where(*own).with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise NotFound("erasure", erasure_id)
    if row.status != ErasureStatus.ASKED:
        raise AlreadyDone(f"erasure {erasure_id}", row.decided_by, row.decided_at.isoformat())
    return row


def _end(context: Context, erasure_id: int, status: ErasureStatus, answer: str, *, action: CompanyAction) -> None:
    require_administrator(context, action)
    require_reason(answer, "answer")
    _lock(context, erasure_id)
    _decide(context, erasure_id, status, answer)
    record_for_company(context, action, f"erasure {erasure_id}", {"erasure": erasure_id, "reason": answer})


def _decide(
    context: Context,
    erasure_id: int,
    status: ErasureStatus,
    answer: str,
    *,
    certificate: Mapping[str, Any] | None = None,
) -> None:
    values = {
        "status": str(status),
        "decided_at": context.now,
        "decided_by": context.actor.name,
        "answer": answer,
        "certificate": certificate,
    }
    context.connection.execute(sa.update(erasures).where(erasures.c.id == erasure_id).values(values))
