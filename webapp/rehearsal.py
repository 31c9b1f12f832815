"""A draft tried out: the draft ready to run, and a run of it as pages show it.

A run is nothing but a scenario that grows: every press plays it again from its start, which takes milliseconds, so
there is nothing to keep, to clean up or to take back. No case comes of it, and no letter leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from flask import url_for

from engine.commands.schedules import next_time
from engine.deployments import Deployment
from engine.findings import Finding
from engine.forms import Form, NumberField, YesNoField
from engine.interpreter import CaseStatus, ClockStatus, OpenTask
from engine.procedures import Package, calendars_of, package_from_files
from engine.procedures.diagram import read_diagram
from engine.publishing.running import CUSTOMER, SEND_LETTER, Run, ScenarioResult, Stage, run_through
from engine.publishing.scenario import PUBLIC, Action, Scenario, ScenarioStep, Start
from engine.publishing.scenario_files import Names, names_of, read_scenario
from engine.publishing.scenario_writing import element_of, scenario_as_toml
from engine.text import enumerated
from webapp.case_view import case_status, group_names
from webapp.data_words import data_words
from webapp.diagrams import element_names
from webapp.presentation import full_instant
from webapp.shell import current_translator, language, reader, words


@dataclass(frozen=True)
class Rehearsed:
    """A draft that can be run."""

    deployment: Deployment
    stage: Stage
    names: Names

    @property
    def package(self) -> Package:
        return self.deployment.package

    def read(self, path: str, content: bytes) -> tuple[Scenario | None, list[Finding]]:
        findings: list[Finding] = []
        return read_scenario(path, content, self.names, findings), findings


def rehearsed(files: Mapping[str, bytes]) -> Rehearsed:
    """The draft in *files*, ready to run. Raises PackageRefused when it cannot be."""
    package = package_from_files(files)
    deployment = Deployment(0, 0, package)
    stage = Stage(package, deployment.definition, calendars_of(package.company))
    return Rehearsed(deployment, stage, names_of(package, read_diagram(package.diagrams)))


@dataclass(frozen=True)
class OtherStart:
    """A way in which a case of the draft begins without anybody registering it."""

    kind: str  #: "schedule" "trigger" "message" "signal" "mail"
    id: str  #: of the schedule or trigger, or of the start event
    name: str  #: in words
    next_at: datetime | None = None  #: when the calendar begins the next one

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    def start(self, at: datetime, brings: Mapping[str, Any], mail: Mapping[str, str]) -> Start:
        """The start of a scenario, with what comes along."""
        match self.kind:
            case "schedule":
                return Start(at=at, schedule=self.id)
            case "trigger":
                return Start(at=at, trigger=self.id, data=brings)
            case "mail":
                return Start(at=at, mail=mail)
            case _:
                return Start(at=at, event=self.id, data=brings)


def other_starts(draft: Rehearsed, *, now: datetime) -> list[OtherStart]:
    """The schedules, triggers, messages and signals that open cases of the draft, and mail where its form takes one."""
    package, definition = draft.package, draft.deployment.definition
    names = element_names(draft.deployment)
    calendar = draft.stage.calendars.own
    found = [
        OtherStart("schedule", each.id, words(each.title), next_time(each, calendar, after=now))
        for each in package.schedules.values()
    ]
    found += [OtherStart("trigger", each.id, words(each.title)) for each in package.triggers.values()]
    found += [
        OtherStart(entrance.trigger, entrance.element, names.get(entrance.element) or entrance.name)
        for entrance in definition.entrances
    ]
    if package.case.contact_mail or package.intake.text:
        found.append(OtherStart("mail", "", ""))
    return found


@dataclass(frozen=True)
class Played:
    """A scenario as far as it went."""

    draft: Rehearsed
    scenario: Scenario
    run: Run
    result: ScenarioResult

    def open_task(self, key: str) -> OpenTask | None:
        """The open task with that key; with "" the only one there is."""
        tasks = self.run.last.open_tasks if self.run.last else ()
        if not key and len(tasks) == 1:
            return tasks[0]
        return next((task for task in tasks if task.key == key), None)


def play(draft: Rehearsed, scenario: Scenario) -> Played:
    return Played(draft, scenario, *run_through(draft.stage, scenario))


def called(played: Played, task: OpenTask) -> str:
    """How a scenario names that task: by its element, by its key where several are open."""
    tasks = played.run.last.open_tasks if played.run.last else ()
    return task.element if sum(each.element == task.element for each in tasks) == 1 else task.key


def plain_answers(form: Form, raw: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed as a person would write it down: numbers and yes or no as such, nothing that was left empty."""
    typed = {part.id for part in form.fields if isinstance(part, NumberField | YesNoField)}
    return {
        name: data[name] if name in typed and data.get(name) is not None else value
        for name, value in raw.items()
        if name in data and value not in ("", [], None)
    }


