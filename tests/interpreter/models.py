"""Random models made of blocks: as BPMN for the interpreter, and as what they mean for the reference.

Both come from the same choices. A block has one way in and one way out; what it means says nothing of how it is drawn.
"""

# ruff: noqa: A001, A002 - an element's id is called id

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

from tests.interpreter.building import boundary, element, flow, process, properties, script, timer

#: Yes-or-no values in the data; conditions ask for them, some tasks write them.
FLAGS = ("v0", "v1", "v2", "v3")
LISTS: dict[str, Any] = {"none": [], "two": ["a", "b"], "three": ["c", "d", "e"]}
ERRORS, ESCALATIONS, SIGNALS = ("e0", "e1"), ("c0", "c1"), ("s0", "s1")
CALLS, LEVELS = 2, 2  # calls inside each other, and multi-instance activities inside each other in one process
#: Tells instances of multi-instance activities apart by the items around them, which have one name a level.
MARK = f'string join([{", ".join(f"i{level}" for level in range((CALLS + 1) * LEVELS))}], "/")'
ITEMS = ("loopCounter", *(f"i{level}" for level in range((CALLS + 1) * LEVELS)))


@dataclass(frozen=True, slots=True)
class Trigger:
    kind: str  #: "message", "timer", "signal", "conditional", "error" or "escalation"; of end events also "terminate" or ""
    name: str = ""  #: of a message, a signal, an error or escalation ("" catches all), the flag of a condition
    after: timedelta = timedelta()
    times: int = 1  #: of timers; 0 = a cycle without end
    variable: str = ""  #: what a message or signal brings is written there


@dataclass(frozen=True, slots=True)
class Task:
    """A person's or a service's; an answer says yes or no to what it *asks* and writes a value under each of *notes*."""

    id: str
    asks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    service: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    id: str


@dataclass(frozen=True, slots=True)
class Catch:
    id: str
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class FirstOf:
    """An event-based gateway: what comes first decides."""

    id: str
    events: tuple[tuple[Catch, Block], ...]


