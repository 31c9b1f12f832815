"""What is asked of a draft: all that a package is asked, and that it is still the procedure it was made from."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import PackageRefused
from engine.findings import Finding, Severity
from engine.procedures import identity_of
from engine.publishing.checking import check


def check_draft(files: Mapping[str, bytes], *, company_id: str, procedure: str) -> list[Finding]:
    """All findings about a draft of that procedure, in the order of files and lines. Never raises."""
    findings = check(files)
    try:
        company, found = identity_of(files)
    except PackageRefused:
        return findings  # which say so
    if (company, found) == (company_id, procedure):
        return findings
    message = (
        f'expected the id "{procedure}" in procedure.toml, found "{found[:100]}"; a draft keeps its procedure\'s id'
    )
    params = {"expected": procedure, "found": found[:100]}
    return [
        Finding("draft-of-another", Severity.ERROR, message, "procedure.toml", element="id", params=params),
        *findings,
    ]
