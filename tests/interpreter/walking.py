"""Random paths through random models, on the interpreter and the reference side by side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import zip_longest
from random import Random
from typing import Any, Final

from engine.interpreter import (
    CaseStatus,
    CompleteService,
    CompleteUserTask,
    Definition,
    Fact,
    FactKind,
    ReceiveMessage,
    ReceiveSignal,
    Request,
    StartCase,
    Step,
    TaskKey,
    WakeUp,
    Withdraw,
    advance,
    compile_definition,
    places,
    task_data,
)
from tests.interpreter.building import MONDAY, a_package, office_calendars
from tests.interpreter.models import ITEMS, Model
from tests.interpreter.reference import Reference, Undecided, Wait

#: Requests of one path at most; in the second half everything hurries to the end.
STEPS: Final = 60
CALENDARS: Final = office_calendars()
#: How often an answer is yes, by the end of the name that is asked for.
YES: Final = {"more": 0.4, "stop": 0.4, "bad": 0.15}


def walk_a_model(seed: int) -> tuple[Path, Path]:
    """Walk two paths through one model: the second while the first is walked again with the same requests.

    What fails has the seed in a note.
    """
    try:
        random = Random(seed)
        model = Model(random)
        definition = compile_definition(a_package(*model.parts, outcomes={end: {"en": ""} for end in model.outcomes}))
        first, second = Path(model, definition, random), Path(model, definition, random)
        for _ in first.steps():
            first.compare_reloaded()
        for _ in zip_longest(second.steps(), first.again()):
            pass
    except Exception as error:
        error.add_note(f"seed {seed}")
        raise
    return first, second


class Path:
    """One case, saved and loaded in every step, with its twin in the reference."""

    def __init__(self, model: Model, definition: Definition, random: Random) -> None:
        self.model = model
        self.definition = definition
        self.random = random
        self.now = MONDAY
        self.trail: list[tuple[Request, datetime, Step]] = []
        self.reference = Reference(model, model.data, self.now)
        self.undecided = False
        self.keys: dict[Wait, TaskKey] = {}  # of open tasks
        self.services: dict[TaskKey, str] = {}  # open requests -> mark
        self.under_way: set[str] = set()  # keys that were entered and not left
        self.over: set[str] = set()

    def steps(self) -> Iterator[None]:
        """Make a step at every turn, and compare."""
        self.ask(StartCase(self.model.data))
        yield
        try:
            while not self.reference.ended and len(self.trail) < STEPS:
                self.go_on()
                yield
        except Undecided:
            self.undecided = True
            return
        if not self.reference.ended:
            self.withdraw()

    def again(self) -> Iterator[None]:
        """The same requests give the same bytes, whatever else runs meanwhile."""
        state = None
        for request, now, before in self.trail:
            state = advance(self.definition, state, request, now=now, calendars=CALENDARS).state
            assert before.state == state
            yield

    # Requests.

    @property
    def hurry(self) -> bool:
        return len(self.trail) > STEPS // 2

    def go_on(self) -> None:
        self.reference.now = self.now = self.now + timedelta(seconds=self.random.randint(0, 90))
        may_wait = not self.hurry or not self.reference.tasks
        chances = {
            self.complete: 20 if self.reference.tasks else 0,
            self.tell: 5 if self.reference.awaited and may_wait else 0,
            self.let_time_pass: 4 if self.reference.next_due and may_wait else 0,
            self.wake_for_nothing: 1 if may_wait else 0,
        }
        (act,) = self.random.choices(list(chances), list(chances.values()))
        act()

    def complete(self) -> None:
        wait = self.random.choice(self.reference.tasks)
        task, key, number = wait.task, self.keys[wait], len(self.trail)
        assert task is not None
        if task.service:
            del self.services[key]
            self.reference.answer(wait, {f"{task.id}_by": {"step": number}})
            self.ask(CompleteService(key, {"step": number}))
            return
        self.compare_view(wait)
        answer = {name: self.says_yes(name) for name in task.asks} | dict.fromkeys(task.notes, number)
        answer |= {f"{task.id}_by": number, f"n{number}": task.id}
        self.reference.answer(wait, answer)
        self.ask(CompleteUserTask(key, answer))

    def says_yes(self, name: str) -> bool:
        kind = name.rpartition("_")[2]
        if self.hurry and kind in YES:
            return kind == "stop"
        return self.random.random() < YES.get(kind, 0.5)

    def tell(self) -> None:
        """Send a message or signal that somebody waits for."""
        wait = self.random.choice([w for w in self.reference.waits if w.trigger.kind in {"message", "signal"}])
        name = wait.trigger.name
        brought = {f"got{len(self.trail)}": len(self.trail)} if self.random.random() < 0.7 else {}
        if wait.trigger.kind == "signal":
            self.reference.hear(name, brought)
            self.ask(ReceiveSignal(name, brought))
        else:
            assert self.reference.receive(name, wait.mark, brought)
            self.ask(ReceiveMessage(name, {"mark": wait.mark} if self.model.has_instances else {}, brought))

    def let_time_pass(self) -> None:
        """Wake the case when it asked for it, or late."""
        due = self.reference.next_due
        assert due is not None
        self.now = max(self.now, due) + timedelta(minutes=self.random.choice((0, 0, 0, 1, 30, 300)))
        self.wake_for_nothing()

    def wake_for_nothing(self) -> None:
        self.reference.wake(self.now)
        self.ask(WakeUp())

    def withdraw(self) -> None:
        step = self.advance(Withdraw("enough"))
        assert step.status is CaseStatus.WITHDRAWN
        assert (step.open_tasks, step.awaited, step.next_wake, self.under_way) == ((), (), None, set())

    def ask(self, request: Request) -> None:
        self.compare(self.advance(request))

    def advance(self, request: Request) -> Step:
        state = self.trail[-1][2].state if self.trail else None
        step = advance(self.definition, state, request, now=self.now, calendars=CALENDARS)
        assert step.fault is None, step.fault
        self.trail.append((request, self.now, step))
        self.count(step.facts)
        return step

    def count(self, facts: tuple[Fact, ...]) -> None:
        """What was entered is left or cancelled once."""
        for fact in facts:
            if fact.kind is FactKind.ENTERED:
                assert fact.key not in self.under_way | self.over
                self.under_way.add(fact.key)
            elif fact.kind in {FactKind.LEFT, FactKind.CANCELLED}:
                self.under_way.remove(fact.key)
                self.over.add(fact.key)

    # Comparison.

    def compare(self, step: Step) -> None:
        reference = self.reference
        assert reference.ended == (step.status is CaseStatus.COMPLETED)
        if reference.ended:
            assert step.outcome in reference.outcomes
            assert self.under_way == set()
        self.compare_tasks(step)
        waiting = ((each.element, each.trigger, each.name, each.correlation.get("mark", "")) for each in step.awaited)
        assert reference.awaited == Counter(waiting)
        assert reference.next_due == step.next_wake
        assert step.next_wake is None or step.next_wake > self.now
        assert sorted(reference.sent) == sorted(message.name for message in step.messages)
        assert sorted(reference.thrown) == sorted(signal.name for signal in step.signals)
        several = () if reference.ended else self.model.data_objects  # one is shown of those that run at once
        assert without(several, reference.data()) == without(several, step.data)

    def compare_tasks(self, step: Step) -> None:
        """What was open is the same task still; of new ones at one place the one that opened first is the same.

        The place is the path of elements with the items of the instances around. Two tasks that open there in one step
        stand at the same point of the same block and have the same way ahead, so which is which makes no difference.
        """
        self.services |= {request.key: request.parameters.get("mark", "") for request in step.requests}
        for key in step.cancelled_requests:
            del self.services[key]
        found = {task.key: task.group for task in step.open_tasks} | self.services
        self.keys = {wait: key for wait, key in self.keys.items() if wait in self.reference.tasks}
        assert found.keys() >= set(self.keys.values())
        opened: dict[tuple[str, str], list[TaskKey]] = {}
        for key in found:
            if key not in self.keys.values():
                opened.setdefault((key.rpartition("#")[0], found[key]), []).append(key)
        expected = [wait for wait in self.reference.tasks if wait not in self.keys]
        assert Counter((wait.path, wait.mark) for wait in expected) == {at: len(keys) for at, keys in opened.items()}
        for wait in expected:
            self.keys[wait] = opened[wait.path, wait.mark].pop(0)

    def compare_view(self, wait: Wait) -> None:
        """A task sees what its own branch knows, and the items of the instances around it."""
        seen = task_data(self.definition, self.trail[-1][2].state, self.keys[wait], now=self.now, calendars=CALENDARS)
        assert self.reference.data(wait.known) == without(ITEMS, seen)

    def compare_reloaded(self) -> None:
        """A saved state is the whole case and nothing of its past: loaded and saved again it is the same."""
        *_, step = self.trail[-1]
        woken = advance(self.definition, step.state, WakeUp(), now=self.now, calendars=CALENDARS)
        assert (woken.facts, woken.open_tasks, woken.data, woken.state) == ((), step.open_tasks, step.data, step.state)
        under_way = places(self.definition, step.state, now=self.now, calendars=CALENDARS)
        assert self.under_way == {place.key for place in under_way}
        live = len(self.under_way) + len(self.reference.waits)
        assert len(step.state) <= 300 + 60 * live + 2 * len(json.dumps(step.data)) + 10 * len(self.definition.elements)


def without(names: Container[str], data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
