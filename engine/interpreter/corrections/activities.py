"""Activities: what a person, an expression, a decision, a job or another process does, once or several times."""

# ruff: noqa: SLF001 - SpiffWorkflow's own hooks have such names

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.spiff.specs.defaults import CallActivity as SpiffCallActivity
from SpiffWorkflow.spiff.specs.defaults import ManualTask as SpiffManualTask
from SpiffWorkflow.spiff.specs.defaults import ScriptTask as SpiffScriptTask
from SpiffWorkflow.spiff.specs.defaults import ServiceTask as SpiffServiceTask
from SpiffWorkflow.spiff.specs.defaults import SubWorkflowTask as SpiffSubProcess
from SpiffWorkflow.spiff.specs.defaults import UserTask as SpiffUserTask
from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask
from SpiffWorkflow.util.task import TaskState

from engine.decisions import DecisionError
from engine.decisions import evaluate as evaluate_decision
from engine.interpreter.corrections.events import Catching, watch
from engine.interpreter.corrections.nodes import Node
from engine.interpreter.corrections.tokens import Case, Listener, Scope, Token
from engine.interpreter.data import NOTHING, Values, is_key, merge
from engine.interpreter.errors import ProcedureFault
from engine.interpreter.expressions import shown
from engine.interpreter.step import FactKind, ServiceRequest


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity is done: multi-instance, or standard loop where *standard*."""

    standard: bool = False
    sequential: bool = True
    cardinality: str = ""  #: FEEL that gives a number
    collection: str = ""  #: name of the list in the data, one instance an item
    item: str = ""  #: name under which an instance finds its item
    output_collection: str = ""  #: name of the list that receives one result an instance, in order of the instances
    output_item: str = ""  #: name of the instance's result in its own data
    condition: str = ""  #: multi-instance: FEEL that ends it early; standard loop: FEEL that lets it go on
    maximum: int | None = None
    test_before: bool = False

    @property
    def expressions(self) -> tuple[str, ...]:
        return tuple(text for text in (self.cardinality, self.condition) if text)


class Activity(Node):
    """Anything with boundary events and loops.

    The token of an activity with a loop stands for all instances and is never entered itself; each instance is a child.
    SpiffWorkflow hides instances behind a second task, merges results in order of completion, and hangs on ``null``.
    """

    loop: Loop | None = None

    def _update_hook(self, my_task: Token) -> bool:
        if self.loop is not None and not my_task.internal_data.get("instance"):
            my_task._set_state(TaskState.STARTED)
            watch(my_task)
            self._begin_loop(my_task, self.loop)
            return False
        self.enter(my_task)
        if not my_task.internal_data.get("instance"):
            watch(my_task)
        return True

    def _on_complete(self, my_task: Token) -> None:
        case: Case = my_task.workflow.top_workflow
        if self.loop is None:
            super()._on_complete(my_task)
        elif not my_task.internal_data.get("instance"):
            case.leave(my_task, self.choose(my_task))
        else:
            case.fact(FactKind.LEFT, my_task)
            case.clocks.element_left(case, my_task)
            body: Token = my_task.parent
            my_task.discard()
            self._instance_done(body, my_task, self.loop)

    def _begin_loop(self, body: Token, loop: Loop) -> None:
        case: Case = body.workflow.top_workflow
        notes = body.internal_data
        notes["done"] = notes["next"] = 0
        notes["results"] = {}
        notes["total"] = self._total(body, loop)
        if self._another(body, loop):
            self._spawn(body, loop)
            while not loop.sequential and notes["next"] < notes["total"]:
                self._spawn(body, loop)
            case.check_size(body)
        else:
            self._end_loop(body, loop)

    def _total(self, body: Token, loop: Loop) -> int | None:
        case: Case = body.workflow.top_workflow
        if loop.standard:
            return loop.maximum
        if loop.collection:
            items = body.data.get(loop.collection)
            if not isinstance(items, list):
                raise ProcedureFault(
                    "not-a-list",
                    self.name,
                    f"expected {loop.collection!r} to hold a list for {self.name!r}, found {items!r}",
                )
            total = len(items)
        else:
            value = case.definition.expressions.json(loop.cardinality, body.data, element=self.name, now=case.now)
            if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 0:
                raise ProcedureFault(
                    "not-a-number",
                    self.name,
                    f"expected {loop.cardinality!r} to give a whole number, found {shown(value)}",
                )
            total = int(value)
        if total > case.budget.instances:
            limit = case.budget.instances
            raise ProcedureFault("step-budget", self.name, f"expected at most {limit} instances, found {total}")
        return total

    def _another(self, body: Token, loop: Loop) -> bool:
        """Whether one more instance is to start, given those that are done."""
        notes = body.internal_data
        if notes["total"] is not None and notes["next"] >= notes["total"]:
            return False
        if loop.standard and loop.condition and (loop.test_before or notes["done"]):
            return self._loop_condition(body, loop, {})
        return True

    def _loop_condition(self, body: Token, loop: Loop, extra: Mapping[str, Any]) -> bool:
        case: Case = body.workflow.top_workflow
        notes = body.internal_data
        numbers = {
            "loopCounter": notes["done"],
            "numberOfInstances": notes["total"],
            "numberOfCompletedInstances": notes["done"],
            "numberOfActiveInstances": notes["next"] - notes["done"],
        }
        context = {**body.data, **extra, **numbers}
        return case.definition.expressions.holds(loop.condition, context, element=self.name, now=case.now)

    def _spawn(self, body: Token, loop: Loop) -> None:
        notes = body.internal_data
        index = notes["next"]
        notes["next"] += 1
        data = {**body.data, "loopCounter": index + 1}
        if loop.item:
            items = body.data[loop.collection]
            data[loop.item] = items[index] if isinstance(items, list) and index < len(items) else None
        instance = Token(body.workflow, self, data=body.data, parent=body)
        instance.data = data
        instance.internal_data.update(instance=True, index=index)
        instance.node._update(instance)

    def _instance_done(self, body: Token, instance: Token, loop: Loop) -> None:
        notes = body.internal_data
        notes["done"] += 1
        if loop.output_collection:
            notes["results"][str(instance.internal_data["index"])] = instance.data.get(loop.output_item or loop.item)
        body.data = self.with_instance(body.data, instance.data)
        if not loop.standard and loop.condition and self._loop_condition(body, loop, instance.data):
            self._end_loop(body, loop)
        elif loop.sequential and self._another(body, loop):
            self._spawn(body, loop)
        elif notes["done"] == notes["next"]:
            self._end_loop(body, loop)

    def with_instance(self, data: Values, written: Values) -> Values:
        """*data* with what an instance has *written*, its own item and counter left out.

        An activity that collects results takes these from its instances and nothing else.
        """
        if self.loop is None or self.loop.output_collection:
            return data
        return merge([data, written.with_those_of(data, ("loopCounter", self.loop.item))])

    def _end_loop(self, body: Token, loop: Loop) -> None:
        case: Case = body.workflow.top_workflow
        body.data = case.data_within(body)  # what instances wrote that end early stays
        if loop.output_collection:
            results = body.internal_data["results"]
            in_order = [results[index] for index in sorted(results, key=int)]
            body.data = {**body.data, loop.output_collection: in_order}
        for child in list(body.children):
            child.cancel()
        body.complete()


class UserTask(Activity, SpiffUserTask):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Waits for a person. The step that opened it is over when every other token waits too."""

    kind = "userTask"
    manual = True
    group: str = ""  #: group id, or "=FEEL"; from the lane unless the task says otherwise
    due: str = ""  #: deadline id, or "=FEEL"

    def prepare(self, token: Token) -> None:
        case: Case = token.workflow.top_workflow
        token.internal_data["open"] = True
        for note, text in (("group", self.group), ("deadline", self.due)):
            if value := self._word(case, token, text):
                token.internal_data[note] = value
        self._require_position(case, token)
        deadline = token.internal_data.get("deadline")
        if deadline is not None and deadline not in case.definition.deadlines:
            raise ProcedureFault(
                "unknown-deadline",
                self.name,
                f"expected {self.due!r} to name a deadline of the package, found {deadline!r}",
            )
        case.opened.append(token)

    def _require_position(self, case: Case, token: Token) -> None:
        """A group that has no such position gives its task to whoever acts instead."""
        group, definition = token.internal_data.get("group", ""), case.definition
        _, dot, position = group.rpartition(".")
        if not dot or group in definition.holders:
            return
        if position not in definition.instead_of:
            raise ProcedureFault(
                "unknown-position",
                self.name,
                f"expected {self.group!r} to name who holds a position of the company, found {shown(group)}",
            )
        token.internal_data["group"] = definition.instead_of[position]

    def _word(self, case: Case, token: Token, text: str) -> str:
        if not text.startswith("="):
            return text
        value = case.definition.expressions.json(text[1:].strip(), token.data, element=self.name, now=case.now)
        if value is None or isinstance(value, str):
            return value or ""
        raise ProcedureFault("expression-failed", self.name, f"expected {text!r} to give a word, found {shown(value)}")

    def _on_ready_hook(self, my_task: Token) -> None:
        """Stays ready until a request completes it."""


