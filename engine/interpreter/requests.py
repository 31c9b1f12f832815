"""What can be asked of the interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType

#: A case's data: identifiers to JSON values. Never changed in place.
Data = Mapping[str, Any]

#: Names one visit of one element for ever: ``"<element path>#<n>"``, n counting from 1 within the case. The path has
#: one element id per level, e.g. ``"visit#2"``, ``"expert_opinion/review#1"``; instances of an activity count on.
TaskKey = NewType("TaskKey", str)


@dataclass(frozen=True, slots=True)
class StartCase:
    data: Data
    process: str = ""  #: "" = the procedure's own; else another process of the package (schedules)
    received_at: datetime | None = None  #: when the complaint truly arrived, if earlier than the step's instant
    event: str = ""  #: id of the message or signal start event that opens the case


@dataclass(frozen=True, slots=True)
class CompleteUserTask:
    key: TaskKey
    data: Data  #: only what the task's form declares


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Let time arrive: fires every timer and clock that is due at the step's instant. May be repeated harmlessly."""


@dataclass(frozen=True, slots=True)
class CompleteService:
    key: TaskKey
    result: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReceiveMessage:
    name: str
    correlation: Data
    data: Data


@dataclass(frozen=True, slots=True)
class ReceiveSignal:
    """Let everything in the case that waits for the signal hear it; where nothing does, nothing happens."""

    name: str
    data: Data


@dataclass(frozen=True, slots=True)
class Withdraw:
    """End the case from outside, e.g. because the customer takes the complaint back."""

    reason: str


Request = StartCase | CompleteUserTask | WakeUp | CompleteService | ReceiveMessage | ReceiveSignal | Withdraw
