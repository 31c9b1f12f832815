"""What a package promises and none of its scenarios tries: the other half of a scenario's green mark."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from engine.decisions import Decision, DecisionModel, read_decisions
from engine.decisions.model import Table
from engine.feel import FeelError, compile_expression
from engine.feel.nodes import Between, Compare, In, Input, Literal, Name, Node, RangeOf, Test, children
from engine.interpreter import Fact, FactKind
from engine.procedures.diagram import Diagram, read_diagram
from engine.procedures.package import DeadlineRule, Package
from engine.publishing.decision_tests import DecisionTestResult
from engine.publishing.running import ScenarioResult

#: How often a way back is gone before it counts as tried: once may be luck, twice is a loop.
_TWICE: Final = 2
_ORDER: Final = frozenset({"<", "<=", ">", ">="})


class Promise(StrEnum):
    """What the parts of a package promise."""

    FLOW = "flow"  #: a way of a diagram is walked
    LOOP = "loop"  #: a way back is walked twice in one scenario
    KEPT = "kept"  #: a deadline is met
    MISSED = "missed"  #: a deadline is missed, or its internal target
    RUNG = "rung"  #: a reminder or escalation reaches somebody; ``<deadline> <share>``
    RULE = "rule"  #: a rule of a decision table holds, in a scenario or a test row; ``<decision>#<rule>``
    THRESHOLD = "threshold"  #: a value stands below, at and above a limit; ``<name> <number> below``


def untried(
    package: Package, results: Iterable[ScenarioResult], tests: Iterable[DecisionTestResult] = ()
) -> Mapping[Promise, tuple[str, ...]]:
    """By promise the ids of what nothing tries, in the package's order. *tests* are the rows of its decision tables."""
    ran, rows = list(results), list(tests)
    facts = [fact for result in ran for fact in result.facts]
    diagram = read_diagram(package.diagrams)
    models = [read_decisions(content, name) for name, content in package.decisions.items()]
    flows = {fact.element for fact in facts if fact.kind is FactKind.FLOW}
    said = _said_of_clocks(facts)
    return {
        Promise.FLOW: tuple(flow for flow in diagram.flows if flow not in flows),
        Promise.LOOP: tuple(_loops_not_gone_twice(diagram, ran)),
        Promise.KEPT: tuple(rule.id for rule in _counted(package) if (rule.id, "kept") not in said),
        Promise.MISSED: tuple(rule.id for rule in _counted(package) if (rule.id, "missed") not in said),
        Promise.RUNG: tuple(
            f"{rule.id} {rung.at:g}"
            for rule in _counted(package)
            for rung in rule.ladder
            if rung.to and (rule.id, rung.at) not in said
        ),
        Promise.RULE: tuple(_rules_that_never_held(models, facts, rows)),
        Promise.THRESHOLD: tuple(_values_never_seen(_limits(diagram, models), _numbers(ran, facts, rows))),
    }


def _counted(package: Package) -> Iterator[DeadlineRule]:
    return (rule for rule in package.deadlines.values() if not rule.words_only)


def _said_of_clocks(facts: Iterable[Fact]) -> set[tuple[str, str | float]]:
    """For each deadline whether one was kept or missed, and the shares at which somebody was told."""
    said: set[tuple[str, str | float]] = set()
    for fact in facts:
        detail = fact.detail or {}
        if fact.kind is FactKind.CLOCK_WARNED:
            said.add((detail["clock"], detail["share"]))
        elif fact.kind is FactKind.CLOCK_BREACHED:
            said.add((detail["clock"], "missed"))
        elif fact.kind is FactKind.CLOCK_STOPPED and "cancelled" not in detail:
            kept = detail.get("within_target", detail["met"])
            said.add((detail["clock"], "kept" if kept else "missed"))
    return said


def _loops_not_gone_twice(diagram: Diagram, results: Iterable[ScenarioResult]) -> Iterator[str]:
    most: Counter[str] = Counter()
    for result in results:
        most |= Counter(fact.element for fact in result.facts if fact.kind is FactKind.FLOW)
    return (flow for flow in _ways_back(diagram) if most[flow] < _TWICE)


def _ways_back(diagram: Diagram) -> Iterator[str]:
    """The flows that lead to an element which is still on the way here from a start."""
    leaving = defaultdict(list)
    for flow in diagram.flows.values():
        leaving[flow.source].append(flow)
    done: set[str] = set()
    for element in diagram.elements.values():
        if element.id in done or element.kind != "startEvent":
            continue
        on_the_way, waiting = {element.id}, [(element.id, iter(_onward(diagram, leaving, element.id)))]
        while waiting:
            here, onward = waiting[-1]
            step = next(onward, None)
            if step is None:
                waiting.pop()
                on_the_way.discard(here)
                done.add(here)
                continue
            way, there = step
            if there in on_the_way:
                if way:
                    yield way
            elif there not in done:
                on_the_way.add(there)
                waiting.append((there, iter(_onward(diagram, leaving, there))))