class ManualTask(UserTask, SpiffManualTask):  # type: ignore[misc]
    kind = "manualTask"


class ScriptTask(Activity, SpiffScriptTask):  # type: ignore[misc]
    """One FEEL expression whose value is stored under the property ``result``."""

    kind = "scriptTask"

    def _run_hook(self, my_task: Token) -> bool | None:
        case: Case = my_task.workflow.top_workflow
        value = case.definition.expressions.json(self.script.strip(), my_task.data, element=self.name, now=case.now)
        my_task.data = {**my_task.data, self.properties["result"]: value}
        return True


class BusinessRuleTask(Activity, SpiffBpmnTask):  # type: ignore[misc]
    """Asks a decision of the package and writes its outputs to the data."""

    kind = "businessRuleTask"
    decision = ""

    def _run_hook(self, my_task: Token) -> bool | None:
        case: Case = my_task.workflow.top_workflow
        model = case.definition.decisions[self.decision]
        try:
            outcome = evaluate_decision(model, self.decision, my_task.data, now=case.now)
        except DecisionError as error:
            raise ProcedureFault(
                "decision-failed",
                self.name,
                f"expected decision {self.decision!r} to be made, found: {error}",
                {"decision": self.decision, "reason": error.reason},
            ) from error
        for key in outcome.outputs:
            if not is_key(key):
                raise ProcedureFault(
                    "decision-failed",
                    self.name,
                    f"expected outputs of {self.decision!r} to be identifiers, found {key!r}",
                )
        detail = {
            "decision": self.decision,
            "rules": list(outcome.rules),
            "inputs": dict(outcome.inputs),
            "outputs": dict(outcome.outputs),
        }
        case.fact(FactKind.DECIDED, my_task, detail)
        my_task.data = {**my_task.data, **outcome.outputs}
        return True


