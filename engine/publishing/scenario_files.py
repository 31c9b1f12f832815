"""Reading scenarios, with every problem at once: wrong words, and names the package does not have."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.findings import Finding
from engine.procedures.diagram import Diagram
from engine.procedures.package import Package
from engine.procedures.toml_tables import TableReader, parse_toml, shown
from engine.procedures.words import listed, way_out
from engine.publishing.scenario import MAIL_KEYS, PUBLIC, Action, Ending, Expectation, Scenario, ScenarioStep, Start

#: Steps one scenario may have.
MAX_STEPS: Final = 500

_DURATION: Final = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?", re.ASCII
)
_NOWHEN: Final = datetime.fromisoformat("2000-01-01T00:00+00:00")


@dataclass(frozen=True, slots=True)
class Names:
    """What scenarios of a package may name."""

    tasks: Collection[str]
    ends: Collection[str]
    deadlines: Collection[str]
    letters: Collection[str]
    clauses: Collection[str]
    people: Collection[str]  #: groups and logins
    operators: Collection[str]
    processes: Collection[str]
    schedules: Collection[str]
    triggers: Collection[str]
    entrances: Collection[str]  #: start events that wait for a message or signal


def names_of(package: Package, diagram: Diagram) -> Names:
    """The names that scenarios of *package* may use."""
    company = package.company
    return Names(
        tasks=[element.id for element in diagram.of_kind("userTask")],
        ends=[element.id for element in diagram.of_kind("endEvent")],
        deadlines=package.deadlines,
        letters=package.letters,
        clauses=[clause.id for clause in package.clauses],
        people=[*company.groups, *(person.login for person in company.people)],
        operators=sorted({element.operator.id for element in diagram.elements.values() if element.operator}),
        processes=diagram.processes,
        schedules=package.schedules,
        triggers=package.triggers,
        entrances=[element.id for element in diagram.of_kind("startEvent") if element.events],
    )


def read_scenario(path: str, content: bytes, names: Names, findings: list[Finding]) -> Scenario | None:
    """The scenario in one file, or None after adding everything that is wrong with it."""
    noted: list[Finding] = []
    file = parse_toml(content, path, noted)
    scenario = _Reader(names).scenario(path, TableReader(file, file.table, findings=noted)) if file else None
    findings.extend(noted)
    return None if noted else scenario


class _Reader:
    def __init__(self, names: Names) -> None:
        self._names = names

    def scenario(self, path: str, table: TableReader) -> Scenario:
        process = table.text("process", default="")
        if process:
            self._known(table, "process", [process], self._names.processes)
        clauses = table.texts("clauses")
        self._known(table, "clauses", clauses, self._names.clauses)
        steps = [self._step(number, step) for number, step in enumerate(table.array("step"), start=1)]
        if len(steps) > MAX_STEPS:
            table.wrong("step", "scenario-too-long", f"at most {MAX_STEPS} steps", str(len(steps)))
        scenario = Scenario(
            file=path,
            title=table.text("title"),
            clauses=clauses,
            process=process,
            start=self._start(table),
            steps=tuple(steps),
            end=self._ending(table),
            plays=table.texts("plays"),
        )
        table.close()
        return scenario

    def _start(self, table: TableReader) -> Start:
        start = table.table("start")
        if start is None:
            return Start(at=_NOWHEN)
        found = Start(
            at=_instant(start, "at") or _NOWHEN,
            by=start.text("by", default=""),
            form=start.answers("form"),
            data=start.answers("data"),
            schedule=start.text("schedule", default=""),
            trigger=start.text("trigger", default=""),
            event=start.text("event", default=""),
            mail=self._mail(start),
            refused=_optional(start, "refused"),
            expect=self._expectation(start, "expect"),
        )
        if not start.has("at"):
            start.wrong("at", "toml-missing-key", "the instant of the start", "nothing; add it")
        if not (found.by or found.schedule or found.event or found.trigger or found.mail):
            expected = "a group, person or public, or schedule, trigger, event or mail instead"
            start.wrong("by", "toml-missing-key", expected, "nothing; add it")
        self._known(start, "by", [found.by] if found.by else [], [*self._names.people, PUBLIC])
        self._known(start, "event", [found.event] if found.event else [], self._names.entrances)
        self._known(start, "schedule", [found.schedule] if found.schedule else [], self._names.schedules)
        self._known(start, "trigger", [found.trigger] if found.trigger else [], self._names.triggers)
        start.close()
        return found

    def _mail(self, start: TableReader) -> dict[str, str]:
        mail = start.table("mail", required=False)
        if mail is None:
            return {}
        found = {key: mail.text(key, default="") for key in MAIL_KEYS}
        if not (found["sender"] or found["words"]):
            mail.wrong("", "toml-missing-key", "sender or words", "neither; add one")
        mail.close()
        return found

    def _step(self, number: int, table: TableReader) -> ScenarioStep:
        action, name = self._action(table)
        wait, until = _duration(table, "wait"), _instant(table, "until")
        step = ScenarioStep(
            number=number,
            action=action,
            name=name,
            by=table.text("by", default=""),
            after=wait or _duration(table, "after"),
            at=until or _instant(table, "at"),
            answers=table.answers("with"),
            correlation=table.answers("correlation"),
            result=table.answers("result"),
            refused=_optional(table, "refused"),
            expect=self._expectation(table, "expect"),
        )
        if action is Action.TASK and not step.by:
            table.wrong("by", "toml-missing-key", "the group or person who does it", "nothing; add it")
        if step.after is not None and step.at is not None:
            table.wrong("", "scenario-two-times", "told one time", "two; keep after or at")
        self._known(table, "by", [step.by] if step.by else [], self._names.people)
        return step

    def _action(self, table: TableReader) -> tuple[Action, str]:
        wanted = [key for key in ("task", "wait", "until", "message", "signal", "service") if table.has(key)]
        if len(wanted) != 1:
            found = listed(wanted) or "none"
            table.wrong("", "scenario-step", "exactly one of task, wait, until, message, signal, service", found)
        action = Action.WAIT if not wanted or wanted[0] == "until" else Action(wanted[0])
        name = "" if action is Action.WAIT else table.text(action)
        if action is Action.TASK:
            self._known(table, "task", [name], self._names.tasks)
        if action is Action.SERVICE:
            self._known(table, "service", [name], self._names.operators)
        return action, name

    def _ending(self, table: TableReader) -> Ending | None:
        end = table.table("end", required=False)
        if end is None:
            return None
        path = end.texts("path") if end.has("path") else None
        outcome = end.text("outcome")
        self._known(end, "outcome", [outcome], self._names.ends)
        self._known(end, "path", path or (), self._names.tasks)
        ending = Ending(outcome=outcome, path=path, expect=self._expected(end))
        end.close()
        return ending

    def _expectation(self, table: TableReader, key: str) -> Expectation:
        expected = table.table(key, required=False)
        if expected is None:
            return Expectation()
        found = self._expected(expected)
        expected.close()
        return found

    def _expected(self, table: TableReader) -> Expectation:
        found = Expectation(
            open=_optional(table, "open"),
            overdue=_optional(table, "overdue"),
            met=table.texts("met"),
            late=_optional(table, "late"),
            sent=_optional(table, "sent"),
            data=table.answers("data"),
            groups={task: str(group) for task, group in table.answers("groups").items()},
        )
        self._known(table, "open", found.open or (), self._names.tasks)
        self._known(table, "groups", found.groups, self._names.tasks)
        self._known(table, "sent", found.sent or (), self._names.letters)
        for key, deadlines in (("overdue", found.overdue), ("met", found.met), ("late", found.late)):
            self._known(table, key, deadlines or (), self._names.deadlines)
        return found

    def _known(self, table: TableReader, key: str, found: Collection[str], known: Collection[str]) -> None:
        for name in found:
            bare = name.split("#", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]
            if name and bare not in known:
                table.wrong(
                    key, "scenario-unknown-name", "a name of the package", f'"{shown(name)}"{way_out(bare, known)}'
                )


def _optional(table: TableReader, key: str) -> tuple[str, ...] | None:
    return table.texts(key) if table.has(key) else None


def _instant(table: TableReader, key: str) -> datetime | None:
    value = table.raw(key)
    if value is None:
        return None
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        example = "an instant with offset such as 2026-03-02T09:00+08:00"
        table.wrong(key, "scenario-time", example, f'"{shown(str(value))}"')
        return None
    return instant


def _duration(table: TableReader, key: str) -> timedelta | None:
    value = table.raw(key)
    if value is None:
        return None
    match = _DURATION.fullmatch(str(value))
    if match is None:
        expected = "a duration in weeks, days, hours, minutes or seconds such as P3D or PT2H"
        table.wrong(key, "scenario-time", expected, f'"{shown(str(value))}"')
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
