"""Whose work somebody sees on the board, and whose they may hand over to others. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.complaints import Actor
from engine.procedures.package import Company


@dataclass(frozen=True, slots=True)
class Board:
    """Groups of tasks; None = the whole company's."""

    sees: frozenset[str] | None
    moves: frozenset[str] | None  #: whose open tasks may be given to somebody else

    def covers(self, group: str) -> bool:
        return self.sees is None or group in self.sees

    def may_move(self, group: str) -> bool:
        return self.moves is None or group in self.moves


WHOLE: Final = Board(None, None)


def board_of(company: Company, actor: Actor) -> Board:
    """The board of *actor*. A company that says nothing shows everybody everything, and only administrators move it."""
    rule, nobody = company.board, frozenset[str]()
    if actor.administrator:
        return WHOLE
    if actor.auditor or rule is None:
        return Board(None, nobody)
    own = actor.groups.union(*(absent.groups for absent in actor.stands_in_for))
    if not own.isdisjoint(rule.company):
        return WHOLE
    managed = nobody.union(*(rule.groups.get(group, ()) for group in own))
    managed |= {group.id for group in company.groups.values() if group.of in managed}
    return Board(own | managed, managed)
