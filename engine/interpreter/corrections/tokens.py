"""Tokens and the scopes they live in: SpiffWorkflow's tasks and workflows without tree, clock, chance and history.

A SpiffWorkflow workflow grows a tree of all tasks that were, are and may be. Here a scope (the case itself, or a
running sub-process) holds live tokens only. What the tree was needed for is kept apart:

- a token that comes from a fork carries the fork's id in *frames*; the case keeps the data at the fork under that id as
  long as two tokens share it, as the base of the merge at the join;
- what ended branches wrote waits in ``Scope.ended`` for the end of the scope;
- a watcher (boundary event, instance of a multi-instance activity, event behind an event gateway) has a parent;
- a listener (event sub-process that waits) stands beside the tokens of its scope and keeps nothing alive.
"""

# ruff: noqa: SLF001 - SpiffWorkflow's own hooks have such names

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.interpreter.budget import Budget
from engine.interpreter.data import Values, changes, merge, same
from engine.interpreter.errors import ProcedureFault
from engine.interpreter.requests import TaskKey
from engine.interpreter.step import Fact, FactKind, Message, ServiceRequest, Signal

if TYPE_CHECKING:
    from engine.calendars import Calendar
    from engine.interpreter.clocks import Clocks
    from engine.interpreter.corrections.nodes import Node, Sequel
    from engine.interpreter.definition import Definition

#: States of a token that has not yet left its element.
LIVE = TaskState.FUTURE | TaskState.WAITING | TaskState.READY | TaskState.STARTED


class Token(Task):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """One token at one element.

    ``Task.__init__`` and ``Task._set_state`` are replaced because they read the clock and draw random ids; ids count up
    within the case, so the order of ids is the order of arrival.
    """

    def __init__(
        self,
        scope: Scope | Case,
        node: Node,
        *,
        data: Values,
        frames: tuple[int, ...] = (),
        flow: str = "",
        parent: Token | None = None,
        id: int | None = None,  # noqa: A002 - SpiffWorkflow's name
    ) -> None:
        case: Case = scope.top_workflow
        self.id = id or case.next_id()
        self.workflow = scope
        self.task_spec = node
        self._parent = parent.id if parent is not None else None
        self._children: list[int] = []
        self._state = TaskState.FUTURE
        self.triggered = False
        self.thread_id = 0
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = 0.0
        self.data = data
        self.frames = frames
        self.flow = flow
        self.key = TaskKey("")
        self.home[self.id] = self
        if parent is not None:
            parent._children.append(self.id)

    def _set_state(self, value: int) -> None:
        self._state = value

    def cancel(self) -> None:
        """End this token where it is, with its watchers, instances and the scope inside it."""
        case: Case = self.workflow.top_workflow
        for child in list(self.children):
            child.cancel()
        if (inner := case.subprocesses.pop(self.id, None)) is not None:
            for token in list(inner.tasks.values()):
                if token._parent is None:
                    token.cancel()
        self._set_state(TaskState.CANCELLED)
        self.discard()
        if self.key:
            case.fact(FactKind.CANCELLED, self)
            case.token_cancelled(self)

    def discard(self) -> None:
        """Take the token out of its scope. Nothing of it remains."""
        del self.home[self.id]
        parent = self.workflow.tasks.get(self._parent)
        if parent is not None:
            parent._children.remove(self.id)

    @property
    def home(self) -> dict[int, Token]:
        """Where its scope keeps it."""
        tasks: dict[int, Token] = self.workflow.tasks
        return tasks

    @property
    def is_beside(self) -> bool:
        """Whether this is an event sub-process that runs beside the branches of its scope."""
        return "beside" in self.internal_data

    @property
    def node(self) -> Node:
        node: Node = self.task_spec
        return node


class Listener(Token):
    """An event sub-process that waits in its scope."""

    @property
    def home(self) -> dict[int, Token]:
        listeners: dict[int, Token] = self.workflow.listeners
        return listeners


