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
    data: Data  #: with *event*, what came along with the message or signal
    process: str = ""  #: "" = the procedure's own; else another process of the package (schedules, messages)
    received_at: datetime | None = None  #: when the complaint truly arrived, if earlier than the step's instant
    event: str = ""  #: id of the message or signal start event that opens the case, "" = the plain one


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
    """Let everything in the case that waits for the signal hear it. Nothing happens where nothing does."""

    name: str
    data: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """End the case from outside, e.g. because the customer takes the complaint back."""

    reason: str


@dataclass(frozen=True, slots=True)
class MoveToken:
    """Take what goes on at *key* somewhere else: back to an earlier step, or forward, without a flow in the diagram."""

    key: TaskKey
    to: str  #: element of the same process or sub-process or one around it; or the sequence flow on which to arrive
    reason: str
    alone: bool = False  #: end everything else that goes on in that process or sub-process


@dataclass(frozen=True, slots=True)
class Skip:
    """Go on behind *key* as if it were done, without answers. Time limits that it would have met count for nothing."""

    key: TaskKey
    reason: str


@dataclass(frozen=True, slots=True)
class CancelBranch:
    """End the branch at *key*. A join that would wait for it does not any more; what it wrote stays."""

    key: TaskKey
    reason: str


@dataclass(frozen=True, slots=True)
class Suspend:
    """Let nothing happen in the case until `Resume`: no answers, messages or timers."""

    reason: str
    stop_clocks: bool = False  #: whether time limits stand still meanwhile


@dataclass(frozen=True, slots=True)
class Resume:
    reason: str


@dataclass(frozen=True, slots=True)
class Migrate:
    """Go on with the case on another version of its procedure; see `migrate`."""

    to: str  #: `Definition.fingerprint` of that version
    mapping: Mapping[str, str]  #: element or flow id -> id in that version, where they differ
    reason: str
    keep_limits: bool = False  #: whether running clocks stay with the limits of the version they began on


@dataclass(frozen=True, slots=True)
class PauseClock:
    """Let the running clock of a deadline stand until `ResumeClock`, e.g. while an expert's opinion is awaited."""

    deadline: str
    reason: str  #: who wanted it and why, as the receipt will show it


@dataclass(frozen=True, slots=True)
class ResumeClock:
    deadline: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExtendClock:
    """Give the running clock of a deadline more time."""

    deadline: str
    amount: str  #: decimal text, in the deadline's unit
    reason: str


#: What somebody does to a time limit of a running case.
ClockOperation = PauseClock | ResumeClock | ExtendClock
#: What somebody does to a running case from outside its diagram.
Operation = MoveToken | Skip | CancelBranch | Suspend | Resume
Request = (
    StartCase
    | CompleteUserTask
    | WakeUp
    | CompleteService
    | ReceiveMessage
    | ReceiveSignal
    | Withdraw
    | Operation
    | ClockOperation
    | Migrate
)
