"""A user task is in no group's hands: its lane is bound to no group, so nobody would see the task."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_at, error_in
from engine.procedures.words import suggestion

NEEDS = ("procedure.toml", ".bpmn")


def check(subject: Subject) -> Iterator[Finding]:
    bound, lanes = subject.package.lanes, subject.diagram.lanes
    for lane in bound:
        if lane not in lanes:
            message = f'expected [lanes] to name lanes of the diagrams, found "{lane}"{suggestion(lane, lanes)}'
            yield error_in(subject, "procedure.toml", message, "lanes", lane)
    for task in subject.diagram.of_kind("userTask"):
        if task.properties.get("group") or task.lane in bound:
            continue
        found = f"lane {task.lane}, which is bound to none" if task.lane else "no lane"
        message = (
            f"expected user task {task.id} to belong to a group, found it in {found}; "
            "bind the lane under [lanes] or give the task the property group"
        )
        yield error_at(task, message)
