"""An independent reference of what BPMN means, for models made of blocks.

It runs a block by running the blocks inside it and is told when each is done. It knows nothing of tokens, flows, joins,
frames and saved states, so an error in those shows. What it must not be told it cannot say: where the standard leaves
open which of two comes first, it raises Undecided.

Data is what a branch has learnt: a set of numbered answers (the bits of an int). Who joins branches knows what each of
them knew; a name has the value of the last answer known. Nothing is ever forgotten, so a branch that left a name alone
cannot undo another's work. An *area* knows what was learnt anywhere inside it; that is what boundary events, event
sub-processes, conditions and the end of a scope see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from tests.interpreter.models import (
    AllOf,
    Block,
    Boundary,
    Catch,
    End,
    EventSubProcess,
    FirstOf,
    Inside,
    InTurn,
    Loop,
    Model,
    OneOf,
    Pairs,
    Scope,
    Script,
    Several,
    SomeOf,
    Task,
    Throw,
    Trigger,
    Watched,
)

#: Called with what a block knows at its end, and whether its way goes on (False: an end event took it).
Then = Callable[[int, bool], None]


class Undecided(Exception):
    """The standard does not say what happens now, so nothing can be compared any more."""


@dataclass(eq=False)
class Area:
    """A part of the running case that can end as a whole."""

    around: Area | None
    known: int  #: all that was learnt inside
    path: str = ""
    mark: str = ""  #: items of the instances around
    silent: bool = False  #: an instance that only gives a result: nobody outside learns the rest
    beside: bool = False  #: an event sub-process that runs beside its scope
    over: bool = False
    then: Then | None = None  #: of scopes
    own: str = ""  #: of scopes: their data object
    branches: int = 0  #: of scopes
    parts: list[Area] = field(default_factory=list)
    catchers: list[tuple[Trigger, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.around is not None:
            self.around.parts.append(self)

    def inner(self, **values: Any) -> Area:
        return Area(self, **({"known": self.known, "path": self.path, "mark": self.mark} | values))

    def outwards(self) -> Iterator[Area]:
        area: Area | None = self
        while area is not None:
            yield area
            area = area.around

    @property
    def alive(self) -> bool:
        return not any(area.over for area in self.outwards())

    @property
    def scope(self) -> Area:
        return next(area for area in self.outwards() if area.then is not None)


@dataclass(eq=False)
class Wait:
    """Something that waits: a task for its answer, an event for what it is about."""

    element: str
    area: Area
    trigger: Trigger  #: of tasks its kind is "task" or "service"
    go: Callable[[Mapping[str, Any]], None]
    since: int  #: the step it began in
    stays: bool = False  #: waits on after it fired
    task: Task | None = None
    known: int = 0  #: of tasks: what can be seen there
    due: datetime | None = None
    fired: int = 0
    held: bool = False  #: of conditions: true when last looked at

    @property
    def path(self) -> str:
        return self.area.path + self.element

    @property
    def mark(self) -> str:
        return self.area.mark


class Reference:
    """One case of a model."""

    def __init__(self, model: Model, data: Mapping[str, Any], now: datetime) -> None:
        self.now = now
        self.step = 0
        self.waits: list[Wait] = []  #: in order of their beginning
        self.sent: list[str] = []  #: messages of this step that left the case
        self.thrown: list[str] = []  #: signals of this step
        self.ended = False
        self._outcomes = frozenset(model.outcomes)
        self._named: list[tuple[int, str]] = []  # outcomes of the package that were reached, and in which step
        self._last: set[str] = set()
        self._answers = 0
        self._values: dict[str, dict[int, Any]] = {}  # name -> number of the answer -> value
        self._case = Area(None, 0, then=self._case_ended)
        known = self._learn(self._case, 0, data)
        self._begin(model.scope, self._case, known)
        self._settle()

    # What happens to a case.

    def answer(self, task: Wait, answer: Mapping[str, Any]) -> None:
        self._next_step()
        self.waits.remove(task)
        task.go(answer)
        self._settle()

    def receive(self, name: str, mark: str, brought: Mapping[str, Any]) -> bool:
        """Whether somebody waited for the message."""
        self._next_step()
        taken = self._deliver(name, mark, brought)
        self._settle()
        return taken

    def hear(self, name: str, brought: Mapping[str, Any]) -> None:
        self._next_step()
        self._hear(name, brought)
        self._settle()

    def wake(self, now: datetime) -> None:
        self._next_step()
        self.now = now
        self._settle()

    # What can be seen of it.

    @property
    def tasks(self) -> list[Wait]:
        return [wait for wait in self.waits if wait.task]

    @property
    def awaited(self) -> Counter[tuple[str, str, str, str]]:
        return Counter(
            (wait.element, wait.trigger.kind, wait.trigger.name, wait.mark if wait.trigger.kind == "message" else "")
            for wait in self.waits
            if wait.trigger.kind in {"message", "signal"}
        )

    @property
    def next_due(self) -> datetime | None:
        return min((wait.due for wait in self.waits if wait.due), default=None)

    @property
    def outcomes(self) -> set[str]:
        """The end events that may be what the case ended by: more than one if a step reached several."""
        return {end for step, end in self._named if step == self._named[-1][0]} or self._last

    def data(self, known: int | None = None) -> dict[str, Any]:
        """The whole case's data, or what somebody has who knows *known*."""
        known = self._case.known if known is None else known
        return {name: self._value(name, known) for name in self._values if self._number(name, known)}

    # Time, conditions and what is told.

    def _next_step(self) -> None:
        self.step += 1
        self.sent, self.thrown, self._last = [], [], set()

    def _settle(self) -> None:
        """Look at conditions and clocks until nothing moves any more."""
        self._look()
        while (due := self.next_due) is not None and due <= self.now:
            self._fire(next(wait for wait in self.waits if wait.due == due), {})
            self._look()

    def _look(self) -> None:
        for wait in [each for each in self.waits if each.trigger.kind == "conditional"]:
            if wait not in self.waits:
                continue
            held, wait.held = wait.held, self._value(wait.trigger.name, wait.area.scope.known) is True
            if wait.held and not held:
                self._fire(wait, {})
                self._look()
                return

    def _fire(self, wait: Wait, brought: Mapping[str, Any]) -> None:
        wait.fired += 1
        if wait.due is not None and wait.stays:
            while wait.due <= self.now:
                wait.due += wait.trigger.after
        if not wait.stays or (wait.due is not None and wait.fired == wait.trigger.times):
            self.waits.remove(wait)
        name = wait.trigger.variable
        wait.go({name: dict(brought)} if name else brought)

    def _deliver(self, name: str, mark: str, brought: Mapping[str, Any]) -> bool:
        waiting = [w for w in self.waits if (w.trigger.kind, w.trigger.name, w.mark) == ("message", name, mark)]
        if not waiting:
            return False
        if len(waiting) > 1 and waiting[0].since == waiting[1].since:
            raise Undecided
        self._fire(waiting[0], brought)
        return True

    def _hear(self, name: str, brought: Mapping[str, Any]) -> None:
        for wait in [w for w in self.waits if (w.trigger.kind, w.trigger.name) == ("signal", name)]:
            if wait in self.waits:
                self._fire(wait, brought)

    @staticmethod
    def _catcher(area: Area, kind: str, code: str) -> Callable[[], None] | None:
        """What hears an error or escalation, from the inside out; what is raised beside a scope is not for it."""
        beside = False
        for around in area.outwards():
            for trigger, caught in around.catchers:
                if not beside and trigger.kind == kind and trigger.name in {"", code}:
                    return caught
            beside = around.beside
        return None

    # What is known.

    def _learn(self, area: Area, known: int, values: Mapping[str, Any]) -> int:
        """What is known once *values* were written in *area* by somebody who knew *known*."""
        after = known
        for name, value in values.items():
            if not self._number(name, known) or self._value(name, known) != value:  # the same again says nothing new
                self._answers += 1
                self._values.setdefault(name, {})[self._answers] = value
                after |= 1 << self._answers
        spread = after
        for around in area.outwards():
            around.known |= spread
            spread &= ~self._all(around.own)
            if around.silent:
                break
        return after

    def _all(self, name: str) -> int:
        """All answers to *name*."""
        return sum(1 << number for number in self._values.get(name, ()))

    def _number(self, name: str, known: int) -> int:
        """The last answer to *name* among those *known*, 0 = none."""
        return next((number for number in reversed(self._values.get(name, {})) if known >> number & 1), 0)

    def _value(self, name: str, known: int) -> Any:
        number = self._number(name, known)
        return self._values[name][number] if number else None

    def _holds(self, flag: str, known: int) -> bool:
        return self._value(flag, known) is True

    # Scopes, areas and their ends.

    def _begin(self, scope: Scope, area: Area, known: int) -> None:
        for each in scope.beside:
            self._listen(each, area)
        self._branch(scope.block, area.inner(), known, scope.end)

    def _branch(self, block: Block, area: Area, known: int, end: str) -> None:
        """Run *block* as one of its scope's branches, up to the end event *end*."""
        scope = area.scope
        scope.branches += 1

        def ended(_: int, came: bool) -> None:  # noqa: FBT001
            if came:
                self._reach(scope, end)
            scope.branches -= 1
            if not scope.branches:
                self._complete(scope)

        self._run(block, area, known, ended)

    def _complete(self, scope: Area) -> None:
        self._stop(scope)
        assert scope.then is not None
        scope.then(scope.known, True)

    def _case_ended(self, _: int, __: bool) -> None:  # noqa: FBT001
        self.ended = True

    def _reach(self, scope: Area, end: str) -> None:
        """Note an end event that the case may have ended by: its own, or one of its event sub-process."""
        if scope is self._case:
            self._last.add(end)
        event_sub_process = scope.around is not None and scope.around.beside and scope.around.around is self._case
        if end in self._outcomes and (scope is self._case or event_sub_process):
            self._named.append((self.step, end))

    def _stop(self, area: Area) -> None:
        """End everything in *area*, and the area."""
        area.over = True
        self.waits = [wait for wait in self.waits if wait.area.alive]

    def _listen(self, each: EventSubProcess, scope: Area) -> None:
        def run(brought: Mapping[str, Any]) -> None:
            if each.interrupting:
                for part in scope.parts:
                    part.over = True
                self.waits = [w for w in self.waits if w.area is not scope and w.area.alive]
                scope.catchers, scope.branches = [], 0
            known = self._learn(scope, scope.known, brought)
            self._branch(Inside(each.id, each.scope), scope.inner(beside=True), known, each.id)

        self._await(each.start, each.trigger, scope, run, stays=not each.interrupting)

    def _await(
        self,
        element: str,
        trigger: Trigger,
        area: Area,
        go: Callable[[Mapping[str, Any]], None],
        *,
        stays: bool = False,
    ) -> None:
        if trigger.kind in {"error", "escalation"}:
            area.catchers.append((trigger, lambda: go({})))
            return
        due = self.now + trigger.after if trigger.kind == "timer" else None
        self.waits.append(Wait(element, area, trigger, go, self.step, stays=stays, due=due))

    # Blocks.

    def _run(self, block: Block, area: Area, known: int, then: Then) -> None:
        match block:
            case Task():
                self._task(block, area, known, then)
            case Script(id):
                then(self._learn(area, known, {f"{id}_by": id}), True)
            case Catch(id, trigger):
                self._await(id, trigger, area, lambda brought: then(self._learn(area, known, brought), True))
            case FirstOf():
                self._first_of(block, area, known, then)
            case Throw(trigger):
                self._throw(trigger, area)
                if area.alive:
                    then(known, True)
            case End(flag):
                if self._holds(flag, known):
                    self._end(block, area, known, then)
                else:
                    then(known, True)
            case InTurn(blocks):
                self._in_turn(blocks, area, known, then)
            case OneOf(flags, blocks):
                held = (block for flag, block in zip(flags, blocks, strict=False) if self._holds(flag, known))
                self._run(next(held, blocks[-1]), area, known, then)
            case SomeOf(flags, blocks):
                some = [block for flag, block in zip(flags, blocks, strict=False) if self._holds(flag, known)]
                self._all_of(some or [blocks[-1]], area, known, then)
            case AllOf(blocks):
                self._all_of(list(blocks), area, known, then)
            case Pairs():
                self._pairs(block, area, known, then)
            case Loop():
                self._loop(block, area, known, then)
            case Inside(id, scope):
                self._inside(id, scope, area, known, then)
            case Several():
                self._several(block, area, known, then)
            case Watched():
                self._watched(block, area, known, then)

    def _task(self, task: Task, area: Area, known: int, then: Then) -> None:
        trigger = Trigger("service" if task.service else "task")

        def answered(answer: Mapping[str, Any]) -> None:
            then(self._learn(area, known, answer), True)

        self.waits.append(Wait(task.id, area, trigger, answered, self.step, task=task, known=known))

    def _inside(self, id: str, scope: Scope, area: Area, known: int, then: Then) -> None:  # noqa: A002
        """Run a scope. Its data object is unknown when it begins, and what it was before when it ends."""
        hidden = known & self._all(scope.own)

        def ended(knows: int, _: bool) -> None:  # noqa: FBT001
            then(knows & ~self._all(scope.own) | hidden, True)

        known &= ~hidden
        inside = area.inner(known=known, path=f"{area.path}{id}/", own=scope.own, then=ended)
        self._begin(scope, inside, known)

    def _first_of(self, block: FirstOf, area: Area, known: int, then: Then) -> None:
        waiting = area.inner()
        for catch, following in block.events:

            def came(brought: Mapping[str, Any], following: Block = following) -> None:
                self._stop(waiting)
                self._run(following, area, self._learn(area, known, brought), then)

            self._await(catch.id, catch.trigger, waiting, came)

    def _throw(self, trigger: Trigger, area: Area) -> None:
        match trigger.kind:
            case "message":
                if not self._deliver(trigger.name, area.mark, {}):
                    self.sent.append(trigger.name)
            case "signal":
                self.thrown.append(trigger.name)
                self._hear(trigger.name, {})
            case "error" | "escalation":
                caught = self._catcher(area, trigger.kind, trigger.name)
                if caught is not None:
                    caught()

    def _end(self, end: End, area: Area, known: int, then: Then) -> None:
        scope = area.scope
        self._reach(scope, end.id)
        if end.trigger.kind == "terminate":
            self._complete(scope)
            return
        self._throw(end.trigger, area)
        if area.alive:
            then(known, False)

    def _in_turn(self, blocks: tuple[Block, ...], area: Area, known: int, then: Then) -> None:
        first, *rest = blocks
        if not rest:
            self._run(first, area, known, then)
            return

        def done(known: int, came: bool) -> None:  # noqa: FBT001
            if came:
                self._in_turn(tuple(rest), area, known, then)
            else:
                then(known, False)

        self._run(first, area, known, done)

    def _all_of(self, blocks: list[Block], area: Area, known: int, then: Then) -> None:
        came_with: list[int] = []
        running = len(blocks)

        def done(known: int, came: bool) -> None:  # noqa: FBT001
            nonlocal running
            running -= 1
            if came:
                came_with.append(known)
            if not running:
                then(reduce(or_, came_with, 0), bool(came_with))

        for block in blocks:
            self._run(block, area, known, done)

    def _pairs(self, block: Pairs, area: Area, known: int, then: Then) -> None:
        left: list[int] = []
        right: list[int] = []
        joined: list[int] = []

        def pair() -> None:
            if left and right:
                self._run(block.joined, area, left.pop(0) | right.pop(0), done)

        def done(known: int, _: bool) -> None:  # noqa: FBT001
            joined.append(known)
            if len(joined) == block.tokens:
                then(reduce(or_, joined), True)

        for _ in range(block.tokens):
            for task, side in ((block.left, left), (block.right, right)):
                self._run(task, area, known, lambda known, _, side=side: (side.append(known), pair()))  # type: ignore[misc]

    def _loop(self, block: Loop, area: Area, known: int, then: Then) -> None:
        def asked(known: int, _: bool) -> None:  # noqa: FBT001
            if self._holds(block.ask.asks[0], known):
                self._loop(block, area, known, then)
            else:
                then(known, True)

        def done(known: int, came: bool) -> None:  # noqa: FBT001
            if came:
                self._run(block.ask, area, known, asked)
            else:
                then(known, False)

        self._run(block.block, area, known, done)

    def _watched(self, block: Watched, area: Area, known: int, then: Then) -> None:
        host = area.inner(known=known)
        for each in block.boundaries:
            self._watch(each, host, area, then)

        def done(known: int, came: bool) -> None:  # noqa: FBT001
            self._stop(host)
            then(known, came)

        self._run(block.host, host, known, done)

    def _watch(self, edge: Boundary, host: Area, area: Area, then: Then) -> None:
        def run(brought: Mapping[str, Any]) -> None:
            known = self._learn(area, host.known, brought)
            if edge.interrupting:
                self._stop(host)
            if edge.interrupting and not edge.end:
                self._run(edge.block, area, known, then)
                return
            self._branch(edge.block, area, known, edge.end)
            if edge.interrupting:
                then(known, False)  # at once: what can no longer come is not waited for

        self._await(edge.id, edge.trigger, host, run, stays=not edge.interrupting)

    def _several(self, block: Several, area: Area, known: int, then: Then) -> None:
        whole = area.inner(known=known)
        results: dict[int, Any] = {}
        begun = 0

        def another() -> bool:
            if block.stop:
                asked = block.test_before or begun
                return not (block.most and begun == block.most) and not (asked and self._holds(block.stop, whole.known))
            return begun < len(block.items)

        def begin() -> None:
            nonlocal begun
            index, begun = begun, begun + 1
            item = "" if block.stop else block.items[index]
            mark = f"{area.mark}/{item}" if area.mark and item else area.mark or item
            knows = known if block.parallel else whole.known
            instance = whole.inner(known=knows, mark=mark, silent=bool(block.results))
            self._run(block.body, instance, knows, lambda known, _: done(index, known))

        def done(index: int, knows: int) -> None:
            results[index] = self._value(block.result, knows)
            if block.enough and len(results) >= block.enough:
                end()
            elif not block.parallel and another():
                begin()
            elif len(results) == (len(block.items) if block.parallel else begun):
                end()

        def end() -> None:
            self._stop(whole)
            collected = {block.results: [results[index] for index in sorted(results)]} if block.results else {}
            then(self._learn(area, whole.known, collected), True)

        while not whole.over and another() and (block.parallel or not begun):
            begin()
        if not begun:
            end()
