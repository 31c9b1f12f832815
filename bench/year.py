"""One virtual year of a shop: 25,000 complaints in a sandbox company whose clock runs ahead from event to event.

Real packages, real database, every job done; people are synthetic: they answer as the scenarios of the package do, most
of them in time, some late, a few never. At the end everything is looked at again: see `_Findings`.
"""

from __future__ import annotations

import heapq
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from bench.figures import Figure
from engine.calendars import receipt_from_json
from engine.calendars.recount import recount
from engine.commands import cases as case_commands
from engine.commands import user_tasks
from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.commands.test_clock import make_sandbox, run_clock
from engine.complaints import SYSTEM, Actor
from engine.errors import AlreadyDone, AnswersInvalid
from engine.findings import Finding
from engine.history import Stream, read_events, replay_case, values_of, verify_events
from engine.history.chain import Head
from engine.interpreter import CaseStatus
from engine.prepared import Prepared
from engine.procedures import PackageRef, collect_files
from engine.procedures.diagram import read_diagram
from engine.publishing.scenario import PUBLIC, Action, Scenario
from engine.publishing.scenario_files import names_of, read_scenario
from engine.queries.people import person_by_login
from engine.tables import cases, clocks, companies, incidents
from engine.tables import user_tasks as tasks
from engine.worker import handlers
from engine.worker.fast_forward import go_on
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.support.site import an_empty_site

_ROOT: Final = Path(__file__).resolve().parent.parent
_COMPANY: Final = "retail-complaints-and-returns"
_PROCEDURE: Final = "complaint"
_CASES: Final = 25_000
#: The year holds Spring Festival 2026, whose holiday notice is known.
_BEGIN: Final = datetime.fromisoformat("2025-07-01T00:00:00+08:00")
_YEAR: Final = timedelta(days=365)
#: One case in so many is played again whole.
_REPLAYED: Final = 50
#: Most complaints take the shorter ways: the scenarios stand in order of length, and this is the middle one's place.
_TYPICAL: Final = 1.5
_PROGRESS_SECONDS: Final = 10.0
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T|$)")


def measure() -> Iterator[Figure]:
    """Minutes of a year of 25,000 cases and what happened in it; raises AssertionError when something is wrong."""
    yield from run(_CASES, show=True)


def run(count: int, *, show: bool = False) -> Iterator[Figure]:
    """A year of *count* cases; *show* says on standard error how far it is."""
    with tempfile.TemporaryDirectory() as folder:
        year = _Year(_a_sandbox(Path(folder)), count, show=show)
        begin, cpu = time.perf_counter(), time.process_time()
        year.pass_by()
        spent, cpu = time.perf_counter() - begin, time.process_time() - cpu
        begin = time.perf_counter()
        found = _look(year.site)
        looked = time.perf_counter() - begin
        assert not found.wrong, f"expected nothing wrong, found {len(found.wrong)}: {found.wrong[:5]}"
        yield Figure(f"a year of {count} cases", spent / 60, "min")
        yield Figure("processor time of it", cpu / 60, "min")
        yield Figure("cases begun", found.cases, "")
        yield Figure("cases ended", found.ended, "")
        yield Figure("tasks completed", year.completed, "")
        yield Figure("woken by time", found.woken, "")
        yield Figure("time limits missed", found.breached, "")
        yield Figure("time limits over Spring Festival", found.over_spring_festival, "")
        yield Figure("letters and other jobs done", year.jobs, "")
        yield Figure("events in the chains, all intact", found.events, "")
        yield Figure("cases played again, none different", found.replayed, "")
        things = year.completed + found.cases + found.woken + year.jobs
        yield Figure("processor time of a thing that happens", cpu / things * 1e3, "ms")
        yield Figure("looking at all of it", looked, "s")
        year.site.database.close()


