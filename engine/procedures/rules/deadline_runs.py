"""A deadline never starts or never stops: it would watch nothing, or call every case late."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_in, is_expression, warning_in

NEEDS = ("procedure.toml", ".bpmn")


def check(subject: Subject) -> Iterator[Finding]:
    elements = subject.diagram.elements.values()
    due = {element.properties.get("due", "") for element in elements}
    if any(is_expression(text) for text in due):  # which deadlines such a task names is known only while it runs
        return
    timers = {element.timer.text.strip("\"'") for element in elements if element.timer}
    for id_, rule in subject.package.deadlines.items():
        if id_ in due or rule.words_only:
            continue
        if rule.runs_from and not rule.runs_until:
            message = (
                f"expected deadline {id_} to stop somewhere, found no runs_until and no task that is due by it; add one"
            )
            yield error_in(subject, "procedure.toml", message, "deadlines", id_)
        elif not rule.runs_from and id_ not in timers:
            message = f"expected something to use deadline {id_}, found no runs_from, task or timer; use or remove it"
            yield warning_in(subject, "procedure.toml", message, "deadlines", id_)
