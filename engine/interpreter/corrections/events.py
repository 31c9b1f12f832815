"""Events: what waits for time or a message, what throws, and what watches over an activity."""

# ruff: noqa: SLF001 - SpiffWorkflow's own hooks have such names

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent as SpiffBoundaryEvent
from SpiffWorkflow.bpmn.specs.defaults import EndEvent as SpiffEndEvent
from SpiffWorkflow.bpmn.specs.defaults import EventBasedGateway as SpiffEventBasedGateway
from SpiffWorkflow.bpmn.specs.defaults import IntermediateCatchEvent as SpiffCatchEvent
from SpiffWorkflow.bpmn.specs.defaults import IntermediateThrowEvent as SpiffThrowEvent
from SpiffWorkflow.bpmn.specs.defaults import StartEvent as SpiffStartEvent
from SpiffWorkflow.bpmn.specs.event_definitions import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    MessageEventDefinition,
    SignalEventDefinition,
    TerminateEventDefinition,
)
from SpiffWorkflow.spiff.specs.defaults import ReceiveTask as SpiffReceiveTask
from SpiffWorkflow.spiff.specs.defaults import SendTask as SpiffSendTask
from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask
from SpiffWorkflow.util.task import TaskState

from engine.interpreter.corrections.nodes import Node, Sequel
from engine.interpreter.corrections.tokens import Case, Scope, Token
from engine.interpreter.data import own_copy, same
from engine.interpreter.errors import DataRefused, ProcedureFault
from engine.interpreter.requests import TaskKey
from engine.interpreter.step import Awaited, FactKind, Message, Signal


class StartEvent(Node, SpiffStartEvent):  # type: ignore[misc]  # SpiffWorkflow is untyped
    kind = "startEvent"


class LinkEvent(Node, SpiffBpmnTask):  # type: ignore[misc]
    """One end of a link: a token that comes to the throwing end goes on at the catching one, without a flow.

    SpiffWorkflow knows no links and takes them for events without a trigger.
    """

    kind = "link"


class Throwing(Node):
    """An event that tells somebody something and goes on."""

    event_definition: Any

    def _run_hook(self, my_task: Token) -> bool | None:
        if isinstance(self.event_definition, MessageEventDefinition):
            send_message(my_task, self.event_definition)
        if isinstance(self.event_definition, SignalEventDefinition):
            throw_signal(my_task, self.event_definition)
        return True

    def _on_complete(self, my_task: Token) -> None:
        case: Case = my_task.workflow.top_workflow
        if isinstance(self.event_definition, EscalationEventDefinition):
            escalate(my_task, self.event_definition.code)
        if case.is_live(my_task):
            super()._on_complete(my_task)


class ThrowEvent(Throwing, SpiffThrowEvent):  # type: ignore[misc]
    kind = "intermediateThrowEvent"


class SendTask(Throwing, SpiffSendTask):  # type: ignore[misc]
    kind = "sendTask"


class EndEvent(Throwing, SpiffEndEvent):  # type: ignore[misc]
    """Ends a branch; by its event definition it may send a message, raise an error or escalation, or end the scope."""

    kind = "endEvent"

    def choose(self, _token: Token) -> list[Sequel]:
        return []

    def _on_complete(self, my_task: Token) -> None:
        case: Case = my_task.workflow.top_workflow
        if my_task.workflow is case and self.name in case.definition.outcomes:
            case.reached = self.name
        if isinstance(self.event_definition, TerminateEventDefinition):
            case.terminate(my_task)
        if isinstance(self.event_definition, ErrorEventDefinition):
            throw_error(my_task, self.event_definition.code)
            return
        super()._on_complete(my_task)