def _a_sandbox(folder: Path) -> Site:
    """Nothing waits for the disk: how fast that is says nothing about a year."""
    site = an_empty_site(folder, clock=StandingClock(_BEGIN))
    if site.database.is_sqlite:
        sa.event.listen(site.database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        site.database.engine.dispose()
    for package in (_PROCEDURE, "return"):
        with site.acting(Actor(_COMPANY, SYSTEM)) as context:
            deploy(context, collect_files(_ROOT / "processes", _ROOT / "forms", PackageRef(_COMPANY, package)))
    with site.acting(Actor(_COMPANY, SYSTEM)) as context:
        company = context.deployments.company(context.connection, _COMPANY)
        add_person(context, login="everybody", name={"en": "Everybody"}, groups=company.groups)
        make_sandbox(context)
    return site


_NEW_TASKS: Final = Prepared(
    sa.select(tasks.c.id, tasks.c.opened_at).where(tasks.c.id > sa.bindparam("seen")).order_by(tasks.c.id)
)
_TASK: Final = Prepared(
    sa.select(tasks.c.case_id, tasks.c.element, tasks.c.key, tasks.c.status).where(tasks.c.id == sa.bindparam("task"))
)


@dataclass(slots=True)
class _Script:
    """What the people of one case do: answers by element in the order in which the scenario gives them."""

    start: Mapping[str, Any]
    began: datetime
    #: With when they are given there.
    answers: dict[str, list[tuple[datetime, Mapping[str, Any]]]] = field(default_factory=dict)


class _Year:
    """The people: an agenda of cases to begin and tasks to complete, and the time between left to the worker."""

    def __init__(self, site: Site, count: int, *, show: bool) -> None:
        self.site, self.count, self.show = site, count, show
        self.completed = self.jobs = self.refused = 0
        self.random = random.Random(20_260_217)
        self.scripts = sorted(_scripts(site), key=_length)
        self.agenda: list[tuple[datetime, int, str]] = []
        self.of_case: dict[int, _Script] = {}
        self.seen_task = 0
        with site.database.reading(_COMPANY) as connection:
            person = person_by_login(connection, _COMPANY, "everybody")
        assert person is not None
        self.actor = person.actor
        self.handlers = handlers(site)

    def pass_by(self) -> None:
        end = _BEGIN + _YEAR + timedelta(days=60)
        with self.site.acting(Actor.system(_COMPANY)) as context:
            run_clock(context, self.site.clock(), to=end)
        for n in range(self.count):
            self._plan(_BEGIN + _YEAR * (n / self.count), 0, "start")
        shown = began = time.monotonic()
        while self.agenda:
            at, task, what = heapq.heappop(self.agenda)
            if at >= end:
                continue
            self._let_pass(at)
            if what == "start":
                self._start()
            else:
                self._complete(task)
            self._settle()
            if self.show and time.monotonic() - shown > _PROGRESS_SECONDS:
                shown = time.monotonic()
                line = f"{at:%Y-%m-%d}  {len(self.of_case)} cases  {self.completed} tasks  {shown - began:.0f} s"
                print(line, file=sys.stderr, flush=True)
        self._let_pass(end)

    def _let_pass(self, until: datetime) -> None:
        """Whatever time does up to then, each thing at its own time."""
        goes_on = True
        while goes_on:
            happened, goes_on = go_on(self.site, _COMPANY, until=until)
            if happened:
                self._settle()

    def _settle(self) -> None:
        """Do the jobs that were put, and plan the tasks that came."""
        assert isinstance(self.site.jobs, RememberedJobs)
        self.jobs += self.site.jobs.do(self.handlers)
        with self.site.database.reading(_COMPANY) as connection:
            for row in _NEW_TASKS.rows(connection, {"seen": self.seen_task}):
                self.seen_task = row.id
                self._plan(row.opened_at + self._delay(), row.id, "task")

    def _delay(self) -> timedelta:
        """Most tasks are done within hours or days; some far too late; one in two hundred never."""
        luck = self.random.random()
        if luck < 0.005:
            return timedelta(days=5000)
        days = self.random.uniform(0.05, 2) if luck < 0.85 else self.random.uniform(6, 20)
        return timedelta(days=days)

    def _plan(self, at: datetime, task: int, what: str) -> None:
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)  # as every clock of the product has it
        heapq.heappush(self.agenda, (at, task, what))

    def _start(self) -> None:
        script = self.scripts[min(int(self.random.expovariate(1 / _TYPICAL)), len(self.scripts) - 1)]
        with self.site.acting(self.actor) as context:
            answers = _shifted(script.start, context.now - script.began)
            started = case_commands.start(context, _PROCEDURE, answers)
        self.of_case[started.case_id] = script

    def _complete(self, task_id: int) -> None:
        with self.site.database.reading(_COMPANY) as connection:
            (task,) = _TASK.rows(connection, {"task": task_id})
        if task.status != "open":
            return
        script = self.of_case[task.case_id]
        own = script.answers.get(task.element, [])
        times = int(task.key.rpartition("#")[2]) - 1
        others = (answers for other in self.scripts for answers in other.answers.get(task.element, ()))
        for given_at, answers in [*own[times : times + 1], *own[-1:], *others]:
            try:
                with self.site.acting(self.actor) as context:
                    user_tasks.complete(context, task_id, _shifted(answers, context.now - given_at))
            except AnswersInvalid:
                continue
            except AlreadyDone:
                return
            self.completed += 1
            return
        self.refused += 1


def _scripts(site: Site) -> list[_Script]:
    """From the scenarios of the package, those without another process or uploads."""
    with site.database.reading(_COMPANY) as connection:
        package = site.deployments.current(connection, _COMPANY, _PROCEDURE).package
    names, scripts = names_of(package, read_diagram(package.diagrams)), []
    for path, content in sorted(package.files.items()):
        findings: list[Finding] = []
        scenario = read_scenario(path, content, names, findings) if path.startswith("scenarios/") else None
        if scenario and scenario.start.form and not scenario.process and scenario.start.by != PUBLIC:
            scripts.append(_script(scenario))
    assert scripts, "expected scenarios that begin with a form"
    return scripts


