"""Scenarios on virtual time: the real interpreter, the real forms and the real calendar, without a database.

A scenario is judged step by step and stops at its first surprise, because what follows would only repeat it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.calendars import Calendars
from engine.errors import EngineError, FieldError
from engine.findings import Finding
from engine.forms import Answers, FilesField, Form, StoredFile, validate
from engine.interpreter import (
    CaseStatus,
    ClockState,
    ClockStatus,
    CompleteService,
    CompleteUserTask,
    Definition,
    Fact,
    FactKind,
    OpenTask,
    ReceiveMessage,
    ReceiveSignal,
    Request,
    ServiceRequest,
    StartCase,
    Step,
    TaskKey,
    WakeUp,
    advance,
    compile_definition,
    task_data,
)
from engine.procedures.company import calendars_of
from engine.procedures.diagram import read_diagram
from engine.procedures.intake import option_lists, received_at, said_by_mail
from engine.procedures.letters import RenderedLetter, render_letter
from engine.procedures.package import Package
from engine.procedures.words import listed, suggestion, way_out
from engine.publishing.scenario import MAIL_KEYS, PUBLIC, Action, Ending, Expectation, Scenario, ScenarioStep, Start
from engine.publishing.scenario_files import names_of, read_scenario
from engine.text import in_language

#: Timers and clocks that may fire in one scenario; a year of hourly reminders is 8,760.
MAX_WAKES: Final = 10_000
#: Letters that one request may cause.
MAX_LETTERS: Final = 1_000
#: The service that answers itself.
SEND_LETTER: Final = "send_letter"
_CASE_NUMBER: Final = "SCENARIO-1"
#: The word in ``start.groups`` for everyone of the company.
EVERYONE: Final = "*"
#: The addressee of letters that is no group.
CUSTOMER: Final = "customer"
_FILE_BYTES: Final = 1_000
_NO_TIME: Final = timedelta()
_WALKED: Final = frozenset({FactKind.ENTERED, FactKind.FLOW})


@dataclass(frozen=True, slots=True)
class StepResult:
    """How the case stood after a step that went as expected."""

    number: int  #: 0 is the start
    action: str
    at: datetime
    open: tuple[str, ...]  #: keys of open user tasks
    sent: tuple[str, ...] = ()  #: letters that left in this step


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """A letter as it would have left."""

    step: int  #: 0 is the start
    letter: str
    to: str  #: group or CUSTOMER
    content: RenderedLetter


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario. *error* is "" when it passed; else it names the step, what was expected and what was found."""

    file: str
    title: str
    clauses: tuple[str, ...]
    passed: bool
    error: str
    steps: tuple[StepResult, ...]
    facts: tuple[Fact, ...] = ()  #: everything that happened, in order
    numbers: Mapping[str, frozenset[Decimal]] = field(default_factory=dict)  #: name -> what it stood for

    @property
    def walked(self) -> frozenset[str]:
        """Elements entered and flows taken."""
        return frozenset(fact.element for fact in self.facts if fact.kind in _WALKED)


def run_scenarios(package: Package) -> list[ScenarioResult]:
    """The result of every scenario of *package*, in the order of their files. Raises PackageRefused."""
    return [result for _, result in scenario_runs(package)]


def scenario_runs(package: Package) -> Iterator[tuple[Run | None, ScenarioResult]]:
    """The same, each with its run; None where the file is no scenario. Raises PackageRefused."""
    files = {path: content for path, content in package.files.items() if path.startswith("scenarios/")}
    if not files:
        return
    stage = Stage(package, compile_definition(package), calendars_of(package.company))
    names = names_of(package, read_diagram(package.diagrams))
    for path, content in sorted(files.items()):
        findings: list[Finding] = []
        scenario = read_scenario(path, content, names, findings)
        if scenario is None:
            problems = "; ".join(f"line {finding.line or '?'}: {finding.message}" for finding in findings)
            yield None, ScenarioResult(path, path, (), passed=False, error=problems, steps=())
        else:
            yield run_through(stage, scenario)


