"""What somebody does to a running case from outside its diagram: move, skip, cancel, suspend, resume."""

# ruff: noqa: SLF001 - SpiffWorkflow's own hooks have such names

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, Final

from engine.interpreter.corrections.activities import ServiceTask, SubProcess, UserTask
from engine.interpreter.corrections.events import BoundaryEvent, CatchEvent, EventGateway, StartEvent, deliver_signal
from engine.interpreter.corrections.gateways import ParallelGateway
from engine.interpreter.corrections.nodes import Node
from engine.interpreter.corrections.tokens import Case, Scope, Token
from engine.interpreter.definition import Definition
from engine.interpreter.errors import OperationRefused
from engine.interpreter.requests import CancelBranch, MoveToken, Operation, Resume, Skip, Suspend, TaskKey
from engine.interpreter.step import Fact, FactKind, Place

#: Why nobody can be taken there, as `destinations` leaves it out.
_NO_DESTINATION: Final = (StartEvent, BoundaryEvent)


def operate(case: Case, operation: Operation) -> None:
    """Carry out *operation* on *case*. Raises OperationRefused."""
    match operation:
        case MoveToken():
            _move(case, _token_at(case, operation.key), operation.to, alone=operation.alone)
        case Skip():
            _skip(case, _token_at(case, operation.key))
        case CancelBranch():
            _cancel_branch(case, _branch(_token_at(case, operation.key)))
        case Suspend():
            if case.suspended:
                raise OperationRefused("suspended", "case", "it is suspended already")
            case.suspended = True
            case.facts.append(Fact(FactKind.SUSPENDED, detail={"clocks": operation.stop_clocks}))
            if operation.stop_clocks:
                case.clocks.stand_still(case)
        case Resume():
            if not case.suspended:
                raise OperationRefused("not-suspended", "case", "it is not suspended")
            case.suspended = False
            case.facts.append(Fact(FactKind.RESUMED))
            case.clocks.go_on(case)
            for name, data in case.missed:
                deliver_signal(case, name, data)
            case.missed.clear()


def places_of(case: Case) -> tuple[Place, ...]:
    """Where something goes on in *case*, in order of arrival."""
    tokens = sorted((token for token in case.tokens() if token.key), key=lambda token: token.id)
    return tuple(
        Place(token.key, token.node.name, token.node.kind, can_be_skipped=_can_be_skipped(token)) for token in tokens
    )


def destinations(definition: Definition, element: str) -> tuple[str, ...]:
    """Elements, and flows into joins, to which a token at *element* can be taken, those nearest around it first."""
    found: list[str] = []
    for spec in _specs_around(definition, element):
        for name, node in spec.task_specs.items():
            if not isinstance(node, Node) or isinstance(node, _NO_DESTINATION) or node.listens:
                continue
            if _is_join(node):
                found += node.incoming
            elif not _behind_gateway(spec, node):
                found.append(name)
    return tuple(found)


def began_behind(case: Case, key: TaskKey, to: str) -> bool:
    """Whether something else goes on in *case* that began behind the element *to*, from which the token at *key* came.

    Who takes that token back to *to* has to end the rest, or it would go on twice. Raises OperationRefused.
    """
    mover = _branch(_token_at(case, key))
    while not _stands_in(mover.workflow.spec, to):
        if not isinstance(mover.workflow, Scope):
            raise OperationRefused("no-destination", to, f"it cannot be reached from {mover.node.name!r}")
        mover = _branch(mover.workflow.host)
    scope: Case | Scope = mover.workflow
    others = [other for other in scope.tasks.values() if other.parent is None and other is not mover]
    joins = {name for name in _ways(scope, mover.node, beyond={to}) if _is_join(scope.spec.task_specs[name])}
    behind = {to, *_ways(scope, scope.spec.task_specs[to], beyond={mover.node.name, *joins})} - joins
    return any(_came_from(case, other) in behind for other in others)


def _came_from(case: Case, token: Token) -> str:
    """Where a token stands; of one that waits at a join, the element it arrived from."""
    arrived_by = case.definition.flows.get(token.flow) if _is_join(token.node) else None
    return token.node.name if arrived_by is None else arrived_by.source


def _specs_around(definition: Definition, element: str) -> Iterator[Any]:
    """The specification *element* stands in, and those of the sub-processes and the process around it."""
    parent = definition.elements[element].parent
    while True:
        yield definition.specs[parent]
        if parent not in definition.elements:
            return
        parent = definition.elements[parent].parent


def _token_at(case: Case, key: TaskKey) -> Token:
    token = case.token_with(key)
    if token is None:
        raise OperationRefused("not-there", key, "nothing goes on there")
    return token


