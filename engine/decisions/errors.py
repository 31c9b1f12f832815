"""A decision that cannot be read or has no answer."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import EngineError
from engine.findings import Finding


class DecisionError(EngineError):
    """A decision that cannot be read or taken.

    *reason* is a stable word: ``"unreadable"`` (then *findings* holds everything), ``"unknown-decision"``,
    ``"several-rules"`` (more than one where the hit policy allows one), ``"input-not-allowed"``, ``"limit"``.
    """

    code = "decision-error"

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        file: str = "",
        line: int | None = None,
        element: str | None = None,
        findings: Sequence[Finding] = (),
    ) -> None:
        place = f"{file}, line {line}: " if file and line else ""
        super().__init__(f"{place}{message}")
        self.message, self.reason = message, reason
        self.file, self.line, self.element = file, line, element
        self.findings = tuple(findings)