def _onward(diagram: Diagram, leaving: Mapping[str, list[Any]], element: str) -> list[tuple[str, str]]:
    """Flow and element of each step from *element*; a boundary event is reached without a flow."""
    return [(flow.id, flow.target) for flow in leaving[element]] + [
        ("", event.id) for event in diagram.watchers(element)
    ]


def _rules_that_never_held(
    models: Iterable[DecisionModel], facts: Iterable[Fact], rows: Iterable[DecisionTestResult]
) -> Iterator[str]:
    held = {
        (fact.detail["decision"], number)
        for fact in facts
        if fact.kind is FactKind.DECIDED and fact.detail
        for number in fact.detail["rules"]
    } | {(row.test.decision, number) for row in rows for number in row.rules}
    for model in models:
        for decision in model.decisions.values():
            yield from (
                f"{decision.id}#{number}"
                for number in range(1, decision.rules + 1)
                if (decision.id, number) not in held
            )


def _limits(diagram: Diagram, models: Iterable[DecisionModel]) -> list[tuple[str, Decimal]]:
    """Name and number of every comparison by order that decides something."""
    found: dict[tuple[str, Decimal], None] = {}
    for flow in diagram.flows.values():
        if flow.condition:
            found.update(dict.fromkeys(_compared(_tree(flow.condition), None)))
    for model in models:
        for decision in model.decisions.values():
            found.update(dict.fromkeys(_limits_of(decision)))
    return list(found)


def _limits_of(decision: Decision) -> Iterator[tuple[str, Decimal]]:
    if not isinstance(decision.logic, Table):
        return
    for rule in decision.logic.rules:
        for column, cell in rule.conditions:
            yield from _compared(cell.tree, decision.logic.inputs[column].expression.source)


def _tree(condition: str) -> Node | None:
    try:
        return compile_expression(condition).tree
    except FeelError:  # said by the check
        return None


def _compared(node: Node | None, tested: str | None) -> Iterator[tuple[str, Decimal]]:
    """*tested* is the name that a cell's own tests are about."""
    match node:
        case None:
            return
        case Compare(operator, Name(name), Literal(Decimal() as number)) if operator in _ORDER:
            yield name, number
        case Compare(operator, Literal(Decimal() as number), Name(name)) if operator in _ORDER:
            yield name, number
        case Compare(operator, Input(), Literal(Decimal() as number)) if operator in _ORDER and tested:
            yield tested, number
        case Test(operator, Literal(Decimal() as number)) if operator in _ORDER and tested:
            yield tested, number
        case Between(Name(name), low, high):
            yield from ((name, number) for number in _ends(low, high))
        case In(Name(name), tests):
            for test in tests:
                yield from _compared(test, name)
        case RangeOf(low, high) if tested:
            yield from ((tested, number) for number in _ends(low, high))
        case _:
            for child in children(node):
                yield from _compared(child, tested)


def _ends(*nodes: Node) -> Iterator[Decimal]:
    return (node.value for node in nodes if isinstance(node, Literal) and isinstance(node.value, Decimal))


def _numbers(
    results: Iterable[ScenarioResult], facts: Iterable[Fact], rows: Iterable[DecisionTestResult]
) -> Mapping[str, set[Decimal]]:
    """Every number that a name stood for, in scenarios, decisions and test rows."""
    seen: dict[str, set[Decimal]] = defaultdict(set)
    sources: list[Mapping[str, Any]] = [row.inputs for row in rows]
    sources += [(fact.detail or {}).get("inputs") or {} for fact in facts if fact.kind is FactKind.DECIDED]
    for source in sources:
        for name, value in source.items():
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                seen[name].add(Decimal(str(value)))
    for result in results:
        for name, values in result.numbers.items():
            seen[name] |= values
    return seen


def _values_never_seen(limits: Iterable[tuple[str, Decimal]], seen: Mapping[str, set[Decimal]]) -> Iterator[str]:
    for name, limit in limits:
        values = seen.get(name, set())
        for side, there in (
            ("below", any(value < limit for value in values)),
            ("at", limit in values),
            ("above", any(value > limit for value in values)),
        ):
            if not there:
                yield f"{name} {limit} {side}"
