"""Complaints that customers file: why somebody looks at one first, who does, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from engine.complaints.actors import Actor


class Doubt(StrEnum):
    """Why somebody looks at a complaint first."""

    TRAP = "trap"  #: a field was filled in that people do not see
    MANY = "many"  #: many came from the same address within an hour
    REPEATED = "repeated"  #: the same words came within a day


class FilingStatus(StrEnum):
    """What became of a complaint that was filed."""

    TAKEN = "taken"  #: a case at once
    HELD = "held"  #: somebody has to look at it
    ACCEPTED = "accepted"  #: somebody did, and it is a case
    SET_ASIDE = "set_aside"  #: somebody did, and said why it is none


def may_decide_filing(actor: Actor, groups: Collection[str]) -> bool:
    """Whether *actor* looks at what is held for a procedure whose cases *groups* register; "*" is everyone."""
    if actor.person_id is None or actor.auditor:
        return False
    return actor.administrator or "*" in groups or not actor.groups.isdisjoint(groups)
