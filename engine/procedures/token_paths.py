"""Where the tokens of one process or sub-process can stand together: its control flow played without data.

Every choice is taken both ways, every event happens or does not. Elements that cannot hinder each other are played in
one order only, the one nearest to the start first: so tokens that meet without a join pile up before they go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Final

from engine.procedures.diagram import Diagram, Element

#: Flow ids in order, as often as tokens stand on them.
Marking = tuple[str, ...]
#: A marking and the non-interrupting events that have fired, each at most once: a reminder is no second case.
_State = tuple[Marking, frozenset[str]]

#: Flows in all the markings looked at, and choices on the way to them, before the games of a diagram are left
#: unfinished; each scope has an equal part. The largest scope of ours needs 500.
_MOST_LOOKED_AT: Final = 100_000
#: Ways a choice of several may be combined; beyond, each alone and all together stand for them.
_MOST_COMBINED: Final = 5
_CLEARING: Final = frozenset({"terminate", "error", "cancel"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice on the way to a marking: at *element* the flows *taken* and not the others."""

    element: str
    taken: tuple[str, ...]


@dataclass
class Game:
    """What was seen in one scope."""

    stuck: dict[Marking, tuple[Choice, ...]] = field(default_factory=dict)  #: nothing can move, and how it came
    fired: set[str] = field(default_factory=set)  #: elements that some token passed
    crowded: dict[str, tuple[str, ...]] = field(default_factory=dict)  #: merge -> flows by which two tokens came to it
    complete: bool = True  #: whether every marking was looked at; not those behind a crowd


def play(diagram: Diagram, scope: str) -> Game:
    """All that can happen in the process or sub-process *scope*; unfinished where there is too much of it."""
    return _Board(diagram, scope).play()