@dataclass(frozen=True, slots=True)
class Stage:
    """What all scenarios of a package share."""

    package: Package
    definition: Definition
    calendars: Calendars

    def answers(self, form: Form, raw: Mapping[str, Any], *, given: Mapping[str, Any], now: datetime) -> Answers:
        """What *form* makes of the answers *raw* to somebody who fills it in at *now*."""
        return validate(
            form,
            raw,
            given=given,
            today=now.astimezone(self.calendars.time_zone).date(),
            lists=option_lists(self.package.company),
            files=named_files(form, raw),
            zone=self.calendars.time_zone,
        )


def run_through(stage: Stage, scenario: Scenario) -> tuple[Run, ScenarioResult]:
    """The run of one scenario as it stands at its end, or before its first surprise, and the result."""
    run = Run(stage, scenario.start.at)
    done: list[StepResult] = []
    place, error = "start", ""
    try:
        if scenario.start.refused is None:
            run.start(scenario)
            run.check(scenario.start.expect)
            done.append(run.result(0, "start"))
        else:
            run.start_refused(scenario)
        for step in scenario.steps:
            place = str(step)
            run.carry_out(step)
            done.append(run.result(step.number, str(step.action)))
        place = "end"
        if scenario.end:
            run.check_end(scenario.end)
    except _Surprise as surprise:
        error = f"{place}: {surprise}"
    except EngineError as refusal:
        error = f"{place}: {refusal}"
    return run, ScenarioResult(
        scenario.file,
        scenario.title,
        scenario.clauses,
        not error,
        error,
        tuple(done),
        facts=tuple(fact for *_, step in run.asked for fact in step.facts),
        numbers=_numbers(step.data for *_, step in run.asked),
    )


def _numbers(seen: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[Decimal]]:
    numbers: dict[str, set[Decimal]] = defaultdict(set)
    for data in seen:
        for name, value in data.items():
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                numbers[name].add(Decimal(str(value)))
    return {name: frozenset(values) for name, values in numbers.items()}


class _Surprise(Exception):
    """Something is not as the scenario says; the message holds what was expected and what was found."""


