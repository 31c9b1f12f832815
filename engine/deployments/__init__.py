"""Deployed procedures: stored once, never changed, compiled once per process. And the drafts of what comes next."""

from engine.deployments.drafts import (
    COMPANY_FILE,
    MOST_SAVES,
    Draft,
    DraftFiles,
    draft_of,
    files_of_save,
    files_to_edit,
    next_revision,
    revision_of,
    with_kept_lists,
    with_profile,
)
from engine.deployments.store import Deployment, DeploymentStore, pack_files, unpack_files

__all__ = [
    "COMPANY_FILE",
    "MOST_SAVES",
    "Deployment",
    "DeploymentStore",
    "Draft",
    "DraftFiles",
    "draft_of",
    "files_of_save",
    "files_to_edit",
    "next_revision",
    "pack_files",
    "revision_of",
    "unpack_files",
    "with_kept_lists",
    "with_profile",
]