class _Board:
    def __init__(self, diagram: Diagram, scope: str) -> None:
        self.diagram = diagram
        self.nodes = {element.id: element for element in diagram.inside(scope)}
        self.left = _MOST_LOOKED_AT // max(1, diagram.scopes)
        self.order = {id_: number for number, id_ in enumerate(self._from_the_start())}
        self.game = Game()

    def play(self) -> Game:
        begin: list[tuple[_State, tuple[Choice, ...]]] = [
            ((self._on(start.outgoing), frozenset()), ()) for start in self.nodes.values() if start.kind == "startEvent"
        ]
        seen = {state for state, _ in begin}
        todo = begin
        while todo:
            state, choices = todo.pop()
            for following, choice in self._moves(state, choices):
                self.left -= 1 + len(following[0]) + len(choices)
                if self.left < 0:
                    self.game.complete = False
                    return self.game
                if following not in seen:
                    seen.add(following)
                    todo.append((following, (*choices, choice) if choice else choices))
        return self.game

    def _from_the_start(self) -> list[str]:
        """The nodes in an order in which flows lead forward wherever they can: reversed order of leaving them."""
        left: list[str] = []
        seen: set[str] = set()
        for start in (id_ for id_, element in self.nodes.items() if not element.incoming and not element.attached_to):
            stack = [(start, iter(self.diagram.beside(start)))]
            seen.add(start)
            while stack:
                id_, following = stack[-1]
                target = next((target for target in following if target not in seen), None)
                if target is None:
                    left.append(id_)
                    stack.pop()
                else:
                    seen.add(target)
                    stack.append((target, iter(self.diagram.beside(target))))
        return left[::-1]

    def _moves(self, state: _State, choices: tuple[Choice, ...]) -> Iterator[tuple[_State, Choice | None]]:
        marking, fired = state
        if not marking:
            return
        arrived: dict[str, list[str]] = {}
        for flow in marking:
            arrived.setdefault(self.diagram.flows[flow].target, []).append(flow)
        if self._note_crowd(arrived):
            self.game.complete = False
            return
        able = [id_ for id_, flows in arrived.items() if id_ in self.nodes and self._may_pass(self.nodes[id_], flows)]
        if not able:
            able = self._inclusive_join(arrived)
        if not able:
            self.game.stuck.setdefault(marking, choices)
            return
        element = self.nodes[min(able, key=lambda id_: self.order.get(id_, 0))]
        self.game.fired.add(element.id)
        yield from self._pass(element, arrived[element.id], marking, fired)

    def _note_crowd(self, arrived: Mapping[str, list[str]]) -> bool:
        """Whether two tokens are before an element that lets each of them through."""
        for id_, flows in arrived.items():
            element = self.nodes.get(id_)
            if element is None or len(flows) == 1 or _is_join(element) or element.kind == "endEvent":
                continue
            self.game.crowded.setdefault(id_, tuple(flows))
            return True
        return any(len(set(flows)) < len(flows) and self._is_real_join(id_) for id_, flows in arrived.items())

    def _is_real_join(self, id_: str) -> bool:
        return id_ in self.nodes and _is_join(self.nodes[id_])

    @staticmethod
    def _may_pass(element: Element, flows: list[str]) -> bool:
        if not _is_join(element):
            return True
        return element.kind == "parallelGateway" and set(flows) == set(element.incoming)

    def _inclusive_join(self, arrived: Mapping[str, list[str]]) -> list[str]:
        """Inclusive joins go on when nothing else can: those first from which no other is reached."""
        joins = [id_ for id_ in arrived if id_ in self.nodes and self.nodes[id_].kind == "inclusiveGateway"]
        return sorted(joins, key=lambda id_: self.order.get(id_, 0))[:1]

    def _pass(
        self, element: Element, flows: list[str], marking: Marking, fired: frozenset[str]
    ) -> Iterator[tuple[_State, Choice | None]]:
        rest = list(marking)
        for flow in set(flows) if _is_join(element) else flows[:1]:
            rest.remove(flow)
        if element.kind == "endEvent" and _CLEARING & set(element.events):
            yield ((), fired), None
            return
        several = len(element.outgoing) > 1
        for taken in self._ways(element):
            choice = Choice(element.id, taken) if several and len(taken) < len(element.outgoing) else None
            yield (self._on((*rest, *taken)), fired), choice
        for event in self.diagram.watchers(element.id):
            if event.interrupting:
                yield (self._on((*rest, *event.outgoing)), fired), Choice(element.id, event.outgoing)
            elif event.id not in fired:
                again = (flows[0], *rest, *event.outgoing)
                yield (self._on(again), fired | {event.id}), None

    def _ways(self, element: Element) -> Iterator[tuple[str, ...]]:
        """The sets of flows a token may leave *element* by."""
        catching = self.diagram.catching(element)
        ways = element.outgoing if catching is None else catching.outgoing
        if element.kind in {"exclusiveGateway", "eventBasedGateway"}:
            yield from ((way,) for way in ways) if ways else ((),)
            return
        optional = [way for way in ways if self.diagram.flows[way].condition or way == element.default]
        if element.kind == "parallelGateway" or not optional:
            yield ways
            return
        certain = tuple(way for way in ways if way not in optional)
        conditional = [way for way in optional if way != element.default]
        yield from ((*certain, *some) for some in _combined(conditional))
        if element.default in ways:
            yield (element.default,)

    def _on(self, flows: tuple[str, ...]) -> Marking:
        return tuple(sorted(flows))


def _is_join(element: Element) -> bool:
    return element.kind in {"parallelGateway", "inclusiveGateway"} and len(element.incoming) > 1


def _combined(ways: list[str]) -> Iterator[tuple[str, ...]]:
    """Every choice of at least one of *ways*."""
    if len(ways) > _MOST_COMBINED:
        yield from ((way,) for way in ways)
        yield tuple(ways)
        return
    yield from chain.from_iterable(combinations(ways, size) for size in range(1, len(ways) + 1))
