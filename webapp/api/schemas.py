"""Shapes of the API's requests and answers. What is not named here is not promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Answers(Shape):
    """Answers to a form: field id -> value, as docs/procedure-packages.md says."""

    data: dict[str, Any]


class Message(Shape):
    """A message for whichever case waits for it."""

    company: str
    correlation: dict[str, Any] = Field(default_factory=dict)
    data: dict[str, Any] = Field(default_factory=dict)


class Intervention(Shape):
    """What an administrator does to a running case; which fields count depends on *operation*."""

    operation: Literal["move_token", "skip", "cancel_branch", "suspend", "resume", "migrate"]
    reason: str
    key: str = Field("", description="move_token, skip, cancel_branch: what goes on, as in GET /cases/{number}")
    to: str = Field("", description="move_token: element id, or the flow into a join")
    alone: bool = Field(False, description="move_token: end everything else that goes on in that scope")
    stop_clocks: bool = Field(False, description="suspend: time limits stand still meanwhile")
    version: int = Field(0, description="migrate: version of the procedure")
    mapping: dict[str, str] = Field(default_factory=dict, description="migrate: id now -> id in that version")
    keep_limits: bool = Field(False, description="migrate: running clocks keep their limits instead of the new ones")


class Place(Shape):
    """Where something goes on."""

    key: str
    element: str
    kind: str


class Signal(Shape):
    """A signal for every case that waits for it."""

    company: str
    data: dict[str, Any] = Field(default_factory=dict)


class Procedure(Shape):
    company: str
    id: str
    title: dict[str, str]
    version: int


class Procedures(Shape):
    items: list[Procedure]


class NewCase(Shape):
    number: str
    id: int
    links: dict[str, str]


class Task(Shape):
    id: int
    case: str
    procedure: str
    element: str
    name: str
    group: str
    assignee: str | None
    created_at: datetime
    due_at: datetime | None
    form: str


class TaskDetail(Task):
    form_definition: dict[str, Any] | None
    data: dict[str, Any]


class Tasks(Shape):
    items: list[Task]
    next: str | None


class OpenedTask(Shape):
    id: int
    key: str
    element: str
    group: str


class TaskDone(Shape):
    case: str
    status: str
    tasks: list[OpenedTask]


class Clock(Shape):
    deadline: str
    round: int
    status: str
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None


class Reason(Shape):
    """Why; it stands in the history for good."""

    reason: str


class ClockPause(Reason):
    evidence: list[str] = Field(default_factory=list, description="ids of uploads that show why")


class MoreTime(Reason):
    """A request for more time."""

    amount: str = Field(description="how much more, in the unit of the time limit: 3 or 1.5")


class Decision(Shape):
    """What whoever decides on a request for more time answers."""

    answer: str


class Extension(Shape):
    """A request for more time, and what became of it."""

    id: int
    case: str
    deadline: str
    round: int
    amount: str
    unit: str
    reason: str
    status: str = Field(description="asked, granted, refused, or settled: the clock stopped before anybody decided")
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    answer: str
    was_due_at: datetime | None
    due_at: datetime | None


class TaskVerb(Shape):
    """What somebody does with a task beside filling it in; which fields count depends on *verb*."""

    verb: Literal["hand_over", "delegate", "sign", "return", "take_back", "urge", "copy", "snooze"]
    reason: str
    to: list[str] = Field(default_factory=list, description="person:login or group:id; several for copy only")
    before: bool = Field(True, description="sign: before the task is completed; else its answers wait for it")
    step: str = Field("", description="return: element id of an earlier step")
    until: datetime | None = Field(None, description="snooze: with its offset")


class ErrandAnswer(Shape):
    """What becomes of an errand."""

    decision: Literal[
        "accept",
        "decline",
        "sign",
        "refuse",
        "fill_in",
        "note",
        "withdraw",
        "link",
        "elsewhere",
        "correct",
        "begin",
        "later",
    ] = Field(
        description="data_copy: link (it can be read behind the tracking link) or elsewhere (handed over); "
        "data_correction: correct; data_erasure: begin, or later where something stands in the way; each of them: "
        "refuse"
    )
    reason: str = Field("", description="refuse, later: what the customer reads")
    checked: str = Field("", description="link, elsewhere, correct, begin, later: how it was checked who asks")
    corrected: str = Field("", description="correct: what was, for the customer")
    data: dict[str, Any] = Field(default_factory=dict, description="fill_in: answers to the task's form")


class Errand(Shape):
    """What one person asks of another about a task, or a customer about the case or their data."""

    id: int
    kind: str = Field(
        description="hand_over, delegation, signature, countersignature, return, urge, copy; of customers:"
        " customer, withdrawal, data_copy, data_correction or data_erasure"
    )
    status: str = Field(description="open, done, refused, withdrawn, settled, outdated or postponed")
    case: str
    task: int | None
    element: str
    reason: str
    asked_at: datetime
    ended_at: datetime | None
    answer: str
    due_at: datetime | None = Field(description="until when it has to be answered, null = nobody said")


class Errands(Shape):
    items: list[Errand]


class Letter(Shape):
    """A letter of a case, as it was written."""

    place: int = Field(description="1, 2, 3 … in the order they were written")
    letter: str = Field(description="id of the template")
    to: str = Field(description="customer, or the id of a group")
    language: str
    subject: str
    body: str
    written_at: datetime
    sent_at: datetime | None = Field(description="when a mail server took it")
    withdrawn_at: datetime | None = Field(description="since when it does not hold any more")


class Letters(Shape):
    items: list[Letter]


class Extensions(Shape):
    items: list[Extension]


class ClockDetail(Clock):
    """A time limit with how its date was counted."""

    title: dict[str, str]
    binding: bool = Field(description="false: an internal target, which is never a breach")
    receipt: dict[str, Any] | None = Field(description="every line that was counted; adding them up gives due_at")
    extensions: list[Extension]


class Clocks(Shape):
    items: list[ClockDetail]


class Reminder(Shape):
    """A step of a time limit's ladder that somebody has to accept."""

    id: int
    case: str
    title: str
    deadline: dict[str, str]
    share: float = Field(description="of the time that has passed; 1 and more: it is over")
    due_at: datetime
    raised_at: datetime


