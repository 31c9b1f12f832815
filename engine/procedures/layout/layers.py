"""Which column every node stands in: flows run left to right, loops back are left out of the count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arc:
    """A link between two nodes of the grid, ends of boundary events moved to their hosts."""

    id: str
    source: str
    target: str


def back_arcs(nodes: Sequence[str], arcs: Sequence[Arc]) -> set[str]:
    """Ids of the arcs that lead back to a node on the way from the start, found depth first in the file's order."""
    leaving = _by_source(arcs)
    entered = {arc.target for arc in arcs if arc.source != arc.target}
    found: set[str] = set()
    open_: set[str] = set()
    done: set[str] = set()
    for root in [*(node for node in nodes if node not in entered), *nodes]:
        if root in done:
            continue
        stack = [(root, iter(leaving[root]))]
        open_.add(root)
        while stack:
            node, rest = stack[-1]
            arc = next(rest, None)
            if arc is None:
                stack.pop()
                open_.discard(node)
                done.add(node)
            elif arc.target in open_:
                found.add(arc.id)
            elif arc.target not in done:
                open_.add(arc.target)
                stack.append((arc.target, iter(leaving[arc.target])))
    return found


def columns(nodes: Sequence[str], arcs: Sequence[Arc], lengths: Mapping[str, int]) -> dict[str, int]:
    """The leftmost column for every node so that each arc spans at least its length (1 where *lengths* is silent).

    *arcs* must be free of cycles. A node without a way in stands right before what it leads to.
    """
    leaving = _by_source(arcs)
    column = dict.fromkeys(nodes, 0)
    order = topological(nodes, arcs)
    for node in order:
        for arc in leaving[node]:
            column[arc.target] = max(column[arc.target], column[node] + lengths.get(arc.id, 1))
    entered = {arc.target for arc in arcs}
    for node in order:
        if node not in entered and leaving[node]:
            column[node] = min(column[arc.target] - lengths.get(arc.id, 1) for arc in leaving[node])
    return column


def topological(nodes: Sequence[str], arcs: Sequence[Arc]) -> list[str]:
    """*nodes* so that every arc leads forward; in the given order where the arcs leave a choice."""
    leaving = _by_source(arcs)
    waiting: defaultdict[str, int] = defaultdict(int)
    for arc in arcs:
        waiting[arc.target] += 1
    ready = [node for node in nodes if not waiting[node]]
    for node in ready:
        for arc in leaving[node]:
            waiting[arc.target] -= 1
            if not waiting[arc.target]:
                ready.append(arc.target)
    return ready


def longest_ahead(nodes: Sequence[str], arcs: Sequence[Arc]) -> dict[str, int]:
    """For every node the number of arcs on the longest way from it to an end."""
    leaving = _by_source(arcs)
    ahead = dict.fromkeys(nodes, 0)
    for node in reversed(topological(nodes, arcs)):
        for arc in leaving[node]:
            ahead[node] = max(ahead[node], ahead[arc.target] + 1)
    return ahead


def _by_source(arcs: Sequence[Arc]) -> defaultdict[str, list[Arc]]:
    leaving: defaultdict[str, list[Arc]] = defaultdict(list)
    for arc in arcs:
        leaving[arc.source].append(arc)
    return leaving
