"""From a draft to what is in service: asked for by one owner, approved by another, in force on its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from engine.commands.actions import CaseAction, CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.deployments import check_first, deploy
from engine.commands.drafts import end_draft, require_draft, require_owner
from engine.commands.locking import lock_case
from engine.commands.reasons import require_reason
from engine.commands.site import Site
from engine.commands.steps import record
from engine.deployments import draft_of, files_to_edit, pack_files, unpack_files, with_profile
from engine.errors import AlreadyDone, AnswersInvalid, EngineError, FieldError, NotFound, NotPermitted, PackageRefused
from engine.findings import Finding, Severity
from engine.procedures import digest_of
from engine.publishing import check_draft
from engine.tables import cases, drafts, publication_causes, publications


class PublicationStatus(StrEnum):
    """Where a publication stands."""

    ASKED = "asked"  #: another owner has to look at it
    APPROVED = "approved"  #: its day has not come yet
    IN_SERVICE = "in_service"  #: it became a version
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"  #: on its day it could not be put into service; *findings* says why


class NothingToPublish(EngineError):
    """The draft is what is in service already."""

    code = "nothing-to-publish"


def ask_publication(
    context: Context,
    procedure: str,
    *,
    reason: str,
    effective_at: datetime | None,
    expected: int,
    causes: Sequence[str] = (),
) -> int:
    """Freeze the draft and ask another owner to approve it; the publication's id. None = in force once approved.

    What is changed in the draft afterwards is no part of it. *causes*: numbers of the cases that led to it; their
    histories say so when it comes into service. Raises NotPermitted, NotFound, DraftMoved, AnswersInvalid without a
    reason or with a number no case has, PackageRefused with all findings when one is an error, AlreadyDone while
    another one waits, and NothingToPublish.
    """
    require_owner(context, CompanyAction.ASK_PUBLICATION)
    require_reason(reason)
    company_id = context.actor.company_id
    draft = require_draft(context, procedure, expected)
    if draft is None:
        raise NotFound("draft", procedure)
    _require_none_waiting(context, procedure)
    behind = _cases_named(context, causes)
    files = files_to_edit(context.connection, context.deployments, company_id, procedure).files
    current = context.deployments.current(context.connection, company_id, procedure)
    if digest_of(files) == digest_of(with_profile(context.connection, company_id, current.package.files)):
        raise NothingToPublish(f"expected a draft that differs from version {current.version}, found the same files")
    findings = check_draft(files, company_id=company_id, procedure=procedure)
    if errors := [finding for finding in findings if finding.severity is Severity.ERROR]:
        raise PackageRefused(errors)
    publication_id: int = context.connection.execute(
        sa.insert(publications)
        .values(
            company_id=company_id,
            procedure=procedure,
            base_version=current.version,
            revision=draft.revision,
            files=pack_files(files),
            status=str(PublicationStatus.ASKED),
            reason=reason,
            effective_at=effective_at,
            asked_at=context.now,
            asked_by=context.actor.name,
        )
        .returning(publications.c.id)
    ).scalar_one()
    for case_id in behind.values():
        row = {"publication_id": publication_id, "case_id": case_id, "company_id": company_id}
        context.connection.execute(sa.insert(publication_causes).values(row))
    body = {
        "publication": publication_id,
        "revision": draft.revision,
        "base_version": current.version,
        "digest": digest_of(files),
        "effective_at": effective_at.isoformat() if effective_at else None,
        "reason": reason,
    }
    if behind:
        body["causes"] = list(behind)
    record_for_company(context, CompanyAction.ASK_PUBLICATION, procedure, body)
    return publication_id


def approve_publication(context: Context, publication_id: int, *, answer: str) -> int | None:
    """Approve what another owner asked for; the version that is in service now, None when its day has not come.

    A company whose company.toml says ``four_eyes = false`` lets owners approve their own. Raises NotPermitted,
    NotFound, AlreadyDone, AnswersInvalid, PackageRefused when it cannot be put into service any more.
    """
    require_owner(context, CompanyAction.APPROVE_PUBLICATION)
    require_reason(answer, "answer")
    row = _lock(context, publication_id, PublicationStatus.ASKED)
    company = context.deployments.company(context.connection, context.actor.company_id)
    if company.four_eyes and row.asked_by == context.actor.name:
        raise NotPermitted(CompanyAction.APPROVE_PUBLICATION.value, "own-publication")
    _decide(context, publication_id, PublicationStatus.APPROVED, answer)
    _record(context, CompanyAction.APPROVE_PUBLICATION, row, {"answer": answer})
    if row.effective_at is not None and row.effective_at > context.now:
        return None
    return _put_into_service(context, row)


def refuse_publication(context: Context, publication_id: int, *, answer: str) -> None:
    """Say why it shall not be published. The draft stays. Raises as `approve_publication`."""
    require_owner(context, CompanyAction.REFUSE_PUBLICATION)
    require_reason(answer, "answer")
    row = _lock(context, publication_id, PublicationStatus.ASKED)
    _decide(context, publication_id, PublicationStatus.REFUSED, answer)
    _record(context, CompanyAction.REFUSE_PUBLICATION, row, {"answer": answer})


def withdraw_publication(context: Context, publication_id: int, *, answer: str) -> None:
    """Take it back before its day, approved or not; any owner may. Raises as `approve_publication`."""
    require_owner(context, CompanyAction.WITHDRAW_PUBLICATION)
    require_reason(answer, "answer")
    row = _lock(context, publication_id, PublicationStatus.ASKED, PublicationStatus.APPROVED)
    _decide(context, publication_id, PublicationStatus.WITHDRAWN, answer)
    _record(context, CompanyAction.WITHDRAW_PUBLICATION, row, {"answer": answer})


def check_publication_first(site: Site, company_id: str, publication_id: int) -> None:
    """What `check_first` does, for what the publication would put into service. One that is not there has nothing."""
    t = publications.c
    with site.database.reading(company_id) as connection:
        where = (t.company_id == company_id, t.id == publication_id)
        packed = connection.execute(sa.select(t.files).where(*where)).scalar()
        files = with_profile(connection, company_id, unpack_files(packed)) if packed else None
    if files is not None:
        check_first(site, company_id, [files])


def put_into_service(context: Context, publication_id: int) -> int | None:
    """Put an approved publication into service whose day has come; its version, None if it is not approved any more.

    Raises PackageRefused when it cannot be; then see `fail_publication`.
    """
    t = publications.c
    where = (t.company_id == context.actor.company_id, t.id == publication_id)
    row = context.connection.execute(sa.select(publications).where(*where).with_for_update(key_share=True)).one()
    if row.status != PublicationStatus.APPROVED or row.effective_at is None or row.effective_at > context.now:
        return None
    return _put_into_service(context, row)


def fail_publication(context: Context, publication_id: int, findings: list[Finding]) -> None:
    """Write down why an approved publication could not be put into service: somebody has to look."""
    row = _lock(context, publication_id, PublicationStatus.APPROVED)
    said = [{"rule": each.rule, "file": each.file, "line": each.line, "message": each.message} for each in findings]
    values = {"status": str(PublicationStatus.FAILED), "findings": said}
    context.connection.execute(sa.update(publications).where(publications.c.id == publication_id).values(values))
    _record(context, CompanyAction.FAIL_PUBLICATION, row, {"findings": said})


def _put_into_service(context: Context, row: Any) -> int:
    """Deploy what was frozen, unless something else came into service since it was asked for."""
    company_id = context.actor.company_id
    current = context.deployments.current(context.connection, company_id, row.procedure)
    if current.version != row.base_version:
        raise PackageRefused([_overtaken(row.base_version, current.version)])
    done = deploy(context, with_profile(context.connection, company_id, unpack_files(row.files)))
    values = {"status": str(PublicationStatus.IN_SERVICE), "version": done.version}
    context.connection.execute(sa.update(publications).where(publications.c.id == row.id).values(values))
    _settle_draft(context, row, done.version)
    _tell_causes(context, row, done.version)
    return done.version


def _tell_causes(context: Context, row: Any, version: int) -> None:
    """Write into the history of every case that led to the version that it is in service now."""
    t = publication_causes.c
    behind = context.connection.execute(sa.select(t.case_id).where(t.publication_id == row.id).order_by(t.case_id))
    body = {"publication": row.id, "version": version, "reason": row.reason}
    for case_id in behind.scalars().all():
        entry = context.entry(CaseAction.CHANGE_PROCEDURE, f"{row.procedure} {version}", body)
        record(context, lock_case(context, case_id), entry)


def _cases_named(context: Context, numbers: Sequence[str]) -> dict[str, int]:
    """Number -> id of every case named. Raises AnswersInvalid for a number that no case of the company has."""
    c = cases.c
    wanted = tuple(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    where = (c.company_id == context.actor.company_id, c.number.in_([*wanted, *map(str.upper, wanted)]))
    found = {row.number: row.id for row in context.connection.execute(sa.select(c.number, c.id).where(*where))}
    if any(number not in found and number.upper() not in found for number in wanted):
        raise AnswersInvalid([FieldError("causes", "no_such_case")])
    return dict(sorted(found.items()))


def _settle_draft(context: Context, row: Any, version: int) -> None:
    """The draft that was published is over; one that went on meanwhile goes on from the new version."""
    draft = draft_of(context.connection, context.actor.company_id, row.procedure)
    if draft is None:
        return
    if draft.revision == row.revision:
        end_draft(context, row.procedure)
        return
    own = (drafts.c.company_id == context.actor.company_id, drafts.c.procedure == row.procedure)
    context.connection.execute(sa.update(drafts).where(*own).values(base_version=version))


def _overtaken(base: int, now: int) -> Finding:
    message = (
        f"expected version {base} to be in service as when this was asked for, found version {now}; "
        "look at what came between and ask again"
    )
    return Finding("draft-overtaken", Severity.ERROR, message, "", params={"base": str(base), "now": str(now)})


def _require_none_waiting(context: Context, procedure: str) -> None:
    t = publications.c
    waiting = t.status.in_([str(PublicationStatus.ASKED), str(PublicationStatus.APPROVED)])
    where = (t.company_id == context.actor.company_id, t.procedure == procedure, waiting)
    row = context.connection.execute(sa.select(t.asked_by, t.asked_at).where(*where)).one_or_none()
    if row is not None:
        raise AlreadyDone(f"publication of {procedure}", row.asked_by, row.asked_at.isoformat())


def _lock(context: Context, publication_id: int, *statuses: PublicationStatus) -> Any:
    """The publication's row, held until the transaction ends. Raises NotFound, AlreadyDone."""
    t = publications.c
    where = (t.company_id == context.actor.company_id, t.id == publication_id)
    row = context.connection.execute(
        sa.select(publications).where(*where).with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise NotFound("publication", publication_id)
    if row.status not in statuses:
        by, at = (row.decided_by, row.decided_at) if row.decided_at else (row.asked_by, row.asked_at)
        raise AlreadyDone(f"publication {publication_id}", by, at.isoformat())
    return row


def _decide(context: Context, publication_id: int, status: PublicationStatus, answer: str) -> None:
    values = {
        "status": str(status),
        "decided_at": context.now,
        "decided_by": context.actor.name,
        "answer": answer,
    }
    context.connection.execute(sa.update(publications).where(publications.c.id == publication_id).values(values))


def _record(context: Context, action: CompanyAction, row: Any, body: dict[str, Any]) -> None:
    body = {"publication": row.id, "revision": row.revision, **body}
    record_for_company(context, action, row.procedure, body)
