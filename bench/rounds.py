"""What a step of a real complaint costs when it has gone round forty times, beside complaints in their first round.

The retail company's own procedure, on SQLite with everything a step writes; "not satisfied" sends it back each time,
with the return of opinions and the archive beside each other inside the loop.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.figures import Figure, beside
from engine.commands import cases, user_tasks
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.queries.cases import CaseTask, case_by_id
from engine.queries.people import person_by_login
from engine.worker import handlers
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.support.site import an_empty_site, deploy_folder

_ROOT = Path(__file__).parent.parent
_COMPANY = "retail-complaints-and-returns"
_SCENARIO = "dissatisfied_three_times.toml"
_ROUNDS = 40
_PAIRS = 8
#: The two steps that are open at the same time, inside the loop.
_TOGETHER = ("archive", "note_opinions")
#: The steps before the loop.
_BEFORE = ("record", "verify", "reply")


def measure() -> Iterator[Figure]:
    """CPU of a step: the old complaint and young ones take turns, so that a busy machine disturbs both alike."""
    with tempfile.TemporaryDirectory() as folder:
        company = _a_company(Path(folder))
        old = company.a_complaint()
        for _ in range(_ROUNDS):
            company.go_round(old)
        costs: dict[str, list[float]] = {"old": [], "first": [], "second": []}
        for _ in range(_PAIRS):
            young = company.a_complaint()
            costs["first"] += company.go_round(young)
            costs["old"] += company.go_round(old)
            costs["second"] += company.go_round(young)
        company.site.database.close()
    for round_, words in (("first", "round 1 of other cases"), ("second", "round 2, when every field has its answer")):
        yield beside(
            f"CPU a step, rounds {_ROUNDS + 1} to {_ROUNDS + _PAIRS}",
            statistics.median(costs["old"]),
            "ms",
            against=words,
            other=statistics.median(costs[round_]),
        )
        yield beside("the same, best tenth", _best(costs["old"]), "ms", against=words, other=_best(costs[round_]))


def _best(costs: list[float]) -> float:
    return statistics.mean(sorted(costs)[: max(len(costs) // 10, 1)])


@dataclass(slots=True)
class _Company:
    site: Site
    actor: Actor
    intake: Mapping[str, Any]
    answers: Mapping[str, Mapping[str, Any]]
    turns: int = field(default=0)

    def a_complaint(self) -> int:
        with self.site.acting(self.actor) as context:
            started = cases.start(context, "complaint", self.intake)
        self._jobs()
        return started.case_id

    def go_round(self, case_id: int) -> list[float]:
        """Every step of the loop until the complaint is investigated again, in milliseconds of CPU each.

        The steps before the loop are done too but not measured: only a first round has them.
        """
        costs = []
        while True:
            task = self._next(case_id)
            spent = self._do(task)
            if task.element not in _BEFORE:
                costs.append(spent)
            open_now = [each.element for each in self._open(case_id)]
            if task.element in _TOGETHER and open_now == ["investigate"]:
                return costs
            assert open_now, f"the complaint ended after {task.element}"

    def _next(self, case_id: int) -> CaseTask:
        """The open task, of two beside each other now this one and now the other."""
        self.turns += 1
        tasks = self._open(case_id)
        return tasks[self.turns % len(tasks)]

    def _do(self, task: CaseTask) -> float:
        clock = self.site.clock
        assert isinstance(clock, StandingClock)
        clock.move(minutes=10)
        answers = _dated(self.answers[task.element], clock())
        begin = time.process_time()
        with self.site.acting(self.actor) as context:
            user_tasks.complete(context, task.id, answers)
        spent = (time.process_time() - begin) * 1000
        self._jobs()
        return spent

    def _open(self, case_id: int) -> list[CaseTask]:
        with self.site.database.reading(_COMPANY) as connection:
            case = case_by_id(connection, self.site.deployments, _COMPANY, case_id)
        return [task for task in case.tasks if task.status == "open"]

    def _jobs(self) -> None:
        jobs = self.site.jobs
        assert isinstance(jobs, RememberedJobs)
        jobs.do(handlers(self.site))


def _dated(answers: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """*answers* with days that have come, and promises far ahead."""
    day = now.astimezone(_DATES).date().isoformat()
    return {
        name: day if name.endswith("_on") else "2030-12-31" if name.endswith("_finish") else value
        for name, value in answers.items()
    }


_DATES = datetime.fromisoformat("2026-03-02T09:00+08:00").tzinfo


def _a_company(folder: Path) -> _Company:
    for kind in ("processes", "forms"):
        shutil.copytree(_ROOT / kind / _COMPANY, folder / "data" / kind / _COMPANY)
    site = an_empty_site(folder / "var", clock=StandingClock(datetime.fromisoformat("2026-03-02T09:00+08:00")))
    deploy_folder(site, folder / "data" / "processes", folder / "data" / "forms")
    with site.acting(Actor(_COMPANY, SYSTEM)) as context:
        add_person(
            context,
            login="everybody",
            name={"en": "Everybody"},
            groups=["customer_service", "store_operations", "superior_department"],
        )
    with site.database.reading(_COMPANY) as connection:
        person = person_by_login(connection, _COMPANY, "everybody")
    assert person is not None
    scenario = tomllib.loads((_ROOT / "processes" / _COMPANY / "complaint" / "scenarios" / _SCENARIO).read_text())
    answers: dict[str, dict[str, Any]] = {}
    for step in scenario["step"]:
        if "task" in step:
            answers.setdefault(step["task"].partition("#")[0], step.get("with", {}))
    answers["revisit"] = {**answers["revisit"], "satisfaction": "dissatisfied"}
    return _Company(site, person.actor, scenario["start"]["form"], answers)
