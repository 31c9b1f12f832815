"""Every finding about a package, from all who have something to say, and what it covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from engine.decisions import check_decisions
from engine.findings import Finding, Severity
from engine.interpreter import check_diagrams
from engine.procedures.coverage import Coverage, coverage_of
from engine.procedures.decision_index import decision_index
from engine.procedures.diagram import read_diagram
from engine.procedures.package import Package
from engine.procedures.reader import Reading, read_files
from engine.procedures.rules import run_rules
from engine.procedures.subject import Subject
from engine.publishing.decision_tests import check_tests
from engine.publishing.scenario_files import names_of, read_scenario

#: What the interpreter says about a diagram -> our rule that says the same with a suggestion.
_TWINS: Final = {
    "unknown-deadline": "due-deadline",
    "unknown-decision": "decision-exists",
    "unknown-process": "process-exists",
    "service-without-operator": "service-operator",
    "timer-without-time": "timer-text",
    "expression-invalid": "feel-compiles",
    "not-connected": "connected",
    "flow-to-nowhere": "connected",
    "script-without-result": "script-result",
    "script-without-expression": "script-result",
    "flow-without-condition": "gateway-conditions",
    "condition-is-ignored": "gateway-conditions",
    "duplicate-id": "element-ids",
    "element-without-id": "element-ids",
}


#: Characters of one message. Ids and names of strangers are as long as they like.
LONGEST_MESSAGE: Final = 1_000

#: What cannot be said once a file of that kind could not be read.
_NEEDED: Final = {"unknown-process": ".bpmn", "unknown-decision": ".dmn"}
#: What the check of decisions says about a file it could not read at all.
_UNREADABLE: Final = frozenset({"unsafe-file", "not-dmn"})


def check(files: Mapping[str, bytes]) -> list[Finding]:
    """All findings about the package in *files*, in the order of files and lines.

    Never raises: files of strangers are expected, and a check that fails is a finding ``rule-error``.
    """
    try:
        reading = read_files(files)
    except Exception as error:  # noqa: BLE001 -- whatever a stranger sends, the answer is a finding
        return [_failed("reader", error)]
    findings = [*reading.findings, *_heard("decisions", _decisions, reading)]
    unreadable = {one.file for one in findings if one.rule in _UNREADABLE}
    reading = replace(reading, lost=reading.lost | unreadable)
    findings += _heard("rules", lambda found: run_rules(_subject(found)), reading)
    findings += _heard("diagrams", _diagrams, reading)
    findings += _heard("scenarios", _scenarios, reading)
    findings += _heard("test rows", lambda found: check_tests(found.package), reading)
    said = map(_in_short, _said_once(findings))
    return sorted(said, key=lambda one: (one.file, one.line or 0, one.rule, one.message))


def coverage(package: Package) -> Coverage:
    """Which clauses are linked, excused or neither, and which elements no clause ordered."""
    return coverage_of(package, read_diagram(package.diagrams))


def _heard(name: str, look: Callable[[Reading], Iterable[Finding]], reading: Reading) -> list[Finding]:
    """What one check finds; one that fails must not hide what the others find."""
    try:
        return list(look(reading))
    except Exception as error:  # noqa: BLE001 -- whatever a stranger sends, the answer is a finding
        return [_failed(name, error)]


def _diagrams(reading: Reading) -> Iterable[Finding]:
    """What the interpreter says about the files that could be read."""
    package, lost = reading.package, reading.lost
    diagrams = {name: content for name, content in package.diagrams.items() if name not in lost}
    decisions = {name: content for name, content in package.decisions.items() if name not in lost}
    for finding in check_diagrams(replace(package, diagrams=diagrams, decisions=decisions)):
        needed = _NEEDED.get(finding.rule)
        if needed is None or not any(path.endswith(needed) for path in lost):
            yield finding


def _subject(reading: Reading) -> Subject:
    return Subject(
        package=reading.package,
        diagram=reading.diagram,
        decisions=decision_index(reading.package.decisions),
        lost=reading.lost,
    )


def _decisions(reading: Reading) -> Iterable[Finding]:
    for name, content in reading.package.decisions.items():
        yield from check_decisions(content, name)


def _scenarios(reading: Reading) -> Iterable[Finding]:
    if any(path.endswith(".bpmn") for path in reading.lost):  # their elements are only out of sight
        return []
    findings: list[Finding] = []
    names = names_of(reading.package, reading.diagram)
    for path, content in reading.package.files.items():
        if path.startswith("scenarios/"):
            read_scenario(path, content, names, findings)
    return findings


def _said_once(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without repetitions: the interpreter refuses by itself what several of our rules explain better."""
    unique = list({(one.file, one.line, one.element, one.message): one for one in findings}.values())
    lines = {(one.rule, one.file, line) for one in unique for line in (one.line, None)}
    elements = {(one.rule, one.file, one.element) for one in unique if one.element}
    return [
        one
        for one in unique
        if (twin := _TWINS.get(one.rule)) is None
        or ((twin, one.file, one.line) not in lines and (twin, one.file, one.element) not in elements)
    ]


def _in_short(finding: Finding) -> Finding:
    """The finding with a message somebody can read, whatever ids and texts the file has; the way out stands last."""
    if len(finding.message) <= LONGEST_MESSAGE:
        return finding
    half = LONGEST_MESSAGE // 2
    return replace(finding, message=f"{finding.message[:half]} … {finding.message[-half:]}")


def _failed(name: str, error: Exception) -> Finding:
    message = f"expected the check of {name} to look through the package, found it failed: {error!r}; report this"
    return Finding("rule-error", Severity.ERROR, message, "", params={"rule": name})