class Reminders(Shape):
    items: list[Reminder]


class Accepted(Shape):
    case: str


class TrialDate(Shape):
    """What a time limit that begins then would give."""

    started_at: datetime
    due_at: datetime
    provisional: bool = Field(description="it lies in a year without its holiday notice")
    receipt: dict[str, Any]


class Trial(Shape):
    calendar: str = Field(description="version of the calendar it was counted over")
    items: list[TrialDate]


class CaseState(Shape):
    number: str
    id: int
    procedure: str
    status: str
    outcome: str
    title: str
    received_at: datetime
    ended_at: datetime | None
    data: dict[str, Any]
    tasks: list[Task]
    places: list[Place]
    clocks: list[Clock]


class Hit(Shape):
    """A place in a case that says what was looked for."""

    part: str = Field(description="event, letter or file")
    ref: str = Field(description="event: its number; letter: key of what asked for it; file: its id")
    action: str
    name: str
    actor: str
    at: datetime
    excerpt: str


class FoundCase(Shape):
    number: str
    id: int
    procedure: str
    status: str
    outcome: str
    title: str
    customer: str
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    hits: list[Hit]


class Cases(Shape):
    items: list[FoundCase]
    next: str | None


class HistoryEvent(Shape):
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    content: dict[str, Any]
    body: str
    previous: str
    hash: str


class History(Shape):
    items: list[HistoryEvent]


class Delivered(Shape):
    case: str
    status: str


class Kept(Shape):
    """A message that waits for a case to take it."""

    status: str
    expires_at: datetime


class Thrown(Shape):
    cases: int


class FieldProblem(Shape):
    field: str
    rule: str
    params: dict[str, str | int]


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] | None = None
    by: str | None = None
    at: str | None = None