class Scope(BpmnSubWorkflow):  # type: ignore[misc]
    """One running sub-process or called process: the tokens inside the activity *host*."""

    def __init__(self, spec: Any, host: Token, case: Case) -> None:
        self.path: str = f"{host.workflow.path}{host.node.name}/"
        self.ended: dict[str, tuple[Any, ...]] = {}
        self.kept: Values | None = None
        self.listeners: dict[int, Token] = {}
        super().__init__(spec, host.id, case, deserializing=True)

    @property
    def host(self) -> Token:
        host: Token = self.top_workflow.get_task_from_id(self.parent_task_id)
        return host


class Case(BpmnWorkflow):  # type: ignore[misc]
    """A case during one step: its tokens, and everything that happens to it on the way.

    Made anew for each step from the saved state and thrown away after it. ``now`` is the step's instant for everybody.
    """

    def __init__(
        self, definition: Definition, process: str, *, now: datetime, calendar: Calendar, budget: Budget, clocks: Clocks
    ) -> None:
        self.path = ""
        self.ended: dict[str, tuple[Any, ...]] = {}  #: what ended branches wrote, see `_writing`
        self.kept: Values | None = None  #: data of the last branch, while only event sub-processes go on
        self.listeners: dict[int, Token] = {}
        self.definition = definition
        self.process = process
        self.now = now
        self.calendar = calendar
        self.budget = budget
        self.clocks = clocks
        self.queue: deque[Token] = deque()
        self.facts: list[Fact] = []
        self.visits: dict[str, int] = {}  #: element path -> how often it was entered
        self.frames: dict[int, Values] = {}  #: fork id -> data at the fork
        self.last_id = 0
        self.result: Values | None = None  #: the case's data once it has ended
        self.data_before: Values = {}  #: the case's data when the step began
        self.reached = ""  #: the last end event reached that the package calls an outcome
        self.outcome = ""
        self.withdrawn = False
        self.suspended = False
        self.missed: list[tuple[str, Values]] = []  #: signals that came while it was suspended
        self.skipped: Token | None = None  #: what is being passed without having been done
        self.started = False
        self.opened: list[Token] = []
        self.closed: list[TaskKey] = []
        self.requests: list[tuple[Token, ServiceRequest]] = []
        self.cancelled_requests: list[TaskKey] = []
        self.messages: list[Message] = []
        self.signals: list[Signal] = []
        self.size = 0  #: bytes of the state as it was saved last, before compression
        self._engine_tasks = 0
        super().__init__(
            definition.specs[process], definition.specs, script_engine=definition.expressions, deserializing=True
        )

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def next_key(self, token: Token) -> TaskKey:
        """The key of a new visit: ``path#n``."""
        path = f"{token.workflow.path}{token.node.name}"
        self.visits[path] = n = self.visits.get(path, 0) + 1
        return TaskKey(f"{path}#{n}")

    def scopes(self) -> list[Scope | Case]:
        """All running scopes, the case's own first."""
        return [self, *self.subprocesses.values()]

    def tokens(self) -> Iterator[Token]:
        """All live tokens of the whole case and its listeners, in no order that means something."""
        for scope in self.scopes():
            yield from scope.tasks.values()
            yield from scope.listeners.values()

    def waiting_for(self, kind: str) -> list[Token]:
        """The tokens that wait for that kind of trigger, e.g. ``"message"``, the longest wait first."""
        waiting = (t for t in self.tokens() if t._state == TaskState.WAITING and t.node.trigger.kind == kind)
        return sorted(waiting, key=lambda token: token.id)

    def token_with(self, key: str) -> Token | None:
        return next((token for token in self.tokens() if token.key == key), None)

    def _task_completed_notify(self, task: Token) -> None:
        """SpiffWorkflow walks all tasks here after each one; nothing waits for that."""

    def fact(self, kind: FactKind, token: Token, detail: Mapping[str, Any] | None = None) -> None:
        self.facts.append(Fact(kind, token.node.name, token.key, detail))

    def fact_of_flow(self, flow: str) -> None:
        self.facts.append(Fact(FactKind.FLOW, flow))

    def is_live(self, token: Token) -> bool:
        """Whether *token* still stands in a running scope."""
        scope = token.workflow
        running = scope is self or self.subprocesses.get(scope.parent_task_id) is scope
        return running and token.id in token.home

    def decides_outcome(self, scope: Scope | Case) -> bool:
        """Whether an end event of *scope* may be what the case ends by: one of the process or its event sub-process."""
        return scope is self or (scope.host.node.listens and scope.host.workflow is self)

    def known_to(self, token: Token) -> Values:
        """The data that *token* waits with: its own, its activity's, or as a listener all of its scope."""
        if isinstance(token, Listener):
            return self.view(token.workflow)
        data: Values = token.data if token.parent is None else token.parent.data
        return data

    def token_cancelled(self, token: Token) -> None:
        if token.internal_data.get("open"):
            self.closed.append(token.key)
        if token.internal_data.get("request"):
            self.withdraw_request(token)
        self.clocks.element_cancelled(self, token)

    def withdraw_request(self, token: Token) -> None:
        """Ask no longer for what the service task at *token* has asked."""
        asked_before = all(asked is not token for asked, _ in self.requests)
        self.requests = [(asked, request) for asked, request in self.requests if asked is not token]
        if asked_before:
            self.cancelled_requests.append(token.key)

    def begin(self, data: Values, event: str = "") -> None:
        """Start the case by its plain start event, or by the message or signal start event *event*."""
        self.started = True
        token = self.begin_scope(self, {} if event else data, event)
        if event:
            token.data = token.node.taken_in(token.data, data)
            token.node.note(self, token.key)

    def begin_scope(self, scope: Scope | Case, data: Values, event: str = "") -> Token:
        start = event or self.definition.starts[scope.spec.name]
        if own := self.definition.data_objects.get(scope.spec.name):
            data = {key: value for key, value in data.items() if key not in own}
        token = Token(scope, scope.spec.task_specs[start], data=data)
        token.node._update(token)
        for name in self.definition.event_sub_processes.get(scope.spec.name, ()):
            scope.spec.task_specs[name].listen(scope)
        return token

    def run(self) -> None:
        """Let every token go as far as it can without a person, the clock or the world."""
        deadline = None if self.budget.seconds is None else time.monotonic() + self.budget.seconds
        while True:
            while self.queue:
                token = self.queue.popleft()
                if token._state == TaskState.READY and token.id in token.workflow.tasks:
                    self._count(token, deadline)
                    token.run()
            if not self._fire_inclusive_join() and not self._meet_condition():
                return

    def count_step(self, token: Token) -> None:
        """Count one more thing done in this step against the budget."""
        self._count(token, None)

    def _count(self, token: Token, deadline: float | None) -> None:
        self._engine_tasks += 1
        element = token.node.name
        if self._engine_tasks > self.budget.engine_tasks:
            limit = self.budget.engine_tasks
            raise ProcedureFault(
                "step-budget", element, f"expected at most {limit} elements in one step, found a loop that nobody stops"
            )
        if deadline is not None and time.monotonic() > deadline:
            raise ProcedureFault("step-budget", element, f"expected a step to end within {self.budget.seconds} seconds")

    def _fire_inclusive_join(self) -> bool:
        """Whether an inclusive join could fire, now that nothing else moves.

        Only then is known which tokens can still reach it; SpiffWorkflow decides when the first one arrives.
        """
        return any(
            node.try_fire(scope)
            for scope in self.scopes()
            for node in {
                token.node.name: token.node for token in scope.tasks.values() if token.node.joins_inclusively
            }.values()
        )

    def _meet_condition(self) -> bool:
        """Fire the conditional event that has waited longest of those whose condition has become true; whether one did.

        A condition looks at the data as if all branches around it joined now. One that interrupts nothing fires again
        only after it was false in between.
        """
        for token in self.waiting_for("conditional") if self.definition.has_conditions and not self.suspended else ():
            data, notes = self.view(token.workflow), token.internal_data
            text, element = token.node.trigger.condition, token.node.waits_as
            if not self.definition.expressions.holds(text, data, element=element, now=self.now):
                notes.pop("held", None)
            elif "held" not in notes:
                notes["held"] = True
                self.count_step(token)
                token.node.fire(token, {})
                return True
        return False

    def leave(self, token: Token, sequels: Sequence[Sequel]) -> None:
        """Move the finished *token* on along its flows; without any, its branch ends here."""
        for child in list(token.children):
            child.cancel()
        scope = token.workflow
        frames = self.fork(token.data, token.frames) if len(sequels) > 1 else token.frames
        arrived = []
        for sequel in sequels:
            if sequel.flow:
                self.fact_of_flow(sequel.flow)
            target = scope.spec.task_specs[sequel.target]
            arrived.append(Token(scope, target, data=token.data, frames=frames, flow=sequel.flow))
        if not sequels:
            self.absorb(token)
        token.discard()
        self.check_size(token)
        for new in arrived:
            new.node._update(new)
        if not scope.tasks:
            self._scope_ended(scope, token)

    def check_size(self, token: Token) -> None:
        total = sum(len(scope.tasks) for scope in self.scopes())
        if total > self.budget.live_tokens:
            limit = self.budget.live_tokens
            raise ProcedureFault(
                "step-budget", token.node.name, f"expected at most {limit} tokens in a case, found {total}"
            )

    def _scope_ended(self, scope: Scope | Case, last: Token) -> None:
        data = _with_written(scope.ended, last.data if scope.kept is None else scope.kept)
        scope.listeners.clear()
        if isinstance(scope, Case):
            self.result = data
            self.outcome = self.reached or last.node.name
            self.facts.append(Fact(FactKind.ENDED, last.node.name, last.key))
            self.clocks.case_ended(self)
            return
        self.leave_scope(scope, data)

    def leave_scope(self, scope: Scope, data: Values) -> None:
        """Go on behind the activity whose inside has ended with *data*."""
        host = scope.host
        del self.subprocesses[host.id]
        host.data = self._without_own(scope, data, host.data)
        host.complete()

    def _without_own(self, scope: Scope, data: Values, before: Values) -> Values:
        """*data* as *scope* leaves it: its own data objects end with it, what they hid is back."""
        own = self.definition.data_objects.get(scope.spec.name)
        if not own:
            return data
        hidden = {name: before[name] for name in own if name in before}
        return {key: value for key, value in data.items() if key not in own} | hidden

    def terminate(self, token: Token) -> None:
        """End *token*'s scope at once: every other token in it is cancelled, what those wrote stays."""
        token.data = self.view(token.workflow)
        self.interrupt(token.workflow, spare=token)

    def interrupt(self, scope: Scope | Case, *, spare: Token | None = None) -> None:
        """End everything that goes on or waits in *scope*, but for the token *spare*."""
        scope.listeners.clear()
        self.cancel_all(scope, spare=spare)

    def cancel_all(self, scope: Scope | Case, *, spare: Token | None = None) -> None:
        """End everything that goes on in *scope*, but for the token *spare*. What waits beside goes on waiting."""
        scope.ended.clear()
        scope.kept = None
        for token in sorted(scope.tasks.values(), key=lambda token: token.id):
            if token is not spare and token._parent is None and token.id in scope.tasks:
                token.cancel()

    def fork(self, data: Values, frames: tuple[int, ...]) -> tuple[int, ...]:
        """The frames of branches that part from a token with *frames* and *data* now."""
        frame = self.next_id()
        self.frames[frame] = data
        return (*frames, frame)

    def join(self, tokens: Sequence[Token]) -> tuple[Values, tuple[int, ...]]:
        """The data and frames of the token that takes the place of *tokens*, which are in order of arrival."""
        return self._merged([(token.frames, token.data) for token in tokens]), _common(
            [token.frames for token in tokens]
        )

    def _merged(self, parts: Sequence[tuple[tuple[int, ...], Values]], depth: int = 0) -> Values:
        if len(parts) == 1:
            return parts[0][1]
        shared = len(_common([frames for frames, _ in parts]))
        groups: dict[tuple[int, int], list[tuple[tuple[int, ...], Values]]] = {}
        for index, part in enumerate(parts):
            frames = part[0]
            deeper = (frames[shared], 0) if len(frames) > shared else (0, index)
            groups.setdefault(deeper, []).append(part)
        base = self.frames.get(parts[0][0][shared - 1], {}) if shared else {}
        return merge(base, [self._merged(group, depth + 1) for group in groups.values()])

    def absorb(self, token: Token) -> None:
        """Keep what an ended branch wrote until its scope ends, one entry a key however many branches end."""
        scope = token.workflow
        if token.is_beside:
            scope.ended |= self._written_beside(token, token.data)
        elif token.frames:
            scope.ended |= _writing(self.frames.get(token.frames[0], {}), token.data)
        others = (other for other in scope.tasks.values() if other is not token)
        if not token.is_beside and all(other.is_beside for other in others):
            scope.kept = token.data

    def _written_beside(self, token: Token, data: Values) -> dict[str, tuple[Any, ...]]:
        """What an event sub-process that interrupted nothing has written since it began."""
        return _writing(self.frames[token.internal_data["beside"]], data)

    def view(self, scope: Scope | Case | None = None) -> Values:
        """The data of the whole case (or of one scope) as it would be if all branches joined now."""
        if scope is None:
            if self.result is not None:
                return self.result
            scope = self
        tokens = sorted((token for token in scope.tasks.values() if token._parent is None), key=lambda token: token.id)
        branches = [(token.frames, self.data_within(token)) for token in tokens if not token.is_beside]
        written = dict(scope.ended)
        for token in tokens:
            if token.is_beside:
                written |= self._written_beside(token, self.data_within(token))
        return _with_written(written, self._merged(branches) if branches else scope.kept or {})

    def data_within(self, token: Token) -> Values:
        """A token's data, with what is being done inside its activity."""
        data: Values = token.data
        instances = [child for child in token.children if child.internal_data.get("instance")]
        for instance in sorted(instances, key=lambda instance: instance.id):
            data = token.node.with_instance(token, data, self.data_within(instance))
        if instances:
            return data
        return self.view(self.subprocesses[token.id]) if token.id in self.subprocesses else data

    def drop_useless_frames(self) -> None:
        """Forget forks that no two tokens share any more, so that a case's size does not depend on its age."""
        for scope in self.scopes():
            holders: dict[int, set[int]] = {}
            for token in scope.tasks.values():  # watchers and instances have no frames of their own
                for frame in token.frames:
                    holders.setdefault(frame, set()).add(token.id)
            for token in scope.tasks.values():
                kept = []
                for index, frame in enumerate(token.frames):
                    inner = token.frames[index + 1] if index + 1 < len(token.frames) else None
                    if len(holders[frame]) > 1 and (inner is None or holders[frame] != holders[inner]):
                        kept.append(frame)
                token.frames = tuple(kept)
        used = {
            frame
            for token in self.tokens()
            for frame in (*token.frames, token.internal_data.get("base"), token.internal_data.get("beside"))
        }
        self.frames = {frame: data for frame, data in self.frames.items() if frame in used}


def _writing(base: Values, data: Values) -> dict[str, tuple[Any, ...]]:
    """What *data* says differently from *base*: key -> (base, had base, new value), without the last where dropped."""
    written, dropped = changes(base, data)
    return {key: (base.get(key), key in base, value) for key, value in written.items()} | {
        key: (base[key], True) for key in dropped
    }


def _with_written(written: Mapping[str, tuple[Any, ...]], data: Values) -> Values:
    """*data* with what was *written* beside it, where *data* left that as it was."""
    if not written:
        return data
    merged = dict(data)
    for key, (base, had_base, *new) in written.items():
        untouched = same(data[key], base) if key in data and had_base else key not in data and not had_base
        if untouched and new:
            merged[key] = new[0]
        elif untouched:
            merged.pop(key, None)
    return merged


def _common(stacks: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """The longest beginning all *stacks* share."""
    first, *others = stacks
    length = len(first)
    for other in others:
        length = min(length, len(other))
        while first[:length] != other[:length]:
            length -= 1
    return first[:length]
