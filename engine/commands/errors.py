"""What commands refuse beyond the common errors."""

from __future__ import annotations

from engine.errors import EngineError
from engine.interpreter import Fault


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
