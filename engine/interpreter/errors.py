"""What the interpreter refuses, and what a procedure can do wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import EngineError
from engine.interpreter.step import Fault


class TaskNotOpen(EngineError):
    """A request names a user task or service request that is not open: never was, or is done already."""

    code = "task-not-open"

    def __init__(self, key: str) -> None:
        super().__init__(f"expected task {key!r} to be open, found it is not")
        self.key = key


class MessageNotExpected(EngineError):
    """A message arrived and nothing in the case waits for its name with this correlation."""

    code = "message-not-expected"

    def __init__(self, name: str, correlation: Mapping[str, Any]) -> None:
        super().__init__(f"expected something to wait for message {name!r} with {dict(correlation)!r}, found nothing")
        self.name, self.correlation = name, correlation


class CaseEnded(EngineError):
    """A request other than WakeUp for a case that has ended, or StartCase for one that has begun."""

    code = "case-ended"

    def __init__(self, request: str, status: str) -> None:
        super().__init__(f"expected a case that takes {request}, found it {status}")
        self.request, self.status = request, status


class CaseSuspended(EngineError):
    """A request for a case that is suspended: it waits for somebody to resume it."""

    code = "case-suspended"

    def __init__(self, request: str) -> None:
        super().__init__(f"expected a case that takes {request}, found it suspended")
        self.request = request


class StateRefused(EngineError):
    """A saved state cannot be used. *reason* is ``foreign``, ``old-format`` or ``damaged``."""

    code = "state-refused"

    def __init__(self, reason: str, found: str) -> None:
        super().__init__(f"expected a state saved by this interpreter for this definition, found: {found}")
        self.reason = reason


class DataRefused(EngineError):
    """Data handed in is not JSON, or a key is not an identifier, or starts with ``_``."""

    code = "data-refused"

    def __init__(self, found: str) -> None:
        super().__init__(f"expected JSON under identifiers that do not start with '_', found {found}")


class ProcedureFault(Exception):
    """The procedure went wrong inside a step. Never leaves the interpreter: ``advance`` answers with *fault*."""

    def __init__(self, code: str, element: str, message: str, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.fault = Fault(code, element, message, detail)


class OperationRefused(EngineError):
    """An operation that makes no sense at that place.

    *reason* is ``not-there`` (nothing goes on at the key), ``no-destination`` (nobody can be taken there),
    ``cannot-be-skipped``, ``nothing-else-goes-on`` (the only branch cannot be cancelled), ``suspended``,
    ``not-suspended``, or of a time limit ``clock-not-running``, ``clock-paused``, ``clock-not-paused`` (by hand),
    ``clock-given`` (its date stands in a field), ``clock-kept`` (it runs by an earlier limit in another unit) and
    ``clock-extended`` (it got more time in another unit than its new limit has).
    """

    code = "operation-refused"

    def __init__(self, reason: str, subject: str, found: str) -> None:
        super().__init__(f"expected an operation that fits {subject!r}, found {found}")
        self.reason, self.subject = reason, subject
