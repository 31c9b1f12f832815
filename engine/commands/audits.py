"""What auditors do: draw samples, raise findings, close them; and what whoever is asked answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction, CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.errands import person_named
from engine.commands.locking import LockedCase, lock_case
from engine.commands.reasons import reason_errors, require_reason
from engine.commands.steps import record
from engine.complaints import refusal_to_audit
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.history.chain import canonical
from engine.tables import audit_findings, audit_samples, cases

#: Cases that a sample has at most: each is read by a person.
MOST: Final = 500


class Severity(StrEnum):
    """How much a finding weighs."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class FindingStatus(StrEnum):
    """What became of a finding."""

    OPEN = "open"  #: waits for its owner's answer
    CORRECTING = "correcting"  #: a case mends it; once that has ended it waits for an auditor
    ANSWERED = "answered"  #: waits for an auditor
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Sample:
    """Cases that were drawn, and everything to draw them again."""

    title: str
    seed: str
    size: int
    strata: tuple[str, ...]
    procedures: tuple[str, ...]
    since: datetime
    until: datetime
    population: Sequence[tuple[str, Sequence[str]]]
    drawn: Sequence[str]


def keep_sample(context: Context, sample: Sample) -> int:
    """Write down what the actor drew; its id. Raises NotPermitted for who neither audits nor administers."""
    _require_bench(context, CompanyAction.DRAW_SAMPLE.value)
    row = {
        "title": sample.title,
        "seed": sample.seed,
        "size": sample.size,
        "strata": list(sample.strata),
        "procedures": list(sample.procedures),
        "drawn": list(sample.drawn),
    }
    population = [[number, list(values)] for number, values in sample.population]
    sample_id: int = context.connection.execute(
        sa.insert(audit_samples)
        .values(
            company_id=context.actor.company_id,
            since=sample.since,
            until=sample.until,
            population=population,
            drawn_at=context.now,
            drawn_by=context.actor.name,
            **row,
        )
        .returning(audit_samples.c.id)
    ).scalar_one()
    of = {"cases": len(population), "digest": hashlib.sha256(canonical(population).encode()).hexdigest()}
    record_for_company(context, CompanyAction.DRAW_SAMPLE, str(sample_id), {**row, "population": of})
    return sample_id


def record_audit_report(context: Context, report: str, found: Sequence[str]) -> None:
    """Write down which cases a report showed to the actor. Raises NotPermitted."""
    _require_bench(context, CompanyAction.AUDIT_REPORT.value)
    record_for_company(context, CompanyAction.AUDIT_REPORT, report, {"found": list(found)})


def raise_finding(
    context: Context,
    case_id: int,
    *,
    text: str,
    clause: str,
    event: int,
    severity: str,
    owner: str,
    due_on: str,
) -> int:
    """Write down what an auditor found in a case, for *owner* (a login) to answer until *due_on*; its id.

    Raises NotFound, NotPermitted unless the actor audits, AnswersInvalid.
    """
    action = CaseAction.RAISE_FINDING
    _require_auditor(context, action)
    case = lock_case(context, case_id)
    owner_id = person_named(context, owner)
    errors = [
        *reason_errors(text, "text"),
        *([] if severity in set(Severity) else [FieldError("severity", "choose")]),
        *([] if owner_id else [FieldError("owner", "required")]),
        *_date_errors(due_on, context.now.date()),
        *([] if 0 <= event <= case.head.seq else [FieldError("event", "max", {"n": case.head.seq})]),
    ]
    if errors:
        raise AnswersInvalid(errors)
    said = {"clause": clause[:100], "event": event, "severity": severity, "text": text.strip(), "due_on": due_on}
    finding_id: int = context.connection.execute(
        sa.insert(audit_findings)
        .values(
            company_id=context.actor.company_id,
            case_id=case.id,
            owner_id=owner_id,
            status=str(FindingStatus.OPEN),
            raised_at=context.now,
            raised_by=context.actor.name,
            **said,
        )
        .returning(audit_findings.c.id)
    ).scalar_one()
    reason = said.pop("text")
    _record(context, case, action, finding_id, {**said, "owner": owner, "reason": reason})
    return finding_id


def answer_finding(context: Context, finding_id: int, *, answer: str) -> None:
    """What its owner, or whoever stands in for them, has to say and does about it.

    Raises NotFound, NotPermitted, AlreadyDone, AnswersInvalid.
    """
    require_reason(answer, "answer")
    case, found = _lock_finding(context, finding_id, FindingStatus.OPEN, FindingStatus.CORRECTING)
    _require_owner(context, found, CaseAction.ANSWER_FINDING)
    said = {"answer": answer.strip(), "answered_at": context.now, "answered_by": context.actor.name}
    _update(context, finding_id, {"status": str(FindingStatus.ANSWERED), **said})
    _record(context, case, CaseAction.ANSWER_FINDING, finding_id, {"reason": answer.strip()})


