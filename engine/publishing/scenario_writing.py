"""A scenario as a file, and what a run has shown as what the next one has to show again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.interpreter import CaseStatus
from engine.procedures.toml_tables import written_value
from engine.publishing.running import Run, ScenarioResult
from engine.publishing.scenario import Action, Ending, Expectation, Scenario, ScenarioStep


def scenario_as_toml(scenario: Scenario) -> bytes:
    """The file that `read_scenario` reads as *scenario*."""
    start = scenario.start
    lines = [f"title = {written_value(scenario.title)}", *_texts("clauses", scenario.clauses)]
    lines += _texts("plays", scenario.plays)
    lines += _texts("process", scenario.process)
    lines += ["", "[start]", f"at = {start.at.isoformat()}"]
    lines += [*_texts("by", start.by), *_texts("schedule", start.schedule)]
    lines += [*_texts("trigger", start.trigger), *_texts("event", start.event)]
    lines += [f"refused = {written_value(list(start.refused))}"] if start.refused is not None else []
    lines += [*_table("start.form", start.form), *_table("start.data", start.data), *_table("start.mail", start.mail)]
    expected = list(_expectation(start.expect))
    lines += ["", "[start.expect]", *expected] if expected else []
    for step in scenario.steps:
        lines += _step(step)
    if scenario.end:
        lines += ["", "[end]", f"outcome = {written_value(scenario.end.outcome)}"]
        if scenario.end.path is not None:
            lines.append(f"path = {written_value(list(scenario.end.path))}")
        lines += _expectation(scenario.end.expect)
    return ("\n".join(lines) + "\n").encode()


def expecting_what_happened(scenario: Scenario, run: Run, result: ScenarioResult) -> Scenario:
    """The scenario with the open tasks and letters behind each step, and the end where the case has ended.

    One whose start is refused opens no case and expects nothing more.
    """
    if scenario.start.refused is not None:
        return scenario
    begun, *later = (Expectation(open=tuple(map(element_of, done.open)), sent=done.sent) for done in result.steps)
    steps = tuple(replace(step, expect=found) for step, found in zip(scenario.steps, later, strict=True))
    last = run.last
    ended = last is not None and last.status is CaseStatus.COMPLETED
    end = Ending(outcome=last.outcome, path=tuple(run.path)) if ended and last is not None else None
    return replace(scenario, start=replace(scenario.start, expect=begun), steps=steps, end=end)


def element_of(key: str) -> str:
    """The element of a task's key, e.g. ``fix`` of ``returns#1/fix#2``."""
    return key.rsplit("#", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]


def _step(step: ScenarioStep) -> Iterator[str]:
    yield from ("", "[[step]]")
    if step.action is not Action.WAIT:
        yield f"{step.action} = {written_value(step.name)}"
        yield from (f"after = {written_value(_duration(step))}",) if step.after else ()
        yield from (f"at = {step.at.isoformat()}",) if step.at else ()
    elif step.at:
        yield f"until = {step.at.isoformat()}"
    else:
        yield f"wait = {written_value(_duration(step))}"
    yield from _texts("by", step.by)
    if step.refused is not None:
        yield f"refused = {written_value(list(step.refused))}"
    yield from _table("step.with", step.answers)
    yield from _table("step.correlation", step.correlation)
    yield from _table("step.result", step.result)
    expected = list(_expectation(step.expect))
    yield from ("", "[step.expect]", *expected) if expected else ()


def _expectation(expect: Expectation) -> Iterator[str]:
    lists: Sequence[tuple[str, Sequence[str] | None]] = (
        ("open", expect.open),
        ("overdue", expect.overdue),
        ("met", expect.met or None),
        ("late", expect.late),
        ("sent", expect.sent),
    )
    yield from (f"{key} = {written_value(list(names))}" for key, names in lists if names is not None)
    yield from (f"data = {written_value(dict(expect.data))}",) if expect.data else ()
    yield from (f"groups = {written_value(dict(expect.groups))}",) if expect.groups else ()


def _duration(step: ScenarioStep) -> str:
    seconds = round(step.after.total_seconds()) if step.after else 0
    return f"PT{seconds}S"


def _texts(key: str, value: str | Sequence[str]) -> Iterator[str]:
    if value:
        yield f"{key} = {written_value(value if isinstance(value, str) else list(value))}"


def _table(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    if values:
        yield from ("", f"[{name}]")
        yield from (f"{_key(key)} = {written_value(value)}" for key, value in values.items() if value is not None)


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "a").replace("-", "a").isalnum() else written_value(name)