def _branch(token: Token) -> Token:
    """The token that stands for *token* among the branches of its scope: the activity whose instance it is."""
    while token.parent is not None:
        token = token.parent
    return token


def _move(case: Case, token: Token, to: str, *, alone: bool) -> None:
    mover = _branch(token)
    if to not in destinations(case.definition, mover.node.name):
        raise OperationRefused("no-destination", to, f"it cannot be reached from {mover.node.name!r}")
    while not _stands_in(mover.workflow.spec, to):
        mover = _branch(mover.workflow.host)
    scope: Case | Scope = mover.workflow
    if mover.is_beside and not alone:
        raise OperationRefused("no-destination", to, "an event sub-process that runs beside the rest")
    case.facts.append(Fact(FactKind.MOVED, token.node.name, token.key, {"to": to}))
    data = case.view(scope) if alone else case.data_within(mover)
    if alone:
        case.cancel_all(scope)
    else:
        mover.cancel()
    flow = case.definition.flows.get(to)
    if flow is not None:
        case.fact_of_flow(to)
    target = scope.spec.task_specs[to if flow is None else flow.target]
    arrived = Token(scope, target, data=data, flow="" if flow is None else to)
    target._update(arrived)


def _stands_in(spec: Any, name: str) -> bool:
    nodes = [node for node in spec.task_specs.values() if isinstance(node, Node)]
    return any(name == node.name or name in node.incoming for node in nodes)


def _can_be_skipped(token: Token) -> bool:
    return isinstance(token.node, UserTask | ServiceTask | CatchEvent | SubProcess)


def _skip(case: Case, token: Token) -> None:
    if not _can_be_skipped(token):
        raise OperationRefused("cannot-be-skipped", token.node.name, f"a {token.node.kind}")
    case.facts.append(Fact(FactKind.SKIPPED, token.node.name, token.key))
    case.skipped = token
    if token.internal_data.get("request"):
        case.withdraw_request(token)
    if isinstance(token.node, CatchEvent):
        token.internal_data = {}
        token._ready()
    elif (inner := case.subprocesses.get(token.id)) is not None:
        data = case.view(inner)
        case.interrupt(inner)
        case.leave_scope(inner, data)
    else:
        token.complete()


def _cancel_branch(case: Case, branch: Token) -> None:
    scope: Case | Scope = branch.workflow
    others = [other for other in scope.tasks.values() if other.parent is None and other is not branch]
    if not others:
        raise OperationRefused("nothing-else-goes-on", branch.node.name, "it is the only branch; withdraw the case")
    branch.data = case.data_within(branch)
    flow = None if branch.is_beside else _flow_to_join(scope, branch, others)
    if flow is None:
        case.absorb(branch)
        branch.cancel()
        return
    branch.cancel()
    case.fact_of_flow(flow)
    target = scope.spec.task_specs[case.definition.flows[flow].target]
    target._update(Token(scope, target, data=branch.data, flow=flow))


def _flow_to_join(scope: Case | Scope, branch: Token, others: list[Token]) -> str | None:
    """The flow into the nearest parallel join that would wait for *branch*: one that others can reach, too."""
    reached_by_others = {name for other in others for name in (other.node.name, *_ways(scope, other.node))}
    for name, flows in _ways(scope, branch.node).items():
        node = scope.spec.task_specs[name]
        if isinstance(node, ParallelGateway) and _is_join(node) and name in reached_by_others:
            taken = node.waiting(scope)
            return next((flow for flow in flows if flow not in taken), None)
    return None


def _ways(scope: Case | Scope, node: Node, *, beyond: Collection[str] = ()) -> dict[str, list[str]]:
    """The elements a token at *node* can reach in its scope with the flows by which it gets there, nearest first.

    It is not followed *beyond* elements with these names.
    """
    found: dict[str, list[str]] = {}
    todo = deque([node])
    while todo:
        each = todo.popleft()
        if each.name in beyond and each is not node:
            continue
        for name, flow in (*((s.target, s.flow) for s in each.sequels), *((watcher, "") for watcher in each.watchers)):
            if name not in found:
                todo.append(scope.spec.task_specs[name])
            found.setdefault(name, []).append(flow)
    return found


def _is_join(node: Node) -> bool:
    return node.joins and len(node.incoming) > 1


def _behind_gateway(spec: Any, node: Node) -> bool:
    nodes = spec.task_specs.values()
    return any(isinstance(each, EventGateway) and any(s.target == node.name for s in each.sequels) for each in nodes)