def correct_finding(context: Context, finding_id: int, case_id: int) -> None:
    """Say that the case of that id, a corrective action, mends it; its result is the answer once it has ended.

    The same case may be said again. Raises as `answer_finding` does, NotFound.
    """
    t = audit_findings.c
    own = (t.id == finding_id, t.company_id == context.actor.company_id)
    found = context.connection.execute(sa.select(t.case_id, t.correction_id, t.status).where(*own)).one_or_none()
    if found is None:
        raise NotFound("finding", finding_id)
    if found.correction_id == case_id and found.status == FindingStatus.CORRECTING:
        return
    if found.case_id == case_id:
        raise AnswersInvalid([FieldError("other", "same_case")])
    held = {each: lock_case(context, each) for each in sorted((found.case_id, case_id))}
    _, row = _lock_finding(context, finding_id, FindingStatus.OPEN)
    _require_owner(context, row, CaseAction.CORRECT_FINDING)
    _update(context, finding_id, {"status": str(FindingStatus.CORRECTING), "correction_id": case_id})
    finding, correction = held[found.case_id], held[case_id]
    _record(context, finding, CaseAction.CORRECT_FINDING, finding_id, {"case": correction.number})
    _record(context, correction, CaseAction.TAKE_FINDING, finding_id, {"case": finding.number})


def return_finding(context: Context, finding_id: int, *, remark: str) -> None:
    """Ask its owner again: the answer is not enough. Raises NotFound, NotPermitted, AlreadyDone, AnswersInvalid."""
    _require_auditor(context, CaseAction.RETURN_FINDING)
    require_reason(remark, "remark")
    case, _ = _lock_judged(context, finding_id)
    _update(context, finding_id, {"status": str(FindingStatus.OPEN), "remark": remark.strip()})
    _record(context, case, CaseAction.RETURN_FINDING, finding_id, {"reason": remark.strip()})


def close_finding(context: Context, finding_id: int, *, remark: str = "") -> None:
    """The answer is enough. Raises NotFound, NotPermitted, AlreadyDone."""
    _require_auditor(context, CaseAction.CLOSE_FINDING)
    case, _ = _lock_judged(context, finding_id)
    closed = {"closed_at": context.now, "closed_by": context.actor.name, "remark": remark.strip()[:2000]}
    _update(context, finding_id, {"status": str(FindingStatus.CLOSED), **closed})
    _record(context, case, CaseAction.CLOSE_FINDING, finding_id, {"reason": remark.strip()[:2000]})


def _require_auditor(context: Context, action: CaseAction) -> None:
    if not context.actor.auditor or context.actor.supports:
        raise NotPermitted(action.value, "not-an-auditor")


def _require_bench(context: Context, action: str) -> None:
    if refusal_to_audit(context.actor):
        raise NotPermitted(action, "not-an-auditor")


def _require_owner(context: Context, found: Any, action: CaseAction) -> None:
    theirs = {context.actor.person_id, *(absent.id for absent in context.actor.stands_in_for)}
    if found.owner_id not in theirs or context.actor.auditor:
        raise NotPermitted(action.value, "not-asked")


def _lock_judged(context: Context, finding_id: int) -> tuple[LockedCase, Any]:
    """One that an auditor may judge: it was answered, or its corrective action has ended."""
    t, c = audit_findings.c, cases.c
    ended = sa.select(c.ended_at).select_from(audit_findings.join(cases, c.id == t.correction_id))
    if context.connection.execute(ended.where(t.id == finding_id)).scalar() is None:
        return _lock_finding(context, finding_id, FindingStatus.ANSWERED)
    return _lock_finding(context, finding_id, FindingStatus.ANSWERED, FindingStatus.CORRECTING)


def _lock_finding(context: Context, finding_id: int, *expected: FindingStatus) -> tuple[LockedCase, Any]:
    """The finding in one of those states and its case, held: two answers at once do not both count."""
    t = audit_findings.c
    place = sa.select(audit_findings).where(t.id == finding_id, t.company_id == context.actor.company_id)
    row = context.connection.execute(place).one_or_none()
    if row is None:
        raise NotFound("finding", finding_id)
    case = lock_case(context, row.case_id)
    row = context.connection.execute(place).one()  # as it stands behind the lock
    if row.status not in expected:
        by, at = (row.closed_by, row.closed_at) if row.closed_at else (row.answered_by, row.answered_at)
        raise AlreadyDone("finding", by or None, at.isoformat() if at else None)
    return case, row


def _update(context: Context, finding_id: int, values: Mapping[str, Any]) -> None:
    context.connection.execute(sa.update(audit_findings).where(audit_findings.c.id == finding_id).values(values))


def _record(context: Context, case: LockedCase, action: CaseAction, finding_id: int, body: Mapping[str, Any]) -> None:
    record(context, case, context.entry(action, f"finding-{finding_id}", body))


def _date_errors(text: str, today: date) -> list[FieldError]:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return [FieldError("due_on", "date")]
    return [FieldError("due_on", "date_min", {"n": today.isoformat()})] if day < today else []
