"""What the interpreter answers: a new state and everything that happened on the way, for one function to write down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.calendars import Receipt
from engine.interpreter.requests import Data, TaskKey


class CaseStatus(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"  #: a token reached the end of the process and none is left
    WITHDRAWN = "withdrawn"  #: ended from outside
    SUSPENDED = "suspended"  #: not ended, but nothing may happen


class FactKind(StrEnum):
    """The words of the history. Life-cycle names follow XES."""

    ENTERED = "entered"  #: a token arrived at an element; key is its TaskKey
    LEFT = "left"  #: and went on
    CANCELLED = "cancelled"  #: the element was ended by an interrupting event or the end of the case
    FLOW = "flow"  #: element is the id of the sequence flow taken
    DECIDED = "decided"  #: detail: {"decision", "rules": [..1-based], "inputs", "outputs"}
    TIMER_FIRED = "timer_fired"
    MESSAGE_SENT = "message_sent"
    MESSAGE_RECEIVED = "message_received"
    SIGNAL_THROWN = "signal_thrown"  #: detail: {"name", "data"}
    SIGNAL_RECEIVED = "signal_received"
    CONDITION_MET = "condition_met"  #: a conditional event came true
    ESCALATED = "escalated"  #: detail: {"code", "heard_by": event, "" = nobody}
    CLOCK_STARTED = "clock_started"  #: detail: {"clock", "round", "due"}
    CLOCK_CHANGED = "clock_changed"  #: detail: {"clock", "round", "due", "was"}, "by_calendar" if that was the reason
    CLOCK_RECOUNTED = "clock_recounted"  #: by another calendar, with the same date; detail: {"clock", "round", "due"}
    CLOCK_KEPT = "clock_kept"  #: the limit of the version before, after a migration; detail: {"clock", "round", "due"}
    CLOCK_EXTENDED = "clock_extended"  #: detail: {"clock", "round", "amount"}
    CLOCK_WARNED = "clock_warned"  #: detail: {"clock", "round", "share", "due"}, "to" where somebody must accept it
    CLOCK_BREACHED = "clock_breached"
    CLOCK_STOPPED = "clock_stopped"  #: detail: {"clock", "round", "met": bool}, "within_target" of an internal target
    MOVED = "moved"  #: detail: {"to": element or flow}
    SKIPPED = "skipped"
    SUSPENDED = "suspended"  #: detail: {"clocks": whether time limits stand still}
    RESUMED = "resumed"
    MIGRATED = "migrated"  #: detail: {"from", "to": fingerprints of the versions}
    ENDED = "ended"  #: the case's end; element is the end event


@dataclass(frozen=True, slots=True)
class Fact:
    kind: FactKind
    element: str = ""
    key: str = ""
    detail: Mapping[str, Any] | None = None  #: JSON


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A user task that waits for a person."""

    key: TaskKey
    element: str
    form: str  #: "" = a task that is only confirmed
    group: str  #: group id; "" where the package names none
    deadline: str = ""  #: id of the deadline shown on it


@dataclass(frozen=True, slots=True)
class Place:
    """Where something goes on in a case."""

    key: TaskKey
    element: str
    kind: str  #: BPMN tag
    can_be_skipped: bool


class ClockStatus(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"  #: stopped in time
    LATE = "late"  #: stopped after its time
    CANCELLED = "cancelled"  #: the case ended without what it waited for


@dataclass(frozen=True, slots=True)
class ClockState:
    """One round of one deadline."""

    deadline: str
    round: int  #: counts from 1
    status: ClockStatus
    started_at: datetime
    due_at: datetime | None  #: None while a FIELD deadline's field is empty, and while paused
    stopped_at: datetime | None
    receipt: Receipt | None  #: how due_at was counted, if it was counted in this step
    wall_due_at: datetime | None  #: then: the date without what pauses and extensions give back
    counted: bool = False  #: whether it was; if not, what was counted before stands
    breached: bool = False  #: the worker has said so already


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """Work for a job handler: the only way a process touches the world."""

    key: TaskKey
    element: str
    operator: str
    parameters: Data


@dataclass(frozen=True, slots=True)
class Message:
    """A message that left the case: nobody inside waited for it."""

    key: TaskKey  #: of the visit that sent it
    element: str
    name: str
    correlation: Data  #: correlation property id -> value
    data: Data


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that was thrown: everybody who waits for it hears it, in this case and in others."""

    key: TaskKey
    element: str
    name: str
    data: Data


@dataclass(frozen=True, slots=True)
class Awaited:
    """A message or signal the case waits for now."""

    element: str
    trigger: str  #: "message" or "signal"
    name: str
    correlation: Data  #: what a message's own correlation must say too; empty for signals


@dataclass(frozen=True, slots=True)
class Fault:
    """The procedure itself went wrong: nothing of the step may be written, an incident is opened."""

    code: str  #: kebab-case, e.g. "no-flow-matches", "expression-failed", "step-budget"
    element: str
    message: str  #: English sentence with expected and found
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The whole outcome of one request. With a *fault*, everything else is as before the request."""

    state: bytes  #: opaque; belongs to this interpreter and definition only
    data: Data  #: the case's data now
    status: CaseStatus
    outcome: str  #: id of the end event that ended the case, else ""
    open_tasks: tuple[OpenTask, ...]  #: all that are open now, in order of opening
    opened: tuple[OpenTask, ...]  #: those that opened in this step
    closed: tuple[TaskKey, ...]  #: user tasks that are no longer open
    clocks: tuple[ClockState, ...]  #: all rounds that run or changed in this step
    requests: tuple[ServiceRequest, ...]  #: service requests opened in this step
    cancelled_requests: tuple[TaskKey, ...]
    next_wake: datetime | None  #: when WakeUp has something to do, at the earliest
    facts: tuple[Fact, ...]  #: in order
    fault: Fault | None = None
    awaited: tuple[Awaited, ...] = ()  #: messages and signals the case waits for now, the longest wait first
    messages: tuple[Message, ...] = ()  #: sent in this step and not taken inside the case
    signals: tuple[Signal, ...] = ()  #: thrown in this step
