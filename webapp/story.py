"""Cases that were lived through: scenarios of packages, played by the commands themselves at other times.

The demonstration's year and the tests of reports are made of them, so every number has a real case with a real history
behind it. Never used where real people work.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

import sqlalchemy as sa

from engine.commands import cases, user_tasks
from engine.commands.alerts import accept_alert, dismiss_alert
from engine.commands.attachments import receive, store
from engine.commands.customer_forms import fill_in
from engine.commands.site import Site
from engine.complaints import SCHEDULE, Actor
from engine.deployments import Deployment
from engine.errors import EngineError
from engine.findings import Finding
from engine.forms import FilesField, Form
from engine.jobs import Job
from engine.procedures.diagram import read_diagram
from engine.publishing.scenario import PUBLIC, Action, Scenario, ScenarioStep
from engine.publishing.scenario_files import names_of, read_scenario
from engine.queries.due import next_due
from engine.queries.people import person_by_login
from engine.tables import alerts
from engine.tables import cases as cases_table
from engine.tables import user_tasks as task_rows
from engine.text import in_language
from engine.worker import handlers
from engine.worker.tick import tick_sandbox

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PDF: Final = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_PNG: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe"
    "a7356981e50000000049454e44ae426082"
)
_A_MINUTE: Final = timedelta(minutes=1)
#: From the alert at six until somebody has read their inbox.
_A_MORNING: Final = timedelta(hours=4)


class VirtualClock:
    """Stands until it is told to move."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class HeldJobs:
    """Jobs that wait in memory until the story has time for them."""

    def __init__(self) -> None:
        self.waiting: list[Job] = []

    def put(self, _connection: sa.Connection, job: Job) -> None:
        if all(known.id != job.id for known in self.waiting):
            self.waiting.append(job)

    def unfinished(self, _connection: sa.Connection) -> list[Job]:
        return list(self.waiting)

    def statistics(self, _connection: sa.Connection) -> dict[str, int]:
        return {"waiting": len(self.waiting), "failed": 0}


@dataclass(frozen=True, slots=True)
class Play:
    """One scenario to be lived through."""

    company: str
    procedure: str
    scenario: Scenario
    starts_at: datetime
    pace: float = 1  #: how much longer than in the scenario everything takes
    answers: Mapping[str, Any] = field(
        default_factory=dict
    )  #: in place of the scenario's, wherever a form has the field


@dataclass(frozen=True, slots=True)
class Follow:
    """Cases that nobody plays, because an alert or a survey begins them: somebody does what one of *scenarios* says."""

    procedure: str
    scenarios: Sequence[Scenario]
    pace: tuple[float, float] = (1, 1)
    answers: Mapping[str, Sequence[Any]] = field(default_factory=dict)  #: one of each, as in a play
    unanswered: float = 0  #: share of the cases that nobody touches
    by_link: float = 0  #: share whose customer fills in, behind the link, what the procedure lets customers fill in


@dataclass(slots=True)
class _Living:
    """A play under way."""

    play: Play
    deployment: Deployment
    left: list[ScenarioStep]
    case_id: int = 0
    by_link: bool = False


