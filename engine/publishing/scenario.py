"""What a scenario says, as values. ``docs/procedure-packages.md`` has the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

#: Who files a complaint with the public form.
PUBLIC: Final = "public"
#: What a mail that opens a case may say.
MAIL_KEYS: Final = ("subject", "name", "sender", "words")


class Action(StrEnum):
    """What happens in a step."""

    TASK = "task"  #: somebody completes a user task
    WAIT = "wait"  #: time passes
    MESSAGE = "message"  #: a message arrives
    SIGNAL = "signal"  #: a signal is heard
    SERVICE = "service"  #: a service answers


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be true. None means that nothing is said about it."""

    open: tuple[str, ...] | None = None  #: exactly these user tasks
    overdue: tuple[str, ...] | None = None  #: exactly these deadlines run past their time
    met: tuple[str, ...] = ()  #: each of these has stopped, and in time
    late: tuple[str, ...] | None = None  #: exactly these have stopped too late
    sent: tuple[str, ...] | None = None  #: exactly these letters since the step before
    data: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)  #: user task -> group


@dataclass(frozen=True, slots=True)
class Start:
    at: datetime
    by: str = ""  #: group, login or PUBLIC
    form: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(
        default_factory=dict
    )  #: for another process than the procedure's, which has no form
    schedule: str = ""
    trigger: str = ""
    event: str = ""  #: message or signal start event
    mail: Mapping[str, str] = field(default_factory=dict)  #: subject, name, sender, words: a mail opens the case
    refused: tuple[str, ...] | None = None  #: the form must refuse exactly these fields: no case is opened
    expect: Expectation = Expectation()


@dataclass(frozen=True, slots=True)
class ScenarioStep:
    number: int  #: counts from 1
    action: Action
    name: str  #: element id with or without occurrence, message, signal or operator; "" for WAIT
    by: str = ""
    after: timedelta | None = None
    at: datetime | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)  #: form answers, or what a message or signal brings
    correlation: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    refused: tuple[str, ...] | None = None  #: instead of going on, the form must refuse exactly these fields
    expect: Expectation = Expectation()

    def __str__(self) -> str:
        return f"step {self.number} ({self.action}{f' {self.name}' if self.name else ''})"


@dataclass(frozen=True, slots=True)
class Ending:
    outcome: str  #: end event
    path: tuple[str, ...] | None = None  #: elements of completed user tasks, in order
    expect: Expectation = Expectation()


@dataclass(frozen=True, slots=True)
class Scenario:
    file: str
    title: str
    clauses: tuple[str, ...]
    process: str  #: "" = the procedure's
    start: Start
    steps: tuple[ScenarioStep, ...]
    end: Ending | None
    plays: tuple[str, ...] = ()  #: the agreed examples of the regulation that it plays, e.g. ``RT-T3``
