"""Whether a measure helped: cases like those it was taken for, as long a time before it as since it is in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import comb
from typing import Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.deployments import DeploymentStore
from engine.queries.reports import CaseFacts, Scope, cases_in

#: Days that are compared, however long ago it was.
LONGEST: Final = timedelta(days=365)
#: Fewer cases before it prove nothing, whatever came after: four of which none is left are chance one time in sixteen.
FEWEST: Final = 5
#: How often chance alone may be called an effect.
_CHANCE: Final = 0.05


class Verdict(StrEnum):
    """What the two numbers say, and no more."""

    FEWER = "fewer"  #: so many fewer that chance hardly explains it
    PERHAPS = "perhaps"  #: fewer, which may be chance
    NOT_FEWER = "not_fewer"
    TOO_FEW = "too_few"  #: there were too few cases before to say anything


@dataclass(frozen=True, slots=True)
class Effect:
    """Numbers of the cases of both times, the earliest first."""

    days: int
    began_at: datetime  #: the time before ends here
    since: datetime  #: the time after begins here
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        return verdict(len(self.before), len(self.after))


def verdict(before: int, after: int) -> Verdict:
    """The sign test: were both times alike, each case would have fallen into either with the same chance."""
    if after >= before and after:
        return Verdict.NOT_FEWER
    if before < FEWEST:
        return Verdict.TOO_FEW
    total = before + after
    chance = sum(comb(total, count) for count in range(after + 1)) / 2**total
    return Verdict.FEWER if chance <= _CHANCE else Verdict.PERHAPS


def compared(
    connection: sa.Connection,
    store: DeploymentStore,
    actor: Actor,
    scope: tuple[tuple[str, ...], str],
    alike: Callable[[CaseFacts], bool],
    *,
    began_at: datetime,
    since: datetime,
    now: datetime,
) -> Effect | None:
    """Both times of the same length; None on the day it came into place. *scope*: procedures, and what dates a case."""
    span = min(timedelta(days=(now - since).days), LONGEST)
    if not span:
        return None

    def found(start: datetime) -> tuple[str, ...]:
        read = Scope(scope[0], start, start + span, scope[1], None, actor)
        every = cases_in(connection, store, actor.company_id, read, now=now)
        return tuple(reversed([facts.number for facts in every if alike(facts)]))

    return Effect(span.days, began_at, since, found(began_at - span), found(since))
