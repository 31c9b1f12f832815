"""What triggers notice: numbers that rise period by period, and many cases that have a value in common. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.procedures.package import Trigger
from engine.queries.reports.counting import ALL, NOTHING, values_of
from engine.queries.reports.facts import CaseFacts
from engine.queries.reports.periods import Period, bounds, period_containing, period_key, preceding

#: Periods before those that have to rise that are looked at too: where a longer run of rises began.
_FURTHER: Final = 12


@dataclass(frozen=True, slots=True)
class Noticed:
    """One thing that a trigger is about. The same *key* and *mark* are the same thing, found again."""

    key: str  #: of the value the cases have in common, "" for all together
    value: Any  #: the value itself
    mark: str  #: the first period that rose, or the first case
    cases: tuple[str, ...]  #: numbers of the cases behind it, the earliest first
    counts: tuple[tuple[str, int], ...] = ()  #: period and how many, for what rises


def looked_at_since(trigger: Trigger, now: datetime, zone: ZoneInfo) -> datetime:
    """From when on cases matter to *trigger*."""
    if not trigger.rises:
        return now - trigger.within
    return bounds(_closed(trigger, now, zone)[0], zone)[0]


def noticed(
    trigger: Trigger, found: Iterable[CaseFacts], *, now: datetime, zone: ZoneInfo, known: Collection[tuple[str, str]]
) -> tuple[Noticed, ...]:
    """What is there to be noticed at *now* among the cases *found*.

    *known*: key and number of every case that an earlier alert stood on; those are not counted again for what gathers.
    """
    groups: dict[str, list[CaseFacts]] = defaultdict(list)
    values: dict[str, Any] = {}
    for facts in sorted(found, key=lambda each: (each.dated_at, each.id)):
        if not facts.holds(trigger.where):
            continue
        for key, value in (values_of(facts, trigger.by) if trigger.by else {ALL: ALL}).items():
            if key != NOTHING:
                groups[key].append(facts)
                values[key] = value
    if trigger.rises:
        periods = _counted(trigger, groups.values(), now, zone)
        seen = (
            _rising(trigger, key, values[key], {period: _within(period, members, zone) for period in periods})
            for key, members in sorted(groups.items())
        )
    else:
        seen = (_gathering(trigger, key, values[key], members, known) for key, members in sorted(groups.items()))
    return tuple(each for each in seen if each is not None)


def _rising(trigger: Trigger, key: str, value: Any, inside: Mapping[Period, Sequence[CaseFacts]]) -> Noticed | None:
    """The run of rises that ends with the last period, when it is long enough; *inside*: the cases of each."""
    periods = list(inside)
    counts = [len(inside[period]) for period in periods]
    first = len(periods) - 1
    while first > 0 and counts[first] > counts[first - 1]:
        first -= 1
    if len(periods) - 1 - first < trigger.rises:
        return None
    run = periods[first:]
    return Noticed(
        key,
        value,
        mark=period_key(run[1]),
        cases=tuple(facts.number for period in run for facts in inside[period]),
        counts=tuple((period_key(period), len(inside[period])) for period in run),
    )


def _gathering(
    trigger: Trigger, key: str, value: Any, members: Sequence[CaseFacts], known: Collection[tuple[str, str]]
) -> Noticed | None:
    """The cases that no alert has stood on yet, when they are enough."""
    fresh = [facts for facts in members if (key, facts.number) not in known]
    if _how_many(trigger, fresh) < trigger.at_least:
        return None
    return Noticed(key, value, mark=fresh[0].number, cases=tuple(facts.number for facts in fresh))


def _how_many(trigger: Trigger, members: Sequence[CaseFacts]) -> int:
    if not trigger.distinct:
        return len(members)
    different: Mapping[str, Any] = {
        key: value for facts in members for key, value in values_of(facts, trigger.distinct).items() if key != NOTHING
    }
    return len(different)


def _closed(trigger: Trigger, now: datetime, zone: ZoneInfo) -> list[Period]:
    """The closed periods that are looked at, the earliest first."""
    running = period_containing(trigger.every, now.astimezone(zone).date())
    return [preceding(running, back) for back in range(trigger.rises + 1 + _FURTHER, 0, -1)]


def _counted(
    trigger: Trigger, groups: Iterable[Sequence[CaseFacts]], now: datetime, zone: ZoneInfo
) -> Sequence[Period]:
    """Those from the one on that has the first case of all: that there was none before anybody counted is no number."""
    first = min((members[0].dated_at for members in groups), default=now)
    return [period for period in _closed(trigger, now, zone) if bounds(period, zone)[1] > first]


def _within(period: Period, members: Sequence[CaseFacts], zone: ZoneInfo) -> list[CaseFacts]:
    since, until = bounds(period, zone)
    return [facts for facts in members if since <= facts.dated_at < until]
