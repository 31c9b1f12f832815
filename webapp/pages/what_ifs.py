"""What if: the recorded cases of a period played on the draft, some at a time while somebody looks on."""

from __future__ import annotations

import json
from time import monotonic
from types import SimpleNamespace
from typing import Any, Final

import sqlalchemy as sa
from flask import Blueprint, render_template, request

from engine.deployments import Deployment
from engine.history import Stream, read_events
from engine.history.what_if import Course, WhatIf, what_if
from engine.text import enumerated, whole_number
from webapp.access import actor, for_staff, site
from webapp.diagrams import element_names
from webapp.pages.drafts import edited
from webapp.played_period import SPELL, CannotPlay, cases_of_period, chosen_day, draft_to_play, record_playing
from webapp.shell import current_translator, language, words

blueprint = Blueprint("what_ifs", __name__, url_prefix="/workshop/<procedure>/what-if")

#: Cases read at once.
_BATCH: Final = 50
#: Cases that are named; the others are only counted.
_NAMED: Final = 200


@blueprint.get("")
@for_staff
def show(procedure: str) -> str:
    edited(procedure)
    return _page(procedure, _Tally())


@blueprint.post("")
@for_staff
def play(procedure: str) -> str | tuple[str, int]:
    """Play on from where the page stands. What was counted so far comes along: nothing is kept here."""
    try:
        draft = draft_to_play(procedure)
    except CannotPlay as error:
        return _page(procedure, _Tally(), findings=error.findings), 422
    tally = _Tally.read()
    if not tally.played:
        record_playing("what_if", procedure)
    company_id = actor().company_id
    until = monotonic() + SPELL
    with site().database.reading(company_id) as connection:
        calendars = site().deployments.calendars(connection, company_id)
        while not tally.done and monotonic() < until:
            found = connection.execute(cases_of_period(procedure, after=tally.after).limit(_BATCH)).all()
            tally.done = not found
            for row in found:
                events = read_events(connection, Stream(company_id, row.id, row.number))
                tally.add(row.number, what_if(draft.definition, calendars, events))
                tally.after = row.id
                if monotonic() >= until:
                    break
        tally.whole = connection.execute(
            sa.select(sa.func.count()).select_from(cases_of_period(procedure, after=0).subquery())
        ).scalar_one()
    return _page(procedure, tally, draft=draft)


class _Tally:
    """What was counted so far."""

    def __init__(self) -> None:
        self.after = self.whole = 0  #: the last case played; cases of the period
        self.counts = dict.fromkeys([*map(str, Course), "late"], 0)
        self.rows: list[list[str]] = []  #: number, course, element, reason, deadlines
        self.begun = self.done = False

    @property
    def played(self) -> int:
        return sum(self.counts[str(course)] for course in Course)

    @classmethod
    def read(cls) -> _Tally:
        """What the page sent along; anything else is a beginning."""
        tally = cls()
        tally.begun = True
        try:
            said = json.loads(request.form.get("tally", "{}"))
            tally.after = whole_number(str(said.get("after", ""))) or 0
            tally.counts |= {name: int(said["counts"][name]) for name in tally.counts if name in said.get("counts", {})}
            rows = [[str(part) for part in row] for row in said.get("rows", ())][:_NAMED]
            tally.rows = [row for row in rows if len(row) == 5]  # noqa: PLR2004 -- as `add` makes them
        except (ValueError, TypeError, AttributeError, KeyError):
            return cls()
        return tally

    def add(self, number: str, found: WhatIf) -> None:
        self.counts[str(found.course)] += 1
        self.counts["late"] += bool(found.newly_late)
        if (found.course is not Course.SAME or found.newly_late) and len(self.rows) < _NAMED:
            self.rows.append([number, str(found.course), found.at, found.reason, " ".join(found.newly_late)])

    def text(self) -> str:
        return json.dumps({"after": self.after, "counts": self.counts, "rows": self.rows})


def _page(
    procedure: str, tally: _Tally, *, draft: Deployment | None = None, findings: list[dict[str, Any]] | None = None
) -> str:
    with site().database.reading(actor().company_id) as connection:
        current = site().deployments.current(connection, actor().company_id, procedure)
    return render_template(
        "what_if.html",
        procedure=SimpleNamespace(id=procedure, title=words(current.package.title)),
        findings=findings or [],
        begins=chosen_day("from").isoformat(),
        ends=chosen_day("to").isoformat(),
        tally=tally,
        rows=[_row(each, draft) for each in tally.rows] if draft else [],
    )


def _row(row: list[str], draft: Deployment) -> SimpleNamespace:
    number, course, element, reason, late = row
    gettext = current_translator().gettext
    said = {
        Course.SAME: (gettext("same way"), "ok"),
        Course.OTHER: (gettext("another way"), "accent"),
        Course.STUCK: (gettext("stuck"), "bad"),
    }
    status, tone = said.get(Course(course), (course, "")) if course in set(map(str, Course)) else (course, "")
    limits = draft.package.deadlines
    return SimpleNamespace(
        number=number,
        words=status,
        tone=tone,
        at=element_names(draft).get(element, element),
        reason=reason,
        late=enumerated((words(limits[each].title) for each in late.split() if each in limits), language()),
    )
