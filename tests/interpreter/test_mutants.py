"""Damaged diagrams: each is refused with findings or runs. ``MUTANTS=5000 pytest …`` tries more; seeds are in failures."""

from __future__ import annotations

import os
from random import Random

from lxml import etree

from engine.interpreter import StartCase, advance, check_diagrams, compile_definition
from tests.interpreter.building import MONDAY, a_deadline, a_package, definitions, office_calendars
from tests.interpreter.complaint import EXPERT, MAIN

MUTANTS = int(os.environ.get("MUTANTS", "150"))
DEADLINES = [a_deadline("triage", amount="2", unit="working_days"), a_deadline("feedback", amount="14", unit="days")]
WORDS = [
    "",
    "start",
    "nothing",
    "true",
    "0",
    "-1",
    "P1D",
    "=",
    "(",
    "a" * 300,
    "start merge",
    "投诉",
]


def damaged(content: bytes, random: Random) -> bytes:
    """*content* with one to three random injuries."""
    root = etree.fromstring(content)
    for _ in range(random.randint(1, 3)):
        nodes = list(root.iter(etree.Element))
        node, other = random.choice(nodes), random.choice(nodes)
        match random.randrange(6):
            case 0 if node.getparent() is not None:
                node.getparent().remove(node)
            case 1 if node.attrib:
                del node.attrib[random.choice(list(node.attrib))]
            case 2 if node.attrib:
                node.set(random.choice(list(node.attrib)), random.choice(WORDS))
            case 3:
                node.text = random.choice(WORDS)
            case 4:
                node.tag = other.tag
            case 5 if other not in node.iterancestors() and other is not node:
                node.append(etree.fromstring(etree.tostring(other)))
    return etree.tostring(root)


def test_a_damaged_diagram_is_refused_with_findings_or_runs() -> None:
    intact = definitions(MAIN, EXPERT)
    ran = 0
    for seed in range(MUTANTS):
        random = Random(seed)
        package = a_package(MAIN, EXPERT, deadlines=DEADLINES, diagrams={"complaint.bpmn": damaged(intact, random)})
        try:
            if check_diagrams(package):
                continue
            definition = compile_definition(package)
            advance(definition, None, StartCase({"amount": 5}), now=MONDAY, calendars=office_calendars())
            ran += 1
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise

    assert ran > 0
