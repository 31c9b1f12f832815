"""What is wrong with an expression, where, and what to write instead."""

from __future__ import annotations

from engine.errors import EngineError


class FeelError(EngineError):
    """An expression that cannot be read, or that asked for more than it may. FEEL itself answers null, never this.

    *line* and *column* count from 1 and are 0 where no place is meant (limits met during evaluation). *reason* is a
    stable word for translation: ``"syntax"``, ``"foreign"`` (another language's syntax) or ``"limit"``.
    *suggestion* is FEEL to write instead, "" where none is certain.
    """

    code = "feel-error"

    def __init__(
        self,
        message: str,
        *,
        line: int = 0,
        column: int = 0,
        expected: str = "",
        found: str = "",
        suggestion: str = "",
        reason: str = "syntax",
    ) -> None:
        place = f"line {line}, column {column}: " if line else ""
        advice = f"; write {suggestion}" if suggestion else ""
        super().__init__(f"{place}{message}{advice}")
        self.message, self.line, self.column = message, line, column
        self.expected, self.found, self.suggestion, self.reason = expected, found, suggestion, reason


def limit_reached(what: str, limit: int) -> FeelError:
    """The error for an expression that wants more than *limit* of *what*."""
    return FeelError(f"expected at most {limit} {what}, found more", expected=f"at most {limit} {what}", reason="limit")
