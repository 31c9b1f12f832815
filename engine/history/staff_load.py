"""How much work a procedure would make for whom: recorded cases lived once more under given rules. Pure.

Cases come in when they did, saying what they said. A step is done as it was done in that case; where it comes oftener,
or is new, it takes the time and the answers of other recorded cases, drawn by a seed. So loops, decisions and time
limits are the rules' own. The same cases, rules and seed give the same answer, in whatever order cases are asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from statistics import median
from typing import Any, Final

from engine.calendars import Calendar, Calendars, after_working_time, working_time_between
from engine.errors import EngineError
from engine.history.recording import request_from_json
from engine.history.records import Event
from engine.interpreter import (
    CaseStatus,
    CompleteService,
    CompleteUserTask,
    Definition,
    FactKind,
    OpenTask,
    ReceiveMessage,
    ReceiveSignal,
    Request,
    ServiceRequest,
    StartCase,
    Step,
    WakeUp,
    advance,
)

#: Steps of people, and everything that happens, in one case.
_MOST_DONE: Final = 300
_MOST_EVENTS: Final = 2_000
#: What a step takes that nobody has ever done, and none of its group.
_UNKNOWN: Final = timedelta(hours=1)
#: The service that answers itself.
_LETTERS: Final = "send_letter"


@dataclass(frozen=True, slots=True)
class Done:
    """A step as somebody did it."""

    took: timedelta  #: working time from when it was taken in hand, or opened where nobody took it, until it was done
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordedCase:
    """What is recorded about one case."""

    number: str
    begins: StartCase
    at: datetime
    done: Mapping[str, Sequence[Done]]  #: element -> as often as it was done, in order
    services: Mapping[str, Sequence[Mapping[str, Any]]]  #: operator or element -> its answers, in order
    heard: Mapping[str, Sequence[Request]]  #: name -> the messages and signals that came, in order


@dataclass(frozen=True, slots=True)
class Experience:
    """What the recorded cases say together, for steps that one of them does not know."""

    done: Mapping[str, Sequence[Done]]
    services: Mapping[str, Sequence[Mapping[str, Any]]]
    heard: Mapping[str, Sequence[Request]]
    of_lanes: Mapping[str, timedelta]  #: lane -> what one of its steps takes, the middle one; "" = of all
    examples: Mapping[str, Mapping[str, Any]]  #: element -> answers that its form takes, for steps that are new


@dataclass(frozen=True, slots=True)
class Work:
    """One step that somebody would do."""

    group: str
    element: str
    took: timedelta


@dataclass(frozen=True, slots=True)
class Lived:
    """One case under the rules."""

    work: tuple[Work, ...]
    ended: bool
    stuck_at: str = ""  #: element at which it cannot go on, "" = it can


def recorded_case(number: str, events: Sequence[Event], calendar: Calendar) -> RecordedCase | None:
    """The case of *events* (all of them); None when nothing was done in it."""
    taken: dict[str, datetime] = {}  # task key -> when it was opened, then when it was taken
    asked: dict[str, str] = {}  # service key -> element
    done: dict[str, list[Done]] = {}
    services: dict[str, list[Mapping[str, Any]]] = {}
    heard: dict[str, list[Request]] = {}
    begins: tuple[StartCase, datetime] | None = None
    for event in events:
        if event.action == "claim_task":
            taken[event.subject] = event.at
        if "request" not in event.content:
            continue
        match request_from_json(event.content["request"]):
            case StartCase() as request:
                begins = begins or (request, event.at)
            case CompleteUserTask(key=key, data=data):
                took = working_time_between(taken.get(key, event.at), event.at, calendar)
                done.setdefault(_element(key), []).append(Done(max(took, timedelta()), data))
            case CompleteService(key=key, result=result):
                services.setdefault(asked.get(key, _element(key)), []).append(result)
            case ReceiveMessage() | ReceiveSignal() as request:
                heard.setdefault(request.name, []).append(request)
            case _:
                pass
        for fact in event.content.get("facts", ()):
            if fact[0] == FactKind.ENTERED and len(fact) > 2:  # noqa: PLR2004 -- [kind, element, key]
                taken[fact[2]], asked[fact[2]] = event.at, fact[1]
    return None if begins is None else RecordedCase(number, begins[0], begins[1], done, services, heard)


def experience_of(
    recorded: Iterable[RecordedCase], definition: Definition, examples: Mapping[str, Mapping[str, Any]]
) -> Experience:
    """What *recorded* say together; lanes as *definition* draws them; *examples* of answers by element."""
    done: dict[str, list[Done]] = {}
    services: dict[str, list[Mapping[str, Any]]] = {}
    heard: dict[str, list[Request]] = {}
    for case in recorded:
        for element, each in case.done.items():
            done.setdefault(element, []).extend(each)
        for name, results in case.services.items():
            services.setdefault(name, []).extend(results)
        for name, requests in case.heard.items():
            heard.setdefault(name, []).extend(requests)
    of_lanes: dict[str, list[timedelta]] = {}
    for element, each in done.items():
        if element in definition.elements:
            of_lanes.setdefault(definition.elements[element].lane, []).extend(one.took for one in each)
    every = [one.took for each in done.values() for one in each]
    middle = {lane: _middle(each) for lane, each in of_lanes.items() if lane and each}
    return Experience(done, services, heard, {**middle, "": _middle(every) if every else _UNKNOWN}, examples)


def lived(
    definition: Definition, calendars: Calendars, case: RecordedCase, experience: Experience, *, seed: int = 1
) -> Lived:
    """The case under the rules of *definition*, to its end."""
    life = _Life(definition, calendars, case, experience, seed, case.at)
    try:
        life.live()
    except _Stuck as stuck:
        return Lived(tuple(life.work), ended=False, stuck_at=stuck.at or "?")
    except (EngineError, KeyError, TypeError, ValueError):
        return Lived(tuple(life.work), ended=False, stuck_at=life.at or "?")
    return Lived(tuple(life.work), ended=True)


class _Stuck(Exception):
    def __init__(self, at: str) -> None:
        super().__init__(at)
        self.at = at


@dataclass(slots=True)
class _Life:
    """One case on its way."""

    definition: Definition
    calendars: Calendars
    case: RecordedCase
    experience: Experience
    seed: int
    now: datetime
    work: list[Work] = field(default_factory=list)
    last: Step | None = None
    at: str = ""  #: element of what is being done
    pending: dict[str, ServiceRequest] = field(default_factory=dict)
    plans: dict[str, tuple[datetime, Done]] = field(default_factory=dict)  #: open task -> when and how it will be done
    times: Counter[str] = field(default_factory=Counter)  #: how often something of that name came so far

    def live(self) -> None:
        begins = self.case.begins
        process = begins.process if begins.process in self.definition.processes else ""
        self._step(StartCase(begins.data, process=process, received_at=begins.received_at, event=begins.event))
        for _ in range(_MOST_EVENTS):
            if self._status is not CaseStatus.OPEN:
                return
            if len(self.work) > _MOST_DONE:
                raise _Stuck(self.work[-1].element)
            self._go_on()
        raise _Stuck(self.at)

    @property
    def _status(self) -> CaseStatus:
        assert self.last is not None, "a life begins with its start"
        return self.last.status

    def _go_on(self) -> None:
        """The next thing that happens: a service answers, somebody is ready, or time has come."""
        assert self.last is not None, "a life begins with its start"
        if self.pending:
            self._answer(next(iter(self.pending.values())))
            return
        for task in self.last.open_tasks:
            if task.key not in self.plans:
                self.plans[task.key] = self._plan(task)
        planned = [(self.plans[task.key][0], number) for number, task in enumerate(self.last.open_tasks)]
        ready = min(planned, default=None)
        wake = self.last.next_wake
        if wake is not None and (ready is None or wake <= ready[0]):
            if ready is None and self._hear():
                return
            self.now = max(self.now, wake)
            self._step(WakeUp())
        elif ready is not None:
            self._do(self.last.open_tasks[ready[1]], ready[0])
        elif not self._hear():
            raise _Stuck(self.last.awaited[0].element if self.last.awaited else self.at)

    def _plan(self, task: OpenTask) -> tuple[datetime, Done]:
        times = self.times[task.element]
        self.times[task.element] += 1
        own = self.case.done.get(task.element, ())
        others = self.experience.done.get(task.element, ())
        example = self.experience.examples.get(task.element, {})
        if times < len(own):
            done = own[times]
        elif others:
            done = self._drawn(task.key).choice(others)
        else:
            lanes, lane = self.experience.of_lanes, self.definition.elements[task.element].lane
            done = Done(lanes.get(lane) or lanes[""], {})
        at = after_working_time(self.now, done.took, self.calendars.own)
        return at, Done(done.took, {**example, **done.data})

    def _do(self, task: OpenTask, at: datetime) -> None:
        done = self.plans.pop(task.key)[1]
        self.now, self.at = max(self.now, at), task.element
        self._step(CompleteUserTask(task.key, done.data))
        self.work.append(Work(task.group, task.element, done.took))

    def _answer(self, asked: ServiceRequest) -> None:
        """Letters answer themselves; another service says what it said."""
        self.at = asked.element
        if asked.operator == _LETTERS:
            result: Mapping[str, Any] = {"letter": str(asked.parameters.get("letter"))}
        else:
            result = self._next(self.case.services, self.experience.services, asked.element, asked.key) or {}
        self._step(CompleteService(asked.key, dict(result)))

    def _hear(self) -> bool:
        """The message or signal that the case waits for, as one came; False where none ever did."""
        for awaited in self.last.awaited if self.last else ():
            request = self._next(self.case.heard, self.experience.heard, awaited.name, awaited.element)
            if isinstance(request, ReceiveMessage):
                self._step(ReceiveMessage(request.name, awaited.correlation, request.data))
                return True
            if isinstance(request, ReceiveSignal):
                self._step(request)
                return True
        return False

    def _next(self, own: Mapping[str, Sequence[Any]], others: Mapping[str, Sequence[Any]], name: str, key: str) -> Any:
        times = self.times[f"/{name}"]
        self.times[f"/{name}"] += 1
        if times < len(own.get(name, ())):
            return own[name][times]
        return self._drawn(f"{key}/{times}").choice(others[name]) if others.get(name) else None

    def _drawn(self, key: str) -> Random:
        """Chance that depends on the case and the place alone, so that another step changes nothing here."""
        return Random(f"{self.seed}/{self.case.number}/{key}")  # noqa: S311 -- an estimate, no secret

    def _step(self, request: Request) -> None:
        state = self.last.state if self.last else None
        step = advance(self.definition, state, request, now=self.now, calendars=self.calendars)
        if step.fault:
            raise _Stuck(step.fault.element)
        if isinstance(request, CompleteService):
            self.pending.pop(request.key, None)
        for key in step.cancelled_requests:
            self.pending.pop(key, None)
        self.pending.update({asked.key: asked for asked in step.requests})
        for key in step.closed:
            self.plans.pop(key, None)
        self.last = step


def _middle(times: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(each.total_seconds() for each in times))


def _element(key: str) -> str:
    """The element of a task's key, e.g. ``fix`` of ``returns#1/fix#2``."""
    return key.rsplit("#", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]
