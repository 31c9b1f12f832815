"""Files made to keep the gate busy: each is looked through, or refused as too much, within two seconds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.procedures.reader import MAX_FEEL, MAX_FLOWS, MAX_PARTS
from engine.publishing import check
from tests.interpreter.building import boundary, chain, definitions, element, end, flow, process, script, start, timer
from tests.interpreter.building import user as user_task
from tests.procedures.packages import files
from tests.support.cost import cost_of

#: As many nodes as a package may have, a few kept back for what stands around them.
MANY = MAX_PARTS - 20
#: The CPU seconds one file may cost.
LIMIT = 2.0


def each(make: Callable[[int], str], count: int = MANY) -> str:
    return "".join(map(make, range(count)))


def ring(kind: str, count: int, *steps: int) -> str:
    """Nodes that each lead to those *steps* further on, round and round."""
    nodes = each(lambda n: element(kind, f"n{n}"), count)
    flows = "".join(flow(f"n{n}", f"n{(n + step) % count}", id=f"f{n}_{step}") for n in range(count) for step in steps)
    return start() + nodes + flow("start", "n0") + flows


def fork(kind: str, join: str, branch: Callable[[int], str], ways: int) -> str:
    both = each(lambda n: branch(n) + flow("fork", f"b{n}") + flow(f"b{n}", "join"), ways)
    return (
        start()
        + element(kind, "fork")
        + flow("start", "fork")
        + both
        + element(join, "join")
        + chain("join", "end")
        + end()
    )


def calls(count: int) -> str:
    def one(n: int) -> str:
        body = start(f"s{n}") + element("callActivity", f"c{n}", calledElement=f"p{n + 1}") + end(f"e{n}")
        return process(body + chain(f"s{n}", f"c{n}", f"e{n}"), id=f"p{n}" if n else "complaint")

    return "".join(map(one, range(count)))


DIAGRAMS: dict[str, str] = {
    "a fork of many tasks": fork("parallelGateway", "parallelGateway", lambda n: user_task(f"b{n}"), MANY),
    "a fork of many scripts with one result": fork(
        "parallelGateway", "exclusiveGateway", lambda n: script(f"b{n}", "1", "x"), MANY
    ),
    "a fork of many scripts in a loop": fork(
        "inclusiveGateway", "exclusiveGateway", lambda n: script(f"b{n}", "1", f"x{n}"), MANY
    )
    + flow("join", "fork", "true", id="back"),
    "many choices at the same time": start()
    + element("parallelGateway", "fork")
    + flow("start", "fork")
    + each(
        lambda n: (
            element("exclusiveGateway", f"g{n}")
            + flow("fork", f"g{n}")
            + flow(f"g{n}", "join", "a", id=f"j{n}")
            + flow(f"g{n}", f"e{n}", "b", id=f"k{n}")
            + end(f"e{n}")
        ),
        MANY // 2,
    )
    + element("parallelGateway", "join"),
    "as many flows between two gateways as there may be": start()
    + element("inclusiveGateway", "a")
    + element("inclusiveGateway", "b")
    + flow("start", "a")
    + each(lambda n: flow("a", "b", "true", id=f"f{n}"), MAX_FLOWS - 10),
    "many reminders on one task": start()
    + user_task("task")
    + chain("start", "task", "end")
    + end()
    + each(lambda n: boundary(f"r{n}", "task", timer("P1D"), interrupting=False) + flow(f"r{n}", "end")),
    "every gateway leads to every other": start()
    + each(lambda n: element("exclusiveGateway", f"g{n}"), 34)
    + each(lambda n: flow(f"g{n // 34}", f"g{n % 34}", id=f"f{n}"), 34 * 34),
    "joins that hold each other": start()
    + each(lambda n: element("parallelGateway", f"g{n}"))
    + flow("start", "g0")
    + each(lambda n: flow(f"g{n}", f"g{n + 1}") + flow(f"g{n + 1}", f"g{n}", id=f"back{n}"), MANY - 1),
    "a ring of forks": ring("parallelGateway", MANY, 1, 7),
    "a ring of choices": ring("inclusiveGateway", MANY, 1, 2),
    "a chain of scripts": start()
    + each(lambda n: script(f"s{n}", f"x{n}", f"x{n + 1}"))
    + chain("start", *(f"s{n}" for n in range(MANY)), "end")
    + end(),
    "a ring of scripts that all write the same": start()
    + each(lambda n: script(f"s{n}", "1", "x"), MANY)
    + flow("start", "s0")
    + each(lambda n: flow(f"s{n}", f"s{(n + 1) % MANY}") + flow(f"s{n}", f"s{(n + 9) % MANY}", "x"), MANY),
    "processes that call each other": calls(MAX_PARTS // 4 - 5),
    "calls of processes with almost the right name": process(
        start() + each(lambda n: element("callActivity", f"c{n}", calledElement=f"a_process_with_a_name_{n:03}_x"), 240)
    )
    + each(lambda n: process("", id=f"a_process_with_a_name_{n:03}_y"), 240),
    "sub-processes in each other": each(lambda n: f'<subProcess id="p{n}">' + start(f"s{n}"), 55)
    + "</subProcess>" * 55,
    "links without end": start()
    + each(lambda n: element("intermediateThrowEvent", f"t{n}", '<linkEventDefinition name="x"/>'), MANY // 2)
    + each(lambda n: element("intermediateCatchEvent", f"c{n}", '<linkEventDefinition name="x"/>'), MANY // 2),
    "as much FEEL as there may be": start()
    + each(lambda n: script(f"s{n}", "(" * 30 + f"{n}" + "+1" * 1400 + ")" * 30, f"x{n}"), MAX_FEEL // 2900),
    "more FEEL than there may be": start() + each(lambda n: script(f"s{n}", "1" + "+1" * 4000, "x"), 200),
    "more FEEL in conditional events than there may be": start()
    + each(
        lambda n: element(
            "intermediateCatchEvent",
            f"c{n}",
            "<conditionalEventDefinition><condition>" + "1" + "+1" * 4000 + "</condition></conditionalEventDefinition>",
        ),
        200,
    ),
    "many event sub-processes": start()
    + user_task("task")
    + each(
        lambda n: element(
            "subProcess",
            f"p{n}",
            element("startEvent", f"s{n}", "<signalEventDefinition signalRef='s'/>", isInterrupting="false")
            + script(f"x{n}", "1", "x")
            + chain(f"s{n}", f"x{n}"),
            triggeredByEvent="true",
        ),
        MANY // 3,
    ),
    "unknown names": start()
    + each(lambda n: script(f"s{n}", "+".join(f"name_{n}_{k}" for k in range(6)), f"name_{n}_9"), 300)
    + chain("start", *(f"s{n}" for n in range(300))),
    "ids of nine thousand letters": start() + each(lambda n: user_task("x" * 9_000 + str(n)), 200),
    "a name of two million letters": element("startEvent", "start", name="x" * 1_900_000),
    "a duration of many digits": start() + element("intermediateCatchEvent", "c", timer(f"P{'9' * 20_000}D")),
    "a cycle of many digits": start()
    + element("intermediateCatchEvent", "c", timer(f"R{'9' * 9_000}/PT{'9' * 9_000}S", "timeCycle")),
    "ten thousand elements": start() + each(lambda n: user_task(f"t{n}"), 10_000),
    "ten thousand elements without id": "<userTask/>" * 10_000,
    "ten thousand elements with the same id": '<userTask id="t"/>' * 10_000,
    "ten thousand flows": start() + each(lambda n: flow("start", "start", id=f"f{n}"), 10_000),
    "ten thousand properties": user_task("t", **{f"p{n}": "" for n in range(10_000)}),
    "ten thousand lanes": "<laneSet>" + each(lambda n: f'<lane id="l{n}"/>', 10_000) + "</laneSet>",
    "ten thousand elements nobody knows": "<thing/>" * 10_000,
}


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_hostile_diagram_is_checked_in_time(name: str) -> None:
    body = DIAGRAMS[name]
    content = files(complaint=definitions(body if body.startswith("<process") else process(body)))

    found, took = cost_of(lambda: check(content))

    assert found != []
    assert [one.message for one in found if one.rule == "rule-error"] == []
    assert took < LIMIT


#: What mutants found, by symptom.
CRASHED: dict[str, str] = {
    "a default that is no flow": start()
    + element("inclusiveGateway", "gate", default="end")
    + chain("start", "gate", "end")
    + flow("gate", "end", "true", id="other")
    + end(),
}


@pytest.mark.parametrize("name", CRASHED)
def test_what_once_stopped_a_check_is_findings(name: str) -> None:
    found = check(files(complaint=definitions(process(CRASHED[name]))))

    assert found != []
    assert [one.message for one in found if one.rule == "rule-error"] == []


def table(cell: Callable[[int, int], str], *, rules: int, inputs: int, policy: str = "UNIQUE") -> str:
    columns = each(lambda i: f'<input id="i{i}"><inputExpression id="x{i}" typeRef="number"><text>a{i}</text></inputExpression></input>', inputs)  # fmt: skip
    rows = each(
        lambda r: (
            f'<rule id="r{r}">'
            + each(lambda i: f"<inputEntry><text>{cell(r, i)}</text></inputEntry>", inputs)
            + "<outputEntry><text>1</text></outputEntry></rule>"
        ),
        rules,
    )
    output = '<output id="o" name="o" typeRef="number"/>'
    return f'<decision id="d" name="d"><decisionTable id="t" hitPolicy="{policy}">{columns}{output}{rows}</decisionTable></decision>'


def requiring(count: int, *, last: int) -> str:
    return each(
        lambda n: (
            f'<decision id="d{n}" name="d{n}"><informationRequirement><requiredDecision href="#d{(n + 1) % last}"/>'
            "</informationRequirement><literalExpression><text>1</text></literalExpression></decision>"
        ),
        count,
    )


DECISIONS: dict[str, str] = {
    "ranges that overlap": table(
        lambda r, i: f"[{(r * 37 + i) % 500}..{500 + (r * 91 + i) % 500}]", rules=500, inputs=4
    ),
    "ranges, the first counts": table(
        lambda r, i: f"[{(r * 37 + i) % 500}..{500 + (r * 91 + i) % 500}]", rules=500, inputs=4, policy="FIRST"
    ),
    "more columns than anybody reads": table(
        lambda r, i: "-" if (r * 7 + i) % 4 else f"&lt; {r * i % 90}", rules=300, inputs=25, policy="ANY"
    ),
    "cells of many values": table(lambda r, i: ",".join(map(str, range(r, r + 400))), rules=100, inputs=4),
    "five hundred different values in a cell": table(
        lambda r, i: ",".join(map(str, range(r * 500, r * 500 + 500))), rules=15, inputs=1
    ),
    "decisions in a row": requiring(2_500, last=5_000),
    "decisions in a circle": requiring(290, last=290),
    "types inside types": each(
        lambda n: (
            f'<itemDefinition name="t{n}"><itemComponent name="a"><typeRef>t{n + 1}</typeRef></itemComponent></itemDefinition>'
        ),
        290,
    )
    + '<inputData id="i" name="i"><variable name="i" typeRef="t0"/></inputData>',
    "names of several words": each(lambda n: f'<inputData id="n{n}" name="name number {n}"/>', 6_000)
    + table(lambda r, i: f"name number {r}", rules=400, inputs=4),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_hostile_decision_is_checked_in_time(name: str) -> None:
    content = files()
    content["rules.dmn"] = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        f"{DECISIONS[name]}</definitions>"
    ).encode()

    found, took = cost_of(lambda: check(content))

    assert [one.message for one in found if one.rule == "rule-error"] == []
    assert took < LIMIT