@dataclass(frozen=True, slots=True)
class Throw:
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class End:
    """An end event in the middle, reached if the flag holds."""

    flag: str
    id: str
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class InTurn:
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """The first block whose flag holds, else the last, which has none."""

    flags: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class SomeOf:
    """All blocks whose flags hold, else the last, which has none."""

    flags: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Several tokens go through one fork and its join: each two answers, one of either task, make one *joined* task."""

    tokens: int
    left: Task
    right: Task
    joined: Task


@dataclass(frozen=True, slots=True)
class Loop:
    """A block and a task that asks whether to do both again."""

    block: Block
    ask: Task


@dataclass(frozen=True, slots=True)
class Scope:
    """What a process or sub-process has inside."""

    block: Block
    end: str
    beside: tuple[EventSubProcess, ...] = ()
    own: str = ""  #: its data object, which ends with it


@dataclass(frozen=True, slots=True)
class EventSubProcess:
    id: str
    start: str
    trigger: Trigger
    interrupting: bool
    scope: Scope


@dataclass(frozen=True, slots=True)
class Inside:
    """A sub-process or a call."""

    id: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Several:
    """A multi-instance activity or standard loop of a task, sub-process or call."""

    body: Task | Inside
    items: tuple[str, ...] = ()  #: what the instances are for; empty strings where nothing tells them apart
    parallel: bool = False
    enough: int = 0  #: instances after which it ends; 0 = all of them
    stop: str = ""  #: of a standard loop: the flag that ends it
    most: int = 0  #: of a standard loop; 0 = no limit
    test_before: bool = False
    result: str = ""  #: the name in an instance's data from which *results* are collected
    results: str = ""


@dataclass(frozen=True, slots=True)
class Boundary:
    id: str
    trigger: Trigger
    interrupting: bool
    block: Block
    end: str  #: where it leads; "" = back to the way out of the activity


@dataclass(frozen=True, slots=True)
class Watched:
    host: Block
    boundaries: tuple[Boundary, ...]


Block = (
    Task | Script | Catch | FirstOf | Throw | End | InTurn | OneOf | SomeOf | AllOf | Pairs | Loop | Inside | Several | Watched
)  # fmt: skip
#: The element a block is entered by, the one it is left by, what it means.
Drawn = tuple[str, str, Block]


@dataclass(frozen=True, slots=True)
class Around:
    """What a block may do where it stands."""

    depth: int
    writes: tuple[str, ...] = FLAGS  #: flags that nobody else writes at the same time
    may_end: bool = True  #: no parallel join waits for it
    errors: tuple[str, ...] = ()  #: caught somewhere around
    escalations: tuple[str, ...] = ()  #: heard somewhere around
    own: str = ""  #: data object of the scope it stands in
    calls: int = 0
    level: int = 0

    @property
    def deeper(self) -> Around:
        return replace(self, depth=self.depth - 1)


class Model:
    """One random model: the *parts* of its diagram, and the *scope* of its process."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.has_instances = random.random() < 0.4
        self._left = random.choice((1, 2, 3, 4, 6, 9, 14, 24))  # tasks that may still be drawn, about
        self._count = 0
        self._minutes = 4
        self._parts: list[str] = []
        self.data_objects: list[str] = []
        self._ends: list[str] = []
        self._messages: list[str] = []
        self._processes: list[tuple[Around, str, Scope]] = []
        self._root: list[str] = [
            *(f'<signal id="{name}" name="{name}"/>' for name in SIGNALS),
            *(f'<error id="{name}" errorCode="{name}"/>' for name in ERRORS),
            *(f'<escalation id="{name}" escalationCode="{name}"/>' for name in ESCALATIONS),
        ]
        self.scope, body = self._scope(Around(depth=random.choice((2, 3, 3, 4, 4, 5, 7))), self._sequence)
        self.data = LISTS | {flag: self._chance(0.5) for flag in FLAGS}
        self.data |= {name: "outer" for name in self.data_objects if self._chance(0.3)}
        self.outcomes = [end for end in self._ends if random.random() < 0.1]
        self.parts = (*self._root, *self._named_messages(), process(body))

    def _named_messages(self) -> list[str]:
        messages = [f'<message id="{name}" name="{name}"/>' for name in self._messages]
        if not self.has_instances or not messages:
            return messages
        found_by = "".join(
            f'<correlationPropertyRetrievalExpression messageRef="{name}"><messagePath>{MARK}</messagePath>'
            "</correlationPropertyRetrievalExpression>"
            for name in self._messages
        )
        return [*messages, f'<correlationProperty id="mark">{found_by}</correlationProperty>']

    # Words of the drawing.

    def _new(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _draw(self, tag: str, prefix: str, inner: str = "", **attributes: str) -> str:
        id = self._new(prefix)
        self._parts.append(element(tag, id, inner, **attributes))
        return id

    def _gateway(self, tag: str, prefix: str) -> str:
        return self._draw(f"{tag}Gateway", prefix)

    def _flow(self, source: str, target: str, when: str = "") -> str:
        id = self._new("f")
        self._parts.append(flow(source, target, when, id))
        return id

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _end(self, inner: str = "") -> str:
        self._ends.append(self._draw("endEvent", "end", inner))
        return self._ends[-1]

    # Scopes.

    def _scope(
        self, around: Around, draw: Callable[[Around], Drawn] | None = None, *, start: str = "", opening: str = ""
    ) -> tuple[Scope, str]:
        """What a process or sub-process has inside, and its drawing; *opening* draws the *start* of an event's."""
        outer, self._parts = self._parts, []
        own = ""
        if not opening and self._chance(0.2):
            own = self._draw("dataObject", "own")
            self.data_objects.append(own)
            around = replace(around, own=own)
        beside, around = self._beside(around) if not opening else ((), around)
        start = start or self._new("start")
        self._parts.append(opening or element("startEvent", start))
        entry, exit_, block = (draw or self._block)(around)
        end = self._end()
        self._flow(start, entry)
        self._flow(exit_, end)
        inner, self._parts = "".join(self._parts), outer
        return Scope(block, end, beside, own), inner

    def _beside(self, around: Around) -> tuple[tuple[EventSubProcess, ...], Around]:
        """Event sub-processes, and what is around everything else in their scope."""
        made: list[EventSubProcess] = []
        caught = around
        while around.depth > 0 and self._chance(0.12):
            kinds = ("message", "message", "timer", "signal", "error", "escalation", "conditional")
            kind = self.random.choice(kinds)
            if kind in {each.trigger.kind for each in made} & {"error", "escalation"}:
                continue  # which of two hears it is nobody's to say
            interrupting = kind == "error" or self._chance(0.5)
            id, start = self._new("esp"), self._new("start")
            trigger, definition = self._trigger(kind, start, cycle=not interrupting)
            opening = element("startEvent", start, definition, isInterrupting=str(interrupting).lower())
            free = around.writes if interrupting else ()
            inside = replace(around, depth=1, writes=free, may_end=True)
            draw = self._raise if kind == "escalation" and self._chance(0.5) else self._perhaps_raise
            scope, body = self._scope(inside, draw, start=start, opening=opening)
            self._parts.append(element("subProcess", id, body, triggeredByEvent="true"))
            made.append(EventSubProcess(id, start, trigger, interrupting, scope))
            caught = _catching(caught, trigger)
        return tuple(made), caught

    def _trigger(self, kind: str, id: str, *, cycle: bool = False) -> tuple[Trigger, str]:
        """Something to wait for, and its event definition."""
        match kind:
            case "message" | "signal":
                name = self._message() if kind == "message" else self.random.choice(SIGNALS)
                variable = f"{id}_brought" if self._chance(0.3) else ""
                inner = f"<spiffworkflow:messageVariable>{variable}</spiffworkflow:messageVariable>" if variable else ""
                inner = f"<extensionElements>{inner}</extensionElements>" if inner else ""
                definition = f'<{kind}EventDefinition {kind}Ref="{name}">{inner}</{kind}EventDefinition>'
                return Trigger(kind, name, variable=variable), definition
            case "timer":
                self._minutes += self.random.randint(1, 20)  # of no two timers alike
                after, period = timedelta(minutes=self._minutes), f"PT{self._minutes}M"
                if not cycle or self._chance(0.5):
                    return Trigger(kind, after=after), timer(period)
                times = self.random.choice((0, 2, 3))
                return Trigger(kind, after=after, times=times), timer(f"R{times or ''}/{period}", "timeCycle")
            case "conditional":
                flag = self.random.choice(FLAGS)
                condition = f"<condition>{flag} = true</condition>"
                return Trigger(kind, flag), f"<conditionalEventDefinition>{condition}</conditionalEventDefinition>"
        name = self.random.choice(("", *(ERRORS if kind == "error" else ESCALATIONS)))
        return Trigger(kind, name), _raising(kind, name)

    def _message(self) -> str:
        """A new message, or one that somebody waits for elsewhere, too."""
        if self._messages and self._chance(0.4):
            return self.random.choice(self._messages)
        self._messages.append(self._new("m"))
        return self._messages[-1]

    # Blocks.

    def _block(self, around: Around) -> Drawn:
        weights: dict[Callable[[Around], Drawn], int] = {
            self._task: 5, self._sequence: 6, self._exclusive: 3, self._parallel: 5, self._inclusive: 3, self._loop: 3,
            self._sub_process: 2, self._call: 2, self._watched: 5, self._early_end: 3, self._throw: 2, self._catch: 2,
            self._first_of: 2, self._pairs: 1, self._standard_loop: 1, self._script: 1,
            self._several: 3 if self.has_instances and around.level < LEVELS * (around.calls + 1) else 0,
        }  # fmt: skip
        if around.depth <= 0 or self._left <= 0:
            return self._task(around)
        (draw,) = self.random.choices(list(weights), list(weights.values()))
        return draw(around.deeper)

    def _blocks(self, around: Around, *, at_once: bool = False) -> list[Drawn]:
        """Two or three blocks; those done *at_once* share out the flags they may write."""
        number = self.random.choice((2, 2, 3))
        if not at_once:
            return [self._block(around) for _ in range(number)]
        owners = {flag: self.random.randrange(number) for flag in around.writes}
        return [
            self._block(replace(around, writes=tuple(flag for flag, owner in owners.items() if owner == index)))
            for index in range(number)
        ]

    def _task(self, around: Around) -> Drawn:
        id = self._new("task")
        asks = (self.random.choice(around.writes),) if around.writes and self._chance(0.25) else ()
        notes = (around.own,) if around.own and self._chance(0.5) else ()
        task = Task(id, asks, notes)
        if self._chance(0.1):
            task = Task(id, service=True)
            self._service_task(task)
        else:
            self._user_task(task)
        return id, id, task

    def _user_task(self, task: Task, loop: str = "", **attributes: str) -> None:
        self._left -= 1
        named = properties(group=f"={MARK}") if self.has_instances else ""
        self._parts.append(element("userTask", task.id, named + loop, **attributes))

    def _service_task(self, task: Task) -> None:
        self._left -= 1
        named = f"<spiffworkflow:parameter id=\"mark\" value='{MARK}'/>" if self.has_instances else ""
        self._parts.append(
            element(
                "serviceTask",
                task.id,
                '<extensionElements><spiffworkflow:serviceTaskOperator id="tell"><spiffworkflow:parameters>'
                f"{named}</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator><spiffworkflow:properties>"
                f'<spiffworkflow:property name="result" value="{task.id}_by"/></spiffworkflow:properties></extensionElements>',
            )
        )

    def _script(self, _: Around) -> Drawn:
        id = self._new("script")
        self._parts.append(script(id, f'"{id}"', f"{id}_by"))
        return id, id, Script(id)

    def _sequence(self, around: Around) -> Drawn:
        blocks = self._blocks(around)
        for (_, exit_, _), (entry, _, _) in pairwise(blocks):
            self._lead(exit_, entry)
        return blocks[0][0], blocks[-1][1], InTurn(tuple(block for _, _, block in blocks))

    def _lead(self, source: str, target: str) -> None:
        """A flow, or a link, which means the same."""
        if not self._chance(0.1):
            self._flow(source, target)
            return
        name = self._new("link")
        link = f'<linkEventDefinition name="{name}"/>'
        self._flow(source, self._draw("intermediateThrowEvent", "throws", link))
        self._flow(self._draw("intermediateCatchEvent", "catches", link), target)

    def _exclusive(self, around: Around) -> Drawn:
        blocks = self._blocks(around)
        split, flags = self._choice("exclusiveGateway", blocks)
        join = self._gateway("inclusive" if self._chance(0.1) else "exclusive", "join")
        for _, exit_, _ in blocks:
            self._flow(exit_, join)
        return split, join, OneOf(flags, tuple(block for _, _, block in blocks))

    def _inclusive(self, around: Around) -> Drawn:
        """Behind an inclusive gateway, or behind a task whose flows have conditions."""
        blocks = self._blocks(around, at_once=True)
        by_task = self._chance(0.3)
        split, flags = self._choice("userTask" if by_task else "inclusiveGateway", blocks)
        join = self._gateway("inclusive", "join")
        for _, exit_, _ in blocks:
            self._flow(exit_, join)
        some = SomeOf(flags, tuple(block for _, _, block in blocks))
        return split, join, InTurn((Task(split), some)) if by_task else some

    def _choice(self, tag: str, blocks: Sequence[Drawn]) -> tuple[str, tuple[str, ...]]:
        """A split with a condition on each flow but the last, which is its default."""
        split = self._new("split")
        flags = tuple(self.random.choice(FLAGS) for _ in blocks[1:])
        for flag, (entry, _, _) in zip(flags, blocks, strict=False):
            self._flow(split, entry, f"{flag} = true")
        default = self._flow(split, blocks[-1][0])
        if tag == "userTask":
            self._user_task(Task(split), default=default)
        else:
            self._parts.append(element(tag, split, default=default))
        return split, flags

    def _parallel(self, around: Around) -> Drawn:
        """An inclusive join does for all that come what a parallel one does, and lets a branch end before it."""
        inclusive = self._chance(0.3)
        blocks = self._blocks(replace(around, may_end=around.may_end and inclusive), at_once=True)
        split = self._gateway("parallel", "split")
        join = self._gateway("inclusive" if inclusive else "parallel", "join")
        for entry, exit_, _ in blocks:
            self._flow(split, entry)
            self._flow(exit_, join)
        return split, join, AllOf(tuple(block for _, _, block in blocks))

    def _pairs(self, _: Around) -> Drawn:
        tokens = self.random.randint(2, 3)
        id = self._new("pairs")
        outer, self._parts = self._parts, []
        left, right, joined = (Task(self._new("task")) for _ in range(3))
        start, fork, meet = (
            self._draw("startEvent", "start"),
            self._gateway("parallel", "fork"),
            self._gateway("exclusive", "meet"),
        )
        split, join, end = self._gateway("parallel", "split"), self._gateway("parallel", "join"), self._end()
        self._flow(start, fork)
        for _ in range(tokens):
            self._flow(fork, meet)
        self._flow(meet, split)
        for task in (left, right):
            self._user_task(task)
            self._flow(split, task.id)
            self._flow(task.id, join)
        self._user_task(joined)
        self._flow(join, joined.id)
        self._flow(joined.id, end)
        inner, self._parts = "".join(self._parts), outer
        self._parts.append(element("subProcess", id, inner))
        return id, id, Inside(id, Scope(Pairs(tokens, left, right, joined), end))

    def _loop(self, around: Around) -> Drawn:
        again, choice, out = self._gateway("exclusive", "again"), self._new("choice"), self._gateway("exclusive", "out")
        id = self._new("ask")
        ask = Task(id, (f"{id}_more",))
        entry, exit_, block = self._block(around)
        self._user_task(ask)
        self._flow(again, entry)
        self._lead(exit_, ask.id)
        self._flow(ask.id, choice)
        self._flow(choice, again, f"{ask.id}_more = true")
        self._parts.append(element("exclusiveGateway", choice, default=self._flow(choice, out)))
        return again, out, Loop(block, ask)

    def _early_end(self, around: Around) -> Drawn:
        """A task whose answer may lead to an end event before the block is done."""
        kinds = {
            "terminate": 1,
            "": 2 * around.may_end,
            "escalation": 2 * around.may_end,
            "error": 4 * bool(around.errors),
        }
        (kind,) = self.random.choices(list(kinds), list(kinds.values()))
        name = self._code(kind, around)
        definition = {"": "", "terminate": "<terminateEventDefinition/>"}.get(kind, _raising(kind, name))
        choice, out, end = self._new("choice"), self._gateway("exclusive", "out"), self._end(definition)
        id = self._new("ask")
        ask = Task(id, (f"{id}_bad",))
        self._user_task(ask)
        self._flow(ask.id, choice)
        self._flow(choice, end, f"{ask.id}_bad = true")
        self._parts.append(element("exclusiveGateway", choice, default=self._flow(choice, out)))
        return ask.id, out, InTurn((ask, End(f"{ask.id}_bad", end, Trigger(kind, name))))

    def _throw(self, around: Around) -> Drawn:
        """A task, then an event that tells: so nothing else moves at that moment, and who hears it is certain."""
        kind = self.random.choice(("message", "signal", "escalation"))
        if kind == "escalation":
            name = self._code(kind, around)
            definition = _raising(kind, name)
        else:
            name = self._message() if kind == "message" else self.random.choice(SIGNALS)
            definition = f'<{kind}EventDefinition {kind}Ref="{name}"/>'
        entry, exit_, task = self._task(around)
        if kind == "message" and self._chance(0.3):
            throws = self._draw("sendTask", "send", messageRef=name)
        else:
            throws = self._draw("intermediateThrowEvent", "throw", definition)
        self._flow(exit_, throws)
        return entry, throws, InTurn((task, Throw(Trigger(kind, name))))

    def _code(self, kind: str, around: Around) -> str:
        """What an error or escalation is raised with: somebody catches the error, perhaps nobody hears the escalation."""
        codes = {"error": around.errors, "escalation": around.escalations * 3 + ESCALATIONS}
        return self.random.choice(codes.get(kind, ("",)))

    def _raise(self, around: Around) -> Drawn:
        """A block, then one that may raise something."""
        entry, first_exit, first = self._block(around)
        raises = self._early_end if self._chance(0.7) else self._throw
        second_entry, exit_, second = raises(around)
        self._flow(first_exit, second_entry)
        return entry, exit_, InTurn((first, second))

    def _perhaps_raise(self, around: Around) -> Drawn:
        """A block that may raise something if somebody around waits for that."""
        awaited = around.errors + around.escalations
        return self._raise(around) if awaited and self._chance(0.5) else self._block(around)

    def _catch(self, _: Around) -> Drawn:
        catch = self._catching(self.random.choice(("message", "timer", "signal", "conditional")))
        return catch.id, catch.id, catch

    def _catching(self, kind: str) -> Catch:
        id = self._new("wait")
        trigger, definition = self._trigger(kind, id)
        self._parts.append(element("intermediateCatchEvent", id, definition))
        return Catch(id, trigger)

    def _receive_task(self) -> Catch:
        id = self._new("receive")
        self._parts.append(element("receiveTask", id, messageRef=(name := self._message())))
        return Catch(id, Trigger("message", name))

    def _first_of(self, around: Around) -> Drawn:
        gateway, join = self._gateway("eventBased", "first"), self._gateway("exclusive", "join")
        kinds = self.random.sample(("message", "timer", "timer", "signal", "conditional"), self.random.randint(2, 3))
        events = []
        for kind in kinds:
            catch = self._catching(kind)
            entry, exit_, block = self._block(around)
            self._flow(gateway, catch.id)
            self._flow(catch.id, entry)
            self._flow(exit_, join)
            events.append((catch, block))
        return gateway, join, FirstOf(gateway, tuple(events))

    # Activities.

    def _sub_process(self, around: Around) -> Drawn:
        return self._inside(around)

    def _inside(
        self, around: Around, draw: Callable[[Around], Drawn] | None = None, loop: str = ""
    ) -> tuple[str, str, Inside]:
        id = self._new("sub")
        scope, body = self._scope(replace(around, may_end=True), draw)
        self._parts.append(element("subProcess", id, loop + body))
        return id, id, Inside(id, scope)

    def _call(
        self, around: Around, draw: Callable[[Around], Drawn] | None = None, loop: str = ""
    ) -> tuple[str, str, Inside]:
        """Calls another process: a new one, or one that is called elsewhere, too. It writes no flags."""
        if around.calls >= CALLS:
            return self._inside(around, draw, loop)
        called = replace(
            around, writes=(), may_end=True, own="", calls=around.calls + 1, level=(around.calls + 1) * LEVELS
        )
        known = [
            (name, scope)
            for needs, name, scope in self._processes
            if needs.calls == called.calls and set(needs.errors) <= set(around.errors)
        ]
        if known and self._chance(0.5):
            name, scope = self.random.choice(known)
        else:
            name = self._new("process")
            scope, body = self._scope(called, draw)
            self._root.append(process(body, name))
            self._processes.append((called, name, scope))
        id = self._draw("callActivity", "call", loop, calledElement=name)
        return id, id, Inside(id, scope)

    def _several(self, around: Around) -> Drawn:
        activity = self._instances(around, ("task", "task", "sub", "sub", "sub", "call"))
        return activity.body.id, activity.body.id, activity

    def _instances(self, around: Around, kinds: Sequence[str]) -> Several:
        parallel = self._chance(0.6)
        name = self.random.choice(("none", "two", "two", "three", "three"))
        items: Sequence[str] = LISTS[name]
        enough = self.random.randint(1, 2) if self._chance(0.3) else 0
        kind = self.random.choice(kinds)
        id = self._new("result")
        result, results = (id, f"{id}_list") if kind != "call" and self._chance(0.4) else ("", "")
        inner = f'<loopDataInputRef>{name}</loopDataInputRef><inputDataItem id="i{around.level}"/>'
        if kind != "sub" and not parallel and self._chance(0.3):
            inner, items = f"<loopCardinality>{len(items)}</loopCardinality>", ("",) * len(items)
        if results:
            inner += f'<loopDataOutputRef>{results}</loopDataOutputRef><outputDataItem id="{result}"/>'
        if enough:
            inner += f"<completionCondition>numberOfCompletedInstances &gt;= {enough}</completionCondition>"
        loop = (
            f'<multiInstanceLoopCharacteristics isSequential="{str(not parallel).lower()}">{inner}'
            "</multiInstanceLoopCharacteristics>"
        )
        writes = () if parallel or results else around.writes
        body = self._repeated(
            kind, replace(around, writes=writes, level=around.level + 1), loop, notes=(result,) if result else ()
        )
        return Several(body, tuple(items), parallel, enough, result=result, results=results)

    def _standard_loop(self, around: Around) -> Drawn:
        activity = self._again_and_again(around, ("task", "sub"))
        return activity.body.id, activity.body.id, activity

    def _again_and_again(self, around: Around, kinds: Sequence[str]) -> Several:
        stop, most, before = f"{self._new('loop')}_stop", self.random.choice((0, 1, 2, 3)), self._chance(0.3)
        limit = f' loopMaximum="{most}"' if most else ""
        test = ' testBefore="true"' if before else ""
        loop = (
            f"<standardLoopCharacteristics{limit}{test}><loopCondition>not({stop} = true)</loopCondition>"
            "</standardLoopCharacteristics>"
        )
        body = self._repeated(self.random.choice(kinds), around, loop, asks=(stop,))
        return Several(body, stop=stop, most=most, test_before=before)

    def _repeated(
        self, kind: str, around: Around, loop: str, *, asks: tuple[str, ...] = (), notes: tuple[str, ...] = ()
    ) -> Task | Inside:
        """An activity with the *loop* drawn into it; its last task has the questions and notes."""
        if kind == "call":
            return self._call(around, self._perhaps_raise, loop)[2]
        task = Task(self._new("task"), asks, notes)
        if kind == "sub":
            return self._inside(around, lambda inside: self._then(task, inside), loop)[2]
        self._user_task(task, loop)
        return task

    def _then(self, last: Task, around: Around) -> Drawn:
        entry, exit_, block = self._perhaps_raise(around)
        self._user_task(last)
        self._flow(exit_, last.id)
        return entry, last.id, InTurn((block, last))

    def _watched(self, around: Around) -> Drawn:
        """An activity with boundary events; the ways of those that interrupt it meet its own again, or end."""
        kinds = ["message", "message", "timer", "timer", "signal", "conditional"]
        raised = self._chance(0.6)
        chosen = self.random.sample(kinds, self.random.randint(0 if raised else 1, 2))
        if raised:
            chosen += self.random.sample(("error", "escalation"), self.random.randint(1, 2))
        triggers = {self._new("edge"): kind for kind in chosen}
        interrupting = {id: kind == "error" or self._chance(0.5) for id, kind in triggers.items()}
        made = {id: self._trigger(kind, id, cycle=not interrupting[id]) for id, kind in triggers.items()}
        inside = around
        for trigger, _ in made.values():
            inside = _catching(inside, trigger)
        host_id, host = self._host(inside, raised=raised)
        out = self._gateway("exclusive", "out")
        self._flow(host_id, out)
        boundaries = []
        for id, (trigger, definition) in made.items():
            self._parts.append(boundary(id, host_id, definition, interrupting=interrupting[id]))
            boundaries.append(self._boundary(id, trigger, around, out, interrupting=interrupting[id]))
        return host_id, out, Watched(host, tuple(boundaries))

    def _boundary(self, id: str, trigger: Trigger, around: Around, out: str, *, interrupting: bool) -> Boundary:
        back = interrupting and not (around.may_end and self._chance(0.2))
        if back:
            entry, exit_, block = self._block(around)
        elif self._chance(0.5):
            entry, exit_, block = self._task(replace(around, writes=()))
        else:  # may begin again while it goes on: in a scope of its own no join of one time takes what came another time
            entry, exit_, block = self._inside(replace(around, writes=()))
        self._flow(id, entry)
        end = "" if back else self._end()
        self._flow(exit_, end or out)
        return Boundary(id, trigger, interrupting, block, end)

    def _host(self, around: Around, *, raised: bool) -> tuple[str, Block]:
        """An activity for boundary events: one that holds others where something inside may be *raised*."""
        kinds = ["sub"] * 4 + ["call"] * 2 + ["loop"]
        bodies = ("sub", "call") if raised else ("task", "sub", "call")
        if not raised:
            kinds += ["task"] * 3 + ["receive"]
        if self.has_instances and around.level < LEVELS * (around.calls + 1):
            kinds += ["several"] * 3
        match self.random.choice(kinds):
            case "task":
                id, _, task = self._task(around)
                return id, task
            case "receive":
                catch = self._receive_task()
                return catch.id, catch
            case "several":
                activity = self._instances(around, bodies)
                return activity.body.id, activity
            case "loop":
                activity = self._again_and_again(around, ("sub",))
                return activity.body.id, activity
            case "call":
                id, _, inside = self._call(around, self._raise if raised else None)
                return id, inside
        id, _, inside = self._inside(around, self._raise if raised else None)
        return id, inside


def _catching(around: Around, trigger: Trigger) -> Around:
    """*around* for what stands inside something that catches *trigger*, if that is an error or escalation."""
    match trigger.kind:
        case "error":
            return replace(around, errors=(*around.errors, *([trigger.name] if trigger.name else ERRORS)))
        case "escalation":
            return replace(around, escalations=(*around.escalations, trigger.name or ESCALATIONS[0]))
    return around


def _raising(kind: str, code: str) -> str:
    reference = f' {kind}Ref="{code}"' if code else ""
    return f"<{kind}EventDefinition{reference}/>"