class Story:
    """Plays of one company, all on one clock, in the order of their instants.

    What cannot be done as written — a task that is not open, an answer that a form refuses — ends that play: its case
    stays where it is, as happens in offices. *troubles* says why.
    """

    def __init__(self, site: Site, company: str, *, begins: datetime, seed: int = 1) -> None:
        self.clock, self.jobs = VirtualClock(begins), HeldJobs()
        self.site = replace(site, clock=self.clock, jobs=self.jobs)
        self.company = company
        self.random = Random(seed)  # noqa: S311 -- the same story every time, no secret
        self.troubles: list[str] = []
        self._agenda: list[tuple[datetime, int, _Living]] = []
        self._order = count()
        self._handlers = handlers(self.site)
        self._follows: dict[str, Follow] = {}
        self._met = 0  # the newest case that was looked at for somebody to follow
        self._reasons, self._decided, self._decide_until = tuple[str, ...](), 0, begins

    def add(self, play: Play) -> None:
        """Put *play* on the agenda."""
        with self.site.database.reading(self.company) as connection:
            deployment = self.site.deployments.current(connection, self.company, play.procedure)
        steps = [step for step in play.scenario.steps if step.action is Action.TASK and step.refused is None]
        self._put(play.starts_at, _Living(play, deployment, steps))

    def follow(self, follow: Follow) -> None:
        """Let somebody do the cases of that procedure that begin by themselves."""
        self._follows[follow.procedure] = follow

    def decide(self, reasons: Sequence[str], *, until: datetime) -> None:
        """Let alerts raised before *until* be decided: dismissed for the next of *reasons*, "" = accepted."""
        self._reasons, self._decide_until = tuple(reasons), until

    def tell(self, *, until: datetime) -> None:
        """Let everything happen that lies before *until*; the clock stands there at the end."""
        while self._agenda and self._agenda[0][0] < until:
            at, _, living = heapq.heappop(self._agenda)
            self._pass_time(at)
            try:
                self._go_on(living)
            except EngineError as error:
                self.troubles.append(f"{living.play.procedure}/{living.play.scenario.file}: {error}")
            self._do_jobs()
            self._decide_alerts()
            self._follow_new_cases()
        self._pass_time(until)

    def _follow_new_cases(self) -> None:
        if not self._follows:
            return
        c = cases_table.c
        new = (c.company_id == self.company, c.id > self._met)
        columns = (c.id, c.procedure, c.started_at, c.deployment_id)
        with self.site.database.reading(self.company) as connection:
            found = connection.execute(sa.select(*columns).where(*new).order_by(c.id)).all()
            deployments = {each.id: self.site.deployments.load(connection, each.deployment_id) for each in found}
        for row in found:
            self._met = row.id
            follow = self._follows.get(row.procedure)
            if follow is None or self.random.random() < follow.unanswered:
                continue
            scenario = self.random.choice(list(follow.scenarios))
            answers = {name: self.random.choice(values) for name, values in follow.answers.items()}
            pace = self.random.uniform(*follow.pace)
            play = Play(self.company, row.procedure, scenario, row.started_at, pace, answers)
            steps = [step for step in scenario.steps if step.action is Action.TASK and step.refused is None]
            living = _Living(play, deployments[row.id], steps, row.id, self.random.random() < follow.by_link)
            self._put(self._time_of(living), living)

    def _decide_alerts(self) -> None:
        if not self._reasons:
            return
        a = alerts.c
        waits = (a.company_id == self.company, a.group_id != "", a.decided_at.is_(None))
        slept_on = a.raised_at < min(self.clock.at - _A_MORNING, self._decide_until)
        with self.site.database.reading(self.company) as connection:
            columns = (a.id, a.procedure, a.group_id)
            found = connection.execute(sa.select(*columns).where(*waits, slept_on).order_by(a.id)).all()
            current = {
                each.id: self.site.deployments.current(connection, self.company, each.procedure) for each in found
            }
        for row in found:
            reason = self._reasons[self._decided % len(self._reasons)]
            self._decided += 1
            with self.site.acting(self._person(current[row.id], row.group_id)) as context:
                if reason:
                    dismiss_alert(context, row.id, reason=reason)
                else:
                    accept_alert(context, row.id)

    def _put(self, at: datetime, living: _Living) -> None:
        whole = max(at, self.clock.at).replace(microsecond=0)  # the history keeps milliseconds and hashes what it keeps
        heapq.heappush(self._agenda, (whole, next(self._order), living))

    def _pass_time(self, to: datetime) -> None:
        """Timers, time limits and schedules that are due on the way, each at its own time."""
        while True:
            with self.site.database.reading(self.company) as connection:
                due = next_due(connection, self.company)
            if due is None or due > to:
                break
            self.clock.at = max(self.clock.at, due)
            happened = tick_sandbox(self.site, self.company)
            self._do_jobs()
            if not happened:
                break
        self.clock.at = max(self.clock.at, to)

    def _do_jobs(self) -> None:
        while self.jobs.waiting:
            job = self.jobs.waiting.pop(0)
            self._handlers[job.kind](job.argument)

    def _go_on(self, living: _Living) -> None:
        if not living.case_id:
            self._start(living)
        else:
            self._next_step(living)
        if living.left:
            self._put(self._time_of(living), living)

    def _start(self, living: _Living) -> None:
        start, play = living.play.scenario.start, living.play
        if start.schedule:
            living.case_id = self._start_by_schedule(living.deployment, start.schedule)
            return
        public = start.by == PUBLIC
        form = cases.intake_form(living.deployment, public=public)
        actor = Actor.customer(self.company) if public else self._person(living.deployment, start.by)
        answers = self._answers(play, form, start.form, self._days_since(start.at), actor)
        with self.site.acting(actor) as context:
            living.case_id = cases.start(context, play.procedure, answers, public=public).case_id

    def _start_by_schedule(self, deployment: Deployment, schedule_id: str) -> int:
        schedule = deployment.package.schedules[schedule_id]
        title = in_language(schedule.title, deployment.package.company.language)
        with self.site.acting(Actor(self.company, SCHEDULE)) as context:
            return cases.start_by_schedule(context, deployment, process=schedule.process, title=title).case_id

    def _next_step(self, living: _Living) -> None:
        step = living.left.pop(0)
        element = step.name.partition("#")[0].rpartition("/")[2]
        t = task_rows.c
        where = (t.case_id == living.case_id, t.element == element, t.status == "open")
        with self.site.database.reading(self.company) as connection:
            task = connection.execute(sa.select(t.id, t.group_id, t.form).where(*where).order_by(t.id).limit(1)).first()
        if task is None:
            living.left.clear()
            self.troubles.append(f"{living.play.procedure}/{living.play.scenario.file}: {element} is not open")
            return
        actor = self._person(living.deployment, task.group_id or step.by)
        form = living.deployment.package.forms.get(task.form)
        moved = self._days_since(self._instant_in(living.play.scenario, step))
        raw = self._answers(living.play, form, step.answers, moved, actor) if form else {}
        fill = living.deployment.package.customer.fills.get(element)
        if fill is not None and living.by_link:
            seen = {name: value for name, value in raw.items() if name not in {*fill.hide, *fill.says}}
            with self.site.acting(Actor.customer(self.company)) as context:
                fill_in(context, living.case_id, element, seen)
            return
        try:
            with self.site.acting(actor) as context:
                user_tasks.complete(context, task.id, raw)
        except EngineError:
            living.left.clear()
            raise

    def _days_since(self, then: datetime) -> int:
        """Days of the calendar from *then* in a scenario to today in the story."""
        return (self.clock.at.astimezone(then.tzinfo).date() - then.date()).days

    def _time_of(self, living: _Living) -> datetime:
        """When the next step happens: as long after the start as in the scenario, stretched by the play's pace."""
        play = living.play
        gone = self._instant_in(play.scenario, living.left[0]) - play.scenario.start.at
        slip = timedelta(minutes=self.random.randint(1, 50))
        return max(play.starts_at + gone * play.pace + slip, self.clock.at + _A_MINUTE)

    @staticmethod
    def _instant_in(scenario: Scenario, wanted: ScenarioStep) -> datetime:
        """When the step happens in its scenario."""
        now = scenario.start.at
        for step in scenario.steps:
            now = step.at or now + (step.after or timedelta())
            if step.number == wanted.number:
                break
        return now

    def _answers(self, play: Play, form: Form, given: Mapping[str, Any], moved: int, actor: Actor) -> dict[str, Any]:
        """*given* with its dates moved along, with what the play says otherwise, and with real files."""
        answers = {name: _moved(value, moved) for name, value in given.items()}
        answers |= {name: value for name, value in play.answers.items() if name in given}
        for each in form.fields:
            if isinstance(each, FilesField) and each.id in answers:
                names = answers[each.id] if isinstance(answers[each.id], list) else []
                answers[each.id] = [self._upload(each, str(name), actor) for name in names]
        return answers

    def _upload(self, place: FilesField, name: str, actor: Actor) -> str:
        picture = not place.accept or ".png" in place.accept
        stem = name.rpartition(".")[0] or name
        file, content = (f"{stem}.png", _PNG) if picture else (f"{stem}.pdf", _PDF)
        with self.site.acting(actor) as context:
            return store(context, receive(self.site.storage, context.actor.company_id, name=file, content=content)).id

    def _person(self, deployment: Deployment, who: str) -> Actor:
        """A person of the group *who*, or the one with that login."""
        people = deployment.package.company.people
        fitting = [person.login for person in people if who in person.groups] or [
            person.login for person in people if person.login == who or not who
        ]
        with self.site.database.reading(self.company) as connection:
            found = person_by_login(connection, self.company, self.random.choice(fitting))
        assert found is not None, f"{who} of {self.company} has nobody who can sign in"
        return found.actor


def scenarios_of(deployment: Deployment) -> Mapping[str, Scenario]:
    """The scenarios of *deployment* by the names of their files, without folder and ending."""
    package = deployment.package
    names, noted = names_of(package, read_diagram(package.diagrams)), list[Finding]()
    found = {}
    for path, content in package.files.items():
        if path.startswith("scenarios/") and (scenario := read_scenario(path, content, names, noted)):
            found[path.rpartition("/")[2].removesuffix(".toml")] = scenario
    return found


def _moved(value: Any, by: int) -> Any:
    """*value* with the dates in it moved by that many days."""
    if isinstance(value, str):
        return _DATE.sub(lambda found: f"{datetime.fromisoformat(found[0]) + timedelta(days=by):%Y-%m-%d}", value)
    if isinstance(value, list):
        return [_moved(item, by) for item in value]
    if isinstance(value, dict):
        return {key: _moved(item, by) for key, item in value.items()}
    return value
