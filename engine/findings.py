"""What a check has to say about a file: one shape for every checker, from XML to scenarios."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  #: the package cannot be deployed
    WARNING = "warning"  #: it can, and somebody should look


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where it is and the way out.

    *message* is a complete English sentence with what was found and what to do. *rule* and *params* let a page say the
    same in the reader's language.
    """

    rule: str  #: kebab-case name of the rule, e.g. ``"user-task-without-form"``
    severity: Severity
    message: str
    file: str  #: path inside the package, e.g. ``"complaint.bpmn"``
    line: int | None = None  #: 1-based; None when the file as a whole is meant
    element: str | None = None  #: id of the BPMN element, DMN rule, form field …
    params: dict[str, str] = field(default_factory=dict)
