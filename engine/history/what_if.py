"""What would have become of a recorded case under other rules: its requests played on another definition. Pure.

People are taken to do and say what they did, when they did it. Time passes by the other rules: their timers and limits
fire at their own instants, and what the recorded case's own timers did is left out. The same case and definition give
the same answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from engine.calendars import Calendars
from engine.errors import EngineError
from engine.history.recording import request_from_json
from engine.history.records import Event
from engine.interpreter import (
    CaseStatus,
    CompleteService,
    CompleteUserTask,
    Definition,
    FactKind,
    Migrate,
    Request,
    ServiceRequest,
    Step,
    WakeUp,
    advance,
)

#: Timers and clocks that may fire in one case.
_MOST_WAKES: Final = 2_000
#: The service that answers itself.
_LETTERS: Final = "send_letter"


class Course(StrEnum):
    """How a case goes under the other rules."""

    SAME = "same"  #: over the same ways
    OTHER = "other"  #: over other ways, to an end or as far as it had come
    STUCK = "stuck"  #: it waits for something that nobody did or said, or cannot go on


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would have become of one case."""

    course: Course
    at: str = ""  #: element at which it leaves the recorded way, or is stuck
    reason: str = ""  #: why it cannot go on, in English; "" = it waits there
    newly_late: tuple[str, ...] = ()  #: deadlines missed under the other rules and kept as recorded


def what_if(definition: Definition, calendars: Calendars, events: Sequence[Event]) -> WhatIf:
    """The case of *events* (all of them, from its first) on *definition*, its limits counted over *calendars*."""
    moves = [event for event in events if "request" in event.content]
    if not moves:
        return WhatIf(Course.STUCK, reason="nothing is recorded")
    recorded = [fact for event in moves for fact in event.content.get("facts", ())]
    known = frozenset(fact[2] for fact in recorded if fact[0] == FactKind.ENTERED and len(fact) > 2)  # noqa: PLR2004
    run = _Run(definition, calendars, known)
    try:
        for event in moves:
            run.play(request_from_json(event.content["request"]), event.at)
    except _Stuck as stuck:
        return WhatIf(Course.STUCK, stuck.at, stuck.reason, run.newly_late(recorded))
    except (EngineError, KeyError, TypeError, ValueError) as error:
        return WhatIf(Course.STUCK, "", str(error), run.newly_late(recorded))
    ended = moves[-1].content.get("status") != str(CaseStatus.OPEN)
    if ended and run.last is not None and run.last.status is CaseStatus.OPEN:
        waits = [task.element for task in run.last.open_tasks]
        return WhatIf(Course.STUCK, waits[0] if waits else "", "", run.newly_late(recorded))
    walked = Counter(fact[1] for fact in recorded if fact[0] == FactKind.FLOW)
    left = next((flow for flow in run.flows if flow not in walked), "")
    if walked == Counter(run.flows) and not run.left_out:
        return WhatIf(Course.SAME, newly_late=run.newly_late(recorded))
    at = definition.flows[left].source if left else (run.left_out[0] if run.left_out else "")
    return WhatIf(Course.OTHER, at, "", run.newly_late(recorded))


class _Stuck(Exception):
    def __init__(self, at: str, reason: str) -> None:
        super().__init__(reason)
        self.at, self.reason = at, reason


@dataclass(slots=True)
class _Run:
    """One case on its way under the other rules."""

    definition: Definition
    calendars: Calendars
    known: frozenset[str]  #: keys of what the recorded case came to
    last: Step | None = None
    flows: list[str] = field(default_factory=list)
    late: set[str] = field(default_factory=set)
    pending: dict[str, ServiceRequest] = field(default_factory=dict)
    early: set[str] = field(default_factory=set)  #: services that were answered before these rules ask them
    left_out: list[str] = field(default_factory=list)  #: elements of steps that these rules do not have
    wakes: int = 0

    def play(self, request: Request, at: datetime) -> None:
        """What was done at that instant, after all that fires before it."""
        self._let_time_pass(at)
        match request:
            case WakeUp() | Migrate():
                return
            case CompleteUserTask(key=key) if not self._is_open(key):
                self._leave_out(key)
            case CompleteService(key=key) if key not in self.pending:
                self.early.add(key)
            case _:
                self._step(request, at)
        self._answer_letters(at)

    def newly_late(self, recorded: Sequence[Sequence[Any]]) -> tuple[str, ...]:
        before = {name for name in map(_missed, recorded) if name}
        return tuple(sorted(self.late - before))

    def _is_open(self, key: str) -> bool:
        return self.last is not None and any(task.key == key for task in self.last.open_tasks)

    def _leave_out(self, key: str) -> None:
        """A step that was done and that these rules do not have is passed over; one that is not open cannot be."""
        element = key.rsplit("#", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]
        if element in self.definition.elements:
            waits = [task.element for task in self.last.open_tasks] if self.last else []
            raise _Stuck(waits[0] if waits else element, "")
        self.left_out.append(element)

    def _let_time_pass(self, to: datetime) -> None:
        while self.last is not None and self.last.next_wake is not None and self.last.next_wake <= to:
            due = self.last.next_wake
            self.wakes += 1
            if self.wakes > _MOST_WAKES:
                raise _Stuck("", f"expected at most {_MOST_WAKES} timers to fire, found more")
            self._step(WakeUp(), due)
            self._answer_letters(due)
            if self.last.next_wake == due:
                raise _Stuck("", f"expected what is due at {due.isoformat()} to fire, found it still due")

    def _answer_letters(self, at: datetime) -> None:
        """What only these rules send, or send later, is answered at once: nobody recorded when."""
        for _ in range(_MOST_WAKES):
            open_letters = (each for each in self.pending.values() if each.operator == _LETTERS)
            letter = next((each for each in open_letters if each.key not in self.known or each.key in self.early), None)
            if letter is None:
                return
            self._step(CompleteService(letter.key, {"letter": str(letter.parameters.get("letter"))}), at)

    def _step(self, request: Request, at: datetime) -> None:
        state = self.last.state if self.last else None
        step = advance(self.definition, state, request, now=at, calendars=self.calendars)
        if step.fault:
            raise _Stuck(step.fault.element, step.fault.message)
        if isinstance(request, CompleteService):
            self.pending.pop(request.key, None)
        for key in step.cancelled_requests:
            self.pending.pop(key, None)
        self.pending.update({asked.key: asked for asked in step.requests})
        self.flows.extend(fact.element for fact in step.facts if fact.kind is FactKind.FLOW)
        missed = (_missed([fact.kind, fact.element, fact.key, fact.detail]) for fact in step.facts)
        self.late.update(filter(None, missed))
        self.last = step


def _missed(fact: Sequence[Any]) -> str:
    """The deadline that a fact says was missed, "" = none."""
    detail: Mapping[str, Any] = fact[3] if len(fact) > 3 and fact[3] else {}  # noqa: PLR2004 -- [kind, element, key, detail]
    breached = fact[0] == FactKind.CLOCK_BREACHED
    stopped_late = fact[0] == FactKind.CLOCK_STOPPED and detail.get("met") is False
    return str(detail.get("clock", "")) if breached or stopped_late else ""