@dataclass(slots=True)
class Run:
    """One case on its way through one scenario."""

    stage: Stage
    now: datetime
    last: Step | None = None
    clocks: dict[tuple[str, int], ClockState] = field(default_factory=dict)
    pending: dict[TaskKey, ServiceRequest] = field(default_factory=dict)  #: services that wait for an answer
    path: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)  #: letters since the step before
    written: list[WrittenLetter] = field(default_factory=list)  #: all of them
    asked: list[tuple[Request, datetime, Step]] = field(default_factory=list)  #: what was asked when, and what followed
    number: int = 0  #: of the step that is carried out
    wakes: int = 0  #: how often something fired so far

    def start(self, scenario: Scenario) -> None:
        start, package = scenario.start, self.stage.package
        if start.schedule:
            schedule = package.schedules[start.schedule]
            title = in_language(schedule.title, package.company.language)
            self._ask(StartCase({package.case.title: title}, process=schedule.process))
        elif start.trigger:
            trigger = package.triggers[start.trigger]
            title = in_language(trigger.title, package.company.language)
            self._ask(StartCase({package.case.title: title, **start.data}, process=trigger.process))
        elif start.event:
            process = self.stage.definition.elements[start.event].process
            self._ask(StartCase(start.data, process=process, event=start.event))
        elif scenario.process and scenario.process != package.process:
            self._ask(StartCase(start.data, process=scenario.process))
        elif start.mail:
            mail = {key: start.mail.get(key, "") for key in MAIL_KEYS}
            self._ask(StartCase(said_by_mail(package, **mail)))
        else:
            data = self._intake(start)
            self._ask(StartCase(data, received_at=received_at(package, data, now=self.now)))

    def start_refused(self, scenario: Scenario) -> None:
        """Raises _Surprise unless the form refuses exactly the fields that the scenario says."""
        start = scenario.start
        if scenario.steps or scenario.end:
            raise _Surprise("expected nothing behind a start that is refused, found steps or an end")
        errors = self._answers(self._intake_form(start), start.form, {}).errors
        _same("refused fields", start.refused, [error.field for error in errors])

    def carry_out(self, step: ScenarioStep) -> None:
        self.sent, self.number = [], step.number
        self._let_time_pass(step)
        match step.action:
            case Action.TASK:
                self._complete_task(step)
            case Action.SERVICE:
                self._answer_service(step)
            case Action.MESSAGE:
                self._ask(ReceiveMessage(step.name, step.correlation, step.answers))
            case Action.SIGNAL:
                self._ask(ReceiveSignal(step.name, step.answers))
            case Action.WAIT:
                pass
        self.check(step.expect)

    def _intake(self, start: Start) -> dict[str, Any]:
        return self._validated(self._intake_form(start), start.form, given={})

    def _intake_form(self, start: Start) -> str:
        """The form that *start* fills in. Raises _Surprise where nobody gives it to them."""
        begin, public = self.stage.package.start, start.by == PUBLIC
        if public and not begin.public:
            raise _Surprise("expected start.public = true in procedure.toml, found that customers cannot file one")
        if not public and EVERYONE not in begin.groups and not self._groups_of(start.by) & set(begin.groups):
            raise _Surprise(f"expected {start.by} to be in {listed(begin.groups)}, who may register a case, found not")
        return (begin.public_form if public else "") or begin.form

    def _complete_task(self, step: ScenarioStep) -> None:
        task = self._open_task(step.name)
        if task.group and task.group not in self._groups_of(step.by):
            raise _Surprise(
                f"expected {step.by} to be in group {task.group}, to which {task.element} belongs, found not"
            )
        if step.refused is None:
            data = self._validated(task.form, step.answers, given=self.seen_by(task)) if task.form else {}
            self.path.append(task.element)
            self._ask(CompleteUserTask(task.key, data))
        else:
            errors = self._answers(task.form, step.answers, self.seen_by(task)).errors if task.form else ()
            _same("refused fields", step.refused, [error.field for error in errors])

    def seen_by(self, task: OpenTask) -> Mapping[str, Any]:
        """The case's data as that task has them before it."""
        stage = self.stage
        return task_data(stage.definition, self._step.state, task.key, now=self.now, calendars=stage.calendars)

    def _answer_service(self, step: ScenarioStep) -> None:
        waiting = [key for key, request in self.pending.items() if request.operator == step.name]
        if not waiting:
            found = listed(request.operator for request in self.pending.values()) or "none"
            raise _Surprise(f"expected an open request of {step.name}, found {found}")
        del self.pending[waiting[0]]
        self._ask(CompleteService(waiting[0], step.result))

    def _let_time_pass(self, step: ScenarioStep) -> None:
        """Fire what is due until the step's instant, each at its own instant, as the worker would."""
        target = self._instant_of(step)
        while (due := self._next_wake()) is not None and due <= target:
            self.wakes += 1
            if self.wakes > MAX_WAKES:
                raise _Surprise(
                    f"expected at most {MAX_WAKES} timers and clocks to fire, found more by {due.isoformat()}"
                )
            self.now = max(self.now, due)
            self._ask(WakeUp())
            if self._next_wake() == due:
                raise _Surprise(f"expected what is due at {due.isoformat()} to fire, found it still due")
        self.now = target

    def _next_wake(self) -> datetime | None:
        """When something is due next, in the company's time, which authors of scenarios think in."""
        due = self._step.next_wake
        return due.astimezone(self.stage.calendars.time_zone) if due else None

    def _instant_of(self, step: ScenarioStep) -> datetime:
        try:
            target = step.at or self.now + (step.after or _NO_TIME)
        except OverflowError:
            raise _Surprise(f"expected an instant within the calendar, found {step.after} later") from None
        if target < self.now:
            raise _Surprise(f"expected an instant not before {self.now.isoformat()}, found {target.isoformat()}")
        return target

    @property
    def _step(self) -> Step:
        assert self.last is not None, "a run begins with its start"
        return self.last

    def _ask(self, request: Request) -> None:
        self._take(request)
        for _ in range(MAX_LETTERS):
            letter = next((found for found in self.pending.values() if found.operator == SEND_LETTER), None)
            if letter is None:
                return
            self._send(letter)
        raise _Surprise(f"expected at most {MAX_LETTERS} letters, found more; look for a loop around a letter")

    def _take(self, request: Request) -> None:
        state = self.last.state if self.last else None
        step = advance(self.stage.definition, state, request, now=self.now, calendars=self.stage.calendars)
        if step.fault:
            fault = step.fault
            raise _Surprise(f"expected the procedure to go on, found {fault.code} at {fault.element}: {fault.message}")
        self.last = step
        self.asked.append((request, self.now, step))
        self.pending.update({asked.key: asked for asked in step.requests})
        for key in step.cancelled_requests:
            self.pending.pop(key, None)
        self.clocks.update({(clock.deadline, clock.round): clock for clock in step.clocks})

    def _send(self, request: ServiceRequest) -> None:
        """Render the letter as it would be sent, and answer at once."""
        package = self.stage.package
        name, to = (str(request.parameters.get(key)) for key in ("letter", "to"))
        if name not in package.letters:
            hint = way_out(name, package.letters)
            raise _Surprise(f'expected {request.element} to send a letter of the package, found "{name}"{hint}')
        if to not in {"customer", *package.company.groups}:
            known = ["customer", *package.company.groups]
            raise _Surprise(
                f'expected {request.element} to send to the customer or a group, found "{to}"{way_out(to, known)}'
            )
        values = {
            **request.parameters,
            "data": self._step.data,
            "number": _CASE_NUMBER,
            "company": in_language(package.company.name, package.company.language),
            "date": self.now.astimezone(self.stage.calendars.time_zone).date().isoformat(),
            "case_link": "",
        }
        content = render_letter(package.letters[name], package.company.language, values)
        self.sent.append(name)
        self.written.append(WrittenLetter(self.number, name, to, content))
        del self.pending[request.key]
        self._take(CompleteService(request.key, {"letter": name}))

    def _validated(self, form: str, raw: Mapping[str, Any], *, given: Mapping[str, Any]) -> dict[str, Any]:
        """The data of valid answers; raises _Surprise with everything that is wrong with them."""
        answers = self._answers(form, raw, given)
        if not answers.errors:
            return answers.data
        known = [part.id for part in self._form(form).fields]
        wrong = "; ".join(_described(error, known) for error in answers.errors)
        raise _Surprise(f"expected answers that form {form} accepts, found wrong: {wrong}")

    def _answers(self, form_id: str, raw: Mapping[str, Any], given: Mapping[str, Any]) -> Answers:
        return self.stage.answers(self._form(form_id), raw, given=given, now=self.now)

    def _form(self, form: str) -> Form:
        forms = self.stage.package.forms
        if form not in forms:
            raise _Surprise(f'expected the package to have the form "{form}", found none{way_out(form, forms)}')
        return forms[form]

    def _groups_of(self, by: str) -> set[str]:
        people = {person.login: set(person.groups) for person in self.stage.package.company.people}
        return people.get(by, {by})

    def _open_task(self, name: str) -> OpenTask:
        tasks = self._step.open_tasks
        wanted = [task for task in tasks if name in {task.element, task.key} or task.key.endswith(f"/{name}")]
        if len(wanted) == 1:
            return wanted[0]
        keys = listed(task.key for task in tasks) or "none"
        if not wanted:
            raise _Surprise(f"expected task {name} to be open, found open: {keys}")
        raise _Surprise(f"expected one open task {name}, found {listed(task.key for task in wanted)}; name one of them")

    def result(self, number: int, action: str) -> StepResult:
        open_keys = tuple(task.key for task in self._step.open_tasks)
        return StepResult(number, action, self.now, open_keys, tuple(self.sent))

    def check(self, expect: Expectation) -> None:
        """Raises _Surprise at the first thing that is not as expected."""
        tasks = self._step.open_tasks
        if expect.open is not None:
            keyed = any("#" in name for name in expect.open)
            _same("open tasks", expect.open, [task.key if keyed else task.element for task in tasks])
        if expect.overdue is not None:
            _same("overdue deadlines", expect.overdue, self._overdue())
        if expect.late is not None:
            _same("late deadlines", expect.late, self._deadlines(ClockStatus.LATE))
        for deadline in expect.met:
            self._check_met(deadline)
        if expect.sent is not None:
            _same("letters", expect.sent, self.sent)
        for name, value in expect.data.items():
            self._check_data(name, value)
        for name, group in expect.groups.items():
            _equal(f"the group of {name}", group, self._open_task(name).group)

    def check_end(self, end: Ending) -> None:
        """Raises _Surprise unless the case has ended as the scenario says."""
        step = self._step
        if step.status is CaseStatus.OPEN:
            waiting = [task.key for task in step.open_tasks] + [f"service {key}" for key in self.pending]
            raise _Surprise(
                f"expected the case to have ended by {end.outcome}, found it open at {listed(waiting) or 'an event'}"
            )
        _equal("the outcome", end.outcome, step.outcome)
        if end.path is not None:
            _equal("the path", listed(end.path), listed(self.path))
        self.check(end.expect)

    def _overdue(self) -> list[str]:
        running = (clock for clock in self.clocks.values() if clock.status is ClockStatus.RUNNING)
        return sorted({clock.deadline for clock in running if clock.due_at is not None and clock.due_at < self.now})

    def _deadlines(self, status: ClockStatus) -> list[str]:
        return sorted({clock.deadline for clock in self.clocks.values() if clock.status is status})

    def _check_met(self, deadline: str) -> None:
        rounds = {str(clock.status) for clock in self.clocks.values() if clock.deadline == deadline}
        stopped = rounds & {ClockStatus.MET, ClockStatus.LATE}
        if stopped != {ClockStatus.MET}:
            raise _Surprise(
                f"expected deadline {deadline} to be met, found it {listed(sorted(rounds)) or 'never started'}"
            )

    def _check_data(self, name: str, value: Any) -> None:
        data = self._step.data
        if name not in data:
            raise _Surprise(f"expected data.{name} to be {value!r}, found nothing{suggestion(name, data)}")
        _equal(f"data.{name}", value, data[name])


def _described(error: FieldError, known: list[str]) -> str:
    """A wrong answer in a message, e.g. ``phone (max_length 20)``."""
    limits = "".join(f" {value}" for value in error.params.values())
    return (
        f"{error.field} ({error.rule}{limits}){suggestion(error.field, known) if error.rule == 'unknown_field' else ''}"
    )


def named_files(form: Form, raw: Mapping[str, Any]) -> dict[str, StoredFile]:
    """Uploads for the file names that *raw* gives: scenarios name files that nobody has stored."""
    named = [raw.get(part.id) for part in form.fields if isinstance(part, FilesField)]
    names = [name for names in named if isinstance(names, list) for name in names if isinstance(name, str)]
    return {name: StoredFile(id=name, name=name, size=_FILE_BYTES, type="application/octet-stream") for name in names}


def _same(what: str, expected: Any, found: Any) -> None:
    """Raises _Surprise unless both have the same members, however ordered."""
    if sorted(expected) != sorted(found):
        raise _Surprise(f"expected {what} [{listed(sorted(expected))}], found [{listed(sorted(found))}]")


def _equal(what: str, expected: Any, found: Any) -> None:
    if expected != found:
        raise _Surprise(f"expected {what} to be {expected!r}, found {found!r}")
