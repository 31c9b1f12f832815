"""A user task is in no group's hands: its lane is bound to no group, so nobody would see the task."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.diagram import Element
from engine.procedures.subject import Subject, error_at, error_in
from engine.procedures.words import some, suggestion

NEEDS = ("procedure.toml", ".bpmn")


def check(subject: Subject) -> Iterator[Finding]:
    bound, lanes = subject.package.lanes, subject.diagram.lanes
    for lane in bound:
        if lane not in lanes:
            message = f'expected [lanes] to name lanes of the diagrams, found "{lane}"{suggestion(lane, lanes)}'
            yield error_in(subject, "procedure.toml", message, "lanes", lane)
    homeless: dict[str, list[Element]] = {}
    for task in subject.diagram.of_kind("userTask"):
        if not task.properties.get("group") and task.lane not in bound:
            homeless.setdefault(task.lane, []).append(task)
    for lane, tasks in homeless.items():
        found = f"lane {lane}, which is bound to none; bind it under [lanes] or" if lane else "no lane; draw one or"
        message = (
            f"expected user task {some(task.id for task in tasks)} to belong to a group, found it in {found} "
            "give the task the property group"
        )
        yield error_at(tasks[0], message)
