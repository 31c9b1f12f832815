"""Damaged files through the upload gate, and what the gate lets through started: ``python -m tests.faults.mutants 0 1000``.

A seed is a mutant. Memory is measured for the whole process, so this runs in one of its own.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from lxml import etree

from engine.errors import EngineError, PackageRefused
from engine.findings import Severity
from engine.interpreter import (
    Budget,
    CompleteService,
    CompleteUserTask,
    Definition,
    StartCase,
    WakeUp,
    advance,
    compile_definition,
)
from engine.procedures import PackageRef, collect_files, find_packages
from engine.procedures.package import Package
from engine.procedures.reader import read_files
from engine.publishing import check
from tests.feel.attacks import KNOWN
from tests.interpreter.building import MONDAY, office_calendars
from tests.interpreter.test_mutants import WORDS, damaged
from tests.procedures.packages import files
from tests.support.cost import cost_of

ROOT = Path(__file__).parents[2]
MODELS = ROOT.parent / "shared/conformance/bpmn-miwg-reference"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
#: Wall seconds after which a mutant counts as hanging; the gate's own limit is in CPU seconds.
HANGS = 60
#: Bytes after which a file is not made larger: the gate refuses what has more than two million.
ENOUGH = 2_500_000
SMALL = Budget(engine_tasks=200, depth=8, instances=100, live_tokens=500, seconds=5)
MOST_REQUESTS = 6
#: How many of the mutants come from our own packages, and of the models how many are made executable.
OURS = 0.5

TIMES = ["P1D", "R/PT0S", "R99/PT1M", "P99999999999Y", "PT", "-P1D", "2026-02-30", "9999-12-31T23:59:59Z", "0001-01-01", "R5/P1M"]  # fmt: skip
REFERENCES = ("sourceRef", "targetRef", "attachedToRef", "default", "calledElement", "messageRef", "errorRef", "escalationRef", "processRef", "bpmnElement")  # fmt: skip


@dataclass
class Summary:
    tried: int = 0
    refused: int = 0
    accepted: int = 0  #: without any finding of severity error
    ran: int = 0  #: what the interpreter itself accepts, other rules may refuse it
    requests: int = 0
    slowest: float = 0.0  #: CPU seconds of one passage through the gate
    slowest_seed: int = -1
    memory: int = 0  #: bytes the process has grown by
    failures: list[str] = field(default_factory=list)


@cache
def names() -> tuple[list[PackageRef], list[Path | None]]:
    """What to damage: packages of ours, and reference models for a small package; None is its own diagram."""
    return find_packages(ROOT / "processes"), [None, *sorted(MODELS.glob("*.bpmn"))]


@cache
def ours(ref: PackageRef) -> tuple[Mapping[str, bytes], Package]:
    """One of our packages without its scenarios, as files and as read."""
    found = collect_files(ROOT / "processes", ROOT / "forms", ref)
    return _read({path: content for path, content in found.items() if not path.startswith("scenarios/")})


@cache
def theirs(path: Path | None, *, runs: bool) -> tuple[Mapping[str, bytes], Package]:
    """A small package around a reference model, meant to run or drawn only."""
    if path is None:
        return _read(files(founded=None))
    content = path.read_bytes()
    return _read(files(complaint=_executable(content) if runs else content, founded=None))


def _read(found: Mapping[str, bytes]) -> tuple[Mapping[str, bytes], Package]:
    return found, read_files(found).package


def _executable(content: bytes) -> bytes:
    root = etree.fromstring(content)
    for process in root.iter(f"{{{BPMN}}}process"):
        process.set("isExecutable", "true")
    return etree.tostring(root)


def mutant(seed: int) -> tuple[Mapping[str, bytes], Package]:
    """What *seed* makes: one of ``names`` with one file damaged in one to three ways, as files and as a package."""
    random = Random(seed)
    refs, models = names()
    if random.random() < OURS:
        intact, package = ours(random.choice(refs))
    else:
        intact, package = theirs(random.choice(models), runs=random.random() < OURS)
    path = random.choice([path for path in intact if path.endswith((".bpmn", ".dmn"))])
    content = intact[path]
    for _ in range(random.randint(1, 3)):
        if len(content) < ENOUGH:
            content = random.choice(INJURIES)(content, random)
    drawn, decided = (
        {**held, path: content} if path in held else held for held in (package.diagrams, package.decisions)
    )
    return {**intact, path: content}, replace(package, diagrams=drawn, decisions=decided)


# -- injuries ------------------------------------------------------------------------------------------------------


def _structure(content: bytes, random: Random) -> bytes:
    return _on_tree(content, lambda root: damaged(etree.tostring(root), random))


def _on_tree(content: bytes, change: Callable[[etree._Element], bytes | None]) -> bytes:
    """*content* changed as XML, or as it is when an earlier injury has left none."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False))
    except (etree.XMLSyntaxError, ValueError):
        return content
    changed = change(root)
    return etree.tostring(root) if changed is None else changed


