"""A process is named that the diagrams do not have or do not let run: no case could start or go on."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_at, error_in
from engine.procedures.words import way_out

NEEDS = ("procedure.toml", ".bpmn")
FILE = "procedure.toml"


def check(subject: Subject) -> Iterator[Finding]:
    package = subject.package
    named: list[tuple[tuple[str, ...], str]] = [(("process",), package.process)]
    named += [(("schedules", id_, "process"), schedule.process) for id_, schedule in package.schedules.items()]
    named += [(("triggers", id_, "process"), trigger.process) for id_, trigger in package.triggers.items()]
    for path, process in named:
        if problem := _problem(subject, process):
            yield error_in(subject, FILE, f"expected {'.'.join(path)} to name a process, found {problem}", *path)
    for call in subject.diagram.of_kind("callActivity"):
        if problem := _problem(subject, call.called):
            yield error_at(call, f"expected {call.id} to call a process, found {problem}")


def _problem(subject: Subject, process: str) -> str:
    processes = subject.diagram.processes
    if process not in processes:
        return f'"{process}"{way_out(process, processes)}'
    if not processes[process].executable:
        return f'"{process}", which is not executable; set isExecutable="true"'
    return ""