class ServiceTask(Activity, SpiffServiceTask):  # type: ignore[misc]
    """Asks a job handler. Nothing is called from here: SpiffWorkflow runs the operation inside the step."""

    kind = "serviceTask"

    def _run_hook(self, my_task: Token) -> bool | None:
        case: Case = my_task.workflow.top_workflow
        expressions = case.definition.expressions
        parameters = {
            name: expressions.json(param["value"].strip(), my_task.data, element=self.name, now=case.now)
            for name, param in self.operation_params.items()
        }
        my_task.internal_data["request"] = True
        request = ServiceRequest(my_task.key, self.name, self.operation_name, parameters)
        case.requests.append((my_task, request))
        return None


class SubProcess(Activity, SpiffSubProcess):  # type: ignore[misc]
    """Runs a scope of its own with a copy of the data; what it wrote comes back when it ends."""

    kind = "subProcess"
    spec: str

    def _run_hook(self, my_task: Token) -> bool | None:
        case: Case = my_task.workflow.top_workflow
        depth = self._depth(my_task)
        if depth > case.budget.depth:
            limit = case.budget.depth
            raise ProcedureFault(
                "step-budget", self.name, f"expected at most {limit} processes inside each other, found {depth}"
            )
        scope = Scope(case.subprocess_specs[self.spec], my_task, case)
        case.subprocesses[my_task.id] = scope
        case.begin_scope(scope, my_task.data.with_those_of(NOTHING, case.own(scope)))
        return None

    @staticmethod
    def _depth(token: Token) -> int:
        depth, scope = 1, token.workflow
        while isinstance(scope, Scope):
            depth, scope = depth + 1, scope.host.workflow
        return depth


class EventSubProcess(Catching, SubProcess):
    """Waits beside everything in its scope, and runs when its start event comes: instead of the rest, or beside it.

    SpiffWorkflow's starts with the case, never interrupts, keeps the case open and changes the shared specification.
    """

    listens = True
    begins = ""  #: id of its start event

    @property
    def waits_as(self) -> str:
        return self.begins

    def listen(self, scope: Case | Scope) -> None:
        """Wait in *scope* from now on."""
        self.arm(Listener(scope, self, data={}))

    def fire(self, token: Token, payload: Mapping[str, Any]) -> None:
        scope, case = token.workflow, token.workflow.top_workflow
        data = case.view(scope)
        if self.cancel_activity:
            case.interrupt(scope)
        else:
            self.keep_waiting(token)
        host = Token(scope, self, data=data)
        host.data = self.taken_in(data, payload)
        if not self.cancel_activity:
            host.internal_data["beside"] = True
        self._update(host)
        self.note(case, host.key)


class CallActivity(SubProcess, SpiffCallActivity):  # type: ignore[misc]
    kind = "callActivity"
