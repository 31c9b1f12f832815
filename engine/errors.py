"""The root of all errors this side raises. A class is a situation, its fields are the facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.findings import Finding


class EngineError(Exception):
    """Something asked of the engine that it refuses. ``code`` is stable and public, the message is for developers."""

    code = "engine-error"


class UnsuitableDatabase(EngineError):
    """The database is a version that may lose data, is set up so that it behaves differently, or of an unknown kind."""

    code = "unsuitable-database"


class NotFound(EngineError):
    """The thing does not exist for this company. Things of other companies are not found either."""

    code = "not-found"

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"expected {kind} {key!r} to exist, found nothing")
        self.kind, self.key = kind, key


class NotPermitted(EngineError):
    """The actor may not do this. *reason* is a stable word, e.g. ``"not-in-group"``.

    *by* is the login of whoever stands in the way, "" unless the reason is ``"claimed"``.
    """

    code = "not-permitted"

    def __init__(self, action: str, reason: str, *, by: str = "") -> None:
        found = f"{reason} by {by}" if by else reason
        super().__init__(f"expected the actor to be allowed to {action}, found: {found}")
        self.action, self.reason, self.by = action, reason, by


class AlreadyDone(EngineError):
    """Somebody else was faster. Says who and when so that the loser knows.

    Without *at* it has not ended: *by* is working on it. Without *by* nobody ended it, the procedure did.
    """

    code = "already-done"

    def __init__(self, subject: str, by: str | None, at: str | None) -> None:
        super().__init__(f"expected {subject} to be open, found {_whose(by, at)}")
        self.subject, self.by, self.at = subject, by, at


def _whose(by: str | None, at: str | None) -> str:
    if at is None:
        return f"it in the hands of {by}" if by else "that it has ended"
    return f"it ended by {by} at {at}" if by else f"that it ended at {at}"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong answer. The page turns *rule* and *params* into a sentence in the reader's language."""

    field: str  #: ``"phone"``, in repeating rows ``"products.0.quantity"``
    rule: str  #: ``required choose min_length max_length pattern number min max decimals date date_min date_max option
    #: rows_min rows_max files_max file_type file_size file_unknown unknown_field type``
    params: Mapping[str, str | int] = dataclasses.field(default_factory=dict)  #: e.g. ``{"n": 5}``


class AnswersInvalid(EngineError):
    """A form's answers break its rules. *errors* names every wrong field at once, in the form's order."""

    code = "answers-invalid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"expected valid answers, found {len(errors)} wrong: {', '.join(e.field for e in errors)}")
        self.errors = tuple(errors)


class PackageRefused(EngineError):
    """A procedure package has errors and cannot be deployed. *findings* holds all of them."""

    code = "package-refused"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"expected a package without errors, found {len(findings)}")
        self.findings = tuple(findings)


class UnsafeFile(EngineError):
    """An uploaded file is refused before anything reads it. *reason* is a stable word, e.g. ``"doctype"``."""

    code = "unsafe-file"

    def __init__(self, name: str, reason: str, line: int | None = None) -> None:
        super().__init__(f"expected a plain file {name!r}, found: {reason}")
        self.name, self.reason, self.line = name, reason, line


class NotGenuine(UnsafeFile):
    """A checkpoint, key, time stamp or audit package is not what it says it is. *reason* is a sentence of its own."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.args = (f"the {name} cannot be trusted: {reason}",)
