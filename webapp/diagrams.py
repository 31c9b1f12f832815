"""The drawings of a case: of its own process and of those it calls, which one to show, and what is marked in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Final

from flask import url_for

from engine.deployments import Deployment
from engine.errors import NotFound
from engine.queries.cases import Case, CaseTask
from engine.text import enumerated
from webapp.shell import current_translator, language, words

_CALL: Final = "callActivity"


def diagram_of(case: Case, *, now: datetime, file: str = "") -> SimpleNamespace:
    """Where the case stands, for the drawing and in one sentence.

    *file* names the drawing to show; one that the procedure does not have, or "", shows the first of ``files_of``.
    """
    files = files_of(case)
    shown = file if file in files else files[0]
    open_tasks = [task for task in case.tasks if task.status == "open"]
    active = {element for task in open_tasks for element in _marked(case.deployment, task)}
    done = {e for task in case.tasks if task.status == "completed" for e in _marked(case.deployment, task)}
    late = {e for task in open_tasks if task.due_at and task.due_at < now for e in _marked(case.deployment, task)}
    gettext = current_translator().gettext
    steps = enumerated((words(task.name) for task in open_tasks), language())
    sentence = gettext("Open now: %(steps)s") % {"steps": steps} if steps else gettext("The case is closed.")
    return SimpleNamespace(
        xml_url=url_for("cases.diagram", number=case.number, file=shown),
        names=element_names(case.deployment),
        done=sorted(done - active),
        active=sorted(active),
        late=sorted(late),
        words=sentence,
        choices=_choices(case, files, shown),
    )


def files_of(case: Case) -> list[str]:
    """The drawings of the case's procedure: those with an open step first, then its own process, then the others.

    The step opened last decides which is the very first: some stay open all the time, to suspend a case for instance.
    Among the others, those the case has been in come first.
    """
    elements = case.deployment.definition.elements
    opened = [file_with(case, task.element) for task in reversed(case.tasks) if task.status == "open"]
    visited = [file_with(case, task.element) for task in case.tasks]
    own = next((e.file for e in elements.values() if e.process == _process(case)), "")
    known = case.deployment.package.diagrams
    wanted = [*opened, own, *visited, *sorted(known)]
    return [file for file in dict.fromkeys(wanted) if file in known]


def file_with(case: Case, element: str) -> str:
    """The drawing that holds *element*, "" when the procedure has no such element."""
    found = case.deployment.definition.elements.get(element)
    return found.file if found else ""


def drawing(case: Case, file: str) -> bytes:
    """The BPMN of one drawing, "" = the first of ``files_of``. Raises NotFound for a file of no drawing."""
    if file and file not in case.deployment.package.diagrams:
        raise NotFound("diagram", file)
    return case.deployment.package.diagrams[file or files_of(case)[0]]


def element_names(deployment: Deployment) -> Mapping[str, str]:
    """Names of everything drawn, in the reader's language; a pool is named like the process inside it."""
    package = deployment.package
    names = {element: words(name) for element, name in package.element_names.items()}
    pools = {f"pool_{process}": names.get(process, drawn) for process, drawn in deployment.definition.processes.items()}
    return names | pools | {f"pool_{package.process}": words(package.title)}


def file_names(deployment: Deployment) -> Mapping[str, str]:
    """What each drawing is called, by file: the names of the processes in it, in the reader's language."""
    names = element_names(deployment)
    processes: dict[str, dict[str, str]] = {}
    for element in deployment.definition.elements.values():
        processes.setdefault(element.file, {})[element.process] = names.get(f"pool_{element.process}", element.process)
    return {file: enumerated(found.values(), language()) for file, found in processes.items()}


def _choices(case: Case, files: list[str], shown: str) -> list[SimpleNamespace]:
    """One entry a drawing; none where the procedure has a single one."""
    if len(files) == 1:
        return []
    names = file_names(case.deployment)
    opened = {file_with(case, task.element) for task in case.tasks if task.status == "open"}
    return [
        SimpleNamespace(
            name=names.get(file, file),
            url=url_for("cases.show", number=case.number, diagram=file, _anchor="progress"),
            shown=file == shown,
            open=file in opened,
        )
        for file in files
    ]


def _marked(deployment: Deployment, task: CaseTask) -> list[str]:
    """The task's element and the calls that led to it: each of them is open, or done, in its own drawing."""
    calls = task.key.rsplit("#", 1)[0].split("/")[:-1]
    elements = deployment.definition.elements
    return [task.element, *(call for call in calls if call in elements and elements[call].kind == _CALL)]


def _process(case: Case) -> str:
    """The process the case runs; a schedule may start another one than the procedure's own."""
    elements = case.deployment.definition.elements
    if not case.tasks:
        return case.deployment.package.process
    outermost = elements.get(case.tasks[0].key.rsplit("#", 1)[0].split("/")[0])
    return outermost.process if outermost else case.deployment.package.process
