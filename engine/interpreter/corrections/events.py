"""Events: what waits for time, a message, a signal or a condition, what throws, and what watches over an activity."""

# ruff: noqa: SLF001 - SpiffWorkflow's own hooks have such names

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent as SpiffBoundaryEvent
from SpiffWorkflow.bpmn.specs.defaults import EndEvent as SpiffEndEvent
from SpiffWorkflow.bpmn.specs.defaults import EventBasedGateway as SpiffEventBasedGateway
from SpiffWorkflow.bpmn.specs.defaults import IntermediateCatchEvent as SpiffCatchEvent
from SpiffWorkflow.bpmn.specs.defaults import IntermediateThrowEvent as SpiffThrowEvent
from SpiffWorkflow.bpmn.specs.defaults import StartEvent as SpiffStartEvent
from SpiffWorkflow.spiff.specs.defaults import ReceiveTask as SpiffReceiveTask
from SpiffWorkflow.spiff.specs.defaults import SendTask as SpiffSendTask
from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask
from SpiffWorkflow.util.task import TaskState

from engine.interpreter.corrections.nodes import Node, Sequel
from engine.interpreter.corrections.tokens import Case, Scope, Token
from engine.interpreter.corrections.triggers import Trigger
from engine.interpreter.data import Values, own_copy, same
from engine.interpreter.errors import DataRefused, ProcedureFault
from engine.interpreter.expressions import shown
from engine.interpreter.requests import TaskKey
from engine.interpreter.step import Awaited, Fact, FactKind, Message, Signal

#: What the history says of an event that came, by its trigger.
_CAME: Mapping[str, FactKind] = {
    "timer": FactKind.TIMER_FIRED,
    "message": FactKind.MESSAGE_RECEIVED,
    "signal": FactKind.SIGNAL_RECEIVED,
    "conditional": FactKind.CONDITION_MET,
}


