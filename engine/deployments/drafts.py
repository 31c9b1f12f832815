"""Reading drafts: what a process owner works on, beside the deployment that is in service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from engine.deployments.store import DeploymentStore, unpack_files
from engine.errors import NotFound
from engine.procedures.form_files import kept_list_file, lists_used, options_from_json
from engine.tables import choice_lists, companies, draft_saves, drafts, procedures

#: Belongs to all procedures of the company: it comes with them and no draft of one of them changes it.
COMPANY_FILE: Final = "company.toml"
#: Saves of a draft that can be taken back to. An owner who works all day makes some 200.
MOST_SAVES: Final = 400


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft and its newest save."""

    procedure: str
    base_version: int  #: the deployment it was made from
    revision: int  #: of the newest save
    begun_at: datetime
    begun_by: str  #: login
    saved_at: datetime
    saved_by: str  #: login


@dataclass(frozen=True, slots=True)
class DraftFiles:
    """The files an owner sees: the draft's, or those in service where there is no draft."""

    revision: int  #: what a save has to name; another one whenever anything may have changed
    has_draft: bool
    base_version: int
    files: Mapping[str, bytes]  #: by path inside the deployment


def draft_of(connection: sa.Connection, company_id: str, procedure: str) -> Draft | None:
    """The company's draft of that procedure."""
    d, s = drafts.c, draft_saves.c
    joined = drafts.join(
        draft_saves,
        (s.company_id == d.company_id) & (s.procedure == d.procedure) & (s.revision == d.revision),
    )
    columns = (d.procedure, d.base_version, d.revision, d.begun_at, d.begun_by, s.saved_at, s.saved_by)
    where = (d.company_id == company_id, d.procedure == procedure)
    row = connection.execute(sa.select(*columns).select_from(joined).where(*where)).one_or_none()
    return None if row is None else Draft(*row)


def files_to_edit(
    connection: sa.Connection, deployments: DeploymentStore, company_id: str, procedure: str
) -> DraftFiles:
    """The files of the draft, of the newest deployment without one. Raises NotFound."""
    current = deployments.current(connection, company_id, procedure)
    draft = draft_of(connection, company_id, procedure)
    if draft is None:
        return DraftFiles(
            revision_of(connection, company_id, procedure),
            False,
            current.version,
            with_profile(connection, company_id, current.package.files),
        )
    files = files_of_save(connection, company_id, procedure, draft.revision)
    return DraftFiles(draft.revision, True, draft.base_version, files)


def revision_of(connection: sa.Connection, company_id: str, procedure: str) -> int:
    """The newest state of what an owner edits there. Raises NotFound."""
    p = procedures.c
    where = (p.company_id == company_id, p.procedure == procedure)
    found = connection.execute(sa.select(p.draft_revision).where(*where)).scalar()
    if found is None:
        raise NotFound("procedure", f"{company_id}/{procedure}")
    return int(found)


def next_revision(connection: sa.Connection, company_id: str, procedure: str) -> int:
    """A revision that nothing had before: what was read under an earlier one can be told from what there is."""
    p = procedures.c
    where = (p.company_id == company_id, p.procedure == procedure)
    counted = sa.update(procedures).where(*where).values(draft_revision=p.draft_revision + 1)
    return int(connection.execute(counted.returning(p.draft_revision)).scalar_one())


def files_of_save(connection: sa.Connection, company_id: str, procedure: str, revision: int) -> Mapping[str, bytes]:
    """All files of the draft as they were after that save. Raises NotFound."""
    s = draft_saves.c
    where = (s.company_id == company_id, s.procedure == procedure, s.revision == revision)
    packed = connection.execute(sa.select(s.files).where(*where)).scalar()
    if packed is None:
        raise NotFound("save", f"{company_id}/{procedure} {revision}")
    return with_profile(connection, company_id, unpack_files(packed))


def with_profile(connection: sa.Connection, company_id: str, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """*files* with what is the company's and no draft's: company.toml and the kept lists as they are in force now."""
    profile = connection.execute(sa.select(companies.c.profile).where(companies.c.id == company_id)).scalar_one()
    return with_kept_lists(connection, company_id, {**files, COMPANY_FILE: profile})


def with_kept_lists(connection: sa.Connection, company_id: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """*files* with the lists that administrators keep and its forms name, in place of its own."""
    t = choice_lists.c
    where = (t.company_id == company_id, t.status == "in_force")
    kept = connection.execute(sa.select(t.name, t.options).where(*where)).all()
    used = lists_used(files) if kept else {}
    found = [(each.name, each.options) for each in kept if each.name in used]
    return {**files, **dict(kept_list_file(name, options_from_json(options)) for name, options in found)}
