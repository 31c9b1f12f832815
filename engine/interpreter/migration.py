"""A running case goes on in another version of its procedure: what stands where is carried over, clocks run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.calendars import Calendars
from engine.errors import EngineError
from engine.interpreter import codec
from engine.interpreter.budget import Budget
from engine.interpreter.corrections.activities import UserTask
from engine.interpreter.corrections.nodes import Node
from engine.interpreter.corrections.tokens import Case, Token
from engine.interpreter.definition import Definition
from engine.interpreter.errors import ProcedureFault
from engine.interpreter.requests import Migrate
from engine.interpreter.running import STANDARD, go_on, open_keys, require_takes, step_of, unchanged
from engine.interpreter.step import Fact, FactKind, Step


@dataclass(frozen=True, slots=True)
class MigrationProblem:
    """Why something of a case has no place in the other version.

    *code* is ``element-gone``, ``kind-differs``, ``flow-gone`` or ``scope-gone``; the way out is to map *element* to an
    id of the other version, or to move the token first.
    """

    code: str
    element: str
    found: str = ""  #: what the other version has under that id


class MigrationRefused(EngineError):
    """A case cannot go on in that version as it stands."""

    code = "migration-refused"

    def __init__(self, problems: tuple[MigrationProblem, ...]) -> None:
        places = ", ".join(f"{problem.element!r} ({problem.code})" for problem in problems)
        super().__init__(f"expected a place in the other version for everything that goes on, found none for {places}")
        self.problems = problems


def migrate(
    source: Definition,
    target: Definition,
    state: bytes,
    request: Migrate,
    *,
    now: datetime,
    calendars: Calendars,
    budget: Budget = STANDARD,
) -> Step:
    """The step that takes a case of *source* over to *target*.

    Tokens stand at the elements that have their ids, or the ids that the mapping gives them. Running clocks and timers
    keep their starts, pauses, warnings and due instants of timers; where a rule of a deadline differs, the new one
    counts from the old start, unless the request keeps the limits: then running clocks go on by those they have, and
    only later ones run by the new. Boundary events and event sub-processes that are new begin to wait now; user tasks
    get the group, form and deadline of the new version under their old keys.

    Raises MigrationRefused with everything that has no place, OperationRefused where more time was granted in another
    unit than the new limit has, CaseEnded, StateRefused.
    """
    before = codec.load(source, state, now=now, calendars=calendars, budget=budget)
    require_takes(before, request)
    problems = migration_problems(source, target, state, request.mapping)
    if problems:
        raise MigrationRefused(problems)
    content, rows, values = codec.unpack(source, state)
    _Move(source, target, request.mapping).rewrite(content)
    case = codec.load(target, codec.pack(target, content, rows, values), now=now, calendars=calendars, budget=budget)
    case.data_before = case.view()
    try:
        case.facts.append(Fact(FactKind.MIGRATED, detail={"from": source.fingerprint, "to": target.fingerprint}))
        case.clocks.carry_over(case, source, request)
        waited = _waiting_together(source, request.mapping)
        for token in sorted(case.tokens(), key=lambda token: token.id):
            _settle(case, token, waited)
        _listen(case, waited)
        return step_of(case, open_keys(before), go_on(case))
    except ProcedureFault as error:
        return unchanged(source, state, error.fault, now=now, calendars=calendars, budget=budget)


def migration_problems(
    source: Definition, target: Definition, state: bytes, mapping: Mapping[str, str]
) -> tuple[MigrationProblem, ...]:
    """Everything of a case of *source* that has no place in *target*; empty when it can go over."""
    content, _, _ = codec.unpack(source, state)
    move = _Move(source, target, mapping)
    move.rewrite(content)
    return tuple(dict.fromkeys(move.problems))


class _Move:
    """Rewrites the ids in a saved state."""

    def __init__(self, source: Definition, target: Definition, mapping: Mapping[str, str]) -> None:
        self._source, self._target, self._mapping = source, target, mapping
        self.problems: list[MigrationProblem] = []

    def rewrite(self, content: dict[str, Any]) -> None:
        """Change *content* in place, and note what has no place."""
        content["process"] = self._new(content["process"])
        content["reached"] = self._new(content["reached"])
        content["scopes"] = [self._scope(scope) for scope in content["scopes"]]

    def _new(self, id_: str) -> str:
        return self._mapping.get(id_, id_)

    def _scope(self, scope: list[Any]) -> list[Any]:
        host, name, ended, tokens, *beside = scope
        spec = self._target.specs.get(self._new(name))
        if spec is None:
            self.problems.append(MigrationProblem("scope-gone", name))
            return scope
        moved = self._tokens(spec, self._source.specs[name], tokens)
        if beside:
            (listeners,) = beside
            beside = [[row for row in map(self._listener, listeners) if self._listens(spec, row[1])]]
        return [host, self._new(name), ended, moved, *beside]

    def _listener(self, row: list[Any]) -> list[Any]:
        id_, node, notes = row
        return [id_, self._new(node), notes]

    @staticmethod
    def _listens(spec: Any, name: str) -> bool:
        node = spec.task_specs.get(name)
        return isinstance(node, Node) and node.listens

    def _tokens(self, spec: Any, old: Any, tokens: list[list[Any]]) -> list[list[Any]]:
        moved: dict[int, list[Any]] = {}
        for row in tokens:
            id_, node, state, data, key, flow, parent, *notes = row
            name = self._new(node)
            watches = parent is not None and node != (moved_parent := _node_of(tokens, parent))
            if watches and name not in self._beside(spec, self._new(moved_parent)):
                continue  # a boundary event, or one behind a gateway, that the new version does not have
            found, before = spec.task_specs.get(name), old.task_specs[node]
            if not isinstance(found, Node):
                self.problems.append(MigrationProblem("element-gone", node))
            elif found.kind != before.kind or bool(getattr(found, "loop", None)) != bool(getattr(before, "loop", None)):
                self.problems.append(MigrationProblem("kind-differs", node, found.kind))
            elif flow and found.joins and self._new(flow) not in found.incoming:
                self.problems.append(MigrationProblem("flow-gone", flow))
            moved[id_] = [id_, name, state, data, key, self._new(flow), parent, *notes]
        return list(moved.values())

    @staticmethod
    def _beside(spec: Any, host: str) -> set[str]:
        """The events that wait together with the element *host*."""
        node = spec.task_specs.get(host)
        if not isinstance(node, Node):
            return set()
        return {*node.watchers, *(sequel.target for sequel in node.sequels)}


def _node_of(tokens: list[list[Any]], id_: int) -> str:
    return next(str(row[1]) for row in tokens if row[0] == id_)


def _waiting_together(source: Definition, mapping: Mapping[str, str]) -> set[tuple[str, str]]:
    """Under their new ids: what waits in *source*, with the activity, gateway, process or sub-process it waits for.

    What is among these and does not wait has come: a timer that is over, or whatever an event sub-process interrupted.
    """
    pairs = [
        (node.name, name)
        for spec in source.specs.values()
        for node in spec.task_specs.values()
        if isinstance(node, Node)
        for name in (*node.watchers, *(sequel.target for sequel in node.sequels))
    ]
    pairs += [(scope, name) for scope, names in source.event_sub_processes.items() for name in names]
    return {(mapping.get(host, host), mapping.get(name, name)) for host, name in pairs}


def _settle(case: Case, token: Token, waited: set[tuple[str, str]]) -> None:
    """Give *token* what its element has in this version and had not in the last."""
    node = token.node
    there = {child.node.name for child in token.children}
    stands_for_instances = any(child.internal_data.get("instance") for child in token.children)
    if (token.key or stands_for_instances) and not token.internal_data.get("instance"):
        for name in node.watchers:
            if name not in there and (node.name, name) not in waited:
                _wait(token, name)
    if node.kind == "eventBasedGateway":
        for sequel in node.sequels:
            if sequel.target not in there:
                _wait(token, sequel.target, flow=sequel.flow)
    if isinstance(node, UserTask) and token.internal_data.get("open"):
        token.internal_data.pop("group", None)
        was = token.internal_data.pop("deadline", None)
        node.prepare(token)
        if token.internal_data.get("deadline") != was:
            case.clocks.element_entered(case, token)


def _wait(host: Token, name: str, flow: str = "") -> None:
    scope = host.workflow
    watcher = Token(scope, scope.spec.task_specs[name], data={}, flow=flow, parent=host)
    watcher.node.arm(watcher)


def _listen(case: Case, waited: set[tuple[str, str]]) -> None:
    """Let event sub-processes that are new in this version wait, but beside one that runs instead of everything."""
    for scope in case.scopes():
        if any(token.node.listens and not token.is_beside for token in scope.tasks.values()):
            continue
        there = {listener.node.name for listener in scope.listeners.values()}
        for name in case.definition.event_sub_processes.get(scope.spec.name, ()):
            if name not in there and (scope.spec.name, name) not in waited:
                scope.spec.task_specs[name].listen(scope)
