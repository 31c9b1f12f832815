"""Gateways that split and join."""

# ruff: noqa: SLF001 - SpiffWorkflow's own hooks have such names

from __future__ import annotations

from SpiffWorkflow.bpmn.specs.defaults import ExclusiveGateway as SpiffExclusiveGateway
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway as SpiffInclusiveGateway
from SpiffWorkflow.bpmn.specs.defaults import ParallelGateway as SpiffParallelGateway
from SpiffWorkflow.util.task import TaskState

from engine.interpreter.corrections.nodes import Node, Sequel
from engine.interpreter.corrections.tokens import Case, Scope, Token
from engine.interpreter.data import merge


class ExclusiveGateway(Node, SpiffExclusiveGateway):  # type: ignore[misc]
    """One flow: the first in document order whose condition holds, else the default."""

    kind = "exclusiveGateway"

    def choose(self, token: Token) -> list[Sequel]:
        if len(self.sequels) == 1:
            return list(self.sequels)
        for sequel in self.sequels:
            if not sequel.default and self.holds(sequel, token):
                return [sequel]
        return self.default_flow()


class _Joining(Node):
    """A gateway that waits for tokens of several incoming flows.

    BPMN counts tokens on flows: a join takes one from each flow and leaves the others for the next round. SpiffWorkflow
    looks for earlier tasks of the gateway instead and takes those of earlier rounds of a loop for arrivals.
    """

    joins = True

    def _update_hook(self, my_task: Token) -> bool:
        if len(self.incoming) <= 1:
            self.enter(my_task)
            return True
        my_task._set_state(TaskState.WAITING)
        return self.try_fire(my_task.workflow, my_task)

    def try_fire(self, scope: Case | Scope, arrived: Token | None = None) -> bool:
        raise NotImplementedError

    def waiting(self, scope: Case | Scope) -> dict[str, Token]:
        """The token that has waited longest on each incoming flow."""
        oldest: dict[str, Token] = {}
        for token in sorted(scope.tasks.values(), key=lambda token: token.id):
            if token.task_spec is self and token._state == TaskState.WAITING:
                oldest.setdefault(token.flow, token)
        return oldest

    def go_on(self, scope: Case | Scope, taken: list[Token]) -> Token:
        """The one token that goes on in place of those *taken*."""
        for token in taken:
            token.discard()
        token = Token(scope, self, data=merge(token.data for token in taken))
        self.enter(token)
        token._ready()
        return token


class ParallelGateway(_Joining, SpiffParallelGateway):  # type: ignore[misc]
    kind = "parallelGateway"

    def try_fire(self, scope: Case | Scope, _arrived: Token | None = None) -> bool:
        waiting = self.waiting(scope)
        if len(waiting) == len(self.incoming):
            self.go_on(scope, list(waiting.values()))
        return False  # the token that goes on is a new one

    def choose(self, _token: Token) -> list[Sequel]:
        return list(self.sequels)


class InclusiveGateway(_Joining, SpiffInclusiveGateway):  # type: ignore[misc]
    """Joins what can still come (BPMN 2.0, 13.4.3): fires when no token elsewhere can reach an empty incoming flow,
    other than by this gateway, unless it can also reach a flow that already has one.
    """

    kind = "inclusiveGateway"
    joins_inclusively = True

    #: incoming flow id -> nodes from which a token can reach it without passing this gateway
    reachable_from: dict[str, frozenset[str]] = {}  # noqa: RUF012 - set once when the definition is compiled

    def try_fire(self, scope: Case | Scope, arrived: Token | None = None) -> bool:
        if arrived is not None:
            return False  # decided when nothing else moves any more
        waiting = self.waiting(scope)
        if not waiting:
            return False
        full = frozenset[str]().union(*(self.reachable_from[flow] for flow in waiting))
        empty = frozenset[str]().union(*(self.reachable_from[flow] for flow in self.incoming if flow not in waiting))
        for token in scope.tasks.values():
            name = token.node.name
            if token._parent is None and token.task_spec is not self and name in empty and name not in full:
                return False
        self.go_on(scope, list(waiting.values()))
        return True
