"""What a process owner does to the draft of a procedure. Nothing here touches a case or what is in service."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.complaints import refusal_to_own
from engine.deployments import (
    COMPANY_FILE,
    MOST_SAVES,
    Draft,
    draft_of,
    files_of_save,
    files_to_edit,
    next_revision,
    pack_files,
    revision_of,
)
from engine.errors import EngineError, NotFound, NotPermitted, PackageRefused
from engine.procedures.files import check_sizes, is_known
from engine.procedures.form_files import KEPT_LISTS
from engine.tables import draft_saves, drafts


class DraftMoved(EngineError):
    """The draft is not at the revision that was expected: somebody saved meanwhile, or it is gone."""

    code = "draft-moved"

    def __init__(self, expected: int, draft: Draft | None) -> None:
        found = f"{draft.revision}, saved by {draft.saved_by}" if draft else "no draft and something else since"
        super().__init__(f"expected the draft at revision {expected}, found {found}")
        self.expected, self.draft = expected, draft


@dataclass(frozen=True, slots=True)
class Saved:
    """Where the draft stands after a save."""

    revision: int
    saved_at: datetime
    files: Mapping[str, bytes]


def save_file(context: Context, procedure: str, path: str, content: bytes, *, expected: int) -> Saved:
    """Write one file of the draft, which begins with its first save; *expected* is the revision read.

    Any bytes are taken that fit the limits of a package: what is wrong with them is a matter of the check. The same
    bytes again change nothing. Raises NotPermitted, NotFound, DraftMoved, PackageRefused when it is too much.
    """
    require_owner(context, CompanyAction.SAVE_DRAFT)
    if not is_known(path):
        raise NotFound("file", path[:200])
    _require_own_file(path)
    draft = require_draft(context, procedure, expected)
    kept = files_to_edit(context.connection, context.deployments, context.actor.company_id, procedure)
    if draft is not None and kept.files.get(path) == content:
        return Saved(draft.revision, draft.saved_at, kept.files)
    body = {"path": path, "digest": hashlib.sha256(content).hexdigest()}
    files = {**kept.files, path: content}
    return _save(context, procedure, files, draft=draft, action=CompanyAction.SAVE_DRAFT, body=body, path=path)


def remove_file(context: Context, procedure: str, path: str, *, expected: int) -> Saved:
    """Take one file out of the draft. Raises as `save_file`."""
    require_owner(context, CompanyAction.SAVE_DRAFT)
    _require_own_file(path)
    draft = require_draft(context, procedure, expected)
    kept = files_to_edit(context.connection, context.deployments, context.actor.company_id, procedure)
    if path not in kept.files:
        raise NotFound("file", path[:200])
    files = {name: content for name, content in kept.files.items() if name != path}
    return _save(
        context, procedure, files, draft=draft, action=CompanyAction.SAVE_DRAFT, body={"path": path}, path=path
    )


def restore_version(context: Context, procedure: str, version: int, *, expected: int) -> Saved:
    """Make the draft what *version* of the procedure is. Raises as `save_file`."""
    require_owner(context, CompanyAction.RESTORE_DRAFT)
    draft = require_draft(context, procedure, expected)
    company_id = context.actor.company_id
    files = context.deployments.version(context.connection, company_id, procedure, version).package.files
    body, restored = {"version": version}, f"version {version}"
    return _save(
        context, procedure, files, draft=draft, action=CompanyAction.RESTORE_DRAFT, body=body, restored=restored
    )


def restore_save(context: Context, procedure: str, revision: int, *, expected: int) -> Saved:
    """Make the draft what it was after the save *revision*. Raises as `save_file`."""
    require_owner(context, CompanyAction.RESTORE_DRAFT)
    draft = require_draft(context, procedure, expected)
    if draft is None:
        raise NotFound("draft", procedure)
    files = files_of_save(context.connection, context.actor.company_id, procedure, revision)
    body, restored = {"save": revision}, f"save {revision}"
    return _save(
        context, procedure, files, draft=draft, action=CompanyAction.RESTORE_DRAFT, body=body, restored=restored
    )


def discard_draft(context: Context, procedure: str, *, expected: int) -> None:
    """Drop the draft and its saves; what is in service stays. Raises NotPermitted, NotFound, DraftMoved."""
    require_owner(context, CompanyAction.DISCARD_DRAFT)
    draft = require_draft(context, procedure, expected)
    if draft is None:
        raise NotFound("draft", procedure)
    end_draft(context, procedure)
    body = {"revision": draft.revision, "base_version": draft.base_version}
    record_for_company(context, CompanyAction.DISCARD_DRAFT, procedure, body)


def end_draft(context: Context, procedure: str) -> None:
    """Remove the draft's rows; the caller says in the history why. Who had read it cannot save over what comes now."""
    next_revision(context.connection, context.actor.company_id, procedure)
    for table in (drafts, draft_saves):
        own = (table.c.company_id == context.actor.company_id, table.c.procedure == procedure)
        context.connection.execute(sa.delete(table).where(*own))


