"""Messages between cases: which ones a procedure can take, how long one waits, and by how much it may be told apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from engine.procedures.diagram import Diagram

#: How long a message waits for somebody to take it where no procedure.toml says so.
STANDARD_KEEP: Final = timedelta(days=30)
#: Correlation values of one message. A case is found by any part of them, and every part is looked up.
MAX_CORRELATION: Final = 6
_TELLING: Final = ("endEvent", "intermediateThrowEvent", "sendTask")
_TAKING: Final = ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask")


def takes(diagram: Diagram) -> frozenset[str]:
    """The names of the messages that something in *diagram* can wait for or begin with."""
    return frozenset(element.message for element in diagram.of_kind(*_TAKING) if element.message)


def throws(diagram: Diagram) -> frozenset[str]:
    """The names of the messages that something in *diagram* sends."""
    return frozenset(element.message for element in diagram.of_kind(*_TELLING) if element.message)
