"""What is asked of a draft: all that a package is asked, and that it is still the procedure it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.errors import PackageRefused
from engine.findings import Finding, Severity
from engine.procedures import identity_of
from engine.publishing.checking import check
from engine.publishing.running import ScenarioResult


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


def scenario_findings(results: Iterable[ScenarioResult]) -> list[Finding]:
    """What the scenarios of a draft say about it: a warning for each that no longer goes as it says."""
    return [
        Finding(
            "scenario-fails",
            Severity.WARNING,
            f"expected the scenario to go as it says, found at {result.error}",
            result.file,
            params={"title": result.title, "found": result.error},
        )
        for result in results
        if not result.passed
    ]
