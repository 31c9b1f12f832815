"""The reason that somebody has to give: written down for good, and never missing."""

from __future__ import annotations

from typing import Final

from engine.errors import AnswersInvalid, FieldError

_MOST: Final = 2000


def reason_errors(reason: str, field: str = "reason") -> list[FieldError]:
    """What is wrong with a reason; *field* is where it was written."""
    if not reason.strip():
        return [FieldError(field, "required")]
    return [FieldError(field, "max_length", {"n": _MOST})] if len(reason) > _MOST else []


def require_reason(reason: str, field: str = "reason") -> None:
    """Raises AnswersInvalid without a reason, or with one that nobody reads."""
    if errors := reason_errors(reason, field):
        raise AnswersInvalid(errors)
