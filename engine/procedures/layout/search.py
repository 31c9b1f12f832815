"""Draws a sheet by the rules of thumb, looks at it, and tries what could be decided otherwise until it reads well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from engine.procedures.layout.drawing import Draughtsman, Drawing, Plan
from engine.procedures.layout.merit import Merit, merit
from engine.procedures.layout.model import Kind, Link, Sheet
from engine.procedures.layout.routing import Side

#: Drawings of one sheet: while somebody waits for the page, and when there is time. Large sheets get fewer.
QUICK: Final = 20
THOROUGH: Final = 250
_LINES_AT_EASE: Final = 30
#: Drawings for what is only squeezed, once nothing is at fault any more.
_FINISHING: Final = 30
#: Pixels by which a plan must be better: less is not worth another picture.
_WORTH: Final = 30.0


def draw(sheet: Sheet, drawings: int = QUICK) -> Drawing:
    """The whole sheet, frames with their insides; at most so many *drawings* are made to find one without faults."""
    insides = {node.id: draw(node.inside, drawings) for node in sheet.nodes() if node.inside is not None}
    return _Search(sheet, insides, drawings).best()


@dataclass(frozen=True, slots=True)
class _Trial:
    plan: Plan
    hand: Draughtsman
    drawing: Drawing
    merit: Merit


class _Search:
    def __init__(self, sheet: Sheet, insides: Mapping[str, Drawing], drawings: int) -> None:
        self._sheet, self._insides = sheet, insides
        self._link = {link.id: link for link in sheet.links}
        self._kind = {node.id: node.kind for node in sheet.nodes()}
        self._host = {node.id: node.host or node.id for node in sheet.nodes()}
        self._left = round(drawings * min(1.0, (_LINES_AT_EASE / max(1, len(sheet.links))) ** 2))
        self._seen: set[str] = set()

    def best(self) -> Drawing:
        """The best one found: from the best so far, and when nothing near it is better, from the next best."""
        best = self._try(Plan())
        if not best.merit.faulty:
            return best.drawing
        waiting = [best]
        while waiting and self._left > 0:
            here = min(waiting, key=lambda trial: trial.merit.price)
            waiting.remove(here)
            for trial in self._near(here):
                waiting.append(trial)
                if trial.merit.price < best.merit.price - _WORTH:
                    best = trial
                    if not best.merit.faulty:
                        self._left = min(self._left, _FINISHING)
                    break
        return best.drawing

    def _try(self, plan: Plan) -> _Trial:
        self._left -= 1
        hand = Draughtsman(self._sheet, self._insides, plan)
        drawing = hand.draw()
        return _Trial(plan, hand, drawing, merit(self._sheet, drawing))

    def _near(self, here: _Trial) -> Iterator[_Trial]:
        for plan in self._plans(here):
            if self._left <= 0:
                return
            if repr(plan) not in self._seen:
                self._seen.add(repr(plan))
                yield self._try(plan)

    def _plans(self, best: _Trial) -> Iterator[Plan]:
        """The plan with one thing changed about what crosses or hits something, then about what is squeezed."""
        for key in dict.fromkeys([*best.merit.faulty, *best.merit.strained]):
            link = self._link.get(key)
            yield from self._for_link(best, link) if link else self._for_node(best, key)

    def _for_link(self, best: _Trial, link: Link) -> Iterator[Plan]:
        plan = best.plan
        for side in Side:
            if link.source in self._kind and self._kind[link.source] is Kind.BOUNDARY:
                if not side.level:
                    yield replace(plan, events={**plan.events, link.source: side})
            else:
                yield replace(plan, leaves={**plan.leaves, link.id: side})
        for side in Side:
            yield replace(plan, enters={**plan.enters, link.id: side})
        if link.id not in plan.first[:1]:
            yield replace(plan, first=(link.id, *(one for one in plan.first if one != link.id)))
        for end in (link.source, link.target):
            if end in self._host:
                yield from self._for_node(best, self._host[end])

    def _for_node(self, best: _Trial, node: str) -> Iterator[Plan]:
        plan = best.plan
        for row in best.hand.other_rows(node):
            yield replace(plan, rows=(*plan.rows, (node, row)))
        yield replace(plan, later={**plan.later, node: plan.later.get(node, 0) + 1})
        if plan.later.get(node):
            yield replace(plan, later={**plan.later, node: 0})