def _require_own_file(path: str) -> None:
    """Raises NotPermitted for what belongs to all procedures of the company."""
    if path == COMPANY_FILE:
        raise NotPermitted(CompanyAction.SAVE_DRAFT.value, "company-file")
    if path.startswith(KEPT_LISTS):
        raise NotPermitted(CompanyAction.SAVE_DRAFT.value, "kept-list")


def require_owner(context: Context, action: CompanyAction) -> None:
    """Raises NotPermitted for those who may not change procedures."""
    if reason := refusal_to_own(context.actor):
        raise NotPermitted(action.value, reason)


def require_draft(context: Context, procedure: str, expected: int) -> Draft | None:
    """The draft, locked, when what is edited stands at *expected*; None without one. Raises DraftMoved, NotFound.

    Without a row there is nothing to lock: of two who begin at the same time one fails on the key and begins again.
    """
    company_id = context.actor.company_id
    context.deployments.current(context.connection, company_id, procedure)
    own = (drafts.c.company_id == company_id, drafts.c.procedure == procedure)
    context.connection.execute(sa.select(drafts.c.revision).where(*own).with_for_update(key_share=True)).all()
    draft = draft_of(context.connection, company_id, procedure)
    if (draft.revision if draft else revision_of(context.connection, company_id, procedure)) != expected:
        raise DraftMoved(expected, draft)
    return draft


def _save(
    context: Context,
    procedure: str,
    files: Mapping[str, bytes],
    *,
    draft: Draft | None,
    action: CompanyAction,
    body: Mapping[str, object],
    path: str = "",
    restored: str = "",
) -> Saved:
    if problems := list(check_sizes(files)):
        raise PackageRefused(problems)
    company_id = context.actor.company_id
    revision = next_revision(context.connection, company_id, procedure)
    if draft is None:
        _begin(context, procedure, revision)
    context.connection.execute(
        sa.insert(draft_saves).values(
            company_id=company_id,
            procedure=procedure,
            revision=revision,
            files=pack_files(files),
            path=path,
            restored=restored,
            saved_at=context.now,
            saved_by=context.actor.name,
        )
    )
    own = (drafts.c.company_id == company_id, drafts.c.procedure == procedure)
    context.connection.execute(sa.update(drafts).where(*own).values(revision=revision))
    _forget_old_saves(context, procedure, revision)
    record_for_company(context, action, procedure, {"revision": revision, **body})
    return Saved(revision, context.now, files)


def _begin(context: Context, procedure: str, revision: int) -> None:
    """Begin a draft of what is in service."""
    company_id = context.actor.company_id
    base = context.deployments.current(context.connection, company_id, procedure).version
    context.connection.execute(
        sa.insert(drafts).values(
            company_id=company_id,
            procedure=procedure,
            base_version=base,
            revision=revision,
            begun_at=context.now,
            begun_by=context.actor.name,
        )
    )
    record_for_company(context, CompanyAction.BEGIN_DRAFT, procedure, {"base_version": base})


def _forget_old_saves(context: Context, procedure: str, revision: int) -> None:
    t = draft_saves.c
    own = (t.company_id == context.actor.company_id, t.procedure == procedure)
    context.connection.execute(sa.delete(draft_saves).where(*own, t.revision <= revision - MOST_SAVES))
