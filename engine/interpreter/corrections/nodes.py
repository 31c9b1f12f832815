"""How a token passes an element: the life cycle all kinds share, and the kinds without peculiarities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.interpreter.corrections.tokens import Token
from engine.interpreter.corrections.triggers import NO_TRIGGER, Trigger
from engine.interpreter.data import Values
from engine.interpreter.errors import ProcedureFault
from engine.interpreter.requests import TaskKey
from engine.interpreter.step import FactKind


@dataclass(frozen=True, slots=True)
class Sequel:
    """One sequence flow out of a node."""

    flow: str  #: id of the sequence flow, "" over a link
    target: str
    condition: str = ""  #: FEEL; "" = always
    default: bool = False  #: taken when no conditional one is


class Node:
    """What every element of ours does differently from SpiffWorkflow's task specs.

    SpiffWorkflow calls ``_update`` when a token arrives, ``_on_ready_hook`` when it may run, ``_run_hook`` to do the
    work (True = done, None = goes on later) and ``_on_complete`` when it is done.
    """

    name: str
    answer = ""  #: of service tasks: the variable that receives the operator's answer, "" = none
    cancel_activity = True  #: of boundary events: whether the activity ends when the event fires
    kind = ""  #: BPMN tag, e.g. ``userTask``
    joins = False  #: whether tokens of several incoming flows may wait here for each other
    joins_inclusively = False
    listens = False  #: whether this is an event sub-process, which no flow leads to
    waits = False  #: whether a token here waits for something that may come from outside the process
    manual = False
    properties: Mapping[str, str] = {}
    sequels: tuple[Sequel, ...] = ()
    incoming: tuple[str, ...] = ()  #: ids of incoming sequence flows
    watchers: tuple[str, ...] = ()  #: boundary events attached to this activity

    trigger: Trigger = NO_TRIGGER  #: what an event, send or receive task waits for or tells

    if TYPE_CHECKING:

        def _update(self, my_task: Token) -> None:
            """SpiffWorkflow's: a token arrives."""

        def arm(self, token: Token) -> None:
            """Of nodes that wait: see ``Catching``."""

        def fire(self, token: Token, payload: Mapping[str, Any]) -> None: ...

        def tell(self, token: Token, payload: Mapping[str, Any]) -> None: ...

        def taken_in(self, data: Values, payload: Mapping[str, Any]) -> Mapping[str, Any]:
            """Of events: see ``Event``."""

        def note(self, case: Any, key: TaskKey) -> None: ...

        def try_fire(self, scope: Any) -> bool: ...

        def listen(self, scope: Any) -> None:
            """Of event sub-processes."""

        def with_instance(self, data: Values, written: Values) -> Values:
            """Of activities: see ``Activity``."""

    @property
    def waits_as(self) -> str:
        """Id of the event of the diagram that waits here."""
        return self.name

    def test(self) -> None:
        """SpiffWorkflow re-checks the wiring each time a task is ready; ours is checked once, when it is compiled."""

    def _predict(self, my_task: Token, *_: Any, **__: Any) -> None:
        """Nothing is predicted.

        SpiffWorkflow builds the tree of all tasks that may follow: 2^k of them behind k parallel blocks in a row.
        """

    def _update_hook(self, my_task: Token) -> bool:
        self.enter(my_task)
        return True

    def enter(self, token: Token) -> None:
        case = token.workflow.top_workflow
        token.key = case.next_key(token)
        case.fact(FactKind.ENTERED, token)
        self.prepare(token)
        case.clocks.element_entered(case, token)

    def prepare(self, _token: Token) -> None:
        """What a token needs at this element before anybody can ask about it."""

    def _on_ready_hook(self, my_task: Token) -> None:
        my_task.workflow.top_workflow.queue.append(my_task)

    def _run_hook(self, _my_task: Token) -> bool | None:
        return True

    def _on_complete(self, my_task: Token) -> None:
        case = my_task.workflow.top_workflow
        case.fact(FactKind.LEFT, my_task)
        case.clocks.element_left(case, my_task)
        case.leave(my_task, self.choose(my_task))

    def choose(self, token: Token) -> list[Sequel]:
        """The flows taken: all unconditional ones and those whose condition holds, else the default."""
        if not any(sequel.condition or sequel.default for sequel in self.sequels):
            return list(self.sequels)
        taken = [sequel for sequel in self.sequels if not sequel.default and self.holds(sequel, token)]
        return taken or self.default_flow()

    def holds(self, sequel: Sequel, token: Token) -> bool:
        if not sequel.condition:
            return True
        case = token.workflow.top_workflow
        return case.definition.expressions.holds(sequel.condition, token.data, element=self.name, now=case.now)  # type: ignore[no-any-return]

    def default_flow(self) -> list[Sequel]:
        default = [sequel for sequel in self.sequels if sequel.default]
        if not default:
            raise ProcedureFault(
                "no-flow-matches",
                self.name,
                f"expected a condition after {self.name!r} to hold, found none that does and no default flow",
                {"conditions": [sequel.condition for sequel in self.sequels]},
            )
        return default