def _length(script: _Script) -> int:
    return sum(map(len, script.answers.values()))


def _script(scenario: Scenario) -> _Script:
    script, now = _Script(scenario.start.form, scenario.start.at), scenario.start.at
    for step in scenario.steps:
        now = step.at or now + (step.after or timedelta())
        if step.action is Action.TASK and step.refused is None:
            script.answers.setdefault(step.name.partition("#")[0], []).append((now, step.answers))
    return script


def _shifted(answers: Any, shift: timedelta) -> Any:
    """*answers* with every date as far ahead as the case is behind its scenario."""
    if isinstance(answers, Mapping):
        return {key: _shifted(value, shift) for key, value in answers.items()}
    if isinstance(answers, list):
        return [_shifted(value, shift) for value in answers]
    return _shifted_date(answers, shift) if isinstance(answers, str) and _DATE.match(answers) else answers


def _shifted_date(text: str, shift: timedelta) -> str:
    try:
        if "T" not in text:
            return (date.fromisoformat(text) + shift).isoformat()
        return (datetime.fromisoformat(text) + shift).isoformat(timespec="minutes")
    except ValueError:
        return text


@dataclass(slots=True)
class _Findings:
    """What was counted, and everything that is wrong: a chain that does not hold, something that happened twice or not
    at its time, a date that does not add up, a case that plays again differently, an incident.
    """

    wrong: list[str] = field(default_factory=list)
    cases: int = 0
    ended: int = 0
    woken: int = 0
    breached: int = 0
    over_spring_festival: int = 0
    events: int = 0
    replayed: int = 0


def _look(site: Site) -> _Findings:
    found = _Findings()
    with site.database.reading(_COMPANY) as connection:
        definition = site.deployments.current(connection, _COMPANY, _PROCEDURE).definition
        calendars = site.deployments.all_calendars(connection, _COMPANY)
        rows = connection.execute(sa.select(cases).order_by(cases.c.id)).all()
        now = connection.execute(sa.select(companies.c.clock_stands_at)).scalar_one()
        for number in connection.execute(sa.select(incidents.c.message)).scalars():
            found.wrong.append(f"incident: {number}")
        for clock in connection.execute(sa.select(clocks)):
            _look_at_clock(found, clock)
        for row in rows:
            found.cases += 1
            found.ended += row.ended_at is not None
            if row.status == str(CaseStatus.OPEN) and row.next_wake_at is not None and row.next_wake_at <= now:
                found.wrong.append(f"{row.number}: due at {row.next_wake_at} and not woken at {now}")
            stream = Stream(_COMPANY, row.id, row.number)
            events = read_events(connection, stream)
            head = Head(row.history_seq, row.history_hash)
            if broken := verify_events(stream, events, head=head, values=values_of(connection, stream)):
                found.wrong.append(f"{row.number}: {broken}")
            _look_at_events(found, row.number, events)
            if row.procedure == _PROCEDURE and row.id % _REPLAYED == 0:
                found.replayed += 1
                if difference := replay_case([definition], calendars, events):
                    found.wrong.append(f"{row.number}: {difference.message}")
    return found


def _look_at_clock(found: _Findings, clock: Any) -> None:
    """Every date adds up."""
    if clock.receipt:
        receipt = receipt_from_json(clock.receipt)
        names = {(line.name or {}).get("en", "") for line in receipt.lines}
        found.over_spring_festival += any("Spring Festival" in name for name in names)
        if recount(receipt) != receipt.due_at:
            found.wrong.append(f"case {clock.case_id}, {clock.deadline}: {receipt.due_at} does not add up")


def _look_at_events(found: _Findings, number: str, events: Any) -> None:
    said: Counter[str] = Counter()
    for event in events:
        found.events += 1
        found.woken += event.action == "wake_up"
        for kind, _, key, detail in (_whole(fact) for fact in event.content.get("facts", ())):
            if kind == "clock_breached":
                found.breached += 1
                late = event.at - datetime.fromisoformat(detail["due"])
                if event.action == "wake_up" and late > timedelta(seconds=1):
                    found.wrong.append(f"{number}: {detail['clock']} was noticed {late} after its time")
            if kind in {"clock_breached", "clock_warned"}:
                said[f"{kind} {detail['clock']} {detail['round']} {detail.get('share')} {detail['due']}"] += 1
            elif kind in {"timer_fired", "clock_stopped", "service_requested"}:
                said[f"{kind} {key} {detail}"] += 1
    found.wrong += [f"{number}: {times} times {what}" for what, times in said.items() if times > 1]


def _whole(fact: list[Any]) -> list[Any]:
    return [*fact, "", "", None][:4] if len(fact) < 4 else fact
