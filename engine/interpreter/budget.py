"""How much one step may do before it is stopped as a fault of the procedure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one step. What exceeds one is a Fault ``step-budget`` that names the element it happened at."""

    engine_tasks: int = 1000  #: elements run without a person
    depth: int = 20  #: sub-processes and calls inside each other
    instances: int = 1000  #: instances of one multi-instance activity
    live_tokens: int = 4000  #: tokens of the whole case at one time
    state_bytes: int = 8_000_000  #: of the saved state before it is compressed, data included
    seconds: float | None = None  #: time of this machine's monotonic clock for one step; None = not measured