class Event(Node):
    """What all events have."""

    def note(self, case: Case, key: TaskKey) -> None:
        """Write down that what the event waited for has come."""
        if kind := _CAME.get(self.trigger.kind):
            detail = {"name": self.trigger.name} if self.trigger.name else None
            case.facts.append(Fact(kind, self.waits_as, key, detail))

    def taken_in(self, data: Values, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """*data* with what came along, under the event's variable where it names one."""
        if self.trigger.variable:
            return {**data, self.trigger.variable: dict(payload)}
        return {**data, **payload} if payload else data


class StartEvent(Event, SpiffStartEvent):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Where a process begins; one with a trigger begins a case, or the event sub-process it stands in."""

    kind = "startEvent"


class LinkEvent(Node, SpiffBpmnTask):  # type: ignore[misc]
    """One end of a link: a token that comes to the throwing end goes on at the catching one, without a flow.

    SpiffWorkflow knows no links and takes them for events without a trigger.
    """

    kind = "link"


class Throwing(Event):
    """An event that tells somebody something and goes on."""

    def _run_hook(self, my_task: Token) -> bool | None:
        if self.trigger.kind == "message":
            send_message(my_task, self.trigger)
        elif self.trigger.kind == "signal":
            throw_signal(my_task, self.trigger)
        return True

    def _on_complete(self, my_task: Token) -> None:
        case: Case = my_task.workflow.top_workflow
        if self.trigger.kind == "escalation":
            escalate(my_task, self.trigger.code)
        if case.is_live(my_task):
            super()._on_complete(my_task)


class ThrowEvent(Throwing, SpiffThrowEvent):  # type: ignore[misc]
    kind = "intermediateThrowEvent"


class SendTask(Throwing, SpiffSendTask):  # type: ignore[misc]
    kind = "sendTask"


class EndEvent(Throwing, SpiffEndEvent):  # type: ignore[misc]
    """Ends a branch; by its trigger it may tell somebody, raise an error or escalation, or end the scope."""

    kind = "endEvent"

    def choose(self, _token: Token) -> list[Sequel]:
        return []

    def _on_complete(self, my_task: Token) -> None:
        case: Case = my_task.workflow.top_workflow
        if self.name in case.definition.outcomes and case.decides_outcome(my_task.workflow):
            case.reached = self.name
        if self.trigger.kind == "terminate":
            case.terminate(my_task)
        if self.trigger.kind == "error":
            throw_error(my_task, self.trigger.code)
            return
        super()._on_complete(my_task)


class Catching(Event):
    """A node where a token waits until :meth:`fire` is called."""

    waits = True

    def arm(self, token: Token) -> None:
        """Let *token* wait: note when its timer is due. Everything else is looked for when it comes."""
        case: Case = token.workflow.top_workflow
        token._set_state(TaskState.WAITING)
        if (timer := case.definition.timers.get(self.waits_as)) is not None:
            token.internal_data.update(timer.schedule(case, case.known_to(token), element=self.waits_as))

    def fire(self, token: Token, payload: Mapping[str, Any]) -> None:
        """What *token* waited for has come."""
        raise NotImplementedError

    def tell(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Note what happened and let *token* go on."""
        self.enter(token)
        self.note(token.workflow.top_workflow, token.key)
        token.data = self.taken_in(token.data, payload)
        token._ready()

    def keep_waiting(self, token: Token) -> None:
        """After a firing that interrupted nothing: wait for the next, if there is one."""
        case: Case = token.workflow.top_workflow
        if (timer := case.definition.timers.get(self.waits_as)) is None:
            return
        following = timer.following(case, token.internal_data)
        if following is None:
            token.discard()
        else:
            token.internal_data.update(following)


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
        self.note(token.workflow.top_workflow, token.key)
        token.data = self.taken_in(token.data, payload)
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
        token = Token(scope, child.node, data=gateway.data, flow=child.flow)
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
            host.cancel()
        else:
            self.keep_waiting(token)
        self.tell(Token(scope, self, data=data), payload)


def watch(host: Token) -> None:
    """Start the boundary events of the activity *host* stands at."""
    scope = host.workflow
    for name in host.node.watchers:
        watcher = Token(scope, scope.spec.task_specs[name], data={}, parent=host)
        watcher.node.arm(watcher)


def send_message(token: Token, message: Trigger) -> None:
    """Hand the message to whoever waits in this case, and tell the world if nobody does."""
    case: Case = token.workflow.top_workflow
    correlation = correlation_of(message, token, token.data)
    payload = _payload(token, message)
    detail = {"name": message.name, "correlation": correlation, "data": payload}
    taken = deliver_message(case, message.name, correlation, payload)
    case.fact(FactKind.MESSAGE_SENT, token, {**detail, "taken_by": taken} if taken else detail)
    if not taken:
        case.messages.append(Message(token.key, token.node.name, message.name, correlation, payload))


def throw_signal(token: Token, signal: Trigger) -> None:
    """Let everybody in this case and outside hear the signal."""
    case: Case = token.workflow.top_workflow
    payload = _payload(token, signal)
    case.fact(FactKind.SIGNAL_THROWN, token, {"name": signal.name, "data": payload})
    case.signals.append(Signal(token.key, token.node.name, signal.name, payload))
    deliver_signal(case, signal.name, payload)


def _payload(token: Token, trigger: Trigger) -> dict[str, Any]:
    if not trigger.payload:
        return {}
    case: Case = token.workflow.top_workflow
    value = case.definition.expressions.json(trigger.payload, token.data, element=token.node.name, now=case.now)
    try:
        return own_copy(value)
    except DataRefused as error:
        raise ProcedureFault(
            "payload-unfit",
            token.node.name,
            f"expected {trigger.payload!r} to give a context of data, found {shown(value)}",
        ) from error


def deliver_message(case: Case, name: str, correlation: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """Give a message to the token that has waited longest for it; the event that took it, or "" if none waits."""
    for token in case.waiting_for("message"):
        if token.node.trigger.name == name and _fits(token, correlation):
            token.node.fire(token, payload)
            return token.node.waits_as
    return ""


def deliver_signal(case: Case, name: str, payload: Mapping[str, Any]) -> None:
    """Give a signal to everything that waits for it now, in order of waiting."""
    for token in case.waiting_for("signal"):
        if token.node.trigger.name == name and case.is_live(token):
            token.node.fire(token, payload)


def awaited(case: Case) -> tuple[Awaited, ...]:
    """What *case* waits for from outside, the longest wait first. While it is suspended it takes no messages."""
    kinds = ("signal",) if case.suspended else ("message", "signal")
    waiting = [token for kind in kinds for token in case.waiting_for(kind)]
    return tuple(
        Awaited(token.node.waits_as, token.node.trigger.kind, token.node.trigger.name, _asked(token))
        for token in sorted(waiting, key=lambda token: token.id)
    )


def _fits(token: Token, correlation: Mapping[str, Any]) -> bool:
    return all(key in correlation and same(correlation[key], value) for key, value in _asked(token).items())


def _asked(token: Token) -> dict[str, Any]:
    """The correlation that a message for *token* has to name."""
    message = token.node.trigger
    case: Case = token.workflow.top_workflow
    return correlation_of(message, token, case.known_to(token)) if message.correlation else {}


def correlation_of(message: Trigger, token: Token, data: Mapping[str, Any]) -> dict[str, Any]:
    """The values by which *message* finds its case: correlation property id -> value over *data*."""
    case: Case = token.workflow.top_workflow
    return {
        name: case.definition.expressions.json(text, data, element=token.node.name, now=case.now)
        for name, text in message.correlation
    }


def throw_error(token: Token, code: str | None) -> None:
    """End the innermost activity or scope around *token* that waits for the error. Nobody does: a fault."""
    case: Case = token.workflow.top_workflow
    case.fact(FactKind.LEFT, token)
    token.key = TaskKey("")
    waiting = _who_hears(token, "error", code)
    if waiting is None:
        raise ProcedureFault(
            "error-not-caught",
            token.node.name,
            f"expected an event around {token.node.name!r} to catch error {code!r}, found none",
        )
    waiting.node.fire(waiting, {})


def escalate(token: Token, code: str | None) -> None:
    """Tell the innermost that waits for it; if none does, the history says so and nothing else (BPMN 2.0, 10.5.1)."""
    case: Case = token.workflow.top_workflow
    waiting = _who_hears(token, "escalation", code)
    case.fact(FactKind.ESCALATED, token, {"code": code, "heard_by": waiting.node.waits_as if waiting else ""})
    if waiting is None:
        return
    if waiting.node.cancel_activity:
        case.fact(FactKind.LEFT, token)
        token.key = TaskKey("")
    waiting.node.fire(waiting, {})


def _who_hears(token: Token, kind: str, code: str | None) -> Token | None:
    """The innermost token around *token* that waits for what it raises."""
    return next(
        (
            waiting
            for waiting in _around(token)
            if waiting.node.trigger.kind == kind and waiting.node.trigger.code in (None, code)
        ),
        None,
    )


def _around(token: Token) -> Iterator[Token]:
    """What waits around *token*, from the inside out: event sub-processes of its scope, boundary events of its host …

    What an event sub-process raises is not for those beside it.
    """
    scope: Case | Scope = token.workflow
    beside = False
    while True:
        if not beside:
            yield from scope.listeners.values()
        if not isinstance(scope, Scope):
            return
        host = scope.host
        for activity in (host, host.parent):
            if activity is not None:
                yield from (child for child in activity.children if isinstance(child.node, BoundaryEvent))
        beside, scope = host.node.listens, host.workflow