class Catching(Node):
    """A node where a token waits until :meth:`fire` is called."""

    event_definition: Any
    waits = True

    def arm(self, token: Token) -> None:
        """Let *token* wait: note when its timer is due. Messages are looked for when they come."""
        case: Case = token.workflow.top_workflow
        token._set_state(TaskState.WAITING)
        if (timer := case.definition.timers.get(self.name)) is not None:
            data = token.parent.data if token.parent is not None else token.data
            token.internal_data.update(timer.schedule(case, data, element=self.name))

    def fire(self, token: Token, payload: Mapping[str, Any]) -> None:
        """What *token* waited for has come."""
        raise NotImplementedError

    def tell(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Note what happened and let *token* go on."""
        case: Case = token.workflow.top_workflow
        self.enter(token)
        self._note(case, token)
        self.take_in(token, payload)
        token._ready()

    def _note(self, case: Case, token: Token) -> None:
        if self.name in case.definition.timers:
            case.fact(FactKind.TIMER_FIRED, token)
        elif isinstance(self.event_definition, MessageEventDefinition):
            case.fact(FactKind.MESSAGE_RECEIVED, token, {"name": self.event_definition.name})

    def take_in(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Write a message's *payload* to the data, under the event's variable where it names one."""
        if variable := getattr(self.event_definition, "message_var", None):
            token.data = {**token.data, variable: dict(payload)}
        elif payload:
            token.data = {**token.data, **payload}


class CatchEvent(Catching, SpiffCatchEvent):  # type: ignore[misc]
    """Waits on its own, or behind an event gateway as one of its children."""

    kind = "intermediateCatchEvent"

    def _update_hook(self, my_task: Token) -> bool:
        self.enter(my_task)
        self.arm(my_task)
        return False

    def fire(self, token: Token, payload: Mapping[str, Any]) -> None:
        if token.parent is not None:
            EventGateway.chosen(token, payload)
            return
        token.internal_data = {}
        self._note(token.workflow.top_workflow, token)
        self.take_in(token, payload)
        token._ready()


class ReceiveTask(CatchEvent, SpiffReceiveTask):  # type: ignore[misc]
    kind = "receiveTask"

    def _update_hook(self, my_task: Token) -> bool:
        waits = super()._update_hook(my_task)
        watch(my_task)
        return waits


class EventGateway(Node, SpiffEventBasedGateway):  # type: ignore[misc]
    """Waits for the first of several events; each is a token of its own with its own due instant.

    SpiffWorkflow keeps one due instant for all timers behind the gateway and can take two branches at once.
    """

    kind = "eventBasedGateway"

    def _update_hook(self, my_task: Token) -> bool:
        self.enter(my_task)
        my_task._set_state(TaskState.STARTED)
        scope = my_task.workflow
        for sequel in self.sequels:
            child = Token(scope, scope.spec.task_specs[sequel.target], data={}, flow=sequel.flow, parent=my_task)
            child.node.arm(child)
        return False

    @staticmethod
    def chosen(child: Token, payload: Mapping[str, Any]) -> None:
        gateway: Token = child.parent
        scope, case = gateway.workflow, gateway.workflow.top_workflow
        case.fact(FactKind.LEFT, gateway)
        case.fact_of_flow(child.flow)
        for sibling in list(gateway.children):
            sibling.cancel()
        gateway.discard()
        token = Token(scope, child.node, data=gateway.data, frames=gateway.frames, flow=child.flow)
        child.node.tell(token, payload)


class BoundaryEvent(Catching, SpiffBoundaryEvent):  # type: ignore[misc]
    """Watches an activity. Its token is a child of the activity's token and goes when that goes.

    What a non-interrupting event starts is not: SpiffWorkflow deletes the reminders of a cycle when the activity ends.
    """

    kind = "boundaryEvent"

    def fire(self, token: Token, payload: Mapping[str, Any]) -> None:
        host: Token = token.parent
        scope, case = token.workflow, token.workflow.top_workflow
        data = case.data_within(host)
        if self.cancel_activity:
            frames = host.frames
            host.cancel()
        else:
            frames = host.frames = case.fork(data, host.frames)
            self._keep_watching(token)
        self.tell(Token(scope, self, data=data, frames=frames), payload)

    def _keep_watching(self, token: Token) -> None:
        case: Case = token.workflow.top_workflow
        if (timer := case.definition.timers.get(self.name)) is None:
            return
        following = timer.following(case, token.internal_data)
        if following is None:
            token.discard()
        else:
            token.internal_data.update(following)


def watch(host: Token) -> None:
    """Start the boundary events of the activity *host* stands at."""
    scope = host.workflow
    for name in host.node.watchers:
        watcher = Token(scope, scope.spec.task_specs[name], data={}, parent=host)
        watcher.node.arm(watcher)


def send_message(token: Token, message: MessageEventDefinition) -> None:
    """Hand the message to whoever waits in this case, and tell the world if nobody does."""
    case: Case = token.workflow.top_workflow
    correlation = correlation_of(message, token, token.data)
    payload: dict[str, Any] = {}
    if text := (getattr(message, "expression", None) or "").strip():
        value = case.definition.expressions.json(text, token.data, element=token.node.name, now=case.now)
        payload = _payload(token, text, value)
    detail = {"name": message.name, "correlation": correlation, "data": payload}
    taken = deliver_message(case, message.name, correlation, payload)
    case.fact(FactKind.MESSAGE_SENT, token, {**detail, "taken_by": taken} if taken else detail)
    if not taken:
        case.messages.append(Message(token.key, token.node.name, message.name, correlation, payload))


def _payload(token: Token, text: str, value: Any) -> dict[str, Any]:
    try:
        return own_copy(value)
    except DataRefused as error:
        raise ProcedureFault(
            "payload-unfit", token.node.name, f"expected {text!r} to give a context of data, found {value!r}"
        ) from error


def deliver_message(case: Case, name: str, correlation: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """Give a message to the token that has waited longest for it; its element id, or "" if nothing waits."""
    waiting = [token for token in case.tokens() if waits_for(token, name, correlation)]
    if not waiting:
        return ""
    token = min(waiting, key=lambda token: token.id)
    token.node.fire(token, payload)
    return token.node.name


def awaited_message(token: Token) -> MessageEventDefinition | None:
    """The message *token* waits for, None if it waits for none."""
    message = getattr(token.node, "event_definition", None)
    waits = token._state == TaskState.WAITING and isinstance(token.node, Catching)
    return message if waits and isinstance(message, MessageEventDefinition) else None


def throw_signal(token: Token, signal: SignalEventDefinition) -> None:
    """Let everything that waits for the signal in this case hear it, and tell the world."""
    case: Case = token.workflow.top_workflow
    payload: dict[str, Any] = {}
    if text := (getattr(signal, "expression", None) or "").strip():
        payload = _payload(
            token, text, case.definition.expressions.json(text, token.data, element=token.node.name, now=case.now)
        )
    case.signals.append(Signal(token.key, token.node.name, signal.name, payload))
    deliver_signal(case, signal.name, payload)


def deliver_signal(case: Case, name: str, payload: Mapping[str, Any]) -> None:
    """Give a signal to every token that waits for it now."""
    waiting = [token for token in case.tokens() if waits_for_signal(token, name)]
    for token in sorted(waiting, key=lambda token: token.id):
        if case.is_live(token):
            token.node.fire(token, payload)


def waits_for_signal(token: Token, name: str) -> bool:
    signal = getattr(token.node, "event_definition", None)
    waits = token._state == TaskState.WAITING and isinstance(token.node, Catching)
    return waits and isinstance(signal, SignalEventDefinition) and signal.name == name


def trigger_of(node: Any) -> str:
    """What sets *node* off: "message" or "signal"; "" for everything else."""
    definition = getattr(node, "event_definition", None)
    kinds = {"message": MessageEventDefinition, "signal": SignalEventDefinition}
    return next((trigger for trigger, kind in kinds.items() if isinstance(definition, kind)), "")


def awaited_by(token: Token) -> Awaited | None:
    """What *token* waits for from outside, with the correlation it asks for."""
    signal = getattr(token.node, "event_definition", None)
    if isinstance(signal, SignalEventDefinition) and waits_for_signal(token, signal.name):
        return Awaited(token.node.name, "signal", signal.name, {})
    message = awaited_message(token)
    if message is None:
        return None
    data = token.parent.data if token.parent is not None else token.data
    return Awaited(token.node.name, "message", message.name, correlation_of(message, token, data))


def waits_for(token: Token, name: str, correlation: Mapping[str, Any]) -> bool:
    message = awaited_message(token)
    if message is None or message.name != name:
        return False
    data = token.parent.data if token.parent is not None else token.data
    own = correlation_of(message, token, data)
    return all(key in correlation and same(correlation[key], value) for key, value in own.items())


def correlation_of(message: MessageEventDefinition, token: Token, data: Mapping[str, Any]) -> dict[str, Any]:
    """The values by which *message* finds its case: correlation property id -> value over *data*."""
    case: Case = token.workflow.top_workflow
    return {
        prop.name: case.definition.expressions.json(
            prop.retrieval_expression.strip(), data, element=token.node.name, now=case.now
        )
        for prop in message.correlation_properties
    }


def throw_error(token: Token, code: str | None) -> None:
    """End the innermost activity around *token* that watches for the error. Nobody does: a fault."""
    case: Case = token.workflow.top_workflow
    case.fact(FactKind.LEFT, token)
    token.key = TaskKey("")
    watcher = _watcher_outside(token, ErrorEventDefinition, code)
    if watcher is None:
        raise ProcedureFault(
            "error-not-caught",
            token.node.name,
            f"expected a boundary event around {token.node.name!r} to catch error {code!r}, found none",
        )
    watcher.node.fire(watcher, {})


def escalate(token: Token, code: str | None) -> None:
    """Tell the innermost activity around that watches for it; if none does, nothing happens (BPMN 2.0, 10.5.1)."""
    watcher = _watcher_outside(token, EscalationEventDefinition, code)
    if watcher is None:
        return
    if watcher.node.cancel_activity:
        case: Case = token.workflow.top_workflow
        case.fact(FactKind.LEFT, token)
        token.key = TaskKey("")
    watcher.node.fire(watcher, {})


def _watcher_outside(token: Token, kind: type[Any], code: str | None) -> Token | None:
    scope: Case | Scope = token.workflow
    while isinstance(scope, Scope):
        host = scope.host
        for activity in (host, host.parent):
            for child in activity.children if activity is not None else ():
                definition = getattr(child.node, "event_definition", None)
                if isinstance(definition, kind) and definition.code in (None, code):
                    return child  # type: ignore[no-any-return]
        scope = host.workflow
    return None