def _bytes(content: bytes, random: Random) -> bytes:
    text = bytearray(content)
    for _ in range(random.randint(1, 8)):
        place = random.randrange(len(text) + 1)
        match random.randrange(7):
            case 0 if place < len(text):
                text[place] ^= 1 << random.randrange(8)
            case 1:
                del text[place : place + random.choice([1, 3, 40, len(text)])]
            case 2:
                text[place:place] = random.randbytes(random.randrange(20))
            case 3:
                other = random.randrange(len(text) + 1)
                text[place:place] = text[other : other + random.randrange(300)]
            case 4:
                text[place:place] = random.choice(
                    [b"\0", b"<", b"&", b"]]>", b"<!--", b'"', b"\xff", "\u202e".encode()]
                )
            case 5:
                text[place:place] = b"<![CDATA["
            case _:
                text[place:place] = b"&#x0;&unknown;&#99999999;"
    return bytes(text)


def _prologue(content: bytes, random: Random) -> bytes:
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    outside = b'<!DOCTYPE a SYSTEM "file:///etc/passwd">'
    body = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", content)
    return random.choice(
        [
            lambda: bomb + body,
            lambda: outside + body,
            lambda: b'<?xml version="1.0" encoding="UTF-7"?>' + body,
            lambda: b'<?xml version="1.0" encoding="UTF-16"?>' + body,
            lambda: b'<?xml version="1.1"?>' + body,
            lambda: b"<?xml-stylesheet href='x'?>" + body,
            lambda: b"\xef\xbb\xbf" + content,
            lambda: content.decode(errors="replace").encode("utf-16"),
            lambda: content.decode(errors="replace").encode("utf-32"),
            lambda: content.decode(errors="replace").encode("latin-1", "replace"),
            lambda: b"\n" * random.randrange(70_000) + content,
            lambda: content * 2,
            lambda: b"",
        ]
    )()


def _namespace(content: bytes, random: Random) -> bytes:
    old, new = random.choice(
        [
            (b"20100524/MODEL", b"20100525/MODEL"),
            (b"http://spiffworkflow.org", b"http://camunda.org"),
            (b"20100524/DI", b"20100524/MODEL"),
            (b"20191111/MODEL", b"20130901"),
            (b"xmlns:", b"xmlns:x"),
            (b":userTask", b":complexGateway"),
            (b"userTask", b"subProcess"),
            (b"exclusiveGateway", random.choice([b"parallelGateway", b"inclusiveGateway", b"eventBasedGateway"])),
            (b"parallelGateway", b"exclusiveGateway"),
            (b"sequenceFlow", b"messageFlow"),
            (b"endEvent", b"startEvent"),
        ]
    )
    return content.replace(old, new)


def _references(content: bytes, random: Random) -> bytes:
    def swap(root: etree._Element) -> None:
        held = [(node, name) for node in root.iter(etree.Element) for name in REFERENCES if node.get(name)]
        for _ in range(random.randint(1, 4) if held else 0):
            (one, here), (other, there) = random.choice(held), random.choice(held)
            first, second = one.get(here, ""), other.get(there, "")
            one.set(here, second)
            other.set(there, first)

    return _on_tree(content, swap)


def _hostile(content: bytes, random: Random) -> bytes:
    """Texts and values replaced by expressions, times and names made to do harm."""

    def poison(root: etree._Element) -> None:
        texts = [node for node in root.iter(etree.Element) if (node.text or "").strip()]
        values = [node for node in root.iter(etree.Element) if node.get("value") is not None]
        for _ in range(random.randint(1, 5)):
            evil = _xml_text(random.choice([*KNOWN, *TIMES, *WORDS]))
            if texts and random.random() < 0.7:
                random.choice(texts).text = evil
            elif values:
                random.choice(values).set("value", evil)

    return _on_tree(content, poison)


def _xml_text(text: str) -> str:
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def _ids(content: bytes, random: Random) -> bytes:
    def repeat(root: etree._Element) -> None:
        nodes = [node for node in root.iter(etree.Element) if node.get("id")]
        for _ in range(random.randint(1, 3) if nodes else 0):
            random.choice(nodes).set("id", random.choice([random.choice(nodes).get("id", ""), "", "x" * 70_000, "Ü 1"]))

    return _on_tree(content, repeat)


