"""Which steps and ways of the diagrams the scenarios of a package walk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.interpreter import Definition
from engine.publishing.running import ScenarioResult


@dataclass(frozen=True, slots=True)
class PathCoverage:
    """Ids in the order of the diagrams."""

    elements: tuple[str, ...]  #: walked
    flows: tuple[str, ...]  #: walked
    elements_left: tuple[str, ...]
    flows_left: tuple[str, ...]

    @property
    def percent(self) -> int:
        """The share of the ways that are walked, rounded down: 100 is all of them."""
        whole = len(self.flows) + len(self.flows_left)
        return 100 * len(self.flows) // whole if whole else 100


def path_coverage(definition: Definition, results: Iterable[ScenarioResult]) -> PathCoverage:
    """What all of *results* walked together; a scenario that failed counts as far as it got."""
    walked = frozenset[str]().union(*(result.walked for result in results))
    elements, flows = list(definition.elements), list(definition.flows)
    return PathCoverage(
        elements=tuple(each for each in elements if each in walked),
        flows=tuple(each for each in flows if each in walked),
        elements_left=tuple(each for each in elements if each not in walked),
        flows_left=tuple(each for each in flows if each not in walked),
    )
