"""What triggers notice: numbers that rise, cases with a value in common, points of a chart beyond its limits. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.procedures.package import Trigger
from engine.queries.reports.counting import ALL, NOTHING, number_of, values_of
from engine.queries.reports.facts import CaseFacts
from engine.queries.reports.limits import RUN, Limits, ends_a_run, limits_of
from engine.queries.reports.periods import Period, bounds, following, period_containing, period_key, preceding

#: Periods before those that have to rise that are looked at too: where a longer run of rises began.
_FURTHER: Final = 12
#: Periods on a chart, the last closed one included.
_ON_CHART: Final = 26
#: Cases a period in the mean: below it a count jumps between none and one, and its limits say nothing (Wheeler).
_FEWEST_COUNTED: Final = 1
#: Closed periods that are judged, as each would have been when it was the last: the worker may have stood still.
_MADE_UP_FOR: Final = 4


@dataclass(frozen=True, slots=True)
class Point:
    """A closed period on a chart."""

    period: str  #: as `period_key` says it
    value: float
    cases: tuple[str, ...]  #: numbers of those it was made of


@dataclass(frozen=True, slots=True)
class Chart:
    """An XmR chart up to the point that was noticed, its last."""

    points: tuple[Point, ...]
    limits: Limits
    run: bool  #: not the point alone: the last eight lie on one side of the mean

    @property
    def noticed(self) -> int:
        """How many of the last points it is about."""
        return RUN if self.run else 1


@dataclass(frozen=True, slots=True)
class Noticed:
    """One thing that a trigger is about. The same *key* and *mark* are the same thing, found again."""

    key: str  #: of the value the cases have in common, "" for all together
    value: Any  #: the value itself
    mark: str  #: the first period that rose, or the first case
    cases: tuple[str, ...]  #: numbers of the cases behind it, the earliest first
    counts: tuple[tuple[str, int], ...] = ()  #: period and how many, for what rises
    chart: Chart | None = None


def looked_at_since(trigger: Trigger, now: datetime, zone: ZoneInfo) -> datetime:
    """From when on cases matter to *trigger*."""
    if trigger.within:
        return now - trigger.within
    return bounds(_closed(trigger, now, zone)[0], zone)[0]


def noticed(
    trigger: Trigger,
    found: Iterable[CaseFacts],
    *,
    now: datetime,
    zone: ZoneInfo,
    known: Collection[tuple[str, str]],
    in_runs: Collection[tuple[str, str]] = (),
) -> tuple[Noticed, ...]:
    """What is there to be noticed at *now* among the cases *found*.

    *known*: key and number of every case that an earlier alert stood on; those are not counted again for what gathers.
    *in_runs*: key and period of every point of an earlier alert about a run; those make no other run.
    """
    groups, values = _grouped(trigger, found)
    if trigger.charts:
        periods = _counted(trigger, groups.values(), now, zone)
        judged = {period_key(period) for period in periods[-_MADE_UP_FOR:]}
        return tuple(
            replace(seen, key=key, value=values[key])
            for key, members in sorted(groups.items())
            for seen in _beyond(
                _points(trigger, members, periods, zone), judged, {period for of, period in in_runs if of == key}
            )
            if not trigger.count or (seen.chart and seen.chart.limits.mean >= _FEWEST_COUNTED)
        )
    if trigger.rises:
        periods = _counted(trigger, groups.values(), now, zone)
        seen = (
            _rising(trigger, key, values[key], {period: _within(period, members, zone) for period in periods})
            for key, members in sorted(groups.items())
        )
    else:
        seen = (_gathering(trigger, key, values[key], members, known) for key, members in sorted(groups.items()))
    return tuple(each for each in seen if each is not None)


def points_of(
    trigger: Trigger, found: Iterable[CaseFacts], key: str, *, since: datetime, now: datetime, zone: ZoneInfo
) -> tuple[Point, ...]:
    """The points of *key*'s chart of the first closed periods that begin at *since* or later."""
    members = _grouped(trigger, found)[0].get(key, [])
    running = period_containing(trigger.every, now.astimezone(zone).date())
    begun = period_containing(trigger.every, since.astimezone(zone).date())
    periods = [following(begun, ahead) for ahead in range(_ON_CHART + 1)]
    closed = [each for each in periods if bounds(each, zone)[0] >= since and each.first < running.first]
    return _points(trigger, members, closed[:_ON_CHART], zone)


def _grouped(trigger: Trigger, found: Iterable[CaseFacts]) -> tuple[dict[str, list[CaseFacts]], dict[str, Any]]:
    """The cases by what they have in common, the earliest first, and what that is."""
    groups: dict[str, list[CaseFacts]] = defaultdict(list)
    values: dict[str, Any] = {}
    for facts in sorted(found, key=lambda each: (each.dated_at, each.id)):
        if not facts.holds(trigger.where):
            continue
        for key, value in (values_of(facts, trigger.by) if trigger.by else {ALL: ALL}).items():
            if key != NOTHING:
                groups[key].append(facts)
                values[key] = value
    return groups, values


def _beyond(points: Sequence[Point], judged: Collection[str], in_runs: Collection[str]) -> Iterator[Noticed]:
    """The points of *judged* periods that were no chance when they were the last, the earliest first."""
    taken = set(in_runs)
    for end in range(1, len(points) + 1):
        shown, last = tuple(points[:end]), points[end - 1]
        limits = limits_of([point.value for point in shown]) if last.period in judged else None
        if limits is None:
            continue
        run = shown[-RUN:]
        if limits.beyond(last.value):
            yield Noticed(ALL, ALL, last.period, last.cases, chart=Chart(shown, limits, run=False))
        elif ends_a_run([point.value for point in shown], limits.mean) and taken.isdisjoint(p.period for p in run):
            taken.update(point.period for point in run)
            behind = tuple(number for point in run for number in point.cases)
            yield Noticed(ALL, ALL, f"{last.period} run", behind, chart=Chart(shown, limits, run=True))


def _points(
    trigger: Trigger, members: Sequence[CaseFacts], periods: Sequence[Period], zone: ZoneInfo
) -> tuple[Point, ...]:
    """The periods as points; one of whose cases none has the number is a gap, which a chart leaves out."""
    points = []
    for period in periods:
        inside = _within(period, members, zone)
        if trigger.count:
            counted = [facts.number for facts in inside if facts.holds(trigger.count)]
            points.append(Point(period_key(period), float(len(counted)), tuple(counted)))
            continue
        numbers = {f.number: float(n) for f in inside if (n := number_of(f.value(trigger.mean))) is not None}
        if numbers:
            points.append(Point(period_key(period), sum(numbers.values()) / len(numbers), tuple(numbers)))
    return tuple(points)


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
    shown = _ON_CHART if trigger.charts else trigger.rises + 1 + _FURTHER
    return [preceding(running, back) for back in range(shown, 0, -1)]


def _counted(
    trigger: Trigger, groups: Iterable[Sequence[CaseFacts]], now: datetime, zone: ZoneInfo
) -> Sequence[Period]:
    """Those from the one on that has the first case of all: that there was none before anybody counted is no number."""
    first = min((members[0].dated_at for members in groups), default=now)
    return [period for period in _closed(trigger, now, zone) if bounds(period, zone)[1] > first]


def _within(period: Period, members: Sequence[CaseFacts], zone: ZoneInfo) -> list[CaseFacts]:
    since, until = bounds(period, zone)
    return [facts for facts in members if since <= facts.dated_at < until]
