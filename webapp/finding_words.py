"""Findings as pages show them: where, what is wrong, and the way out, in the reader's language."""

from __future__ import annotations

from typing import Any

from engine.findings import Finding


def finding_view(finding: Finding) -> dict[str, Any]:
    """One finding for a page or an editor: rule, severity, file, line, element, message, way_out."""
    message, way_out = _parts(finding.message)
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "file": finding.file,
        "line": finding.line,
        "element": finding.element,
        "message": message,
        "way_out": way_out,
    }


def _parts(message: str) -> tuple[str, str]:
    """What was found, and what to do about it: findings say the second after their last semicolon."""
    found, separator, way_out = message.rpartition("; ")
    return (found, way_out) if separator else (message, "")
