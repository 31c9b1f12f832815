"""What commands refuse beyond the common errors."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import EngineError, NotFound
from engine.interpreter import Fault
from engine.procedures.messages import MAX_CORRELATION


class LostRace(EngineError):
    """The case moved while this action was decided. Nothing was written; look again and repeat."""

    code = "lost-race"

    def __init__(self, number: str) -> None:
        super().__init__(f"expected case {number} to stand still, found it changed meanwhile")
        self.number = number


class ProcedureFailed(EngineError):
    """The procedure itself is wrong at this point. The case stays as it was."""

    code = "procedure-failed"

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"expected the procedure to go on at {fault.element!r}, found: {fault.message}")
        self.fault = fault


class MessageUnknown(NotFound):
    """Nothing of the company could ever take a message of that name. *known* are the names that it could."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__("message", name)
        self.known = tuple(known)

    def __str__(self) -> str:
        found = ", ".join(self.known) or "none"
        return f"expected message {self.key!r} to be one that a procedure can take, found only: {found}"


class CorrelationTooWide(EngineError):
    """A message says more values than a case is looked up by."""

    code = "correlation-too-wide"

    def __init__(self, found: int) -> None:
        super().__init__(f"expected at most {MAX_CORRELATION} correlation values, found {found}")
        self.found = found