def played_view(played: Played, procedure: str, *, chosen: OpenTask | None) -> dict[str, Any]:
    """What templates/trial.html asks for about a run."""
    run, package = played.run, played.draft.package
    zone = played.draft.deployment.time_zone
    look, names = reader(zone), element_names(played.draft.deployment)
    groups = group_names(played.draft.deployment)

    def at(instant: datetime) -> str:
        return full_instant(instant, reader=look)

    last = run.last
    tasks = last.open_tasks if last else ()
    status = case_status(str(last.status), package.element_names.get(last.outcome, {})) if last else ("", "")
    return {
        "now": at(run.now),
        "at": f"{run.now.astimezone(zone):%Y-%m-%dT%H:%M}",
        "status": status,
        "ended": last is not None and last.status is not CaseStatus.OPEN,
        "tasks": [
            SimpleNamespace(
                key=task.key,
                name=names.get(task.element, task.element),
                group=groups.get(task.group, task.group),
                due=_due(played, task, at),
                chosen=chosen is not None and task.key == chosen.key,
            )
            for task in tasks
        ],
        "clocks": [
            SimpleNamespace(
                title=words(package.deadlines[clock.deadline].title),
                words=_clock_words(clock.status, late=_is_late(clock.due_at, run.now)),
                tone=_clock_tone(clock.status, late=_is_late(clock.due_at, run.now)),
                due=at(clock.due_at) if clock.due_at else "",
            )
            for clock in run.clocks.values()
            if clock.deadline in package.deadlines
        ],
        "waits": _waits(played),
        "letters": [
            SimpleNamespace(
                step=letter.step,
                to=current_translator().gettext("the customer")
                if letter.to == CUSTOMER
                else groups.get(letter.to, letter.to),
                subject=letter.content.subject,
                body=letter.content.body,
            )
            for letter in reversed(run.written)
        ],
        "steps": [
            SimpleNamespace(
                number=done.number,
                what=_step_words(played, done.number, names),
                at=at(done.at),
                open=enumerated((names.get(element_of(key), key) for key in done.open), language()),
            )
            for done in reversed(played.result.steps)
        ],
        "lines": _lines(played),
        "diagram": _diagram(played, procedure, names),
        "so_far": scenario_as_toml(played.scenario).decode(),
    }


def _due(played: Played, task: OpenTask, at: Any) -> str:
    found = [clock for (name, _), clock in played.run.clocks.items() if name == task.deadline]
    return at(found[-1].due_at) if found and found[-1].due_at else ""


def _is_late(due: datetime | None, now: datetime) -> bool:
    return due is not None and due < now


def _clock_words(status: ClockStatus, *, late: bool) -> str:
    gettext = current_translator().gettext
    return {
        ClockStatus.RUNNING: gettext("overdue") if late else gettext("running"),
        ClockStatus.PAUSED: gettext("paused"),
        ClockStatus.MET: gettext("kept in time"),
        ClockStatus.LATE: gettext("late"),
        ClockStatus.CANCELLED: gettext("no longer needed"),
    }[status]


def _clock_tone(status: ClockStatus, *, late: bool) -> str:
    return (
        "bad"
        if status is ClockStatus.LATE or (late and status is ClockStatus.RUNNING)
        else ("ok" if status is ClockStatus.MET else "")
    )


def _waits(played: Played) -> list[SimpleNamespace]:
    """What comes from outside: answers of services, messages and signals the case listens for."""
    run = played.run
    services = [
        SimpleNamespace(kind="service", name=request.operator, element=request.element)
        for request in run.pending.values()
        if request.operator != SEND_LETTER
    ]
    heard = [
        SimpleNamespace(kind=each.trigger, name=each.name, element=each.element)
        for each in (run.last.awaited if run.last else ())
    ]
    return [*services, *{(each.kind, each.name): each for each in heard}.values()]


def _step_words(played: Played, number: int, names: Mapping[str, str]) -> str:
    gettext = current_translator().gettext
    if number == 0:
        return _start_words(played.scenario.start)
    step: ScenarioStep = played.scenario.steps[number - 1]
    sentences = {
        Action.WAIT: gettext("Time passes"),
        Action.SERVICE: gettext("The service %(name)s answers"),
        Action.MESSAGE: gettext("The message %(name)s arrives"),
        Action.SIGNAL: gettext("The signal %(name)s is heard"),
    }
    if step.action is Action.TASK:
        element = element_of(step.name)
        return names.get(element, element)
    return sentences[step.action] % {"name": step.name}


def _start_words(start: Start) -> str:
    gettext = current_translator().gettext
    if start.schedule:
        return gettext("The calendar opens a case")
    if start.trigger:
        return gettext("What many cases show opens a case")
    if start.event:
        return gettext("A message opens a case")
    if start.mail:
        return gettext("A mail opens a case")
    return gettext("The customer opens a case") if start.by == PUBLIC else gettext("A case is opened")


def _lines(played: Played) -> list[tuple[str, str]]:
    package, last = played.draft.package, played.run.last
    if last is None:
        return []
    found = data_words(
        package.forms.values(),
        groups=group_names(played.draft.deployment),
        lists=played.draft.deployment.lists,
        language=language(),
    )
    return [
        (found.label(name) or name, found.value(name, value))
        for name, value in last.data.items()
        if value not in (None, "", [])
    ]


def _diagram(played: Played, procedure: str, names: Mapping[str, str]) -> SimpleNamespace:
    """The drawing of what is open now, else of the procedure's own process, with the way walked so far."""
    definition, last = played.draft.deployment.definition, played.run.last
    active = [task.element for task in last.open_tasks] if last else []
    own = next((each.file for each in definition.elements.values() if each.process == played.draft.package.process), "")
    file = next((definition.elements[each].file for each in active if each in definition.elements), own)
    sentence = current_translator().gettext("Open now: %(steps)s")
    return SimpleNamespace(
        xml_url=url_for("drafts.file", procedure=procedure, file=file),
        names=names,
        done=sorted(played.result.walked - set(active)),
        active=active,
        late=[],
        words=sentence % {"steps": enumerated((names.get(each, each) for each in active), language())},
        choices=[],
    )
