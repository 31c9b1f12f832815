"""How much work the draft would make for whom: recorded cases lived under the rules in service and the draft's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from time import monotonic
from types import SimpleNamespace
from typing import Any, Final

import sqlalchemy as sa
from flask import Blueprint, render_template, request

from engine.calendars import Calendars
from engine.deployments import Deployment
from engine.history import Stream, read_events
from engine.history.staff_load import Experience, RecordedCase, experience_of, lived, recorded_case
from engine.procedures import Package
from engine.publishing.scenario import Action
from engine.queries.people import members_of_groups
from engine.text import whole_number
from webapp.access import actor, for_staff, site
from webapp.case_view import group_names
from webapp.diagrams import element_names
from webapp.pages.drafts import edited
from webapp.played_period import SPELL, CannotPlay, cases_of_period, chosen_day, draft_to_play, record_playing
from webapp.rehearsal import rehearsed
from webapp.shell import words

blueprint = Blueprint("staff_loads", __name__, url_prefix="/workshop/<procedure>/load")

#: Cases from which others learn what a step takes, spread over the period.
_LEARNT: Final = 200
_BATCH: Final = 25
_HOUR: Final = timedelta(hours=1)
_WEEK: Final = timedelta(days=7)
#: Numbers of one step or group: times and hours before, times and hours after.
_NONE: Final = (0, 0.0, 0, 0.0)


@blueprint.get("")
@for_staff
def show(procedure: str) -> str:
    edited(procedure)
    return _page(procedure, _Tally())


@blueprint.post("")
@for_staff
def play(procedure: str) -> str | tuple[str, int]:
    """Live on from where the page stands. What was counted so far comes along: nothing is kept here."""
    try:
        draft = draft_to_play(procedure)
    except CannotPlay as error:
        return _page(procedure, _Tally(), findings=error.findings), 422
    tally = _Tally.read()
    company_id = actor().company_id
    if not tally.lived:
        record_playing("staff_load", procedure)
    with site().database.reading(company_id) as connection:
        calendars = site().deployments.calendars(connection, company_id)
        current = site().deployments.current(connection, company_id, procedure)
        ids = connection.execute(cases_of_period(procedure, after=0)).all()
        spread = ids[:: max(1, len(ids) // _LEARNT)]
        learnt = experience_of(_recorded(connection, spread, calendars), current.definition, _examples(draft.package))
        tally.whole = len(ids)
        left = [row for row in ids if row.id > tally.after]
        until = monotonic() + SPELL
        for row in left:
            for case in _recorded(connection, [row], calendars):
                tally.add(case, current, draft, calendars, learnt)
            tally.after = row.id
            if monotonic() >= until:
                break
        else:
            tally.done = True
    return _page(procedure, tally, draft=draft, current=current)


class _Tally:
    """What was counted so far."""

    def __init__(self) -> None:
        self.after = self.whole = self.lived = 0  #: the last case; cases of the period; cases lived so far
        self.stuck: dict[str, int] = {}  #: element of the draft at which cases cannot go on -> how many
        self.steps: dict[str, list[float]] = {}  #: group and element -> times and hours before, times and hours after
        self.begun = self.done = False

    @classmethod
    def read(cls) -> _Tally:
        """What the page sent along; anything else is a beginning."""
        tally = cls()
        tally.begun = True
        try:
            said = json.loads(request.form.get("tally", "{}"))
            tally.after = whole_number(str(said.get("after", ""))) or 0
            tally.lived = int(said.get("lived", 0))
            tally.stuck = {str(name): int(number) for name, number in said.get("stuck", {}).items()}
            tally.steps = {str(name): [float(part) for part in said["steps"][name]] for name in said.get("steps", ())}
            if any(len(each) != len(_NONE) for each in tally.steps.values()):
                return cls._beginning()
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
            return cls._beginning()
        return tally

    @classmethod
    def _beginning(cls) -> _Tally:
        tally = cls()
        tally.begun = True
        return tally

    def add(
        self, case: RecordedCase, current: Deployment, draft: Deployment, calendars: Calendars, learnt: Experience
    ) -> None:
        self.lived += 1
        for place, deployment in ((0, current), (2, draft)):
            found = lived(deployment.definition, calendars, case, learnt)
            for each in found.work:
                numbers = self.steps.setdefault(f"{each.group}/{each.element}", list(_NONE))
                numbers[place] += 1
                numbers[place + 1] += each.took / _HOUR
            if place and found.stuck_at:
                self.stuck[found.stuck_at] = self.stuck.get(found.stuck_at, 0) + 1

    def text(self) -> str:
        steps = {name: [round(part, 4) for part in numbers] for name, numbers in self.steps.items()}
        return json.dumps({"after": self.after, "lived": self.lived, "stuck": self.stuck, "steps": steps})


def _recorded(connection: sa.Connection, rows: Any, calendars: Calendars) -> Iterator[RecordedCase]:
    for row in rows:
        events = read_events(connection, Stream(actor().company_id, row.id, row.number))
        if found := recorded_case(row.number, events, calendars.own):
            yield found


def _examples(package: Package) -> Mapping[str, Mapping[str, Any]]:
    """What the scenarios of the draft answer in each step, for steps that nobody has done yet."""
    draft, found = rehearsed(package.files), dict[str, Mapping[str, Any]]()
    for path, content in sorted(package.files.items()):
        scenario, _ = draft.read(path, content) if path.startswith("scenarios/") else (None, [])
        for step in scenario.steps if scenario else ():
            if step.action is Action.TASK and step.refused is None:
                found.setdefault(step.name.partition("#")[0].rpartition("/")[2], step.answers)
    return found


def _page(
    procedure: str,
    tally: _Tally,
    *,
    draft: Deployment | None = None,
    current: Deployment | None = None,
    findings: list[dict[str, Any]] | None = None,
) -> str:
    with site().database.reading(actor().company_id) as connection:
        known = current or site().deployments.current(connection, actor().company_id, procedure)
        members = members_of_groups(connection, actor().company_id)
    begins, ends = chosen_day("from"), chosen_day("to")
    weeks = max((ends - begins + timedelta(days=1)) / _WEEK, 1 / 7)
    weeks *= tally.lived / tally.whole if tally.whole and tally.lived else 1  # as if all were like those so far
    names = {**element_names(known), **(element_names(draft) if draft else {})}
    groups = {**group_names(known), **(group_names(draft) if draft else {})}
    return render_template(
        "staff_load.html",
        procedure=SimpleNamespace(id=procedure, title=words(known.package.title)),
        findings=findings or [],
        begins=begins.isoformat(),
        ends=ends.isoformat(),
        tally=tally,
        groups=_groups(tally, groups, names, members, weeks),
        stuck=[SimpleNamespace(name=names.get(each, each), cases=number) for each, number in tally.stuck.items()],
    )


def _groups(
    tally: _Tally, groups: Mapping[str, str], names: Mapping[str, str], members: Mapping[str, int], weeks: float
) -> list[SimpleNamespace]:
    """One row for each group, the one with most work first, with its steps."""
    found: dict[str, list[tuple[str, list[float]]]] = {}
    for key, numbers in tally.steps.items():
        group, _, element = key.partition("/")
        found.setdefault(group, []).append((element, numbers))
    rows = []
    for group, steps in found.items():
        whole = [sum(numbers[place] for _, numbers in steps) for place in range(len(_NONE))]
        rows.append(
            SimpleNamespace(
                name=groups.get(group, group),
                people=members.get(group, 0),
                **_week(whole, weeks),
                steps=[
                    SimpleNamespace(name=names.get(element, element), **_week(numbers, weeks))
                    for element, numbers in sorted(steps, key=lambda step: -max(step[1][1], step[1][3]))
                ],
            )
        )
    return sorted(rows, key=lambda row: -max(row.hours_before, row.hours_after))


def _week(numbers: list[float], weeks: float) -> dict[str, Any]:
    """The numbers of a week, and how they change in percent; None where there was nothing before."""
    before, hours_before, after, hours_after = (part / weeks for part in numbers)
    was, becomes = (hours_before, hours_after) if hours_before else (before, after)
    change = round((becomes - was) / was * 100) if was else None
    return {
        "before": before,
        "hours_before": hours_before,
        "after": after,
        "hours_after": hours_after,
        "change": change,
    }