def _growth(content: bytes, random: Random) -> bytes:
    """Something in it many times over, inside itself, or very long."""

    def grow(root: etree._Element) -> None:
        nodes = [node for node in root.iter(etree.Element) if node is not root and len(list(node.iter())) < 400]
        if not nodes:
            return
        node = random.choice(nodes)
        around = node.getparent()
        match random.randrange(5):
            case 0:
                written = etree.tostring(node)
                for number in range(min(random.choice([5, 50, 900, 9_000]), ENOUGH // len(written))):
                    copy = etree.fromstring(written)
                    if copy.get("id"):
                        copy.set("id", f"{copy.get('id')}_{number}")
                    around.append(copy)
            case 1:
                for _ in range(random.choice([2, 10, 70])):
                    inner = etree.SubElement(node, node.tag)
                    inner.set("id", f"inner_{random.randrange(10**6)}")
                    node = inner
            case 2:
                node.set(random.choice(["id", "name", "value", "x"]), "长" * random.choice([100, 10_000, 500_000]))
            case 3:
                for number in range(random.choice([10, 80, 2_000])):
                    node.set(f"a{number}", "b")
            case _:
                node.text = " +1" * random.choice([10, 1_000, 200_000])

    return _on_tree(content, grow)


def _calls(content: bytes, random: Random) -> bytes:
    """Processes that call each other or themselves, and loops where there were none."""

    def call(root: etree._Element) -> None:
        processes = [node.get("id", "") for node in root.iter(f"{{{BPMN}}}process")]
        if not processes:
            return
        tasks = list(root.iter(f"{{{BPMN}}}userTask", f"{{{BPMN}}}scriptTask", f"{{{BPMN}}}callActivity"))
        flows = list(root.iter(f"{{{BPMN}}}sequenceFlow"))
        for task in random.sample(tasks, min(len(tasks), random.randint(1, 3))):
            task.tag = f"{{{BPMN}}}callActivity"
            task.set("calledElement", random.choice(processes))
        for flow in random.sample(flows, min(len(flows), random.randint(0, 2))):
            flow.set("targetRef", random.choice(flows).get("sourceRef", ""))

    return _on_tree(content, call)


INJURIES = (_structure, _structure, _bytes, _prologue, _namespace, _references, _references, _hostile, _hostile, _ids, _growth, _calls)  # fmt: skip


# -- the gate, and what is behind it -------------------------------------------------------------------------------


def try_seeds(seeds: range) -> Iterator[Summary]:
    """The summary so far, after every mutant."""
    summary = Summary()
    check(files())  # what is loaded on first use is no mutant's memory
    before = _peak()
    signal.signal(signal.SIGALRM, _ring)
    for seed in seeds:
        try:
            signal.alarm(HANGS)
            _try(seed, summary)
        except Exception:  # noqa: BLE001 -- whatever it is, it is what we look for
            summary.failures.append(f"seed {seed}: {traceback.format_exc()}")
        finally:
            signal.alarm(0)
        summary.tried += 1
        summary.memory = _peak() - before
        yield summary


def _ring(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"expected a mutant to be done with in {HANGS} seconds")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _try(seed: int, summary: Summary) -> None:
    content, package = mutant(seed)
    findings, took = cost_of(lambda: check(content))
    if took > summary.slowest:
        summary.slowest, summary.slowest_seed = took, seed
    for one in findings:
        assert one.rule != "rule-error", one.message
        assert one.message, one
        assert one.file in content or one.rule in {"file-missing", "package-too-large"}, one
    refused = any(one.severity is Severity.ERROR for one in findings)
    summary.refused += refused
    summary.accepted += not refused
    try:
        definition = compile_definition(package)
    except PackageRefused:
        assert refused, "expected the gate to refuse what cannot be compiled"
        return
    summary.ran += 1
    summary.requests += _run(definition, Random(seed))


def _run(definition: Definition, random: Random) -> int:
    """Start a case and do what it asks for, as far as it goes; how many requests it took."""
    now, state = MONDAY, None
    request: Any = StartCase({"amount": 5})
    for number in range(1, MOST_REQUESTS + 1):
        try:
            step = advance(definition, state, request, now=now, calendars=office_calendars(), budget=SMALL)
        except EngineError:
            return number
        if step.fault is not None:
            return number
        state = step.state
        now += timedelta(hours=30)
        if step.open_tasks and random.random() < 0.7:
            request = CompleteUserTask(
                random.choice(step.open_tasks).key, {"amount": random.choice([1, None, "x", []])}
            )
        elif step.requests:
            request = CompleteService(step.requests[0].key, {"value": 1})
        elif step.next_wake is not None:
            now, request = max(now, step.next_wake), WakeUp()
        else:
            return number
    return MOST_REQUESTS


def main() -> None:
    first, count = int(sys.argv[1]), int(sys.argv[2])
    summary = Summary()
    for summary in try_seeds(range(first, first + count)):
        if summary.tried % 500 == 0:
            sys.stderr.write(f"{summary}\n")
    sys.stdout.write(json.dumps(vars(summary)))


if __name__ == "__main__":
    main()
