"""Tokens and the scopes they live in: SpiffWorkflow's tasks and workflows without tree, clock, chance and history.

A SpiffWorkflow workflow grows a tree of all tasks that were, are and may be. Here a scope (the case itself, or a
running sub-process) holds live tokens only. What the tree was needed for is kept apart:

- each token's data says when each key was written, so a join takes the last writing and needs to know no fork;
- what ended branches knew waits in ``Scope.ended`` for the end of the scope;
- a watcher (boundary event, instance of a multi-instance activity, event behind an event gateway) has a parent;
- a listener (event sub-process that waits) stands beside the tokens of its scope and keeps nothing alive.
"""

# ruff: noqa: SLF001 - SpiffWorkflow's own hooks have such names

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.interpreter.budget import Budget
from engine.interpreter.data import NOTHING, Values, merge
from engine.interpreter.errors import ProcedureFault
from engine.interpreter.requests import TaskKey
from engine.interpreter.step import Fact, FactKind, Message, ServiceRequest, Signal

if TYPE_CHECKING:
    from engine.calendars import Calendars
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
        data: Mapping[str, Any],
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
        self._data = NOTHING
        if data:
            self.data = data
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
    def data(self) -> Values:
        """What is known here. What is set and differs from it is written now."""
        return self._data

    @data.setter
    def data(self, values: Mapping[str, Any]) -> None:
        if isinstance(values, Values):
            self._data = values
        else:
            self._data = self._data.rewritten(values, self.workflow.top_workflow.next_id())

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
        self.ended = NOTHING
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
        self,
        definition: Definition,
        process: str,
        *,
        now: datetime,
        calendars: Calendars,
        budget: Budget,
        clocks: Clocks,
    ) -> None:
        self.path = ""
        self.ended = NOTHING  #: what ended branches knew
        self.listeners: dict[int, Token] = {}
        self.definition = definition
        self.process = process
        self.now = now
        self.calendars = calendars
        self.budget = budget
        self.clocks = clocks
        self.queue: deque[Token] = deque()
        self.facts: list[Fact] = []
        self.visits: dict[str, int] = {}  #: element path -> how often it was entered
        self.last_id = 0
        self.result: Values | None = None  #: the case's data once it has ended
        self.data_before = NOTHING  #: the case's data when the step began
        self.reached = ""  #: the last end event reached that the package calls an outcome
        self.outcome = ""
        self.withdrawn = False
        self.suspended = False
        self.missed: list[tuple[str, dict[str, Any]]] = []  #: signals that came while it was suspended
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
        return token.data if token.parent is None else token.parent.data

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

    def begin(self, data: Mapping[str, Any], event: str = "") -> None:
        """Start the case by its plain start event, or by the message or signal start event *event*."""
        self.started = True
        token = self.begin_scope(self, {} if event else data, event)
        if event:
            token.data = token.node.taken_in(token.data, data)
            token.node.note(self, token.key)

    def begin_scope(self, scope: Scope | Case, data: Mapping[str, Any], event: str = "") -> Token:
        start = event or self.definition.starts[scope.spec.name]
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
        arrived = []
        for sequel in sequels:
            if sequel.flow:
                self.fact_of_flow(sequel.flow)
            target = scope.spec.task_specs[sequel.target]
            arrived.append(Token(scope, target, data=token.data, flow=sequel.flow))
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
        scope.listeners.clear()
        if isinstance(scope, Case):
            self.result = scope.ended
            self.outcome = self.reached or last.node.name
            self.facts.append(Fact(FactKind.ENDED, last.node.name, last.key))
            self.clocks.case_ended(self)
            return
        self.leave_scope(scope, scope.ended)

    def leave_scope(self, scope: Scope, data: Values) -> None:
        """Go on behind the activity whose inside has ended with *data*."""
        host = scope.host
        del self.subprocesses[host.id]
        host.data = data.with_those_of(host.data, self.own(scope))
        host.complete()

    def own(self, scope: Scope | Case) -> tuple[str, ...]:
        """The data objects of *scope*: they end with it, what they hid is back."""
        return self.definition.data_objects.get(scope.spec.name, ())

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
        scope.ended = NOTHING
        for token in sorted(scope.tasks.values(), key=lambda token: token.id):
            if token is not spare and token._parent is None and token.id in scope.tasks:
                token.cancel()

    def absorb(self, token: Token) -> None:
        """Keep what an ended branch knew until its scope ends."""
        scope = token.workflow
        scope.ended = merge([scope.ended, token.data])

    def view(self, scope: Scope | Case | None = None) -> Values:
        """The data of the whole case (or of one scope) as it would be if all branches joined now."""
        if scope is None:
            if self.result is not None:
                return self.result
            scope = self
        branches = [token for token in scope.tasks.values() if token._parent is None]
        return merge([scope.ended, *(self.data_within(token) for token in branches)])

    def view_inside(self, data: Values) -> Values:
        """The whole case's *data* with the data objects of the sub-processes that are running."""
        for scope in self.subprocesses.values():
            if own := self.own(scope):
                data = data.with_those_of(self.view(scope), own)
        return data

    def data_within(self, token: Token) -> Values:
        """A token's data, with what is being done inside its activity."""
        data = token.data
        for child in token.children:
            if child.internal_data.get("instance"):
                data = token.node.with_instance(data, self.data_within(child))
        if (inner := self.subprocesses.get(token.id)) is not None:
            data = self.view(inner).with_those_of(data, self.own(inner))
        return data
